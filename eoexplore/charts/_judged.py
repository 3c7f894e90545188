"""What is judged: the predictions of a set for the selection, beside what is true of it."""

import functools
import itertools
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from eoexplore.analysis import bootstrap, pixels
from eoexplore.analysis.bootstrap import Clusters, Intervals
from eoexplore.charts.chart import Asked, CannotTell
from eoexplore.core.memory import ByteCache
from eoexplore.store import honesty, prediction_columns
from eoexplore.store.prediction_sets import About, PredictionSet

T = TypeVar("T")
Bools = npt.NDArray[np.bool_]
SEED, REPLICATES = 0, bootstrap.REPLICATES
"""Of the draws behind intervals."""


@dataclass(frozen=True, eq=False)
class Judged:
    """A prediction set on the samples of the selection that it is about."""

    read: PredictionSet
    """The set."""
    at: npt.NDArray[np.intp]
    """Places in the set, shape (k,)."""
    rows: npt.NDArray[np.intp]
    """Rows of the sample table, shape (k,)."""
    truth: Bools
    """Whether a sample has a class, shape (k, class), in the classes of the set."""
    clusters: Clusters
    """Tiles of the samples."""
    key: tuple[Hashable, ...]
    """Stands for all of it: what was worked out once is kept by it."""
    columns: npt.NDArray[np.intp] | None = None
    """Places of its classes in the set, where they are not those of the set; shape (class,)."""

    @property
    def name(self) -> str:
        """Name of the set."""
        return self.read.about.name

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of its classes."""
        known = self.read.about.classes
        return known if self.columns is None else tuple(known[place] for place in self.columns)

    @property
    def masks(self) -> bool:
        """Whether it is of masks: scores are shares of the mask then."""
        return self.read.about.task == "segmentation"

    @functools.cached_property
    def scores(self) -> npt.NDArray[np.float32]:
        """Scores of the samples, shape (k, class)."""
        found = self.read.scores[self.at]
        return found if self.columns is None else found[:, self.columns]

    @property
    def threshold(self) -> float:
        """Score from which a class counts as predicted; of masks, one pixel of it."""
        return float(np.nextafter(np.float32(0), np.float32(1))) if self.masks else self.stated

    @property
    def stated(self) -> float:
        """Threshold of the set."""
        return float(np.float32(self.read.about.threshold))

    @functools.cached_property
    def by_tile(self) -> npt.NDArray[np.int64]:
        """Pixels by tile, reference class and predicted class, shape (tile, class, class).

        Raises:
            CannotTell: it is not of masks, none was compared with a label map, or the set beside it
                has other classes.
        """
        own = self.read.confusion
        if own is None:
            raise CannotTell(
                f"The set {self.name} has no pixels that were compared with label maps. Choose a "
                "set of masks of a dataset with label maps."
            )
        place = np.full(len(self.read.rows), -1, np.intp)
        place[self.at] = np.arange(len(self.at))
        kept = place[own.sample] >= 0
        if not kept.any():
            raise CannotTell("No patch of the selection has a label map that could be compared.")
        pairs = own.reference[kept], own.predicted[kept], own.pixels[kept]
        tile = self.clusters.codes[place[own.sample[kept]]]
        size = len(self.read.about.classes)
        found = pixels.counts(pairs, size, tile, self.clusters.count)
        if self.columns is None:
            return found
        self.need_every_class()
        return found[:, self.columns][:, :, self.columns]

    def need_every_class(self) -> None:
        """See that pixels of the set beside it are of the same classes.

        Raises:
            CannotTell: that set lacks some.
        """
        if self.columns is not None and len(self.columns) < len(self.read.about.classes):
            raise CannotTell(
                f"The masks of {self.name} are not of the same classes as those beside it, so "
                "figures of their pixels are not of the same thing. Judge each set alone."
            )

    def rows_of_pixels(self, most: int) -> dict[tuple[int, int], npt.NDArray[np.intp]]:
        """Return rows of samples with pixels of each reference and predicted class.

        Args:
            most: rows of each pair of classes; those with most such pixels come first.
        """
        own, size = self.read.confusion, len(self.read.about.classes)
        if own is None:
            return {}
        chosen = np.zeros(len(self.read.rows), bool)
        chosen[self.at] = True
        hit = np.flatnonzero(chosen[own.sample])
        pair = own.reference[hit].astype(np.int64) * size + own.predicted[hit]
        # One number to sort by: the pair first, then many pixels before few.
        order = np.argsort(pair * 2**32 - own.pixels[hit], kind="stable")
        pairs, starts, counts = np.unique(pair[order], return_index=True, return_counts=True)
        rows = self.read.rows[own.sample[hit[order]]].astype(np.intp)
        return {
            divmod(number, size): rows[start : start + min(count, most)].copy()
            for number, start, count in zip(
                pairs.tolist(), starts.tolist(), counts.tolist(), strict=True
            )
        }


def judged(asked: Asked, number: int = 0) -> Judged:
    """Return the set that is judged, or the one beside it.

    Raises:
        CannotTell: there is none, or it is about no sample of the selection.
    """
    if number >= len(asked.predictions):
        raise CannotTell(
            "There is no prediction set to judge. Predict the selection on this page, import "
            "predictions, or run `python -m eoexplore predict`."
        )
    read = asked.predictions[number]
    found = on(asked, read, asked.part.mask)
    if found is None:
        raise CannotTell(
            f"The set {read.about.name} says nothing of the {len(asked.part):,} patches of the "
            "selection. Choose a wider selection, or predict it."
        )
    return found


def on(asked: Asked, read: PredictionSet, mask: Bools, name: str = "") -> Judged | None:
    """Return a set on some samples; none where it is about none of them.

    Args:
        asked: dataset and truth.
        read: the set.
        mask: which samples, shape (n,).
        name: stands for them where they are not those of the selection.
    """
    masks = asked.truth.masks if asked.truth is not None else asked.masks
    inside = mask[read.rows]
    if asked.truth is not None:
        inside = inside & asked.truth.known[read.rows]
    at = np.flatnonzero(inside)
    if not len(at):
        return None
    rows = read.rows[at]
    known = prediction_columns.labels_of(read, masks, asked.opened.dataset.classes)
    clusters = Clusters.of(asked.opened.samples.tiles[0][rows])
    return Judged(read, at, rows, known[at], clusters, (*_key(asked, read), name))


def _key(asked: Asked, read: PredictionSet) -> tuple[Hashable, ...]:
    table = asked.opened.samples.table(asked.opened.dataset.classes)
    selection = asked.part.selection
    own = asked.truth
    truth = (own.name, own.masks.tobytes(), own.known.tobytes()) if own is not None else ()
    return (
        asked.opened.version, read.about.name, read.about.key, read.about.created,
        selection.canonical(), table.stamp(selection), hash(truth),
    )  # fmt: skip


_kept: ByteCache[Any] = ByteCache(100_000_000)


def kept(own: Judged, what: str, make: Callable[[], T]) -> T:
    """Return what was measured of a set, from memory or worked out.

    Args:
        own: the set.
        what: stands for all that `make` depends on beside it.
        make: works it out; some tens of kilobytes.
    """
    found = _kept.get((own.key, what))
    if found is None:
        found = make()
        _kept.put((own.key, what), found, 200_000)
    return cast(T, found)


def both(asked: Asked) -> tuple[Judged, Judged]:
    """Return two sets on the samples, and in the classes, that both have.

    Raises:
        CannotTell: there are none.
    """
    one, other = judged(asked, 0), judged(asked, 1)
    rows, first, second = np.intersect1d(one.rows, other.rows, return_indices=True)
    if not len(rows):
        raise CannotTell(f"The sets {one.name} and {other.name} have no patch in common.")
    names = [name for name in one.classes if name in other.classes]
    if not names:
        raise CannotTell(f"The sets {one.name} and {other.name} have no class in common.")
    clusters = Clusters.of(asked.opened.samples.tiles[0][rows])
    key = (*one.key, *other.key)
    return _part(one, first, names, clusters, key), _part(other, second, names, clusters, key)


def several(asked: Asked) -> tuple[Judged, ...]:
    """Return the judged set or, where one stands beside it, both on what both have.

    Raises:
        CannotTell: there is nothing to judge.
    """
    return both(asked) if len(asked.predictions) > 1 else (judged(asked),)


def _part(
    own: Judged,
    places: npt.NDArray[np.intp],
    names: Sequence[str],
    clusters: Clusters,
    key: tuple[Hashable, ...],
) -> Judged:
    """Return a set on some of its samples, and in some of its classes."""
    columns = np.array([own.classes.index(name) for name in names], np.intp)
    return replace(
        own,
        at=own.at[places],
        rows=own.rows[places],
        truth=own.truth[places][:, columns],
        clusters=clusters,
        key=(own.name, *key),
        columns=None if tuple(names) == own.classes else columns,
    )


def count(asked: Asked) -> int:
    """Return how many samples are judged: of two sets, those that both have."""
    return int(_judged_samples(asked).sum())


def _judged_samples(asked: Asked) -> Bools:
    """Tell which samples of the dataset are judged, shape (n,)."""
    found = asked.part.mask if asked.truth is None else asked.part.mask & asked.truth.known
    for read in asked.predictions:
        own = np.zeros(len(found), bool)
        own[read.rows] = True
        found = found & own
    return found


def _remembered(asked: Asked, about: About, samples: Bools) -> list[str]:
    """Return what is to be said of judged samples that a model may know."""
    if honesty.is_out_of_fold(about):
        return [
            f"Every patch of {about.name} was predicted by a model that did not learn from it or "
            "its surroundings."
        ]
    found = honesty.of(asked.opened, about)
    known = int((samples & ~found.mask).sum())
    if not known:
        return []
    if not _is_part(asked, about):
        return [found.sentence]
    return [
        f"{about.name} was trained on the split “{about.trained_on_split}”, to which {known:,} of "
        f"the {int(samples.sum()):,} judged patches belong: on those it says how well the model "
        "remembers."
    ]


def _is_part(asked: Asked, about: About) -> bool:
    stated = about.trained_on_split
    return bool(stated and (asked.frame["split"] == stated).any())


def _unshared(asked: Asked) -> tuple[str, ...]:
    """Return what is to be said of classes that one of two sets does not know."""
    found = []
    for one, other in itertools.permutations(asked.predictions[:2], 2):
        only = [name for name in one.about.classes if name not in other.about.classes]
        if only:
            found.append(
                f"Where both sets stand side by side, it is without {', '.join(only)}, which "
                f"{other.about.name} does not know."
            )
    return tuple(found)


def tiles(own: Judged) -> str:
    """Return how many tiles there are, as words."""
    return "1 tile" if own.clusters.count == 1 else f"{own.clusters.count:,} tiles"


def between(found: Intervals, digits: str = ".3f") -> str:
    """Return the interval of one figure as words; those of one tile have none."""
    low, high = float(found.low), float(found.high)
    return "one tile: no interval" if np.isnan(low) else f"{low:{digits}} to {high:{digits}}"


def warnings(asked: Asked) -> tuple[str, ...]:
    """Return what stands beside every number: training on the judged samples, made-up imagery."""
    found = []
    samples = _judged_samples(asked)
    for read in asked.predictions:
        about = read.about
        found += _remembered(asked, about, samples)
        if about.synthetic:
            found.append(f"{about.name} was trained on synthetic imagery.")
        if about.unjudged_share:
            found.append(
                f"{about.name} says nothing of {about.unjudged_share:.1%} of the labelled pixels "
                "of its patches: they are not judged, and may be the difficult ones."
            )
    if asked.truth is not None:
        found.append(f"Judged by the labels of {asked.truth.name}, not by the stored ones.")
    return (*found, *_unshared(asked))
