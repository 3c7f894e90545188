import numpy as np
import pytest

from eoexplore.tiles.places import _part

GRID = np.arange(12, dtype=np.int32).reshape(3, 4)


@pytest.mark.parametrize("first", [-9, -5, -3, -1, 0, 2, 3, 8])
@pytest.mark.parametrize("start", [-9, -5, -4, -2, 0, 3, 4, 8])
def test_a_part_of_a_grid_is_empty_wherever_the_grid_is_not(first, start):
    wide = np.full((40, 40), -1, np.int32)
    wide[15:18, 15:19] = GRID
    lines, columns = np.arange(first, first + 3), np.arange(start, start + 2)
    found = _part(GRID, lines, columns)
    assert found.tolist() == wide[np.ix_(lines + 15, columns + 15)].tolist()
