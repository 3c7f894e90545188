"""One layer of one patch as a GeoTIFF to take away."""

import re
import warnings

import numpy as np
from rasterio.crs import CRS
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

from eoexplore.core.errors import UnknownName
from eoexplore.core.types import Array, Band, Layer
from eoexplore.tiles import sealed
from eoexplore.tiles.grids import PIXEL_M, fitted
from eoexplore.tiles.queries import Asked, Query
from eoexplore.tiles.scene import Scene
from eoexplore.tiles.tile import Answer


def geotiff(scene: Scene, row: int, name: str) -> Answer | None:
    """Return all bands of a layer in one file: 10 m pixels, coarser ones repeated, as stored.

    Of a sample without a place it is a plain TIFF, with the pixels of its finest band.

    Args:
        scene: the dataset.
        row: the patch, as row of the sample table.
        name: name of a layer.

    Returns:
        The file, with a notice for each band that is missing or unreadable and so not in it; none
        if the patch has no such layer, or none of its bands can be read.

    Raises:
        UnknownName: single files of the layer are out of reach.
    """
    layer = scene.layer(name)
    if layer is None or not scene.samples.has(name)[row]:
        return None
    closed = sealed.sentence(scene.opened.dataset, name)
    if closed:
        raise UnknownName(closed)
    whole = [fitted(scene, row, name, [band.name]) for band in layer.bands]
    bands = [(band, found[0]) for band, found in zip(layer.bands, whole, strict=True) if found]
    if not bands:
        return None
    notices = [
        f"{band.name} is not in the file: it is missing or cannot be read."
        for band, found in zip(layer.bands, whole, strict=True)
        if not found
    ]
    body = _encode(scene, row, layer, bands)
    sample = scene.samples.frame["id"].iloc[row]
    return Answer(body, "image/tiff", tuple(notices), f"{sample}_{name}.tif")


def _encode(scene: Scene, row: int, layer: Layer, bands: list[tuple[Band, Array]]) -> bytes:
    pixels = np.stack([array for _, array in bands])
    profile = {
        "driver": "GTiff",
        "dtype": pixels.dtype.name,
        "count": len(pixels),
        "height": pixels.shape[1],
        "width": pixels.shape[2],
        "nodata": layer.nodata,
        "compress": "deflate",
        "predictor": 3 if pixels.dtype.kind == "f" else 2,
    }
    if scene.samples.located[row]:
        left, top = float(scene.samples.left[row]), float(scene.samples.top[row])
        profile["crs"] = CRS.from_epsg(int(scene.samples.epsg[row]))
        profile["transform"] = from_origin(left, top, PIXEL_M, PIXEL_M)
    with MemoryFile() as memory, warnings.catch_warnings():
        # A sample without a place has none to write.
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with memory.open(**profile) as file:
            file.write(pixels)
            file.update_tags(**_about(scene, row, layer))
            for place, (band, _) in enumerate(bands, start=1):
                file.set_band_description(place, band.name)
                file.update_tags(place, title=band.title, stored_pixel_m=f"{band.gsd_m:g}")
        return bytes(memory.getbuffer())


def _about(scene: Scene, row: int, layer: Layer) -> dict[str, str]:
    frame, dataset = scene.samples.frame, scene.opened.dataset
    finest = "10 m" if scene.samples.located[row] else "those of the finest"
    about = {
        "patch": str(frame["id"].iloc[row]),
        "dataset": dataset.title,
        "layer": layer.title,
        "unit": layer.unit,
        "resampling": f"none; pixels of coarser bands are repeated to {finest}",
    }
    return about | ({"synthetic": "made-up pixels"} if dataset.synthetic else {})


def _answer(asked: Asked) -> Answer | None:
    row = asked.scene.samples.row(asked.parts["id"])
    return geotiff(asked.scene, row, asked.parts["layer"])


QUERIES = (Query("patch", re.compile(r"(?P<id>[^/]+)/(?P<layer>[^/.]+)\.tif"), _answer),)
