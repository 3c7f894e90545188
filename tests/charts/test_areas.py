"""Areas on the page are those of the map, and those that one works out by hand."""

import dataclasses

import pytest

from eoexplore.charts import areas
from eoexplore.charts.chart import CannotTell
from eoexplore.core.selection import EVERYTHING
from eoexplore.tiles.areas import areas_of
from eoexplore.tiles.scene import scene_of, shown_of
from tests.charts.conftest import FOREST, MARINE, PASTURES, Row, asked_of, opened_of

# Two places side by side on two dates each: 4 patches of 1.44 km², 2 places.
ROWS = [
    Row((FOREST,), x=x, date=date, pixels=pixels)
    for x, pixels in ((0, {311: 14_400}), (1, {311: 4_400, 231: 10_000}))
    for date in ("2017-06-13", "2018-01-10")
]


@pytest.fixture(scope="module")
def opened():
    return opened_of(ROWS)


def areas_in(chart, column):
    return dict(zip(chart.table["Class"], chart.table[column], strict=True))


def test_two_dates_of_two_places(opened):
    chart = areas.CHART(asked_of(opened))
    assert areas_in(chart, "sampled km²") == {FOREST: 3.76, PASTURES: 2.0}
    assert areas_in(chart, "ground km²") == {FOREST: 1.88, PASTURES: 1.0}
    assert (chart.facts["patches"], chart.facts["places"]) == (4, 2)
    assert "5.76 km² sampled, 2.88 km² on the ground" in chart.sentence


def test_overlapping_tiles_count_once_and_the_bars_say_what_is_possible(opened):
    """33UUP and 33UVP share a strip of 9.8 km: the columns from 84 on lie in both."""
    rows = [
        Row((FOREST,), x=x, tile=tile, pixels={311: 7_200, 231: 7_200})
        for tile, xs in (("33UUP", range(83, 91)), ("33UVP", range(8)))
        for x in xs
    ]
    found = opened_of(rows)
    facts = areas.CHART(asked_of(found)).facts
    # 16 patches in a row, which begin 99,600 m and 99,960 m (the next tile) after 33UUP does.
    assert facts["ground_km2"] == pytest.approx((99.96 + 8 * 1.2 - 99.6) * 1.2, abs=1e-3)
    (forest,) = (item for item in facts["classes"] if item["label"] == FOREST)
    assert forest["low_km2"] < forest["ground_km2"] < forest["high_km2"] < forest["sampled_km2"]
    chart = areas.CHART(asked_of(found))
    sampled, ground = chart.figure.data
    assert (sampled.name, ground.name) == ("Sampled", "Ground")
    low = ground.x[0] - ground.error_x.arrayminus[0]
    assert low == pytest.approx(forest["low_km2"])


@pytest.mark.parametrize("level", ["own", "clc3", "clc2", "clc1"])
def test_page_and_map_say_the_same(indexed, level):
    facts = areas.CHART(asked_of(indexed, level=level)).facts
    scene = scene_of(indexed)
    own = areas_of(scene, shown_of(scene, EVERYTHING)[0])["levels"]
    expected = own["clc19" if level == "own" else level]
    assert [{k: v for k, v in item.items() if k != "key"} for item in expected] == facts["classes"]


def test_others_than_the_selected_are_another_selection(opened):
    """What is not selected has no text that says so, but a mask."""
    asked = asked_of(opened, "month=6", "")
    others = dataclasses.replace(asked.parts[1], mask=~asked.part.mask)
    asked = dataclasses.replace(asked, parts=(asked.part, others))
    chart = areas.CHART(asked)
    assert areas_in(chart, "Compared with: ground km²") == {FOREST: 1.88, PASTURES: 1.0}
    assert areas_in(chart, "Compared with: sampled km²") == {FOREST: 1.88, PASTURES: 1.0}
    assert (chart.table["Difference of ground km²"] == 0).all()


def test_without_label_maps_the_patches_have_an_area():
    chart = areas.CHART(asked_of(opened_of([Row((MARINE,)), Row((MARINE,), date="2018-01-10")])))
    assert areas_in(chart, "sampled km²") == {"All patches": 2.88}
    assert areas_in(chart, "ground km²") == {"All patches": 1.44}
    assert "no label maps" in " ".join(chart.notes)


def test_without_a_place_there_is_no_area():
    with pytest.raises(CannotTell, match="no place on the ground"):
        areas.CHART(asked_of(opened_of([Row(tile="")])))


def test_the_size_of_a_pixel_is_told(opened):
    (note,) = (note for note in areas.CHART(asked_of(opened)).notes if "ellipsoid" in note)
    numbers = [float(word) for word in note.split() if word[0].isdigit() and "." in word]
    # 199.4 km from the middle of zone 33 lengths are 0.9996 (1 + (199.4 / 6380)² / 2) = 1.00009
    # times those on the ground.
    assert numbers == [99.98, 99.98]
