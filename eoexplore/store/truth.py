"""Labels to judge by instead of the stored ones: a table of ids and lists of class names."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from eoexplore.core.errors import PredictionError
from eoexplore.store.catalog import Opened

_IDS, _LABELS = ("patch_id", "id"), ("true_labels", "labels")


@dataclass(frozen=True)
class Truth:
    """What is true of the samples of a dataset."""

    name: str
    """What the file is called."""
    masks: npt.NDArray[np.uint64]
    """Classes of each sample as in `label_mask`: bit i is the dataset's class i; shape (n,)."""
    known: npt.NDArray[np.bool_]
    """Of which samples the file says something, shape (n,)."""
    kinds: npt.NDArray[np.object_] = field(default_factory=lambda: np.empty(0, object))
    """What kind of error each sample has, empty for none; of no length where nobody says."""


def read(opened: Opened, path: Path) -> Truth:
    """Read a Parquet file with an id and a list of class names for each sample.

    Args:
        opened: the dataset.
        path: columns `patch_id` or `id`, and `true_labels` or `labels`; `kind` where errors are of
            several kinds. Other columns are ignored.

    Raises:
        PredictionError: it is none, or fits no sample, or names a class that there is not.
    """
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException):
        raise PredictionError(
            f"The file {path.name} cannot be read as Parquet. It should have an id and a list of "
            "class names for each sample."
        ) from None
    columns = [next((n for n in names if n in table.column_names), "") for names in (_IDS, _LABELS)]
    if not all(columns) or not _is_list(table.schema.field(columns[1]).type):
        raise PredictionError(
            f"The file {path.name} needs a column patch_id (or id) and a column true_labels (or "
            f"labels) with lists of class names. It has: {', '.join(table.column_names)}."
        )
    ids, labels = (table[name].to_pylist() for name in columns)
    numbers = {name: number for number, name in enumerate(opened.dataset.classes.names)}
    strange = sorted({name for own in labels for name in own or () if name not in numbers})
    if strange:
        raise PredictionError(
            f"The file {path.name} names {strange[0]!r}, which is no class of the dataset. Its "
            f"classes: {'; '.join(numbers)}."
        )
    places = {str(sample): place for place, sample in enumerate(opened.samples.frame["id"])}
    masks = np.zeros(len(places), np.uint64)
    known = np.zeros(len(places), bool)
    kinds = np.full(len(places), "", object)
    for sample, own, word in zip(ids, labels, _words(table), strict=True):
        place = places.get(str(sample), -1)
        # Without a list nothing is known; an empty one says that there is no class.
        if place < 0 or own is None:
            continue
        mask = np.uint64(sum(1 << numbers[name] for name in set(own)))
        if known[place] and masks[place] != mask:
            raise PredictionError(
                f"{str(sample)[:120]} stands more than once in {path.name}, with other labels. "
                "Keep one line for each."
            )
        known[place], masks[place], kinds[place] = True, mask, str(word or "")
    if not known.any():
        raise PredictionError(f"None of the ids of {path.name} is a sample of the dataset.")
    return Truth(path.name, masks, known, kinds)


def _words(table: pa.Table) -> list[str | None]:
    """Return what kind of error each line has."""
    return table["kind"].to_pylist() if "kind" in table.column_names else [""] * len(table)


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))
