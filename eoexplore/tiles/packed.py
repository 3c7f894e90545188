"""Tiles further out, from the packed mosaics of the index."""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from eoexplore.core.errors import DataMissing
from eoexplore.core.types import Layer
from eoexplore.render.styles import Style
from eoexplore.render.warp import Rectangle, View, rectangle
from eoexplore.store import mosaic
from eoexplore.tiles import mosaics
from eoexplore.tiles.mosaics import Canvas
from eoexplore.tiles.places import Ints, Metres
from eoexplore.tiles.scene import Scene, Shown
from eoexplore.tiles.source import Mask, Piece, Pixels, Source, nearest


class Packed(Source):
    """A tile from one mosaic per product; a product that is not packed yet is left out.

    Products of one MGRS tile share one grid, so their patches are put together there, by the
    topmost patch of each place, and interpolated once.
    """

    def __init__(self, scene: Scene, shown: Shown, layer: Layer, style: Style, view: View) -> None:
        """Find the topmost patches of a view, and the mosaics that hold the style's bands."""
        super().__init__(scene, shown, layer, style, view)
        self._groups = _groups_of(style)
        # Neither of them is copied: a column has an entry for each of half a million samples.
        product = self.samples.frame["product"].array
        self._products, self._codes = product.categories, product.codes

    def unreadable(self) -> Mask | None:
        """Tell at which pixels lies a patch that the index could not read; none for nowhere."""
        bad = self.samples.unreadable(self.layer.name, self.style.bands)[self.rows]
        return self.where(bad) if bad.any() else None

    def codes(self) -> npt.NDArray[np.uint16]:
        """Return the code of the mosaic pixel under each pixel's centre."""
        codes = np.zeros((self.view.side, self.view.side), np.uint16)
        for (canvas,), epsg, here, _ in self._canvases():
            found = nearest(canvas.pixels[0], canvas.transform, self.seen.located[epsg])
            np.copyto(codes, found.astype(np.uint16, copy=False), where=here)
        return codes

    def pieces(self) -> Iterator[Piece]:
        """Yield one part for each MGRS tile that lies on top somewhere."""
        for canvases, epsg, here, at in self._canvases():
            parts = [
                self.warp(canvas, epsg, group.empty, here, at)
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

    def _canvases(self) -> Iterator[tuple[list[Canvas], int, Mask, Rectangle]]:
        """Yield for each MGRS tile its pixels by group, its zone, and where the view shows it."""
        places = self.scene.places
        tiles = places.tile[self.rows]
        for tile in np.unique(tiles).tolist():
            here, epsg = self.where(tiles == tile), places.zone_of(tile)
            at = rectangle(here)
            west, south, east, north = self.seen.located[epsg].box(at)
            around = np.array([west, east]), np.array([south, north])
            found = (self._together(tile, *part, *around) for part in self._groups)
            canvases = [canvas for canvas in found if canvas is not None]
            # An index may be half-way: what lacks a band is left out, like what is not packed.
            if len(canvases) == len(self._groups):
                yield canvases, epsg, here, at

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
        found: dict[int, Canvas] = {}
        for code in np.unique(self._codes[near]).tolist():
            canvas = self._read(name, code, numbers, level, east, north)
            if canvas is not None:
                found[code] = canvas
        if not found:
            return None
        # While an index is renewed, mosaics of an earlier release may have larger pixels.
        finest = min(found.values(), key=lambda canvas: canvas.transform.a)
        found = {code: mosaics.on_raster(canvas, finest) for code, canvas in found.items()}
        return Canvas(self._topmost(tile, group, level, found), finest.transform)

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

    def _topmost(
        self, tile: int, group: mosaic.Group, level: int, found: Mapping[int, Canvas]
    ) -> Pixels:
        """Return the pixels of each place's product; products of a tile have one raster."""
        canvas = next(iter(found.values()))
        a, _, left, _, e, top = canvas.transform[:6]
        height, width = canvas.pixels.shape[1:]
        east, north = left + a * (np.arange(width) + 0.5), top + e * (np.arange(height) + 0.5)
        rows, down, right = self.scene.places.cells(tile, self.tops, east, north)
        products = np.where(rows >= 0, self._codes[rows], -1).astype(np.int32)
        if len(found) == 1 and (products == next(iter(found))).all():
            return canvas.pixels
        wanted = products[down][:, right]
        if group.patch_px % 2**level:
            wanted = _grown(wanted)
        pixels = np.full_like(canvas.pixels, group.empty)
        for code, item in found.items():
            np.copyto(pixels, item.pixels, where=wanted == code)
        return pixels


def _grown(products: Ints) -> Ints:
    """Let each product reach one pixel into places without one.

    Where patches are no whole number of pixels, one on the edge of a patch may have its centre
    outside, yet hold the patch's data.
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
