"""Tiles further out, from the packed mosaics of the index."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from eoexplore.render.composites import Style
from eoexplore.store import mosaic
from eoexplore.tiles import mosaics
from eoexplore.tiles.mosaics import Canvas
from eoexplore.tiles.source import Mask, Metres, Piece, Source, nearest


@dataclass(frozen=True)
class _Part:
    """What one product contributes to a tile."""

    path: Path
    epsg: int
    here: Mask
    """Where the view shows patches of this product."""


class Packed(Source):
    """A tile from one mosaic per product; a product that is not packed yet is left out."""

    def unreadable(self) -> Mask:
        """Tell at which pixels lies a patch that the index could not read."""
        return self.spread(self.samples.unreadable(self.layer.name, self.style.bands))

    def codes(self) -> npt.NDArray[np.uint16]:
        """Return the code of the mosaic pixel under each pixel's centre."""
        codes = np.zeros(self.seen.rows.shape, np.uint16)
        for part, _ in self._parts():
            located = self.seen.located[part.epsg]
            canvas = self._read(part, [1], located)
            if canvas is not None:
                found = nearest(canvas.pixels[0], canvas.transform, *located)
                np.copyto(codes, found, where=part.here)
        return codes

    def pieces(self) -> Iterator[Piece]:
        """Yield one part for each product that lies on top somewhere."""
        for part, group in self._parts():
            located = self.seen.located[part.epsg]
            bands = [group.bands.index(band) + 1 for band in self.style.bands]
            canvas = self._read(part, bands, located)
            if canvas is None:
                continue
            piece = self.warp(canvas, part.epsg, group.nodata, part.here, located)
            if group.scale != 1:
                piece = Piece(piece.drawn, piece.bands.astype(np.float32) / np.float32(group.scale))
            yield piece

    def _parts(self) -> Iterator[tuple[_Part, mosaic.Group]]:
        name = _group_of(self.style)
        if name is None or not len(self.rows):
            return
        column = self.samples.frame["product"].cat
        codes = column.codes.to_numpy()
        for code in np.unique(codes[self.rows]):
            path = self.scene.opened.folder.mosaic(name, column.categories[code])
            if path is not None:
                epsg = int(self.samples.epsg[self.rows[codes[self.rows] == code][0]])
                yield _Part(path, epsg, self.spread(codes == code)), mosaic.GROUPS[name]

    def _read(self, part: _Part, bands: list[int], located: tuple[Metres, Metres]) -> Canvas | None:
        east, north = (metres[part.here] for metres in located)
        try:
            return mosaics.read(
                part.path, bands, mosaics.level_for(self.view.ground_m), east, north
            )
        except FileNotFoundError:
            # The index was rebuilt or removed between the look-up and the read.
            return None


def _group_of(style: Style) -> str | None:
    """Return the group of packed bands that has all bands of a style, or none."""
    for name, group in mosaic.GROUPS.items():
        if group.layer == style.layer and set(style.bands) <= set(group.bands):
            return name
    return None
