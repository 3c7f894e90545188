"""Columns of prediction sets: a number for each sample, for filters, orders and colours.

Written `<set>.<column>`: the score of a class by its name or, of masks, its share; and how the
prediction agrees with the labels.
"""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoexplore.core.errors import EOExploreError, SelectionError
from eoexplore.core.memory import ByteCache
from eoexplore.core.types import Classes
from eoexplore.store import issues, prediction_sets
from eoexplore.store.folder import FileStamp, file_stamp
from eoexplore.store.prediction_sets import ABOUT, PredictionSet
from eoexplore.store.samples import Samples

Values = npt.NDArray[np.float32]
AGREEMENT = {
    "errors": "Classes that are wrong",
    "missed": "Labels that are not predicted",
    "extra": "Predicted classes that are no label",
}
"""Columns of every set, and what a user reads."""
CONFIDENCE = {"confidence": "Mean confidence of the classes"}
"""Columns of sets of scores: how far each score is from being undecided, 0.5 to 1."""
ACCURACY = {"accuracy": "Share of the labelled pixels that are right"}
"""Columns of sets of masks."""
ISSUE = {"issue": "Chance that a label is wrong"}
"""Columns of sets with which somebody has looked for wrong labels."""
_columns: ByteCache[Values] = ByteCache(64_000_000)


@dataclass(frozen=True)
class Source:
    """The columns of all sets of a dataset, as a sample table asks for them."""

    fingerprint: str
    """Of the dataset."""
    samples: Samples
    """Its sample table."""
    classes: Classes
    """Its classes."""

    def __call__(self, name: str) -> tuple[Hashable, Values]:
        """Return what changes when the set does, and the number of each sample, NaN for none.

        Args:
            name: "<set>.<column>", of a class its name, or its key (`About.keys`).

        Raises:
            SelectionError: there is no such set or column.
        """
        own, _, column = name.partition(".")
        try:
            stamp = stamp_of(self.fingerprint, own)
            key = (self.fingerprint, id(self.samples), name, stamp)
            found = _columns.get(key)
            if found is None:
                read = prediction_sets.read_for(self.fingerprint, self.samples, own)
                found = np.full(len(self.samples), np.nan, np.float32)
                found[read.rows] = _column(read, self, column)
                found.setflags(write=False)
                _columns.put(key, found, found.nbytes)
        except SelectionError:
            raise
        except EOExploreError as error:
            raise SelectionError(str(error)) from None
        return stamp, found


def stamp_of(fingerprint: str, name: str) -> tuple[FileStamp, ...]:
    """Return what changes when a set is made anew, or wrong labels are looked for with it."""
    own = file_stamp(prediction_sets.folder_of(fingerprint, name) / ABOUT)
    return own, *issues.stamp(issues.of_set(fingerprint, name))


def names_of(found: prediction_sets.About) -> dict[str, str]:
    """Return the columns of a set, and what a user reads."""
    masks = found.task == "segmentation"
    word = "Share" if masks else "Score"
    own = {name: f"{word}: {name}" for name in found.classes}
    looked = issues.tables(issues.of_set(found.dataset_fingerprint, found.name))
    return {
        **AGREEMENT, **(ACCURACY if masks else CONFIDENCE), **(ISSUE if looked else {}), **own,
    }  # fmt: skip


def labels_of(
    read: PredictionSet, masks: npt.NDArray[np.uint64], classes: Classes
) -> npt.NDArray[np.bool_]:
    """Tell which samples of a set have which of its classes as a label, shape (n, class).

    Args:
        read: the set.
        masks: labels of all samples of the dataset, a bit for each of its classes.
        classes: of the dataset.
    """
    own = masks[read.rows]
    found = np.zeros(read.scores.shape, bool)
    numbers = {name: number for number, name in enumerate(classes.names)}
    for column, name in enumerate(read.about.classes):
        if name in numbers:
            found[:, column] = (own >> np.uint64(numbers[name])) & np.uint64(1)
    return found


def predicted_of(read: PredictionSet, places: slice = slice(None)) -> npt.NDArray[np.bool_]:
    """Tell which classes are predicted: from the threshold on or, of masks, with any pixel.

    Args:
        read: the set.
        places: which of its samples; all when not said.

    Returns:
        Shape (n, class).
    """
    scores = read.scores[places]
    masks = read.about.task == "segmentation"
    return scores > 0 if masks else scores >= np.float32(read.about.threshold)


def _column(read: PredictionSet, source: Source, column: str) -> npt.NDArray[np.floating]:
    if column in read.about.classes:
        return read.scores[:, read.about.classes.index(column)]
    known, keys = names_of(read.about), read.about.keys()
    if column in keys and column not in known:
        return read.scores[:, read.about.classes.index(keys[column])]
    if column not in known:
        raise SelectionError(
            f"The prediction set {read.about.name} has no column {column[:60]!r}. It has: "
            f"{', '.join(known)}."
        )
    if column in ISSUE:
        folder = issues.of_set(source.fingerprint, read.about.name)
        return issues.strongest(folder, source.samples)[read.rows]
    if column in CONFIDENCE:
        return np.asarray(np.maximum(read.scores, 1 - read.scores).mean(1))
    if column in ACCURACY:
        return accuracy_of(read)
    masks = source.samples.frame["label_mask"].to_numpy(np.uint64)
    labels = labels_of(read, masks, source.classes)
    predicted = predicted_of(read)
    wrong = {"errors": labels != predicted, "missed": labels & ~predicted}
    return np.asarray(wrong.get(column, predicted & ~labels).sum(1), np.float32)


def accuracy_of(read: PredictionSet) -> npt.NDArray[np.float64]:
    """Return the share of each sample's labelled pixels that are right; NaN without any."""
    own = read.confusion
    if own is None:
        return np.full(len(read.rows), np.nan)
    size = len(read.rows)
    total = np.bincount(own.sample, own.pixels, size)
    right = np.bincount(own.sample, own.pixels * (own.reference == own.predicted), size)
    share = np.full(size, np.nan)
    np.divide(right, total, out=share, where=total > 0)
    return share
