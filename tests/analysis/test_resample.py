"""Resampling of squares, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoexplore.analysis import resample


def test_nearest_repeats_and_picks():
    small = np.array([[1, 2], [3, 4]], np.uint16)
    large = resample.nearest(small, 4)
    assert large.tolist() == [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]
    assert large.dtype == np.uint16
    assert resample.nearest(large, 2).tolist() == small.tolist()
    # Of three pixels on two, the middles of the new ones lie in the first and the last.
    assert resample.nearest(np.array([[1, 2, 3]] * 3), 2).tolist() == [[1, 3], [1, 3]]


def test_bilinear_between_middles_and_flat_beyond():
    row = np.array([[0.0, 4.0]] * 2, np.float32)
    assert resample.bilinear(row, 4)[0].tolist() == [0, 1, 3, 4]
    assert resample.bilinear(row.T, 4)[:, 0].tolist() == [0, 1, 3, 4]


def test_what_is_missing_stays_missing_and_spreads_no_further():
    values = np.array([[np.nan, 1.0], [2.0, 3.0]], np.float32)
    assert np.isnan(resample.bilinear(values, 4)).tolist() == [
        [True, True, True, False],
        [True, True, True, False],
        [True, True, True, False],
        [False, False, False, False],
    ]
    assert np.isnan(resample.nearest(values, 4)).sum() == 4


@given(st.integers(1, 9), st.integers(1, 12), st.floats(-1e3, 1e3, width=32))
def test_a_constant_stays_and_the_same_size_is_the_same(count, side, value):
    flat = np.full((count, count), value, np.float32)
    assert resample.bilinear(flat, side) == pytest.approx(np.full((side, side), value), abs=1e-3)
    ramp = np.arange(count * count, dtype=np.float32).reshape(count, count)
    assert np.array_equal(resample.nearest(ramp, count), ramp)
    assert np.array_equal(resample.bilinear(ramp, count), ramp)
