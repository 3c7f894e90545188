"""What the colours of a layer mean: the legend of one style, as JSON."""

import re
from typing import Any

import numpy as np

from eoexplore.core import nomenclature
from eoexplore.core.types import Classes, LabelClass, Layer
from eoexplore.render import palettes
from eoexplore.render.composites import styles_of
from eoexplore.render.paint import colours_of
from eoexplore.render.styles import Channel, Style
from eoexplore.store.catalog import Opened
from eoexplore.tiles import own, predicted
from eoexplore.tiles.colourings import footprint_legend, footprint_style
from eoexplore.tiles.imagery import unpacked
from eoexplore.tiles.overview import density_legend, density_style
from eoexplore.tiles.queries import Asked, Noted, Query
from eoexplore.tiles.ranges import look, sample, schema_of

CHANNEL_COLOURS = ("#d62728", "#2ca02c", "#1f77b4")
"""Marks of the red, green and blue channel."""
_GREY = "#7f7f7f"
_BINS = 64
_BULK = (0.5, 99.5)
_MOST_CODES = 4
_UNITS = {("sar", None): "dB", ("optical", 1e-4): "digital numbers, 10,000 = reflectance 1"}
"""Longer words than the layer's own, by its kind and what makes a reflectance of it."""
_SOURCE = "Publication of the index (formula from the spyndex catalogue)"


def blank(title: str, kind: str, note: str | None = None) -> dict[str, Any]:
    """Return a legend without content, with every key that a reader may look for."""
    return {
        "title": title,
        "note": note,
        "kind": kind,
        "unit": None,
        "entries": [],
        "channels": [],
        "ramp": None,
        "formula": None,
        "source": None,
        "histogram": None,
    }


def entry(key: str, label: str, colour: str, about: str = "") -> dict[str, str]:
    """Return one line of a legend."""
    return {"key": key, "label": label, "colour": colour, "help": about}


def legend(asked: Asked) -> Noted | None:
    """Answer /legend/{dataset}/{layer}?style=&palette=&select=&z=."""
    opened, name, text = asked.opened, asked.parts["layer"], asked.query.get("style", "")
    palette, strange = palettes.known(asked.query.get("palette", ""))
    if name == "footprints":
        colouring, notices = footprint_style(opened, text)
        shown, more = asked.shown()
        found = footprint_legend(asked.scene, shown, colouring)
        return Noted(blank("", "classes") | found, notices + more)
    if name == "density":
        colouring, notices = density_style(text)
        found = density_legend(asked.scene, colouring, palette, asked.number("z", 0, 0, 22))
        return Noted(blank("", "steps") | found, notices + strange)
    if name == own.ID or name.startswith(predicted.PREFIX):
        is_own = name == own.ID
        said = own.legend_of(text) if is_own else predicted.legend_of(opened, name, text, palette)
        return Noted(blank("", "classes") | said, ()) if said else None
    layer = asked.scene.layer(name)
    if layer is None or not styles_of(layer):
        return None
    style, notices = look(opened, name, text)
    notices += unpacked(opened, style)
    if style.categorical:
        return Noted(_classes(opened, style, palette), notices + strange)
    return Noted(_picture(opened, layer, style), notices)


def _classes(opened: Opened, style: Style, palette: str) -> dict[str, Any]:
    schema = palettes.coloured(schema_of(opened.dataset.classes, style), palette)
    entries = [
        entry(nomenclature.key_of(item), item.name, item.colour, _codes(schema, item))
        for item in (*schema.classes, schema.unlabelled)
    ]
    note = "Lines on either side of each border" if style.options.line else None
    return blank(schema.name, "classes", note) | {"entries": entries}


def _codes(schema: Classes, item: LabelClass) -> str:
    """Return the CORINE codes of a class; of many, the first ones."""
    if len(item.codes) > _MOST_CODES:
        return f"CORINE {', '.join(map(str, item.codes[:_MOST_CODES]))} and more"
    named = [f"{code} {schema.codes[code][0]}" for code in item.codes if code in schema.codes]
    return "CORINE " + "; ".join(named) if named else ""


def _picture(opened: Opened, layer: Layer, style: Style) -> dict[str, Any]:
    counted = histogram(opened, layer, style)
    found = blank(style.title, "channels", _note(style, sampled=counted is not None)) | {
        "unit": _UNITS.get((layer.kind, layer.reflectance), layer.unit),
        "histogram": counted,
    }
    if len(style.channels) > 1:
        return found | {"channels": _channels(layer, style)}
    (channel,) = style.channels
    ramp = {"colours": colours_of(style), "low": channel.low, "high": channel.high}
    found |= {"kind": "ramp", "ramp": ramp}
    if channel.index is None:
        return found | {"title": band_title(layer, channel)}
    return found | {
        "title": f"{channel.index.name}: {channel.index.title}",
        "unit": None,
        "formula": f"{channel.index.name} = {channel.index.explained}",
        "source": {"text": _SOURCE, "url": channel.index.reference},
    }


def _note(style: Style, sampled: bool) -> str | None:
    parts = []
    if style.percentiles:
        low, high = style.percentiles
        ends = f"{low:g} % to {high:g} %"
        later = "" if sampled else ", once the index has sampled it"
        parts.append(f"Percentiles of the dataset: {ends}{later}")
    if style.options.gamma != 1:
        parts.append(f"Gamma {style.options.gamma:g}")
    if style.options.inverse:
        parts.append("Inverse")
    return "; ".join(parts) or None


def _channels(layer: Layer, style: Style) -> list[dict[str, Any]]:
    return [
        {
            "label": band_title(layer, channel),
            "colour": colour,
            "low": channel.low,
            "high": channel.high,
        }
        for channel, colour in zip(style.channels, CHANNEL_COLOURS, strict=True)
    ]


def band_title(layer: Layer, channel: Channel) -> str:
    """Return what a channel shows, as a user reads it."""
    if channel.index is not None:
        return channel.index.name
    if channel.minus:
        return f"{channel.band} − {channel.minus}"
    title = layer.band(channel.band).title
    return title if title.startswith(channel.band) else f"{channel.band} {title}"


def histogram(opened: Opened, layer: Layer, style: Style) -> list[dict[str, Any]] | None:
    """Return how often values occur in the index's sample of the dataset's pixels.

    Args:
        opened: the dataset.
        layer: layer of the style.
        style: a style of pictures, with its ranges in place.

    Returns:
        One entry per channel, over the range that is shown or the bulk of the values, whichever
        reaches further; none while there is no sample.
    """
    one = len(style.channels) == 1
    found = []
    for channel, colour in zip(style.channels, (_GREY,) if one else CHANNEL_COLOURS, strict=True):
        values = sample(opened.folder, layer.name, channel)
        if values is None or not len(values):
            return None
        bulk = np.percentile(values, _BULK)
        ends = min(channel.low, float(bulk[0])), max(channel.high, float(bulk[1]))
        counts, edges = np.histogram(values, _BINS, ends)
        found.append(
            {
                "label": band_title(layer, channel),
                "colour": colour,
                "edges": [float(f"{edge:.5g}") for edge in edges],
                "counts": counts.tolist(),
            }
        )
    return found


QUERIES = (Query("legend", re.compile(r"(?P<layer>[^/]+)"), legend),)
