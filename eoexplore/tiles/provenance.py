"""The lines of Python that read one pixel again, and make of it the colour that is shown."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from eoexplore.core.errors import DataMissing, FileUnreadable
from eoexplore.core.types import Array, Band, Layer, Source
from eoexplore.render.palettes import OFFICIAL
from eoexplore.render.script import script
from eoexplore.render.styles import Style
from eoexplore.tiles.grids import PATCH, Grid
from eoexplore.tiles.imagery import class_palette
from eoexplore.tiles.originals import READER
from eoexplore.tiles.patches import BandFile, Content
from eoexplore.tiles.ranges import schema_of
from eoexplore.tiles.scene import Scene


@dataclass(frozen=True)
class Pixel:
    """One pixel of one sample."""

    row: int
    """Row from the top, from 0."""
    column: int
    """Column from the left, from 0."""
    grid: Grid = PATCH
    """What they count; 10 m pixels of a patch, unless the sample has no place."""

    def within(self, content: Array) -> tuple[int, int]:
        """Return row and column of a band's own pixel that covers this one."""
        return self.grid.within(self.row, self.column, content)


def lines(
    scene: Scene, sample: int, layer: Layer, style: Style, pixel: Pixel, palette: str = OFFICIAL
) -> list[str]:
    """Return a script that ends with `values` of all bands and the colour `rgb` of a style.

    It runs in the dataset's folder and names files relative to it.

    Args:
        scene: the dataset.
        sample: row of the sample table.
        layer: a layer that the sample has.
        style: the style that is shown, with its ranges in place.
        pixel: where.
        palette: colours of the classes.
    """
    key = str(scene.samples.frame[layer.key].iloc[sample])
    sources = {band.name: _source(scene, key, layer, band) for band in layer.bands}
    first = next((found for found in sources.values() if isinstance(found, Source)), None)
    if first is None:
        # One line each: nothing of a message may become code.
        sentences = {" ".join(str(found).split()) for found in sources.values()}
        return [f"# {layer.title}: {sentence}" for sentence in sorted(sentences)]
    files = [BandFile(key, layer.name, band.name) for band in layer.bands]
    contents = dict(zip(sources, READER.fetch(scene.opened.dataset, files), strict=True))
    return [
        *_heading(key, layer, first, pixel),
        *([] if style.categorical else ["import numpy as np"]),
        *first.setup,
        "",
        "values = {",
        *(_value(band, sources[band.name], contents[band.name], pixel) for band in layer.bands),
        "}",
        "",
        *_colour(scene, layer, style, palette, _at(layer, contents, pixel)),
    ]


def _value(band: Band, source: Source | str, content: Content, pixel: Pixel) -> str:
    if isinstance(source, str):
        return f"    # {band.name}: {' '.join(source.split())}"
    if isinstance(content, Exception):
        return f"    # {band.name}: its file cannot be read."
    row, column = pixel.within(content)
    call = f"read({', '.join(source.arguments)}, row={row}, column={column})"
    return f'    "{band.name}": {call},  # {content[row, column]}, pixel of {band.gsd_m:g} m'


def _at(layer: Layer, contents: Mapping[str, Content], pixel: Pixel) -> dict[str, np.generic]:
    """Return the value of each band that could be read."""
    values = {}
    for band in layer.bands:
        content = contents[band.name]
        if not isinstance(content, Exception):
            values[band.name] = content[pixel.within(content)]
    return values


def _colour(
    scene: Scene, layer: Layer, style: Style, palette: str, values: Mapping[str, np.generic]
) -> list[str]:
    """Return the lines that make the colour `rgb` of a style from `values`; None: transparent."""
    lacking = [band for band in style.bands if band not in values]
    if lacking:
        return [f"# {style.title} needs {', '.join(lacking)}: the map shows grey here."]
    if style.categorical:
        return _class_colour(scene, layer, style, palette, int(values[style.bands[0]].item()))
    empty = [band for band in style.bands if _is_empty(layer, values[band])]
    if empty:
        return [f"rgb = None  # no data in {', '.join(empty)}: nothing is drawn"]
    made = script(style, values[style.bands[0]].dtype)
    if _has_no_value(style, values):
        return [*made, "rgb = None  # the formula gives no number here: nothing is drawn"]
    return made


def _is_empty(layer: Layer, value: np.generic) -> bool:
    number = value.item()
    return bool(number == layer.nodata or np.isnan(number))


def _has_no_value(style: Style, values: Mapping[str, np.generic]) -> bool:
    arrays = {band: np.array([value]) for band, value in values.items()}
    found = (channel.index.values(arrays) for channel in style.channels if channel.index)
    return any(bool(np.isnan(value).any()) for value in found)


def _class_colour(scene: Scene, layer: Layer, style: Style, palette: str, code: int) -> list[str]:
    schema = schema_of(scene.opened.dataset.classes, style)
    found = class_palette(scene, layer, style, palette)
    red, green, blue, alpha = map(int, found.rgba[found.index[code]])
    name = schema.class_of(code).name
    value = f'int(values["{style.bands[0]}"])'
    if code == layer.nodata:
        return [f"rgb = None  # code {code} means no data: nothing is drawn"]
    if not alpha:
        return [f"rgb = None  # code {code}, {name}, is hidden by the style"]
    lines = [f"# {style.title}: code {code} belongs to {name}, whose colour this is."]
    if style.options.line:
        lines.append("# Outlines are drawn: only pixels at the border of a class have it.")
    return [*lines, f"rgb = {{{code}: ({red}, {green}, {blue})}}[{value}]"]


def _source(scene: Scene, key: str, layer: Layer, band: Band) -> Source | str:
    try:
        return scene.opened.dataset.source(key, layer.name, band.name)
    except (DataMissing, FileUnreadable) as error:
        return str(error)


def _heading(key: str, layer: Layer, source: Source, pixel: Pixel) -> list[str]:
    taken = f", recorded {source.taken:%Y-%m-%d %H:%M:%S} UTC" if source.taken else ""
    counted, coarse = "the patch's 10 m pixels", list[float]()
    if pixel.grid == PATCH:
        coarse = sorted({band.gsd_m for band in layer.bands if band.gsd_m > 10})
    else:
        counted = f"the sample's {pixel.grid.rows} x {pixel.grid.columns} pixels"
    covers = [f"{size:g} m pixel covers {size / 10:g} x {size / 10:g}" for size in coarse]
    more = f"; a {' and a '.join(covers)} of them" if covers else ""
    return [
        f"# {layer.title} of {key}{taken}",
        f"# Row {pixel.row}, column {pixel.column} of {counted}, counted from 0.",
        f"# Resampling: none. Each value is the stored pixel itself{more}.",
        "# Run this in the dataset's folder.",
    ]
