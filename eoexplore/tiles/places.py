"""Which patch lies on top at each pixel of a tile, or at one point.

Patches of one MGRS tile lie on a grid of 1200 m, so the question is a look-up: from a place to
the column and row of that grid, for each of the few MGRS tiles that reach the view. Where grids
of several tiles, dates or zones meet, the patch that is drawn last wins.
"""

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from rasterio.transform import Affine

from eoexplore.core import mercator, mgrs
from eoexplore.render.warp import Lattice, View, locate
from eoexplore.tiles.order import Order
from eoexplore.tiles.seen import Seen, Window

if TYPE_CHECKING:
    from eoexplore.store.samples import Samples

Ints = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.intp]
Metres = npt.NDArray[np.float64]
_RIM = 33
"""Places along an edge of an MGRS tile that are projected to find its box."""
_BEND_M = 20.0


@dataclass(frozen=True)
class Tops:
    """The topmost of some patches on every grid place."""

    grids: Ints
    """Place in the draw order, or -1 for none; shape (MGRS tile, grid row, grid column)."""
    used: npt.NDArray[np.bool_]
    """Whether an MGRS tile has any of the patches, shape (MGRS tile,)."""
    order: Order
    """The draw order."""

    @property
    def nbytes(self) -> int:
        """Bytes it takes, without the order, which is shared."""
        return self.grids.nbytes + self.used.nbytes

    def rows(self, places: Ints) -> Ints:
        """Return the rows of the sample table at places in the draw order, -1 for -1."""
        if not len(self.order.rows):
            return places
        return np.where(places >= 0, self.order.rows[places], np.int32(-1))


class Places:
    """The grids of one dataset."""

    def __init__(self, samples: "Samples") -> None:
        """Sort the patches of a sample table into the grids of their MGRS tiles.

        Samples without a place lie in no tile, which has the number -1, and are never shown.
        """
        self.tile, names = samples.tiles
        self._origins = [mgrs.tile_origin(name) for name in names]
        self._x, self._y, self._located = samples.x, samples.y, samples.located
        self._shape = (len(self._origins), _reach(self._y), _reach(self._x))
        self._drawn: weakref.WeakKeyDictionary[Order, Ints] = weakref.WeakKeyDictionary()
        self._boxes = _boxes(samples, self.tile, [epsg for epsg, _, _ in self._origins])

    def tops(self, mask: npt.NDArray[np.bool_], order: Order) -> Tops:
        """Return the topmost of the patches in a mask, shape (n,), on every place."""
        grids = np.full(self._shape, -1, np.int32)
        places = np.flatnonzero((mask & self._located)[order.rows])
        # Cells come in draw order, and of equal ones the last assignment stays.
        grids.ravel()[self._cells(order)[places]] = places
        return Tops(grids, np.any(grids >= 0, axis=(1, 2)), order)

    def _cells(self, order: Order) -> Ints:
        """Return the grid place of each patch in draw order, counted through all grids."""
        found = self._drawn.get(order)
        if found is None:
            _, height, width = self._shape
            cell = (self.tile.astype(np.int64) * height + self._y) * width + self._x
            found = self._drawn[order] = cell.astype(np.int32)[order.rows]
        return found

    def zone_of(self, tile: int) -> int:
        """Return the EPSG code of an MGRS tile, by its number."""
        return self._origins[tile][0]

    def near(self, tile: int, tops: Tops, east: Metres, north: Metres, more_m: float) -> Ints:
        """Return the topmost patches of one MGRS tile in the box around some places.

        Args:
            tile: number of the MGRS tile.
            tops: which patches are shown.
            east: eastings in metres, any shape.
            north: northings in metres, any shape.
            more_m: how much wider the box is on each side, in metres.

        Returns:
            Rows of the sample table.
        """
        _, left, top = self._origins[tile]
        columns = _range(east.min() - left - more_m, east.max() - left + more_m)
        lines = _range(top - north.max() - more_m, top - north.min() + more_m)
        found = tops.grids[tile][lines, columns]
        return tops.rows(found[found >= 0])

    def cells(
        self, tile: int, tops: Tops, east: Metres, north: Metres
    ) -> tuple[Ints, Numbers, Numbers]:
        """Return the topmost patches of one MGRS tile in a raster of its zone.

        Args:
            tile: number of the MGRS tile.
            tops: which patches are shown.
            east: easting of each column, ascending, shape (column,).
            north: northing of each row, descending, shape (row,).

        Returns:
            Rows of the sample table at the grid's places, -1 for none; and the place down of each
            row and the place to the right of each column.
        """
        _, left, top = self._origins[tile]
        down = ((top - north) // mgrs.PATCH_M).astype(np.intp)
        right = ((east - left) // mgrs.PATCH_M).astype(np.intp)
        lines, columns = (np.arange(part[0], part[-1] + 1) for part in (down, right))
        part = _part(tops.grids[tile], lines, columns)
        return tops.rows(part), down - down[0], right - right[0]

    def look(self, view: View, tops: Tops, more_m: float = 0) -> Seen:
        """Return which patch each pixel of a view shows.

        Args:
            view: the pixels asked for.
            tops: which patches are shown.
            more_m: how much further patches count as near, in metres on the ground.
        """
        located: dict[int, Lattice] = {}
        windows = []
        for tile in self._touching(view.bounds, tops):
            epsg = self._origins[tile][0]
            if epsg not in located:
                located[epsg] = locate(view, epsg)
            windows.append(self._window(tile, tops, located[epsg], more_m))
        return Seen(tops, windows, located)

    def _window(self, tile: int, tops: Tops, lattice: Lattice, more_m: float) -> Window:
        epsg, left, top = self._origins[tile]
        side = mgrs.PATCH_M
        west, south, east, north = lattice.box()
        # A centimetre more, so that rounding never leads past the end.
        more_m += 0.01
        lines = np.arange((top - north - more_m) // side, (top - south + more_m) // side + 1)
        columns = np.arange((west - left - more_m) // side, (east - left + more_m) // side + 1)
        # Half-open pixels: a patch owns its upper and left edge.
        corner = Affine(side, 0, left + side * columns[0], 0, -side, top - side * lines[0])
        return Window(epsg, corner, _part(tops.grids[tile], lines, columns))

    def row_at(self, lon: float, lat: float, tops: Tops) -> int | None:
        """Return the row of the topmost patch at a point, or none."""
        x, y = mercator.to_metres(lon, lat)
        best = np.int32(-1)
        for tile in self._touching((float(x), float(y), float(x), float(y)), tops):
            epsg, left, top = self._origins[tile]
            east, north = mgrs.to_utm(epsg).transform(lon, lat)
            found = self._at(tops.grids[tile], np.array([east - left]), np.array([top - north]))
            best = max(best, found[0])
        return None if best < 0 else int(tops.order.rows[best])

    def _touching(
        self, bounds: tuple[float, float, float, float], tops: Tops
    ) -> npt.NDArray[np.intp]:
        west, south, east, north = bounds
        boxes = self._boxes
        near = (boxes[:, 0] <= east) & (boxes[:, 2] >= west)
        near &= (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
        return np.flatnonzero(near & tops.used)

    def _at(
        self, grid: Ints, right: npt.NDArray[np.float64], down: npt.NDArray[np.float64]
    ) -> Ints:
        # Half-open pixels: a patch owns its upper and left edge.
        columns = np.floor(right * (1 / mgrs.PATCH_M)).astype(np.int32)
        rows = np.floor(down * (1 / mgrs.PATCH_M)).astype(np.int32)
        inside = (columns >= 0) & (columns < grid.shape[1]) & (rows >= 0) & (rows < grid.shape[0])
        found = grid[np.where(inside, rows, 0), np.where(inside, columns, 0)]
        return np.where(inside, found, np.int32(-1))


def _part(grid: Ints, lines: npt.NDArray[Any], columns: npt.NDArray[Any]) -> Ints:
    """Return the entries of a grid at consecutive lines and columns, -1 where it ends."""
    part = np.full((len(lines), len(columns)), -1, np.int32)
    first, start = int(lines[0]), int(columns[0])
    # An end below 0 would count from the end of the grid.
    last, end = max(first + len(lines), 0), max(start + len(columns), 0)
    inner = grid[max(first, 0) : last, max(start, 0) : end]
    down, right = max(-first, 0), max(-start, 0)
    if inner.size:
        part[down : down + inner.shape[0], right : right + inner.shape[1]] = inner
    return part


def _range(first_m: float, last_m: float) -> slice:
    """Return the grid places that a stretch of metres touches."""
    return slice(max(int(first_m // mgrs.PATCH_M), 0), max(int(last_m // mgrs.PATCH_M) + 1, 0))


def _reach(index: Ints) -> int:
    return int(index.max()) + 1 if len(index) else 1


def _boxes(samples: "Samples", tile: Ints, zones: list[int]) -> npt.NDArray[np.float64]:
    """Return a box around the patches of each MGRS tile: (west, south, east, north) in EPSG:3857.

    It is the box of the smallest rectangle of the tile's zone that holds them all: a few hundred
    places to project for each tile, not the corners of all patches.
    """
    least, most = np.iinfo(np.int32).max, np.iinfo(np.int32).min
    there = samples.placed
    tile, left, top = tile[there], samples.left[there], samples.top[there]
    rims = np.tile(np.array([least, least, most, most], np.int32), (len(zones), 1))
    np.minimum.at(rims[:, 0], tile, left)
    np.minimum.at(rims[:, 1], tile, top - mgrs.PATCH_M)
    np.maximum.at(rims[:, 2], tile, left + mgrs.PATCH_M)
    np.maximum.at(rims[:, 3], tile, top)
    boxes = np.tile([np.inf, np.inf, -np.inf, -np.inf], (len(zones), 1))
    for number in np.unique(tile).tolist():
        boxes[number] = _around(zones[number], rims[number].astype(float))
    return boxes


def _around(epsg: int, rim: npt.NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Return the box in EPSG:3857 metres of a rectangle of a UTM zone."""
    west, south, east, north = rim
    share = np.linspace(0.0, 1.0, _RIM)
    right, up = west + share * (east - west), south + share * (north - south)
    edges = [(right, south), (right, north), (west, up), (east, up)]
    rounds = np.concatenate([np.stack(np.broadcast_arrays(*edge)) for edge in edges], axis=1)
    x, y = mercator.to_metres(*mgrs.to_lonlat(epsg).transform(*rounds))
    # Between two of the places an edge bends by less than this.
    return x.min() - _BEND_M, y.min() - _BEND_M, x.max() + _BEND_M, y.max() + _BEND_M
