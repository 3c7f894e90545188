"""Sets of rows as bits: the same as masks, at every length."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from eoexplore.core.bits import Bits, Column, Range, between

sizes = st.integers(0, 200)
two_masks = sizes.flatmap(
    lambda n: st.tuples(arrays.arrays(bool, n), arrays.arrays(bool, n))  # of one table
)


@given(two_masks)
def test_they_are_combined_and_counted_like_masks(masks):
    one, other = masks
    a, b = Bits.of(one), Bits.of(other)
    for found, wanted in (
        (a, one), (a & b, one & other), (a | b, one | other), (~a, ~one),
        (~a & ~b, ~one & ~other), (Bits.every(len(one)), one | True),
        (Bits.none(len(one)), one & False),
    ):  # fmt: skip
        assert found.mask().tolist() == wanted.astype(bool).tolist()
        assert found.mask().dtype == bool
        assert found.count() == np.count_nonzero(wanted)
        assert found.rows().tolist() == np.flatnonzero(wanted).tolist()
    assert a.common(b) == np.count_nonzero(one & other)
    rows = np.arange(len(one))[::-1]
    assert a.has(rows).tolist() == one[::-1].tolist()
    assert Bits.of_rows(np.flatnonzero(one), len(one)).rows().tolist() == a.rows().tolist()


@pytest.mark.parametrize("rows", [[], [0], [63, 64, 65], [999], [5, 900]])
def test_few_rows_among_many_are_found(rows):
    bits = Bits.of_rows(rows, 1000)
    assert bits.rows().tolist() == rows
    assert bits.nbytes == 16 * 8


@given(
    values=arrays.arrays(float, sizes, elements=st.sampled_from([*range(8), np.nan, -np.inf])),
    in_order=st.booleans(),
    low=st.integers(-1, 8),
    wide=st.integers(-1, 5),
    every=st.integers(1, 90),
)
def test_ranges_are_those_of_comparisons(values, in_order, low, wide, every):
    if in_order:  # so that whole words lie inside or outside
        values = np.sort(values)
    asked = Bits.of(np.arange(len(values)) % every < every / 2)
    ranges = [Range(Column(values), low, low + wide), Range(Column(-values), -low - 3, 2)]
    found = between(ranges, asked).mask()
    wanted = (values >= low) & (values <= low + wide) & (-values >= -low - 3) & (-values <= 2)
    assert found.tolist() == (wanted & asked.mask()).tolist()


def test_a_column_gives_its_numbers_back():
    assert Column(np.arange(70)).values.tolist() == list(range(70))
    assert Column(np.arange(0)).values.tolist() == []
