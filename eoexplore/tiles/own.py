"""What a model said of a file of one's own, as tiles over the map of a dataset.

The file is named by its random id. It is ours: written by a prediction, not by whoever sent it.
"""

import re
from typing import Any
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
import rasterio
from pyproj import Transformer
from rasterio.errors import RasterioError
from rasterio.windows import Window

from eoexplore.core import mercator
from eoexplore.core.errors import UnknownName
from eoexplore.jobs import geotiff_inference, uploads
from eoexplore.jobs.geotiff_inference import Result
from eoexplore.render.colours import RGBA, rgb
from eoexplore.render.encode import encode_rgba
from eoexplore.render.warp import View
from eoexplore.store.folder import file_stamp
from eoexplore.tiles.queries import Asked, Query
from eoexplore.tiles.tile import Answer

ID = "own"
"""Name of the layer on the map."""
_MAX_ZOOM = 18
_RASTER = "classes.tif"


def layer_of(slug: str, upload_id: str) -> tuple[dict[str, Any], list[float]] | None:
    """Return a prediction as a layer of `layers.describe`, and its bounds in degrees.

    Args:
        slug: of the dataset whose map it is shown on.
        upload_id: of the file.

    Returns:
        None where there is no such file, or no map of classes of it.
    """
    found = _result(upload_id)
    if found is None:
        return None
    model = str(found.details.get("model", ""))[:80]
    layer = {
        "id": ID,
        "title": "Prediction of your file",
        "kind": "own",
        "visible": True,
        "opacity": 1.0,
        "url": f"/{ID}/{quote(slug, safe='')}/{upload_id}/{{z}}/{{x}}/{{y}}.png"
        f"?v={file_stamp(found.folder / geotiff_inference.RESULT)[0]}",
        # The legend is asked for with the style alone, so that has to name the file.
        "styles": [{"id": upload_id, "title": model, "group": "", "help": "", "disabled": None}],
        "style": upload_id,
        "controls": [],
        "min_zoom": 0,
        "max_zoom": _MAX_ZOOM,
        "disabled": None,
    }
    return layer, list(found.bounds)


def legend_of(upload_id: str) -> dict[str, Any] | None:
    """Return title, note and entries of a legend: the classes that were found, largest first."""
    found = _result(upload_id)
    if found is None:
        return None
    named = {str(item["name"]): str(item["colour"]) for item in found.details["classes"]}
    entries = [
        {"key": name, "label": name, "colour": named[name], "help": f"{area:,.1f} ha"}
        for name, area in found.hectares.items()
        if area
    ]
    note = (
        "By a model that was trained on synthetic imagery" if found.details["synthetic"] else None
    )
    return {"title": "Prediction of your file", "note": note, "entries": entries}


def _result(upload_id: str) -> Result | None:
    try:
        found = geotiff_inference.read_result(uploads.find(upload_id).result)
    except UnknownName:
        return None
    return found if found is not None and _RASTER in found.files else None


def _answer(asked: Asked) -> Answer | None:
    z, x, y = (int(asked.parts[name]) for name in "zxy")
    found = _result(asked.parts["id"])
    if found is None or z > _MAX_ZOOM or max(x, y) >= 1 << z:
        return None
    try:
        picture = _picture(found, View(z, x, y))
    except (RasterioError, OSError):
        # It may be deleted, or predicted anew, while it is read.
        return None
    return Answer(encode_rgba(picture, "png"), "image/png")


def colours(found: Result) -> RGBA:
    """Return the colour of each code, shape (65536, 4); codes of no class stay transparent."""
    table = np.zeros((65_536, 4), np.uint8)
    for item in found.details["classes"]:
        table[int(item["code"])] = (*rgb(str(item["colour"])), 255)
    return table


def _picture(found: Result, view: View) -> RGBA:
    """Return the colour of the file's pixel under the middle of each of a tile.

    Not by a warped VRT of GDAL: one of those switches VRT files on again in the whole process.
    """
    east, north = _middles(view)
    with rasterio.open(found.folder / _RASTER, driver="GTiff") as file:
        x, y = Transformer.from_crs(3857, file.crs, always_xy=True).transform(east, north)
        back = ~file.transform
        column = back.a * x + back.b * y + back.c
        row = back.d * x + back.e * y + back.f
        inside = (column >= 0) & (column < file.width) & (row >= 0) & (row < file.height)
        # Transparent outside, where no code stands for anything.
        picture = np.zeros((*inside.shape, 4), np.uint8)
        if inside.any():
            picture[inside] = colours(found)[_read(file, row[inside], column[inside])]
    return picture


def _middles(view: View) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return eastings and northings (EPSG:3857) of the middles of a tile's pixels."""
    places = np.arange(mercator.TILE) + 0.5
    own = view.transform
    return np.meshgrid(own.a * places + own.c, own.e * places + own.f)[:2]


def _read(
    file: rasterio.DatasetReader, row: npt.NDArray[np.float64], column: npt.NDArray[np.float64]
) -> npt.NDArray[np.integer]:
    """Return the codes at places of a file in pixels; far out, those of its overviews."""
    top, left = int(row.min()), int(column.min())
    high, wide = int(row.max()) + 1 - top, int(column.max()) + 1 - left
    times = max(1, -(-max(high, wide) // (4 * mercator.TILE)))
    shape = (-(-high // times), -(-wide // times))
    values = file.read(1, window=Window(left, top, wide, high), out_shape=shape)
    down = np.minimum(((row - top) * (shape[0] / high)).astype(np.intp), shape[0] - 1)
    right = np.minimum(((column - left) * (shape[1] / wide)).astype(np.intp), shape[1] - 1)
    codes: npt.NDArray[np.integer] = values[down, right]
    return codes


QUERIES = (
    Query(
        ID,
        re.compile(r"(?P<id>[0-9a-f]{32})/(?P<z>\d{1,2})/(?P<x>\d{1,7})/(?P<y>\d{1,7})\.png", re.A),
        _answer,
    ),
)
