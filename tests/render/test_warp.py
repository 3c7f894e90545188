"""The lattice that stands in for an exact transform of every pixel."""

import numpy as np
import pytest
from pyproj import Transformer

from eoexplore.core import mercator
from eoexplore.render.warp import View, locate

PLACES = [(12.95, 48.2, 32633), (12.0, 48.2, 32632), (-8.3, 38.35, 32629), (31.0, 66.0, 32635)]


def tile_at(lon, lat, z):
    x, y = mercator.to_metres(lon, lat)
    side = 2 * mercator.HALF_WORLD / 2**z
    return int((mercator.HALF_WORLD + x) // side), int((mercator.HALF_WORLD - y) // side)


@pytest.mark.parametrize(("lon", "lat", "epsg"), PLACES)
@pytest.mark.parametrize(("z", "limit_m"), [(8, 2.0), (10, 0.2), (13, 0.002), (18, 0.0001)])
@pytest.mark.parametrize(("size", "margin"), [(256, 0), (512, 0), (256, 5)])
def test_pixel_centres_are_where_pyproj_puts_them(lon, lat, epsg, z, limit_m, size, margin):
    view = View(z, *tile_at(lon, lat, z), size, margin)
    west, _, east, north = mercator.tile_bounds(view.z, view.x, view.y)
    step = (east - west) / size
    at = (np.arange(size + 2 * margin) - margin + 0.5) * step
    exact = Transformer.from_crs(3857, epsg, always_xy=True).transform(
        *np.meshgrid(west + at, north - at)
    )
    for found, wanted in zip(locate(view, epsg).metres, exact, strict=True):
        assert found.shape == wanted.shape
        assert np.abs(found - wanted).max() < limit_m


def test_ground_resolution():
    view = View(13, *tile_at(12.95, 48.2, 13))
    assert view.ground_m == pytest.approx(12.74, abs=0.01)
