"""Moran's I and join counts are those of PySAL, whoever computes them."""

import numpy as np
import pytest
from esda import Join_Counts, Moran
from libpysal.weights import lat2W, w_subset

from eoexplore.analysis.autocorrelation import QUEEN, ROOK, joins, moran, neighbours

pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")
HIGH, WIDE = 13, 17


@pytest.fixture(scope="module", params=[ROOK, QUEEN], ids=["rook", "queen"])
def both(request):
    """Return the pairs and the weights of a grid with gaps, in which every place has neighbours."""
    draw = np.random.default_rng(8)
    y, x = (axis.ravel() for axis in np.mgrid[:HIGH, :WIDE])
    there = np.flatnonzero((draw.random(len(x)) < 0.85) | (x % 4 == 0))
    pairs = neighbours(x[there], y[there], np.zeros(len(there), int), request.param)
    lone = np.setdiff1d(np.arange(len(there)), np.concatenate(pairs))
    there = np.delete(there, lone)
    pairs = neighbours(x[there], y[there], np.zeros(len(there), int), request.param)
    weights = w_subset(lat2W(HIGH, WIDE, rook=request.param is ROOK), there.tolist())
    return pairs, weights, len(there), draw


def test_moran(both):
    pairs, weights, count, draw = both
    for values in (draw.random(count), draw.random(count) < 0.2, np.arange(count) ** 2.0):
        expected = Moran(values.astype(float), weights, transformation="b", permutations=0).I
        assert moran(values, pairs) == pytest.approx(expected, abs=1e-9)


def test_join_counts(both):
    pairs, weights, count, draw = both
    for share in (0.1, 0.5, 0.8):
        has = draw.random(count) < share
        expected = Join_Counts(has.astype(int), weights, permutations=0)
        found = joins(has, pairs)
        assert (found.both, found.one, found.neither) == (expected.bb, expected.bw, expected.ww)
