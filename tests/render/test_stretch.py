"""Values to levels: range, gamma, inverse."""

import numpy as np
import pytest

from eoexplore.render.stretch import linear


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.int16])
def test_inverse_exchanges_the_ends(dtype):
    values = np.array([0, 500, 2000, 9000]).astype(dtype)
    straight = linear(values, 0, 2000)
    assert linear(values, 0, 2000, inverse=True).tolist() == (255 - straight).tolist()
    assert straight.tolist() == [0, 64, 255, 255]


@pytest.mark.parametrize("gamma", [0.1, 0.5, 0.8, 1.25, 2.0, 10.0])
def test_gamma_bends_the_middle_and_keeps_the_ends(gamma):
    values = np.arange(0, 2001, dtype=np.uint16)
    expected = np.floor((values / 2000) ** (1 / gamma) * 255 + 0.5)
    # Ties may fall either way.
    assert (linear(values, 0, 2000, gamma) == expected).mean() > 0.999
    floating = linear(values.astype(np.float32), 0, 2000, gamma).astype(int)
    assert np.abs(floating - expected).max() <= 1
    assert (floating == expected).mean() > 0.97
    assert (floating[0], floating[-1]) == (0, 255)
    assert (floating[1000] > 128) == (gamma > 1)


def test_not_a_number_is_level_zero_and_no_warning():
    values = np.array([np.nan, -np.inf, np.inf, 0.25], np.float32)
    assert linear(values, 0, 1).tolist() == [0, 0, 255, 64]
    assert linear(values, 0, 1, gamma=2).tolist() == [0, 0, 255, 128]


def test_a_range_below_zero():
    values = np.array([-25, -12.5, 0], np.float32)
    assert linear(values, -25, 0, gamma=2).tolist() == [0, 180, 255]
    assert linear(values, -25, 0, inverse=True).tolist() == [255, 127, 0]
