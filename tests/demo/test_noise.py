import numpy as np
import pytest

from eoexplore.demo import noise
from eoexplore.demo.noise import Window

WHOLE = Window(-30, 100, 90, 120)
PART = Window(10, 150, 30, 40)
INSIDE = (slice(40, 70), slice(50, 90))


@pytest.mark.parametrize(
    "make", [lambda w: noise.fractal(w, 25, 3, 4), lambda w: noise.smooth(w, 7, 9)]
)
def test_windows_that_overlap_hold_the_same_noise(make):
    np.testing.assert_allclose(make(WHOLE)[INSIDE], make(PART), atol=1e-5)


def test_voronoi_cells_do_not_depend_on_the_window():
    def keys(window):
        x, y = np.broadcast_arrays(window.x, window.y)
        cells = noise.voronoi(x, y, 12, 4)
        return cells.key[cells.index]

    np.testing.assert_array_equal(keys(WHOLE)[INSIDE], keys(PART))


def test_white_noise_follows_the_position():
    tile = noise.gaussian_tile(1)
    np.testing.assert_array_equal(noise.white(WHOLE, tile, 3)[INSIDE], noise.white(PART, tile, 3))
    assert not np.array_equal(noise.white(PART, tile, 3), noise.white(PART, tile, 4))


def test_noise_has_unit_variance():
    wide = Window(0, 0, 600, 600)
    assert noise.fractal(wide, 12, 1, 3).std() == pytest.approx(1, abs=0.1)


def test_hash_is_even():
    values = noise.hash01(7, np.arange(20_000))
    assert values.min() >= 0
    assert values.max() < 1
    assert values.mean() == pytest.approx(0.5, abs=0.01)


def test_step_rises_and_falls():
    rising = noise.step(0, 2, np.array([-1, 1, 3], np.float32))
    falling = noise.step(2, 0, np.array([-1, 1, 3], np.float32))
    np.testing.assert_allclose(rising, [0, 0.5, 1])
    np.testing.assert_allclose(falling, [1, 0.5, 0])
