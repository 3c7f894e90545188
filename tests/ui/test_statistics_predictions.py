"""The statistics page with a prediction set: columns as choices, and nothing that is gone."""

import functools

import numpy as np
import pytest

from eoexplore.store import catalog, prediction_sets
from tests import builders, predicting

NAMES = ("Arable land", "Pastures", "Marine waters")
PATCHES = tuple(
    builders.Patch("33UUP", 20 + place, 30, split=split, labels=("Arable land",))
    for place, split in enumerate(("train", "test", "test", "validation"))
)
ERRORS = "mine: classes that are wrong"


@pytest.fixture
def opened(own_folders, started):
    folder = own_folders / "reben-table"
    builders.write_metadata(folder, PATCHES)
    found = catalog.add(folder)
    scores = [[0.9, 0, 0], [0, 0, 0], [0, 0.9, 0]]
    predicting.write_set(found, "mine", range(3), scores, NAMES)
    return found


@pytest.fixture
def run(visit):
    return functools.partial(visit, "Statistics")


def groups(test):
    """Return the patches with the label of all, by group, of the first chart."""
    row = test.dataframe[0].value.set_index("Class").loc["Arable land"]
    return {name: int(count) for name, count in row.items() if name != "All"}


def choose(test, value):
    test.selectbox(key="class_counts.by").select(value).run()
    assert not test.exception
    return test


def test_a_column_is_chosen_and_stands_in_the_link(run, opened):
    test = choose(run(), "pred.mine.errors")
    assert groups(test) == {"0 wrong": 1, "1 wrong": 1, "2 wrong": 1, "not predicted": 1}
    linked = run(**{"class_counts.by": ERRORS})
    assert groups(linked) == groups(test)


def test_a_set_that_is_made_anew_has_new_numbers(run, opened):
    test = choose(run(), "pred.mine.errors")
    predicting.write_set(opened, "mine", range(4), np.tile([0.9, 0, 0], (4, 1)), NAMES)
    assert groups(test.run()) == {"0 wrong": 4}


def test_a_set_that_is_deleted_is_no_choice_any_more(run, opened):
    test = choose(run(), "pred.mine.errors")
    prediction_sets.remove(opened, "mine")
    test.run()
    assert not test.exception
    assert test.selectbox(key="class_counts.by").value == "none"
    assert list(test.dataframe[0].value.columns) == ["Class", "patches", "share of patches"]
    assert not any(ERRORS in item for item in test.selectbox(key="class_counts.by").options)


def test_a_mean_is_mapped(run, opened):
    statistic = f"{ERRORS}, mean of the patches"
    test = run(section="On the map", **{"statistic_map.statistic": statistic})
    table = test.dataframe[0].value
    assert table[statistic].tolist() == [1.0]


def test_parts_are_counted_by_it_on_the_splits_page(visit, opened):
    test = visit("Splits", **{"split_sizes.by": ERRORS})
    table = test.dataframe[0].value.set_index(ERRORS)
    assert table["train"].to_dict() == {
        "0 wrong": 1, "1 wrong": 0, "2 wrong": 0, "not predicted": 0
    }  # fmt: skip
