"""Area of a pixel on the Earth, whatever grid it belongs to."""

import functools

import numpy as np
import numpy.typing as npt
from pyproj import Geod, Transformer

Floats = npt.NDArray[np.float64]
_PIECES = 8
"""Of each side: sides are straight in the grid, and bent on the ground."""


def pixel_m2(epsg: int, left: Floats, top: Floats, width: float, height: float) -> Floats:
    """Return the area of pixels on the ellipsoid of WGS 84 in m², shape (n,).

    Geodesic area of the outline (Karney 2013, doi:10.1007/s00190-012-0578-z).

    Args:
        epsg: code of the grid's reference system, in metres or in degrees.
        left: easting or longitude of the left side of each pixel, shape (n,).
        top: northing or latitude of the upper side, shape (n,).
        width: of a pixel, in units of the grid.
        height: of a pixel, in units of the grid.
    """
    along = np.arange(_PIECES) / _PIECES
    zeros, ones = np.zeros(_PIECES), np.ones(_PIECES)
    east = np.concatenate([along, ones, 1 - along, zeros]) * width
    south = np.concatenate([zeros, along, ones, 1 - along]) * height
    lon, lat = _to_degrees(epsg).transform(
        np.asarray(left)[:, None] + east, np.asarray(top)[:, None] - south
    )
    earth = Geod(ellps="WGS84")
    areas = [earth.polygon_area_perimeter(*ring)[0] for ring in zip(lon, lat, strict=True)]
    return np.abs(np.array(areas, np.float64))


@functools.cache
def _to_degrees(epsg: int) -> Transformer:
    return Transformer.from_crs(epsg, 4326, always_xy=True)
