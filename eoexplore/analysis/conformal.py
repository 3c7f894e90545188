"""Sets of classes that hold a sample's true classes as often as is asked (conformal prediction)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoexplore.core import ranking

Bools = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.floating]
Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Thresholds:
    """From which score on a class is in the set, fitted on validation; shape (class,) each."""

    alpha: float
    """Share of the samples of a class that may be missed: nominal coverage is 1 - alpha."""
    threshold: Floats
    """Score from which the class is in the set; 0 where `suffices` is false: it always is."""
    support: Counts
    """Validation samples that have the class."""
    suffices: Bools
    """Whether these are enough: at least 1 / alpha - 1."""


@dataclass(frozen=True, eq=False)
class Coverage:
    """How often sets held the classes that samples have."""

    by_class: Floats
    """Share of the samples of a class whose set has it, NaN without one; shape (class,)."""
    support: Counts
    """Samples of each class, shape (class,)."""
    overall: float
    """Share of all labels that are in the sets; NaN without a label."""
    size: float
    """Mean number of classes in a set; NaN without samples."""
    groups: npt.NDArray[np.generic]
    """What the groups are called, sorted, shape (groups,)."""
    by_group: Floats
    """Share of a group's labels that are in the sets, shape (groups,)."""
    by_group_and_class: Floats
    """The same of each class, NaN without a sample; shape (groups, class)."""
    group_support: Counts
    """Samples of each group and class, shape (groups, class)."""
    group_size: Floats
    """Mean number of classes in a set of the group, shape (groups,)."""


def fit(truth: Bools, scores: Scores, alpha: float) -> Thresholds:
    """Return the thresholds with which a class is missed in at most a share alpha of its samples.

    Split conformal prediction within each class (Vovk 2012, arXiv:1209.2673, label conditional
    validity, also called Mondrian): of the n scores of the samples that have the class, the one
    of rank ceil((n + 1)(1 - alpha)) from above. A further sample that has the class then reaches
    it with a probability of at least 1 - alpha, if it is exchangeable with those of the
    validation: drawn as they were. Samples of other places or seasons are not, so look at the
    coverage of groups.

    Args:
        truth: whether a validation sample has a class, shape (n, class).
        scores: 0 to 1, shape (n, class).
        alpha: between 0 and 1, such as 0.1.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha lies between 0 and 1, such as 0.1; it is {alpha}.")
    ranking.check(truth, scores)
    support = np.count_nonzero(truth, axis=0).astype(np.int64)
    # ceil((n + 1)(1 - alpha)) = n + 1 - floor((n + 1) alpha), where 30 × 0.1 must not be 2.99….
    rank = support + 1 - np.floor((support + 1) * alpha + 1e-9).astype(np.int64)
    limits = np.zeros(truth.shape[1])
    for c in np.flatnonzero(rank <= support):
        own = scores[truth[:, c], c]
        limits[c] = np.partition(own, len(own) - rank[c])[len(own) - rank[c]]
    return Thresholds(alpha, limits, support, rank <= support)


def sets(scores: Scores, thresholds: Thresholds) -> Bools:
    """Return which classes are in the set of each sample.

    Args:
        scores: 0 to 1, shape (n, class).
        thresholds: what `fit` returns.
    """
    found = np.empty(scores.shape, np.bool_)
    for c, limit in enumerate(thresholds.threshold):
        np.greater_equal(scores[:, c], limit, out=found[:, c])
    return found


def coverage(
    truth: Bools,
    scores: Scores,
    thresholds: Thresholds,
    groups: npt.NDArray[np.generic] | None = None,
) -> Coverage:
    """Return how often the sets hold what samples have, on samples not used for the fit.

    Args:
        truth: whether a sample has a class, shape (n, class).
        scores: 0 to 1, shape (n, class).
        thresholds: what `fit` returns.
        groups: name or number of the group of each sample, such as its country, shape (n,); None:
            no groups.
    """
    ranking.check(truth, scores)
    inside = sets(scores, thresholds)
    given = np.zeros(0, np.int64) if groups is None else groups
    names, code = np.unique(given, return_inverse=True)
    n, classes = truth.shape
    held, support = np.zeros((2, len(names), classes), np.int64)
    sizes, members = np.zeros(len(names)), np.zeros(len(names))
    if len(names):
        for c in range(classes):
            support[:, c] = np.bincount(code[truth[:, c]], minlength=len(names))
            held[:, c] = np.bincount(code[truth[:, c] & inside[:, c]], minlength=len(names))
        sizes += np.bincount(code, inside.sum(1), len(names))
        members += np.bincount(code, minlength=len(names))
    of, found = np.count_nonzero(truth, axis=0), np.count_nonzero(truth & inside, axis=0)
    return Coverage(
        by_class=_share(found, of),
        support=of.astype(np.int64),
        overall=float(_share(found.sum(), of.sum())),
        size=float(_share(inside.sum(), np.asarray(n))),
        groups=names,
        by_group=_share(held.sum(1), support.sum(1)),
        by_group_and_class=_share(held, support),
        group_support=support,
        group_size=_share(sizes, members),
    )


def _share(above: npt.ArrayLike, below: npt.ArrayLike) -> Floats:
    of = np.asarray(below, np.float64)
    return np.divide(above, of, out=np.full_like(of, np.nan), where=of > 0)
