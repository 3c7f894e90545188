"""What lies at one point: the topmost patch, and every value of every layer there."""

import math
import re
from collections.abc import Mapping, Sequence

import numpy as np
from starlette.responses import Response

from eoexplore.core import mercator, mgrs
from eoexplore.core.errors import DataMissing, FileUnreadable
from eoexplore.core.nomenclature import key_of
from eoexplore.core.types import Classes, Layer
from eoexplore.tiles import answers, sealed
from eoexplore.tiles.grids import PATCH, PIXEL_M, Grid, contents_of, grid_of
from eoexplore.tiles.patches import Content
from eoexplore.tiles.queries import Asked, Noted, Query
from eoexplore.tiles.scene import Scene, Shown

Json = Mapping[str, object]
_NUMBER = r"-?\d{1,3}(?:\.\d{1,15})?"


def point(
    scene: Scene, shown: Shown, lon: float, lat: float, layers: Sequence[str] = ()
) -> Json | None:
    """Return the patch that is drawn at a point as JSON data, or none.

    Pixels are half-open: a pixel owns its upper and left edge.

    Args:
        scene: the dataset.
        shown: the shown patches.
        lon: longitude in degrees.
        lat: latitude in degrees.
        layers: names of the layers that are drawn, topmost first: a patch without any of them
            lies hidden below one that has it.
    """
    row = _topmost(scene, shown, lon, lat, layers)
    if row is None:
        return None
    samples = scene.samples
    epsg, left, top = (int(values[row]) for values in (samples.epsg, samples.left, samples.top))
    east, north = mgrs.to_utm(epsg).transform(lon, lat)
    column = int(np.clip(np.floor((east - left) / PIXEL_M), 0, PATCH.columns - 1))
    line = int(np.clip(np.floor((top - north) / PIXEL_M), 0, PATCH.rows - 1))
    return {
        "id": samples.frame["id"].iloc[row],
        "outline": outline(scene, row),
        "pixel": place(scene, row, line, column),
        "values": values_at(scene, row, line, column),
        "units": units(scene),
    }


def _topmost(
    scene: Scene, shown: Shown, lon: float, lat: float, layers: Sequence[str]
) -> int | None:
    for name in (*layers, ""):
        row = scene.places.row_at(lon, lat, shown.tops(name))
        if row is not None:
            return row
    return None


def outline(scene: Scene, row: int) -> list[list[float]] | None:
    """Return a sample's closed outline as [lon, lat] pairs; none where it has no place."""
    if not scene.samples.located[row]:
        return None
    corners = scene.samples.outlines_of(np.array([row]))[0].round(7).tolist()
    return [*corners, corners[0]]


def units(scene: Scene) -> Json:
    """Return the unit of each layer's values; codes have none."""
    layers = scene.opened.dataset.layers
    return {layer.name: layer.unit for layer in layers if layer.kind != "categorical"}


def place(scene: Scene, row: int, line: int, column: int) -> Json:
    """Return where the centre of a sample's pixel lies, in degrees and in UTM metres.

    A sample without a place has row and column only.
    """
    samples = scene.samples
    if not samples.located[row]:
        nowhere = dict.fromkeys(("lon", "lat", "easting", "northing", "epsg"))
        return {"row": line, "column": column, **nowhere}
    epsg, left, top = (int(values[row]) for values in (samples.epsg, samples.left, samples.top))
    easting, northing = left + PIXEL_M * (column + 0.5), top - PIXEL_M * (line + 0.5)
    lon, lat = mgrs.to_lonlat(epsg).transform(easting, northing)
    return {
        "row": line,
        "column": column,
        "lon": round(lon, 7),
        "lat": round(lat, 7),
        "easting": easting,
        "northing": northing,
        "epsg": epsg,
    }


def values_at(scene: Scene, row: int, line: int, column: int) -> Json:
    """Return the stored values of all layers at a pixel of a sample, by layer and band."""
    found: dict[str, object] = {}
    grid = grid_of(scene, row)
    classes = scene.opened.dataset.classes
    for layer in scene.opened.dataset.layers:
        if not scene.samples.has(layer.name)[row]:
            continue
        if sealed.sentence(scene.opened.dataset, layer.name):
            found[layer.name] = {"error": sealed.NO_VALUES}
            continue
        contents = contents_of(scene, row, layer.name, [band.name for band in layer.bands])
        values = _of_layer(layer, contents, grid, line, column)
        if values:
            found[layer.name] = _code(values, classes) if layer.kind == "categorical" else values
    return found


def _of_layer(
    layer: Layer, contents: list[Content], grid: Grid, line: int, column: int
) -> dict[str, object]:
    """Return the value of each band that is there, or the sentence that says what is wrong."""
    values: dict[str, object] = {}
    for band, content in zip(layer.bands, contents, strict=True):
        if isinstance(content, FileUnreadable):
            # The reader's own sentence names the file; a visitor needs no file name.
            return {"error": f"A {layer.title} file of this patch is damaged or cut short."}
        if not isinstance(content, DataMissing):
            value = content[grid.within(line, column, content)]
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
        return {"code": None, "name": "No data", "class": None, "key": None}
    name = classes.codes[code][0] if code in classes.codes else "Unknown code"
    found = classes.class_of(code)
    return {"code": code, "name": name, "class": found.name, "key": int(key_of(found))}


def _answer(asked: Asked) -> Noted | Response:
    lon, lat = float(asked.parts["lon"]), float(asked.parts["lat"])
    if abs(lon) > 180 or abs(lat) > mercator.MAX_LATITUDE:
        return answers.NO_PATCH
    shown, notices = asked.shown()
    known = {layer.name for layer in asked.opened.dataset.layers}
    drawn = [name for name in asked.query.get("layers", "").split(",") if name in known]
    found = point(asked.scene, shown, lon, lat, drawn[: len(known)])
    return answers.NO_PATCH if found is None else Noted(found, notices)


QUERIES = (
    Query("point", re.compile(rf"(?P<lon>{_NUMBER})/(?P<lat>{_NUMBER})", re.ASCII), _answer),
)
