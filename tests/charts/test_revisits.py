"""Places on several dates against counts by hand, and against the released table."""

from dataclasses import replace

import pytest

from eoexplore.charts import revisits
from eoexplore.charts.chart import CannotTell
from tests.charts.conftest import FOREST, MARINE, PASTURES, Row, asked_of, opened_of
from tests.charts.made_spectra import with_spectra

WINTER, SUMMER, AUTUMN = "2018-01-10", "2017-07-01", "2017-10-01"
PLACES = [
    # A place on three dates, the same on two, one of its own, one without a date, one without
    # a place.
    Row((PASTURES,), x=1, date=WINTER, split="test"),
    Row((PASTURES,), x=1, date=SUMMER),
    Row((PASTURES,), x=1, date=AUTUMN),
    Row((FOREST, MARINE), x=2, date=SUMMER),
    Row((FOREST, MARINE), x=2, date=WINTER),
    Row((FOREST,), x=2, y=1, date=WINTER),
    Row((FOREST,), x=2, y=1, date=""),
    Row((FOREST,), x=1, tile="", date=WINTER),
]


def test_places_by_their_dates():
    chart = revisits.CHART(asked_of(opened_of(PLACES)))
    assert chart.table["Places"].tolist() == [1, 1, 1]
    assert chart.table["Share of places"].tolist() == pytest.approx([1 / 3] * 3)
    assert chart.table["Places with other labels"].tolist() == [0, 0, 0]
    assert chart.facts == {
        "places": 3,
        "revisited": 2,
        "labels_differ": 0,
        "by_dates": {"1": 1, "2": 1, "3": 1},
    }
    assert chart.sentence == (
        "2 of 3 places were taken on two or more dates, up to 3; the labels differ between dates "
        "at none of them."
    )
    assert "Left out, for lack of a place or a date: 2 patches." in chart.notes
    assert any("no optical images" in note for note in chart.notes)


def test_labels_that_differ_are_counted():
    rows = [*PLACES, Row((PASTURES, FOREST), x=1, date="2018-05-01")]
    chart = revisits.CHART(asked_of(opened_of(rows)))
    assert chart.table["Places with other labels"].tolist() == [0, 0, 0, 1]
    assert "differ between dates at 1 of them" in chart.sentence


def test_a_selection_has_its_own_dates():
    chart = revisits.CHART(asked_of(opened_of(PLACES), "split=train", "split=test"))
    assert chart.table["Selection: places"].tolist() == [1, 2]
    assert chart.table["Compared with: places"].tolist() == [1, 0]
    assert "Compared with: 0 of 1 place was taken on two or more dates." in chart.sentence


def test_labels_that_nobody_knows_do_not_stay_the_same():
    rows = [Row((), date=WINTER), Row((), date=SUMMER)]
    assert "the dataset has no labels" in revisits.CHART(asked_of(opened_of(rows))).sentence


@pytest.mark.parametrize(
    ("rows", "text", "reason"),
    [
        ([Row(tile="", date=WINTER)], "", "has a place"),
        ([Row(date="")], "", "has a date"),
        ([Row()], "split=test", "No patch is selected"),
    ],
)
def test_without_places_or_dates_it_says_so(rows, text, reason):
    with pytest.raises(CannotTell, match=reason):
        revisits.CHART(asked_of(opened_of(rows), text))


def image(ndvi, code=231):
    """A patch of a reflectance of 0.1 in the visible, and of an NDVI."""
    red = 1000
    infrared = red * (1 + ndvi) / (1 - ndvi)
    return {code: {"s2/B02": red, "s2/B03": red, "s2/B04": red, "s2/B08": round(infrared)}}


@pytest.fixture(scope="module")
def imaged(tmp_path_factory):
    images = [
        image(0.2),
        image(0.7),
        image(0.5),
        image(0.6, 311),
        image(0.6, 311),
        None,
        None,
        None,
    ]
    return with_spectra(tmp_path_factory.mktemp("index"), PLACES, images)


def line(chart, first):
    return chart.table.set_index(chart.table.columns[0]).loc[first]


def test_change_of_an_index_by_the_only_label(imaged):
    chart = revisits.CHART(asked_of(imaged))
    # 0.7 to 0.5, 0.7 to 0.2, 0.5 to 0.2; the place of two labels is of no class alone.
    own = line(chart, PASTURES)
    assert own["Pairs of dates"] == 3
    assert own["Median"] == pytest.approx(0.3, abs=1e-3)
    assert own["10 % quantile"] == pytest.approx(0.22, abs=1e-3)
    assert chart.table["Class"].tolist() == [PASTURES]
    assert "is 0.300 in Pastures, from 3 pairs of dates" in chart.sentence
    assert chart.facts["median_change"] == {PASTURES: pytest.approx(0.3, abs=1e-3)}
    assert "(B08 - B04) / (B08 + B04)" in chart.notes[0]
    assert [item[0] for item in chart.figure.data[1].customdata] == [f"class=all:{PASTURES}"]


def test_with_maps_the_class_that_covers_most_counts(tmp_path):
    mostly = {311: 9_000, 523: 5_400}
    halves = {311: 7_200, 523: 7_200}
    rows = [
        Row((FOREST, MARINE), x=x, date=day, pixels=areas)
        for x, areas in enumerate((mostly, halves))
        for day in (SUMMER, WINTER)
    ]
    opened = with_spectra(tmp_path, rows, [image(0.5), image(0.4), image(0.9), image(0.1)])
    chart = revisits.CHART(asked_of(opened))
    assert chart.table["Class"].tolist() == [FOREST]
    assert line(chart, FOREST)["Median"] == pytest.approx(0.1, abs=1e-3)


def test_means_of_another_table_are_none(imaged):
    opened = replace(opened_of(PLACES[:5]), folder=imaged.folder)
    opened.samples.frame["has_s2"] = True
    with pytest.raises(CannotTell, match="still to be computed"):
        revisits.CHART(asked_of(opened))


def test_change_between_seasons_is_that_of_the_season_named_second(imaged):
    chart = revisits.CHART(asked_of(imaged, by="seasons"))
    assert line(chart, "winter and summer")["Pairs of dates"] == 2
    assert line(chart, "winter and summer")["Median"] == pytest.approx(0.25, abs=1e-3)
    assert line(chart, "summer and autumn")["Median"] == pytest.approx(-0.2, abs=1e-3)
    assert line(chart, "winter and autumn")["Median"] == pytest.approx(0.3, abs=1e-3)
    assert len(chart.table) == 3
    clicks = [item[0] for item in chart.figure.data[1].customdata]
    assert clicks[0] == "season=summer|winter"


def test_brightness_stays(imaged):
    chart = revisits.CHART(asked_of(imaged, of="brightness"))
    assert line(chart, PASTURES)["90 % quantile"] == pytest.approx(0, abs=1e-6)


def test_two_parts_have_two_boxes(imaged):
    chart = revisits.CHART(asked_of(imaged, "", "split=train"))
    own = line(chart, PASTURES)
    assert (own["Selection: pairs of dates"], own["Compared with: pairs of dates"]) == (3, 1)
    assert own["Difference of medians"] == pytest.approx(0.1, abs=1e-3)
    assert [trace.type for trace in chart.figure.data] == ["box", "scatter"] * 2


def test_images_of_one_date_only_cannot_change(imaged):
    with pytest.raises(CannotTell, match="both dates have an image"):
        revisits.CHART(asked_of(imaged, f"class=any:{FOREST}"))
    # No place twice: what is known of dates is shown.
    assert "0 of 1 place" in revisits.CHART(asked_of(imaged, "split=test")).sentence


def test_reben_keeps_its_labels_on_all_dates(all_of_reben):
    facts = revisits.CHART(asked_of(all_of_reben)).facts
    assert facts == {
        "places": 253_957,
        "revisited": 157_287,
        "labels_differ": 0,
        "by_dates": {"1": 96_670, "2": 58_498, "3": 59_334, "4": 39_455},
    }
