"""Areas drawn on the map: what becomes a condition, what is refused, in which words."""

import math
import time

import numpy as np
import pytest
import shapely

from eoexplore.core import outline
from eoexplore.core.errors import SelectionError
from eoexplore.core.selection import Selection, parse

SQUARE = [[11, 47], [12, 47], [12, 48], [11, 48]]
BOWTIE = [[11, 47], [12, 48], [12, 47], [11, 48]]


def circle(corners, radius=1.0, wobble=0.0):
    turn = [2 * math.pi * i / corners for i in range(corners)]
    return [
        [10 + (radius + wobble * math.sin(9 * a)) * math.cos(a), 48 + radius * math.sin(a)]
        for a in turn
    ]


def test_a_polygon_keeps_its_corners():
    found = outline.drawn(SQUARE, False)
    assert (found.key, found.value) == ("poly", (11, 47, 12, 47, 12, 48, 11, 48))
    assert found.remarks == ()


def test_a_box_is_the_bounds_of_its_corners():
    assert outline.drawn([[12, 47], [11, 48]], True).value == (11, 47, 12, 48)
    assert outline.drawn(SQUARE, True).key == "box"


@pytest.mark.parametrize("ring", [SQUARE, BOWTIE, circle(200, wobble=0.1), circle(30, 40)])
def test_what_is_drawn_can_be_written_and_read(ring):
    found = outline.drawn(ring, False)
    selection = Selection(((found.key, found.value),))
    assert parse(selection.canonical()) == (selection, ())


def test_a_closed_ring_and_doubled_corners_are_no_trouble():
    closed = [SQUARE[0], *SQUARE, SQUARE[-1], SQUARE[0]]
    assert set(outline.drawn(closed, False).value) == {11, 12, 47, 48}
    assert len(outline.drawn(closed, False).value) == 8


def test_an_outline_that_crosses_itself_is_used_and_said():
    found = outline.drawn(BOWTIE, False)
    (remark,) = found.remarks
    assert "crosses itself" in remark
    area = outline.shape("poly", found.value)
    assert area.area == pytest.approx(0.5)
    assert shapely.contains_xy(area, 11.1, 47.5)
    assert not shapely.contains_xy(area, 11.5, 47.8)


def encloses(corners, lon, lat):
    """Tell whether a line from a point to the east crosses a ring an odd number of times."""
    x, y = corners[:, 0], corners[:, 1]
    x1, y1 = np.roll(x, -1), np.roll(y, -1)
    over = (y > lat) != (y1 > lat)
    at = x + (lat - y) / np.where(over, y1 - y, 1) * (x1 - x)
    return int((over & (lon < at)).sum()) % 2 == 1


@pytest.mark.parametrize("count", [40, 300])
def test_a_tangle_encloses_what_counting_its_edges_says_and_keeps_nobody_waiting(count):
    rng = np.random.default_rng(count)
    corners = rng.uniform((-180, -90), (180, 90), (count, 2)).round(4)
    began = time.process_time()
    area = outline.shape("poly", tuple(corners.ravel().tolist()))
    # A link with such an area once held up the map for minutes.
    assert time.process_time() - began < 15
    assert area.is_valid
    points = rng.uniform((-180, -90), (180, 90), (500, 2))
    expected = [encloses(corners, *point) for point in points]
    assert 100 < sum(expected) < 400
    assert shapely.contains_xy(area, points).tolist() == expected


def test_what_is_drawn_is_never_too_much_to_read():
    zigzag = [[-170 + 1.7 * i, 84 if i % 2 else -84] for i in range(200)]
    found = outline.drawn(zigzag, False)
    selection = Selection(((found.key, found.value),))
    assert parse(selection.canonical()) == (selection, ())


@pytest.mark.parametrize(
    ("ring", "said"),
    [
        (None, "list of corners"),
        ([], "list of corners"),
        ("POLYGON", "list of corners"),
        ({"0": [1, 2]}, "list of corners"),
        ([[1, 2]], "list of corners"),
        ([[1, 2]] * 5, "one corner only"),
        ([[0, 0], [1, 1], [2, 2]], "no area"),
        ([[0, 0], [1, 1]], "no area"),
        ([[1, 2], [3, 4], "ab"], "longitude and a latitude"),
        ([[1, 2], [3, 4], [5]], "longitude and a latitude"),
        ([[1, 2], [3, 4], [5, None]], "longitude and a latitude"),
        ([[1, 2], [3, 4], [5, float("nan")]], "longitude and a latitude"),
        ([[1, 2], [3, 4], [5, float("inf")]], "longitude and a latitude"),
        ([[1, 2], [3, 4], [5, True]], "longitude and a latitude"),
        ([[1, 2], [3, 4], [1e300, 5]], "longitude and a latitude"),
        (circle(202), "at most 200"),
    ],
)
def test_what_is_no_outline_is_refused_in_words(ring, said):
    with pytest.raises(SelectionError, match=said):
        outline.drawn(ring, False)


@pytest.mark.parametrize("ring", [[[11, 47], [11, 48]], [[11, 47], [12, 47]]])
def test_a_box_without_area_is_refused(ring):
    with pytest.raises(SelectionError, match="no area"):
        outline.drawn(ring, True)


def test_an_outline_on_the_next_copy_of_the_world_is_moved_back():
    moved = [[lon + 360, lat] for lon, lat in SQUARE]
    assert outline.drawn(moved, False).value == outline.drawn(SQUARE, False).value


def test_places_off_the_earth_are_cut():
    assert outline.drawn([[-190, -95], [20, 95]], True).value == (-180, -90, 20, 90)


def test_long_edges_follow_the_straight_line_of_the_map():
    ring = [[-10, 35], [40, 60], [0, 70]]
    value = np.array(outline.drawn(ring, False).value).reshape(-1, 2)
    assert 3 < len(value) < 60
    line = shapely.LineString([*value, value[0]])
    height = np.arctanh(np.sin(np.radians([35, 60])))
    for at in np.linspace(0, 1, 50):
        lat = math.degrees(math.asin(math.tanh(height[0] + at * (height[1] - height[0]))))
        assert line.distance(shapely.Point(-10 + 50 * at, lat)) < 0.2
    # Straight in degrees, the middle would lie more than two degrees beside.
    middle = math.degrees(math.asin(math.tanh(height.mean())))
    assert abs(middle - 47.5) > 1


def test_the_area_is_that_of_the_ground():
    # A spherical zone of one degree: R² Δλ (sin φ2 − sin φ1), within the flattening.
    expected = (
        6371.0**2 * math.radians(1) * (math.sin(math.radians(48)) - math.sin(math.radians(47)))
    )
    assert outline.area_km2("box", (11, 47, 12, 48)) == pytest.approx(expected, rel=0.005)
    assert outline.area_km2("poly", outline.drawn(SQUARE, False).value) == pytest.approx(
        outline.area_km2("box", (11, 47, 12, 48))
    )
    assert outline.area_km2("box", (-180, -90, 180, 90)) == pytest.approx(510e6, rel=0.01)
    assert outline.area_km2("box", (-999, -999, 999, 999)) == pytest.approx(510e6, rel=0.01)
    assert outline.area_km2("poly", (1, 1, 1, 1, 1, 1)) == 0


def test_many_corners_become_fewer_and_the_area_stays():
    value = outline.drawn(circle(200, wobble=0.02), False).value
    fewer = outline.simplified(value, 1000)
    text = Selection((("poly", fewer),)).canonical()
    assert len(text) <= 1005
    assert len(fewer) < len(value)
    before, after = (outline.area_km2("poly", ring) for ring in (value, fewer))
    assert after == pytest.approx(before, rel=0.03)


def test_what_would_lose_too_much_is_not_simplified():
    star = [p for pair in zip(circle(100), circle(100, 0.3), strict=True) for p in pair]
    value = outline.drawn(star, False).value
    assert outline.simplified(value, 300) is None
    assert outline.simplified(value, 5) is None
