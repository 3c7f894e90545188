"""Where a Sentinel-2 tile and its 1200 m patches lie, from the MGRS tile name alone.

The 100 km square letters follow the MGRS lettering (DMA TM 8358.1): column letters repeat every
three zones, row letters every 2,000 km and shifted by five in even zones. Sentinel-2 tiles begin
on multiples of 60 m and reach 9.8 km past the square to the south and east.
"""

import functools
import re

import numpy as np
import numpy.typing as npt
from pyproj import Transformer

from eoexplore.core.errors import UnknownName

PATCH_M = 1200
"""Side of a patch in metres."""
_TILE = re.compile(r"(0[1-9]|[1-5][0-9]|60)([C-HJ-NP-X])([A-HJ-NP-Z])([A-HJ-NP-V])")
_COLUMNS = ("ABCDEFGH", "JKLMNPQR", "STUVWXYZ")
_ROWS = "ABCDEFGHJKLMNPQRSTUV"
_BANDS = "CDEFGHJKLMNPQRSTUVWX"


@functools.lru_cache(maxsize=2048)
def tile_origin(tile: str) -> tuple[int, int, int]:
    """Return where a Sentinel-2 tile begins.

    Args:
        tile: MGRS name of five characters, such as "33UUP".

    Returns:
        EPSG code of its UTM zone, and the easting and northing of its upper-left corner in metres.

    Raises:
        UnknownName: the text is no MGRS tile.
    """
    match = _TILE.fullmatch(tile)
    if match is None:
        raise UnknownName(f"{tile!r} is no MGRS tile; one looks like '33UUP'.")
    zone, band = int(match[1]), match[2]
    columns = _COLUMNS[(zone - 1) % 3]
    if match[3] not in columns:
        raise UnknownName(f"{tile!r} is no MGRS tile: zone {zone} has the columns {columns}.")
    easting = 100_000 * (columns.index(match[3]) + 1)
    northing = _square_northing(zone, band, match[4])
    # Tiles are snapped to 60 m, the coarsest pixel of Sentinel-2.
    ulx = 60 * (easting // 60)
    uly = 60 * -(-(northing + 100_000) // 60)
    return (32600 if band >= "N" else 32700) + zone, ulx, uly


def _square_northing(zone: int, band: str, row: str) -> int:
    shift = 5 if zone % 2 == 0 else 0
    northing = 100_000 * ((_ROWS.index(row) - shift) % 20)
    south_latitude = -80 + 8 * _BANDS.index(band)
    epsg = (32600 if band >= "N" else 32700) + zone
    # The zone's edge gives the lowest northing south of the equator, the centre north of it.
    central = zone * 6 - 183
    floor = min(to_utm(epsg).transform(lon, south_latitude)[1] for lon in (central, central + 3))
    while northing + 100_000 <= floor:
        northing += 2_000_000
    return northing


def patch_corner(tile: str, x: int, y: int) -> tuple[int, int, int]:
    """Return EPSG code, left easting and top northing (m) of patch column x, row y of a tile."""
    epsg, ulx, uly = tile_origin(tile)
    return epsg, ulx + PATCH_M * x, uly - PATCH_M * y


def patch_corners(
    tiles: npt.NDArray[np.object_], x: npt.NDArray[np.integer], y: npt.NDArray[np.integer]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return EPSG codes, left eastings and top northings (m) of many patches, shape (n,) each."""
    names, inverse = np.unique(tiles.astype(str), return_inverse=True)
    table = np.array([tile_origin(name) for name in names], dtype=np.int32).reshape(-1, 3)
    origin = table[inverse]
    left = origin[:, 1] + PATCH_M * np.asarray(x, np.int32)
    top = origin[:, 2] - PATCH_M * np.asarray(y, np.int32)
    return origin[:, 0], left, top


def outlines(
    epsg: npt.NDArray[np.integer], left: npt.NDArray[np.integer], top: npt.NDArray[np.integer]
) -> npt.NDArray[np.float64]:
    """Return the outlines of patches in longitude and latitude.

    Args:
        epsg: UTM codes, shape (n,).
        left: left eastings in metres, shape (n,).
        top: top northings in metres, shape (n,).

    Returns:
        Degrees, shape (n, 4, 2): upper-left, upper-right, lower-right, lower-left; (lon, lat).
    """
    corners = np.empty((len(epsg), 4, 2))
    east = np.stack([left, left + PATCH_M, left + PATCH_M, left], axis=1)
    north = np.stack([top, top, top - PATCH_M, top - PATCH_M], axis=1)
    for code in np.unique(epsg):
        rows = np.flatnonzero(epsg == code)
        lon, lat = to_lonlat(int(code)).transform(east[rows], north[rows])
        corners[rows, :, 0], corners[rows, :, 1] = lon, lat
    return corners


@functools.lru_cache(maxsize=256)
def to_lonlat(epsg: int) -> Transformer:
    """Return the transformer from a UTM zone to (longitude, latitude)."""
    return Transformer.from_crs(epsg, 4326, always_xy=True)


@functools.lru_cache(maxsize=256)
def to_utm(epsg: int) -> Transformer:
    """Return the transformer from (longitude, latitude) to a UTM zone."""
    return Transformer.from_crs(4326, epsg, always_xy=True)
