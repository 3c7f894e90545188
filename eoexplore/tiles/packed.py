"""Tiles further out, from the packed mosaics of the index."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from eoexplore.core.errors import DataMissing
from eoexplore.core.types import Layer
from eoexplore.render.styles import Style
from eoexplore.render.warp import View
from eoexplore.store import mosaic
from eoexplore.tiles import mosaics
from eoexplore.tiles.mosaics import Canvas
from eoexplore.tiles.places import Ints
from eoexplore.tiles.scene import Scene, Shown
from eoexplore.tiles.source import Mask, Metres, Piece, Pixels, Source, nearest


class Packed(Source):
    """A tile from one mosaic per product; a product that is not packed yet is left out.

    Products of one MGRS tile share one grid, so their patches are put together there, by the
    topmost patch of each place, and interpolated once.
    """

    def __init__(self, scene: Scene, shown: Shown, layer: Layer, style: Style, view: View) -> None:
        """Find the topmost patches of a view, and the mosaics that hold the style's bands."""
        super().__init__(scene, shown, layer, style, view)
        self._groups = _groups_of(style)
        product = self.samples.frame["product"].cat
        self._products = product.categories
        self._codes: Ints = product.codes.to_numpy().astype(np.int32)

    def unreadable(self) -> Mask:
        """Tell at which pixels lies a patch that the index could not read."""
        return self.spread(self.samples.unreadable(self.layer.name, self.style.bands))

    def codes(self) -> npt.NDArray[np.uint16]:
        """Return the code of the mosaic pixel under each pixel's centre."""
        codes = np.zeros(self.seen.rows.shape, np.uint16)
        for (canvas,), here, located in self._canvases():
            found = nearest(canvas.pixels[0], canvas.transform, *located)
            np.copyto(codes, found.astype(np.uint16), where=here)
        return codes

    def pieces(self) -> Iterator[Piece]:
        """Yield one part for each MGRS tile that lies on top somewhere."""
        for canvases, here, located in self._canvases():
            epsg = int(self.samples.epsg[self.seen.rows[here][0]])
            parts = [
                self.warp(canvas, epsg, group.empty, here, located)
                for canvas, (_, group, _) in zip(canvases, self._groups, strict=True)
            ]
            yield self._joined(parts)

    def _joined(self, parts: list[Piece]) -> Piece:
        """Put the bands of several groups, each warped from its own pixels, into one part."""
        if len(parts) == 1:
            return parts[0]
        planes: dict[str, Pixels] = {}
        for part, (_, _, bands) in zip(parts, self._groups, strict=True):
            planes.update(zip(bands, part.bands, strict=True))
        drawn = np.logical_and.reduce([part.drawn for part in parts])
        return Piece(parts[0].at, drawn, np.stack([planes[band] for band in self.style.bands]))

    def _canvases(self) -> Iterator[tuple[list[Canvas], Mask, tuple[Metres, Metres]]]:
        """Yield for each MGRS tile its pixels by group, where the view shows it, and all places."""
        for tile in self.scene.places.tiles_of(self.rows):
            located = self.seen.located[self.scene.places.zone_of(tile)]
            here = self.spread(self.scene.places.tile == tile)
            around = located[0][here], located[1][here]
            found = (self._together(int(tile), *part, *around) for part in self._groups)
            canvases = [canvas for canvas in found if canvas is not None]
            # An index may be half-way: what lacks a band is left out, like what is not packed.
            if len(canvases) == len(self._groups):
                yield canvases, here, located

    def _together(
        self,
        tile: int,
        name: str,
        group: mosaic.Group,
        bands: tuple[str, ...],
        east: Metres,
        north: Metres,
    ) -> Canvas | None:
        """Return the topmost patches of one MGRS tile around some places."""
        level = mosaics.level_for(self.view.ground_m, group)
        around = mosaics.reach_m(group, level)
        near = self.scene.places.near(tile, self.tops, east, north, around)
        numbers = [group.bands.index(band) + 1 for band in bands]
        result: Canvas | None = None
        wanted: Ints | None = None
        for code in np.unique(self._codes[near]):
            canvas = self._read(name, int(code), numbers, level, east, north)
            if canvas is None:
                continue
            if result is None or wanted is None:
                wanted = self._product_at(tile, canvas)
                result = Canvas(np.full_like(canvas.pixels, group.empty), canvas.transform)
            np.copyto(result.pixels, canvas.pixels, where=wanted == code)
        return result

    def _read(
        self, name: str, product: int, bands: list[int], level: int, east: Metres, north: Metres
    ) -> Canvas | None:
        path = self.scene.opened.folder.mosaic(name, self._products[product])
        if path is None:
            return None
        try:
            return mosaics.read(path, bands, level, east, north)
        except FileNotFoundError:
            # The index was rebuilt or removed between the look-up and the read.
            return None

    def _product_at(self, tile: int, canvas: Canvas) -> Ints:
        """Return which product each canvas pixel is taken from, -1 for none."""
        a, _, left, _, e, top = canvas.transform[:6]
        height, width = canvas.pixels.shape[1:]
        east, north = left + a * (np.arange(width) + 0.5), top + e * (np.arange(height) + 0.5)
        rows = self.scene.places.cells(tile, self.tops, east, north)
        return _grown(np.where(rows >= 0, self._codes[rows], np.int32(-1)))


def _grown(products: Ints) -> Ints:
    """Let each product reach one pixel into places without one.

    A coarse pixel on the edge of a patch may have its centre outside, yet hold the patch's data.
    """
    grown = products.copy()
    for axis, step in ((0, 1), (0, -1), (1, 1), (1, -1)):
        beside = np.roll(grown, step, axis)
        np.copyto(grown, beside, where=(grown < 0) & (beside >= 0))
    return grown


def _groups_of(style: Style) -> list[tuple[str, mosaic.Group, tuple[str, ...]]]:
    """Return the groups of packed bands that together have a style's, and which each gives.

    Raises:
        DataMissing: a band of the style is not packed.
    """
    found = mosaic.groups_of(style.layer, style.bands)
    if found is None:
        raise DataMissing(f"{style.title} needs bands that are not packed; zoom in to see it.")
    return [(name, mosaic.GROUPS[name], bands) for name, bands in found.items()]
