import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eoexplore.analysis.thresholds import best_f1


def column(*values, kind=np.float64):
    return np.array(values, kind)[:, None]


def test_the_best_is_found_and_0_5_kept_where_it_is_as_good():
    truth = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0]], np.bool_)
    scores = np.array([[0.4, 0.9, 0.9], [0.3, 0.2, 0.9], [0.2, 0.1, 0.2], [0.1, 0.1, 0.1]])
    found = best_f1(truth, scores)
    # From 0.3 on all is right; anything from 0.2 to 0.9 is; nobody has the third class.
    assert found.threshold.tolist() == [0.3, 0.5, 0.5]
    assert found.f1[:2].tolist() == [1, 1]
    assert found.f1_default[:2].tolist() == [0, 1]
    assert np.isnan([found.f1[2], found.f1_default[2]]).all()
    assert found.support.tolist() == [2, 1, 0]


def test_of_equally_good_ones_the_nearest_to_0_5_is_taken():
    # At 0.9 and at 0.65: F1 2/3 both. At 0.5: 4/7.
    truth = column(1, 0, 1, 0, 0, 0, kind=np.bool_)
    found = best_f1(truth, column(0.9, 0.8, 0.65, 0.5, 0.5, 0.1))
    wanted = [2 * 1 / (1 + 2), 2 * 2 / (3 + 2)]
    assert found.f1[0] == max(wanted) == 0.8
    assert found.threshold[0] == 0.65
    tied = best_f1(column(1, 0, 0, 1, kind=np.bool_), column(0.9, 0.3, 0.3, 0.2))
    # 1 of 1 with one missed: 2/3. All four: 2·2 / (4 + 2) = 2/3. 0.5 lets in one: 2/3 too.
    assert tied.threshold[0] == 0.5
    far = best_f1(column(1, 0, 0, 1, kind=np.bool_), column(0.45, 0.3, 0.3, 0.1))
    assert far.threshold[0] == 0.45
    assert far.f1[0] == pytest.approx(2 / 3)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@given(data=st.data())
def test_no_threshold_is_better(kind, data):
    n = data.draw(st.integers(1, 25))
    truth = data.draw(arrays(np.bool_, (n, 1)))
    grid = st.integers(0, 12).map(lambda step: step / 12)
    scores = data.draw(arrays(np.float64, (n, 1), elements=grid)).astype(kind)
    found = best_f1(truth, scores)
    if not truth.any():
        assert found.threshold[0] == 0.5
        return
    tried = [*np.unique(scores).astype(np.float64), 0.5]
    each = [sk.f1_score(truth[:, 0], scores[:, 0] >= np.float64(t), zero_division=0) for t in tried]
    assert found.f1[0] == pytest.approx(max(each), abs=1e-12)
    best = [abs(t - 0.5) for t, f1 in zip(tried, each, strict=True) if f1 > max(each) - 1e-12]
    assert abs(found.threshold[0] - 0.5) == pytest.approx(min(best), abs=1e-12)
    # The threshold does what it says.
    said = scores >= found.threshold
    assert sk.f1_score(truth[:, 0], said[:, 0], zero_division=0) == pytest.approx(found.f1[0])
    assert found.f1_default[0] == pytest.approx(each[-1], abs=1e-12)


def test_of_no_samples_all_classes_keep_0_5():
    found = best_f1(np.zeros((0, 2), np.bool_), np.zeros((0, 2)))
    assert found.threshold.tolist() == [0.5, 0.5]
    assert np.isnan(found.f1).all()
