"""Places in metres, such that the straight line between two is the distance on the ground."""

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pyproj import Transformer

Floats = npt.NDArray[np.float64]

EUROPE = 3035
"""ETRS89-LAEA, the equal-area grid of Europe."""
EARTH = 4978
"""WGS 84 geocentric: x, y, z from the middle of the Earth."""
_AREA_OF_USE = (-35.58, 24.6, 44.83, 84.73)
"""West, south, east, north of EPSG:3035 in degrees, as the EPSG register states it."""


@dataclass(frozen=True)
class Metric:
    """Places in metres."""

    places: Floats
    """Coordinates, shape (n, 2) or (n, 3); NaN for samples without a place."""
    epsg: int
    """EUROPE or EARTH."""

    @property
    def note(self) -> str:
        """How distances are measured and how far off they are; one sentence for the user."""
        if self.epsg == EUROPE:
            return (
                "Distances are between the middles of patches in EPSG:3035 (ETRS89-LAEA); they are "
                "true at 52° N, 10° E, and within 2 % up to 2,500 km from there."
            )
        return (
            "Distances are between the middles of patches in a straight line through the Earth "
            "(EPSG:4978), which at 500 km is 130 m shorter than along the surface."
        )


def metric(lon: Floats, lat: Floats) -> Metric:
    """Return places in EPSG:3035 where all lie in its area of use, else in geocentric coordinates.

    EPSG:3035 is an azimuthal equal-area projection; at an angle c from its middle, lengths change
    by cos(c/2) and 1/cos(c/2) (Snyder 1987, USGS Professional Paper 1395, page 188). A chord of the
    Earth is shorter than the arc by d³/(24 R²): 0.1 m at 50 km, at any latitude and across 180°.

    Args:
        lon: longitudes in degrees, shape (n,); NaN for samples without a place.
        lat: latitudes in degrees, shape (n,).
    """
    there = np.isfinite(lon) & np.isfinite(lat)
    own_lon, own_lat = lon[there], lat[there]
    west, south, east, north = _AREA_OF_USE
    inside = (own_lon >= west) & (own_lon <= east) & (own_lat >= south) & (own_lat <= north)
    epsg = EUROPE if inside.all() else EARTH
    height = () if epsg == EUROPE else (np.zeros(len(own_lon)),)
    found = np.full((len(lon), 2 + len(height)), np.nan)
    found[there] = np.column_stack(_to(epsg).transform(own_lon, own_lat, *height))
    return Metric(found, epsg)


@functools.cache
def _to(epsg: int) -> Transformer:
    return Transformer.from_crs(4326 if epsg == EUROPE else 4979, epsg, always_xy=True)
