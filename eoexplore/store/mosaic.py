"""Packed mosaics: one cloud-optimised GeoTIFF per product and group of bands, at 20 m.

A product's 91 x 91 patch grid is the raster, so that QGIS opens it, a date is a choice of
product and a selection is a mask on the patch grid.
"""

import errno
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
import rasterio.shutil
from rasterio._err import CPLE_BaseError
from rasterio.transform import from_origin
from rasterio.windows import Window

from eoexplore.core import mgrs
from eoexplore.core.types import Array
from eoexplore.store.folder import atomic

GRID = 91
"""Patches along one side of a product."""
PIXEL_M = 20
PATCH_PX = mgrs.PATCH_M // PIXEL_M
"""Packed pixels along one side of a patch."""
SIDE_PX = GRID * PATCH_PX
_BLOCK = 256
_COG = {
    "driver": "COG",
    "compress": "ZSTD",
    "predictor": "YES",
    "level": 3,
    "blocksize": _BLOCK,
    "sparse_ok": "TRUE",
    "overviews": "IGNORE_EXISTING",
}


@dataclass(frozen=True)
class Group:
    """What is packed together in one file."""

    layer: str
    """Layer the bands come from."""
    bands: tuple[str, ...]
    """Bands in the order of the file; every one has pixels of 10 m."""
    dtype: str
    """Stored type."""
    nodata: int
    """Stored value where there is no patch."""
    scale: float
    """Stored value = scale x original value, rounded."""
    overview: str
    """GDAL's resampling of the coarser levels."""


GROUPS = {
    "optical": Group("s2", ("B02", "B03", "B04", "B08"), "uint16", 0, 1, "AVERAGE"),
    "sar": Group("s1", ("VV", "VH"), "int16", -32768, 100, "AVERAGE"),
    "reference_map": Group("reference_map", ("reference_map",), "uint16", 0, 1, "MODE"),
}


def pack(values: Array, group: Group) -> npt.NDArray[np.integer]:
    """Halve the resolution of one patch and convert it to the group's stored type.

    Args:
        values: one band of one patch at 10 m, shape (120, 120), in the layer's unit.
        group: decides mean or most frequent value, scale and nodata.

    Returns:
        Shape (60, 60) in the group's stored type.
    """
    quads = np.stack([values[r::2, c::2] for r in (0, 1) for c in (0, 1)])
    if group.overview == "MODE":
        return mode_of_four(quads).astype(group.dtype)
    known = np.isfinite(quads) & (quads != 0) if group.nodata == 0 else np.isfinite(quads)
    total = np.where(known, quads, 0).sum(axis=0, dtype=np.float64)
    count = known.sum(axis=0)
    mean = np.rint(total / np.maximum(count, 1) * group.scale)
    limits = np.iinfo(group.dtype)
    # A real value never turns into the value that means "nothing here".
    low = limits.min + 1 if group.nodata == limits.min else limits.min
    mean = np.clip(mean, low, limits.max)
    return np.where(count > 0, mean, group.nodata).astype(group.dtype)


def pack_all(bands: Sequence[Array | None], group: Group) -> npt.NDArray[np.integer]:
    """Pack the bands of one patch; one that is missing becomes nodata and takes no other with it.

    Args:
        bands: as for `pack`, in the order of the group.
        group: what is packed together.

    Returns:
        Shape (band, 60, 60).
    """
    empty = np.full((PATCH_PX, PATCH_PX), group.nodata, group.dtype)
    return np.stack([empty if band is None else pack(band, group) for band in bands])


def mode_of_four(quads: Array) -> Array:
    """Return the most frequent of four values per pixel; the first of them where all differ.

    Args:
        quads: shape (4, row, column).
    """
    a, b, c, d = quads
    a_wins = (a == b) | (a == c) | (a == d)
    b_wins = (b == c) | (b == d)
    return np.asarray(np.where(a_wins | ~(b_wins | (c == d)), a, np.where(b_wins, b, c)))


def write(path: Path, group: Group, tile: str, patches: dict[tuple[int, int], Array]) -> None:
    """Write a mosaic, atomically.

    Args:
        path: target.
        group: what is packed.
        tile: MGRS tile of the product, which places the grid.
        patches: packed patches by (column, row) of the grid, each (band, 60, 60).
    """
    epsg, ulx, uly = mgrs.tile_origin(tile)
    first_x, last_x = min(x for x, _ in patches), max(x for x, _ in patches)
    first_y, last_y = min(y for _, y in patches), max(y for _, y in patches)
    shape = (last_y - first_y + 1) * PATCH_PX, (last_x - first_x + 1) * PATCH_PX
    canvas = np.full((len(group.bands), *shape), group.nodata, group.dtype)
    for (x, y), values in patches.items():
        row, column = (y - first_y) * PATCH_PX, (x - first_x) * PATCH_PX
        canvas[:, row : row + PATCH_PX, column : column + PATCH_PX] = values
    window = Window(first_x * PATCH_PX, first_y * PATCH_PX, shape[1], shape[0])
    profile = {
        "driver": "GTiff",
        "width": SIDE_PX,
        "height": SIDE_PX,
        "count": len(group.bands),
        "dtype": group.dtype,
        "nodata": group.nodata,
        "crs": epsg,
        "transform": from_origin(ulx, uly, PIXEL_M, PIXEL_M),
        "tiled": True,
        "blockxsize": _BLOCK,
        "blockysize": _BLOCK,
        "sparse_ok": True,
    }
    with atomic(path) as partial:
        flat = partial.with_suffix(".flat")
        try:
            with rasterio.open(flat, "w", **profile) as file:
                file.write(canvas, window=window)
                file.descriptions = group.bands
                file.scales = (1 / group.scale,) * len(group.bands)
            rasterio.shutil.copy(flat, partial, **_COG, overview_resampling=group.overview)
        except CPLE_BaseError as error:
            # GDAL's own errors are no OSError and do not travel between processes.
            raise OSError(errno.EIO, f"{path.name} could not be written") from error
        finally:
            flat.unlink(missing_ok=True)
