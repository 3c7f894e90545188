"""Places against outlines of countries."""

import numpy as np
import pytest
import shapely

from eoexplore.analysis import borders

WEST, EAST = shapely.box(10, 45, 12, 47), shapely.box(12, 45, 14, 47)


def outside(lon, stated, lat=46.0):
    lon = np.array(lon, float)
    return borders.outside(lon, np.full(len(lon), lat), np.array(stated), [WEST, EAST])


def test_a_place_in_another_country_lies_so_far_from_the_stated_one():
    found = outside([11.0, 12.1, 13.0], [0, 0, 1])
    assert found.places.tolist() == [1]
    assert found.countries.tolist() == [1]
    # A tenth of a degree of longitude at 46° N on WGS 84.
    assert found.distance_m == pytest.approx([7746], rel=2e-3)


def test_at_sea_and_without_a_country_nothing_is_said():
    assert len(outside([9.0, 20.0, 12.5], [0, 1, -1]).places) == 0


def test_on_the_border_a_place_is_in_both():
    assert len(outside([12.0, 12.0], [0, 1]).places) == 0


def test_far_places_are_measured_too():
    found = borders.outside(
        np.array([12.01, 13.99]), np.array([46.0, 46.0]), np.array([0, 0]), [WEST, EAST]
    )
    assert found.distance_m == pytest.approx([775, 154_100], rel=2e-2)
