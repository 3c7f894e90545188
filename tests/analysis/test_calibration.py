import numpy as np
import pytest
import sklearn.metrics as sk
import torch
from scipy.special import expit, logit
from sklearn.calibration import calibration_curve

from eoexplore.analysis import calibration


def calibrated(n=20_000, classes=3, seed=0):
    """Return labels that are there as often as their scores say."""
    rng = np.random.default_rng(seed)
    # Twice as far from 0 they are still within what is clipped.
    logits = rng.normal(-0.5, 1.5, (n, classes)).clip(-6.5, 6.5)
    return rng.random(logits.shape) < expit(logits), expit(logits)


def test_by_hand():
    truth = np.array([0, 1, 1, 1, 0], np.bool_)
    scores = np.array([0.0, 0.2, 0.25, 0.9, 1.0])
    found = calibration.reliability(truth, scores, bins=4)
    # 0.25 is on an edge and in the lower bin; 0 is in the first one.
    assert found.count.tolist() == [3, 0, 0, 2]
    assert found.mean_score == pytest.approx([0.15, np.nan, np.nan, 0.95], nan_ok=True)
    assert found.share == pytest.approx([2 / 3, np.nan, np.nan, 0.5], nan_ok=True)
    assert found.error == pytest.approx((3 * (2 / 3 - 0.15) + 2 * 0.45) / 5)
    assert found.edges.tolist() == [0, 0.25, 0.5, 0.75, 1]


@pytest.mark.parametrize("equal", ["width", "mass"])
def test_the_diagram_is_that_of_scikit_learn(equal):
    truth, scores = (part[:2000, 0] for part in calibrated())
    found = calibration.reliability(truth, scores, 10, equal)
    strategy = {"width": "uniform", "mass": "quantile"}[equal]
    share, mean = calibration_curve(truth, scores, n_bins=10, strategy=strategy)
    some = found.count > 0
    if equal == "mass":
        assert set(found.count.tolist()) == {200}
        # It puts edges between samples, and the samples beside one into either bin.
        assert found.share == pytest.approx(share, abs=0.006)
        assert found.mean_score == pytest.approx(mean, abs=0.002)
    else:
        assert found.share[some] == pytest.approx(share, abs=1e-12)
        assert found.mean_score[some] == pytest.approx(mean, abs=1e-12)


def test_errors_are_those_of_torchmetrics(torchmetrics):
    truth, scores = calibrated(2000)
    scores = scores**1.5
    found = calibration.calibration_errors(truth, scores, 15)
    for c, error in enumerate(found):
        preds = torch.from_numpy(scores[:, c].copy())
        target = torch.from_numpy(truth[:, c].astype(np.int64))
        wanted = torchmetrics.binary_calibration_error(preds, target, n_bins=15).item()
        assert error == pytest.approx(wanted, abs=1e-6)
        assert error > 0.05
    brier = calibration.brier_scores(truth, scores)
    for c, value in enumerate(brier):
        assert value == pytest.approx(sk.brier_score_loss(truth[:, c], scores[:, c]), abs=1e-12)


def test_calibrated_scores_have_next_to_no_error():
    truth, scores = calibrated()
    assert (calibration.calibration_errors(truth, scores) < 0.02).all()
    assert (calibration.calibration_errors(truth, expit(2 * logit(scores))) > 0.05).all()


def test_edges_are_those_of_scores_as_they_are_stored():
    exact = np.array([0.2, 0.4, 0.6, 0.8])
    truth = np.array([True, False, True, False])
    for scores in (exact, exact.astype(np.float32)):
        found = calibration.reliability(truth, scores, bins=5)
        assert found.count.tolist() == [1, 1, 1, 1, 0]


def test_ties_are_not_torn_apart():
    truth, scores = np.array([1, 0] * 50, np.bool_), np.repeat([0.2, 0.7], 50)
    found = calibration.reliability(truth, scores, 10, "mass")
    assert found.count[found.count > 0].tolist() == [50, 50]
    assert found.error == pytest.approx((0.3 + 0.2) / 2)


@pytest.mark.parametrize("factor", [0.5, 1, 2])
def test_temperature_undoes_what_was_done_to_the_logits(factor):
    truth, scores = calibrated()
    # Logits times 2 are too sure: T = 2 brings them back. Divided by 2: T = 0.5.
    told = expit(factor * logit(scores))
    found = calibration.temperature(truth, told)
    assert found == pytest.approx(factor, rel=0.03)
    mended = calibration.rescaled(told, found)
    assert (calibration.calibration_errors(truth, mended) < 0.02).all()
    exact = calibration.rescaled(told, factor)
    assert exact == pytest.approx(scores, abs=1e-6)
    # No order changes.
    assert (np.argsort(mended[:, 0]) == np.argsort(told[:, 0])).all()


def test_no_temperature_near_by_is_more_likely():
    truth, scores = (part[:500] for part in calibrated(seed=3))
    scores[0], scores[1] = 0, 1
    best = calibration.temperature(truth, scores)
    losses = [
        sk.log_loss(truth.ravel(), calibration.rescaled(scores, at).ravel())
        for at in (best / 1.01, best, best * 1.01)
    ]
    assert losses[1] == min(losses)


def test_rescaled_scores_keep_their_kind_and_ends():
    found = calibration.rescaled(np.array([0, 0.5, 1], np.float32), 2.0)
    assert found.dtype == np.float32
    assert found == pytest.approx([expit(logit(1e-6) / 2), 0.5, expit(-logit(1e-6) / 2)])


def test_scores_that_are_never_wrong_ask_for_the_coldest():
    truth = np.array([[1], [0]], np.bool_)
    found = calibration.temperature(truth, np.array([[0.6], [0.4]]))
    assert found == pytest.approx(calibration.COLDEST, rel=1e-4)


def test_of_no_samples_all_is_nan():
    truth, scores = np.zeros((0, 2), np.bool_), np.zeros((0, 2))
    assert np.isnan(calibration.calibration_errors(truth, scores)).all()
    assert np.isnan(calibration.brier_scores(truth, scores)).all()
    assert np.isnan(calibration.temperature(truth, scores))
    for equal in ("width", "mass"):
        found = calibration.reliability(truth[:, 0], scores[:, 0], 5, equal)
        assert np.isnan(found.error)
        assert found.count.tolist() == [0] * 5
