"""Pictures of single patches: the pixels of the files, with nothing interpolated."""

import re

import numpy as np
import numpy.typing as npt

from eoexplore.core.types import Layer
from eoexplore.render import palettes
from eoexplore.render.colours import UNREADABLE
from eoexplore.render.composites import styles_of
from eoexplore.render.encode import MEDIA_TYPES
from eoexplore.render.outlines import outlines
from eoexplore.render.paint import paint
from eoexplore.render.styles import Style
from eoexplore.tiles import sealed
from eoexplore.tiles.grids import PIXEL_M, fitted, grid_of
from eoexplore.tiles.imagery import Picture, class_palette
from eoexplore.tiles.originals import empty_value, is_empty
from eoexplore.tiles.queries import Asked, Query
from eoexplore.tiles.ranges import look
from eoexplore.tiles.scene import Scene
from eoexplore.tiles.thumbs import PIXEL_M as PACKED_M
from eoexplore.tiles.thumbs import packed_bands
from eoexplore.tiles.tile import Answer, encode

_LINE_SCALE = 2 / 3
"""Outlines on a patch are thinner than on the map: a patch is shown enlarged."""


def patch_picture(
    scene: Scene, row: int, layer: str, text: str, palette: str = ""
) -> Answer | None:
    """Return one patch as PNG of 10 m pixels, grey if it is unreadable.

    Args:
        scene: the dataset.
        row: the patch.
        layer: name of a layer.
        text: style of the layer and its options, as in the address of a tile.
        palette: colours of the classes; the official ones when empty or unknown.

    Returns:
        The picture, or none if the patch lacks the layer.
    """
    found = scene.layer(layer)
    if found is None or not styles_of(found) or not scene.samples.has(layer)[row]:
        return None
    style, notices = look(scene.opened, layer, text)
    chosen, more = palettes.known(palette)
    picture = _picture(scene, row, found, style, chosen)
    return Answer(encode(picture, "png"), MEDIA_TYPES["png"], notices + more)


def _picture(scene: Scene, row: int, layer: Layer, style: Style, palette: str) -> Picture:
    arrays = _arrays(scene, row, layer, style)
    if arrays is None:
        grid = grid_of(scene, row)
        empty = np.zeros((grid.rows, grid.columns), np.uint8)
        return Picture(empty, np.array([UNREADABLE], np.uint8))
    if style.categorical:
        colours = class_palette(scene, layer, style, palette)
        indices = colours.index[arrays[0]]
        if style.options.line:
            return Picture(outlines(indices, colours.rgba, scale=_LINE_SCALE))
        return Picture(indices, colours.rgba)
    planes, there = paint(style, dict(zip(style.bands, arrays, strict=True)))
    missing = is_empty(layer, np.stack(arrays)).any(axis=0)
    if there is not None:
        missing |= ~there
    alpha = np.where(missing, np.uint8(0), np.uint8(255))
    return Picture(np.stack([*planes, alpha], axis=-1))


def _arrays(
    scene: Scene, row: int, layer: Layer, style: Style
) -> list[npt.NDArray[np.generic]] | None:
    """Return the bands of a style; none if one cannot be read."""
    if sealed.sentence(scene.opened.dataset, layer.name):
        return _packed(scene, row, layer, style)
    # All pictures of a sample have one size, so that one cursor fits them all.
    return fitted(scene, row, layer.name, [*style.bands])


def _packed(
    scene: Scene, row: int, layer: Layer, style: Style
) -> list[npt.NDArray[np.generic]] | None:
    """Return the bands of a style as the mosaics have them, repeated to 10 m."""
    found = packed_bands(scene, row, style)
    if found is None:
        return None
    times = round(PACKED_M / PIXEL_M)
    arrays = []
    for pixels, there in found.values():
        values = pixels.astype(np.uint16) if style.categorical else pixels
        values = np.where(there, values, values.dtype.type(empty_value(layer, values.dtype)))
        arrays.append(values.repeat(times, axis=0).repeat(times, axis=1))
    return arrays


def _answer(asked: Asked) -> Answer | None:
    row = asked.scene.samples.row(asked.parts["id"])
    style, palette = asked.query.get("style", ""), asked.query.get("palette", "")
    return patch_picture(asked.scene, row, asked.parts["layer"], style, palette)


QUERIES = (Query("patch", re.compile(r"(?P<id>[^/]+)/(?P<layer>[^/.]+)\.png"), _answer),)
