"""Packed mosaics: one cloud-optimised GeoTIFF per product and group of bands.

A product's 91 x 91 patch grid is the raster, so that QGIS opens it, a date is a choice of
product and a selection is a mask on the patch grid.
"""

import errno
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
import rasterio.shutil
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError
from rasterio.transform import from_origin
from rasterio.windows import Window

from eoexplore.core import mgrs
from eoexplore.core.types import Array
from eoexplore.store.folder import atomic
from eoexplore.store.versions import VERSIONS

GRID = 91
"""Patches along one side of a product."""
_BLOCK = 256
_TAG = "EOEXPLORE_GROUP"
_MARK = "EOEXPLORE_CONTENTS"
_COG = {
    "driver": "COG",
    "compress": "ZSTD",
    "predictor": "YES",
    # Level 3 takes 3 % more room; from 9 on, writing takes longer and little is saved.
    "level": 6,
    "blocksize": _BLOCK,
    "sparse_ok": "TRUE",
    "overviews": "IGNORE_EXISTING",
}


@dataclass(frozen=True)
class Group:
    """What is packed together in one file."""

    name: str
    """Name of its folder and of its version."""
    layer: str
    """Layer the bands come from."""
    bands: tuple[str, ...]
    """Bands in the order of the file."""
    pixel_m: int
    """Side of a packed pixel on the ground, in metres; a patch is a whole number of them."""
    dtype: str
    """Stored type."""
    nodata: int
    """Stored value where there is no patch."""
    overview: str
    """GDAL's resampling of the coarser levels."""
    scale: float = 1
    """Value in the layer's unit = scale x stored value + offset; the file says both."""
    offset: float = 0
    """Value in the layer's unit of a stored 0."""
    grain: tuple[tuple[float, int], ...] = ((math.inf, 1),)
    """(limit, step), ascending: what is stored below a limit is a multiple of the step."""

    @property
    def patch_px(self) -> int:
        """Packed pixels along one side of a patch."""
        return mgrs.PATCH_M // self.pixel_m

    @property
    def overviews(self) -> int:
        """Coarser levels of a file, each of half the resolution; the last fits into one block."""
        return max(0, math.ceil(math.log2(GRID * self.patch_px / _BLOCK)))

    @property
    def empty(self) -> float:
        """What marks "no patch here" in values that were read: scaled ones are floating-point."""
        return self.nodata if self.scale == 1 else math.nan


_FINE = ("B02", "B03", "B04", "B08")
_COARSE = ("B01", "B05", "B06", "B07", "B8A", "B09", "B11", "B12")
_MAP = ("reference_map",)
# A level of a picture in 8 bits is 8 from 0 to 2000, and 16 from 0 to 4000, which shows infrared:
# half of one is the greatest error, and one where red, green or blue is bright. Dark pixels are
# kept finer, for the ratios of indices.
_GRAIN = ((64, 1), (128, 4), (1024, 8), (math.inf, 16))
_KINDS = (
    Group("optical", "s2", _FINE, 20, "uint16", 0, "AVERAGE", grain=_GRAIN),
    Group("optical_coarse", "s2", _COARSE, 40, "uint16", 0, "AVERAGE", grain=_GRAIN),
    # One byte from -40.75 to 22.75 dB; finer steps only store speckle, of more than a decibel.
    Group("sar", "s1", ("VV", "VH"), 20, "uint8", 0, "AVERAGE", scale=0.25, offset=-41),
    Group("reference_map", "reference_map", _MAP, 20, "uint16", 0, "MODE"),
)
GROUPS = {group.name: group for group in _KINDS}


def groups_of(layer: str, bands: Sequence[str]) -> dict[str, tuple[str, ...]] | None:
    """Return which groups together have some bands of a layer: the fewest, the finest first.

    Args:
        layer: name of a layer.
        bands: bands that are needed, in any order.

    Returns:
        The bands to take from each group, by the group's name; none if a band is in no group.
    """
    own = {name: group for name, group in GROUPS.items() if group.layer == layer}
    for name, group in own.items():
        if set(bands) <= set(group.bands):
            return {name: tuple(dict.fromkeys(bands))}
    found: dict[str, tuple[str, ...]] = {}
    for band in dict.fromkeys(bands):
        names = [name for name, group in own.items() if band in group.bands]
        if not names:
            return None
        best = min(names, key=lambda name: own[name].pixel_m)
        found[best] = (*found.get(best, ()), band)
    return dict(sorted(found.items(), key=lambda item: own[item[0]].pixel_m))


def pack(values: Array, group: Group) -> npt.NDArray[np.integer]:
    """Bring one patch to the group's resolution and stored type.

    Args:
        values: one band of one patch, square, in the layer's unit; finer or coarser than the
            group's pixels.
        group: decides mean or most frequent value, scale, offset, grain and nodata.

    Returns:
        Shape (group.patch_px, group.patch_px) in the group's stored type.
    """
    side = group.patch_px
    if side % len(values) and len(values) % side:
        # Neither fits into the other: both fit into pixels of the common multiple.
        times = math.lcm(side, len(values)) // len(values)
        values = values.repeat(times, axis=0).repeat(times, axis=1)
    if len(values) < side:
        values = values.repeat(side // len(values), axis=0).repeat(side // len(values), axis=1)
    step = len(values) // side
    cells = np.stack([values[r::step, c::step] for r in range(step) for c in range(step)])
    if group.overview == "MODE":
        return mode_of_four(cells).astype(group.dtype)
    # Optical files say 0 where there is nothing; a decibel may well be 0.
    known = np.isfinite(cells) & (cells != 0) if group.empty == 0 else np.isfinite(cells)
    total = np.where(known, cells, 0).sum(axis=0, dtype=np.float64)
    count = known.sum(axis=0)
    mean = (total / np.maximum(count, 1) - group.offset) / group.scale
    limits, steps = np.array(group.grain).T
    step = steps[np.searchsorted(limits[:-1], mean, side="right")]
    # A real value never turns into the value that means "nothing here", the least of the type.
    stored = np.clip(np.rint(mean / step) * step, group.nodata + 1, np.iinfo(group.dtype).max)
    return np.where(count > 0, stored, group.nodata).astype(group.dtype)


def pack_all(bands: Sequence[Array | None], group: Group) -> npt.NDArray[np.integer]:
    """Pack the bands of one patch; one that is missing becomes nodata and takes no other with it.

    Args:
        bands: as for `pack`, in the order of the group.
        group: what is packed together.

    Returns:
        Shape (band, group.patch_px, group.patch_px).
    """
    empty = np.full((group.patch_px, group.patch_px), group.nodata, group.dtype)
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


def version_of(path: Path) -> int:
    """Return the version of the group that wrote a mosaic; 0 if it is not there or damaged."""
    return stored(path)[0]


def stored(path: Path) -> tuple[int, str]:
    """Return a mosaic's version, as `version_of` does, and the mark of what it was made from."""
    try:
        with rasterio.open(path, driver="GTiff") as file:
            tags = file.tags()
            # The first release did not write its version.
            return int(tags.get(_TAG, "1").split()[-1]), tags.get(_MARK, "")
    except (RasterioError, OSError, ValueError):
        return 0, ""


def cells(
    path: Path, group: Group, places: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], npt.NDArray[np.integer]]:
    """Read packed patches back, as they are stored.

    Args:
        path: a mosaic of the group, of this version.
        group: what is packed.
        places: (column, row) of the patches in the grid.

    Returns:
        Shape (band, group.patch_px, group.patch_px) by place; none where nothing is packed.

    Raises:
        OSError: it is damaged.
    """
    px = group.patch_px
    found: dict[tuple[int, int], npt.NDArray[np.integer]] = {}
    try:
        with rasterio.open(path, driver="GTiff") as file:
            for row, columns in _by_row(places).items():
                first, last = min(columns), max(columns)
                width = (last - first + 1) * px
                band = file.read(window=Window(first * px, row * px, width, px))
                for column in columns:
                    at = (column - first) * px
                    cell = band[:, :, at : at + px]
                    if (cell != group.nodata).any():
                        found[column, row] = cell.copy()
    except RasterioError as error:
        raise OSError(errno.EIO, f"{path.name} cannot be read") from error
    return found


def _by_row(places: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    rows: dict[int, list[int]] = {}
    for column, row in places:
        rows.setdefault(row, []).append(column)
    return rows


def write(
    path: Path, group: Group, tile: str, patches: dict[tuple[int, int], Array], made_from: str = ""
) -> None:
    """Write a mosaic, atomically.

    Args:
        path: target.
        group: what is packed.
        tile: MGRS tile of the product, which places the grid.
        patches: packed patches by (column, row) of the grid, each of the shape that `pack_all`
            gives; none at all is fine.
        made_from: mark of the files it was made from, for `stored`.
    """
    epsg, ulx, uly = mgrs.tile_origin(tile)
    px = group.patch_px
    places = list(patches) or [(0, 0)]
    first_x, last_x = min(x for x, _ in places), max(x for x, _ in places)
    first_y, last_y = min(y for _, y in places), max(y for _, y in places)
    shape = (last_y - first_y + 1) * px, (last_x - first_x + 1) * px
    canvas = np.full((len(group.bands), *shape), group.nodata, group.dtype)
    for (x, y), values in patches.items():
        row, column = (y - first_y) * px, (x - first_x) * px
        canvas[:, row : row + px, column : column + px] = values
    profile = {
        "driver": "GTiff",
        "width": GRID * px,
        "height": GRID * px,
        "count": len(group.bands),
        "dtype": group.dtype,
        "nodata": group.nodata,
        "crs": epsg,
        "transform": from_origin(ulx, uly, group.pixel_m, group.pixel_m),
        "tiled": True,
        "blockxsize": _BLOCK,
        "blockysize": _BLOCK,
        "sparse_ok": True,
    }
    mark = f"{group.name} {VERSIONS.get(group.name, 1)}"
    with atomic(path) as partial:
        flat = partial.with_suffix(".flat")
        try:
            with rasterio.open(flat, "w", **profile) as file:
                file.write(canvas, window=Window(first_x * px, first_y * px, *shape[::-1]))
                file.update_tags(**{_TAG: mark, _MARK: made_from})
                file.descriptions = group.bands
                file.scales = (group.scale,) * len(group.bands)
                file.offsets = (group.offset,) * len(group.bands)
            rasterio.shutil.copy(flat, partial, **_COG, overview_resampling=group.overview)
        except CPLE_BaseError as error:
            # GDAL's own errors are no OSError and do not travel between processes.
            raise OSError(errno.EIO, f"{path.name} could not be written") from error
        finally:
            flat.unlink(missing_ok=True)
