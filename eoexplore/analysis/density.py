"""How many patches lie in each cell of a Web Mercator tile.

Points are kept in the order of a curve that runs through one tile after the other at every zoom
(Z-order, Morton 1966): those of a tile, and of a cell of it, lie side by side.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from eoexplore.core import mercator

CELLS = 32
"""Cells along the side of a tile: 8 pixels each."""
_DEEPEST = 16
"""Zoom whose tiles the curve runs through."""
_CELL_ZOOMS = 5
"""A cell is a tile so many zooms further in."""

Mask = npt.NDArray[np.bool_]
Keys = npt.NDArray[np.uint32]
Rows = npt.NDArray[np.int32]
Places = slice | npt.NDArray[np.intp]
"""Places on the curve, ascending."""


@dataclass(frozen=True)
class Points:
    """Patch centres as shares of the projected world; NaN for samples without a place."""

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

    @cached_property
    def curve(self) -> tuple[Keys, Rows]:
        """Places on the curve, ascending, and the number of the point at each."""
        side = 1 << _DEEPEST
        there = np.flatnonzero(~np.isnan(self.x)).astype(np.int32)
        all_there = len(there) == len(self.x)
        column, row = (
            np.clip(values * side, 0, side - 1).astype(np.uint32)
            for values in ((self.x, self.y) if all_there else (self.x[there], self.y[there]))
        )
        keys = _place(column, row)
        rows = np.argsort(keys).astype(np.int32)
        return keys[rows], rows if all_there else there[rows]

    def within(self, z: int, x: int, y: int) -> slice:
        """Return which part of the curve has the points of a tile, and of no other down to 16."""
        deeper = max(z - _DEEPEST, 0)
        column, row = (np.array([place >> deeper], np.uint32) for place in (x, y))
        first = int(_place(column, row)[0])
        shift = 2 * (_DEEPEST - min(z, _DEEPEST))
        ends = np.array([first << shift, (first + 1 << shift) - 1], np.uint32)
        keys = self.curve[0]
        return slice(
            int(np.searchsorted(keys, ends[0])), int(np.searchsorted(keys, ends[1], side="right"))
        )


def _place(column: Keys, row: Keys) -> Keys:
    """Return the places on the curve of cells below 2^16: their bits, taken in turn."""
    return _apart(column) | _apart(row) << np.uint32(1)


def _apart(values: Keys) -> Keys:
    """Put a zero before each of the lower 16 bits."""
    found = values
    for shift, bits in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        found = (found | found << np.uint32(shift)) & np.uint32(bits)
    return found


def _cells_on_curve() -> npt.NDArray[np.int64]:
    """Return the cells of a tile, counted row by row, in the order of the curve."""
    row, column = np.divmod(np.arange(CELLS**2, dtype=np.uint32), np.uint32(CELLS))
    return np.argsort(_place(column, row))


_ON_CURVE = _cells_on_curve()


def peak(points: Points, z: int) -> int:
    """Return the most points that any cell of a zoom holds, at least 1."""
    if z + _CELL_ZOOMS <= _DEEPEST:
        cells = points.curve[0] >> np.uint32(2 * (_DEEPEST - _CELL_ZOOMS - z))
        ends = np.flatnonzero(cells[1:] != cells[:-1]) + 1
        return int(np.diff(ends, prepend=0, append=len(cells)).max(initial=1))
    side = CELLS * 2**z
    cells_of_all = np.floor(points.x * side) * side + np.floor(points.y * side)
    cells_of_all = cells_of_all[~np.isnan(cells_of_all)]
    return int(np.unique(cells_of_all, return_counts=True)[1].max(initial=1))


def cells(points: Points, mask: Mask, z: int, x: int, y: int) -> tuple[Rows, npt.NDArray[np.int64]]:
    """Find the points of a tile and the cell of each.

    Args:
        points: patch centres.
        mask: which of them count, shape (n,).
        z: zoom.
        x: tile column.
        y: tile row.

    Returns:
        Rows of the points, and their cells: CELLS times the row from the north, plus the column.
        Points of a cell follow each other.
    """
    places, cell = on_curve(points, mask, z, x, y)
    return points.curve[1][places], cell


def on_curve(
    points: Points, mask: Mask, z: int, x: int, y: int
) -> tuple[Places, npt.NDArray[np.int64]]:
    """Find the points of a tile; as `cells`, with their places on the curve instead of rows."""
    part = points.within(z, x, y)
    keys, rows = points.curve[0][part], points.curve[1][part]
    chosen = mask[rows]
    places: Places = part
    if not chosen.all():
        places = np.flatnonzero(chosen)
        keys, places = keys[places], places + part.start
    if z + _CELL_ZOOMS <= _DEEPEST:
        shift = np.uint32(2 * (_DEEPEST - _CELL_ZOOMS - z))
        return places, _ON_CURVE[keys >> shift & np.uint32(CELLS**2 - 1)]
    rows, scale = points.curve[1][places], CELLS * 2**z
    column = np.floor(points.x[rows] * scale).astype(np.int64) - x * CELLS
    row = np.floor(points.y[rows] * scale).astype(np.int64) - y * CELLS
    inside = np.flatnonzero((column >= 0) & (column < CELLS) & (row >= 0) & (row < CELLS))
    cell = row[inside] * CELLS + column[inside]
    order = np.argsort(cell, kind="stable")
    found = np.arange(part.start, part.stop) if isinstance(places, slice) else places
    return found[inside[order]], cell[order]


def counts(points: Points, mask: Mask, z: int, x: int, y: int) -> npt.NDArray[np.int64]:
    """Count the points in each cell of a tile; arguments as in `cells`.

    Returns:
        Counts, shape (CELLS, CELLS), northern row first.
    """
    if z + _CELL_ZOOMS > _DEEPEST:
        cell = cells(points, mask, z, x, y)[1]
        return np.bincount(cell, minlength=CELLS**2).reshape(CELLS, CELLS)
    part = points.within(z, x, y)
    keys, rows = points.curve[0][part], points.curve[1][part]
    shift = np.uint32(2 * (_DEEPEST - _CELL_ZOOMS - z))
    # The cells of a tile are consecutive on the curve: what counts is where each ends.
    number = keys >> shift & np.uint32(CELLS**2 - 1)
    ends = np.searchsorted(number, np.arange(CELLS**2, dtype=np.uint32), side="right")
    chosen = np.append(0, np.cumsum(mask[rows], dtype=np.int32))
    found = np.empty(CELLS**2, np.int64)
    found[_ON_CURVE] = np.diff(chosen[ends], prepend=0)
    return found.reshape(CELLS, CELLS)


def dominant(
    cell: npt.NDArray[np.int64], weights: Iterable[npt.NDArray[np.generic]]
) -> npt.NDArray[np.intp]:
    """Return which of some classes weighs most in each cell of a tile.

    Args:
        cell: cell of each point, as `cells` returns it: equal ones follow each other.
        weights: how much each point has of each class, one array per class.

    Returns:
        Number of the class, the first of equal ones, or -1 where no class weighs anything; shape
        (CELLS, CELLS), northern row first.
    """
    found = np.full(CELLS**2, -1, np.intp)
    if len(cell):
        starts = np.append(0, np.flatnonzero(cell[1:] != cell[:-1]) + 1)
        best, of = np.zeros(len(starts), np.int64), np.full(len(starts), -1, np.intp)
        for number, weight in enumerate(weights):
            total = np.add.reduceat(weight, starts, dtype=np.int64)
            of[total > best] = number
            np.maximum(best, total, out=best)
        found[cell[starts]] = of
    return found.reshape(CELLS, CELLS)


def levels(number: npt.NDArray[np.integer], most: int) -> npt.NDArray[np.uint8]:
    """Return the place on a ramp: 0 for no point, 1 for one, 255 for the most, logarithmic."""
    share = np.log(np.maximum(number, 1)) / max(np.log(most), 1e-9)
    ramp = 1 + np.rint(254 * np.clip(share, 0, 1))
    return np.where(number > 0, ramp, 0).astype(np.uint8)


def number_at(level: int, most: int) -> int:
    """Return the number of points that a place (1..255) on the ramp stands for."""
    return round(float(most ** ((level - 1) / 254)))
