"""Curves of a class: their points and areas are those of scikit-learn and torchmetrics."""

import numpy as np
import pytest
import sklearn.metrics as sk
import torch

from eoexplore.analysis.curves import MOST_POINTS, curves


def simulated(steps, n=3000):
    rng = np.random.default_rng(steps)
    truth = rng.random(n) < 0.3
    scores = np.round((0.7 * rng.random(n) + 0.3 * truth * rng.random(n)) * steps) / steps
    return truth, scores


@pytest.mark.parametrize("steps", [3, 50, 10**6])
def test_areas_are_those_of_both(steps, torchmetrics):
    truth, scores = simulated(steps)
    found = curves(truth, scores)
    assert found.roc_auc == pytest.approx(sk.roc_auc_score(truth, scores), abs=1e-9)
    wanted = sk.average_precision_score(truth, scores)
    assert found.average_precision == pytest.approx(wanted, abs=1e-9)
    preds, target = torch.from_numpy(scores), torch.from_numpy(truth.astype(np.int64))
    assert found.roc_auc == pytest.approx(torchmetrics.binary_auroc(preds, target).item(), abs=1e-6)
    wanted = torchmetrics.binary_average_precision(preds, target).item()
    assert found.average_precision == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("steps", [3, 50, 10**6])
def test_points_are_some_of_the_exact_ones_from_end_to_end(steps):
    truth, scores = simulated(steps)
    found = curves(truth, scores)
    precision, recall, limits = sk.precision_recall_curve(truth, scores)
    exact = {limit: pair for limit, *pair in zip(limits, recall, precision, strict=False)}
    drawn = zip(found.precision_threshold, found.recall, found.precision, strict=True)
    for limit, *pair in drawn:
        assert pair == pytest.approx(exact[limit], abs=1e-12)
    assert found.recall[-1] == 1
    false, true, limits = sk.roc_curve(truth, scores, drop_intermediate=False)
    exact = {limit: pair for limit, *pair in zip(limits, false, true, strict=True)}
    points = (found.rate_threshold, found.false_positive_rate, found.true_positive_rate)
    drawn = zip(*points, strict=True)
    for limit, *pair in drawn:
        assert pair == pytest.approx(exact[limit], abs=1e-12)
    ends = (found.false_positive_rate[[0, -1]], found.true_positive_rate[[0, -1]])
    assert np.array(ends).tolist() == [[0, 1], [0, 1]]
    for points in (found.recall, found.false_positive_rate):
        assert len(points) <= MOST_POINTS
        assert (np.diff(points) >= 0).all()


def test_thinned_points_leave_no_gap():
    truth, scores = simulated(10**6)
    found = curves(truth, scores)
    assert len(found.recall) > MOST_POINTS * 0.9
    # 3,000 samples in 200 steps: no step is much above one of 199.
    assert np.diff(found.recall).max() < 2 / MOST_POINTS
    apart = np.diff(found.false_positive_rate) + np.diff(found.true_positive_rate)
    assert apart.max() < 2 * 2 / MOST_POINTS


def test_by_hand_all_points_stand():
    found = curves(np.array([1, 0, 1, 0], np.bool_), np.array([0.9, 0.8, 0.7, 0.1]))
    assert found.recall.tolist() == [0.5, 1]
    assert found.precision == pytest.approx([1, 2 / 3])
    assert found.precision_threshold.tolist() == [0.9, 0.7]
    assert found.false_positive_rate.tolist() == [0, 0, 0.5, 0.5, 1]
    assert found.true_positive_rate.tolist() == [0, 0.5, 0.5, 1, 1]
    assert found.rate_threshold.tolist() == [np.inf, 0.9, 0.8, 0.7, 0.1]
    # Of the four pairs of one that has it and one that has not, three are in order.
    assert found.roc_auc == 0.75


def test_without_both_kinds_of_samples_there_is_less_to_draw():
    none = curves(np.zeros(3, np.bool_), np.array([0.1, 0.2, 0.3]))
    assert np.isnan([none.average_precision, none.roc_auc]).all()
    assert len(none.recall) == len(none.true_positive_rate) == 0
    empty = curves(np.zeros(0, np.bool_), np.zeros(0))
    assert np.isnan(empty.average_precision)
    every = curves(np.ones(3, np.bool_), np.array([0.1, 0.2, 0.3]))
    assert every.average_precision == 1
    assert np.isnan(every.roc_auc)
    assert every.recall[-1] == 1
    assert len(every.true_positive_rate) == 0
