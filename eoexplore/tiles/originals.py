"""Tiles near enough that each is made from a few original files."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from rasterio.transform import Affine

from eoexplore.core import mgrs
from eoexplore.core.types import Layer
from eoexplore.render.styles import Style
from eoexplore.render.warp import View, rectangle
from eoexplore.tiles.mosaics import Canvas
from eoexplore.tiles.patches import BandFile, Content, PatchReader
from eoexplore.tiles.places import Ints
from eoexplore.tiles.scene import Scene, Shown
from eoexplore.tiles.source import Mask, Piece, Pixels, Source, nearest

READER = PatchReader()
_BORDER = 3
"""Canvas pixels around a view, so that interpolation has neighbours."""


class Originals(Source):
    """A tile from the files of the dataset."""

    def __init__(self, scene: Scene, shown: Shown, layer: Layer, style: Style, view: View) -> None:
        """Read every file that the view, or the interpolation at its edge, needs."""
        super().__init__(scene, shown, layer, style, view)
        # In draw order: where patches overlap, the later one stays, as on the rest of the map.
        self._content = self._read(self.rows if style.categorical else self.seen.near)
        self._bad = np.array([row not in self._content for row in self.rows.tolist()], bool)

    def margin_m(self, style: Style, view: View) -> float:
        """Return how far interpolation reaches."""
        return 0 if style.categorical else 2 * (style.gsd_m + view.ground_m)

    def _read(self, rows: Ints) -> dict[int, list[Pixels]]:
        # Only these rows: a column of all keys is large.
        keys = self.samples.frame[self.layer.key].array.take(rows)
        bands = self.style.bands
        files = [BandFile(str(key), self.layer.name, band) for key in keys for band in bands]
        contents = READER.fetch(self.scene.opened.dataset, files)
        found = {}
        for place, row in enumerate(rows.tolist()):
            part = contents[place * len(bands) : (place + 1) * len(bands)]
            arrays = enlarge(part, self.style.gsd_m)
            if arrays is not None:
                found[row] = arrays
        return found

    def unreadable(self) -> Mask | None:
        """Tell at which pixels lies a patch that cannot be read; none for nowhere."""
        return self.where(self._bad) if self._bad.any() else None

    def codes(self) -> npt.NDArray[np.uint16]:
        """Return the code of the one source pixel under each pixel's centre."""
        codes = np.zeros((self.view.side, self.view.side), np.uint16)
        for epsg, here, canvas in self._canvases():
            found = nearest(canvas.pixels[0], canvas.transform, self.seen.located[epsg])
            np.copyto(codes, found.astype(np.uint16, copy=False), where=here)
        return codes

    def pieces(self) -> Iterator[Piece]:
        """Yield one part for each UTM zone in the view."""
        for epsg, here, canvas in self._canvases():
            nodata = empty_value(self.layer, canvas.pixels.dtype)
            yield self.warp(canvas, epsg, nodata, here, rectangle(here))

    def _canvases(self) -> Iterator[tuple[int, Mask, Canvas]]:
        """Yield for each zone that is seen its code, at which pixels it is, and its raster."""
        zones = self.samples.epsg[self.rows]
        for epsg in np.unique(zones[~self._bad]).tolist():
            here = self.where(~self._bad & (zones == epsg))
            yield epsg, here, self._canvas(epsg)

    def _canvas(self, epsg: int) -> Canvas:
        rows = [row for row in self._content if self.samples.epsg[row] == epsg]
        gsd, dtype = self.style.gsd_m, self._content[rows[0]][0].dtype
        west, south, east, north = self.seen.located[epsg].box()
        left = (np.floor(west / gsd) - _BORDER) * gsd
        top = (np.floor(north / gsd) + 1 + _BORDER) * gsd
        width = int((east - left) / gsd) + 1 + _BORDER
        height = int((top - south) / gsd) + 1 + _BORDER
        shape = (len(self.style.bands), height, width)
        pixels = np.full(shape, empty_value(self.layer, dtype), dtype)
        for row in rows:
            down = round((top - self.samples.top[row]) / gsd)
            right = round((self.samples.left[row] - left) / gsd)
            _paste(pixels, self._content[row], down, right)
        return Canvas(pixels, Affine(gsd, 0, left, 0, -gsd, top))


def empty_value(layer: Layer, dtype: np.dtype[np.generic]) -> float:
    """Return what marks canvas pixels without data."""
    if layer.nodata is not None:
        return layer.nodata
    return float("nan") if np.issubdtype(dtype, np.floating) else 0.0


def is_empty(layer: Layer, pixels: Pixels) -> Mask:
    """Tell which stored pixels have no data; of a picture without such a value, none."""
    if layer.nodata is not None:
        return np.asarray(pixels == layer.nodata, bool)
    floating = np.issubdtype(pixels.dtype, np.floating)
    return np.isnan(pixels) if floating else np.zeros(pixels.shape, bool)


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


def _paste(canvas: Pixels, bands: Sequence[Pixels], down: int, right: int) -> None:
    """Put the bands of a patch on a canvas, cut to what fits."""
    _, height, width = canvas.shape
    side = len(bands[0])
    rows = slice(max(down, 0), min(down + side, height))
    columns = slice(max(right, 0), min(right + side, width))
    if rows.start < rows.stop and columns.start < columns.stop:
        inner = (
            slice(rows.start - down, rows.stop - down),
            slice(columns.start - right, columns.stop - right),
        )
        for plane, band in zip(canvas, bands, strict=True):
            plane[rows, columns] = band[inner]
