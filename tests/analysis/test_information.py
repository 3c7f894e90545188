import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoexplore.analysis.information import mutual


def masks(*values):
    return np.array(values, np.uint64)


def test_equal_and_independent_patches():
    ones = masks(0, 1, 2, 3)
    equal = mutual(ones, ones, 2)
    assert equal.nats == pytest.approx([np.log(2)] * 2)
    assert equal.shares == pytest.approx([1, 1])
    assert equal.share == pytest.approx(1)
    # Bit 0 of the other says nothing about bit 0 of the one.
    found = mutual(masks(0, 0, 1, 1), masks(0, 1, 0, 1), 1)
    assert found.nats == pytest.approx([0])
    assert found.bias == 1 / 8


def test_a_table_by_hand():
    # Both 3, only the first 1, only the second 1, none 3.
    ones, others = masks(1, 1, 1, 1, 0, 0, 0, 0), masks(1, 1, 1, 0, 1, 0, 0, 0)
    found = mutual(ones, others, 1)
    expected = 2 * 3 / 8 * np.log((3 / 8) / (1 / 4)) + 2 / 8 * np.log((1 / 8) / (1 / 4))
    assert found.nats == pytest.approx([expected])
    assert found.share == pytest.approx(expected / np.log(2))


def test_a_class_that_all_or_none_have():
    found = mutual(masks(1, 1, 1), masks(1, 0, 1), 2)
    assert found.nats.tolist() == [0, 0]
    assert np.isnan(found.shares).all()
    assert np.isnan(found.share)
    nobody = mutual(masks(), masks(), 3)
    assert (nobody.pairs, nobody.nats.tolist()) == (0, [0, 0, 0])
    assert np.isnan(nobody.bias)


def test_chance_adds_its_bias():
    draw = np.random.default_rng(1)
    found = [
        float(mutual(*draw.integers(0, 2, (2, 200)).astype(np.uint64), 1).nats[0])
        for _ in range(400)
    ]
    assert np.mean(found) == pytest.approx(1 / 400, rel=0.2)


@given(st.lists(st.tuples(st.integers(0, 63), st.integers(0, 63)), min_size=1, max_size=30))
def test_between_nothing_and_the_entropy_and_the_same_both_ways(pairs):
    ones, others = (masks(*side) for side in zip(*pairs, strict=True))
    there, back = mutual(ones, others, 6), mutual(others, ones, 6)
    assert there.nats == pytest.approx(back.nats)
    assert (there.nats >= 0).all()
    assert (there.nats <= there.entropy + 1e-12).all()
