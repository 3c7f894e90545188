import numpy as np
import pytest

from eoexplore.analysis.autocorrelation import ROOK, moran, neighbours
from eoexplore.analysis.correlogram import correlogram

DRAW = np.random.default_rng(6)


def places(side, tiles=1, keep=1.0):
    """Return column, row and tile of some of the places of square grids."""
    tile, y, x = (axis.ravel() for axis in np.mgrid[:tiles, :side, :side])
    chosen = DRAW.random(len(x)) < keep
    return x[chosen], y[chosen], tile[chosen]


def test_a_checkerboard_by_hand():
    # Of 3 × 3: 5 places have it. Rook pairs all differ; lag 2 holds 8 diagonal pairs (alike) and 6
    # pairs two cells apart (alike).
    x, y, tile = places(3)
    found = correlogram(((x + y) % 2 == 0)[None], x, y, tile, lags=3)
    assert found.pairs[:2].tolist() == [12, 14]
    assert found.distance_m[:2] == pytest.approx([1_200, 1_200 * (8 * np.sqrt(2) + 12) / 14])
    # Mean 5/9; squares 5 × (4/9)² + 4 × (5/9)² = 20/9; each rook pair gives -20/81.
    assert found.moran[0, 0] == pytest.approx(9 / 12 * 12 * -20 / 81 / (20 / 9))
    # Diagonal: 4 pairs with the middle, 4 without it. Two apart: the 4 sides, and the two lines
    # through the middle, which join places that do not have it.
    total = 4 * 16 / 81 + 4 * 25 / 81 + 4 * 16 / 81 + 2 * 25 / 81
    assert found.moran[0, 1] == pytest.approx(9 / 14 * total / (20 / 9))


def test_the_first_lag_is_that_of_neighbours():
    x, y, tile = places(17, tiles=3, keep=0.7)
    has = np.array([DRAW.random(len(x)) < share for share in (0.1, 0.5)])
    found = correlogram(has, x, y, tile, lags=4)
    pairs = neighbours(x, y, tile, ROOK)
    assert found.pairs[0] == len(pairs[0])
    assert found.moran[:, 0] == pytest.approx([moran(own, pairs) for own in has])


@pytest.mark.parametrize("within", [False, True])
def test_as_all_pairs_say(within):
    x, y, tile = places(6, tiles=2, keep=0.8)
    has = (DRAW.random((2, len(x))) < 0.4) | (tile == 1)
    has[:, 0] = False
    values = has - has.mean(1, keepdims=True)
    if within:
        for number in (0, 1):
            own = tile == number
            values[:, own] = has[:, own] - has[:, own].mean(1, keepdims=True)
    one, other = np.triu_indices(len(x), 1)
    apart = np.hypot(x[one] - x[other], y[one] - y[other])
    apart[tile[one] != tile[other]] = 99
    found = correlogram(has, x, y, tile, lags=8, within=within)
    for lag in range(1, 9):
        there = (apart > lag - 1) & (apart <= lag)
        assert found.pairs[lag - 1] == there.sum()
        if there.any():
            products = (values[:, one[there]] * values[:, other[there]]).sum(1)
            expected = len(x) / there.sum() * products / (values**2).sum(1)
            assert found.moran[:, lag - 1] == pytest.approx(expected)


def test_the_range_of_stripes():
    # Stripes of ten columns: at d cells, the mean over all directions is 1 - 0.2 d × 2 / π, which
    # is 5 % at 7.5 cells.
    x, y, tile = places(60)
    found = correlogram(np.array([x // 10 % 2 == 0, x < 0]), x, y, tile, lags=20)
    fell, never = found.ranges()
    assert 7 * 1_200 < fell < 9 * 1_200
    assert np.isnan(never)
    assert found.ranges(low=-2)[0] != found.ranges()[0]
    assert np.isnan(found.moran[1]).all()


def test_nobody_and_one():
    nobody = np.empty(0, int)
    empty = correlogram(np.empty((2, 0), bool), nobody, nobody, nobody, lags=3)
    assert np.isnan(empty.moran).all()
    assert empty.pairs.tolist() == [0, 0, 0]
    one = np.zeros(1, int)
    assert np.isnan(correlogram(np.ones((1, 1), bool), one, one, one, lags=3).ranges()).all()
