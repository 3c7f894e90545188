"""Components of label maps, on shapes whose answers are known by drawing them."""

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from eoexplore.analysis import components
from eoexplore.analysis.components import DECIDABLE, TOO_SMALL, TOO_THIN, UNKNOWN

UNIT, WIDTH = 2500, 100
"""25 ha in pixels of 10 m, and 100 m."""


def drawn(*boxes, side=120):
    """Return a map of 211 with boxes of other codes: (code, top, left, height, width)."""
    label_map = np.full((side, side), 211, np.uint16)
    for code, top, left, height, width in boxes:
        label_map[top : top + height, left : left + width] = code
    return label_map


def only(label_map, code):
    """Return pixels, width in metres, and whether it touches the border, of the one of a code."""
    found = components.of_map(label_map, 10)
    (number,) = np.flatnonzero(found.codes == code)
    return found.pixels[number], found.width_m[number], number in found.owners


def verdict(label_map, code):
    found = components.of_map(label_map, 10)
    cut = np.isin(np.arange(len(found.codes)), found.owners)
    ones = np.ones(len(cut), int)
    said = components.verdicts(found.pixels, found.width_m, cut, ones, UNIT, WIDTH)
    return said[found.codes == code].tolist()


@pytest.mark.parametrize("width", [1, 2, 3, 9, 10, 11])
def test_a_strip_is_as_wide_as_it_has_pixels(width):
    lying, standing = drawn((512, 20, 10, width, 90)), drawn((512, 10, 20, 90, width))
    assert only(lying, 512) == (90 * width, 10 * width, False)
    assert only(standing, 512) == (90 * width, 10 * width, False)


def test_a_strip_across_the_patch_is_cut_by_the_border():
    assert only(drawn((512, 20, 0, 9, 120)), 512) == (1080, 90, True)
    # The border is an edge: what lies behind it may make it wider.
    assert only(drawn((512, 0, 0, 9, 120)), 512) == (1080, 90, True)


def test_squares():
    assert only(drawn((311, 10, 10, 50, 50)), 311) == (2500, 500, False)
    assert only(drawn((311, 10, 10, 1, 1)), 311) == (1, 10, False)
    assert only(drawn((311, 0, 0, 120, 120)), 311) == (14400, 1200, True)


def test_an_l_is_a_little_wider_at_its_corner():
    # Arms of 10 pixels: at the corner a disc of radius 2 (2 - 2 ** 0.5) x 5 px would fit, whose
    # middle is not on the grid; it touches both outer sides and the inner corner.
    label_map = drawn((311, 10, 10, 60, 10), (311, 60, 10, 10, 60))
    pixels, width, touches = only(label_map, 311)
    best = 200 * (2 - 2**0.5)
    assert (pixels, touches) == (1100, False)
    assert 100 < width <= best
    assert best - width <= 10 / 2**0.5


def test_a_diagonal_of_corners_is_pixel_by_pixel():
    label_map = drawn(*((311, 10 + n, 10 + n, 1, 1) for n in range(20)))
    found = components.of_map(label_map, 10)
    own = found.codes == 311
    assert found.pixels[own].tolist() == [1] * 20
    assert found.width_m[own].tolist() == [10] * 20


def test_a_diagonal_band_is_as_wide_as_across():
    rows, columns = np.indices((120, 120))
    band = np.abs(rows - columns) <= 10
    pixels, width, _ = only(np.where(band, 311, 211), 311)
    assert pixels == band.sum()
    # The nearest corners of its steps lie 10 rows off the middle line on each side.
    assert width == pytest.approx(2 * 10.5 / 2**0.5 * 10, abs=10)


def test_a_ring_is_as_wide_as_its_wall_and_its_hole_is_another():
    label_map = drawn((311, 10, 10, 80, 80), (211, 22, 22, 56, 56))
    pixels, width, touches = only(label_map, 311)
    assert (pixels, touches) == (80 * 80 - 56 * 56, False)
    # 12 pixels; at a corner a little more.
    assert 120 <= width <= 2 * 120 * (2 - 2**0.5)
    found = components.of_map(label_map, 10)
    assert sorted(found.pixels[found.codes == 211].tolist()) == [56 * 56, 14400 - 80 * 80]


def test_equal_codes_that_do_not_touch_are_two():
    found = components.of_map(drawn((311, 5, 5, 10, 10), (311, 40, 5, 20, 20)), 10)
    assert sorted(found.pixels[found.codes == 311].tolist()) == [100, 400]


def test_verdicts_at_the_limits():
    assert verdict(drawn((311, 10, 10, 50, 50)), 311) == [DECIDABLE]
    # One pixel less than 25 ha.
    assert verdict(drawn((311, 10, 10, 50, 50), (211, 10, 10, 1, 1)), 311) == [TOO_SMALL]
    # A snake of 3 rows of 8 pixels: more than 25 ha, and thinner than 100 m at its bends too.
    rows = [(311, 10 + 20 * n, 10, 8, 100) for n in range(3)]
    snake = drawn(*rows, (311, 18, 102, 12, 8), (311, 38, 10, 12, 8))
    assert only(snake, 311)[0] > UNIT
    assert verdict(snake, 311) == [TOO_THIN]
    assert verdict(drawn((311, 10, 10, 10, 100)), 311) == [TOO_SMALL]


def test_what_the_border_cuts_is_decidable_only_by_what_is_seen():
    assert verdict(drawn((311, 0, 10, 50, 50)), 311) == [DECIDABLE]
    assert verdict(drawn((311, 0, 10, 49, 50)), 311) == [UNKNOWN]
    assert verdict(drawn((311, 0, 10, 9, 110)), 311) == [UNKNOWN]
    assert verdict(drawn(), 211) == [DECIDABLE]


def cut(label_map, side):
    """Cut a large map into patches; return their components and the parts that they make up."""
    height, width = (length // side for length in label_map.shape)
    y, x = (axis.ravel() for axis in np.indices((height, width)))
    pieces = [
        components.of_map(label_map[b * side :, a * side :][:side, :side], 10)
        for a, b in zip(x, y, strict=True)
    ]
    return pieces, x, y


def joined(pieces, x, y, side, gone=()):
    """Join components of patches; those that are gone have no map."""
    kept = [number for number in range(len(pieces)) if number not in gone]
    counts = [len(pieces[number].codes) for number in kept]
    offsets = np.cumsum([0, *counts])
    runs = [len(pieces[number].starts) for number in kept]
    ring = components.rings(
        np.repeat(kept, runs),
        np.concatenate([pieces[number].starts for number in kept]),
        np.concatenate([pieces[n].owners + o for n, o in zip(kept, offsets, strict=False)]),
        len(pieces),
        side,
    )
    codes = np.concatenate([pieces[number].codes for number in kept])
    wholes, open_ = components.join(codes, ring, x, y)
    pixels = np.bincount(wholes, np.concatenate([pieces[n].pixels for n in kept])).astype(int)
    return codes, wholes, pixels, open_


def test_a_spot_across_four_patches_is_one():
    pieces, x, y = cut(drawn((311, 4, 4, 9, 7), side=16), 8)
    codes, wholes, pixels, open_ = joined(pieces, x, y, 8)
    own = np.unique(wholes[codes == 311])
    assert len(own) == 1
    assert (pixels[own[0]], open_[own[0]]) == (63, False)
    # Of its four patches one is not there: it is cut, and so is what lay around it.
    codes, wholes, pixels, open_ = joined(pieces, x, y, 8, gone=(3,))
    own = np.unique(wholes[codes == 311])
    assert len(own) == 1
    assert (pixels[own[0]], open_[own[0]]) == (63 - 5 * 3, True)


def test_patches_without_a_place_are_joined_with_none():
    pieces, x, y = cut(drawn((311, 4, 4, 9, 7), side=16), 8)
    _, wholes, _, open_ = joined(pieces, np.full_like(x, -1), y, 8)
    assert len(np.unique(wholes)) == len(wholes)
    assert open_.all()


def test_where_no_patch_has_a_place_nothing_is_joined():
    none = np.zeros(0, int)
    ring = components.rings(none, none, none, 2, 8)
    assert (ring == -1).all()
    wholes, open_ = components.join(np.array([211, 211, 311]), ring, *np.full((2, 2), -1))
    assert sorted(wholes.tolist()) == [0, 1, 2]
    assert not open_.any()


def test_corners_of_two_patches_do_not_touch():
    pieces, x, y = cut(drawn((311, 0, 0, 8, 8), (311, 8, 8, 8, 8), side=16), 8)
    codes, wholes, _, _ = joined(pieces, x, y, 8)
    assert len(np.unique(wholes[codes == 311])) == 2


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 3), st.sampled_from([3, 4, 6]))
def test_joined_components_are_those_of_the_map_before_it_was_cut(seed, kinds, side):
    label_map = np.random.default_rng(seed).integers(0, kinds, (3 * side, 2 * side))
    codes, wholes, pixels, open_ = joined(*cut(label_map, side), side)
    expected = []
    for code in range(kinds):
        labels, count = ndimage.label(label_map == code)
        for number in range(1, count + 1):
            own = labels == number
            rim = own[[0, -1]].any() or own[:, [0, -1]].any()
            expected.append((code, int(own.sum()), bool(rim)))
    code_of = np.zeros(len(pixels), int)
    code_of[wholes] = codes
    found = zip(code_of.tolist(), pixels.tolist(), open_.tolist(), strict=True)
    assert sorted(found) == sorted(expected)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 9))
def test_the_runs_give_the_border_back(seed, height, width):
    label_map = np.random.default_rng(seed).integers(0, 2, (height, width))
    found = components.of_map(label_map, 10)
    assert found.pixels.sum() == label_map.size
    assert (found.width_m >= 10).all()
    ring = np.concatenate([label_map[0], label_map[:, -1], label_map[-1], label_map[:, 0]])
    lengths = np.diff([*found.starts, len(ring)])
    np.testing.assert_array_equal(np.repeat(found.codes[found.owners], lengths), ring)


def test_what_lies_in_several_patches_is_never_called_thin():
    said = components.verdicts(
        np.array([3000, 3000, 3000, 100]),
        np.array([90.0, 90.0, 100.0, 90.0]),
        np.zeros(4, bool),
        np.array([1, 2, 2, 2]),
        UNIT,
        WIDTH,
    )
    assert said.tolist() == [TOO_THIN, UNKNOWN, DECIDABLE, TOO_SMALL]


def test_a_real_map(real_data):
    (path,) = (real_data / "reben_mini").rglob("*33UUP_26_57_reference_map.tif")
    with rasterio.open(path) as file:
        found = components.of_map(file.read(1), 10)
    pixels = dict.fromkeys(found.codes.tolist(), 0)
    for code, own in zip(found.codes.tolist(), found.pixels.tolist(), strict=True):
        pixels[code] += own
    assert pixels == {211: 7075, 231: 1154, 311: 4131, 313: 2040}
    # Five spots, as one sees them: pastures lie at two places of the left side.
    assert sorted(found.codes.tolist()) == [211, 231, 231, 311, 313]
    assert set(found.owners.tolist()) == set(range(5))
