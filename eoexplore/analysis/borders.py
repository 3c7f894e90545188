"""Whether places lie in the country that is said of them, and how far from it they lie."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer

Floats = npt.NDArray[np.float64]
_REACH_DEGREES = 5.0
"""Outlines are looked at so far around the places: distances beyond are not needed exactly."""


@dataclass(frozen=True)
class Outside:
    """Places that lie in another country than the one that is said; arrays of shape (m,)."""

    places: npt.NDArray[np.intp]
    """Which of the places."""
    countries: npt.NDArray[np.intp]
    """Number of the country that each lies in."""
    distance_m: Floats
    """Metres from the outline of the country that is said."""


def outside(
    lon: Floats, lat: Floats, stated: npt.NDArray[np.integer], outlines: Sequence[shapely.Geometry]
) -> Outside:
    """Find places in another country than the one that is said.

    A place in no country, such as at sea, lies outside of none: an outline of the land does not
    tell whose the sea is.

    Args:
        lon: longitudes in degrees, shape (n,).
        lat: latitudes in degrees, shape (n,).
        stated: number of the country that is said, -1 where it is not known; shape (n,).
        outlines: of the countries in (longitude, latitude) degrees.
    """
    points = shapely.points(lon, lat)
    tree = shapely.STRtree(list(outlines))
    place, country = tree.query(points, predicate="intersects")
    inside = np.full(len(points), -1, np.intp)
    inside[place] = country
    # On a border a place is in both.
    at_home = place[country == stated[place]]
    inside[at_home] = stated[at_home]
    wrong = np.flatnonzero((inside >= 0) & (stated >= 0) & (inside != stated))
    distance = np.zeros(len(wrong))
    for number in np.unique(stated[wrong]).tolist():
        own = stated[wrong] == number
        rows = wrong[own]
        distance[own] = _distance(lon[rows], lat[rows], outlines[number])
    return Outside(wrong, inside[wrong], distance)


def _distance(lon: Floats, lat: Floats, outline: shapely.Geometry) -> Floats:
    """Return the distance of places from an outline in metres.

    In an azimuthal equidistant projection about their middle: lengths are true along lines through
    the middle, and across them within 0.1 % up to 500 km from it (Snyder 1987, USGS Professional
    Paper 1395, page 191: c / sin c).
    """
    middle = (lon.min() + lon.max()) / 2, (lat.min() + lat.max()) / 2
    local = f"+proj=aeqd +lon_0={middle[0]} +lat_0={middle[1]} +datum=WGS84"
    to_metres = Transformer.from_crs(4326, local, always_xy=True)
    reach = _REACH_DEGREES
    near = shapely.clip_by_rect(
        outline, lon.min() - reach, lat.min() - reach, lon.max() + reach, lat.max() + reach
    )
    shape = outline if shapely.is_empty(near) else near

    def projected(corners: Floats) -> Floats:
        return np.column_stack(to_metres.transform(*corners.T))

    ground = shapely.transform(shape, projected)
    return np.asarray(shapely.distance(ground, shapely.points(*to_metres.transform(lon, lat))))
