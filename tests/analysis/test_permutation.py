import numpy as np
import pytest

from eoexplore.analysis.permutation import shuffled, shuffled_together

PARTS = np.repeat(np.array([0, 1, 2], np.int8), [500, 250, 250])


@pytest.mark.parametrize("draw", [shuffled, lambda p, seed: shuffled_together(p, BLOCKS, seed)])
def test_the_same_seed_draws_the_same(draw):
    assert (draw(PARTS, 3) == draw(PARTS, 3)).all()
    assert (draw(PARTS, 3) != draw(PARTS, 4)).any()


BLOCKS = np.random.default_rng(0).integers(0, 400, len(PARTS))


def test_sizes_stay():
    assert np.bincount(shuffled(PARTS, 1)).tolist() == [500, 250, 250]
    sizes = np.bincount(shuffled_together(PARTS, BLOCKS, 1))
    assert np.abs(sizes - [500, 250, 250]).max() <= np.bincount(BLOCKS).max()


def test_blocks_stay_together():
    found = shuffled_together(PARTS, BLOCKS, 7)
    for block in np.unique(BLOCKS):
        assert len({*found[block == BLOCKS].tolist()}) == 1


def test_every_sample_is_as_likely_in_each_part():
    ends = np.zeros(len(PARTS))
    for seed in range(400):
        ends += shuffled_together(PARTS, BLOCKS, seed) == 2
    assert ends.mean() / 400 == pytest.approx(0.25, abs=5e-3)
    assert ends.std() / 400 < 0.04


def test_nobody():
    nobody = np.empty(0, np.int8)
    assert len(shuffled(nobody, 0)) == len(shuffled_together(nobody, nobody, 0)) == 0
