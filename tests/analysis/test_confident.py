"""Thresholds of confident learning, and what a model says against labels."""

import numpy as np
import pytest
from cleanlab.count import get_confident_thresholds
from hypothesis import given
from hypothesis import strategies as st

from eoexplore.analysis import confident


def test_thresholds_are_the_mean_probability_of_the_label():
    labels = np.array([0, 0, 1, 1, -1, 2])
    percent = np.array([90, 70, 20, 40, 99, 50])
    counts = confident.counted(labels, percent, 4)
    found = confident.thresholds(counts, least=2)
    assert found[:2] == pytest.approx([0.8, 0.3])
    # One cell of class 2 is too few, and class 3 has none; a cell without a label counts nowhere.
    assert np.isnan(found[2:]).all()
    assert counts.sum() == 5


def test_thresholds_are_those_of_cleanlab():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 400)
    percent = rng.integers(0, 101, (400, 3)) + 1
    shares = percent / percent.sum(1, keepdims=True)
    whole = np.rint(shares * 100).astype(int)
    counts = confident.counted(labels, whole[np.arange(400), labels], 3)
    known = get_confident_thresholds(labels, whole / 100)
    np.testing.assert_allclose(confident.thresholds(counts, 1), known, atol=1e-9)


@given(
    st.lists(st.tuples(st.integers(-1, 2), st.integers(0, 100)), max_size=30), st.integers(0, 30)
)
def test_counts_of_parts_add_up(cells, at):
    labels = np.array([cell[0] for cell in cells], int)
    percent = np.array([cell[1] for cell in cells], int)
    parts = [
        confident.counted(labels[part], percent[part], 3)
        for part in (slice(None, at), slice(at, None))
    ]
    np.testing.assert_array_equal(sum(parts), confident.counted(labels, percent, 3))


def test_a_model_is_as_sure_as_usual_at_the_threshold():
    limits = np.array([0.8, 0.2, np.nan])
    found = confident.relative(np.array([[0.8], [0.2], [0.9]]), limits)
    assert found[:2, 0] == pytest.approx(np.log(1 + confident.FLOOR), abs=1e-6)
    # A class without a threshold is never suspected, whatever its probability.
    assert found[2, 0] == pytest.approx(np.log(confident.FLOOR))


def test_margins_of_scenes_are_large_where_label_and_score_differ():
    labels = np.array([[True], [True], [True], [False], [False], [False]])
    scores = np.array([[0.9], [0.8], [0.1], [0.1], [0.2], [0.9]])
    found = confident.scene_margins(scores, labels, least=3)[:, 0]
    assert (found > 0).tolist() == [False, False, True, False, False, True]
    # By hand: thresholds are 0.6 of the label, and 0.6 of its absence.
    floor = confident.FLOOR
    assert found[2] == pytest.approx(np.log(0.9 / 0.6 + floor) - np.log(0.1 / 0.6 + floor))


def test_a_class_that_all_or_too_few_have_is_not_judged():
    labels = np.array([[True, False], [True, True], [True, False]])
    found = confident.scene_margins(np.full((3, 2), 0.5), labels, least=1)
    assert np.isnan(found[:, 0]).all()
    assert np.isfinite(found[:, 1]).all()
    assert np.isnan(confident.scene_margins(np.full((3, 2), 0.5), labels, least=2)).all()
