"""From UTM pixels to a Web Mercator tile.

Labels, and the question which patch lies where, use the exact inverse transform of each tile
pixel's centre (`locate`). Imagery is interpolated by GDAL's bilinear warp, which widens its
kernel where it shrinks, so that far views do not flicker. GDAL transforms three points of each
scan line exactly and the rest between them: 0.02 source pixels off at most at zoom 13.
"""

import functools
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from rasterio.crs import CRS
from rasterio.transform import Affine
from rasterio.warp import Resampling, reproject

from eoexplore.core import mercator, mgrs

_STEP = 16
"""Tile pixels between two exactly transformed points; see `Lattice`."""
Metres = npt.NDArray[np.float64]
Places = npt.NDArray[np.float32]
Rectangle = tuple[slice, slice]
WHOLE: Rectangle = (slice(None), slice(None))
F = TypeVar("F", np.float32, np.float64)


@dataclass(frozen=True)
class View:
    """The pixels of one tile, with some more around it if asked for."""

    z: int
    x: int
    y: int
    size: int = mercator.TILE
    """Side of the tile in pixels: 256, or 512 for screens of double density."""
    margin: int = 0
    """Pixels added on each side."""

    @property
    def side(self) -> int:
        """Side of the view in pixels."""
        return self.size + 2 * self.margin

    @property
    def pixel_m(self) -> float:
        """Side of a pixel in EPSG:3857 metres."""
        return 2 * mercator.HALF_WORLD / (1 << self.z) / self.size

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in EPSG:3857 metres."""
        west, south, east, north = mercator.tile_bounds(self.z, self.x, self.y)
        more = self.margin * self.pixel_m
        return west - more, south - more, east + more, north + more

    @property
    def transform(self) -> Affine:
        """Pixel (column, row) to EPSG:3857 metres."""
        west, _, _, north = self.bounds
        return Affine(self.pixel_m, 0, west, 0, -self.pixel_m, north)

    @property
    def ground_m(self) -> float:
        """Side of a pixel on the ground in metres, at the middle of the view."""
        _, south, _, north = self.bounds
        lat = mercator.to_degrees(0.0, (south + north) / 2)[1]
        return float(self.pixel_m * np.cos(np.radians(lat)))


@dataclass(frozen=True, eq=False)
class Lattice:
    """Where the pixel centres of a view lie in a UTM zone.

    Every 16th pixel is transformed exactly and the rest is interpolated between them. Over that
    distance the projections bend by less than 1 mm at zoom 13 and 1 m at zoom 8, where a pixel
    is 10 m and at least 160 m.
    """

    east: Metres
    """Eastings in metres of every 16th pixel, shape (n, n)."""
    north: Metres
    """Northings in metres of the same pixels."""
    side: int
    """Side of the view in pixels."""

    @property
    def metres(self) -> tuple[Metres, Metres]:
        """Easting and northing of every pixel, shape (side, side) each."""
        return _spread(self.east, self.side), _spread(self.north, self.side)

    def places(self, transform: Affine, at: Rectangle = WHOLE) -> tuple[Places, Places]:
        """Return in which column and row of a raster the pixels of a view lie.

        Args:
            transform: raster pixel (column, row) to UTM metres, north up.
            at: rows and columns of the view.

        Returns:
            Columns and rows with fractions, shape (row, column) each; 24 bits are a thousandth of
            a pixel for rasters of thousands.
        """
        a, _, left, _, e, top = transform[:6]
        columns = ((self.east - left) / a).astype(np.float32)
        rows = ((self.north - top) / e).astype(np.float32)
        return _spread(columns, self.side)[at], _spread(rows, self.side)[at]

    def box(self, at: Rectangle = WHOLE) -> tuple[float, float, float, float]:
        """Return west, south, east and north of the pixel centres in a part of the view."""
        return self._box if at == WHOLE else self._box_of(at)

    @functools.cached_property
    def _box(self) -> tuple[float, float, float, float]:
        return self._box_of(WHOLE)

    def _box_of(self, at: Rectangle) -> tuple[float, float, float, float]:
        # A projection bends no inner pixel past all of the outermost ones.
        down, right = (_weights(self.side)[part] for part in at)
        lines = ((down[[0, -1]], right), (down, right[[0, -1]]))
        east, north = (
            np.concatenate([(rows @ values @ columns.T).ravel() for rows, columns in lines])
            for values in (self.east, self.north)
        )
        return float(east.min()), float(north.min()), float(east.max()), float(north.max())


def _spread(values: npt.NDArray[F], side: int) -> npt.NDArray[F]:
    """Interpolate between the points of a lattice, first along its rows."""
    # In rows of memory; and no matrix product: its threads would wait for each other.
    return _along(np.ascontiguousarray(_along(values.T, side).T), side)


def _along(values: npt.NDArray[F], side: int) -> npt.NDArray[F]:
    share = np.arange(_STEP, dtype=values.dtype)[:, None] / values.dtype.type(_STEP)
    step = np.diff(values, axis=0)[:, None] * share
    step += values[:-1, None]
    return step.reshape(-1, values.shape[1])[:side]


@functools.lru_cache(maxsize=16)
def _weights(side: int) -> Metres:
    """Return how much of each lattice point is in each pixel of a line, shape (side, n)."""
    return _along(np.eye(-(-side // _STEP) + 1), side)


def locate(view: View, epsg: int) -> Lattice:
    """Return where the pixel centres of a view lie in a UTM zone.

    Args:
        view: the pixels asked for.
        epsg: code of the UTM zone.
    """
    west, _, _, north = view.bounds
    count = -(-view.side // _STEP) + 1
    at = (np.arange(count) * _STEP + 0.5) * view.pixel_m
    lon, lat = mercator.to_degrees(*np.meshgrid(west + at, north - at))
    return Lattice(*mgrs.to_utm(epsg).transform(lon, lat), view.side)


@dataclass(frozen=True)
class Target:
    """A rectangle of a view's pixels to warp to."""

    at: Rectangle
    """Rows and columns of the view."""
    transform: Affine
    """Pixel (column, row) of the rectangle to EPSG:3857 metres."""
    scale: tuple[float, float]
    """Target pixels per source pixel along columns and rows; below 1 the kernel widens."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.at
        return rows.stop - rows.start, columns.stop - columns.start


def target_of(
    view: View,
    at: Rectangle,
    lattice: Lattice,
    gsd_m: float,
) -> Target:
    """Return how to warp to a rectangle of a view.

    Args:
        view: the tile.
        at: rows and columns of it, as `rectangle` gives them.
        lattice: where its pixels lie.
        gsd_m: source pixel in metres.
    """
    a, _, left, _, e, top = view.transform[:6]
    moved = Affine(a, 0, left + a * at[1].start, 0, e, top + e * at[0].start)
    # From the box around the whole view, as GDAL does it for a source that covers the view.
    west, south, east, north = lattice.box()
    pixels = (view.side - 1) * gsd_m
    return Target(at, moved, (pixels / (east - west), pixels / (north - south)))


def rectangle(here: npt.NDArray[np.bool_]) -> Rectangle:
    """Return the smallest rectangle that holds all wanted pixels of a view, at least one."""
    rows, columns = np.flatnonzero(here.any(axis=1)), np.flatnonzero(here.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


@functools.lru_cache(maxsize=256)
def _crs(epsg: int) -> CRS:
    return CRS.from_epsg(epsg)


def bilinear(
    canvas: npt.NDArray[np.generic],
    transform: Affine,
    epsg: int,
    target: Target,
) -> npt.NDArray[np.generic]:
    """Warp an image in UTM to pixels of a view.

    Args:
        canvas: shape (band, row, column), reaching at least 2 pixels past the wanted ones; every
            value counts.
        transform: canvas pixel (column, row) to UTM metres.
        epsg: code of the UTM zone.
        target: the pixels asked for.

    Returns:
        Same bands and type, shape (band, row, column); 0 where the canvas ends.
    """
    result = np.zeros((len(canvas), *target.shape), canvas.dtype)
    reproject(
        canvas,
        result,
        src_transform=transform,
        src_crs=_crs(epsg),
        dst_transform=target.transform,
        dst_crs=_crs(3857),
        resampling=Resampling.bilinear,
        # Left alone, GDAL takes the ratio from the canvas it gets, and neighbouring tiles differ.
        XSCALE=target.scale[0],
        YSCALE=target.scale[1],
    )
    return result
