import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from eoexplore.core.metric import EARTH, EUROPE, metric

GEOD = Geod(ellps="WGS84")


def apart(lon, lat, azimuth, metres):
    """Return the distance of two places as the module has it, and its projection."""
    other = GEOD.fwd(lon, lat, azimuth, metres)[:2]
    found = metric(*np.array([(lon, lat), other]).T)
    return float(np.linalg.norm(found.places[0] - found.places[1])), found.epsg


@pytest.mark.parametrize("azimuth", [0, 45, 90])
@pytest.mark.parametrize(
    ("lon", "lat", "epsg", "error"),
    [
        (10.0, 52.0, EUROPE, 1e-4),
        (-8.5, 38.0, EUROPE, 0.016),
        (25.0, 68.0, EUROPE, 0.016),
        (33.0, 0.0, EARTH, 1e-5),
        (179.9, -17.0, EARTH, 1e-5),
        (-120.0, 84.0, EARTH, 1e-5),
    ],
)
def test_known_geodesics(lon, lat, azimuth, epsg, error):
    for metres in (1_200.0, 50_000.0):
        assert apart(lon, lat, azimuth, metres) == (pytest.approx(metres, rel=error), epsg)


def test_one_place_elsewhere_decides_for_all():
    assert metric(np.array([10.0, 10.0]), np.array([50.0, -1.0])).epsg == EARTH
    assert "EPSG:4978" in metric(np.array([-60.0]), np.array([0.0])).note
    assert "EPSG:3035" in metric(np.array([10.0]), np.array([50.0])).note


def test_samples_without_a_place():
    found = metric(np.array([np.nan, 10.0]), np.array([np.nan, 52.0]))
    assert np.isnan(found.places[0]).all()
    # The middle of the projection has these false eastings and northings.
    assert found.places[1] == pytest.approx([4_321_000, 3_210_000], abs=1e-3)
    assert metric(np.empty(0), np.empty(0)).places.shape == (0, 2)


@given(st.floats(-180, 180), st.floats(-84, 84), st.floats(0, 360))
def test_within_a_percent_at_50_km_outside_europe(lon, lat, azimuth):
    metres, epsg = apart(lon, lat, azimuth, 50_000.0)
    assert epsg == EUROPE or metres == pytest.approx(50_000, rel=1e-4)
