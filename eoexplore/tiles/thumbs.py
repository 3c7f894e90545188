"""Thumbnails of single samples: from the packed mosaics of the index, else from the files.

A patch has 60 x 60 pixels of 20 m in a mosaic, which is what the gallery shows: no file of the
dataset is opened for it. Files of any size do where there is no mosaic, with a location or without.
"""

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt

from eoexplore.core import mgrs
from eoexplore.core.memory import ByteCache
from eoexplore.core.types import Layer
from eoexplore.render import palettes
from eoexplore.render.colours import UNREADABLE
from eoexplore.render.composites import styles_of
from eoexplore.render.encode import MEDIA_TYPES
from eoexplore.render.outlines import outlines
from eoexplore.render.paint import paint
from eoexplore.render.styles import Style
from eoexplore.store import mosaic
from eoexplore.tiles import mosaics
from eoexplore.tiles.imagery import Picture, class_palette
from eoexplore.tiles.originals import READER, is_empty
from eoexplore.tiles.patches import BandFile
from eoexplore.tiles.queries import Asked, Query
from eoexplore.tiles.ranges import look
from eoexplore.tiles.scene import Scene
from eoexplore.tiles.tile import Answer, encode

Pixels = npt.NDArray[np.generic]
Mask = npt.NDArray[np.bool_]
Bands = dict[str, tuple[Pixels, Mask]]
PIXEL_M = 20.0
"""Pixel of a thumbnail from a mosaic, in metres."""
_SIDE = round(mgrs.PATCH_M / PIXEL_M)
_MOST = 120
"""Pixels along each side of a thumbnail that is made from files."""
_LINE_SCALE = 1 / 2
_answers: ByteCache[Answer] = ByteCache(16_000_000)


def thumbnail(
    scene: Scene, row: int, layer: str, text: str, palette: str, extension: str
) -> Answer | None:
    """Return a small picture of one sample, grey if its files cannot be read.

    Args:
        scene: the dataset; of a location nothing is asked.
        row: the sample.
        layer: name of a layer.
        text: style of the layer and its options, as in the address of a tile.
        palette: colours of the classes; the official ones when empty or unknown.
        extension: png or webp.

    Returns:
        The picture, or none if the sample lacks the layer.
    """
    found = scene.layer(layer)
    if found is None or not styles_of(found) or not scene.samples.has(layer)[row]:
        return None
    style, notices = look(scene.opened, layer, text)
    chosen, more = palettes.known(palette)
    bands = packed_bands(scene, row, style) or _file_bands(scene, row, found, style)
    picture = _picture(scene, found, style, chosen, bands)
    return Answer(encode(picture, extension), MEDIA_TYPES[extension], notices + more)


def _picture(
    scene: Scene, layer: Layer, style: Style, palette: str, bands: Bands | None
) -> Picture:
    if bands is None:
        return Picture(np.zeros((_SIDE, _SIDE), np.uint8), np.array([UNREADABLE], np.uint8))
    if style.categorical:
        colours = class_palette(scene, layer, style, palette)
        codes, _ = bands[style.bands[0]]
        indices = colours.index[codes.astype(np.uint16)]
        if style.options.line:
            return Picture(outlines(indices, colours.rgba, scale=_LINE_SCALE))
        return Picture(indices, colours.rgba)
    drawn = np.logical_and.reduce([there for _, there in bands.values()])
    channels, known = paint(style, {name: pixels for name, (pixels, _) in bands.items()})
    alpha = drawn if known is None else drawn & known
    return Picture(np.stack([*channels, alpha * np.uint8(255)], axis=-1))


def packed_bands(scene: Scene, row: int, style: Style) -> Bands | None:
    """Return the bands of a style as the mosaics have them, and where each has data.

    Args:
        scene: the dataset.
        row: the sample.
        style: names layer and bands.

    Returns:
        Pixels of 20 m and whether there is data, shape (60, 60), by band in the order of the
        style; none if a band is not packed for this sample.
    """
    groups = mosaic.groups_of(style.layer, style.bands)
    if groups is None or "product" not in scene.samples.frame.columns:
        return None
    product = str(scene.samples.frame["product"].iloc[row])
    found: Bands = {}
    for name, bands in groups.items():
        path = scene.opened.folder.mosaic(name, product)
        cut = None if path is None else _cut(scene, row, mosaic.GROUPS[name], bands, path)
        if cut is None:
            return None
        found.update(cut)
    return {band: found[band] for band in style.bands}


def _cut(
    scene: Scene, row: int, group: mosaic.Group, bands: tuple[str, ...], path: Path
) -> Bands | None:
    """Read the pixels of one patch; none where a band has none at all."""
    left, top = int(scene.samples.left[row]), int(scene.samples.top[row])
    middle = group.pixel_m / 2
    inner = np.array([middle, mgrs.PATCH_M - middle])
    numbers = [group.bands.index(band) + 1 for band in bands]
    canvas = mosaics.read(path, numbers, 0, left + inner, top - inner)
    if canvas is None:
        return None
    places = (np.arange(_SIDE) + 0.5) * PIXEL_M
    columns = np.floor((left + places - canvas.transform.c) / canvas.transform.a).astype(int)
    rows = np.floor((top - places - canvas.transform.f) / canvas.transform.e).astype(int)
    result = {}
    for band, plane in zip(bands, canvas.pixels, strict=True):
        pixels = plane[np.ix_(rows, columns)]
        floating = np.issubdtype(pixels.dtype, np.floating)
        there = ~np.isnan(pixels) if floating else pixels != group.nodata
        if not there.any():
            # Of a patch that came after the index, or could not be read: the files know.
            return None
        result[band] = pixels, there
    return result


def _file_bands(scene: Scene, row: int, layer: Layer, style: Style) -> Bands | None:
    """Return the bands of a style from the files, all of one size; none if one is unreadable."""
    key = str(scene.samples.frame[layer.key].iloc[row])
    files = [BandFile(key, layer.name, band) for band in style.bands]
    contents = READER.fetch(scene.opened.dataset, files)
    arrays = [content for content in contents if not isinstance(content, Exception)]
    if len(arrays) < len(contents):
        return None
    height, width = (max(array.shape[axis] for array in arrays) for axis in (0, 1))
    shrink = min(1.0, _MOST / max(height, width))
    shape = max(1, round(height * shrink)), max(1, round(width * shrink))
    found: Bands = {}
    for band, array in zip(style.bands, arrays, strict=True):
        pixels = array[np.ix_(*(_pick(of, to) for of, to in zip(array.shape, shape, strict=True)))]
        found[band] = pixels, ~is_empty(layer, pixels)
    return found


def _pick(count: int, wanted: int) -> npt.NDArray[np.intp]:
    """Return which of some pixels lie under the middles of as many as are wanted."""
    return ((np.arange(wanted) + 0.5) * count / wanted).astype(np.intp)


def _answer(asked: Asked) -> Answer | None:
    parts, query, opened = asked.parts, asked.query, asked.opened
    row = opened.samples.row(parts["id"])
    style, palette = query.get("style", ""), query.get("palette", "")
    key = (opened.slug, opened.version, row, parts["layer"], parts["extension"], style, palette)
    # While an index grows, a picture may change: it is neither kept nor taken from memory.
    keeps = opened.state.complete
    found = _answers.get(key) if keeps else None
    if found is None:
        extension = parts["extension"]
        found = thumbnail(asked.scene, row, parts["layer"], style, palette, extension)
        if keeps and found is not None:
            _answers.put(key, found, len(found.body) + 500)
    return found


_ADDRESS = re.compile(r"(?P<id>(?s:.+))/(?P<layer>[^/.]+)\.(?P<extension>png|webp)")
QUERIES = (Query("gallery", _ADDRESS, _answer),)
