"""From a dataset and a selection to the description of its map: layers, styles, addresses.

The description is plain JSON. The map viewer draws it; other renderers can read it as well.
Legends are not in it: the viewer asks for those of the layers that it shows.
"""

import weakref
from typing import Any
from urllib.parse import quote, urlencode

import numpy as np
import numpy.typing as npt
import pandas as pd

from eoexplore.core import settings
from eoexplore.core.selection import Selection
from eoexplore.core.types import Dataset, Layer
from eoexplore.render.composites import styles_of
from eoexplore.render.styles import Style
from eoexplore.store import selections
from eoexplore.store.catalog import Opened
from eoexplore.store.samples import Samples
from eoexplore.tiles import predicted, sealed
from eoexplore.tiles.colourings import footprint_styles
from eoexplore.tiles.imagery import MOSAIC_ZOOM, ORIGINALS_ZOOM
from eoexplore.tiles.overview import density_styles
from eoexplore.tiles.tours import tours_of

MAX_ZOOM = 18
MOST_DATES = 400
"""Days listed in a description; a dataset has a hundred."""
_CONTROLS = {
    "optical": ["stretch"],
    "sar": ["stretch"],
    "picture": ["stretch"],
    "categorical": ["classes", "line"],
}
_OPACITY = {"footprints": 0.8}
_FAR_APART_DEGREES = 5.0
_ALL_ASKED = 20_000
_ASKED = 500
"""Patches that are looked at for a band where there are more than the above."""
_Gaps = dict[tuple[bool, ...], dict[str, tuple[str, ...]]]
_gaps: "weakref.WeakKeyDictionary[Dataset, _Gaps]" = weakref.WeakKeyDictionary()
_ONLINE = {
    "title": "OpenStreetMap (online)",
    "url": "https://tile.openstreetmap.org/{z}/{x}/{y}.png",
    "attribution": "© OpenStreetMap contributors",
}


def describe(opened: Opened, selection: Selection, palette: str = "official") -> dict[str, Any]:
    """Return the map of a dataset as JSON.

    Args:
        opened: dataset and index.
        selection: what is shown of it.
        palette: colours of the classes; "official" is left out of addresses.

    Returns:
        Layers from bottom to top, with addresses relative to the server's base path.
    """
    query = _carried(opened, selection, palette)
    return {
        "dataset": opened.slug,
        "synthetic": opened.dataset.synthetic,
        **opened.samples.keep("map", lambda: _of_table(opened.samples)),
        "goto": None,
        "query": _query(query),
        "outlines": "/assets/countries-50m.json",
        "online": _ONLINE,
        "imagery_zoom": MOSAIC_ZOOM,
        # Mosaics appear one by one; meanwhile the originals alone are whole.
        "whole_zoom": None if opened.pictured else _whole_zoom(opened),
        "palette": palette,
        **tours_of(opened),
        "seasons": _seasons(opened.samples),
        "layers": [
            _density(opened, query),
            *_pictures(opened, query),
            *_predictions(opened, query),
            _footprints(opened, query),
        ],
    }


def _predictions(opened: Opened, query: dict[str, str]) -> list[dict[str, Any]]:
    """Return the layers of predicted masks; the style is part of the layer's name in addresses."""
    return [
        {
            **layer,
            "url": f"{predicted.path_of(opened.slug, layer['id'])}?date={{date}}&{_query(query)}",
            "min_zoom": MOSAIC_ZOOM,
            "max_zoom": MAX_ZOOM,
            "disabled": None,
        }
        for layer in predicted.layers_of(opened)
    ]


def _whole_zoom(opened: Opened) -> int:
    """Return the zoom from which pictures need no index; none has it where there are streams."""
    return MAX_ZOOM + 1 if opened.dataset.streams else ORIGINALS_ZOOM


_ORDER = {"s1": -1, "reference_map": 1}


def pictures_of(
    opened: Opened, selection: Selection, palette: str = "official"
) -> tuple[str, list[dict[str, Any]]]:
    """Return the query of `describe`, and its layers that are pictures, from bottom to top."""
    query = _carried(opened, selection, palette)
    return _query(query), _pictures(opened, query)


def _carried(opened: Opened, selection: Selection, palette: str) -> dict[str, str]:
    """Return what every address carries."""
    return {
        "select": selections.text_of(selection),
        "palette": "" if palette == "official" else palette,
        "v": opened.version,
    }


def _pictures(opened: Opened, query: dict[str, str]) -> list[dict[str, Any]]:
    gaps = missing_bands(opened)
    found = [_imagery(opened, layer, query, gaps) for layer in opened.dataset.layers]
    # Radar lies under the optical picture: of two opaque pictures one is shown first.
    return sorted(found, key=lambda item: _ORDER.get(item["id"], 0))


def missing_bands(opened: Opened) -> dict[str, tuple[str, ...]]:
    """Return the bands that no patch of a layer has, by layer; found once for an open dataset."""
    known = _gaps.setdefault(opened.dataset, {})
    # What a stream holds is known once it was read.
    state = tuple(stream.known for stream in opened.dataset.streams)
    if state not in known:
        gaps = {layer.name: _gap(opened, layer) for layer in opened.dataset.layers}
        known[state] = {layer: bands for layer, bands in gaps.items() if bands}
    return known[state]


def _gap(opened: Opened, layer: Layer) -> tuple[str, ...]:
    rows = np.flatnonzero(opened.samples.has(layer.name))
    if not len(rows):
        return ()
    # Where a band is there, the first patch tells; where it is not, an even sample must do.
    step = 1 if len(rows) <= _ALL_ASKED else len(rows) // _ASKED
    keys = opened.samples.frame[layer.key].iloc[rows[::step]]
    found = opened.dataset.bands_found(layer.name, keys)
    return tuple(band.name for band in layer.bands if band.name not in found)


def _of_table(samples: Samples) -> dict[str, Any]:
    """Return the parts of a description that are the same for all selections."""
    return {
        "start": good_bounds(samples, np.ones(len(samples), bool)),
        "dates": _dates(samples),
        "most_dates": _most_dates(samples),
    }


def _dates(samples: Samples) -> list[str]:
    """Return the days on which patches were taken, earliest first; the first MOST_DATES."""
    days = pd.to_datetime(samples.frame["date"]).dropna().dt.normalize().drop_duplicates()
    return [f"{day:%Y-%m-%d}" for day in days.sort_values()[:MOST_DATES]]


def _most_dates(samples: Samples) -> int:
    """Return how many patches of other dates the richest place has: frames of an animation."""
    there = samples.placed
    columns = (samples.tiles[0], samples.x, samples.y)
    tile, x, y = (values[there].astype(np.int64) for values in columns)
    if not len(tile):
        return 0
    # One number for each place of the grids of all tiles.
    place = (tile * (int(y.max()) + 1) + y) * (int(x.max()) + 1) + x
    return int(np.bincount(place).max())


def _seasons(samples: Samples) -> list[str]:
    season = samples.frame["season"].astype("category").cat
    # One more, so that "none" (-1) has a place.
    there = np.bincount(season.codes.to_numpy(np.intp) + 1, minlength=len(season.categories) + 1)
    return [str(name) for name in season.categories[there[1:] > 0] if name]


def good_bounds(samples: Samples, shown: npt.NDArray[np.bool_]) -> list[float]:
    """Return west, south, east, north (degrees) of a good view of some samples.

    All of them, unless they lie in small groups far apart, where the picture would be a few dots
    on an empty continent: then the largest group.

    Args:
        samples: sample table.
        shown: which samples, shape (n,); all when none of them has a place.
    """
    shown = shown & samples.located
    if not shown.any():
        return list(samples.bounds)
    west, south, east, north = bounds = samples.bounds_of(np.flatnonzero(shown))
    if max(east - west, north - south) < _FAR_APART_DEGREES:
        return list(bounds)
    lon, lat = samples.lon[shown] + 180, samples.lat[shown] + 90
    cells = np.count_nonzero(np.bincount(lon.astype(np.intp) * 181 + lat.astype(np.intp)))
    if cells > (east - west) * (north - south) * 0.05:
        return list(bounds)
    zone, counts = np.unique(samples.epsg[shown], return_counts=True)
    largest = shown & (samples.epsg == zone[counts.argmax()])
    return list(samples.bounds_of(np.flatnonzero(largest)))


def tile_url(slug: str, layer: str, extension: str, query: dict[str, str]) -> str:
    """Return the address of a layer's tiles.

    {z}, {x}, {y}, {style} and {date} are left to the map, which percent-encodes the last two; so
    is {r}, the "@2x" of screens of double density, where the extension begins with it.
    """
    path = f"/tiles/{quote(slug, safe='')}/{quote(layer, safe=':')}/{{z}}/{{x}}/{{y}}{extension}"
    return f"{path}?style={{style}}&date={{date}}&{_query(query)}"


def _query(query: dict[str, str]) -> str:
    # Braces are percent-encoded by this, so that data never looks like a part of the template.
    return urlencode({key: value for key, value in query.items() if value}, quote_via=quote)


def _imagery(
    opened: Opened, layer: Layer, query: dict[str, str], gaps: dict[str, tuple[str, ...]]
) -> dict[str, Any]:
    there = bool(opened.samples.has(layer.name).any())
    styles = [_style(style, gaps.get(layer.name, ())) for style in styles_of(layer)]
    noun = "a reference map" if layer.kind == "categorical" else f"{layer.title} images"
    return {
        "id": layer.name,
        "title": layer.title,
        "kind": layer.kind,
        "visible": layer.kind in ("optical", "picture") and there,
        "opacity": _OPACITY.get(layer.name, 1.0),
        "url": tile_url(opened.slug, layer.name, _extension(layer), query),
        "styles": styles,
        "style": next((s["id"] for s in styles if not s["disabled"]), styles[0]["id"]),
        "controls": _CONTROLS[layer.kind],
        "min_zoom": MOSAIC_ZOOM,
        "max_zoom": MAX_ZOOM,
        "disabled": None if there else f"No patch of this copy has {noun}.",
        # Said from the zoom on at which files would be finer than the index.
        "note": sealed.NOTE if sealed.sentence(opened.dataset, layer.name) else None,
        "note_zoom": ORIGINALS_ZOOM,
    }


def _extension(layer: Layer) -> str:
    """Return how the address of a layer's tiles ends: labels are never sent with loss."""
    return "{r}." + ("png" if layer.kind == "categorical" else settings.imagery_format())


def _style(style: Style, gaps: tuple[str, ...]) -> dict[str, Any]:
    lacking = [band for band in style.bands if band in gaps]
    verb = "is" if len(lacking) == 1 else "are"
    return {
        "id": style.id,
        "title": style.title,
        "group": style.group,
        "help": style.help,
        "disabled": f"{', '.join(lacking)} {verb} missing in all patches." if lacking else None,
    }


def _footprints(opened: Opened, query: dict[str, str]) -> dict[str, Any]:
    imagery = any(opened.samples.has(layer.name).any() for layer in opened.dataset.layers)
    return {
        "id": "footprints",
        "title": "Footprints",
        "kind": "footprints",
        # Without pictures, or while they are being packed, the outlines are all there is to see.
        "visible": not imagery or not opened.pictured,
        "opacity": _OPACITY["footprints"],
        "url": tile_url(opened.slug, "footprints", "{r}.png", query),
        "styles": footprint_styles(opened),
        "style": "split",
        "controls": [],
        "min_zoom": MOSAIC_ZOOM,
        "max_zoom": MAX_ZOOM,
        "disabled": None,
    }


def _density(opened: Opened, query: dict[str, str]) -> dict[str, Any]:
    return {
        "id": "density",
        "title": "Density",
        "kind": "density",
        "visible": True,
        "opacity": 1.0,
        "url": tile_url(opened.slug, "density", ".png", query),
        "styles": density_styles(opened),
        "style": "count",
        "controls": [],
        "min_zoom": 0,
        "max_zoom": MOSAIC_ZOOM - 1,
        "disabled": None,
    }
