import numpy as np

from eoexplore.analysis.shared import Shared, meeting, same

OF = np.array([1, 1, 1, 0, 0, 0, 0], bool)
TO = np.array([0, 0, 0, 1, 1, 1, 0], bool)


def test_the_same_place():
    # Place 4 is in both; 7 only in the one, 2 only in the other; -1 is no place.
    codes = np.array([4, 4, 7, 4, 2, 2, 7])
    assert same(codes, OF, TO) == Shared(of=2, to=1)
    assert same(np.full(7, -1), OF, TO) == Shared(0, 0)
    assert same(codes, OF, np.zeros(7, bool)) == Shared(0, 0)
    assert same(np.empty(0, int), np.empty(0, bool), np.empty(0, bool)) == Shared(0, 0)


def test_places_that_overlap():
    place = np.array([0, 1, 2, 3, 4, 3, 5])
    pairs = np.array([[3, 0], [1, 3], [2, 5], [0, 1]])
    # Place 3 has two samples of the other part and overlaps with 0 and 1; 5 is in no part.
    assert meeting(place, pairs, OF, TO) == Shared(of=2, to=2)
    assert meeting(place, np.empty((0, 2), int), OF, TO) == Shared(0, 0)
    assert meeting(np.full(7, -1), pairs, OF, TO) == Shared(0, 0)
