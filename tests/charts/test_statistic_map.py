"""Statistics per tile, hexagon and country, and clicks that select what was counted."""

import re

import numpy as np
import pytest
import shapely

from eoexplore.charts import _areas, statistic_map
from eoexplore.charts.chart import CannotTell
from eoexplore.core.selection import parse
from tests.charts.conftest import FOREST, MARINE, PASTURES, Row, asked_of, grid, opened_of

ROWS = [
    *[Row((PASTURES,), x=x, pixels={231: 14_400}) for x in range(3)],
    Row((PASTURES, FOREST), x=9, pixels={311: 7_200, 231: 3_600, 999: 3_600}),
    *[Row((MARINE,), x=x, tile="29SNC", country="Portugal", split="test") for x in (0, 90)],
]


@pytest.fixture(scope="module")
def opened():
    return opened_of(ROWS)


@pytest.fixture(scope="module")
def spread():
    """Return 400 patches, far enough apart to lie in many hexagons of 10 km."""
    rng = np.random.default_rng(3)
    return opened_of([Row(x=int(x), y=int(y)) for x, y in rng.integers(0, 91, (400, 2))])


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        ("patches", {"Austria": 4, "Portugal": 2}),
        ("labels", {"Austria": 1.25, "Portugal": 1}),
        ("distinct", {"Austria": 2, "Portugal": 1}),
        ("effective", {"Austria": 0.8**-0.8 * 0.2**-0.2, "Portugal": 1}),
        ("common", {"Austria": PASTURES, "Portugal": MARINE}),
        ("class", {"Austria": 0.25, "Portugal": 0}),
        ("pixels", {"Austria": 0.125, "Portugal": None}),
        ("unlabelled", {"Austria": 1 / 16, "Portugal": None}),
    ],
)
def test_statistics_by_country(opened, statistic, expected):
    asked = asked_of(opened, by="country", statistic=statistic, **{"class": FOREST})
    found = statistic_map.CHART(asked).facts["areas"]
    assert found == {name: pytest.approx(value) for name, value in expected.items()}


def marks(chart):
    """Return what is said of each mark that can be clicked, and its selection."""
    (trace,) = (trace for trace in chart.figure.data if trace.customdata is not None)
    return [(text, data[0]) for text, data in zip(trace.text, trace.customdata, strict=True)]


@pytest.mark.parametrize("by", _areas.WAYS)
@pytest.mark.parametrize("width", ["100", "10", "5"])
def test_a_click_selects_as_many_patches_as_are_said(spread, by, width):
    chart = statistic_map.CHART(asked_of(spread, by=by, width=width))
    table = spread.samples.table(spread.dataset.classes)
    total = 0
    for said, selection in marks(chart):
        count = int(re.search(r"([\d,]+) patches", said)[1].replace(",", ""))
        assert table.select(parse(selection)[0]).count() == count
        total += count
    assert total == 400


def test_hexagons_leave_no_gap_in_degrees(spread):
    found = _areas.areas(asked_of(spread), "hexagon", 10)
    shapes = [shapely.Polygon(rings[0]) for rings in found.rings]
    assert shapely.union_all(shapes).area == pytest.approx(sum(shape.area for shape in shapes))
    inside = shapely.contains_xy(
        np.array(shapes)[found.codes], spread.samples.lon, spread.samples.lat
    )
    assert inside.all()


def test_there_are_never_too_many_hexagons(spread):
    for width in _areas.widths(asked_of(spread)):
        assert len(_areas.areas(asked_of(spread), "hexagon", width).names) <= _areas.MOST_HEXAGONS


def test_far_from_europe_hexagons_are_there_too():
    far = opened_of(grid(3, tile="60HUD", country="New Zealand"))
    chart = statistic_map.CHART(asked_of(far, by="hexagon"))
    assert sum(chart.facts["areas"].values()) == 9
    assert "° S" in next(iter(chart.facts["areas"]))


def test_a_click_is_not_offered_where_the_selection_has_an_outline_already(spread):
    text = "poly=10,40,20,40,20,60,10,60"
    chart = statistic_map.CHART(asked_of(spread, text, by="hexagon"))
    (trace,) = (trace for trace in chart.figure.data if trace.text is not None)
    assert all(data is None for data in trace.customdata)
    # A tile is another condition.
    assert marks(statistic_map.CHART(asked_of(spread, text, by="tile")))[0][1].endswith("33UUP")


def test_two_selections_show_their_difference(opened):
    rows = [*ROWS, Row((MARINE,), x=4, split="test")]
    found = opened_of(rows)
    chart = statistic_map.CHART(asked_of(found, "split=train", "split=test", by="country"))
    table = chart.table.set_index("Country")
    assert table.loc["Austria", "Difference of patches"] == 3
    assert table.loc["Portugal", "Difference of patches"] == -2
    assert "Chi-square test of the patches per area" in " ".join(chart.notes)
    same = asked_of(found, "split=train", "split=test", by="country", statistic="common")
    # Only Austria has both: pastures here, marine waters there.
    shown = [trace.name for trace in statistic_map.CHART(same).figure.data if trace.showlegend]
    assert shown == ["Another class"]


def test_without_places_there_is_no_map():
    with pytest.raises(CannotTell, match="no place on the ground"):
        statistic_map.CHART(asked_of(opened_of([Row(tile="")])))


def test_without_label_maps_nothing_is_said_of_pixels():
    with pytest.raises(CannotTell, match="no label maps"):
        statistic_map.CHART(asked_of(opened_of([Row()]), statistic="unlabelled"))


def test_a_country_without_an_outline_is_where_its_patches_are():
    chart = statistic_map.CHART(asked_of(opened_of([Row(country="Atlantis")]), by="country"))
    assert chart.facts["areas"] == {"Atlantis": 1}
    assert marks(chart)[0][1] == "country=Atlantis"
