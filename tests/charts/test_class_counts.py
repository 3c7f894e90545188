"""Counts of classes against counts by hand."""

import pytest

from eoexplore.charts import class_counts
from eoexplore.charts.chart import CannotTell
from tests.charts.conftest import FOREST, MARINE, PASTURES, Row, asked_of, opened_of

ROWS = [
    Row((PASTURES, FOREST), split="train", pixels={231: 10_000, 311: 4_400}),
    Row((PASTURES,), split="train", pixels={231: 14_400}, x=1),
    Row((FOREST,), split="test", pixels={311: 7_200, 999: 7_200}, x=2, country="Serbia"),
    Row((PASTURES,), split="test", pixels={231: 14_400}, x=3, date=""),
]


@pytest.fixture(scope="module")
def opened():
    return opened_of(ROWS)


def counts(chart, column="patches"):
    return {
        name: value
        for name, value in zip(chart.table["Class"], chart.table[column], strict=True)
        if value
    }


def test_patches(opened):
    chart = class_counts.CHART(asked_of(opened))
    assert counts(chart) == {PASTURES: 3, FOREST: 2}
    assert chart.table["Class"].iloc[0] == PASTURES
    assert "Of 4 patches, 3 (75.0%) have Pastures" in chart.sentence
    assert "17 of the 19 classes never occur" in chart.sentence


def test_pixels(opened):
    chart = class_counts.CHART(asked_of(opened, of="pixels"))
    assert counts(chart, "pixels") == {PASTURES: 38_800, FOREST: 11_600}


def test_by_split(opened):
    chart = class_counts.CHART(asked_of(opened, by="split"))
    assert counts(chart, "train") == {PASTURES: 2, FOREST: 1}
    assert counts(chart, "test") == {PASTURES: 1, FOREST: 1}


def test_nothing_is_selected(opened):
    with pytest.raises(CannotTell, match="No patch is selected"):
        class_counts.CHART(asked_of(opened, "country=Atlantis"))


def test_no_maps():
    with pytest.raises(CannotTell, match="no label maps"):
        class_counts.CHART(asked_of(opened_of([Row((MARINE,))]), of="pixels"))


def test_an_indexed_dataset(indexed):
    chart = class_counts.CHART(asked_of(indexed, "split=test"))
    assert counts(chart) == {"Arable land": 4, PASTURES: 4}
