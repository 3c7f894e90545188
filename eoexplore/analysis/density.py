"""How many patches lie in each cell of a Web Mercator tile."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoexplore.core import mercator

CELLS = 32
"""Cells along the side of a tile: 8 pixels each."""


@dataclass(frozen=True)
class Points:
    """Patch centres as shares of the projected world."""

    x: npt.NDArray[np.float64]
    """0 at 180° W, 1 at 180° E; shape (n,)."""
    y: npt.NDArray[np.float64]
    """0 at the northern edge, 1 at the southern; shape (n,)."""

    @classmethod
    def of(cls, lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]) -> "Points":
        """Project longitudes and latitudes in degrees."""
        x, y = mercator.to_metres(lon, lat)
        world = 2 * mercator.HALF_WORLD
        return cls(0.5 + x / world, 0.5 - y / world)


def peak(points: Points, z: int) -> int:
    """Return the most points that any cell of a zoom holds, at least 1."""
    side = CELLS * 2**z
    cells = np.floor(points.x * side) * side + np.floor(points.y * side)
    return int(np.unique(cells, return_counts=True)[1].max(initial=1))


def cells(
    points: Points, mask: npt.NDArray[np.bool_], z: int, x: int, y: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int64]]:
    """Find the points of a tile and the cell of each.

    Args:
        points: patch centres.
        mask: which of them count, shape (n,).
        z: zoom.
        x: tile column.
        y: tile row.

    Returns:
        Rows of the points, and their cells: CELLS times the row from the north, plus the column.
    """
    side = 1 / 2**z
    inside = mask & (points.x >= x * side) & (points.x < (x + 1) * side)
    inside &= (points.y >= y * side) & (points.y < (y + 1) * side)
    rows = np.flatnonzero(inside)
    scale = CELLS * 2**z
    column = np.minimum((points.x[rows] * scale).astype(np.int64) - x * CELLS, CELLS - 1)
    row = np.minimum((points.y[rows] * scale).astype(np.int64) - y * CELLS, CELLS - 1)
    return rows, row * CELLS + column


def counts(
    points: Points, mask: npt.NDArray[np.bool_], z: int, x: int, y: int
) -> npt.NDArray[np.int64]:
    """Count the points in each cell of a tile; arguments as in `cells`.

    Returns:
        Counts, shape (CELLS, CELLS), northern row first.
    """
    cell = cells(points, mask, z, x, y)[1]
    return np.bincount(cell, minlength=CELLS**2).reshape(CELLS, CELLS)


def dominant(
    cell: npt.NDArray[np.int64], weights: Iterable[npt.NDArray[np.generic]]
) -> npt.NDArray[np.intp]:
    """Return which of some classes weighs most in each cell of a tile.

    Args:
        cell: cell of each point, as `cells` returns it.
        weights: how much each point has of each class, one array per class.

    Returns:
        Number of the class, the first of equal ones, or -1 where no class weighs anything; shape
        (CELLS, CELLS), northern row first.
    """
    best = np.zeros(CELLS**2)
    found = np.full(CELLS**2, -1, np.intp)
    for number, weight in enumerate(weights):
        total = np.bincount(cell, weight.astype(float), CELLS**2)
        found[total > best] = number
        np.maximum(best, total, out=best)
    return found.reshape(CELLS, CELLS)


def levels(number: npt.NDArray[np.integer], most: int) -> npt.NDArray[np.uint8]:
    """Return the place on a ramp: 0 for no point, 1 for one, 255 for the most, logarithmic."""
    share = np.log(np.maximum(number, 1)) / max(np.log(most), 1e-9)
    ramp = 1 + np.rint(254 * np.clip(share, 0, 1))
    return np.where(number > 0, ramp, 0).astype(np.uint8)


def number_at(level: int, most: int) -> int:
    """Return the number of points that a place (1..255) on the ramp stands for."""
    return round(float(most ** ((level - 1) / 254)))
