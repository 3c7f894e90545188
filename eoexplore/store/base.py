"""The base columns of the sample table: what a reader gives, completed with what it leaves out.

A reader has to say ids and which layers are there; whatever else it does not know is null, or
empty where the column holds words or lists. A sample lies on the ground where its MGRS tile and
its place in the tile's grid are known; no place is made up for one that has none.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from eoexplore.analysis.labels import names_of
from eoexplore.core.types import Classes, Dataset

WORDS = ("split", "country", "season", "tile")
"""Columns of words; an empty one means that nothing is known."""
_TOGETHER = 2_000
"""Samples that are indexed in one piece where the reader names no products."""


def samples_of(dataset: Dataset) -> pd.DataFrame:
    """Return the samples of a dataset with all base columns but places, sorted by id."""
    frame = dataset.samples()
    if not frame["id"].is_monotonic_increasing:
        frame = frame.sort_values("id", ignore_index=True)
    return completed(frame, dataset.classes)


def completed(frame: pd.DataFrame, classes: Classes) -> pd.DataFrame:
    """Return a reader's table with the base columns that it lacks.

    Args:
        frame: at least `id` and a column `has_<layer>` for each layer; sorted by id.
        classes: label schema.
    """
    lacking: dict[str, Any] = {}
    for name in WORDS:
        if name not in frame.columns:
            lacking[name] = pd.Categorical([""] * len(frame))
    if "date" not in frame.columns:
        lacking["date"] = np.full(len(frame), np.datetime64("NaT"), "datetime64[ns]")
    for name in ("x", "y"):
        if name not in frame.columns:
            lacking[name] = pd.array([pd.NA] * len(frame), "Int32")
    if "label_mask" not in frame.columns:
        lacking["label_mask"] = _mask(frame, classes)
    if "labels" not in frame.columns:
        masks = lacking.get("label_mask", frame.get("label_mask"))
        lacking["labels"] = names_of(np.asarray(masks, np.uint64), classes)
    if "flags" not in frame.columns:
        lacking["flags"] = _lists(len(frame))
    if "product" not in frame.columns:
        # Part files have these names: samples of two tiles are never in one.
        tiles = frame["tile"] if "tile" in frame.columns else [""] * len(frame)
        pieces = (f"{tile or 'samples'}_{row // _TOGETHER:05d}" for row, tile in enumerate(tiles))
        lacking["product"] = pd.Categorical(list(pieces))
    return frame.assign(**lacking) if lacking else frame


def _mask(frame: pd.DataFrame, classes: Classes) -> npt.NDArray[np.uint64]:
    """Return the labels of each sample as bits; none where the reader names none."""
    if "labels" not in frame.columns:
        return np.zeros(len(frame), np.uint64)
    bits = {name: 1 << bit for bit, name in enumerate(classes.names)}
    return np.array([sum(bits[name] for name in names) for names in frame["labels"]], np.uint64)


def _lists(count: int) -> npt.NDArray[np.object_]:
    lists = np.empty(count, object)
    for row in range(count):
        lists[row] = []
    return lists


def located(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell which samples of a completed table have a place, shape (n,)."""
    there = frame["tile"].astype(object).to_numpy() != ""
    return np.asarray(there & frame["x"].notna().to_numpy() & frame["y"].notna().to_numpy(), bool)
