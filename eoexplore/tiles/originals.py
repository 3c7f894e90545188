"""Tiles near enough that each is made from a few original files."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from rasterio.transform import Affine

from eoexplore.core import mgrs
from eoexplore.core.types import Layer
from eoexplore.render.styles import Style
from eoexplore.render.warp import View
from eoexplore.tiles.mosaics import Canvas
from eoexplore.tiles.patches import BandFile, Content, PatchReader
from eoexplore.tiles.scene import Scene, Shown
from eoexplore.tiles.source import Mask, Metres, Piece, Pixels, Source, patches_in

READER = PatchReader()
_BORDER = 3
"""Canvas pixels around a view, so that interpolation has neighbours."""


class Originals(Source):
    """A tile from the files of the dataset."""

    def __init__(self, scene: Scene, shown: Shown, layer: Layer, style: Style, view: View) -> None:
        """Read every file that the view, or the interpolation at its edge, needs."""
        super().__init__(scene, shown, layer, style, view)
        rows = self.rows if style.categorical else self._with_neighbours()
        self._content = self._read(rows)
        self._bad = np.zeros(len(self.samples.frame), bool)
        self._bad[[row for row in rows if row not in self._content]] = True

    def _with_neighbours(self) -> npt.NDArray[np.int32]:
        margin = int(np.ceil(2 * self.style.gsd_m / self.view.ground_m)) + 2
        wide = replace(self.view, margin=margin)
        return patches_in(self.scene.places.look(wide, self.tops).rows)

    def _read(self, rows: npt.NDArray[np.int32]) -> dict[int, list[Pixels]]:
        # Only these rows: a column of all keys is large.
        keys = self.samples.frame[self.layer.key].iloc[rows]
        bands = self.style.bands
        files = [BandFile(str(key), self.layer.name, band) for key in keys for band in bands]
        contents = READER.fetch(self.scene.opened.dataset, files)
        found = {}
        for place, row in enumerate(rows):
            part = contents[place * len(bands) : (place + 1) * len(bands)]
            arrays = enlarge(part, self.style.gsd_m)
            if arrays is not None:
                found[int(row)] = arrays
        return found

    def unreadable(self) -> Mask:
        """Tell at which pixels lies a patch that cannot be read."""
        return self.spread(self._bad)

    def codes(self) -> npt.NDArray[np.uint16]:
        """Return the code of the one source pixel under each pixel's centre."""
        codes = np.zeros(self.seen.rows.shape, np.uint16)
        place = np.full(len(self.samples.frame) + 1, -1, np.int32)
        for epsg, (east, north) in self.seen.located.items():
            rows = self._rows_in_zone(epsg)
            if not rows:
                continue
            place[:] = -1
            place[rows] = np.arange(len(rows))
            which = place[self.seen.rows]
            at = np.nonzero(which >= 0)
            patch = self.seen.rows[at]
            stack = np.stack([self._content[row][0] for row in rows])
            pixel_m = mgrs.PATCH_M / stack.shape[1]
            row = _pixel(self.samples.top[patch] - north[at], pixel_m, stack.shape[1])
            column = _pixel(east[at] - self.samples.left[patch], pixel_m, stack.shape[1])
            codes[at] = stack[which[at], row, column]
        return codes

    def pieces(self) -> Iterator[Piece]:
        """Yield one part for each UTM zone in the view."""
        good = ~self.unreadable()
        for epsg, located in self.seen.located.items():
            here = good & self.spread(self.samples.epsg == epsg)
            rows = self._rows_in_zone(epsg)
            if rows and here.any():
                nodata = empty_value(self.layer, self._content[rows[0]][0].dtype)
                canvas = self._canvas(rows, nodata, *located)
                yield self.warp(canvas, epsg, nodata, here, located)

    def _rows_in_zone(self, epsg: int) -> list[int]:
        rows = [row for row in self._content if self.samples.epsg[row] == epsg]
        return sorted(rows, key=lambda row: int(self.tops.order.rank[row]))

    def _canvas(self, rows: list[int], nodata: float, east: Metres, north: Metres) -> Canvas:
        gsd = self.style.gsd_m
        left = (np.floor(east.min() / gsd) - _BORDER) * gsd
        top = (np.floor(north.max() / gsd) + 1 + _BORDER) * gsd
        width = int((east.max() - left) / gsd) + 1 + _BORDER
        height = int((top - north.min()) / gsd) + 1 + _BORDER
        shape = (len(self.style.bands), height, width)
        pixels = np.full(shape, nodata, self._content[rows[0]][0].dtype)
        # In draw order: where patches overlap, the later one stays, as on the rest of the map.
        for row in rows:
            down = round((top - self.samples.top[row]) / gsd)
            right = round((self.samples.left[row] - left) / gsd)
            for plane, array in zip(pixels, self._content[row], strict=True):
                _paste(plane, array, down, right)
        return Canvas(pixels, Affine(gsd, 0, left, 0, -gsd, top))


def empty_value(layer: Layer, dtype: np.dtype[np.generic]) -> float:
    """Return what marks canvas pixels without data."""
    if layer.nodata is not None:
        return layer.nodata
    return float("nan") if np.issubdtype(dtype, np.floating) else 0.0


def enlarge(contents: Sequence[Content], gsd_m: float) -> list[Pixels] | None:
    """Repeat the pixels of coarser bands; none if a band is no square of that size or missing.

    Args:
        contents: bands of one patch, or the errors met while reading them.
        gsd_m: pixel to enlarge to, in metres.
    """
    side = round(mgrs.PATCH_M / gsd_m)
    arrays = []
    for content in contents:
        if isinstance(content, Exception):
            return None
        height, width = content.shape
        if height != width or side % height:
            return None
        times = side // height
        arrays.append(content.repeat(times, axis=0).repeat(times, axis=1) if times > 1 else content)
    return arrays


def _pixel(metres: Metres, pixel_m: float, side: int) -> npt.NDArray[np.int32]:
    # Rounding may put a place on the far edge of the patch that it was found in.
    return np.clip(np.floor(metres / pixel_m), 0, side - 1).astype(np.int32)


def _paste(plane: Pixels, patch: Pixels, down: int, right: int) -> None:
    """Put a patch on a plane, cut to what fits."""
    first, skip = max(down, 0), max(-down, 0)
    start, jump = max(right, 0), max(-right, 0)
    piece = patch[skip : skip + plane.shape[0] - first, jump : jump + plane.shape[1] - start]
    if piece.size and first < plane.shape[0] and start < plane.shape[1]:
        plane[first : first + piece.shape[0], start : start + piece.shape[1]] = piece
