import numpy as np
import pandas as pd
import pytest

from eoexplore.store import distances
from eoexplore.store.samples import Samples, with_places


def table(*places):
    """Return samples at (tile, column, row); none of them has a place."""
    tile, x, y = zip(*(place or ("", None, None) for place in places), strict=True)
    frame = pd.DataFrame(
        {
            "tile": pd.Categorical(tile),
            "x": pd.array(x, "Int32"),
            "y": pd.array(y, "Int32"),
        }
    )
    return Samples(with_places(frame))


def test_two_dates_are_one_place():
    found = distances.places(table(("33UUP", 5, 7), None, ("33UUP", 6, 7), ("33UUP", 5, 7)))
    assert found.of.tolist() == [0, -1, 1, 0]
    assert (found.x.tolist(), found.y.tolist()) == ([5, 6], [7, 7])
    assert np.linalg.norm(found.metres[1] - found.metres[0]) == pytest.approx(1_200, rel=1e-3)
    assert "EPSG:3035" in found.note


def test_the_nearest_of_others():
    samples = table(*(("33UUP", x, 7) for x in (0, 4, 6, 9)), None, ("33UUP", 9, 7))
    found = distances.nearest(samples, np.array([0, 2, 4]), np.array([5, 3, 4, 1]))
    # The one without a place is left out; of two dates at one place the lower row is the nearest.
    assert found.rows.tolist() == [0, 2]
    assert found.nearest.tolist() == [1, 1]
    assert found.distance_m == pytest.approx([4_800, 2_400], rel=1e-3)
    again = distances.nearest(samples, np.array([3]), np.array([3, 5]))
    assert (again.distance_m.tolist(), again.nearest.tolist()) == ([0.0], [3])
    assert again.share_within(0) == 1


def test_nobody_is_near():
    samples = table(("33UUP", 0, 7), None)
    found = distances.nearest(samples, np.array([0]), np.array([1]))
    assert np.isinf(found.distance_m).all()
    assert found.nearest.tolist() == [-1]
    assert not len(distances.nearest(samples, np.array([1]), np.array([0])).rows)


def test_tiles_without_any_place():
    assert distances.places(table(None, None)).of.tolist() == [-1, -1]
