"""What predictors that look at nothing get, and published scores beside one's own."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from eoexplore.charts import beside_published, trivial_predictor
from eoexplore.charts.chart import CannotTell
from eoexplore.core import published
from eoexplore.datasets._reben_facts import classes
from tests.charts.conftest import FOREST, MARINE, PASTURES, Row, opened_of
from tests.charts.judging import answer, confusion, write

CLASSES = (FOREST, PASTURES, MARINE)
TEST = "split=test"
# Training: forest in 3 of 4, pastures in 2, no marine waters: 1.25 labels per patch.
ROWS = [
    Row((FOREST,), x=0, pixels={311: 300, 231: 100}),
    Row((FOREST,), x=1, pixels={311: 300}),
    Row((FOREST, PASTURES), x=2, pixels={231: 200}),
    Row((PASTURES,), x=3, pixels={231: 350}),
    Row((MARINE,), x=4, split="test"),
    Row((MARINE, PASTURES), x=5, split="test"),
    Row((FOREST,), x=6, split="test"),
    Row((MARINE,), x=7, split="test"),
]


@pytest.fixture(scope="module")
def opened():
    return opened_of(ROWS)


def predictors(found):
    return found.facts["predictors"]


def test_predictors_of_labels_that_look_at_nothing(opened):
    truth = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 0], [0, 0, 1]])
    mine = write(opened, "mine", range(4, 8), truth, CLASSES)
    own = predictors(answer(trivial_predictor.CHART, opened, mine, select=TEST))
    assert own["mine"] == {"average_precision_macro": 1, "f1_macro": 1, "f1_micro": 1}
    share = pytest.approx((1 + 1 + 3) / 4 / 3)
    # From 0.5 on: forest and pastures, each one hit and three too many.
    assert own["frequencies of training"] == {
        "average_precision_macro": share,
        "f1_macro": pytest.approx((2 / 5 + 2 / 5 + 0) / 3),
        "f1_micro": pytest.approx(4 / (8 + 5)),
    }
    # 1.25 labels per patch: the most frequent one.
    assert own["most frequent labels"]["f1_micro"] == pytest.approx(2 / (4 + 5))
    assert own["the best constant for micro F1"]["f1_micro"] == pytest.approx(6 / (4 + 5))
    assert own["all classes"] == {
        "average_precision_macro": share,
        "f1_macro": pytest.approx((2 / 5 + 2 / 5 + 6 / 7) / 3),
        "f1_micro": pytest.approx(10 / (12 + 5)),
    }


def test_a_set_that_is_no_better_than_a_constant_is_told(opened):
    same = write(opened, "same", range(4, 8), np.full((4, 3), 0.7), CLASSES)
    found = answer(trivial_predictor.CHART, opened, same, select=TEST)
    assert found.title == (
        "A predictor that looks at nothing is no worse in Average precision, macro"
    )


def test_masks_of_one_class(opened):
    pixels = confusion((0, 2, 2, 60), (1, 1, 2, 20), (2, 0, 0, 20))
    mine = write(
        opened, "masks", range(4, 8), np.zeros((4, 3)), CLASSES, task="segmentation",
        confusion=pixels,
    )  # fmt: skip
    found = answer(trivial_predictor.CHART, opened, mine, select=TEST)
    own = predictors(found)
    assert own["masks"]["accuracy"] == 0.8
    # Of training, 600 pixels of forest and 650 of pastures.
    assert own["most frequent class of training"] == {
        "accuracy": 0.2, "mean_iou": pytest.approx(0.2 / 3)
    }  # fmt: skip
    assert own["the best constant"] == {"accuracy": 0.6, "mean_iou": pytest.approx(0.2)}
    assert found.table["predicts"].to_list()[1:] == [f"{PASTURES} everywhere",
                                                     f"{MARINE} everywhere"]  # fmt: skip


def test_no_constant_has_a_better_micro_f1():
    rng = np.random.default_rng(5)
    for _ in range(20):
        support, count = rng.integers(0, 30, 5), 30
        best = trivial_predictor._best(support, count)
        every = [np.array([number >> bit & 1 for bit in range(5)], bool) for number in range(32)]
        found = [trivial_predictor._constant(support, count, said)["f1_micro"] for said in every]
        assert trivial_predictor._constant(support, count, best)["f1_micro"] == max(found)


def test_without_training_patches_constants_are_told_still():
    opened = opened_of([replace(row, split="test") for row in ROWS])
    mine = write(opened, "alone", range(8), np.full((8, 3), 0.7), CLASSES)
    found = answer(trivial_predictor.CHART, opened, mine)
    assert list(predictors(found)) == ["alone", "the best constant for micro F1", "all classes"]
    assert any("No patch of the dataset is in the split" in note for note in found.notes)


# -- published -------------------------------------------------------------------------------------


def test_published_scores_stand_around_ones_own(opened):
    names = classes().names
    scores = np.zeros((4, 19))
    for row, own in enumerate(ROWS[4:]):
        scores[row, [names.index(name) for name in own.labels]] = 1
    mine = write(opened, "mine", range(4, 8), scores, names)
    found = answer(beside_published.CHART, opened, mine, select=TEST)
    assert found.facts["sets"] == {"mine": 1}
    assert found.table["Model"][0] == "mine"
    model = f"{published.ORGANISATION}/resnet50-all-v0.2.0"
    (row,) = found.table[found.table["Model"] == model].to_dict("records")
    assert row["Average precision, macro"] == 0.7033
    assert "huggingface.co" in row["source"]
    assert found.facts["comparable"] is False
    assert any("119,821 of the 119,825" in note for note in found.notes)
    f1 = answer(beside_published.CHART, opened, mine, select=TEST, figure="f1_macro")
    assert f1.facts["published"][model] == 0.6442


def test_other_patches_than_the_published_ones_are_told():
    snowy = opened_of([*ROWS, Row((PASTURES,), x=9, split="test", flags=("snow",))])
    mine = write(snowy, "mine", range(9), np.eye(9, 19), classes().names)
    found = answer(beside_published.CHART, snowy, mine)
    # Four of training, one with snow.
    assert any(note.startswith("5 of the 9 judged patches") for note in found.notes)


def test_published_scores_are_of_real_land_and_all_classes(opened):
    mine = write(opened, "few", range(4, 8), np.full((4, 3), 0.7), CLASSES)
    with pytest.raises(CannotTell, match="does not have the 19"):
        answer(beside_published.CHART, opened, mine)
    made_up = SimpleNamespace(**{**vars(opened.dataset), "synthetic": True})
    with pytest.raises(CannotTell, match="synthetic"):
        answer(beside_published.CHART, replace(opened, dataset=made_up), mine)
