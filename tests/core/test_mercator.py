import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from eoexplore.core import mercator


@given(st.floats(-180, 180), st.floats(-85.05, 85.05))
def test_degrees_come_back_from_metres(lon, lat):
    back = mercator.to_degrees(*mercator.to_metres(lon, lat))
    assert back == pytest.approx((lon, lat), abs=1e-9)


@given(st.floats(-180, 180), st.floats(-85.05, 85.05))
def test_metres_are_those_of_epsg_3857(lon, lat):
    proj = Transformer.from_crs(4326, 3857, always_xy=True)
    assert mercator.to_metres(lon, lat) == pytest.approx(proj.transform(lon, lat), abs=1e-3)


def test_the_poles_are_cut_off_where_the_square_ends():
    _, y = mercator.to_metres([0, 0], [90, -90])
    assert y == pytest.approx([mercator.HALF_WORLD, -mercator.HALF_WORLD], abs=1e-3)


def test_the_one_tile_of_zoom_0_is_the_world():
    half = 20037508.342789244
    assert mercator.tile_bounds(0, 0, 0) == pytest.approx((-half, -half, half, half))


@given(st.floats(-179.99, 179.99), st.floats(-85, 85), st.integers(0, 20))
def test_a_place_lies_in_the_tile_of_the_usual_formula(lon, lat, z):
    # The formula of the OpenStreetMap wiki, "Slippy map tilenames".
    x = int((lon + 180) / 360 * 2**z)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z)
    west, south, east, north = mercator.tile_bounds(z, x, y)
    place = mercator.to_metres(lon, lat)
    assert west - 1e-6 <= place[0] <= east + 1e-6
    assert south - 1e-6 <= place[1] <= north + 1e-6


@given(st.integers(0, 19), st.data())
def test_four_tiles_fill_the_tile_above_them(z, data):
    x, y = (data.draw(st.integers(0, 2**z - 1)) for _ in "xy")
    west, south, east, north = mercator.tile_bounds(z, x, y)
    children = [mercator.tile_bounds(z + 1, 2 * x + i, 2 * y + j) for i in (0, 1) for j in (0, 1)]
    box = np.array(children)
    joined = (box[:, 0].min(), box[:, 1].min(), box[:, 2].max(), box[:, 3].max())
    assert joined == pytest.approx((west, south, east, north), abs=1e-6)


@pytest.mark.parametrize(
    ("z", "x", "y", "there"),
    [
        (0, 0, 0, True),
        (20, 2**20 - 1, 0, True),
        (21, 0, 0, False),
        (-1, 0, 0, False),
        (3, 8, 0, False),
        (3, 0, 8, False),
        (3, -1, 0, False),
        (3, 0, -1, False),
    ],
)
def test_only_tiles_of_the_pyramid_exist(z, x, y, there):
    assert mercator.tile_exists(z, x, y) is there
