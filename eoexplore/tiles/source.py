"""What both sources of imagery, original files and packed mosaics, have in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from rasterio.transform import Affine

from eoexplore.core.types import Layer
from eoexplore.render.composites import Style
from eoexplore.render.warp import View, bilinear
from eoexplore.tiles.mosaics import Canvas
from eoexplore.tiles.scene import Scene, Shown

Pixels = npt.NDArray[np.generic]
Mask = npt.NDArray[np.bool_]
Metres = npt.NDArray[np.float64]
T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True)
class Piece:
    """A part of a tile that comes from one raster."""

    drawn: Mask
    """Where the part lies and has data, shape (side, side)."""
    bands: Pixels
    """Bands in the order of the style, shape (band, side, side)."""


class Source(ABC):
    """One tile of one layer: which patches it shows, and their pixels."""

    def __init__(self, scene: Scene, shown: Shown, layer: Layer, style: Style, view: View) -> None:
        """Find the topmost patches of a view."""
        self.scene, self.layer, self.style, self.view = scene, layer, style, view
        self.samples = scene.samples
        self.tops = shown.tops(layer.name)
        self.seen = scene.places.look(view, self.tops)
        self.rows = patches_in(self.seen.rows)

    @abstractmethod
    def pieces(self) -> Iterator[Piece]:
        """Yield the parts of a picture; no two are drawn at the same pixel."""

    @abstractmethod
    def codes(self) -> npt.NDArray[np.uint16]:
        """Return the label code of each pixel, 0 where there is none, shape (side, side)."""

    @abstractmethod
    def unreadable(self) -> Mask:
        """Tell at which pixels lies a patch that cannot be read, shape (side, side)."""

    def spread(self, values: Mask) -> Mask:
        """Spread a yes or no per patch, shape (n,), over the pixels; no where there is none."""
        return (self.seen.rows >= 0) & values[self.seen.rows]

    def warp(
        self, canvas: Canvas, epsg: int, nodata: float, here: Mask, located: tuple[Metres, Metres]
    ) -> Piece:
        """Interpolate a canvas at the pixels of the view.

        Args:
            canvas: pixels in the UTM zone, reaching past the view.
            epsg: code of the zone.
            nodata: value of empty canvas pixels; it takes no part in the interpolation.
            here: where the result is wanted.
            located: easting and northing of every pixel.
        """
        empty = (
            np.isnan(canvas.pixels).any(axis=0)
            if np.isnan(nodata)
            else (canvas.pixels == nodata).any(axis=0)
        )
        if not empty.any():
            return Piece(here, bilinear(canvas.pixels, canvas.transform, epsg, self.view, None))
        # Interpolation reaches half a pixel past the data: its edge is where the pixels end.
        drawn = here & nearest(~empty, canvas.transform, *located)
        bands = bilinear(canvas.pixels, canvas.transform, epsg, self.view, nodata)
        _fill(bands, drawn, canvas, nodata, located)
        return Piece(drawn, bands)


def _fill(
    bands: Pixels, drawn: Mask, canvas: Canvas, nodata: float, located: tuple[Metres, Metres]
) -> None:
    """Give pixels on the edge of the data that GDAL left empty the source pixel they lie in.

    GDAL skips a pixel whose centre it finds, by a rounding or its approximation, past the edge.
    """
    left = np.isnan(bands[0]) if np.isnan(nodata) else bands[0] == nodata
    at = np.nonzero(drawn & left)
    if len(at[0]):
        east, north = (metres[at] for metres in located)
        for band, plane in zip(bands, canvas.pixels, strict=True):
            band[at] = nearest(plane, canvas.transform, east, north)


def patches_in(rows: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Return the different patches of a view."""
    found = np.unique(rows)
    return found[found >= 0]


def nearest(
    plane: npt.NDArray[T], transform: Affine, east: Metres, north: Metres
) -> npt.NDArray[T]:
    """Return the pixel of a plane under each place; zero (or no) outside of it.

    Args:
        plane: shape (row, column), north up.
        transform: plane pixel (column, row) to UTM metres.
        east: eastings in metres, any shape.
        north: northings in metres, of the same shape.
    """
    column = np.floor((east - transform.c) / transform.a).astype(np.int32)
    row = np.floor((north - transform.f) / transform.e).astype(np.int32)
    inside = (column >= 0) & (column < plane.shape[1]) & (row >= 0) & (row < plane.shape[0])
    found = plane[np.where(inside, row, 0), np.where(inside, column, 0)]
    return np.where(inside, found, plane.dtype.type(0))
