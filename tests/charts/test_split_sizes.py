"""Sizes of the parts, balance of their classes, and classes too rare in them, by hand."""

import numpy as np
import pytest

from eoexplore.charts import rare_classes, split_balance, split_sizes
from eoexplore.charts.chart import CannotTell
from tests.charts.conftest import FOREST, MARINE, PASTURES, Row, asked_of, opened_of, split_of

ROWS = [
    *(Row((PASTURES,), x=x, split="train") for x in range(4)),
    Row((PASTURES, FOREST), x=4, split="train", country="Serbia", tile="34TEN"),
    Row((FOREST,), x=5, split="validation"),
    *(Row((FOREST,), x=x, split="test", country="Serbia", tile="34TEN") for x in (6, 7)),
    Row((PASTURES,), x=8, split=""),
]


@pytest.fixture(scope="module")
def opened():
    return opened_of(ROWS)


def ask(opened, *selections, split=None, **options):
    return asked_of(opened, *selections, splits=(split or split_of(opened),), **options)


def column(chart, name, key):
    table = chart.table
    return table.set_index(table.columns[0]).loc[key, name]


def test_sizes(opened):
    chart = split_sizes.CHART(ask(opened))
    assert chart.facts["sizes"] == {"train": 5, "validation": 1, "test": 2, "no part": 1}
    assert "5 (55.6%) for training" in chart.sentence
    assert "1 are in no part" in chart.sentence
    clicks = [trace.customdata[0][0] for trace in chart.figure.data[:3]]
    assert clicks == ["split=train", "split=validation", "split=test"]


def test_sizes_by_country(opened):
    chart = split_sizes.CHART(ask(opened, by="country"))
    assert column(chart, "train", "Austria") == 4
    assert column(chart, "test", "Serbia") == 2
    assert column(chart, "share of train", "Serbia") == pytest.approx(1 / 3)
    clicks = {
        trace.name: [text for (text,) in trace.customdata or ()] for trace in chart.figure.data
    }
    assert clicks["test"] == ["country=Austria&split=test", "country=Serbia&split=test"]
    numbers = split_sizes.CHART(ask(opened, by="country", **{"as": "number"}))
    assert list(numbers.figure.data[0].x) == [4, 1]


def test_parts_of_another_split_cannot_be_selected(opened):
    split = split_of(opened, [2, 0, 0, 0, 0, 0, 0, 0, 0], rule="mine")
    chart = split_sizes.CHART(ask(opened, split=split))
    assert chart.facts["sizes"] == {"train": 8, "validation": 0, "test": 1, "no part": 0}
    assert all(not trace.customdata for trace in chart.figure.data)


def test_nothing_is_in_a_part(opened):
    nowhere = split_of(opened, [-1] * 9)
    with pytest.raises(CannotTell, match="in a part of the split"):
        split_sizes.CHART(ask(opened, split=nowhere))
    with pytest.raises(CannotTell, match="in a part of the split"):
        split_sizes.CHART(ask(opened, "country=Atlantis"))


def test_balance(opened):
    chart = split_balance.CHART(ask(opened))
    assert column(chart, "train", PASTURES) == 5
    assert column(chart, "share of train", FOREST) == pytest.approx(1 / 5)
    assert column(chart, "share of test", FOREST) == 1
    apart = chart.facts["jensen_shannon"]
    # Labels: train 5 pastures and 1 forest, test only forest.
    middle = np.array([5 / 12, 7 / 12])
    mixed = -(middle * np.log(middle)).sum() + (5 / 6 * np.log(5 / 6) + np.log(1 / 6) / 6) / 2
    assert apart["train-test"]["value"] == pytest.approx(mixed)
    assert apart["validation-test"]["value"] == 0
    assert apart["train-test"]["draws"] > 0
    assert chart.title.startswith("Labels differ most between train and")


def test_balance_of_one_tile_has_no_interval(opened):
    chart = split_balance.CHART(ask(opened, "country=Austria"))
    assert chart.facts["jensen_shannon"]["train-validation"] == {
        "value": pytest.approx(np.log(2)), "low": None, "high": None, "draws": 0, "seed": 0,
    }  # fmt: skip
    assert "nothing to draw" in chart.notes[-1]


def test_balance_needs_two_parts(opened):
    with pytest.raises(CannotTell, match="Only 1 part"):
        split_balance.CHART(ask(opened, "split=test"))


def test_rare_classes():
    rows = [Row((PASTURES,), split="test")] * 400 + [Row((FOREST,), split="test")] * 117
    chart = rare_classes.CHART(ask(opened_of([*rows, Row((MARINE,))])))
    assert column(chart, "too rare", FOREST) == "yes"
    assert column(chart, "too rare", PASTURES) == "no"
    assert column(chart, "test patches", MARINE) == 0
    assert column(chart, "F1 from", FOREST) == pytest.approx(0.629, abs=1e-3)
    assert "has 117 patches: an F1 of 0.7 measured on them means one between 0.63 and 0.76" in (
        chart.sentence
    )
    assert FOREST in chart.facts["too_rare"]
    assert PASTURES not in chart.facts["too_rare"]
    milder = rare_classes.CHART(ask(opened_of(rows), widest="0.2"))
    assert FOREST not in milder.facts["too_rare"]


def test_rare_classes_of_an_empty_part(opened):
    with pytest.raises(CannotTell, match="no patch is in the validation part"):
        rare_classes.CHART(ask(opened, "split=test", part="validation"))
