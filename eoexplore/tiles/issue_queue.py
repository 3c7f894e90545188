"""What speaks against the labels of a selection, as a queue: counted and cut by conditions.

A selection costs a look at all that was found, conditions on top of it cost little: scores fall
along the queue, so a least score is a place in it.
"""

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from eoexplore.core.memory import ByteCache, beside_table
from eoexplore.evidence import kind as evidence
from eoexplore.evidence import thresholds
from eoexplore.store import issues, prediction_sets
from eoexplore.store.catalog import Opened
from eoexplore.store.issues import STATUS, Issues, Wanted
from eoexplore.tiles.scene import Scene, Shown

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]
STEPS = 100
"""Least scores that are counted: whole percents."""
BINS = 20
"""Bars of the histogram of scores."""
NO_SET = "none"
"""Name that stands for "without predictions" where an empty one would be left out."""
_QUEUES_BYTES = 120_000_000
"""Of one table: two selections of two million findings of half a million samples."""


@dataclass(frozen=True)
class Queue:
    """What was found of the selected samples, strongest first, each spot once."""

    issues: Issues
    """All that was found of the dataset."""
    places: Places
    """Places in the findings, shape (k,)."""
    rows: npt.NDArray[np.int32]
    """Sample that shows each, shape (k,)."""
    kinds: npt.NDArray[np.int8]
    """Number of the kind of evidence of each, shape (k,)."""
    labels: npt.NDArray[np.int16]
    """Class that the label says, -1 for none, shape (k,)."""
    suspects: npt.NDArray[np.int16]
    """Class that the evidence says, -1 for none, shape (k,)."""
    scores: npt.NDArray[np.float32]
    """How strongly each speaks, falling, shape (k,)."""
    small: Mask
    """Whether each is not decidable at the map's resolution, shape (k,)."""

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.places)

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays, without those of `issues`."""
        arrays = self.places, self.rows, self.kinds, self.labels, self.suspects, self.scores
        return sum(array.nbytes for array in (*arrays, self.small))


@dataclass(frozen=True)
class Counts:
    """How many of a queue each choice would leave, the other conditions being kept."""

    kinds: list[int]
    """Of each kind of evidence of the findings."""
    classes: list[int]
    """Of each class of the dataset, whichever side says it."""
    status: dict[str, int]
    """Of each key of STATUS."""
    above: list[int]
    """Of each least score of 0, 1, … 100 percent."""


def known_set(opened: Opened, name: str) -> str:
    """Return the name of a set of predictions; empty for none.

    Raises:
        UnknownName: there is no such set.
        PredictionError: its files are damaged.
    """
    if name in ("", NO_SET):
        return ""
    return prediction_sets.read(opened, name).about.name


def stamp_of(opened: Opened, predictions: str) -> str:
    """Return what changes whenever something is looked for anew, without reading what was found."""
    folders = [issues.folder_of(opened, predictions), issues.folder_of(opened)]
    stamps = repr([issues.stamp(folder) for folder in folders])
    return hashlib.sha256(stamps.encode()).hexdigest()[:16]


def queue_of(scene: Scene, shown: Shown, predictions: str, stated: str = "") -> Queue:
    """Return the queue of a selection; the last ones stay in memory.

    Args:
        scene: the dataset.
        shown: its selected samples.
        predictions: name of the set, as `known_set` gives it.
        stated: thresholds instead of the measured ones, as `evidence.thresholds` reads them.

    Raises:
        UnknownName: thresholds cannot be read.
    """
    limits = thresholds.parse(stated, scene.opened.dataset.classes.names)
    own = tuple(item.name for item in evidence.kinds())
    found = issues.together(scene.opened, own, predictions)
    cache: ByteCache[Queue] = scene.samples.keep("issue queues", lambda: _cache(scene))
    key = (shown, predictions, found.stamp, tuple(sorted(limits.items())))
    kept = cache.get(key)
    if kept is None:
        looked = issues.read_looked(issues.folder_of(scene.opened, predictions))
        found = thresholds.apply(found, looked, limits)
        kept = _queue(scene, shown, found)
        cache.put(key, kept, kept.nbytes)
    return kept


def _cache(scene: Scene) -> ByteCache[Queue]:
    return ByteCache(beside_table(_QUEUES_BYTES, len(scene.samples)), least=1)


def _queue(scene: Scene, shown: Shown, found: Issues) -> Queue:
    # Pieces of a spot differ in nothing that is asked below but the sample: each spot can be
    # taken once before the other conditions.
    places, rows = issues.places(found, Wanted(), scene.samples, shown.mask)
    own = found.findings
    return Queue(
        found,
        places,
        rows,
        found.numbers[places],
        own.labels[places],
        own.suspects[places],
        own.scores[places],
        issues.small(own)[places],
    )


def part(queue: Queue, wanted: Wanted) -> Places:
    """Return which entries of a queue are wanted, strongest first."""
    end = _end(queue, wanted.least)
    mask = _mask(queue, wanted)
    return np.arange(end) if mask is None else np.flatnonzero(mask[:end])


def count(queue: Queue, wanted: Wanted, classes: int) -> Counts:
    """Count what each choice would leave.

    Args:
        queue: of the selection.
        wanted: the conditions.
        classes: how many the dataset has.
    """
    end = _end(queue, wanted.least)
    of_kind = _left(queue.kinds, _mask(queue, replace(wanted, kinds=())), end)
    by_class = _mask(queue, replace(wanted, label=-1))
    labels, suspects = (_left(own, by_class, end) for own in (queue.labels, queue.suspects))
    both = suspects[suspects != labels]
    each = sum(np.bincount(own + 1, minlength=classes + 1) for own in (labels, both))
    small = _left(queue.small, _mask(queue, replace(wanted, status="")), end)
    few = int(np.count_nonzero(small))
    rising = _left(queue.scores, _mask(queue, wanted), len(queue))[::-1]
    steps = np.arange(STEPS + 1, dtype=np.float32) / np.float32(STEPS)
    return Counts(
        np.bincount(of_kind, minlength=len(queue.issues.kinds)).tolist(),
        np.asarray(each)[1 : classes + 1].tolist(),
        dict(zip(STATUS, (len(small) - few, few), strict=True)),
        (len(rising) - np.searchsorted(rising, steps, "left")).tolist(),
    )


def _left(column: npt.NDArray[np.generic], mask: Mask | None, end: int) -> npt.NDArray[np.generic]:
    return column[:end] if mask is None else column[:end][mask[:end]]


def _end(queue: Queue, least: float) -> int:
    """Return how many entries have a score of at least so much."""
    return len(queue) - int(np.searchsorted(queue.scores[::-1], np.float32(least), "left"))


def _mask(queue: Queue, wanted: Wanted) -> Mask | None:
    """Tell which entries fit the conditions other than the least score; none: all of them."""
    found: Mask | None = None
    for own in issues.fitting(wanted, queue.issues.kinds, queue.kinds, queue, queue.small):
        found = own if found is None else found & own
    return found
