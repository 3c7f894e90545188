import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eoexplore.analysis import hexagons

PLACES = arrays(np.float64, st.tuples(st.integers(1, 30), st.just(2)),
                elements=st.floats(-1e6, 1e6, allow_subnormal=False))  # fmt: skip


def test_a_hexagon_by_hand():
    cell = np.array([[0, 0], [1, 0], [0, 1]])
    root = np.sqrt(3)
    assert hexagons.centres(cell, 2) == pytest.approx(np.array([[0, 0], [2, 0], [1, root]]))
    corner = hexagons.corners(cell, 2)
    # A hexagon 2 wide has sides of 2/√3: the northern corner is as far from the middle.
    assert corner[0, 0] == pytest.approx([0, 2 / root])
    assert corner[0, 1] == pytest.approx([1, 1 / root])
    # √3/2 × width² (each of six triangles has side 2/√3).
    assert shapely.Polygon(corner[0]).area == pytest.approx(2 * root)


@given(PLACES, st.floats(1_000, 200_000))
def test_every_place_is_nearest_to_the_middle_of_its_own_hexagon(places, width):
    cell = hexagons.cells(places, width)
    own = np.linalg.norm(places - hexagons.centres(cell, width), axis=1)
    for step in hexagons.NEIGHBOURS:
        other = np.linalg.norm(places - hexagons.centres(cell + step, width), axis=1)
        assert (own <= other + 1e-6).all()
    assert (hexagons.inset(places, cell, width) >= -1e-6).all()


def test_hexagons_leave_no_gap_and_do_not_overlap():
    cell = np.array([[0, 0], *hexagons.NEIGHBOURS])
    shapes = shapely.polygons(hexagons.corners(cell, 1_000))
    assert shapely.union_all(shapes).area == pytest.approx(shapely.area(shapes).sum())
    assert shapely.union_all(shapes).geom_type == "Polygon"


def test_inset_of_the_middle_is_half_the_width():
    assert hexagons.inset(np.zeros((1, 2)), np.zeros((1, 2), np.int64), 500) == pytest.approx([250])


def test_no_places():
    none = hexagons.cells(np.zeros((0, 2)), 100)
    assert none.shape == (0, 2)
    assert hexagons.corners(none, 100).shape == (0, 6, 2)
