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
from eoexplore.render.warp import WHOLE, Lattice, Rectangle, View, bilinear, target_of
from eoexplore.tiles.mosaics import Canvas
from eoexplore.tiles.scene import Scene, Shown

Pixels = npt.NDArray[np.generic]
Mask = npt.NDArray[np.bool_]
T = TypeVar("T", bound=np.generic)
_KERNEL = 2
"""Pixels on each side that take part in an interpolation that shrinks to half."""


@dataclass(frozen=True)
class Piece:
    """A part of a tile that comes from one raster."""

    at: Rectangle
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
        self.seen = scene.places.look(view, self.tops, self.margin_m(style, view))
        self.rows = self.seen.patches

    def margin_m(self, style: Style, view: View) -> float:  # noqa: ARG002
        """Return how far around a view patches matter, in metres on the ground."""
        return 0

    @abstractmethod
    def pieces(self) -> Iterator[Piece]:
        """Yield the parts of a picture; no two are drawn at the same pixel."""

    @abstractmethod
    def codes(self) -> npt.NDArray[np.uint16]:
        """Return the label code of each pixel, 0 where there is none, shape (side, side)."""

    @abstractmethod
    def unreadable(self) -> Mask | None:
        """Tell at which pixels lies a patch that cannot be read, shape (side, side).

        None where there is none in the whole view.
        """

    def where(self, patches: Mask) -> Mask:
        """Tell at which pixels some of the seen patches lie; arguments as for `Seen.spread`."""
        if self.seen.covered and patches.all():
            return np.ones((self.view.side, self.view.side), bool)
        return self.seen.spread(patches, False)

    def warp(self, canvas: Canvas, epsg: int, nodata: float, here: Mask, at: Rectangle) -> Piece:
        """Interpolate a canvas at pixels of the view.

        Args:
            canvas: pixels in the UTM zone, reaching past the view where there are any.
            epsg: code of the zone.
            nodata: value of empty canvas pixels; they take no part in the interpolation.
            here: where the result is wanted, at least at one pixel; shape (side, side).
            at: the rectangle that holds those pixels.
        """
        lattice, drawn = self.seen.located[epsg], here[at]
        target = target_of(self.view, at, lattice, canvas.transform.a)
        pixels, known = canvas.pixels, known_pixels(canvas.pixels, nodata)
        if not known.all():
            # Interpolation reaches past the data: its edge is where the pixels end.
            drawn = drawn & nearest(known, canvas.transform, lattice, at)
            pixels = _extended(pixels, known)
        return Piece(at, drawn, bilinear(pixels, canvas.transform, epsg, target))


def known_pixels(pixels: Pixels, nodata: float) -> Mask:
    """Tell which pixels have a value in all bands, shape (row, column)."""
    empty = np.isnan(pixels) if np.isnan(nodata) else pixels == pixels.dtype.type(nodata)
    found: Mask = empty[0]
    for band in empty[1:]:
        found |= band
    return ~found


def _extended(pixels: Pixels, known: Mask) -> Pixels:
    """Let the data reach a kernel's width past its edge, so that no empty pixel is mixed in.

    The pixel at the edge is repeated, which gives what leaving the empty ones out would give, at
    half the time that GDAL takes to look at each pixel's validity.
    """
    result, filled = pixels.copy(), known.copy()
    flat, width = result.reshape(len(result), -1), known.shape[1]
    for down, right in ((0, 1), (0, -1), (1, 0), (-1, 0)) * _KERNEL:
        here, beside = _overlap(down, right), _overlap(-down, -right)
        new = np.zeros(known.shape, bool)
        np.greater(filled[beside], filled[here], out=new[here])
        places = np.flatnonzero(new)
        flat[:, places] = flat[:, places - down * width - right]
        filled |= new
    flat[:, ~filled.ravel()] = 0
    return result


def _overlap(down: int, right: int) -> Rectangle:
    """Return the part of an image that is still inside it when moved back by a pixel."""
    rows, columns = (slice(max(step, 0), min(step, 0) or None) for step in (down, right))
    return rows, columns


def nearest(
    plane: npt.NDArray[T], transform: Affine, lattice: Lattice, at: Rectangle = WHOLE
) -> npt.NDArray[T]:
    """Return the pixel of a plane under each pixel of a view; one at its edge outside of it.

    Args:
        plane: shape (row, column), north up.
        transform: plane pixel (column, row) to UTM metres.
        lattice: where the pixels of the view lie.
        at: rows and columns of the view.
    """
    height, width = plane.shape
    columns, place = lattice.places(transform, at)
    # As numbers of 32 bits with fractions until the end: rasters have far fewer than 2^24 pixels.
    np.clip(np.floor(place, out=place), 0, height - 1, out=place)
    place *= width
    place += np.clip(np.floor(columns, out=columns), 0, width - 1, out=columns)
    return plane.ravel().take(place.astype(np.intp), mode="clip")
