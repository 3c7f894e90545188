"""Figures of labels: by hand, and against scikit-learn and torchmetrics, each by itself."""

import numpy as np
import pytest
import sklearn.metrics as sk
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eoexplore.analysis import multilabel

CLOSE = {"abs": 1e-6, "rel": 0}
AVERAGES = ("macro", "micro", "weighted")
RATES = {
    "f1": (sk.f1_score, "multilabel_f1_score"),
    "precision": (sk.precision_score, "multilabel_precision"),
    "recall": (sk.recall_score, "multilabel_recall"),
}


def simulated(kind, n=300, classes=6):
    rng = np.random.default_rng(5)
    truth = rng.random((n, classes)) < np.linspace(0.05, 0.6, classes)
    truth[np.arange(n), rng.integers(0, classes, n)] = True
    scores = np.clip(0.6 * rng.random((n, classes)) + 0.4 * truth * rng.random((n, classes)), 0, 1)
    if kind == "tied":
        scores = np.round(scores * 4) / 4
    if kind == "float32":
        scores = scores.astype(np.float32)
    if kind == "everywhere":
        truth[:, 2] = True
    if kind == "rare":
        # One sample has the first class, and none is predicted as it.
        truth[:, 0] = np.arange(n) == 7
        truth[np.arange(n), rng.integers(1, classes, n)] = True
        scores[:, 0] *= 0.4
    return truth, scores


@pytest.fixture(params=["random", "tied", "float32", "everywhere", "rare"])
def data(request):
    truth, scores = simulated(request.param)
    limits = np.array([0.5, 0.25, 0.6, 0.5, 0.4, 0.75])
    return truth, scores, limits, multilabel.measure(truth, scores, limits)


def tensors(*values):
    return [torch.from_numpy(np.ascontiguousarray(value)) for value in values]


def test_rates_are_those_of_both(data, torchmetrics):
    truth, scores, limits, found = data
    said = scores >= limits
    preds, target = tensors(said.astype(np.float64), truth.astype(np.int64))
    for name, (one, named) in RATES.items():
        other = getattr(torchmetrics, named)
        for average in (*AVERAGES, "samples"):
            wanted = one(truth, said, average=average, zero_division=0)
            assert found[f"{name}_{average}"] == pytest.approx(wanted, **CLOSE), (name, average)
        for average in AVERAGES:
            wanted = other(preds, target, num_labels=truth.shape[1], average=average).item()
            assert found[f"{name}_{average}"] == pytest.approx(wanted, **CLOSE), (name, average)
        # It takes places of a sample together; here there is one of each.
        kind = {"average": "micro", "multidim_average": "samplewise"}
        each = other(preds[..., None], target[..., None], num_labels=truth.shape[1], **kind)
        assert found[f"{name}_samples"] == pytest.approx(each.mean().item(), **CLOSE)


def test_average_precision_is_that_of_both(data, torchmetrics):
    truth, scores, _, found = data
    preds, target = tensors(scores, truth.astype(np.int64))
    for average in (*AVERAGES, "samples"):
        wanted = sk.average_precision_score(truth, scores, average=average)
        assert found[f"average_precision_{average}"] == pytest.approx(wanted, **CLOSE), average
    for average in AVERAGES:
        wanted = torchmetrics.multilabel_average_precision(
            preds, target, truth.shape[1], average
        ).item()
        assert found[f"average_precision_{average}"] == pytest.approx(wanted, **CLOSE), average


def test_figures_of_samples_are_those_of_both(data, request, torchmetrics):
    tm = torchmetrics
    truth, scores, limits, found = data
    said = scores >= limits
    classes = truth.shape[1]
    wanted = {
        "subset_accuracy": sk.accuracy_score(truth, said),
        "hamming_loss": sk.hamming_loss(truth, said),
        "ranking_loss": sk.label_ranking_loss(truth, scores),
        "coverage_error": sk.coverage_error(truth, scores),
        "label_ranking_average_precision": sk.label_ranking_average_precision_score(truth, scores),
    }
    assert {name: found[name] for name in wanted} == pytest.approx(wanted, **CLOSE)
    preds, target, decided = tensors(scores, truth.astype(np.int64), said.astype(np.float64))
    wanted = {
        "subset_accuracy": tm.multilabel_exact_match(decided, target, classes),
        "hamming_loss": tm.multilabel_hamming_distance(decided, target, classes),
        "coverage_error": tm.multilabel_coverage_error(preds, target, classes),
        "label_ranking_average_precision": tm.multilabel_ranking_average_precision(
            preds, target, classes
        ),
    }
    if "tied" not in request.node.name:
        # torchmetrics puts ties into any order there; scikit-learn counts them as wrong.
        wanted["ranking_loss"] = tm.multilabel_ranking_loss(preds, target, classes)
    wanted = {name: value.item() for name, value in wanted.items()}
    assert {name: found[name] for name in wanted} == pytest.approx(wanted, **CLOSE)


def test_figures_of_classes_are_those_of_both(data, torchmetrics):
    truth, scores, limits, _ = data
    said = scores >= limits
    found = multilabel.by_class(truth, scores, limits)
    preds, target = tensors(said.astype(np.float64), truth.astype(np.int64))
    for name, (one, named) in RATES.items():
        other = getattr(torchmetrics, named)
        wanted = one(truth, said, average=None, zero_division=0)
        assert getattr(found, name) == pytest.approx(wanted, **CLOSE)
        wanted = other(preds, target, num_labels=truth.shape[1], average="none").numpy()
        assert getattr(found, name) == pytest.approx(wanted, **CLOSE)
    wanted = sk.average_precision_score(truth, scores, average=None)
    assert found.average_precision == pytest.approx(wanted, **CLOSE)
    assert found.support.tolist() == truth.sum(0).tolist()
    assert found.predicted.tolist() == said.sum(0).tolist()


def test_a_class_that_nobody_has_is_left_out(torchmetrics):
    truth, scores = simulated("random")
    truth[:, 1] = False
    truth[np.arange(300), np.random.default_rng(1).choice([0, 2, 3, 4, 5], 300)] = True
    present = [0, 2, 3, 4, 5]
    said = scores >= 0.5
    assert said[:, 1].any()
    found = multilabel.measure(truth, scores, 0.5)
    each = multilabel.by_class(truth, scores, 0.5)
    for name, (one, _) in RATES.items():
        assert np.isnan(getattr(each, name)[1])
        wanted = one(truth, said, labels=present, average="macro", zero_division=0)
        assert found[f"{name}_macro"] == pytest.approx(wanted, **CLOSE)
        for average in ("micro", "weighted", "samples"):
            # What is wrongly found of it still counts there.
            wanted = one(truth, said, average=average, zero_division=0)
            assert found[f"{name}_{average}"] == pytest.approx(wanted, **CLOSE), (name, average)
    assert np.isnan(each.average_precision[1])
    wanted = sk.average_precision_score(truth[:, present], scores[:, present], average="macro")
    assert found["average_precision_macro"] == pytest.approx(wanted, **CLOSE)
    preds, target = tensors(scores[:, present], truth[:, present].astype(np.int64))
    wanted = torchmetrics.multilabel_average_precision(preds, target, 5, "macro").item()
    assert found["average_precision_macro"] == pytest.approx(wanted, **CLOSE)


def test_a_sample_without_labels_is_left_out_of_its_means_and_ranks_perfectly():
    truth = np.array([[1, 0], [0, 0]], np.bool_)
    scores = np.array([[0.9, 0.6], [0.8, 0.1]])
    found = multilabel.measure(truth, scores, 0.5)
    assert found["precision_samples"] == 0.5
    assert found["recall_samples"] == found["average_precision_samples"] == 1
    assert found["label_ranking_average_precision"] == 1
    assert found["coverage_error"] == 0.5
    assert found["ranking_loss"] == 0
    assert (found["hamming_loss"], found["subset_accuracy"]) == (0.5, 0)


def test_figures_by_hand():
    truth = np.array([[1, 0], [1, 1], [0, 1]], np.bool_)
    scores = np.array([[0.9, 0.4], [0.3, 0.8], [0.5, 0.5]])
    found = multilabel.measure(truth, scores, 0.5)
    # First class: one right, one wrong (a score of 0.5 reaches 0.5), one missed; second: all right.
    assert found["f1_macro"] == pytest.approx((0.5 + 1) / 2)
    assert found["f1_micro"] == pytest.approx(2 * 3 / (2 * 3 + 1 + 1))
    assert found["precision_micro"] == found["recall_micro"] == 0.75
    assert found["subset_accuracy"] == pytest.approx(1 / 3)
    assert found["hamming_loss"] == pytest.approx(2 / 6)
    # Hits of the first class at ranks 1 and 3: 1/2 (1 + 2/3); the second one is perfect.
    assert found["average_precision_macro"] == pytest.approx((5 / 6 + 1) / 2)
    # 0.9, 0.8, then 0.5 twice, one of them right (3 of 4), 0.4, then 0.3 (4 of 6).
    micro = (1 + 1 + 3 / 4 + 4 / 6) / 4
    assert found["average_precision_micro"] == pytest.approx(micro)
    # The third sample: both classes are tied, so its label is only second.
    assert found["label_ranking_average_precision"] == pytest.approx((1 + 1 + 1 / 2) / 3)
    assert found["coverage_error"] == pytest.approx((1 + 2 + 2) / 3)
    assert found["ranking_loss"] == pytest.approx(1 / 3)


@pytest.mark.parametrize("classes", [0, 3])
def test_of_no_samples_all_is_nan(classes):
    truth, scores = np.zeros((0, classes), np.bool_), np.zeros((0, classes), np.float32)
    found = multilabel.measure(truth, scores, 0.5)
    assert len(found) == 4 * 4 + 5
    assert all(np.isnan(value) for value in found.values())
    each = multilabel.by_class(truth, scores, 0.5)
    assert np.isnan([each.average_precision, each.f1, each.precision, each.recall]).all()
    assert each.support.tolist() == [0] * classes


def test_samples_and_no_labels_at_all():
    truth, scores = np.zeros((4, 3), np.bool_), np.full((4, 3), 0.7)
    found = multilabel.measure(truth, scores, 0.5)
    known = {name for name, value in found.items() if not np.isnan(value)}
    assert known == {
        "coverage_error",
        "hamming_loss",
        "label_ranking_average_precision",
        "ranking_loss",
        "subset_accuracy",
    }
    assert (found["hamming_loss"], found["subset_accuracy"]) == (1, 0)


def test_counts_of_groups_add_up_to_those_of_all():
    truth, scores = simulated("random")
    group = np.random.default_rng(3).integers(0, 5, len(truth))
    said = multilabel.decided(scores, 0.5)
    found = multilabel.counts(truth, said, group, 7)
    assert found.shape == (7, 3, 6)
    assert not found[5:].any()
    assert found.sum(0).tolist() == multilabel.counts(truth, said)[0].tolist()
    one = multilabel.counts(truth[group == 2], said[group == 2])[0]
    assert found[2].tolist() == one.tolist()
    # Rates take groups as they are.
    assert multilabel.rates(found)["f1_macro"][2] == multilabel.rates(one)["f1_macro"]
    assert multilabel.rates(found)["f1_macro"].shape == (7,)
    assert multilabel.class_rates(found)["recall"].shape == (7, 6)
    assert np.isnan(multilabel.rates(found)["precision_micro"][5])


@pytest.mark.parametrize("wrong", [np.nan, -0.1, 1.5])
def test_what_is_no_probability_is_refused(wrong):
    truth, scores = simulated("random")
    scores[3, 2] = wrong
    with pytest.raises(ValueError, match="within 0 to 1"):
        multilabel.measure(truth, scores, 0.5)
    with pytest.raises(ValueError, match="one shape"):
        multilabel.measure(truth[:5], simulated("random")[1], 0.5)


LISTS = st.integers(1, 40).flatmap(
    lambda n: st.tuples(
        arrays(np.bool_, n),
        arrays(np.float64, n, elements=st.sampled_from([0.0, -0.0, 1e-300, 0.25, 0.5, 0.75, 1.0])),
    )
)


@given(LISTS)
def test_average_precision_of_any_list_is_that_of_scikit_learn(drawn):
    truth, scores = drawn
    found = multilabel.average_precision(truth, scores)
    if truth.any():
        assert found == pytest.approx(sk.average_precision_score(truth, scores), abs=1e-12)
    else:
        assert np.isnan(found)
