"""Figures of masks: by hand, and against scikit-learn and torchmetrics."""

import numpy as np
import pytest
import sklearn.metrics as sk
import torch

from eoexplore.analysis import pixels

CLOSE = {"abs": 1e-6, "rel": 0}
NONE = np.array([], np.int64)


def maps(classes=5, n=4000, unlabelled=True):
    """Return reference and mask as lists of pixels, and of which sample each pixel is."""
    rng = np.random.default_rng(11)
    reference = rng.choice(classes, n, p=np.arange(1, classes + 1) / (classes * (classes + 1) / 2))
    guess = rng.integers(0, classes, n)
    mask = np.where(rng.random(n) < 0.6, reference, guess)
    if unlabelled:
        reference[rng.random(n) < 0.2] = -1
    return reference, mask, rng.integers(0, 7, n)


def confusion(reference, mask, classes, **options):
    return pixels.counts((reference, mask, np.ones(len(mask), np.int64)), classes, **options)[0]


@pytest.mark.parametrize("unlabelled", [False, True])
def test_figures_are_those_of_both(unlabelled, torchmetrics):
    reference, mask, _ = maps(unlabelled=unlabelled)
    counted = confusion(reference, mask, 5)
    found, each = pixels.measure(counted), pixels.by_class(counted)
    known = reference >= 0
    true, said = reference[known], mask[known]
    scikit = {
        "mean_iou": sk.jaccard_score(true, said, average="macro"),
        "f1_macro": sk.f1_score(true, said, average="macro"),
        "precision_macro": sk.precision_score(true, said, average="macro"),
        "mean_accuracy": sk.balanced_accuracy_score(true, said),
        "accuracy": sk.accuracy_score(true, said),
        "frequency_weighted_iou": sk.jaccard_score(true, said, average="weighted"),
        "kappa": sk.cohen_kappa_score(true, said),
    }
    assert found == pytest.approx(scikit, **CLOSE)
    preds, target = torch.from_numpy(mask), torch.from_numpy(reference)
    options = {"num_classes": 5, "ignore_index": -1}
    asked = {
        "mean_iou": torchmetrics.multiclass_jaccard_index(preds, target, **options),
        "f1_macro": torchmetrics.multiclass_f1_score(preds, target, **options),
        "precision_macro": torchmetrics.multiclass_precision(preds, target, **options),
        "mean_accuracy": torchmetrics.multiclass_accuracy(preds, target, **options),
        "accuracy": torchmetrics.multiclass_accuracy(preds, target, average="micro", **options),
        "frequency_weighted_iou": torchmetrics.multiclass_jaccard_index(
            preds, target, average="weighted", **options
        ),
        "kappa": torchmetrics.multiclass_cohen_kappa(preds, target, **options),
    }
    assert found == pytest.approx({name: asked[name].item() for name in asked}, **CLOSE)
    options["average"] = "none"
    of_class = {
        "iou": (sk.jaccard_score, torchmetrics.multiclass_jaccard_index),
        "f1": (sk.f1_score, torchmetrics.multiclass_f1_score),
        "precision": (sk.precision_score, torchmetrics.multiclass_precision),
        "recall": (sk.recall_score, torchmetrics.multiclass_recall),
    }
    for name, (one, other) in of_class.items():
        assert getattr(each, name) == pytest.approx(one(true, said, average=None), **CLOSE)
        wanted = other(preds, target, **options).numpy()
        assert getattr(each, name) == pytest.approx(wanted, **CLOSE)
    assert each.support.tolist() == np.bincount(true).tolist()
    assert each.predicted.tolist() == np.bincount(said).tolist()


def test_confusion_is_that_of_both(torchmetrics):
    reference, mask, _ = maps()
    counted = confusion(reference, mask, 5)
    known = reference >= 0
    assert counted.tolist() == sk.confusion_matrix(reference[known], mask[known]).tolist()
    wanted = torchmetrics.multiclass_confusion_matrix(
        torch.from_numpy(mask), torch.from_numpy(reference), 5, ignore_index=-1
    )
    assert counted.tolist() == wanted.tolist()


def test_a_class_that_the_reference_has_not_is_a_miss_of_others_and_in_no_mean():
    reference, mask, _ = maps()
    reference[reference == 2] = 3
    known = reference >= 0
    true, said = reference[known], mask[known]
    assert (said == 2).any()
    # And a sixth class that neither has.
    counted = confusion(reference, mask, 6)
    found, each = pixels.measure(counted), pixels.by_class(counted)
    present = [0, 1, 3, 4]
    for name in ("iou", "f1", "precision", "recall"):
        assert np.flatnonzero(np.isnan(getattr(each, name))).tolist() == [2, 5]
    options = {"labels": present, "zero_division": 0}
    assert found["mean_iou"] == pytest.approx(
        sk.jaccard_score(true, said, average="macro", **options), **CLOSE
    )
    assert found["f1_macro"] == pytest.approx(
        sk.f1_score(true, said, average="macro", **options), **CLOSE
    )
    assert found["mean_accuracy"] == pytest.approx(
        sk.recall_score(true, said, average="macro", **options), **CLOSE
    )
    assert found["accuracy"] == pytest.approx(sk.accuracy_score(true, said), **CLOSE)
    assert found["kappa"] == pytest.approx(sk.cohen_kappa_score(true, said), **CLOSE)


def test_figures_by_hand():
    counted = np.array([[6, 2, 0], [1, 1, 0], [0, 0, 0]])
    found, each = pixels.measure(counted), pixels.by_class(counted)
    assert each.iou == pytest.approx([6 / 9, 1 / 4, np.nan], nan_ok=True)
    assert each.f1 == pytest.approx([12 / 15, 2 / 5, np.nan], nan_ok=True)
    assert each.precision == pytest.approx([6 / 7, 1 / 3, np.nan], nan_ok=True)
    assert each.recall == pytest.approx([6 / 8, 1 / 2, np.nan], nan_ok=True)
    assert found["mean_iou"] == pytest.approx((6 / 9 + 1 / 4) / 2)
    assert found["frequency_weighted_iou"] == pytest.approx(0.8 * 6 / 9 + 0.2 / 4)
    assert found["accuracy"] == 0.7
    chance = 0.8 * 0.7 + 0.2 * 0.3
    assert found["kappa"] == pytest.approx((0.7 - chance) / (1 - chance))


def test_a_class_that_is_never_predicted_has_precision_0():
    found = pixels.by_class(np.array([[0, 4], [0, 4]]))
    assert found.precision.tolist() == [0, 0.5]
    assert found.f1[0] == found.iou[0] == 0


def test_where_there_is_nothing_to_judge_all_is_nan():
    for counted in (np.zeros((3, 3)), confusion(np.full(4, -1), np.zeros(4, int), 3)):
        assert np.isnan(list(pixels.measure(counted).values())).all()
    assert pixels.counts((NONE, NONE, NONE), 3).tolist() == np.zeros((1, 3, 3)).tolist()
    # One class alone: agreement says nothing beyond chance.
    alone = pixels.measure(np.array([[5, 0], [0, 0]]))
    assert np.isnan(alone.pop("kappa"))
    assert set(alone.values()) == {1}


def test_counts_of_groups_and_figures_of_many_at_once():
    reference, mask, group = maps()
    ones = np.ones(len(mask), np.int64)
    found = pixels.counts((reference, mask, ones), 5, group, 8)
    assert found.shape == (8, 5, 5)
    assert not found[7].any()
    assert found.sum(0).tolist() == confusion(reference, mask, 5).tolist()
    for number in range(7):
        own = confusion(reference[group == number], mask[group == number], 5)
        assert found[number].tolist() == own.tolist()
        for name, values in pixels.measures(found).items():
            assert values.shape == (8,)
            assert values[number] == pytest.approx(pixels.measure(own)[name], abs=1e-12)


def test_pairs_count_as_many_pixels_as_they_say():
    pairs = (np.array([0, 0, -1], np.int16), np.array([0, 1, 1], np.int16), np.array([2**31, 3, 9]))
    assert pixels.counts(pairs, 2)[0].tolist() == [[2**31, 3], [0, 0]]


def test_a_mask_that_says_nothing_about_a_pixel_misses_it():
    reference, mask = np.array([0, 0, 1, -1, 1]), np.array([0, -1, 1, -1, 0])
    with pytest.raises(ValueError, match="unsaid"):
        confusion(reference, mask, 2)
    counted = confusion(reference, mask, 2, unsaid=True)
    assert counted.tolist() == [[1, 0, 1], [1, 1, 0]]
    found, each = pixels.measure(counted), pixels.by_class(counted)
    assert found["accuracy"] == 0.5
    assert each.iou == pytest.approx([1 / 3, 1 / 2])
    assert each.predicted.tolist() == [2, 1]
    # As if it were a third class that the reference has not.
    third = np.where(mask < 0, 2, mask)[reference >= 0]
    kappa = sk.cohen_kappa_score(reference[reference >= 0], third)
    assert found["kappa"] == pytest.approx(kappa, **CLOSE)


@pytest.mark.parametrize("pair", [(0, 2), (2, 0), (0, -1)])
def test_a_class_that_does_not_exist_is_refused(pair):
    with pytest.raises(ValueError, match="Classes are 0 to 1"):
        confusion(*(np.array([number]) for number in pair), 2)
