import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eoexplore.analysis import splits
from tests.analysis.conftest import fields

SHARES = st.floats(0, 1)
PARTS = (0.5, 0.25, 0.25)
SEEDS = st.integers(0, 1000)


def whole_tile(**shares):
    y, x = np.mgrid[:91, :91]
    return splits.rings(x.ravel(), y.ravel(), **shares).reshape(91, 91)


def test_the_released_rule_in_whole_numbers():
    y, x = np.mgrid[:91, :91]
    # As published: the last 600 m of a tile have no patch, so the rings are not symmetric.
    test = (x >= 23) & (x <= 68) & (y >= 23) & (y <= 68)
    train = (x <= 12) | (x >= 78) | (y <= 12) | (y >= 78)
    expected = np.where(train, "train", np.where(test, "test", "validation"))
    assert (whole_tile() == expected).all()
    shares = [float((expected == name).mean()) for name in ("train", "validation", "test")]
    assert shares == pytest.approx([0.4898, 0.2547, 0.2555], abs=5e-5)


def test_every_row_of_the_release(metadata_table):
    _, x, y = fields(metadata_table)
    found = splits.rings(x, y)
    assert (found == metadata_table["split"].to_numpy()).sum() == 549_488


@pytest.mark.parametrize(
    ("shares", "names"),
    [
        ({"train": 1.0, "validation": 0.0}, {"train"}),
        ({"train": 0.0, "validation": 1.0}, {"validation"}),
        ({"train": 0.0, "validation": 0.0}, {"test"}),
        ({"train": 0.5, "validation": 0.0}, {"train", "test"}),
    ],
)
def test_parts_that_are_left_out(shares, names):
    assert set(np.unique(whole_tile(**shares))) == names


@given(SHARES, SHARES)
def test_shares_are_those_of_the_area(one, other):
    train, validation = one, (1 - one) * other
    found = whole_tile(train=train, validation=validation)
    # A ring's edge may go through a row of patches on each of its sides.
    for name, share in (("train", train), ("validation", validation)):
        assert abs((found == name).mean() - share) < 8 * 91 / 91**2


@pytest.mark.parametrize(("train", "validation"), [(-0.1, 0.5), (0.5, -0.1), (0.8, 0.3)])
def test_shares_that_are_none(train, validation):
    with pytest.raises(ValueError, match="shares"):
        whole_tile(train=train, validation=validation)


# -- dealt out -----------------------------------------------------------------------------------


@given(st.integers(0, 200), SHARES, SHARES, SEEDS)
def test_samples_are_dealt_out_by_their_shares(count, one, other, seed):
    shares = (one, (1 - one) * other, (1 - one) * (1 - other))
    found = splits.random(count, shares, seed)
    sizes = np.bincount(found, minlength=3)
    assert sizes == pytest.approx(np.array(shares) * count, abs=1)
    assert (found == splits.random(count, shares, seed)).all()


def test_another_seed_deals_out_otherwise():
    for deal in (
        lambda seed: splits.random(500, PARTS, seed),
        lambda seed: splits.blocks(np.arange(500) // 5, PARTS, seed),
        lambda seed: splits.regions(grid(20), 7, seed),
    ):
        assert (deal(1) == deal(1)).all()
        assert (deal(1) != deal(2)).any()


@settings(deadline=None)
@given(st.lists(st.integers(-1, 30), max_size=200), SEEDS)
def test_no_block_is_in_two_parts(codes, seed):
    codes = np.array(codes, np.int16)
    found = splits.blocks(codes, PARTS, seed)
    assert ((found < 0) == (codes < 0)).all()
    for code in set(codes[codes >= 0].tolist()):
        assert len(set(found[codes == code].tolist())) == 1
    assert (found == splits.blocks(codes, PARTS, seed)).all()
    # A part takes a block only while it lacks the most, so none gets more than a block too much.
    own = found[found >= 0]
    largest = np.bincount(codes[codes >= 0]).max(initial=0)
    assert (np.bincount(own, minlength=3) <= np.array(PARTS) * len(own) + largest).all()


def test_blocks_that_can_give_the_shares_exactly_do():
    sizes = np.array([40, 30, 25, 20, 10, 25, 30, 20])
    found = splits.blocks(np.repeat(np.arange(8), sizes), PARTS, 3)
    assert np.bincount(found).tolist() == [100, 50, 50]


def test_one_block_is_for_training_and_a_part_of_no_share_stays_empty():
    assert set(splits.blocks(np.zeros(9, int), PARTS, 1).tolist()) == {0}
    assert set(splits.blocks(np.arange(90), (0.7, 0.0, 0.3), 1).tolist()) == {0, 2}
    assert splits.blocks(np.array([], int), PARTS, 1).tolist() == []
    assert splits.blocks(np.full(4, -1), PARTS, 1).tolist() == [-1] * 4


@pytest.mark.parametrize("shares", [(0.5, 0.6, -0.1), (0.5, 0.5, 0.5), (0.2, 0.2, 0.2)])
def test_shares_that_are_not_one_together(shares):
    for deal in (splits.random, lambda n, *more: splits.blocks(np.arange(n), *more)):
        with pytest.raises(ValueError, match="1 together"):
            deal(10, shares, 1)


@given(st.integers(3, 7), st.lists(st.integers(-1, 6), max_size=40))
def test_folds_are_each_tested_and_validated_once(count, folds):
    folds = np.array([fold for fold in folds if fold < count], np.int8)
    of = [splits.of_fold(folds, fold, count) for fold in range(count)]
    for part, times in ((0, count - 2), (1, 1), (2, 1)):
        assert (sum(own == part for own in of) == np.where(folds < 0, 0, times)).all()
    for fold, own in enumerate(of):
        assert ((own == 2) == (folds == fold)).all()
        assert ((own == 1) == (folds == of_next(fold, count))).all()


def of_next(fold, count):
    return fold + 1 if fold + 1 < count else 0


def grid(side, step=1000.0):
    y, x = np.mgrid[:side, :side] * step
    return np.column_stack([x.ravel(), y.ravel()])


def test_cells_are_squares_counted_from_zero_of_the_projection():
    places = np.array([[0, 0], [999, 999], [1000, 999], [-1, 5], [-999, 1], [np.nan, 0]], float)
    first, second, east, west, same, nowhere = splits.cells(places, 1000).tolist()
    assert (first, west, nowhere) == (second, same, -1)
    assert len({first, east, west}) == 3
    assert sorted({*splits.cells(places, 1000).tolist()}) == [-1, 0, 1, 2]


@given(st.lists(st.tuples(*[st.integers(-50, 50)] * 3), min_size=1, max_size=60))
def test_places_of_one_cell_are_near_and_those_of_two_are_not_in_one(places):
    places = np.array(places, float)
    found = splits.cells(places, 7)
    same = found[:, None] == found[None]
    assert (same == (np.floor(places / 7)[:, None] == np.floor(places / 7)[None]).all(2)).all()


def test_regions_are_the_groups_that_one_sees():
    random = np.random.default_rng(5)
    middles = np.array([[0, 0], [90_000, 0], [0, 90_000]])
    places = np.repeat(middles, [50, 30, 20], axis=0) + random.normal(0, 900, (100, 2))
    places = np.vstack([places, [[np.nan, np.nan]], places[:1]])
    found = splits.regions(places, 3, 1)
    for group in (slice(50), slice(50, 80), slice(80, 100)):
        assert len(set(found[group].tolist())) == 1
    assert (found[100], found[101]) == (-1, found[0])
    assert len(set(found.tolist())) == 4


def test_regions_of_few_places():
    assert splits.regions(np.full((3, 2), np.nan), 5, 1).tolist() == [-1] * 3
    twice = np.array([[0, 0], [0, 0], [5000, 0]], float)
    found = splits.regions(twice, 5, 1).tolist()
    assert found[0] == found[1] != found[2]


def test_regions_of_more_places_than_are_looked_at(monkeypatch):
    monkeypatch.setattr(splits, "_PLACES", 50)
    found = splits.regions(grid(20), 7, 1)
    assert set(found.tolist()) == set(range(7))
