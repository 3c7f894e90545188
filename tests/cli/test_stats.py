"""`stats` and `splits` with columns of prediction sets: choices of charts as of the page."""

import pytest

from eoexplore.store import catalog, prediction_sets
from tests import predicting

CLASSES = ("Arable land", "Pastures", "Inland waters")


@pytest.fixture
def opened(tree):
    """Of training both labels are right, of validation it is missed for another; no test patch."""
    found = catalog.add(tree)
    said = {"train": [1, 1, 0], "validation": [0, 0, 1]}
    splits = found.samples.frame["split"].astype(str)
    rows = [row for row, name in enumerate(splits) if name in said]
    predicting.write_set(found, "mine", rows, [said[splits[row]] for row in rows], CLASSES)
    return found


def chart(found, name):
    return found["charts"][name]


def test_classes_by_errors(opened, document):
    option = "class_counts.by=pred.mine.errors"
    found = document("stats", opened.slug, "--chart", "class_counts", "--option", option)
    assert chart(found, "class_counts")["options"]["by"] == "pred.mine.errors"
    assert chart(found, "class_counts")["facts"]["sizes"] == {
        "0 wrong": 1, "2 wrong": 1, "not predicted": 1
    }  # fmt: skip
    # The short way to say the same.
    by = document("stats", opened.slug, "--by", "pred.mine.errors", "--chart", "class_counts")
    assert chart(by, "class_counts")["table"] == chart(found, "class_counts")["table"]


def test_errors_on_the_map_and_by_part(opened, document):
    chosen = ("statistic_map.statistic=pred.mine.missed", "statistic_map.by=tile")
    options = [word for text in chosen for word in ("--option", text)]
    found = document("stats", opened.slug, "--chart", "statistic_map", *options)
    assert chart(found, "statistic_map")["facts"]["areas"] == {"33UUP": 0.5}
    option = "split_sizes.by=pred.mine.errors"
    found = document("splits", opened.slug, "--chart", "split_sizes", "--option", option)
    rows = chart(found, "split_sizes")["table"]
    assert [(row["train"], row["validation"], row["test"]) for row in rows] == [
        (1, 0, 0), (0, 1, 0), (0, 0, 1)
    ]  # fmt: skip


def test_a_set_that_there_is_not_is_a_sentence(opened, said):
    prediction_sets.remove(opened, "mine")
    status, _, err = said("stats", opened.slug, "--option", "class_counts.by=pred.mine.errors")
    assert status != 0
    assert "cannot be 'pred.mine.errors'. Values: none, split, country" in err
