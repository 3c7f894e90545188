"""What is said in amber beside every number: what a model may remember of what is judged."""

from dataclasses import replace

import numpy as np
import pytest

from eoexplore.charts import _judged, class_thresholds
from eoexplore.store.truth import Truth
from tests.charts.conftest import FOREST, MARINE, PASTURES, Row, opened_of
from tests.charts.judging import answer, question, write

CLASSES = (FOREST, PASTURES, MARINE)
SPLITS = ("train", "train", "train", "validation", "test", "test")
SCORES = np.random.default_rng(3).random((6, 3))


@pytest.fixture(scope="module")
def opened():
    return opened_of([Row((FOREST,), x=x, split=split) for x, split in enumerate(SPLITS)])


def warned(opened, select="", truth=None, **more):
    found = write(opened, "mine", range(6), SCORES, CLASSES, **more)
    return " ".join(_judged.warnings(replace(question(opened, found, select=select), truth=truth)))


def test_only_the_judged_patches_are_counted(opened):
    assert "to which 3 of the 6 judged" in warned(opened, trained_on_split="train")
    assert "to which 3 of the 4" in warned(
        opened, select="split=train|validation", trained_on_split="train"
    )
    known = np.array([False] * 4 + [True] * 2)
    truth = Truth("truth.parquet", np.ones(6, np.uint64), known)
    said = warned(opened, truth=truth, trained_on_split="train")
    assert "trained on" not in said
    assert "Judged by the labels of truth.parquet" in said


def test_of_two_sets_what_both_have_is_counted(opened):
    one = write(opened, "one", range(6), SCORES, CLASSES, trained_on_split="train")
    other = write(opened, "other", range(2, 6), SCORES[2:], CLASSES, trained_on_split="test")
    said = _judged.warnings(question(opened, one, other))
    assert "to which 1 of the 4 judged" in said[0]
    assert "to which 2 of the 4 judged" in said[1]


@pytest.mark.parametrize("split", ["Train", "training", "train+validation"])
def test_a_part_that_there_is_not_may_be_any(opened, split):
    said = warned(opened, select="split=test", trained_on_split=split)
    assert f"“{split}”, which is no part of the split of this dataset: it may know these" in said


def test_what_nobody_states_is_said(opened):
    assert "Nobody states what mine was trained on" in warned(opened, trained_on_split="")


def test_folds_are_said_to_be_out_of_sample(opened):
    said = warned(opened, trained_on={"out_of_fold": True})
    assert said == (
        "Every patch of mine was predicted by a model that did not learn from it or its "
        "surroundings."
    )


def test_who_states_that_nothing_was_learnt_is_believed(opened):
    assert warned(opened, trained_on_split="none") == ""


def test_a_set_that_knows_every_judged_patch_says_how_many(opened):
    said = warned(opened, select="split=train", trained_on_split="train")
    assert "to which 3 of the 3 judged" in said


def test_real_patches_are_not_remembered_by_a_model_of_synthetic_ones(opened):
    assert opened.dataset.synthetic is False
    said = warned(opened, trained_on_split="train", synthetic=True)
    assert said == "mine was trained on synthetic imagery."


def test_a_model_that_knows_validation_is_told_where_something_is_fitted_on_it(opened):
    knows = write(opened, "mine", range(6), SCORES, CLASSES, trained_on_split="validation")
    found = answer(class_thresholds.CHART, opened, knows, select="split=test")
    assert "mine was trained on these" in " ".join(found.notes)
    honest = write(opened, "mine", range(6), SCORES, CLASSES, trained_on_split="train")
    found = answer(class_thresholds.CHART, opened, honest, select="split=test")
    assert "was trained on these" not in " ".join(found.notes)
