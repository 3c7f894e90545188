import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoexplore.analysis.autocorrelation import (
    QUEEN,
    ROOK,
    Joins,
    by_chance,
    crossing,
    joins,
    moran,
    moran_of,
    neighbours,
)


def grid(side):
    y, x = (axis.ravel() for axis in np.mgrid[:side, :side])
    return x, y, np.zeros(len(x), int)


def test_a_checkerboard_and_a_gradient():
    x, y, tile = grid(30)
    rook = neighbours(x, y, tile)
    assert len(rook[0]) == 2 * 30 * 29
    assert moran((x + y) % 2, rook) == pytest.approx(-1)
    assert moran(x, rook) > 0.95
    # Diagonal neighbours of a checkerboard are equal: 1,740 pairs differ, 1,682 do not.
    queen = neighbours(x, y, tile, QUEEN)
    assert moran((x + y) % 2, queen) == pytest.approx((1_682 - 1_740) / (1_682 + 1_740))


def test_three_places_in_a_row_by_hand():
    pairs = neighbours(np.array([0, 1, 2]), np.zeros(3, int), np.zeros(3, int))
    # Values 1, 2, 6: deviations -2, -1, 3; n / pairs × (2 - 3) / 14.
    assert moran(np.array([1, 2, 6]), pairs) == pytest.approx(3 / 2 * -1 / 14)


def test_joins_of_a_known_grid():
    # #  #  .
    # #  .  .
    # .  .  #
    has = np.array([1, 1, 0, 1, 0, 0, 0, 0, 1], bool)
    assert joins(has, neighbours(*grid(3))) == Joins(both=2, one=6, neither=4)


@given(st.lists(st.booleans(), min_size=30, max_size=30))
def test_moran_follows_from_joins(values):
    has = np.array(values)
    y, x = (axis.ravel() for axis in np.mgrid[:5, :6])
    pairs = neighbours(x, y, np.zeros(30, int), QUEEN)
    found = moran_of(joins(has, pairs), 30, int(has.sum()))
    assert found == pytest.approx(moran(has, pairs), nan_ok=True)


def test_joins_by_chance():
    pairs = neighbours(*grid(3))
    draw = np.random.default_rng(7)
    has = np.arange(9) < 4
    drawn = [joins(draw.permutation(has), pairs) for _ in range(3_000)]
    # 12 pairs: 4 × 3 / 72 of them both, 2 × 4 × 5 / 72 one, 5 × 4 / 72 neither.
    assert by_chance(9, 4, 12) == pytest.approx((2, 20 / 3, 10 / 3))
    assert np.mean([found.both for found in drawn]) == pytest.approx(2, abs=0.1)
    assert np.mean([found.one for found in drawn]) == pytest.approx(20 / 3, abs=0.1)
    assert by_chance(1, 1, 0) == (0, 0, 0)


def test_pairs_across_two_parts():
    # Three places in a row: 2 samples of the one part at the first, 1 of it and 3 of the other at
    # the second, 1 of the other at the third.
    pairs = neighbours(np.array([0, 1, 2]), np.zeros(3, int), np.zeros(3, int))
    assert crossing(np.array([2, 1, 0]), np.array([0, 3, 1]), pairs) == 2 * 3 + 1 * 1
    assert crossing(np.zeros(3, int), np.array([0, 3, 1]), pairs) == 0


def test_chance_has_no_pattern():
    x, y, tile = grid(60)
    pairs = neighbours(x, y, tile)
    draw = np.random.default_rng(4)
    found = [moran(draw.random(3600) < 0.3, pairs) for _ in range(200)]
    assert np.mean(found) == pytest.approx(-1 / 3599, abs=4 / 60 / np.sqrt(200) / np.sqrt(2))


def test_tiles_do_not_touch():
    x, y = np.array([90, 0, 90, 0]), np.array([4, 4, 5, 5])
    one, other = neighbours(x, y, np.array([0, 1, 0, 1]))
    assert set(zip(one.tolist(), other.tolist(), strict=True)) == {(0, 2), (1, 3)}


@given(st.lists(st.tuples(*(st.integers(-3, 4) for _ in range(3))), unique=True, max_size=40))
def test_as_all_pairs_say(places):
    x, y, tile = np.array(places, int).reshape(-1, 3).T
    for steps, wanted in (
        (ROOK, lambda dx, dy: dx + dy == 1),
        (QUEEN, lambda dx, dy: dx | dy == 1),
    ):
        found = neighbours(x, y, tile, steps)
        pairs = {frozenset(pair) for pair in zip(*(side.tolist() for side in found), strict=True)}
        expected = {
            frozenset((a, b))
            for a in range(len(x))
            for b in range(a)
            if tile[a] == tile[b] and wanted(abs(int(x[a] - x[b])), abs(int(y[a] - y[b])))
        }
        assert pairs == expected
        assert len(found[0]) == len(expected)


def test_what_has_no_answer():
    x, y, tile = grid(3)
    assert np.isnan(moran(np.ones(9), neighbours(x, y, tile)))
    nobody = np.array([], int)
    alone = neighbours(nobody, nobody, nobody)
    assert np.isnan(moran(nobody, alone))
    assert joins(nobody.astype(bool), alone) == Joins(0, 0, 0)
    far = neighbours(np.array([0, 5]), np.array([0, 5]), np.zeros(2, int))
    assert np.isnan(moran(np.array([1, 2]), far))
    with pytest.raises(ValueError, match="twice"):
        neighbours(np.array([1, 1]), np.array([2, 2]), np.zeros(2, int))
