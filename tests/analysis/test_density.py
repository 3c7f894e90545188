"""Counts per cell of a tile."""

import numpy as np
import pytest

from eoexplore.analysis import density
from eoexplore.core import mercator

RNG = np.random.default_rng(3)
LON, LAT = RNG.uniform(-9, 32, 5000), RNG.uniform(37, 68, 5000)
POINTS = density.Points.of(LON, LAT)


@pytest.mark.parametrize("z", [0, 3, 5])
def test_tiles_together_count_every_point_once(z):
    mask = RNG.random(5000) < 0.5
    side = 2**z
    total = sum(
        density.counts(POINTS, mask, z, x, y).sum() for x in range(side) for y in range(side)
    )
    assert total == mask.sum()


def test_a_cell_counts_what_lies_in_it():
    west, _, east, north = mercator.tile_bounds(6, 34, 21)
    x, y = mercator.to_metres(LON, LAT)
    step = (east - west) / density.CELLS
    found = density.counts(POINTS, np.ones(5000, bool), 6, 34, 21)
    for row, column in np.ndindex(found.shape):
        inside = (x >= west + column * step) & (x < west + (column + 1) * step)
        inside &= (y <= north - row * step) & (y > north - (row + 1) * step)
        assert found[row, column] == inside.sum()


def test_the_peak_is_the_largest_cell_of_all_tiles():
    everything = np.ones(5000, bool)
    largest = max(
        density.counts(POINTS, everything, 4, x, y).max() for x in range(16) for y in range(16)
    )
    assert density.peak(POINTS, 4) == largest
    assert density.peak(density.Points.of(np.array([]), np.array([])), 4) == 1


def test_levels_rise_with_the_logarithm():
    assert density.levels(np.array([0, 1, 10, 100, 500]), 100).tolist() == [0, 1, 128, 255, 255]
    assert density.levels(np.array([0, 1]), 1).tolist() == [0, 1]
    assert [density.number_at(level, 100) for level in (1, 128, 255)] == [1, 10, 100]
