"""Imagery and label tiles: from original files when near, from packed mosaics further out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoexplore.core.errors import DataMissing
from eoexplore.render.colours import UNREADABLE, label_palette
from eoexplore.render.composites import Style
from eoexplore.render.stretch import linear
from eoexplore.render.warp import View
from eoexplore.tiles.originals import Originals
from eoexplore.tiles.packed import Packed
from eoexplore.tiles.scene import Scene, Shown
from eoexplore.tiles.source import Source

ORIGINALS_ZOOM = 13
"""From this zoom on, tiles are made from the original files."""
MOSAIC_ZOOM = 8
"""From this zoom on there is imagery at all; further out density stands in for it."""

RGBA = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Picture:
    """Pixels ready to be encoded."""

    pixels: npt.NDArray[np.uint8]
    """RGBA of shape (row, column, 4), or places in a list of colours, shape (row, column)."""
    colours: RGBA | None = None
    """The colours, shape (n, 4); none for RGBA."""

    @property
    def rgba(self) -> RGBA:
        """The picture as RGBA, whichever way it is kept."""
        return self.pixels if self.colours is None else self.colours[self.pixels]


def empty(size: int) -> Picture:
    """Return a wholly transparent picture."""
    return Picture(np.zeros((size, size), np.uint8), np.zeros((1, 4), np.uint8))


def draw(scene: Scene, shown: Shown, style: Style, view: View) -> Picture:
    """Draw one layer of the shown patches.

    Args:
        scene: the dataset.
        shown: which patches.
        style: how; it names the layer.
        view: the pixels of the tile.

    Returns:
        Transparent where no patch lies, grey where a patch cannot be read.
    """
    layer = scene.layer(style.layer)
    if layer is None or view.z < MOSAIC_ZOOM:
        return empty(view.size)
    source = Originals if view.z >= ORIGINALS_ZOOM else Packed
    try:
        tile = source(scene, shown, layer, style, view)
    except DataMissing:
        # Bands that are not packed: the style is there from ORIGINALS_ZOOM on.
        return empty(view.size)
    if not len(tile.rows):
        return empty(view.size)
    return _labels(tile) if style.categorical else _image(tile)


def _image(tile: Source) -> Picture:
    rgba = np.zeros((tile.view.side, tile.view.side, 4), np.uint8)
    for piece in tile.pieces():
        bands = dict(zip(tile.style.bands, piece.bands, strict=True))
        for place, channel in enumerate(tile.style.channels):
            levels = linear(channel.values(bands), channel.low, channel.high)
            np.copyto(rgba[piece.at][..., place], levels, where=piece.drawn)
        np.copyto(rgba[piece.at][..., 3], np.uint8(255), where=piece.drawn)
    rgba[tile.unreadable() & (rgba[..., 3] == 0)] = UNREADABLE
    return Picture(rgba)


def _labels(tile: Source) -> Picture:
    palette = label_palette(tile.scene.opened.dataset.classes, tile.layer.nodata)
    indices = palette.index[tile.codes()]
    grey = tile.unreadable() & (indices == 0)
    if not grey.any():
        return Picture(indices, palette.rgba)
    colours = np.vstack([palette.rgba, np.array([UNREADABLE], np.uint8)])
    return Picture(np.where(grey, np.uint8(len(palette.rgba)), indices), colours)
