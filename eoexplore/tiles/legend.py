"""What the colours of a layer mean: the legend of one style, as JSON."""

import math
import re
from typing import Any

from eoexplore.core.types import Layer
from eoexplore.render import colours
from eoexplore.render.composites import Channel, Style
from eoexplore.store.catalog import Opened
from eoexplore.tiles.imagery import MOSAIC_ZOOM
from eoexplore.tiles.queries import Asked, Noted, Query
from eoexplore.tiles.tile import style_or_default

CHANNEL_COLOURS = ("#d62728", "#2ca02c", "#1f77b4")
"""Marks of the red, green and blue channel."""


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
    """Answer /legend/{dataset}/{layer}?style=&palette=&z=."""
    opened, name = asked.opened, asked.parts["layer"]
    if name == "footprints":
        return Noted(_splits(opened), ())
    if name == "density":
        return Noted(_density(), ())
    layer = asked.scene.layer(name)
    if layer is None:
        return None
    style, notices = style_or_default(name, asked.query.get("style", ""))
    return Noted(_classes(opened) if style.categorical else _channels(layer, style), notices)


def _classes(opened: Opened) -> dict[str, Any]:
    classes = opened.dataset.classes
    items = (*classes.classes, classes.unlabelled)
    keys = [*(item.codes[0] for item in classes.classes), 999]
    entries = [
        entry(str(key), item.name, item.colour) for key, item in zip(keys, items, strict=True)
    ]
    return blank(classes.name, "classes") | {"entries": entries}


def _channels(layer: Layer, style: Style) -> dict[str, Any]:
    channels = [
        {
            "label": _title(layer, channel),
            "colour": colour,
            "low": channel.low,
            "high": channel.high,
        }
        for channel, colour in zip(style.channels, CHANNEL_COLOURS, strict=True)
    ]
    unit = "dB" if layer.kind == "sar" else "digital numbers, 10,000 = reflectance 1"
    return blank(style.title, "channels") | {"unit": unit, "channels": channels}


def _title(layer: Layer, channel: Channel) -> str:
    if channel.minus:
        return f"{channel.band} − {channel.minus}"
    title = layer.band(channel.band).title
    return title if title.startswith(channel.band) else f"{channel.band} {title}"


def _splits(opened: Opened) -> dict[str, Any]:
    split = opened.samples.frame["split"]
    present = [name for name in colours.SPLITS if (split == name).any()]
    entries = [
        entry(name, name.capitalize() or "Unknown split", colours.SPLITS[name]) for name in present
    ]
    return blank("Split", "classes") | {"entries": entries}


def _density() -> dict[str, Any]:
    first, *_, last = colours.DENSITY
    middle = colours.DENSITY[math.ceil(len(colours.DENSITY) / 2)]
    note = (
        f"Further out than zoom {MOSAIC_ZOOM}; light is one patch, dark the fullest square of the "
        "dataset at the same zoom"
    )
    steps = (("few", first), ("some", middle), ("many", last))
    return blank("Patches per area", "steps", note) | {
        "entries": [entry(word, word, colour) for word, colour in steps]
    }


QUERIES = (Query("legend", re.compile(r"(?P<layer>[^/]+)"), legend),)
