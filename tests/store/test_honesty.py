"""Whose scores are out of sample, by what is stated of the training."""

from types import SimpleNamespace

import numpy as np
import pytest

from eoexplore.store import honesty
from eoexplore.store.prediction_sets import About
from tests.charts.conftest import Row, opened_of

SPLITS = ("train", "train", "validation", "test")


@pytest.fixture(scope="module")
def real():
    return opened_of([Row(x=x, split=split) for x, split in enumerate(SPLITS)])


def demo(seed):
    """Return a synthetic dataset that knows its seed."""
    opened = opened_of([Row(x=x, split=split) for x, split in enumerate(SPLITS)])
    opened.dataset.synthetic = True
    opened.dataset.seed = seed
    return opened


def about(split="", **more):
    return About(
        name="mine", task="multilabel", model="m", model_hash="", preprocessing_hash="",
        dataset_fingerprint="", selection="", classes=("One",), threshold=0.5,
        trained_on_split=split, created="", eoexplore_version="", **more,
    )  # fmt: skip


def judged(opened, *arguments, **more):
    found = honesty.of(opened, about(*arguments, **more))
    assert found.mask.dtype == bool
    return found.mask.tolist(), found.sentence


def test_folds_are_honest_of_all(real):
    assert judged(real, trained_on={"out_of_fold": True}) == ([True] * 4, "")
    # Other words are no statement.
    assert judged(real, trained_on={"out_of_fold": "no"})[0] == [False] * 4


def test_nobody_stating_anything_is_honest_of_none_and_says_what_to_do(real):
    mask, sentence = judged(real)
    assert mask == [False] * 4
    assert "Nobody states what mine was trained on" in sentence
    assert "--trained-on" in sentence


def test_somebody_stating_none_is_honest_of_all(real):
    assert judged(real, "none") == ([True] * 4, "")


def test_a_part_of_the_split_is_not_honest(real):
    mask, sentence = judged(real, "train", trained_on={"dataset": "elsewhere", "seeds": [1]})
    assert mask == [False, False, True, True]
    assert "trained on the split “train”" in sentence
    assert "nothing is said of 2 of 4 patches" in sentence


def test_a_part_that_there_is_not_may_be_any(real):
    mask, sentence = judged(real, "fold-7")
    assert mask == [False] * 4
    assert "“fold-7”, which is no part of the split" in sentence


def test_a_model_of_made_up_imagery_has_not_seen_genuine_patches(real):
    assert judged(real, "train", synthetic=True) == ([True] * 4, "")


@pytest.mark.parametrize(
    ("seed", "seeds", "honest"),
    [(43, [1, 2], True), (1, [1, 2], False), (None, [1, 2], False), (43, None, False),
     (43, "1 2", False)],
)  # fmt: skip
def test_a_demo_of_another_seed_is_other_land(seed, seeds, honest):
    told = {"split": "train"} | ({} if seeds is None else {"seeds": seeds})
    mask, _ = judged(demo(seed), "train", synthetic=True, trained_on=told)
    assert mask == ([True] * 4 if honest else [False, False, True, True])


def test_a_model_of_genuine_imagery_may_know_a_demo():
    assert judged(demo(43), "train", trained_on={"seeds": [1]})[0] == [False, False, True, True]


def test_a_reader_that_knows_no_seed_is_no_error():
    opened = demo(1)
    dataset = SimpleNamespace(synthetic=True)
    lacking = SimpleNamespace(samples=opened.samples, dataset=dataset)
    assert honesty.of(lacking, about("train", synthetic=True)).mask.tolist() == [
        False, False, True, True,
    ]  # fmt: skip
    assert np.array_equal(honesty.of(lacking, about("none")).mask, np.ones(4, bool))
