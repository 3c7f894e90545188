import json

import numpy as np
import pytest

from eoexplore.charts.chart import CannotTell, kind
from eoexplore.store import split_files
from eoexplore.store.splits import split_of as made_by
from tests.charts.conftest import FOREST, MARINE, PASTURES, Row, asked_of, grid, opened_of, split_of

COMPARE = kind("splits", "split_compare")


def line(side=6):
    """Return patches in a row, 1.2 km apart, each on two dates."""
    dates = ("2017-06-13", "2018-01-10")
    return [Row(x=x, y=50, labels=(FOREST,), date=date) for date in dates for x in range(side)]


def compared(opened, *parts, select=""):
    splits = [split_of(opened, own, f"split{number}") for number, own in enumerate(parts)]
    return COMPARE(asked_of(opened, select, splits=tuple(splits)))


def test_the_measures_of_two_splits():
    opened = opened_of(line())
    blocked = [0, 0, 0, 1, 2, 2] * 2
    by_date = [0] * 6 + [2] * 6
    found = compared(opened, blocked, by_date)
    first, second = found.facts["splits"]
    assert first["sizes"] == {"train": 6, "validation": 2, "test": 4, "none": 0}
    # From the columns 4 and 5 to the column 2: two and three steps of 1.2 km.
    assert first["minimum_m"] == pytest.approx(2_400, rel=2e-3)
    assert first["median_m"] == pytest.approx(3_000, rel=2e-3)
    assert first["shares_within_km"] == {"1.3": 0, "5": 1, "10": 1, "20": 1}
    assert first["validation_within_1.3_km"] == 1
    assert first["test_within_1.3_km_of_validation"] == 0.5
    assert (first["test_at_a_place_of_train"], first["same_as_audited"]) == (0, 1)
    assert second["minimum_m"] == second["median_m"] == 0
    assert second["test_at_a_place_of_train"] == 1
    assert second["shares_within_km"]["1.3"] == 1
    # Training in both: columns 0 to 2 of the first date; test in both: 4 and 5 of the second.
    assert second["same_as_audited"] == pytest.approx(5 / 12)
    assert second["jensen_shannon"] == {"test-train": 0, "validation-train": None}
    assert second["validation_within_1.3_km"] is None
    json.dumps(found.facts, allow_nan=False)


def test_the_table_has_a_row_for_each_split():
    opened = opened_of(line())
    found = compared(opened, [0, 0, 0, 1, 2, 2] * 2, [0] * 6 + [2] * 6)
    assert found.table["Split"].tolist() == ["Split0", "Split1"]
    assert found.table["train"].tolist() == [6, 6]
    assert found.table["share within 1.3 km"].tolist() == [0, 1]
    assert found.table["share of train"].tolist() == [0.5, 0.5]
    assert {trace.name for trace in found.figure.data} == {
        f"within {km} km" for km in ("1.3", "5", "10", "20")
    }
    assert found.figure.data[-1].name == "within 1.3 km"
    assert found.figure.data[-1].x == (0, 1)
    assert found.title == "“Split0”: 0.0% of test within 1.3 km of training; “Split1”: 100.0%"
    assert "within 1.3 km of training beside it: 100.0% with “Split1”." in found.sentence
    turned = compared(opened, [0] * 6 + [2] * 6, [0, 0, 0, 1, 2, 2] * 2)
    assert turned.title.endswith("100.0% of test within 1.3 km of training, the most of 2 splits")
    assert "50% / 0% / 50% for training" in turned.sentence


def test_labels_that_parts_do_not_share():
    rows = [Row(x=x, labels=(name,)) for x, name in enumerate([FOREST, PASTURES, MARINE])]
    found = compared(opened_of(rows), [0, 1, 2])
    apart = found.facts["splits"][0]["jensen_shannon"]
    assert list(apart.values()) == pytest.approx([np.log(2)] * 2)
    assert found.facts["splits"][0]["too_rare"] == len(asked_of(opened_of(rows)).classes)


def test_only_the_selection_counts():
    opened = opened_of(line())
    found = compared(opened, [0, 0, 0, 1, 2, 2] * 2, select="month=6")
    assert found.facts["splits"][0]["sizes"] == {"train": 3, "validation": 1, "test": 2, "none": 0}


def test_two_splits_of_one_title_are_told_apart():
    opened = opened_of(line())
    one = split_of(opened, [0] * 6 + [2] * 6, "mine")
    found = COMPARE(asked_of(opened, splits=(one, one, one)))
    assert found.table["Split"].tolist() == ["Mine", "Mine (2)", "Mine (3)"]


@pytest.mark.parametrize(
    "parts", [[-1] * 4, [0] * 4, [2] * 4, [1, 1, 2, 2], [0, 0, 1, 1], [0, -1, -1, 2]]
)
@pytest.mark.parametrize("tile", ["33UUP", ""])
def test_parts_and_places_that_are_not_there(parts, tile):
    opened = opened_of([Row(x=x, tile=tile, labels=()) for x in range(4)])
    found = compared(opened, [0, 0, 2, 1], parts)
    json.dumps(found.facts, allow_nan=False)
    assert (found.figure is None) == (tile == "")
    assert len(found.table) == 2
    measured = found.facts["splits"][1]["minimum_m"] is not None
    assert measured == (tile != "" and {0, 2} <= set(parts))


def test_an_empty_selection_is_said():
    opened = opened_of(grid(2))
    with pytest.raises(CannotTell, match="No patch is selected"):
        compared(opened, [0, 1, 2, 0], select="month=1")


def test_the_splits_of_reben(real_data, all_of_reben):
    folder = real_data / "reben" / "ben_v1_splits"
    lists = [(path.name, path.read_bytes()) for path in sorted(folder.iterdir())]
    v1, _ = split_files.read(all_of_reben, lists)
    splits = (made_by(all_of_reben, "released"), v1)
    v2, v1 = COMPARE(asked_of(all_of_reben, "flag=none", splits=splits)).facts["splits"]
    assert v2["sizes"] == {"train": 237_871, "validation": 122_342, "test": 119_825, "none": 0}
    assert v2["minimum_m"] == pytest.approx(11_937, abs=1)
    assert v2["median_m"] == pytest.approx(20_400, abs=50)
    assert v2["validation_within_1.3_km"] == pytest.approx(0.119, abs=5e-4)
    assert v2["test_within_1.3_km_of_validation"] == pytest.approx(0.084, abs=5e-4)
    assert (v1["minimum_m"], v1["median_m"]) == pytest.approx((79, 1_200), abs=5)
    assert v1["shares_within_km"]["1.3"] == pytest.approx(0.998, abs=5e-4)
    drawn = (made_by(all_of_reben, "random:seed=1"),)
    (found,) = COMPARE(asked_of(all_of_reben, splits=drawn)).facts["splits"]
    assert found["shares_within_km"]["1.3"] == pytest.approx(0.989, abs=1e-3)
    assert found["minimum_m"] == found["median_m"] == 0
