"""The styles of layers that no table of composites lists: what follows from their own bands."""

import functools

from eoexplore.core.types import Band, Layer
from eoexplore.render.ramps import RampName
from eoexplore.render.styles import Channel, Pair, Style

_RGB = (("red", "green", "blue"), ("r", "g", "b"), ("b04", "b03", "b02"))
"""Names that red, green and blue have, in small letters."""
_INFRARED = (("nir", "red", "green"), ("n", "r", "g"), ("b08", "b04", "b03"))
_LEVELS = (0.0, 255.0)
_BRIGHT = 0.3
"""Reflectance that is shown as white until the index has sampled the dataset."""
_NATURAL = (2.0, 98.0)


@functools.cache
def styles_of(layer: Layer) -> tuple[Style, ...]:
    """Return the styles of a layer, the default one first."""
    if layer.kind == "categorical":
        own = (layer.bands[0].name,)
        gsd = layer.bands[0].gsd_m
        return (Style("classes", "Classes", layer.name, (), own, gsd, group="Classes"),)
    composites = [
        _style(layer, name, title, bands)
        for name, title, bands in (
            ("true_colour", "True colour", _first_of(layer, _RGB)),
            ("colour_infrared", "Colour infrared", _first_of(layer, _INFRARED)),
        )
        if bands
    ]
    if not composites and len(layer.bands) == len(_RGB[0]):
        composites = [_style(layer, "bands", "Its three bands", layer.bands)]
    bands = (_style(layer, f"band.{b.name}", b.name, (b,), "Bands", "grey") for b in layer.bands)
    return (*composites, *bands)


def _first_of(layer: Layer, names: tuple[tuple[str, ...], ...]) -> tuple[Band, ...]:
    """Return the bands of the first list of names that the layer has; none if there is no such."""
    known = {band.name.lower(): band for band in layer.bands}
    found = (own for own in names if known.keys() >= set(own))
    return tuple(known[name] for name in next(found, ()))


def _style(
    layer: Layer,
    style_id: str,
    title: str,
    bands: tuple[Band, ...],
    group: str = "Composites",
    ramp: RampName | None = None,
) -> Style:
    low, high = _range(layer)
    return Style(
        style_id,
        title,
        layer.name,
        tuple(Channel(band.name, low, high) for band in bands),
        tuple(dict.fromkeys(band.name for band in bands)),
        min(band.gsd_m for band in bands),
        group,
        ", ".join(band.name for band in bands),
        ramp,
        natural=None if layer.kind == "picture" else _NATURAL,
    )


def _range(layer: Layer) -> Pair:
    """Return what is shown where the dataset's own percentiles are not known."""
    return (0.0, _BRIGHT / layer.reflectance) if layer.reflectance else _LEVELS
