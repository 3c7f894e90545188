"""What lies at one point: the topmost patch, and every value of every layer there."""

import math
import re
from collections.abc import Mapping

import numpy as np
from starlette.responses import Response

from eoexplore.core import mercator, mgrs
from eoexplore.core.errors import DataMissing, FileUnreadable
from eoexplore.core.types import Classes, Layer
from eoexplore.tiles import answers
from eoexplore.tiles.originals import READER
from eoexplore.tiles.patches import BandFile, Content
from eoexplore.tiles.queries import Asked, Noted, Query
from eoexplore.tiles.scene import Scene, Shown

PIXEL_M = 10
"""Pixel that row and column count in."""
Json = Mapping[str, object]
_NUMBER = r"-?\d{1,3}(?:\.\d{1,15})?"


def point(scene: Scene, shown: Shown, lon: float, lat: float) -> Json | None:
    """Return the topmost shown patch at a point as JSON data, or none.

    Pixels are half-open: a pixel owns its upper and left edge.
    """
    row = scene.places.row_at(lon, lat, shown.tops(""))
    if row is None:
        return None
    samples = scene.samples
    epsg, left, top = (int(values[row]) for values in (samples.epsg, samples.left, samples.top))
    east, north = mgrs.to_utm(epsg).transform(lon, lat)
    last = mgrs.PATCH_M / PIXEL_M - 1
    column = int(np.clip(np.floor((east - left) / PIXEL_M), 0, last))
    line = int(np.clip(np.floor((top - north) / PIXEL_M), 0, last))
    return {
        "id": samples.frame["id"].iloc[row],
        "outline": outline(scene, row),
        "pixel": _pixel(epsg, left + PIXEL_M * (column + 0.5), top - PIXEL_M * (line + 0.5))
        | {"row": line, "column": column},
        "values": _values(scene, row, line * PIXEL_M, column * PIXEL_M),
        "units": {
            layer.name: layer.unit
            for layer in scene.opened.dataset.layers
            if layer.kind != "categorical"
        },
    }


def outline(scene: Scene, row: int) -> list[list[float]]:
    """Return a patch's closed outline as [lon, lat] pairs."""
    corners = scene.samples.outlines[row].round(7).tolist()
    return [*corners, corners[0]]


def _pixel(epsg: int, easting: float, northing: float) -> dict[str, object]:
    lon, lat = mgrs.to_lonlat(epsg).transform(easting, northing)
    return {
        "lon": round(lon, 7),
        "lat": round(lat, 7),
        "easting": easting,
        "northing": northing,
        "epsg": epsg,
    }


def _values(scene: Scene, row: int, down_m: float, right_m: float) -> dict[str, object]:
    """Return the stored values at a place of a patch, given in metres from its corner."""
    found: dict[str, object] = {}
    classes = scene.opened.dataset.classes
    for layer in scene.opened.dataset.layers:
        if not scene.samples.has(layer.name)[row]:
            continue
        key = str(scene.samples.frame[layer.key].iloc[row])
        files = [BandFile(key, layer.name, band.name) for band in layer.bands]
        contents = READER.fetch(scene.opened.dataset, files)
        values = _of_layer(layer, contents, down_m, right_m)
        if values:
            found[layer.name] = _code(values, classes) if layer.kind == "categorical" else values
    return found


def _of_layer(
    layer: Layer, contents: list[Content], down_m: float, right_m: float
) -> dict[str, object]:
    """Return the value of each band that is there, or the sentence that says what is wrong."""
    values: dict[str, object] = {}
    for band, content in zip(layer.bands, contents, strict=True):
        if isinstance(content, FileUnreadable):
            # The reader's own sentence names the file; a visitor needs no file name.
            return {"error": f"A {layer.title} file of this patch is damaged or cut short."}
        if not isinstance(content, DataMissing):
            value = content[int(down_m // band.gsd_m), int(right_m // band.gsd_m)]
            values[band.name] = _number(value, layer.nodata)
    return values


def _number(value: np.generic, nodata: float | None) -> int | float | None:
    number = value.item()
    if number == nodata or math.isnan(number):
        return None
    # The shortest text of a 32-bit number, not that of its 64-bit neighbour: -11.2, not -11.19999.
    return float(str(value)) if isinstance(number, float) else int(number)


def _code(values: dict[str, object], classes: Classes) -> dict[str, object]:
    if "error" in values:
        return values
    code = next(iter(values.values()))
    if not isinstance(code, int):
        return {"code": None, "name": "No data", "class": None}
    name = classes.codes[code][0] if code in classes.codes else "Unknown code"
    return {"code": code, "name": name, "class": classes.class_of(code).name}


def _answer(asked: Asked) -> Noted | Response:
    lon, lat = float(asked.parts["lon"]), float(asked.parts["lat"])
    if abs(lon) > 180 or abs(lat) > mercator.MAX_LATITUDE:
        return answers.NO_PATCH
    shown, notices = asked.shown()
    found = point(asked.scene, shown, lon, lat)
    return answers.NO_PATCH if found is None else Noted(found, notices)


QUERIES = (
    Query("point", re.compile(rf"(?P<lon>{_NUMBER})/(?P<lat>{_NUMBER})", re.ASCII), _answer),
)
