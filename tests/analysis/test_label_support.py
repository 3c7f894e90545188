"""What stands behind scene labels, counted by hand on six patches."""

import numpy as np
import pytest

from eoexplore.analysis.label_support import of_patches

# Classes 0, 1 and 2; maps of 100 pixels; the last patch has none.
MASKS = np.array([0b011, 0b001, 0b010, 0b001, 0b100, 0b111], np.uint64)
PIXELS = {
    0: np.array([99, 5, 0, 0, 0, 0]),
    1: np.array([1, 95, 100, 0, 0, 0]),
    2: np.array([0, 0, 0, 10, 10, 0]),
}
TOTAL = np.array([100, 100, 100, 100, 100, 0])


@pytest.fixture
def labels():
    return of_patches(MASKS, PIXELS, TOTAL, 3)


def test_shares(labels):
    assert labels.classes.tolist() == [0, 0, 0, 1, 1, 2]
    assert labels.patches.tolist() == [0, 1, 3, 0, 2, 4]
    assert labels.shares.tolist() == [0.99, 0.05, 0, 0.01, 1, 0.1]


def test_counts_between_limits(labels):
    counts = labels.counts((0.01, 0.05, 0.1))
    assert counts.tolist() == [[1, 0, 1, 1], [0, 1, 0, 1], [0, 0, 0, 1]]


def test_medians(labels):
    assert labels.medians().tolist() == pytest.approx([0.05, 0.505, 0.1])


def test_pixels_without_a_label(labels):
    # Class 1 covers the second patch, class 2 a tenth of the fourth; neither is said there.
    assert labels.unsaid.tolist() == [0, 1, 1]


def test_patches_left_without_a_label(labels):
    # Patch 3 has a label that covers nothing: any threshold takes it away.
    assert labels.bare(0) == 0
    assert labels.bare(0.01) == 1
    assert labels.bare(0.06) == 2
    assert labels.bare(0.2) == 3


def test_a_class_that_is_on_no_map_is_left_out():
    found = of_patches(MASKS, {0: PIXELS[0]}, TOTAL, 3)
    assert found.classes.tolist() == [0, 0, 0]
    assert found.unsaid.tolist() == [0, 0, 0]
    assert np.isnan(found.medians()[1:]).all()


def test_no_patches_have_no_labels():
    nothing = np.zeros(0, np.int64)
    found = of_patches(nothing.astype(np.uint64), {0: nothing}, nothing, 1)
    assert found.counts((0.1,)).tolist() == [[0, 0]]
    assert found.bare(0.5) == 0
    assert np.isnan(found.medians()).all()
