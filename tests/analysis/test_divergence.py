import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eoexplore.analysis.divergence import LARGEST, between, jensen_shannon

PAIR = arrays(np.int64, (2, 7), elements=st.integers(0, 1000)).filter(
    lambda pair: pair.sum(1).all()
)


def test_equal_and_disjoint():
    shares = np.array([0.2, 0.3, 0.5])
    assert jensen_shannon(shares, 7 * shares) == pytest.approx(0, abs=1e-12)
    assert jensen_shannon(np.array([1, 0, 2, 0]), np.array([0, 5, 0, 1])) == pytest.approx(
        np.log(2)
    )


def test_two_coins_by_hand():
    # Of (1, 0) and (1/2, 1/2) the middle is (3/4, 1/4).
    middle = -(3 / 4 * np.log(3 / 4) + 1 / 4 * np.log(1 / 4))
    found = jensen_shannon(np.array([1, 0]), np.array([1, 1]))
    assert found == pytest.approx(middle - np.log(2) / 2)


def test_many_pairs_at_once_and_an_empty_one():
    many = np.array([[[1, 0]], [[0, 0]], [[1, 1]]])
    found = jensen_shannon(many, np.array([1, 1]))
    assert found.shape == (3, 1)
    assert np.isnan(found[1])
    assert found[2] == pytest.approx(0, abs=1e-12)


@given(PAIR)
def test_it_is_symmetric_and_within_its_bounds(pair):
    found = jensen_shannon(*pair)
    assert 0 <= found <= LARGEST
    assert jensen_shannon(*pair[::-1]) == pytest.approx(found, abs=1e-12)


def test_an_interval_by_tiles():
    draw = np.random.default_rng(2)
    one, other = (draw.multinomial(500, shares, 40) for shares in ([0.5, 0.5], [0.7, 0.3]))
    truth = float(jensen_shannon(np.array([0.5, 0.5]), np.array([0.7, 0.3])))
    found = between(one, other, seed=3)
    assert found.low < found.value < found.high
    assert found.low < truth < found.high
    assert found.high - found.low < 0.02
    assert (found.draws, found.seed) == (1_000, 3)
    assert between(one, other, seed=3) == found
    assert between(one, other, seed=4) != found


def test_blocks_that_differ_make_a_wide_interval():
    # The same counts in all: in tiles that are alike, and in tiles of one class each.
    alike = np.tile([50, 50], (10, 1))
    apart = np.repeat([[100, 0], [0, 100]], 5, axis=0)
    other = np.tile([70, 30], (10, 1))
    narrow, wide = (between(own, other) for own in (alike, apart))
    assert narrow.value == wide.value
    assert narrow.high - narrow.low < 1e-12
    assert wide.high - wide.low > 0.05


def test_nothing_to_compare():
    found = between(np.zeros((3, 2), int), np.ones((3, 2), int))
    assert np.isnan([found.value, found.low, found.high]).all()
    assert found.draws == 0
