"""Labels that neighbours and other labels do not lead to expect."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoexplore.analysis import rare_labels


def square(side, tile=0):
    y, x = np.divmod(np.arange(side * side), side)
    return np.full(side * side, tile), x, y


def test_neighbours_are_those_of_the_tile():
    tile, x, y = (np.concatenate(pair) for pair in zip(square(3), square(2, 1), strict=True))
    labels = np.zeros((13, 2), bool)
    labels[[0, 4], 0] = True
    labels[9, 1] = True
    count, having = rare_labels.around(tile, x, y, labels)
    assert count.tolist() == [3, 5, 3, 5, 8, 5, 3, 5, 3, 3, 3, 3, 3]
    assert having[:, 0].tolist() == [1, 2, 1, 2, 1, 1, 1, 1, 1, 0, 0, 0, 0]
    assert having[:, 1].tolist() == [0] * 10 + [1, 1, 1]


@given(st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1), st.integers(0, 9))
def test_to_be_a_neighbour_is_mutual(places, seed):
    x, y = np.array(sorted(places)).T
    labels = np.random.default_rng(seed).random((len(x), 3)) < 0.5
    tile = np.zeros(len(x), int)
    count, having = rare_labels.around(tile, x, y, np.ones((len(x), 1), bool))
    assert (count == having[:, 0]).all()
    near = (abs(x[:, None] - x) <= 1) & (abs(y[:, None] - y) <= 1) & ~np.eye(len(x), dtype=bool)
    assert (rare_labels.around(tile, x, y, labels)[1] == near @ labels.astype(int)).all()


def halves(side=20):
    """West is forest (0), east water (1); a third class goes with forest."""
    tile, x, y = square(side)
    labels = np.zeros((side * side, 3), bool)
    labels[x < side / 2, 0] = True
    labels[x >= side / 2, 1] = True
    labels[(x < side / 2) & ((x + y) % 3 == 0), 2] = True
    return tile, x, y, labels


def test_a_label_in_the_midst_of_others_is_not_to_be_expected():
    tile, x, y, labels = halves()
    odd = np.flatnonzero((x == 15) & (y == 10))[0]
    labels[odd, 0] = True
    found = rare_labels.expected(tile, x, y, labels)
    assert found.neighbours[odd] == 8
    assert found.with_class[odd, 0] == 0
    own = np.where(labels, found.chance, 1)
    assert own[:, 0].argmin() == odd
    assert found.chance[odd, 0] < 0.1


def test_of_two_labels_without_neighbours_the_one_that_goes_with_the_others_is_likelier():
    tile, x, y, labels = halves()
    # Two places of a tile of their own, without neighbours.
    tile, x, y = np.append(tile, [1, 2]), np.append(x, [0, 0]), np.append(y, [0, 0])
    labels = np.concatenate([labels, [[True, False, True], [False, True, True]]])
    found = rare_labels.expected(tile, x, y, labels)
    assert found.neighbours[-2:].tolist() == [0, 0]
    assert found.chance[-2, 2] > found.chance[-1, 2]


def test_many_places_are_fitted_by_some(monkeypatch):
    monkeypatch.setattr(rare_labels, "MOST", 150)
    tile, x, y, labels = halves()
    found = rare_labels.expected(tile, x, y, labels)
    assert found.chance.shape == (400, 3)
    assert (found.chance[labels[:, 0] & (x < 9), 0] > 0.5).all()


@pytest.mark.parametrize("value", [True, False])
def test_labels_that_do_not_differ_are_refused(value):
    tile, x, y = square(4)
    with pytest.raises(ValueError, match="none is rare"):
        rare_labels.expected(tile, x, y, np.full((16, 2), value))


def test_what_must_lie_on_common_ground_contradicts_a_patch_without_it():
    # Of the common 60 % at least 10 % are of a class that covers half of the patch.
    pixels = np.array([[50.0, 30.0], [50.0, 30.0], [50.0, 0.0]])
    total = np.array([100.0, 100.0, 0.0])
    other = np.array([[False, False], [True, False], [False, False]])
    found = rare_labels.contradicted(pixels, total, other, np.full(3, 0.6))
    assert found.tolist() == [[True, False], [False, False], [False, False]]
    # Within the tolerance nothing is said.
    assert not rare_labels.contradicted(pixels, total, other, np.full(3, 0.515)).any()
