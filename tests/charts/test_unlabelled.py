"""Unlabelled shares against counts by hand."""

import numpy as np
import pytest

from eoexplore.charts import unlabelled
from eoexplore.charts.chart import CannotTell
from tests.charts.conftest import Row, asked_of, opened_of

# Of 14,400 pixels, 720 are 5 %. 122 is a code of no class.
ROWS = [
    Row(pixels={231: 14_400}, split="train"),
    Row(pixels={231: 13_680, 999: 720}, split="train"),
    Row(pixels={231: 13_679, 999: 700, 122: 21}, split="test"),
    Row(pixels={231: 14_399, 999: 1}, split="test"),
    Row(split="validation"),
]


@pytest.fixture(scope="module")
def opened():
    return opened_of(ROWS)


def test_steps_and_their_ends(opened):
    chart = unlabelled.CHART(asked_of(opened))
    found = dict(zip(chart.table["Unlabelled share"], chart.table["patches"], strict=True))
    assert list(found) == ["0 %", *(f"{n} to {n + 1} %" for n in range(6))]
    assert {name: n for name, n in found.items() if n} == {
        "0 %": 1,
        "0 to 1 %": 1,
        "4 to 5 %": 1,
        "5 to 6 %": 1,
    }
    assert chart.table["patches up to here"].iloc[-1] == 4
    assert chart.title == "75.0% of the patches have unlabelled pixels"
    assert chart.facts["above_5_percent"] == 1
    assert chart.facts["above_1_percent"] == 2
    assert chart.facts["without_unlabelled"] == 1
    assert chart.facts["mean_share"] == pytest.approx((720 + 721 + 1) / 14_400 / 4, abs=1e-6)
    assert "1 of 5 patches have no label map" in " ".join(chart.notes)


def test_wide_steps_where_much_is_unlabelled():
    opened = opened_of([Row(pixels={231: 50, 999: 50}), Row(pixels={999: 100})])
    chart = unlabelled.CHART(asked_of(opened))
    found = dict(zip(chart.table["Unlabelled share"], chart.table["patches"], strict=True))
    assert len(found) == 21
    assert (found["45 to 50 %"], found["95 to 100 %"]) == (1, 1)


def test_nothing_is_unlabelled(opened):
    full = opened_of([ROWS[0]])
    chart = unlabelled.CHART(asked_of(full))
    assert chart.table["patches"].tolist() == [1, 0]
    assert "0 (0.0%) have pixels of no class; 0.00% of all pixels are unlabelled." in chart.sentence


def test_patches_without_any_are_shown_on_request(opened):
    some = unlabelled.CHART(asked_of(opened)).figure.data[0]
    every = unlabelled.CHART(asked_of(opened, show="all")).figure.data[0]
    assert list(every.x) == ["0 %", *some.x]
    assert list(every.y) == [1, *some.y]
    assert every.customdata[0][0] == "ids=patch_00000"
    assert every.customdata[2][0] == ""


def test_a_click_on_many_leads_to_some_of_them():
    opened = opened_of([Row(pixels={231: 90, 999: 10}, x=number) for number in range(200)])
    chart = unlabelled.CHART(asked_of(opened, "split=train"))
    (text,) = [text for (text,) in chart.figure.data[0].customdata if text]
    found = asked_of(opened, text).part.rows
    assert (len(found), found[0], found[-1]) == (20, 0, 199)


def test_two_selections(opened):
    chart = unlabelled.CHART(asked_of(opened, "split=train", "split=test", **{"as": "share"}))
    assert [trace.name for trace in chart.figure.data] == ["Selection", "Compared with"]
    assert np.allclose(chart.table["Difference of shares"].sum(), 0)
    assert "Chi-square test" in " ".join(chart.notes)
    empty = unlabelled.CHART(asked_of(opened, "split=train", "split=validation"))
    assert "cannot be compared" in " ".join(empty.notes)
    other = unlabelled.CHART(asked_of(opened, "split=validation", "split=train"))
    assert other.facts["mean_share"] is None


def test_no_map_is_selected(opened):
    with pytest.raises(CannotTell, match="not known how much"):
        unlabelled.CHART(asked_of(opened, "split=validation"))
    with pytest.raises(CannotTell, match="not known how much"):
        unlabelled.CHART(asked_of(opened, "country=Atlantis"))


def test_no_maps():
    with pytest.raises(CannotTell, match="no label maps"):
        unlabelled.CHART(asked_of(opened_of([Row()])))


def test_an_indexed_dataset(indexed):
    chart = unlabelled.CHART(asked_of(indexed))
    assert chart.table["patches"].sum() == len(indexed.samples)
