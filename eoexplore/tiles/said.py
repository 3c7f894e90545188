"""What prediction sets say of one sample, beside its labels: for the card of the map."""

from typing import Any

import numpy as np

from eoexplore.core.types import Classes
from eoexplore.store import prediction_columns, prediction_sets
from eoexplore.store.catalog import Opened
from eoexplore.store.prediction_sets import PredictionSet

MOST_SETS = 4
"""Sets that are looked into for a card, the newest first."""


def predictions_of(opened: Opened, row: int, classes: Classes) -> list[dict[str, Any]]:
    """Return the predicted classes of a sample, and its labels that were not predicted.

    Args:
        opened: dataset and index.
        row: of the sample table.
        classes: of the dataset, in the colours of the palette.

    Returns:
        One item for each set that says something of it: `set`, `synthetic`, `masks` and `classes`,
        each with name, colour, `share` (score, or share of the mask), and whether it is a label
        and predicted, the highest first.
    """
    found = []
    for read in prediction_sets.newest(opened, MOST_SETS):
        place = int(np.searchsorted(read.rows, row))
        if place < len(read.rows) and read.rows[place] == row:
            found.append(_one(opened, read, place, row, classes))
    return found


def one_set(opened: Opened, name: str, row: int, classes: Classes) -> dict[str, Any] | None:
    """Return what one set says of a sample, as `predictions_of`; none where it says nothing.

    Args:
        opened: dataset and index.
        name: of the set; empty for none.
        row: of the sample table.
        classes: of the dataset, in the colours of the palette.
    """
    if not name:
        return None
    read = prediction_sets.read(opened, name)
    place = int(np.searchsorted(read.rows, row))
    there = place < len(read.rows) and read.rows[place] == row
    return _one(opened, read, place, row, classes) if there else None


def _one(
    opened: Opened, read: PredictionSet, place: int, row: int, classes: Classes
) -> dict[str, Any]:
    labels = set(opened.samples.frame["labels"].iloc[row])
    colours = {item.name: item.colour for item in classes.classes}
    predicted = prediction_columns.predicted_of(read, slice(place, place + 1))[0]
    scores = read.scores[place]
    items = [
        {
            "name": name,
            "colour": colours.get(name, classes.unlabelled.colour),
            "share": round(float(scores[number]), 4),
            "label": name in labels,
            "predicted": bool(predicted[number]),
        }
        for number, name in enumerate(read.about.classes)
        if predicted[number] or name in labels
    ]
    items.sort(key=lambda item: -float(str(item["share"])))
    return {
        "set": read.about.name,
        "synthetic": read.about.synthetic,
        "masks": read.about.task == "segmentation",
        "classes": items,
    }
