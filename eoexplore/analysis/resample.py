"""A square raster on another number of pixels of the same ground."""

import numpy as np
import numpy.typing as npt

from eoexplore.core.types import Array


def nearest(values: Array, side: int) -> Array:
    """Return the value of the pixel in which each new pixel's middle lies.

    Args:
        values: shape (row, column).
        side: pixels along both sides of the result.
    """
    rows, columns = (_middles(count, side).astype(np.intp) for count in values.shape)
    return values[np.ix_(rows, columns)]


def bilinear(values: Array, side: int) -> npt.NDArray[np.float32]:
    """Return values interpolated between the middles of pixels; beyond the outermost, theirs.

    A missing value (NaN) makes those missing to which it contributes.

    Args:
        values: shape (row, column).
        side: pixels along both sides of the result.
    """
    found = values.astype(np.float64)
    for axis in (0, 1):
        places = np.clip(_middles(found.shape[axis], side) - 0.5, 0, found.shape[axis] - 1)
        low = np.floor(places).astype(np.intp)
        high = np.minimum(low + 1, found.shape[axis] - 1)
        share = places - low
        if axis == 0:
            share = share[:, None]
        one, other = found.take(low, axis), found.take(high, axis)
        # Where one of the two does not count, its being missing does not either.
        found = np.where(share == 0, one, one * (1 - share) + other * share)
    return found.astype(np.float32)


def _middles(count: int, side: int) -> npt.NDArray[np.float64]:
    """Return where the middles of new pixels lie, in old pixels from the edge."""
    return np.asarray((np.arange(side) + 0.5) * (count / side), np.float64)
