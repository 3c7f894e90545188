"""The patch grid of the selection: each place once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoexplore.charts import _labels
from eoexplore.charts.chart import Asked, CannotTell
from eoexplore.store import distances

ONE_DATE = "Of several dates of a place, the first in the order of names stands for it."


@dataclass(frozen=True)
class Grid:
    """Places of the selection and their classes."""

    x: npt.NDArray[np.int32]
    """Column in the tile's grid, shape (n,)."""
    y: npt.NDArray[np.int32]
    """Row, shape (n,)."""
    tile: npt.NDArray[np.int32]
    """Number of the tile, shape (n,)."""
    has: npt.NDArray[np.bool_]
    """Whether each class is there, shape (classes, n)."""
    order: npt.NDArray[np.intp]
    """Classes that some places have and others have not, the most frequent first."""


def grid_of(asked: Asked) -> Grid:
    """Return the places of the selection.

    Raises:
        CannotTell: there are less than two, or no class differs between them.
    """
    known = distances.places(asked.opened.samples)
    rows = np.flatnonzero(asked.part.mask & (known.of >= 0))
    place, first = np.unique(known.of[rows], return_index=True)
    if len(place) < 2:
        there = "no patch" if not len(place) else "patches of one place only"
        raise CannotTell(
            f"The selection has {there} with a location, so nothing can be said about neighbours. "
            "Choose a wider selection."
        )
    number, sets = _labels.label_sets(asked)
    has = np.ascontiguousarray(sets[number[rows[first]]].T)
    counts = has.sum(1)
    order = np.argsort(-counts, kind="stable")
    order = order[(counts[order] > 0) & (counts[order] < len(place))]
    if not len(order):
        raise CannotTell(
            "Every place of the selection has the same labels, so there is no pattern to measure. "
            "Choose a wider selection."
        )
    return Grid(known.x[place], known.y[place], known.tile[place], has, order)
