"""Spatial folds: what stays together, how even they are, and what is too near."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoexplore.analysis import folds

STEP = folds.PATCH_M


def grid(side, east=0.0, north=0.0):
    """Return the middles of patches side by side, row by row, in metres."""
    y, x = np.divmod(np.arange(side * side), side)
    return np.column_stack([east + (x + 0.5) * STEP, north + (y + 0.5) * STEP])


def apart(one, other):
    return np.linalg.norm(one[:, None] - other[None], axis=-1)


def test_blocks_are_squares_of_five_by_five_patches():
    codes = folds.blocks(grid(10), 6_000)
    expected = np.kron([[0, 1], [2, 3]], np.ones((5, 5))).ravel()
    assert len(np.unique(np.column_stack([codes, expected]), axis=0)) == 4


def test_patches_of_two_tiles_that_overlap_share_a_block():
    # The second grid is shifted by a third of a patch and crosses the edge at 6 km.
    one, other = grid(1, east=5_200), grid(1, east=5_600)
    assert one[0, 0] < 6_000 < other[0, 0]
    codes = folds.blocks(np.vstack([one, other, grid(1, east=9_000)]), 6_000)
    assert codes[0] == codes[1] != codes[2]


def test_what_overlaps_for_longer_than_a_block_is_cut():
    # Twenty patches of two grids, each of which overlaps the next: 24 km.
    along = np.arange(40) * 600.0
    places = np.column_stack([along, np.full(40, 600.0)])
    codes = folds.blocks(places, 6_000)
    assert codes.tolist() == np.repeat([0, 1, 2, 3], 10).tolist()


def test_places_on_the_globe_have_blocks_too():
    earth = np.array([[4e6, 1e6, 4.8e6], [4e6 + 500, 1e6, 4.8e6], [1e6, 4e6, 4.8e6]])
    assert folds.blocks(earth, 6_000).tolist() in ([1, 1, 0], [0, 0, 1])


def test_places_and_sides_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="above zero"):
        folds.blocks(grid(2), 0)
    with pytest.raises(ValueError, match="without a location"):
        folds.blocks(np.array([[np.nan, 0.0]]), 6_000)
    assert folds.blocks(np.zeros((0, 2)), 6_000).tolist() == []


@given(st.lists(st.integers(1, 60), min_size=2, max_size=40), st.integers(2, 8), st.randoms())
def test_blocks_are_dealt_out_whole_and_evenly(sizes, count, random):
    count = min(count, len(sizes))
    codes = np.repeat(np.arange(len(sizes)), sizes)
    order = np.array(random.sample(range(len(codes)), len(codes)))
    found = folds.deal(codes[order], count)
    assert found.min() == 0
    assert set(found.tolist()) == set(range(count))
    for block in range(len(sizes)):
        assert len(set(found[codes[order] == block].tolist())) == 1
    held = np.bincount(found, minlength=count)
    # The least one was not above the mean when the last block came.
    assert held.max() <= sum(sizes) / count + max(sizes)
    assert np.array_equal(found, folds.deal(codes[order], count))


def test_the_largest_block_goes_first():
    # 6 | 5 | 4, then 3 to the 4, 2 to the 5, 1 to the 6.
    codes = np.repeat([0, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6])
    found = folds.deal(codes, 3)
    assert np.bincount(found).tolist() == [7, 7, 7]


@pytest.mark.parametrize(("blocks", "count"), [(2, 3), (5, 1), (1, 2)])
def test_fewer_blocks_than_folds_are_refused(blocks, count):
    with pytest.raises(ValueError, match="Each fold needs a block"):
        folds.deal(np.arange(blocks), count)


def test_the_ring_around_a_fold_is_too_near():
    places = grid(9)
    own = np.zeros((9, 9), bool)
    own[3:6, 3:6] = True
    found = folds.near(places, own.ravel(), 1_200).reshape(9, 9)
    expected = np.zeros((9, 9), bool)
    expected[2:7, 2:7] = True
    assert np.array_equal(found, expected)
    wider = folds.near(places, own.ravel(), 2_400).reshape(9, 9)
    # Two rings, less their corners: 3.4 km from corner to corner, with 2.4 km between them on axes.
    assert wider[1].tolist() == [False, True, True, True, True, True, True, True, False]
    assert not wider[0].any()


def test_what_touches_is_too_near_without_a_buffer_as_well():
    places = grid(3)
    own = np.zeros(9, bool)
    own[4] = True
    assert folds.near(places, own, 0).all()
    far = np.vstack([places, [[places[4, 0] + 2 * STEP, places[4, 1]]]])
    assert not folds.near(far, np.append(own, False), 0)[-1]


def test_nothing_is_near_to_an_empty_fold():
    assert not folds.near(grid(2), np.zeros(4, bool), 5_000).any()
    assert folds.near(grid(2), np.ones(4, bool), 5_000).all()


@given(
    st.lists(
        st.tuples(st.floats(0, 20_000), st.floats(0, 20_000)), min_size=2, max_size=40, unique=True
    ),
    st.floats(0, 6_000),
    st.integers(0, 2**32 - 1),
)
def test_no_ground_within_the_buffer_is_learnt_from(places, buffer_m, seed):
    places = np.array(places)
    own = np.random.default_rng(seed).random(len(places)) < 0.4
    near = folds.near(places, own, buffer_m)
    assert near[own].all()
    if own.any() and not near.all():
        least = apart(places[~near], places[own]).min()
        assert least >= max(buffer_m + STEP, 2**0.5 * STEP) - 1.001


def test_samples_without_a_place_are_together_by_name_and_the_same_each_time():
    found = folds.named(["a", "b", "a", "c"], 1_000)
    assert found[0] == found[2]
    assert len({*found.tolist()}) == 3
    assert found.tolist() == folds.named(["a", "b", "a", "c"], 1_000).tolist()
    many = folds.named([f"id {n}" for n in range(5_000)], 50)
    assert sorted(set(many.tolist())) == list(range(50))
    assert np.bincount(many).max() < 150
