"""What stands behind labels against counts by hand."""

import pytest

from eoexplore.charts import label_support
from eoexplore.charts.chart import CannotTell
from tests.charts.conftest import FOREST, MARINE, PASTURES, Row, asked_of, opened_of

# Of 14,400 pixels, 144 are 1 %.
ROWS = [
    Row((PASTURES, FOREST), pixels={231: 14_256, 311: 144}, split="train"),
    Row((PASTURES, FOREST), pixels={231: 14_257, 311: 143}, x=1, split="train"),
    # A class that has pixels and is no label; half the patch is unlabelled.
    Row((FOREST,), pixels={311: 7_000, 231: 200, 999: 7_200}, x=2, split="test", tile="33UVP"),
    # A label of which the map has nothing, alone in its patch.
    Row((MARINE,), pixels={231: 14_400}, x=3, split="test", tile="33UVP"),
    Row((PASTURES,), x=4, split="validation"),
]


@pytest.fixture(scope="module")
def opened():
    return opened_of(ROWS)


def lines(chart):
    return chart.table.set_index("Class")


def test_labels_under_a_threshold(opened):
    chart = label_support.CHART(asked_of(opened, under="1"))
    forest = lines(chart).loc[FOREST]
    assert (forest["labels"], forest["on no pixel"]) == (3, 0)
    assert [forest[f"under {n}%"] for n in (1, 5, 10, 25)] == [1, 2, 2, 2]
    assert forest["median share of the patch"] == 0.01
    assert lines(chart).loc[MARINE, "on no pixel"] == 1
    assert lines(chart).loc[PASTURES, "patches with pixels and without the label"] == 2
    assert chart.facts == {
        **chart.facts,
        "labels": 6,
        "on_no_pixel": 1,
        "under_1_percent": 2,
        "under_5_percent": 3,
        "pixels_without_label": 2,
        "dropped": 2,
        "patches_left_without_label": 1,
    }
    assert chart.title == "33.3% of the labels rest on under 1% of their patch"
    assert "Of 6 labels of 4 patches with a label map, 2 (33.3%)" in chart.sentence
    assert "1 of 5 patches have no label map" in " ".join(chart.notes)


def test_a_higher_threshold_drops_more(opened):
    chart = label_support.CHART(asked_of(opened, under="25", show="dropped"))
    assert chart.facts["dropped_by_class"][FOREST] == 2
    assert chart.facts["dropped_by_class"][PASTURES] == 0
    bars = chart.figure.data[0]
    assert dict(zip(bars.y, bars.x, strict=True)) == {
        MARINE: 1,
        FOREST: pytest.approx(2 / 3),
        PASTURES: 0,
    }
    assert bars.customdata[1][0] == ("class=all:Broad-leaved forest&share=Broad-leaved forest<0.25")


def test_a_click_selects_the_patches_that_were_counted(opened):
    chart = label_support.CHART(asked_of(opened, "split=train"))
    table = opened.samples.table(opened.dataset.classes)
    under = {}
    for trace in chart.figure.data:
        for name, (text,) in zip(trace.y, trace.customdata, strict=True):
            selected = table.select(asked_of(opened, text).part.selection).mask()
            under[name, trace.name] = int(selected.sum())
    assert under[FOREST, "under 1 %"] == 1
    assert under[FOREST, "1 to 5 %"] == 2
    assert under[PASTURES, "25 % or more"] == 2
    # Steps that no label is on are not there.
    assert {step for _, step in under} == {"under 1 %", "1 to 5 %", "25 % or more"}


def test_two_selections(opened):
    chart = label_support.CHART(asked_of(opened, "split=train", "split=test"))
    row = lines(chart).loc[FOREST]
    assert (row["Selection: labels"], row["Compared with: labels"]) == (2, 1)
    assert row["Difference of shares under 1%"] == 0.5
    assert [trace.name for trace in chart.figure.data] == ["Selection", "Compared with"]
    said = " ".join(chart.notes)
    assert "Chi-square test" in said
    assert "bootstrap over tiles" in said


def test_one_of_two_selections_is_empty(opened):
    chart = label_support.CHART(asked_of(opened, "", "country=Atlantis"))
    assert "cannot be compared" in " ".join(chart.notes)


@pytest.mark.parametrize("selection", ["country=Atlantis", "split=validation"])
def test_nothing_is_known_of_the_selection(opened, selection):
    with pytest.raises(CannotTell, match="None of the selected patches has a label"):
        label_support.CHART(asked_of(opened, selection))


def test_no_maps():
    with pytest.raises(CannotTell, match="no label maps"):
        label_support.CHART(asked_of(opened_of([Row()])))


def test_an_indexed_dataset(indexed):
    chart = label_support.CHART(asked_of(indexed, "split=test", "split=train"))
    assert chart.facts["labels"] > 0
