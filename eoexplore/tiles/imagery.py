"""Imagery and label tiles: from original files when near, from packed mosaics further out."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from eoexplore.core import mercator
from eoexplore.core.errors import DataMissing
from eoexplore.core.types import Classes, Layer
from eoexplore.render import outlines
from eoexplore.render.colours import UNREADABLE, Palette, label_palette
from eoexplore.render.encode import opaque
from eoexplore.render.paint import paint
from eoexplore.render.palettes import OFFICIAL
from eoexplore.render.styles import Options, Style
from eoexplore.render.warp import View
from eoexplore.store import mosaic
from eoexplore.store.catalog import Opened
from eoexplore.tiles import ranges
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

    @property
    def opaque(self) -> bool:
        """Whether no pixel is transparent."""
        return opaque(self.rgba)


def empty(size: int) -> Picture:
    """Return a wholly transparent picture."""
    return Picture(np.zeros((size, size), np.uint8), np.zeros((1, 4), np.uint8))


def draw(scene: Scene, shown: Shown, style: Style, view: View, palette: str = OFFICIAL) -> Picture:
    """Draw one layer of the shown patches.

    Args:
        scene: the dataset.
        shown: which patches.
        style: how; it names the layer.
        view: the pixels of the tile.
        palette: colours of the classes.

    Returns:
        Transparent where no patch lies, grey where a patch cannot be read.
    """
    layer = scene.layer(style.layer)
    if layer is None or view.z < MOSAIC_ZOOM:
        return empty(view.size)
    near = view.z >= ORIGINALS_ZOOM
    # Of a stream no single file can be read: what is packed goes as far as it goes.
    streamed = near and any(item.layer == layer.name for item in scene.opened.dataset.streams)
    source = Originals if near and not streamed else Packed
    if style.options.line:
        view = replace(view, margin=outlines.margin(view.size / mercator.TILE))
    try:
        tile = source(scene, shown, layer, style, view)
    except DataMissing:
        # Bands that are not packed: the style is there from ORIGINALS_ZOOM on.
        return empty(view.size)
    if not len(tile.rows):
        return empty(view.size)
    if style.categorical:
        colours = class_palette(scene, layer, style, palette)
        if style.options.line:
            return outline_picture(tile.codes(), tile.unreadable(), colours, view)
        return label_picture(tile.codes(), tile.unreadable(), colours)
    return _image(tile, ranges.ranged(scene.opened, style)[0])


def _image(tile: Source, style: Style) -> Picture:
    side = tile.view.side
    rgba = np.zeros((side, side, 4), np.uint8)
    for piece in tile.pieces():
        planes, there = paint(style, dict(zip(style.bands, piece.bands, strict=True)))
        drawn = piece.drawn if there is None else piece.drawn & there
        part = rgba[piece.at]
        alpha = drawn * np.uint8(255)
        if drawn.all():
            for place, plane in enumerate((*planes, alpha)):
                part[..., place] = plane
        else:
            new = np.stack((*planes, alpha), axis=-1)
            np.copyto(_whole(part), _whole(new), where=drawn)
    unreadable = tile.unreadable()
    if unreadable is not None:
        rgba[unreadable & (rgba[..., 3] == 0)] = UNREADABLE
    return Picture(rgba)


def _whole(rgba: RGBA) -> npt.NDArray[np.uint32]:
    """Return each pixel as one number, which is copied faster than four."""
    found: npt.NDArray[np.uint32] = rgba.view(np.uint32)[..., 0]
    return found


def unpacked(opened: Opened, style: Style) -> tuple[str, ...]:
    """Return what to say of a style that the index of an earlier release shows from near only."""
    groups = mosaic.groups_of(style.layer, style.bands) or {}
    missing = {name: bands for name, bands in groups.items() if not opened.state.has(name)}
    if not missing or not opened.pictured:
        # While the first index is built, the map says that all imagery fills in.
        return ()
    bands = ", ".join(band for own in missing.values() for band in own)
    return (
        f"{style.title} is shown from zoom {ORIGINALS_ZOOM} on: the index of this dataset is of "
        f"an earlier release, without {bands} further out. Go on with the index on Home.",
    )


def class_palette(scene: Scene, layer: Layer, style: Style, palette: str) -> Palette:
    """Return the colours of a style of labels; classes that it hides are transparent."""
    schema = ranges.schema_of(scene.opened.dataset.classes, style)
    found = label_palette(schema, layer.nodata, palette)
    hidden = hidden_classes(schema, style.options)
    if not any(hidden):
        return found
    rgba = found.rgba.copy()
    rgba[1:][hidden] = 0
    return replace(found, rgba=rgba)


def hidden_classes(schema: Classes, options: Options) -> list[bool]:
    """Tell which classes are hidden, unlabelled last; any code of a class stands for it."""
    items = [set(item.codes) for item in (*schema.classes, schema.unlabelled)]
    only, without = set(options.only), set(options.without)
    return [bool(own & without or (only and not own & only)) for own in items]


def label_picture(
    codes: npt.NDArray[np.uint16], unreadable: npt.NDArray[np.bool_] | None, palette: Palette
) -> Picture:
    """Fill every pixel with the colour of its class.

    Args:
        codes: code of each pixel.
        unreadable: where a patch cannot be read, of the same shape; none for nowhere.
        palette: colours of the classes.
    """
    indices = palette.index.take(codes)
    if unreadable is None:
        return Picture(indices, palette.rgba)
    grey = unreadable & (indices == 0)
    colours = np.vstack([palette.rgba, np.array([UNREADABLE], np.uint8)])
    return Picture(np.where(grey, np.uint8(len(palette.rgba)), indices), colours)


def outline_picture(
    codes: npt.NDArray[np.uint16],
    unreadable: npt.NDArray[np.bool_] | None,
    palette: Palette,
    view: View,
) -> Picture:
    """Draw the borders of the classes; arguments as for `label_picture`, with the view's margin."""
    indices, edge = palette.index.take(codes), view.margin
    rgba = outlines.outlines(indices, palette.rgba, edge, view.size / mercator.TILE)
    if unreadable is not None:
        grey = unreadable & (indices == 0)
        rgba[grey[edge : edge + view.size, edge : edge + view.size]] = UNREADABLE
    return Picture(rgba)
