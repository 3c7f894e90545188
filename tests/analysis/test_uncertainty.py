"""Entropy, confidence, symmetries and ensembles of probabilities with known answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoexplore.analysis import uncertainty


def pixels(*probabilities):
    """One patch of one row: each argument is a pixel."""
    return np.array(probabilities, float).T[None, :, None, :]


def test_entropy_of_pixels():
    values = pixels([1, 0, 0, 0], [0.25, 0.25, 0.25, 0.25], [0.5, 0.5, 0, 0])
    np.testing.assert_allclose(uncertainty.entropy(values)[0, 0], [0, 1, 0.5])


def test_entropy_of_labels_is_that_of_each_class():
    values = np.array([[0, 0.5, 1, 0.25]])
    # -(0.25 log2 0.25 + 0.75 log2 0.75) = 0.8113
    np.testing.assert_allclose(uncertainty.entropy(values)[0], [0, 1, 0, 0.8113], atol=1e-4)


def test_confidence():
    np.testing.assert_allclose(uncertainty.confidence(pixels([0.2, 0.7, 0.1]))[0, 0], [0.7])
    np.testing.assert_allclose(uncertainty.confidence(np.array([[0.1, 0.6]]))[0], [0.9, 0.6])


def test_the_eight_symmetries_are_all_different():
    values = np.arange(9).reshape(3, 3)
    assert len({uncertainty.turned(values, k).tobytes() for k in range(8)}) == 8


@given(st.integers(0, 7), st.integers(1, 5))
def test_turning_back_undoes_turning(symmetry, side):
    values = np.random.default_rng(0).random((2, 3, side, side))
    back = uncertainty.turned_back(uncertainty.turned(values, symmetry), symmetry)
    np.testing.assert_array_equal(back, values)


def test_a_mask_that_follows_the_patch_is_the_same_in_all_flips():
    batch = np.random.default_rng(1).random((2, 1, 4, 4))

    def predict(seen):
        return np.concatenate([seen, 1 - seen], axis=1)

    found = uncertainty.flipped(predict, batch)
    np.testing.assert_allclose(found.mean, predict(batch))
    np.testing.assert_allclose(found.spread, 0, atol=1e-12)
    np.testing.assert_allclose(found.disagreement, 0, atol=1e-12)
    assert found.answers == 8


def test_a_model_that_looks_at_one_corner_differs_between_flips():
    batch = np.zeros((1, 1, 2, 2))
    batch[0, 0, 0, 0] = 1
    found = uncertainty.flipped(lambda seen: seen[:, :, 0, 0], batch)
    # The corner comes to each of the four places twice: 1 in two of eight answers.
    assert found.mean[0, 0] == pytest.approx(0.25)
    assert found.spread[0, 0] == pytest.approx(np.sqrt(0.25 * 0.75))
    # Each answer is sure, so all of the doubt is disagreement.
    assert found.disagreement[0, 0] == pytest.approx(found.total[0, 0])
    assert found.total[0, 0] == pytest.approx(0.8113, abs=1e-4)


def test_what_is_no_square_is_flipped_only():
    seen = []

    def predict(batch):
        seen.append(batch.shape)
        return batch.mean(axis=(2, 3))

    uncertainty.flipped(predict, np.zeros((1, 2, 3, 4)))
    assert seen == [(1, 2, 3, 4)] * 4


def test_models_that_agree_to_be_unsure_do_not_disagree():
    unsure = np.full((1, 2), 0.5)
    found = uncertainty.together([unsure, unsure])
    np.testing.assert_allclose([found.total[0], found.disagreement[0]], [[1, 1], [0, 0]])


def test_answers_of_several_shapes_are_refused():
    with pytest.raises(ValueError, match="one shape"):
        uncertainty.together([np.zeros((1, 2)), np.zeros((1, 3))])
    with pytest.raises(ValueError, match="none"):
        uncertainty.together([])
