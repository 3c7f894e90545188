"""GeoTIFF files as the release has them, written fast.

A dataset has some 13,000 small files of five kinds. For the uncompressed kinds GDAL writes one
file per kind, and the others differ from it in the corner's coordinates and the pixels only.
"""

import functools
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.crs import CRS
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

SIDE = 1200
"""Side of a patch in metres."""
_CORNER = (654321.0, 7654321.0)
"""Easting and northing in the template, found again by their bytes."""


def encode(pixels: npt.NDArray[np.generic], epsg: int, left: int, top: int) -> bytes:
    """Return an uncompressed single-band GeoTIFF of one patch.

    Args:
        pixels: shape (row, column), uint16 (nodata 0) or float32 (no nodata).
        epsg: UTM code.
        left: easting of the left edge in metres.
        top: northing of the upper edge.
    """
    header, at = _template(pixels.shape[0], pixels.dtype.str, epsg)
    corner = struct.pack("<dd", float(left), float(top))
    return header[:at] + corner + header[at + 16 :] + np.ascontiguousarray(pixels).tobytes()


@functools.cache
def _template(side: int, dtype: str, epsg: int) -> tuple[bytes, int]:
    # Not zeros: GDAL lays strips without data out differently.
    pixels = np.ones((side, side), np.dtype(dtype))
    with MemoryFile() as memory:
        with memory.open(**_profile(pixels, epsg, *_CORNER)) as file:
            file.write(pixels, 1)
        whole = bytes(memory.getbuffer())
    header = whole[: len(whole) - pixels.nbytes]
    return header, header.index(struct.pack("<dd", *_CORNER))


def _profile(
    pixels: npt.NDArray[np.generic], epsg: int, left: float, top: float
) -> dict[str, object]:
    size = SIDE / pixels.shape[0]
    profile = {
        "driver": "GTiff",
        "dtype": pixels.dtype.name,
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "count": 1,
        "crs": _crs(epsg),
        "transform": from_origin(left, top, size, size),
    }
    if pixels.dtype == np.uint16:
        profile["nodata"] = 0
    return profile


@functools.cache
def _crs(epsg: int) -> CRS:
    return CRS.from_epsg(epsg)


def write_map(path: Path, code: npt.NDArray[np.uint16], epsg: int, left: int, top: int) -> None:
    """Write a reference map: like the other files, but compressed."""
    profile = _profile(code, epsg, left, top)
    with rasterio.open(path, "w", **profile, compress="deflate", predictor=2) as file:
        file.write(code, 1)
