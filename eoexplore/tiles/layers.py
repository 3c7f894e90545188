"""From a dataset and a selection to the description of its map: layers, addresses, legends.

The description is plain JSON. The map viewer draws it; other renderers can read it as well.
"""

import functools
import math
from typing import Any
from urllib.parse import quote, urlencode

import numpy as np
import numpy.typing as npt

from eoexplore.core.selection import Selection
from eoexplore.core.types import Layer
from eoexplore.render import colours
from eoexplore.render.composites import Channel, Style, styles_of
from eoexplore.store import selections
from eoexplore.store.catalog import Opened
from eoexplore.store.samples import Samples
from eoexplore.tiles.imagery import MOSAIC_ZOOM, ORIGINALS_ZOOM

MAX_ZOOM = 18
_FORMATS = {"optical": "webp", "sar": "webp", "categorical": "png"}
_OPACITY = {"footprints": 0.8}
_FAR_APART_DEGREES = 5.0
_ONLINE = {
    "title": "OpenStreetMap (online)",
    "url": "https://tile.openstreetmap.org/{z}/{x}/{y}.png",
    "attribution": "© OpenStreetMap contributors",
}


def describe(opened: Opened, selection: Selection) -> dict[str, Any]:
    """Return the map of a dataset as JSON.

    Args:
        opened: dataset and index.
        selection: what is shown of it.

    Returns:
        Layers from bottom to top, with addresses relative to the server's base path.
    """
    query = {"select": selections.text_of(selection), "v": opened.version}
    gaps = missing_bands(opened)
    imagery = [_imagery(opened, layer, query, gaps) for layer in opened.dataset.layers]
    return {
        "dataset": opened.slug,
        "synthetic": opened.dataset.synthetic,
        "start": _first_view(opened.samples),
        "goto": None,
        "query": _query(query),
        "outlines": "/assets/countries-50m.json",
        "online": _ONLINE,
        "imagery_zoom": MOSAIC_ZOOM,
        # Mosaics appear one by one; meanwhile the originals alone are whole.
        "whole_zoom": None if opened.state.complete else ORIGINALS_ZOOM,
        "layers": [
            _density(opened, query),
            # Radar lies under the optical picture: of two opaque pictures one is shown first.
            *sorted(imagery, key=lambda item: _ORDER.get(item["id"], 0)),
            _footprints(opened, query),
        ],
    }


_ORDER = {"s1": -1, "reference_map": 1}


def missing_bands(opened: Opened) -> dict[str, tuple[str, ...]]:
    """Return the bands that no patch of a layer has, by layer."""
    found: dict[str, tuple[str, ...]] = {}
    for (layer, band), count in opened.dataset.missing_bands().items():
        if count >= int(opened.samples.has(layer).sum()):
            found[layer] = (*found.get(layer, ()), band)
    return found


@functools.lru_cache(maxsize=4)
def _first_view(samples: Samples) -> list[float]:
    # The same at every run of the page, and a tenth of a second for half a million samples.
    return good_bounds(samples, np.ones(len(samples), bool))


def good_bounds(samples: Samples, shown: npt.NDArray[np.bool_]) -> list[float]:
    """Return west, south, east, north (degrees) of a good view of some samples.

    All of them, unless they lie in small groups far apart, where the picture would be a few dots
    on an empty continent: then the largest group.

    Args:
        samples: sample table.
        shown: which samples, shape (n,); all when it is none of them.
    """
    if not shown.any():
        return list(samples.bounds)
    bounds = _bounds(samples.outlines[shown])
    west, south, east, north = bounds
    if max(east - west, north - south) < _FAR_APART_DEGREES:
        return bounds
    cells = np.unique(np.floor(samples.lon[shown]) * 360 + np.floor(samples.lat[shown]))
    if len(cells) > (east - west) * (north - south) * 0.05:
        return bounds
    zone, counts = np.unique(samples.epsg[shown], return_counts=True)
    return _bounds(samples.outlines[shown & (samples.epsg == zone[counts.argmax()])])


def _bounds(outlines: npt.NDArray[np.float64]) -> list[float]:
    corners = outlines.reshape(-1, 2)
    return [*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist()]


def tile_url(slug: str, layer: str, extension: str, query: dict[str, str]) -> str:
    """Return the address of a layer's tiles, with {z}, {x} and {y} left to the map."""
    path = f"/tiles/{quote(slug, safe='')}/{quote(layer, safe=':')}"
    return f"{path}/{{z}}/{{x}}/{{y}}.{extension}?{_query(query)}"


def _query(query: dict[str, str]) -> str:
    # Braces are percent-encoded by this, so that data never looks like a part of the template.
    return urlencode({key: value for key, value in query.items() if value}, quote_via=quote)


def _imagery(
    opened: Opened, layer: Layer, query: dict[str, str], gaps: dict[str, tuple[str, ...]]
) -> dict[str, Any]:
    there = bool(opened.samples.has(layer.name).any())
    styles = [_style(opened, layer, style, query, gaps) for style in styles_of(layer.name)]
    noun = "a reference map" if layer.kind == "categorical" else f"{layer.title} images"
    return {
        "id": layer.name,
        "title": layer.title,
        "visible": layer.kind == "optical" and there,
        "opacity": _OPACITY.get(layer.name, 1.0),
        "styles": styles,
        "style": next((s["id"] for s in styles if not s["disabled"]), styles[0]["id"]),
        "min_zoom": MOSAIC_ZOOM,
        "max_zoom": MAX_ZOOM,
        "disabled": None if there else f"No patch of this copy has {noun}.",
    }


def _style(
    opened: Opened,
    layer: Layer,
    style: Style,
    query: dict[str, str],
    gaps: dict[str, tuple[str, ...]],
) -> dict[str, Any]:
    lacking = [band for band in style.bands if band in gaps.get(layer.name, ())]
    verb = "is" if len(lacking) == 1 else "are"
    return {
        "id": style.id,
        "title": style.title,
        "url": tile_url(
            opened.slug, layer.name, _FORMATS[layer.kind], {"style": style.id, **query}
        ),
        "legend": _legend(opened, layer, style),
        "disabled": f"{', '.join(lacking)} {verb} missing in all patches." if lacking else None,
    }


def _legend(opened: Opened, layer: Layer, style: Style) -> dict[str, Any]:
    if style.categorical:
        classes = opened.dataset.classes
        items = (*classes.classes, classes.unlabelled)
        return {
            "title": classes.name,
            "note": None,
            "entries": [{"label": item.name, "colour": item.colour} for item in items],
        }
    names = ("#d62728", "#2ca02c", "#1f77b4")
    entries = []
    for channel, colour in zip(style.channels, names, strict=True):
        limits = f"{channel.low:g} to {channel.high:g}".replace("-", "−")
        entries.append({"label": f"{_channel_title(layer, channel)}, {limits}", "colour": colour})
    unit = "dB" if layer.kind == "sar" else "digital numbers, 10,000 = reflectance 1"
    return {"title": style.title, "note": f"Red, green, blue; {unit}", "entries": entries}


def _channel_title(layer: Layer, channel: Channel) -> str:
    if channel.minus:
        return f"{channel.band} − {channel.minus}"
    title = layer.band(channel.band).title
    return title if title.startswith(channel.band) else f"{channel.band} {title}"


def _footprints(opened: Opened, query: dict[str, str]) -> dict[str, Any]:
    frame = opened.samples.frame
    present = [name for name in colours.SPLITS if (frame["split"] == name).any()]
    imagery = any(opened.samples.has(layer.name).any() for layer in opened.dataset.layers)
    entries = [
        {"label": name.capitalize() or "Unknown split", "colour": colours.SPLITS[name]}
        for name in present
    ]
    return {
        "id": "footprints",
        "title": "Footprints",
        # Without pictures, or while they are being packed, the outlines are all there is to see.
        "visible": not imagery or not opened.state.complete,
        "opacity": _OPACITY["footprints"],
        "styles": [
            {
                "id": "split",
                "title": "by split",
                "url": tile_url(opened.slug, "footprints", "png", query),
                "legend": {"title": "Split", "note": None, "entries": entries},
                "disabled": None,
            }
        ],
        "style": "split",
        "min_zoom": MOSAIC_ZOOM,
        "max_zoom": MAX_ZOOM,
        "disabled": None,
    }


def _density(opened: Opened, query: dict[str, str]) -> dict[str, Any]:
    first, *_, last = colours.DENSITY
    middle = colours.DENSITY[math.ceil(len(colours.DENSITY) / 2)]
    return {
        "id": "density",
        "title": "Density",
        "visible": True,
        "opacity": 1.0,
        "styles": [
            {
                "id": "count",
                "title": "patches",
                "url": tile_url(opened.slug, "density", "png", query),
                "legend": {
                    "title": "Patches per area",
                    "note": f"Further out than zoom {MOSAIC_ZOOM}; light is one patch, dark the "
                    "fullest square of the dataset at the same zoom",
                    "entries": [
                        {"label": "few", "colour": first},
                        {"label": "some", "colour": middle},
                        {"label": "many", "colour": last},
                    ],
                },
                "disabled": None,
            }
        ],
        "style": "count",
        "min_zoom": 0,
        "max_zoom": MOSAIC_ZOOM - 1,
        "disabled": None,
    }
