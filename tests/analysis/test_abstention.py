import numpy as np
import pytest
import sklearn.metrics as sk

from eoexplore.analysis import abstention
from eoexplore.analysis.abstention import Counted, risk_coverage


def simulated(n=400, classes=5):
    rng = np.random.default_rng(2)
    truth = rng.random((n, classes)) < 0.3
    scores = np.clip(0.5 * rng.random((n, classes)) + 0.5 * truth * rng.random((n, classes)), 0, 1)
    return truth, scores


def test_by_hand():
    # Surest first: right, wrong, right, wrong.
    found = risk_coverage(Counted(np.array([0.0, 1, 0, 1]), np.ones(4)), np.array([4, 3, 2, 1.0]))
    assert np.isnan(found.risk[0])
    assert found.risk[[25, 50, 75, 100]] == pytest.approx([0, 1 / 2, 1 / 3, 2 / 4])
    assert found.area == pytest.approx((0 + 1 / 2 + 1 / 3 + 2 / 4) / 4)
    assert found.coverage == pytest.approx(np.arange(101) / 100)


def test_points_are_figures_of_the_surest_samples():
    truth, scores = simulated()
    said = scores >= 0.4
    sure = abstention.confidence(scores, 0.4)
    order = np.argsort(-sure)
    hamming = risk_coverage(abstention.wrong_labels(truth, said), sure)
    missed = risk_coverage(abstention.missed_f1(truth, said), sure)
    # A hundredth of the samples is four.
    for percent in (1, 17, 50, 100):
        kept = order[: 4 * percent]
        wanted = sk.hamming_loss(truth[kept], said[kept])
        assert hamming.risk[percent] == pytest.approx(wanted, abs=1e-12)
        wanted = 1 - sk.f1_score(truth[kept], said[kept], average="micro", zero_division=0)
        assert missed.risk[percent] == pytest.approx(wanted, abs=1e-12)
    each = [sk.hamming_loss(truth[order[:k]], said[order[:k]]) for k in range(1, 401)]
    assert hamming.area == pytest.approx(np.mean(each))
    assert hamming.risk[10] < hamming.risk[100]


def test_equally_sure_samples_share_their_errors_whatever_the_order_of_rows():
    rng = np.random.default_rng(3)
    wrong = rng.integers(0, 4, 100).astype(np.float64)
    alike = risk_coverage(Counted(wrong, np.full(100, 4.0)), np.ones(100))
    assert alike.risk[1:] == pytest.approx(np.full(100, wrong.sum() / 400))
    assert alike.area == pytest.approx(wrong.sum() / 400)
    sure, order = rng.integers(0, 5, 100) / 4, rng.permutation(100)
    one = risk_coverage(Counted(wrong, np.full(100, 4.0)), sure)
    other = risk_coverage(Counted(wrong[order], np.full(100, 4.0)), sure[order])
    assert one.risk == pytest.approx(other.risk, nan_ok=True)
    assert one.area == pytest.approx(other.area)


def test_confidence_is_the_share_expected_to_be_right():
    scores = np.array([[0.9, 0.2], [0.5, 0.5], [0.3, 0.4]])
    assert abstention.confidence(scores, 0.5) == pytest.approx([0.85, 0.5, 0.65])
    # With a lower threshold the second class is predicted of the third sample: 0.4 of being right.
    limits = np.array([0.5, 0.4])
    assert abstention.confidence(scores, limits) == pytest.approx([0.85, 0.5, (0.7 + 0.4) / 2])


def test_samples_without_anything_to_get_wrong():
    # The surest sample has no label and gets none: 1 - F1 is not defined on it alone.
    counted = abstention.missed_f1(np.array([[0], [1]], np.bool_), np.array([[0], [1]], np.bool_))
    found = risk_coverage(counted, np.array([0.9, 0.8]))
    assert np.isnan(found.risk[50])
    assert (found.risk[100], found.area) == (0, 0)
    empty = risk_coverage(Counted(np.zeros(0), np.zeros(0)), np.zeros(0))
    assert np.isnan(empty.risk).all()
    assert np.isnan(empty.area)
    nothing = risk_coverage(Counted(np.zeros(2), np.zeros(2)), np.array([0.9, 0.8]))
    assert np.isnan(nothing.area)
