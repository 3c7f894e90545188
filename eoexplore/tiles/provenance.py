"""The lines of Python that read one pixel again, and make of it the colour that is shown."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from eoexplore.core.errors import DataMissing, FileUnreadable
from eoexplore.core.types import Band, Layer, Source
from eoexplore.render.colours import label_palette
from eoexplore.render.styles import Channel, Style
from eoexplore.tiles.originals import READER
from eoexplore.tiles.patches import BandFile, Content
from eoexplore.tiles.scene import Scene

_LEVEL = {
    "u": (
        "def level(value, low, high):",
        "    shade = (np.float64(value) - low) * 255 / (high - low)",
        "    return int(np.clip(shade + 0.5, 0, 255))",
    ),
    "f": (
        "def level(value, low, high):",
        "    shade = (np.float32(value) - np.float32(low)) * np.float32(255 / (high - low))",
        "    return int(np.clip(shade + np.float32(0.5), 0, 255))",
    ),
}


@dataclass(frozen=True)
class Pixel:
    """One 10 m pixel of one patch."""

    row: int
    """Row from the top, 0 to 119."""
    column: int
    """Column from the left, 0 to 119."""

    def within(self, band: Band) -> tuple[int, int]:
        """Return row and column of the band's own pixel that covers this one."""
        return int(self.row * 10 // band.gsd_m), int(self.column * 10 // band.gsd_m)


def lines(scene: Scene, sample: int, layer: Layer, style: Style, pixel: Pixel) -> list[str]:
    """Return a script that ends with `values` of all bands and the colour `rgb` of a style.

    It runs in the dataset's folder and names files relative to it.

    Args:
        scene: the dataset.
        sample: row of the sample table.
        layer: a layer that the sample has.
        style: the style that is shown.
        pixel: where.
    """
    key = str(scene.samples.frame[layer.key].iloc[sample])
    sources = {band.name: _source(scene, key, layer, band) for band in layer.bands}
    first = next((found for found in sources.values() if isinstance(found, Source)), None)
    if first is None:
        return [f"# {layer.title}: {sentence}" for sentence in set(map(str, sources.values()))]
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
        *colour(scene, layer, style, contents, pixel),
    ]


def _value(band: Band, source: Source | str, content: Content, pixel: Pixel) -> str:
    if isinstance(source, str):
        return f"    # {band.name}: {source}"
    if isinstance(content, Exception):
        return f"    # {band.name}: its file cannot be read."
    row, column = pixel.within(band)
    call = f"read({', '.join(source.arguments)}, row={row}, column={column})"
    return f'    "{band.name}": {call},  # {content[row, column]}, pixel of {band.gsd_m:g} m'


def colour(
    scene: Scene, layer: Layer, style: Style, contents: Mapping[str, Content], pixel: Pixel
) -> list[str]:
    """Return the lines that make the colour `rgb` of a style from `values`."""
    values = {}
    for band in layer.bands:
        content = contents[band.name]
        if not isinstance(content, Exception):
            values[band.name] = content[pixel.within(band)]
    lacking = [band for band in style.bands if band not in values]
    if lacking:
        return ["", f"# {style.title} needs {', '.join(lacking)}: the map shows grey here."]
    if style.categorical:
        return _class_colour(scene, layer, style, int(values[style.bands[0]]))
    return _stretched(style, values)


def _class_colour(scene: Scene, layer: Layer, style: Style, code: int) -> list[str]:
    classes = scene.opened.dataset.classes
    palette = label_palette(classes, layer.nodata)
    red, green, blue, alpha = map(int, palette.rgba[palette.index[code]])
    name = classes.class_of(code).name if alpha else "no data, transparent"
    shown = f"({red}, {green}, {blue})" if alpha else "None"
    return [
        "",
        f"# {style.title}: each class has one colour.",
        f'rgb = {{{code}: {shown}}}[int(values["{style.bands[0]}"])]  # {name}',
    ]


def _stretched(style: Style, values: Mapping[str, np.generic]) -> list[str]:
    kind = next(iter(values.values())).dtype.kind
    return [
        "",
        f"# {style.title}: level 0 at low, 255 at high, rounded to the nearest.",
        *_LEVEL["u" if kind == "u" else "f"],
        "",
        "rgb = (",
        *(f"    {_channel(channel)}," for channel in style.channels),
        ")",
    ]


def _channel(channel: Channel) -> str:
    value = f'values["{channel.band}"]'
    if channel.minus:
        value += f' - values["{channel.minus}"]'
    return f"level({value}, low={channel.low:g}, high={channel.high:g})"


def _source(scene: Scene, key: str, layer: Layer, band: Band) -> Source | str:
    try:
        return scene.opened.dataset.source(key, layer.name, band.name)
    except (DataMissing, FileUnreadable) as error:
        return str(error)


def _heading(key: str, layer: Layer, source: Source, pixel: Pixel) -> list[str]:
    taken = f", recorded {source.taken:%Y-%m-%d %H:%M:%S} UTC" if source.taken else ""
    coarse = sorted({band.gsd_m for band in layer.bands if band.gsd_m > 10})
    covers = [f"{size:g} m pixel covers {size / 10:g} x {size / 10:g}" for size in coarse]
    more = f"; a {' and a '.join(covers)} of them" if covers else ""
    return [
        f"# {layer.title} of {key}{taken}",
        f"# Row {pixel.row}, column {pixel.column} of the patch's 10 m pixels, counted from 0.",
        f"# Resampling: none. Each value is the stored pixel itself{more}.",
        "# Run this in the dataset's folder.",
    ]
