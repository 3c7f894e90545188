"""Footprint styles of prediction sets: `pred.SET.COLUMN`, a number of each patch as a colour."""

from typing import Any

import numpy as np
import numpy.typing as npt

from eoexplore.analysis.selection import PREDICTED
from eoexplore.core.errors import EOExploreError, SelectionError
from eoexplore.render import colours
from eoexplore.store import prediction_columns, prediction_sets
from eoexplore.store.catalog import Opened
from eoexplore.store.prediction_columns import AGREEMENT, Source
from eoexplore.store.prediction_sets import About

_SHARES = (0.0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9)
"""Lower ends of the steps of scores, shares and accuracies."""
_MOST_ERRORS = 5
Entries = tuple[tuple[str, str, str], ...]


def styles(opened: Opened) -> list[dict[str, Any]]:
    """Return the styles of all sets, as they stand in the description of the map."""
    return [
        {
            "id": f"{PREDICTED}{item.name}.{_key(item, column)}",
            "title": title,
            "group": f"Predictions: {item.name}",
            "help": "synthetic" if item.synthetic else "",
            "disabled": None,
        }
        for item in prediction_sets.available(opened.fingerprint)
        for column, title in prediction_columns.names_of(item).items()
    ]


def _key(item: About, column: str) -> str:
    """Return what stands for a column in an address."""
    keys = {name: key for key, name in item.keys().items()}
    return keys.get(column, column)


def refused(opened: Opened, style: str) -> str:
    """Return why a style that begins with `pred.` cannot colour a dataset; empty where it can."""
    try:
        _source(opened)(style.removeprefix(PREDICTED))
    except SelectionError as error:
        return str(error)
    return ""


def stamp(opened: Opened, style: str) -> object:
    """Return what changes when the set of a style is made anew."""
    name = style.removeprefix(PREDICTED).partition(".")[0]
    try:
        return prediction_columns.stamp_of(opened.fingerprint, name)
    except EOExploreError:
        return None


def parts(opened: Opened, style: str) -> tuple[str, Entries, npt.NDArray[np.uint8]]:
    """Return title and entries of a legend, and the number of the entry of each patch.

    Raises:
        SelectionError: there is no such set or column.
    """
    text = style.removeprefix(PREDICTED)
    name, _, column = text.partition(".")
    values = _source(opened)(text)[1]
    known = ~np.isnan(values)
    if column in AGREEMENT:
        labels = [*map(str, range(_MOST_ERRORS)), f"{_MOST_ERRORS} or more"]
        codes = np.minimum(np.where(known, values, 0), _MOST_ERRORS).astype(np.uint8)
    else:
        ends = (*_SHARES[1:], 1.0)
        labels = [f"{low:g} to {high:g}" for low, high in zip(_SHARES, ends, strict=True)]
        # Compared as the values are stored: 0.9 in 32 bits is below 0.9 in 64.
        ends_of = np.array(_SHARES, np.float32)
        codes = (np.searchsorted(ends_of, np.where(known, values, 0), "right") - 1).astype(np.uint8)
    shades = colours.steps(len(labels))
    entries = [(str(n), label, shades[n]) for n, label in enumerate(labels)]
    codes[~known] = len(entries)
    entries.append(("", "Not predicted, or not known", colours.UNKNOWN))
    said = prediction_sets.about(prediction_sets.folder_of(opened.fingerprint, name))
    column = said.keys().get(column, column) if said else column
    title = prediction_columns.names_of(said).get(column, column) if said else column
    return f"{title} ({name})", tuple(entries), codes


def _source(opened: Opened) -> Source:
    return Source(opened.fingerprint, opened.samples, opened.dataset.classes)
