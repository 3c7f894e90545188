import numpy as np
import pytest
from scipy.special import expit

from eoexplore.analysis import conformal


def drawn(rng, n, classes=4):
    truth = rng.random((n, classes)) < np.linspace(0.1, 0.5, classes)
    return truth, expit(2 * truth - 1 + rng.normal(0, 1, truth.shape))


def test_thresholds_by_hand():
    # Nine samples have the class: with alpha 0.1 the rank is ceil(10 × 0.9) = 9, the lowest score.
    scores = np.linspace(0.1, 0.9, 9)[:, None]
    truth = np.ones((9, 1), np.bool_)
    found = conformal.fit(truth, scores, 0.1)
    assert (found.threshold.tolist(), found.suffices.tolist()) == ([0.1], [True])
    # With 0.2 it is the eighth from above.
    assert conformal.fit(truth, scores, 0.2).threshold == pytest.approx([0.2])
    # With eight samples no score is low enough: the class is always in.
    few = conformal.fit(truth[:8], scores[:8], 0.1)
    assert (few.threshold.tolist(), few.suffices.tolist()) == ([0], [False])
    assert few.support.tolist() == [8]


@pytest.mark.parametrize(("n", "alpha", "rank"), [(29, 0.1, 27), (9, 0.3, 7), (99, 0.05, 95)])
def test_the_rank_is_exact_where_the_product_is_whole(n, alpha, rank):
    scores = np.linspace(0.01, 0.99, n)[:, None]
    found = conformal.fit(np.ones((n, 1), np.bool_), scores, alpha)
    assert found.threshold[0] == scores[n - rank, 0]


def test_samples_without_the_class_play_no_part():
    rng = np.random.default_rng(1)
    truth, scores = drawn(rng, 300)
    one = conformal.fit(truth, scores, 0.1)
    other = conformal.fit(truth, np.where(truth, scores, rng.random(scores.shape)), 0.1)
    assert one.threshold.tolist() == other.threshold.tolist()


@pytest.mark.parametrize("alpha", [0.1, 0.25])
def test_exchangeable_samples_are_covered_as_often_as_is_said(alpha):
    rng = np.random.default_rng(2)
    reached, shifted = [], []
    for _ in range(50):
        fitted = conformal.fit(*drawn(rng, 600), alpha)
        truth, scores = drawn(rng, 600)
        reached.append(conformal.coverage(truth, scores, fitted).by_class)
        shifted.append(conformal.coverage(truth, scores**2, fitted).by_class)
    assert np.mean(reached, 0) == pytest.approx(np.full(4, 1 - alpha), abs=0.02)
    # What is drawn otherwise need not be.
    assert (np.mean(shifted, 0) < 1 - alpha - 0.05).all()


def test_coverage_by_hand():
    fitted = conformal.Thresholds(
        0.1, np.array([0.5, 0.2]), np.array([20, 20]), np.array([True, True])
    )
    truth = np.array([[1, 1], [1, 0], [0, 1], [0, 0]], np.bool_)
    scores = np.array([[0.5, 0.1], [0.4, 0.9], [0.9, 0.3], [0.1, 0.1]])
    inside = conformal.sets(scores, fitted)
    assert inside.tolist() == [[True, False], [False, True], [True, True], [False, False]]
    found = conformal.coverage(truth, scores, fitted, np.array(["FI", "PT", "FI", "PT"]))
    assert found.by_class.tolist() == [0.5, 0.5]
    assert found.support.tolist() == [2, 2]
    assert (found.overall, found.size) == (0.5, 1)
    assert found.groups.tolist() == ["FI", "PT"]
    assert found.by_group == pytest.approx([2 / 3, 0])
    assert found.by_group_and_class == pytest.approx(np.array([[1, 0.5], [0, np.nan]]), nan_ok=True)
    assert found.group_support.tolist() == [[1, 2], [1, 0]]
    assert found.group_size.tolist() == [1.5, 0.5]


def test_a_class_without_validation_samples_is_always_in_the_set():
    truth, scores = drawn(np.random.default_rng(3), 100)
    truth[:, 1] = False
    fitted = conformal.fit(truth, scores, 0.1)
    assert fitted.suffices.tolist() == [True, False, True, True]
    assert conformal.sets(scores, fitted)[:, 1].all()
    found = conformal.coverage(truth, scores, fitted)
    assert np.isnan(found.by_class[1])
    assert len(found.groups) == len(found.by_group) == 0


def test_of_no_samples_all_is_nan():
    truth, scores = np.zeros((0, 2), np.bool_), np.zeros((0, 2), np.float32)
    fitted = conformal.fit(truth, scores, 0.1)
    assert not fitted.suffices.any()
    found = conformal.coverage(truth, scores, fitted, np.array([], str))
    assert np.isnan([*found.by_class, found.overall, found.size]).all()


@pytest.mark.parametrize("alpha", [0, 1, -0.1, np.nan])
def test_alpha_lies_between_0_and_1(alpha):
    with pytest.raises(ValueError, match="between 0 and 1"):
        conformal.fit(np.ones((5, 1), np.bool_), np.ones((5, 1)), alpha)
