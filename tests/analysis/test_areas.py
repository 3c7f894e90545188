import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eoexplore.analysis.areas import count_codes


def test_pixels_are_counted_per_code():
    label_map = np.array([[111, 111, 523], [999, 111, 7]], np.uint16)
    assert count_codes(label_map, (523, 111, 231, 999)).tolist() == [1, 3, 0, 1]


def test_codes_that_were_not_asked_for_are_counted_nowhere():
    assert count_codes(np.zeros((4, 4), np.uint16), (111, 231)).tolist() == [0, 0]


def test_no_pixels_and_no_codes():
    assert count_codes(np.zeros((0, 0), np.uint16), (111,)).tolist() == [0]
    assert count_codes(np.ones((2, 2), np.uint16), ()).tolist() == []


@given(st.lists(st.integers(0, 9), max_size=60))
def test_all_pixels_are_counted_once(values):
    counts = count_codes(np.array(values, np.uint16), tuple(range(10)))
    assert counts.dtype == np.int32
    assert counts.tolist() == [values.count(code) for code in range(10)]
