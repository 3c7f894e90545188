"""What both sources of imagery, original files and packed mosaics, have in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from rasterio.transform import Affine

from eoexplore.core.types import Layer
from eoexplore.render.styles import Style
from eoexplore.render.warp import View, bilinear, target_of
from eoexplore.tiles.mosaics import Canvas
from eoexplore.tiles.scene import Scene, Shown

Pixels = npt.NDArray[np.generic]
Mask = npt.NDArray[np.bool_]
Metres = npt.NDArray[np.float64]
T = TypeVar("T", bound=np.generic)
_KERNEL = 2
"""Pixels on each side that take part in an interpolation that shrinks to half."""


@dataclass(frozen=True)
class Piece:
    """A part of a tile that comes from one raster."""

    at: tuple[slice, slice]
    """Rows and columns of the view."""
    drawn: Mask
    """Where in them the part lies and has data, shape (row, column)."""
    bands: Pixels
    """Bands in the order of the style, shape (band, row, column)."""


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
        """Interpolate a canvas at pixels of the view.

        Args:
            canvas: pixels in the UTM zone, reaching past the view where there are any.
            epsg: code of the zone.
            nodata: value of empty canvas pixels; they take no part in the interpolation.
            here: where the result is wanted, at least at one pixel; shape (side, side).
            located: easting and northing of every pixel.
        """
        target = target_of(self.view, here, located, canvas.transform.a)
        at, drawn = target.at, here[target.at]
        if np.isnan(nodata):
            known = ~np.isnan(canvas.pixels).any(axis=0)
        else:
            known = (canvas.pixels != nodata).all(axis=0)
        pixels = canvas.pixels
        if not known.all():
            # Interpolation reaches past the data: its edge is where the pixels end.
            drawn = drawn & nearest(known, canvas.transform, located[0][at], located[1][at])
            pixels = _extended(pixels, known)
        return Piece(at, drawn, bilinear(pixels, canvas.transform, epsg, target))


def _extended(pixels: Pixels, known: Mask) -> Pixels:
    """Let the data reach a kernel's width past its edge, so that no empty pixel is mixed in.

    The pixel at the edge is repeated, which gives what leaving the empty ones out would give, at
    half the time that GDAL takes to look at each pixel's validity.
    """
    result, filled = np.where(known, pixels, pixels.dtype.type(0)), known.copy()
    for down, right in ((0, 1), (0, -1), (1, 0), (-1, 0)) * _KERNEL:
        here, beside = _overlap(down, right), _overlap(-down, -right)
        new = filled[beside] & ~filled[here]
        result[:, *here][:, new] = result[:, *beside][:, new]
        filled[here] |= new
    return result


def _overlap(down: int, right: int) -> tuple[slice, slice]:
    """Return the part of an image that is still inside it when moved back by a pixel."""
    rows, columns = (slice(max(step, 0), min(step, 0) or None) for step in (down, right))
    return rows, columns


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
