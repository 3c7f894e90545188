"""Average precision and intersection over union, by hand and against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, jaccard_score

from eoexplore.analysis import scores


def test_average_precision_by_hand():
    truth = np.array([[1, 0], [0, 0], [1, 0], [0, 0]], np.bool_)
    found = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.1, 0.4]])
    first, absent = scores.average_precision(truth, found)
    # Hits at rank 1 (precision 1) and rank 3 (precision 2/3), half of the recall each.
    assert first == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert np.isnan(absent)


def test_samples_of_one_score_are_taken_in_together():
    truth = np.array([[1], [0], [0], [0]], np.bool_)
    assert scores.average_precision(truth, np.zeros((4, 1)))[0] == 0.25
    assert scores.average_precision(truth[::-1], np.zeros((4, 1)))[0] == 0.25


@pytest.mark.parametrize("steps", [3, 1000])
def test_average_precision_is_that_of_scikit_learn(steps):
    rng = np.random.default_rng(steps)
    truth = rng.random((200, 5)) < 0.3
    found = np.round(rng.random((200, 5)) * steps) / steps
    wanted = average_precision_score(truth, found, average=None)
    assert scores.average_precision(truth, found) == pytest.approx(wanted, abs=1e-12)
    micro = average_precision_score(truth, found, average="micro")
    assert scores.average_precision_micro(truth, found) == pytest.approx(micro, abs=1e-12)


def test_confusion_counts_true_classes_in_rows_and_leaves_out_what_has_none():
    truth = np.array([[0, 0, 1], [2, -1, 1]], np.int8)
    found = np.array([[0, 1, 1], [0, 2, 1]], np.int8)
    wanted = [[1, 1, 0], [0, 2, 0], [1, 0, 0]]
    assert scores.confusion(truth, found, 3).tolist() == wanted


def test_intersection_over_union_is_that_of_scikit_learn_over_the_classes_of_the_truth():
    rng = np.random.default_rng(1)
    truth, found = rng.integers(0, 4, 500), rng.integers(0, 5, 500)
    ours = scores.intersection_over_union(scores.confusion(truth, found, 6))
    theirs = jaccard_score(truth, found, labels=range(4), average=None)
    assert ours[:4] == pytest.approx(theirs, abs=1e-12)
    assert np.isnan(ours[4:]).all()
