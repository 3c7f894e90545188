"""Outlines of countries as shapes."""

import shapely

from eoexplore.store import countries


def test_outlines_are_valid_and_hold_what_lies_in_them():
    found = countries.outlines()
    assert all(shape.is_valid and shape.area > 0 for shape in found.values())
    for name, lon, lat in (
        ("Austria", 16.37, 48.21),
        ("Kosovo", 21.17, 42.67),
        ("Finland", 24.94, 60.25),
        ("Portugal", -7.9, 38.57),
    ):
        around = [
            other for other, shape in found.items() if shape.contains(shapely.Point(lon, lat))
        ]
        assert around == [name]


def test_a_country_within_another_is_a_hole_in_it():
    inside = shapely.Point(12.46, 43.94)
    found = countries.outlines()
    assert found["San Marino"].contains(inside)
    assert not found["Italy"].contains(inside)


def test_the_islands_of_finland_are_finland():
    assert countries.outlines()["Finland"].contains(shapely.Point(20.05, 60.25))
    assert "Åland" not in countries.outlines()
