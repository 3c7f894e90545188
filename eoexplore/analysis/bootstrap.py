"""How sure a figure is: bootstrap over clusters, such as tiles.

Samples of one tile resemble each other and so do a model's errors on them, so whole clusters are
drawn with replacement, as many as there are, each as often as chance has it (Efron and Tibshirani
1993, An Introduction to the Bootstrap, chapter 8; Davison and Hinkley 1997, Bootstrap Methods and
their Application, section 3.8). A cluster drawn twice counts twice: its samples get weight 2.
Everything that is drawn for the same clusters with the same seed is of the same draws, so
differences of two models are paired.
"""

from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, stdtrit

from eoexplore.core import ranking

Bools = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.floating]
Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.number | np.bool_]
FEW = 10
"""Clusters below which an interval by bootstrap says little."""
MOST_ALONE = 2_000
"""Clusters that are made of samples without any."""
REPLICATES = 1_000
"""Draws behind an interval, by default."""
_TOP, _PARTS = 256, 512
"""Hits that are parts of their own at the top of a long ranking, and parts of all of it."""


@dataclass(frozen=True, eq=False)
class Clusters:
    """Which samples belong together."""

    codes: npt.NDArray[np.intp]
    """Number of the cluster of each sample, from 0 without a gap, shape (n,)."""
    count: int
    """How many there are."""

    @classmethod
    def of(cls, names: npt.NDArray[np.generic]) -> "Clusters":
        """Return the clusters of samples from their names or numbers, shape (n,).

        Of very many clusters, draws take memory: 8 bytes for each in each replicate.
        """
        found, codes = np.unique(names, return_inverse=True)
        return cls(codes.astype(np.intp), len(found))

    @classmethod
    def alone(cls, n: int) -> "Clusters":
        """Return clusters of samples that have nothing to do with each other.

        Each is one by itself; more than 2,000 are dealt out at random to so many of equal size.
        Sums of such are as independent as samples are, and cost less.
        """
        codes = np.random.default_rng(0).permutation(n) % MOST_ALONE if n > MOST_ALONE else range(n)
        return cls(np.array(codes, np.intp), min(n, MOST_ALONE))

    def draws(self, replicates: int, seed: int) -> Counts:
        """Return how often each cluster is drawn in each replicate, shape (replicates, cluster).

        Args:
            replicates: how many.
            seed: the same one draws the same.
        """
        if not self.count:
            return np.zeros((replicates, 0), np.int64)
        chances = np.full(self.count, 1 / self.count)
        return np.random.default_rng(seed).multinomial(self.count, chances, replicates)

    def sums(self, values: Numbers) -> Floats:
        """Add up what samples hold in each cluster.

        Args:
            values: shape (n, ...).

        Returns:
            Shape (cluster, ...).
        """
        columns = values.reshape(len(values), prod(values.shape[1:])).T
        added = [np.bincount(self.codes, column, self.count) for column in columns]
        found = np.array(added, np.float64).reshape(len(columns), self.count).T
        return found.reshape(self.count, *values.shape[1:])

    def holding(self, truth: Bools) -> Counts:
        """Count the clusters in which a class occurs: what its figures rest on.

        Args:
            truth: shape (n, class).

        Returns:
            Shape (class,).
        """
        return np.asarray(np.count_nonzero(self.sums(truth) > 0, axis=0), np.int64)


@dataclass(frozen=True, eq=False)
class Intervals:
    """Figures and where they lie under resampling, of any shape."""

    value: Floats
    """Of the samples as they are."""
    low: Floats
    """Lower end; NaN where fewer than two clusters bear on the figure."""
    high: Floats
    """Upper end, likewise."""
    few: Bools
    """Fewer than ten clusters bear on the figure: the interval says little."""
    clusters: int
    """How many there are."""
    replicates: int
    """Draws behind the ends."""
    level: float
    """Probability that the interval should cover."""


@dataclass(frozen=True, eq=False)
class AveragePrecisions:
    """Average precision in each replicate."""

    by_class: Floats
    """Shape (replicates, class); NaN where the draw has no sample of the class."""
    macro: Floats
    """Mean over the classes that the draw has, shape (replicates,)."""
    weighted: Floats
    """The same, weighted by how many have a class, shape (replicates,)."""
    micro: Floats
    """Of all pairs of sample and class as one list, shape (replicates,)."""


def resampled(
    totals: Numbers, clusters: Clusters, replicates: int = REPLICATES, seed: int = 0
) -> Floats:
    """Add up what clusters hold, drawn anew: counts of pixels, or of true and false positives.

    Args:
        totals: of each cluster, shape (cluster, ...).
        clusters: what they are of.
        replicates: how many.
        seed: of the draws.

    Returns:
        Shape (replicates, ...); metrics of counts take it as it is.
    """
    flat = totals.reshape(clusters.count, prod(totals.shape[1:])).astype(np.float64)
    found = clusters.draws(replicates, seed).astype(np.float64) @ flat
    return found.reshape(replicates, *totals.shape[1:])


def mean_replicates(
    values: Floats, clusters: Clusters, replicates: int = REPLICATES, seed: int = 0
) -> Floats:
    """Return means over samples, drawn anew; NaN is left out.

    Args:
        values: such as those of `multilabel.per_sample`, shape (n, ...).
        clusters: of the samples.
        replicates: how many.
        seed: of the draws.

    Returns:
        Shape (replicates, ...).
    """
    known = ~np.isnan(values)
    both = np.stack([np.where(known, values, 0), known.astype(np.float64)], 1)
    added, of = np.moveaxis(resampled(clusters.sums(both), clusters, replicates, seed), 1, 0)
    return _share(added, of)


def average_precision_replicates(
    truth: Bools,
    scores: Scores,
    clusters: Clusters,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> AveragePrecisions:
    """Return average precision on samples drawn anew.

    Scores are ranked once, and the rows of a cluster weigh as often as it is drawn.

    Args:
        truth: whether a sample has a class, shape (n, class).
        scores: 0 to 1, shape (n, class).
        clusters: of the samples.
        replicates: how many.
        seed: of the draws.
    """
    ranking.check(truth, scores)
    times = clusters.draws(replicates, seed)
    columns = zip(truth.T, scores.T, strict=True)
    found = [repeated_average_precision(*column, clusters.codes, times) for column in columns]
    by_class = np.array(found, np.float64).reshape(-1, replicates).T
    support = times.astype(np.float64) @ clusters.sums(truth)
    pairs = np.repeat(clusters.codes, truth.shape[1])
    return AveragePrecisions(
        by_class,
        _mean(by_class, (support > 0).astype(np.float64)),
        _mean(by_class, support),
        repeated_average_precision(truth.ravel(), scores.ravel(), pairs, times),
    )


def repeated_average_precision(
    truth: Bools, scores: Scores, codes: npt.NDArray[np.intp], times: Counts
) -> Floats:
    """Return the average precision of one list whose samples are repeated, in several ways.

    Exactly that of repeated rows where 512 samples or fewer are hits. Of more, most hits are taken
    in 512 parts, each with the precision in its middle, and what that does to the list as it is is
    taken off.

    Args:
        truth: shape (n,).
        scores: greater where it is more likely, shape (n,).
        codes: number of the cluster of each sample, shape (n,).
        times: how often each cluster is taken, shape (ways, cluster).

    Returns:
        Shape (ways,); NaN where no sample of the class is taken.
    """
    order = np.argsort(-scores)
    ranked, true, of = scores[order], truth[order], codes[order]
    # A threshold lets in whole ties: what there is down to the end of each, hits of it.
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)[: len(ranked)])
    hits = np.cumsum(true, dtype=np.int64)[last]
    total = int(hits[-1]) if len(hits) else 0
    if not total:
        return np.full(len(times), np.nan)
    gained = np.diff(hits, prepend=0)
    cuts = np.unique(np.searchsorted(hits, _limits(total)))
    several = np.diff(np.cumsum(gained > 0)[cuts], prepend=0)
    taken, right = _in_parts(last[cuts], true, of, times.shape[1])
    # The hits of a part lie about in its middle; a single one is its end.
    back = (several - 1) / (2 * several)
    exact = float(np.sum(gained * hits / (last + 1)) / total)
    as_it_is = _precision(np.ones((1, times.shape[1])), taken, right, back)
    return _precision(times, taken, right, back) + (exact - as_it_is)


def _limits(total: int) -> Counts:
    """Return after how many hits each part ends: at the top of a list every single one counts."""
    rest = np.linspace(0, total, _PARTS + 1)[1:].round().astype(np.int64)
    return np.unique(np.concatenate([np.arange(1, min(_TOP, total) + 1), np.maximum(rest, 1)]))


def _in_parts(
    ends: npt.NDArray[np.intp], true: Bools, of: npt.NDArray[np.intp], clusters: int
) -> tuple[Floats, Floats]:
    """Count samples and hits of each cluster in parts of a ranking, shape (cluster, part)."""
    part = np.zeros(ends[-1] + 1, np.intp)
    part[ends[:-1] + 1] = 1
    cell = np.cumsum(part) + of[: len(part)] * len(ends)
    size = clusters * len(ends)
    both = cell, cell[true[: len(part)]]
    taken, right = (np.bincount(own, minlength=size).astype(np.float64) for own in both)
    return taken.reshape(clusters, -1), right.reshape(clusters, -1)


def _precision(times: Numbers, taken: Floats, right: Floats, back: Floats) -> Floats:
    """Return average precision in which a part's hits count with the precision inside it.

    Args:
        times: how often each cluster is taken, shape (ways, cluster).
        taken: samples of each cluster in each part, shape (cluster, part).
        right: hits likewise.
        back: where in each part: share of it that lies behind, 0 at its end; shape (part,).
    """
    often = times.astype(np.float64)
    own, all_own = often @ right, often @ taken
    above = np.cumsum(own, axis=1) - back * own
    below = np.cumsum(all_own, axis=1) - back * all_own
    # Before anything is taken it is 0 of 0, and counts 0 times.
    shares = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
    return _share((own * shares).sum(1), own.sum(1))


def intervals(
    value: npt.ArrayLike,
    replicated: Floats,
    clusters: Clusters,
    holding: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> Intervals:
    """Return percentile intervals, expanded for few clusters.

    Plain percentiles are too narrow: a draw varies less than the clusters do, by (k - 1) / k, and
    few clusters say little of how they vary. So the ends are the percentiles that lie as far out
    as Student's t with k - 1 degrees of freedom asks (Hesterberg 2015, arXiv:1411.5279, expanded
    percentile interval): of 95 %, percentiles 2.2 and 97.8 with 60 clusters, 0.9 and 99.1 with
    ten. How often such intervals hold the truth: `benchmarks/intervals.py`.

    Args:
        value: figures of the samples as they are, shape (...).
        replicated: the same figures of each replicate, shape (replicates, ...); NaN is left out.
        clusters: that were drawn.
        holding: clusters that bear on each figure, such as those with the class, a shape that goes
            with it; None: all.
        level: probability that the interval should cover, between 0 and 1.
    """
    at = np.asarray(value, np.float64)
    bear = np.broadcast_to(clusters.count if holding is None else np.asarray(holding), at.shape)
    known = ~np.isnan(replicated).all(0) & (bear > 1) & ~np.isnan(at)
    low, high = np.full_like(at, np.nan), np.full_like(at, np.nan)
    for many in np.unique(bear[known]):
        of = known & (bear == many)
        tail = ndtr(stdtrit(many - 1, (1 - level) / 2) * np.sqrt(many / (many - 1)))
        low[of], high[of] = np.nanquantile(replicated[:, of], [tail, 1 - tail], axis=0)
    return Intervals(at, low, high, bear < FEW, clusters.count, len(replicated), level)


def paired(
    values: tuple[npt.ArrayLike, npt.ArrayLike],
    replicated: tuple[Floats, Floats],
    clusters: Clusters,
    holding: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> Intervals:
    """Return the difference of two models, the first minus the second, and its intervals.

    Args:
        values: figures of both on the same samples, shape (...) each.
        replicated: both of the same draws (clusters and seed), shape (replicates, ...) each.
        clusters: that were drawn.
        holding: as for `intervals`.
        level: probability that the interval should cover, between 0 and 1.
    """
    apart = np.asarray(values[0], np.float64) - np.asarray(values[1], np.float64)
    return intervals(apart, replicated[0] - replicated[1], clusters, holding, level)


def _mean(values: Floats, weight: Floats) -> Floats:
    return _share((np.where(weight > 0, values, 0) * weight).sum(-1), weight.sum(-1))


def _share(above: Floats, below: Numbers) -> Floats:
    found = np.full(below.shape, np.nan)
    np.divide(above, below, out=found, where=below > 0)
    return found
