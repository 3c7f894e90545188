import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st

from eoexplore.analysis.windows import Windows, blend, fitted, starts, weights


def run(image, windows, network):
    """Return what a network says of each window, put together, shape (class, row, column)."""
    padded = fitted(image, windows.size)
    side = windows.size
    said = (
        (top, left, network(padded[:, top : top + side, left : left + side]))
        for top, left in windows.places()
    )
    rows = list(blend(windows, said))
    assert [top for top, _ in rows] == list(windows.tops)
    return np.concatenate([block for _, block in rows], axis=1)


def same(window):
    return window.astype(np.float32)


def blurred(window, reach=9):
    """Mean of a neighbourhood with zeros past the border, as convolutions of networks have it."""
    found = np.pad(window.astype(np.float64), ((0, 0), (reach, reach), (reach, reach)))
    kernel = np.ones(2 * reach + 1) / (2 * reach + 1)
    for axis in (1, 2):
        found = np.apply_along_axis(np.convolve, axis, found, kernel, mode="valid")
    return found.astype(np.float32)


def largest_jumps(values, windows):
    """Return the largest step across the sides of windows, and the largest one elsewhere."""
    at_sides, inside = [], []
    for axis, places in ((1, windows.tops), (2, windows.lefts)):
        steps = np.abs(np.diff(values.astype(np.float64), axis=axis)).max(
            axis=tuple({0, 1, 2} - {axis})
        )
        ends = [place + windows.size for place in places]
        sides = {place - 1 for place in (*places, *ends) if 0 < place < values.shape[axis]}
        at_sides += [steps[place] for place in sides]
        inside += [step for place, step in enumerate(steps) if place not in sides]
    return max(at_sides), max(inside)


@given(st.integers(1, 400), st.integers(1, 64), st.integers(0, 63))
def test_windows_cover_every_pixel_and_share_at_least_what_was_asked(length, size, overlap):
    overlap %= size
    found = starts(length, size, overlap)
    assert found[0] == 0
    assert found[-1] == max(0, length - size)
    steps = np.diff(found)
    assert ((steps >= 1) & (steps <= size - overlap)).all()


def test_windows_that_share_all_are_refused():
    with pytest.raises(ValueError, match="cannot share 8"):
        starts(20, 8, 8)


def test_weights_of_neighbours_add_up_and_borders_count_in_full():
    one, other = weights(8, 4, True, False), weights(8, 4, False, True)
    assert one[:4].tolist() == [1, 1, 1, 1]
    assert np.allclose(one[4:] + other[:4], 1, atol=1e-6)
    assert other[4:].tolist() == [1, 1, 1, 1]
    assert weights(8, 4, False, False).min() > 0
    assert weights(4, 0, False, False).tolist() == [1, 1, 1, 1]


@given(
    st.integers(1, 70),
    st.integers(1, 70),
    st.integers(4, 20),
    st.integers(0, 10),
    st.integers(1, 3),
)
def test_a_picture_comes_out_as_it_went_in(height, width, size, overlap, bands):
    image = np.random.default_rng(height).uniform(0, 1, (bands, height, width)).astype(np.float32)
    windows = Windows(height, width, size, overlap % size)
    assert len(windows) == len(list(windows.places()))
    found = run(image, windows, same)
    assert found.shape == image.shape
    assert np.allclose(found, image, atol=1e-6)


def test_a_constant_stays_a_constant_at_every_pixel():
    windows = Windows(37, 53, 16, 8)
    found = run(np.full((1, 37, 53), 0.3, np.float32), windows, same)
    assert np.abs(found - np.float32(0.3)).max() <= 1e-7


def test_a_ramp_stays_a_ramp():
    windows = Windows(64, 90, 24, 12)
    image = np.broadcast_to(np.arange(90, dtype=np.float32), (1, 64, 90))
    found = run(image, windows, same)
    assert np.allclose(np.diff(found, axis=2), 1, atol=1e-4)
    assert np.allclose(np.diff(found, axis=1), 0, atol=1e-4)


def test_a_network_with_weak_borders_leaves_no_seam_and_tiles_side_by_side_do():
    image = np.broadcast_to(np.linspace(0, 1, 200, dtype=np.float32), (1, 150, 200))
    smooth, hard = Windows(150, 200, 64, 32), Windows(150, 200, 64, 0)
    at_sides, inside = largest_jumps(run(image, smooth, blurred), smooth)
    assert at_sides <= inside
    at_sides, inside = largest_jumps(run(image, hard, blurred), hard)
    assert at_sides > inside


@pytest.mark.real_data
def test_a_mosaic_of_real_patches_has_no_visible_seam(real_data):
    bands = sorted((real_data / "reben_mini").rglob("*_B08.tif"))[:6]
    patches = []
    for path in bands:
        with rasterio.open(path) as file:
            patches.append(file.read(1).astype(np.float32))
    image = np.concatenate([np.hstack(patches[:3]), np.hstack(patches[3:])])[None] / 10_000
    # Windows that do not begin where patches do: a change of the ground is not a seam.
    windows = Windows(240, 360, 112, 56)
    assert not {120, 240} & {*windows.tops, *windows.lefts}
    at_sides, inside = largest_jumps(run(image, windows, blurred), windows)
    assert at_sides <= inside


def test_small_rasters_are_filled_up_by_reflection():
    assert fitted(np.array([[[1, 2, 3]]]), 4)[0].tolist() == [[1, 2, 3, 2]] * 4
    image = np.ones((2, 9, 9))
    assert fitted(image, 8) is image
    assert np.isnan(fitted(np.full((1, 2, 2), np.nan), 5)).all()


def test_windows_out_of_order_are_refused():
    windows = Windows(8, 12, 8, 4)
    values = np.zeros((1, 8, 8), np.float32)
    with pytest.raises(ValueError, match="out of order"):
        list(blend(windows, [(0, 4, values), (0, 0, values)]))
