import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eoexplore.analysis.cooccurrence import clustered, together

MASKS = arrays(np.uint64, st.integers(1, 200), elements=st.integers(0, 2**6 - 1))


def test_four_samples_by_hand():
    # Classes 0 and 1 are together in two samples of four, class 2 in none with another.
    found = together(np.array([0b011, 0b011, 0b001, 0b100], np.uint64), 4)
    assert found.counts.tolist() == [[3, 2, 0, 0], [2, 2, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    assert found.alone.tolist() == [3, 2, 1, 0]
    assert found.conditional[0, 1] == pytest.approx(2 / 3)
    assert found.conditional[1, 0] == 1
    assert found.lift[0, 1] == pytest.approx((2 / 4) / (3 / 4 * 2 / 4))
    assert found.lift[0, 2] == 0
    # (n11 n00 - n10 n01) / sqrt of the product of the margins: (2×1 - 1×0) / sqrt(3×1×2×2).
    assert found.phi[0, 1] == pytest.approx(2 / np.sqrt(12))
    assert np.isnan([found.conditional[3, 0], found.lift[3, 0], found.phi[3, 0]]).all()


def test_a_class_that_every_sample_has():
    found = together(np.array([0b11, 0b01], np.uint64), 2)
    assert found.lift[0, 1] == 1
    assert np.isnan(found.phi[0, 1])


def test_no_samples():
    found = together(np.array([], np.uint64), 3)
    assert found.counts.tolist() == [[0] * 3] * 3
    assert np.isnan(found.lift).all()


def test_independent_labels():
    draw = np.random.default_rng(1)
    bits = draw.random((200_000, 2)) < [0.3, 0.6]
    found = together(bits @ np.array([1, 2], np.uint64), 2)
    assert found.lift[0, 1] == pytest.approx(1, abs=0.01)
    assert found.phi[0, 1] == pytest.approx(0, abs=0.01)


@given(MASKS)
def test_as_counted_one_by_one(masks):
    found = together(masks, 6)
    has = (masks[:, None] >> np.arange(6, dtype=np.uint64) & np.uint64(1)).astype(bool)
    for a in range(6):
        for b in range(6):
            assert found.counts[a, b] == (has[:, a] & has[:, b]).sum()
    varies = has.any(0) & ~has.all(0)
    if varies.sum() > 1:
        expected = np.corrcoef(has[:, varies].T.astype(float))
        assert found.phi[np.ix_(varies, varies)] == pytest.approx(expected, abs=1e-9)


def test_classes_that_occur_together_become_neighbours():
    # 0 with 3 and 1 with 2, in a table that lists them apart.
    found = together(np.array([0b1001] * 5 + [0b0110] * 4 + [0b0100], np.uint64), 4)
    assert clustered(found.phi).tolist() in ([0, 3, 1, 2], [0, 3, 2, 1], [3, 0, 1, 2], [3, 0, 2, 1])
    assert clustered(found.phi[:2, :2]).tolist() == [0, 1]


@given(MASKS)
def test_an_order_has_every_class_once_and_is_always_the_same(masks):
    phi = together(masks, 6).phi
    order = clustered(phi)
    assert sorted(order) == list(range(6))
    assert order.tolist() == clustered(phi.copy()).tolist()
    assert order[0] < order[-1]
