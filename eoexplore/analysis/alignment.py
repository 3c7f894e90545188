"""Answers of two models brought together: one order of classes, one grid."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from eoexplore.core.types import Array


def aligned(
    values: Array, own: Sequence[str], wanted: Sequence[str], side: int | None = None
) -> npt.NDArray[np.float32]:
    """Return the probabilities of one model in the classes, and on the grid, of another.

    Args:
        values: shape (class,), or (class, row, column) of the same ground; 0 to 1.
        own: names of its classes, in their order.
        wanted: names of the classes of the result; one that the model does not know is 0.
        side: rows and columns of the result; none for the model's own.

    Returns:
        Shape (wanted,), or (wanted, side, side).
    """
    places = {name: number for number, name in enumerate(own)}
    shape = values.shape[1:] if side is None or values.ndim == 1 else (side, side)
    found = np.zeros((len(wanted), *shape), np.float32)
    for plane, name in enumerate(wanted):
        if name in places:
            one = values[places[name]]
            found[plane] = one if one.shape == shape else _nearest(one, shape[0])
    return found


def _nearest(plane: Array, side: int) -> Array:
    """Return the value of the pixel in which each new pixel's middle lies."""
    down, across = (((np.arange(side) + 0.5) * n / side).astype(np.intp) for n in plane.shape)
    return plane[np.ix_(down, across)]
