"""Answers in another model's classes and on its grid."""

import numpy as np

from eoexplore.analysis.alignment import aligned


def test_scores_go_to_the_classes_of_their_names():
    found = aligned(np.array([0.1, 0.7, 0.4]), ["a", "b", "c"], ["c", "x", "a"])
    assert found.tolist() == np.array([0.4, 0, 0.1], np.float32).tolist()


def test_masks_come_onto_the_other_grid():
    mask = np.array([[[1, 0], [0, 0.5]], [[0, 1], [1, 0.5]]])
    found = aligned(mask, ["a", "b"], ["b", "a"], side=4)
    assert found.shape == (2, 4, 4)
    assert found[1].tolist() == np.kron(mask[0], np.ones((2, 2))).tolist()
    assert found[0].tolist() == np.kron(mask[1], np.ones((2, 2))).tolist()
    assert np.allclose(found.sum(0), 1)


def test_the_same_classes_and_grid_change_nothing():
    mask = np.random.default_rng(3).random((3, 5, 5)).astype(np.float32)
    assert (aligned(mask, list("abc"), list("abc"), 5) == mask).all()
