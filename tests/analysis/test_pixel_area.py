"""Area of pixels against closed formulas."""

import numpy as np
import pytest
from pyproj import Proj

from eoexplore.analysis.pixel_area import pixel_m2
from eoexplore.core import mgrs

A, F = 6_378_137.0, 1 / 298.257223563


def zone_m2(south, north):
    """Area of the ellipsoid between two latitudes (Snyder 1987, formula 3-12)."""
    e = np.sqrt(F * (2 - F))

    def q(latitude):
        s = np.sin(np.radians(latitude))
        return (1 - e**2) * (s / (1 - (e * s) ** 2) + np.arctanh(e * s) / e)

    return np.pi * A**2 * (q(north) - q(south))


@pytest.mark.parametrize("top", [1, 38.5, 60, 89.5, -33])
def test_a_pixel_of_a_degree_grid(top):
    size = 1 / 120
    (found,) = pixel_m2(4326, [24.0], [top], size, size)
    assert found == pytest.approx(zone_m2(top - size, top) * size / 360, rel=1e-6)


def test_all_pixels_of_a_degree_grid_are_the_earth():
    tops = np.arange(-88.0, 91, 2)
    found = pixel_m2(4326, np.zeros(90), tops, 2, 2).sum() * 180
    assert found == pytest.approx(510_065_621_724_088, rel=1e-4)  # of WGS 84, in m²


@pytest.mark.parametrize("east", [166_000, 350_000, 500_000, 700_000])
@pytest.mark.parametrize("north", [4_100_000, 7_500_000])
def test_a_pixel_of_a_utm_grid(east, north):
    (found,) = pixel_m2(32633, [east], [north], 10, 10)
    lon, lat = mgrs.to_lonlat(32633).transform(east + 5, north - 5)
    scale = Proj("EPSG:32633").get_factors(lon, lat).areal_scale
    assert found == pytest.approx(100 / scale, rel=1e-5)


def test_in_the_middle_of_a_zone_lengths_are_0_9996_of_those_on_the_ground():
    (found,) = pixel_m2(32633, [499_995], [5_300_005], 10, 10)
    assert found == pytest.approx(100 / 0.9996**2, rel=1e-6)


def test_within_its_zone_a_pixel_of_10_m_has_100_m2_within_a_thousandth():
    # At 37° N, the south of reBEN, three degrees from the middle are 266 km.
    found = pixel_m2(
        32633, np.array([234_000.0, 500_000, 766_000]), np.full(3, 4_100_000.0), 10, 10
    )
    assert found == pytest.approx([100] * 3, rel=1e-3)


def test_no_pixels():
    assert pixel_m2(4326, np.zeros(0), np.zeros(0), 1, 1).shape == (0,)
