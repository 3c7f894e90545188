"""Web Mercator tiles: z/x/y to metres and longitude/latitude (EPSG:3857, 256-pixel tiles)."""

import math

import numpy as np
import numpy.typing as npt

TILE = 256
HALF_WORLD = math.pi * 6378137.0
"""Half the width of the projected world in metres (EPSG:3857)."""
MAX_LATITUDE = 85.0511287798066
MAX_ZOOM = 20


def tile_bounds(z: int, x: int, y: int) -> tuple[float, float, float, float]:
    """Return (west, south, east, north) of a tile in EPSG:3857 metres."""
    side = 2 * HALF_WORLD / 2**z
    west = -HALF_WORLD + x * side
    north = HALF_WORLD - y * side
    return west, north - side, west + side, north


def tile_exists(z: int, x: int, y: int) -> bool:
    """Tell whether z, x, y name a tile of the pyramid, up to zoom 20."""
    return 0 <= z <= MAX_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z


def to_metres(
    lon: npt.ArrayLike, lat: npt.ArrayLike
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Project longitude and latitude in degrees to EPSG:3857 metres."""
    clipped = np.clip(np.asarray(lat, float), -MAX_LATITUDE, MAX_LATITUDE)
    x = np.asarray(lon, float) / 180.0 * HALF_WORLD
    y = np.log(np.tan(np.pi / 4 + np.radians(clipped) / 2)) / np.pi * HALF_WORLD
    return x, y


def to_degrees(
    x: npt.ArrayLike, y: npt.ArrayLike
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Unproject EPSG:3857 metres to longitude and latitude in degrees."""
    lon = np.asarray(x, float) / HALF_WORLD * 180.0
    lat = np.degrees(2 * np.arctan(np.exp(np.asarray(y, float) / HALF_WORLD * np.pi)) - np.pi / 2)
    return lon, lat
