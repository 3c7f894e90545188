"""The styles that each layer has, and the one range that every tile of a style gets.

A new composite is one line of `_COMPOSITES`. The ranges are fixed numbers or follow from the whole
dataset: a stretch taken from the tile itself would show a seam at every tile's edge.
"""

import functools

from eoexplore.core.types import Layer
from eoexplore.render import indices, unlisted
from eoexplore.render.indices import Index
from eoexplore.render.ramps import RampName
from eoexplore.render.styles import MOST_CHARACTERS, Channel, Options, Style, read_options

# Pixel in metres and the range of each band, in digital numbers, that shows land well.
_S2 = {
    "B01": (60, 0, 2000), "B02": (10, 0, 2000), "B03": (10, 0, 2000), "B04": (10, 0, 2000),
    "B05": (20, 0, 3000), "B06": (20, 0, 4000), "B07": (20, 0, 4500), "B08": (10, 0, 4000),
    "B8A": (20, 0, 5000), "B09": (60, 0, 5000), "B11": (20, 0, 4000), "B12": (20, 0, 3000),
}  # fmt: skip
_S1 = {"VV": (10, -25, 0), "VH": (10, -32, -5)}
_RANGES = {"s2": _S2, "s1": _S1}
_DOMAINS = ("vegetation", "water", "burn", "snow", "soil", "urban", "clouds", "radar")
NATURAL = (2.0, 98.0)
"""Percentiles of the dataset that an index without natural limits spans."""


def _channel(layer: str, band: str) -> Channel:
    _, low, high = _RANGES[layer][band]
    return Channel(band, low, high)


def _style(
    style_id: str,
    title: str,
    layer: str,
    channels: tuple[Channel, ...],
    group: str = "Composites",
    ramp: RampName | None = None,
) -> Style:
    """Return a style that lists its bands in order of first use."""
    bands = tuple(dict.fromkeys(band for item in channels for band in item.bands))
    shown = ", ".join(f"{c.band} − {c.minus}" if c.minus else c.band for c in channels)
    finest = float(min(_RANGES[layer][band][0] for band in bands))
    return Style(style_id, title, layer, channels, bands, finest, group, shown, ramp)


def _composite(style_id: str, title: str, *bands: str) -> Style:
    return _style(style_id, title, "s2", tuple(_channel("s2", band) for band in bands))


_COMPOSITES = (
    _composite("true_colour", "True colour", "B04", "B03", "B02"),
    _composite("colour_infrared", "Colour infrared", "B08", "B04", "B03"),
    _composite("swir", "Short-wave infrared", "B12", "B8A", "B04"),
    _composite("agriculture", "Agriculture", "B11", "B08", "B02"),
    _composite("geology", "Geology", "B12", "B11", "B02"),
    _composite("bathymetry", "Bathymetry", "B04", "B03", "B01"),
)
_RADAR = (
    _style(
        "vv_vh",
        "VV, VH and their difference",
        "s1",
        (_channel("s1", "VV"), _channel("s1", "VH"), Channel("VV", 0, 15, minus="VH")),
    ),
    *(_style(band.lower(), band, "s1", (_channel("s1", band),), "Bands", "grey") for band in _S1),
)
_BANDS = tuple(
    _style(f"band.{band}", band, "s2", (_channel("s2", band),), "Bands", "grey") for band in _S2
)


def _classes(style_id: str, title: str, shown: str) -> Style:
    own = ("reference_map",)
    return Style(style_id, title, own[0], (), own, 10.0, group="Classes", help=shown)


# Named as the schemas of `nomenclature.levels`, which say what a code means.
_LABELS = (
    _classes("clc19", "19 classes", "The 19 classes of BigEarthNet"),
    _classes("clc3", "CORINE level 3", "44 classes of CORINE Land Cover"),
    _classes("clc2", "CORINE level 2", "15 groups of CORINE Land Cover"),
    _classes("clc1", "CORINE level 1", "5 groups of CORINE Land Cover"),
)


@functools.cache
def _indices() -> tuple[Style, ...]:
    """Return one style per spectral index, the best known first, then by what they are for."""
    listed = [_index(item) for item in indices.catalogue().values()]
    first = [style for style in listed if style.id[6:] in indices.BEST_KNOWN]
    others = dict.fromkeys(style.group for style in listed)
    groups = [first[0].group, *(f"Indices: {name}" for name in _DOMAINS), *others]
    return tuple(sorted(listed, key=lambda style: groups.index(style.group)))


def _index(item: Index) -> Style:
    best = item.name in indices.BEST_KNOWN
    return Style(
        f"index.{item.name}",
        item.name,
        "s2",
        (Channel(item.name, item.low, item.high, index=item),),
        item.bands,
        float(min(_S2[band][0] for band in item.bands)),
        group="Indices: best known" if best else f"Indices: {item.domain}",
        help=f"{item.title}: {item.formula}",
        ramp="diverging" if item.normalised else "rising",
        natural=None if item.normalised else NATURAL,
    )


@functools.cache
def styles_of(layer: str | Layer) -> tuple[Style, ...]:
    """Return the styles of a layer, the default one first.

    Args:
        layer: a layer, or the name of one that is listed here: s2, s1 or reference_map. Any other
            has the styles of `render.unlisted`, and so has one of these names with other bands.
    """
    if isinstance(layer, Layer):
        there = {band.name for band in layer.bands}
        listed = tuple(style for style in styles_of(layer.name) if there.issuperset(style.bands))
        return listed or unlisted.styles_of(layer)
    if layer == "s2":
        return (*_COMPOSITES, *_BANDS, *_indices())
    return {"s1": _RADAR, "reference_map": _LABELS}.get(layer, ())


@functools.cache
def _by_id(layer: str | Layer) -> dict[str, Style]:
    return {style.id: style for style in styles_of(layer)}


@functools.lru_cache(maxsize=512)
def read_style(layer: str | Layer, text: str) -> tuple[Style, tuple[str, ...]]:
    """Return the style that a text asks for; the default for what it does not say.

    Args:
        layer: a layer that has styles, as for `styles_of`.
        text: in the grammar of `render.styles`; empty asks for the default.

    Returns:
        The style, and a sentence for each part of the text that could not be used.
    """
    known = _by_id(layer)
    name, *words = text.split("~")
    style = known.get(name) if name else styles_of(layer)[0]
    if style is None:
        names = [key for key in known if not key.startswith("index.")]
        more = ", index.NAME" if len(names) < len(known) else ""
        called = layer.name if isinstance(layer, Layer) else layer
        sentence = (
            f"The layer {called} has no style {name[:40]!r}. Known: {', '.join(names)}{more}. "
            "The default is shown."
        )
        # Its options were meant for a style that is not there.
        return styles_of(layer)[0], (sentence,)
    if len(text) > MOST_CHARACTERS:
        # Cut somewhere, it would mean something else: of a code, the first digits.
        return style, (f"Styles have at most {MOST_CHARACTERS} characters: options are left out.",)
    options, complaints = read_options(words, style.categorical)
    if options == Options():
        return style, complaints
    return style.asked(options), complaints
