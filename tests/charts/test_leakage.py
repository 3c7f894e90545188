"""Distances between the parts of a split, what they share, and what is left far away."""

from dataclasses import replace

import numpy as np
import pytest

from eoexplore.charts import (
    leakage_distance,
    leakage_keep,
    leakage_map,
    leakage_shared,
    rare_classes,
)
from eoexplore.charts.chart import CannotTell
from tests import predicting
from tests.charts.conftest import FOREST, PASTURES, Row, asked_of, opened_of, split_of

# A row of patches: training at 0, test at 0 (another date), 1, 5 and 20, validation at 2.
ROWS = [
    Row((FOREST,), x=0, split="train", product="S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP"),
    Row((FOREST,), x=0, split="test", date="2018-01-10"),
    Row((PASTURES,), x=1, split="test"),
    Row((PASTURES,), x=5, split="test"),
    Row((PASTURES,), x=20, split="test", product="S2A_MSIL2A_20170613T101511_N9999_R022_T33UUQ"),
    Row((PASTURES,), x=2, split="validation"),
    Row((PASTURES,), tile="", split="test"),
]


@pytest.fixture(scope="module")
def opened():
    return opened_of(ROWS)


def ask(opened, *selections, splits=None, **options):
    return asked_of(opened, *selections, splits=splits or (split_of(opened),), **options)


def test_distances_by_hand(opened):
    facts = leakage_distance.CHART(ask(opened)).facts
    assert facts["patches"] == 4
    assert facts["minimum_m"] == 0
    assert facts["median_m"] == pytest.approx((1_200 + 6_000) / 2, rel=2e-3)
    assert facts["maximum_m"] == pytest.approx(24_000, rel=2e-3)
    assert facts["shares_within_km"] == {"1.3": 0.5, "5": 0.5, "10": 0.75, "20": 0.75}


def test_distances_in_bands(opened):
    chart = leakage_distance.CHART(ask(opened, **{"as": "bars"}))
    assert chart.table["test patches"].tolist() == [1, 1, 0, 1, 0, 1, 0]
    assert any("1 patches of test have no location" in note for note in chart.notes)


def test_the_curve_and_its_table(opened):
    chart = leakage_distance.CHART(ask(opened, pair="test-validation"))
    table = chart.table.set_index("Within km")["test patches"]
    # From 2: the place 1 is one patch away, 0 two, 5 three.
    assert (table[0.0], table[1.3], table[5.0]) == (0, 1, 3)
    assert chart.title == "25.0% of test patches lie within 1.3 km of a validation patch"
    (curve,) = chart.figure.data
    assert curve.y[list(curve.x).index(1.3)] == 0.25


def test_another_split_beside_it(opened):
    other = split_of(opened, [0, 0, 0, 0, 2, -1, -1], rule="other")
    nothing = split_of(opened, [0] * 7, rule="all for training")
    chart = leakage_distance.CHART(ask(opened, splits=(split_of(opened), other, nothing)))
    assert [trace.name for trace in chart.figure.data] == ["Released", "Other (2)"]
    assert chart.facts["patches"] == 4
    assert any("All for training" in note for note in chart.notes)
    assert chart.table["Other (2): test patches"].max() == 1


def test_what_has_no_distance(opened):
    with pytest.raises(CannotTell, match="no patch is in the train part"):
        leakage_distance.CHART(ask(opened, "split=test"))
    placeless = opened_of([Row(tile="", split="train"), Row(tile="", split="test")])
    with pytest.raises(CannotTell, match="has a location"):
        leakage_distance.CHART(ask(placeless))


def test_shared(opened):
    facts = leakage_shared.CHART(ask(opened)).facts
    assert facts["place"] == {"patches": 1, "share": 0.2}
    assert facts["product"]["patches"] == 0
    # Of the same satellite, day and orbit, five minutes later.
    assert facts["overpass"]["patches"] == 1
    assert facts["overlap"]["patches"] == 0


def test_overlapping_tiles():
    # 33UUP and 33UVP lie side by side and have 9.8 km in common.
    rows = [
        Row(tile="33UUP", x=90, y=10, split="train"),
        Row(tile="33UVP", x=6, y=10, split="test"),
        Row(tile="33UVP", x=40, y=10, split="test"),
    ]
    chart = leakage_shared.CHART(ask(opened_of(rows)))
    assert chart.facts["overlap"]["patches"] == 1
    assert chart.title == "1 test patch lies partly on a training patch"
    assert "do not tell the overpass" in chart.notes[0]


def test_shared_without_places():
    rows = [Row(tile="", split=name) for name in ("train", "test")]
    chart = leakage_shared.CHART(ask(opened_of(rows)))
    assert "place" not in chart.facts
    assert chart.facts["product"]["patches"] == 1
    assert "No patch has a location" in chart.notes[0]


def test_keep_only_what_is_far(opened):
    chart = leakage_keep.CHART(ask(opened, km="5"))
    assert chart.facts["left"] == {
        "0": 3, "1.3": 2, "2.5": 2, "5": 2, "10": 1, "20": 1, "50": 0,
    }  # fmt: skip
    table = chart.table.set_index("Class")["farther than 5 km"]
    assert table.to_dict() == {PASTURES: 2, FOREST: 0}
    assert set(chart.facts["too_rare"]) == {PASTURES, FOREST}
    assert chart.figure.data[0].customdata[0][0] == "class=all:Pastures&split=test"


def test_predictions_are_judged_on_what_is_left(opened, tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path))
    # Of the test patches at 0, 1, 5 and 20: only those far from training are predicted rightly.
    rows = [row for row, item in enumerate(ROWS) if item.split == "test"][:4]
    right = {FOREST: (1.0, 0.0), PASTURES: (0.0, 1.0)}
    scores = [right[ROWS[row].labels[0]] for row in rows]
    scores[0], scores[1] = scores[0][::-1], scores[1][::-1]
    found = predicting.write_set(opened, "mine", rows, scores, [FOREST, PASTURES])
    chart = leakage_keep.CHART(replace(ask(opened, km="5"), predictions=(found,)))
    (said,) = [note for note in chart.notes if note.startswith("mine:")]
    assert "micro F1 1.000 on 2 patches farther than 5 km" in said
    assert "0.500 on all 4 of test" in said


def test_the_real_metadata(all_of_reben):
    def facts(pair):
        return leakage_distance.CHART(ask(all_of_reben, "flag=none", pair=pair)).facts

    found = facts("test-train")
    assert round(found["minimum_m"]) == 11_937
    assert found["median_m"] == pytest.approx(20_400, abs=50)
    assert facts("validation-train")["shares_within_km"]["1.3"] == pytest.approx(0.119, abs=5e-4)
    assert facts("test-validation")["shares_within_km"]["1.3"] == pytest.approx(0.084, abs=5e-4)
    # Two classes are seen on too few test patches: of coastal wetlands there are 117.
    rare = rare_classes.CHART(ask(all_of_reben, "flag=none"))
    assert rare.facts["too_rare"] == ["Coastal wetlands", "Beaches, dunes, sands"]
    assert rare.table["test patches"].tolist()[:2] == [117, 152]
    shared = leakage_shared.CHART(ask(all_of_reben, "flag=none")).facts
    assert shared["place"]["patches"] == shared["overlap"]["patches"] == 0
    assert shared["product"]["share"] == 1
    parts = np.random.default_rng(0).permutation(split_of(all_of_reben).parts)
    chart = leakage_distance.CHART(
        ask(all_of_reben, splits=(split_of(all_of_reben, parts, "random"),))
    )
    assert chart.facts["shares_within_km"]["1.3"] == pytest.approx(0.989, abs=2e-3)


def test_distances_on_the_map(opened):
    tile = leakage_map.CHART(ask(opened))
    median = (1_200 + 6_000) / 2_000
    assert tile.facts["areas"] == {"33UUP": pytest.approx(median, rel=2e-3)}
    row = tile.table.iloc[0]
    assert (row["test patches"], row["least distance in km"]) == (4, 0)
    assert row["share within 1.3 km"] == 0.5
    clicks = [trace.customdata for trace in tile.figure.data if trace.customdata is not None]
    assert clicks[0][0][0] == "split=test&tile=33UUP"
    near = leakage_map.CHART(ask(opened, measure="near", by="hexagon", width="2"))
    # A patch a place: those at the columns 0 and 1 are near.
    assert sorted(near.facts["areas"].values())[:2] == [0, 0]
    assert sum(near.table["test patches"]) == 4
