"""Spots in which a model is sure of another class than the map."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoexplore.analysis import disagreement

SIDE = 12


def of_map(labels, seen, sure=3.0, covered=None):
    """Find the spots of a map in which a model is equally sure of what it sees everywhere."""
    size = int(max(labels.max(), seen.max())) + 1
    relative = np.where(np.arange(size)[:, None, None] == seen, 0.0, -sure).astype(np.float32)
    own = np.take_along_axis(relative, np.maximum(labels, 0)[None], 0)[0]
    covered = np.ones(labels.shape, bool) if covered is None else covered
    return disagreement.spots(labels, covered, relative, relative.max(0) - own)


def block(top, left, height, width, value=1, side=SIDE):
    seen = np.zeros((side, side), int)
    seen[top : top + height, left : left + width] = value
    return seen


def test_a_block_is_one_spot_with_its_numbers():
    labels = np.zeros((SIDE, SIDE), int)
    found = of_map(labels, block(3, 4, 5, 3))
    assert len(found) == 1
    assert (found.labels[0], found.suspects[0], found.cells[0]) == (0, 1, 15)
    assert found.margins[0] == pytest.approx(3.0)
    # The largest square that fits has a side of three cells.
    assert found.width[0] == 3
    # 4 pi 15 / 16²
    assert found.compactness[0] == pytest.approx(4 * np.pi * 15 / 256)
    assert not found.cut[0]
    assert (found.numbers >= 0).sum() == 15


def test_where_model_and_map_agree_there_is_none():
    labels = block(2, 2, 4, 4)
    assert len(of_map(labels, labels)) == 0


def test_what_the_model_is_not_sure_of_is_none():
    assert len(of_map(np.zeros((SIDE, SIDE), int), block(3, 3, 5, 5), sure=0.9)) == 0


def test_two_cells_are_no_spot_and_corners_do_not_join():
    labels, seen = np.zeros((SIDE, SIDE), int), block(1, 1, 1, 2)
    seen[2, 3] = 1
    assert len(of_map(labels, seen)) == 0


def test_spots_of_different_labels_are_not_joined():
    labels = np.zeros((SIDE, SIDE), int)
    labels[:, 6:] = 1
    found = of_map(labels, np.maximum(labels, block(3, 3, 4, 6, value=2)))
    assert sorted(found.labels.tolist()) == [0, 1]
    assert found.suspects.tolist() == [2, 2]
    assert found.cells.tolist() == [12, 12]


def test_cells_without_a_label_are_in_no_spot():
    labels = np.full((SIDE, SIDE), -1)
    assert len(of_map(labels, block(0, 0, SIDE, SIDE))) == 0


def test_a_spot_at_the_edge_of_what_is_covered_may_be_larger():
    labels, covered = np.zeros((SIDE, SIDE), int), np.ones((SIDE, SIDE), bool)
    assert of_map(labels, block(0, 3, 3, 3)).cut[0]
    covered[:, 8:] = False
    assert of_map(labels, block(4, 5, 3, 3), covered=covered).cut[0]
    assert not of_map(labels, block(4, 4, 3, 3), covered=covered).cut[0]


def test_a_seam_along_a_border_is_near_it_and_thin():
    labels = np.zeros((SIDE, SIDE), int)
    labels[:, 6:] = 1
    seam, inside = of_map(labels, block(0, 5, SIDE, 1)), of_map(labels, block(3, 1, 4, 4))
    assert seam.width[0] == 1
    assert seam.border[0] == 0
    assert inside.border[0] > 2
    assert inside.compactness[0] > 2 * seam.compactness[0]


def test_small_spots_are_weaker_and_large_ones_are_all_alike():
    full = disagreement.FULL_HA
    found = disagreement.strength(np.full(4, 4.0), np.array([full / 4, full, 2 * full, 100 * full]))
    assert found.tolist() == pytest.approx([2.0, 4.0, 4.0, 4.0])


def test_a_spot_is_divided_by_patches_and_each_piece_has_its_middle():
    found = of_map(np.zeros((SIDE, SIDE), int), block(2, 2, 5, 8))
    patches = np.zeros((SIDE, SIDE), int)
    patches[:, 6:] = 1
    own = disagreement.pieces(found, patches)
    assert own.spots.tolist() == [0, 0]
    assert own.cells.tolist() == [20, 20]
    for number, (row, column) in enumerate(own.middle.tolist()):
        assert patches[row, column] == number
        assert row == 4


def test_a_sliver_in_the_next_patch_is_no_piece_but_the_largest_always_is():
    found = of_map(np.zeros((SIDE, SIDE), int), block(2, 2, 1, 4))
    patches = np.zeros((SIDE, SIDE), int)
    patches[:, 5:] = 1
    assert disagreement.pieces(found, patches).cells.tolist() == [3]
    patches[:, 4:] = 1
    # Two cells in each: both are as large as the largest.
    assert disagreement.pieces(found, patches).cells.tolist() == [2, 2]


@given(st.integers(0, 2**32 - 1))
def test_cells_of_pieces_are_in_their_spots(seed):
    rng = np.random.default_rng(seed)
    labels, seen = rng.integers(-1, 3, (9, 9)), rng.integers(0, 3, (9, 9))
    found = of_map(labels, seen)
    assert found.cells.sum() == (found.numbers >= 0).sum()
    own = disagreement.pieces(found, np.arange(81).reshape(9, 9) // 27, least=1)
    np.testing.assert_array_equal(np.bincount(own.spots, own.cells, len(found)), found.cells)
    for spot, (row, column) in zip(own.spots, own.middle, strict=True):
        assert found.numbers[row, column] == spot
        assert labels[row, column] == found.labels[spot] != seen[row, column]
    assert ((own.edge >= 0) & (own.edge <= own.cells)).all()
