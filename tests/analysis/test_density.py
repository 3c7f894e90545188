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


@pytest.mark.parametrize("z", [0, 4, 11, 12, 17])
def test_points_of_a_cell_follow_each_other_at_every_zoom(z):
    lon, lat = RNG.uniform(12.0, 12.2, 900), RNG.uniform(48.0, 48.1, 900)
    points, mask = density.Points.of(lon, lat), RNG.random(900) < 0.7
    first = int(np.argmax(mask))
    x, y = (int(values[first] * 2**z) for values in (points.x, points.y))
    rows, cell = density.cells(points, mask, z, x, y)
    column, row = points.x * 2**z - x, points.y * 2**z - y
    inside = mask & (column >= 0) & (column < 1) & (row >= 0) & (row < 1)
    assert sorted(rows) == np.flatnonzero(inside).tolist()
    assert len(rows)
    expected = (row[rows] * density.CELLS).astype(int) * density.CELLS
    assert (cell == expected + (column[rows] * density.CELLS).astype(int)).all()
    assert np.count_nonzero(np.diff(cell)) == len(np.unique(cell)) - 1
    counted = density.counts(points, mask, z, x, y).ravel()
    assert (counted == np.bincount(cell, minlength=density.CELLS**2)).all()
    weights = [np.ones(len(rows), bool), rows % 3]
    best = density.dominant(cell, weights).ravel()
    sums = np.stack([np.bincount(cell, weight, density.CELLS**2) for weight in weights])
    assert (best == np.where(sums.any(axis=0), sums.argmax(axis=0), -1)).all()
