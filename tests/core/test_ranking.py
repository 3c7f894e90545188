import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eoexplore.core import ranking

SCORES = st.one_of(
    arrays(np.float64, st.integers(0, 30), elements=st.floats(0, 1)),
    arrays(np.float32, st.integers(0, 30), elements=st.floats(0, 1, width=32)),
    arrays(np.float64, st.integers(0, 30), elements=st.sampled_from([0.0, -0.0, 0.5, 1.0])),
)


@given(SCORES, st.integers(0, 2**30))
def test_each_score_lets_in_all_that_reach_it(scores, bits):
    truth = np.array([bits >> place & 1 for place in range(len(scores))], np.bool_)
    found = ranking.steps(truth, scores)
    assert found.scores.tolist() == sorted(set(scores.tolist()), reverse=True)
    assert found.scores.dtype == scores.dtype
    assert found.taken.tolist() == [(scores >= score).sum() for score in found.scores]
    assert found.hits.tolist() == [(truth & (scores >= score)).sum() for score in found.scores]


def test_neighbouring_floats_are_told_apart_in_their_own_precision():
    above = np.nextafter(0.5, 1)
    found = ranking.steps(np.array([1, 0], np.bool_), np.array([0.5, above]))
    assert found.scores.tolist() == [above, 0.5]
    assert found.hits.tolist() == [0, 1]
    single = ranking.steps(np.array([1, 0], np.bool_), np.array([0.5, above], np.float32))
    assert single.taken.tolist() == [2]


@pytest.mark.parametrize("dtype", [np.float16, np.int64])
def test_other_numbers_are_taken_too(dtype):
    found = ranking.steps(np.array([1, 0, 1], np.bool_), np.array([1, 0, 0], dtype))
    assert found.hits.tolist() == [1, 2]


def test_a_view_with_gaps_is_read_right():
    table = np.array([[0.1, 0.9], [0.2, 0.3], [0.7, 0.3]], np.float32)
    found = ranking.steps(np.array([1, 0, 0], np.bool_), table[:, 1])
    assert (found.hits.tolist(), found.taken.tolist()) == ([1, 1], [1, 3])
