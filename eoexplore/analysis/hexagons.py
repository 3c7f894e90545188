"""Hexagons that fill a plane: in which one a place lies, and where its corners are.

A hexagon has two whole numbers: how many rows up, and how many steps to the right along its row,
each row shifted by half a step (axial coordinates; Patel, "Hexagonal Grids").
"""

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

NEIGHBOURS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, 1))
"""Steps and rows to the six hexagons around one."""


def cells(places: Floats, width: float) -> Ints:
    """Return the hexagon in which each place lies: step and row, shape (n, 2).

    Args:
        places: east and north in metres, shape (n, 2).
        width: from one side of a hexagon to the one across, in metres.
    """
    row = places[:, 1] / (width * np.sqrt(3) / 2)
    step = places[:, 0] / width - row / 2
    cube = np.stack([step, row, -step - row], axis=1)
    found = np.rint(cube)
    # The three add up to zero: the one that was rounded most gives way.
    worst = np.argmax(np.abs(found - cube), axis=1)
    lines = np.arange(len(found))
    found[lines, worst] -= found.sum(axis=1)
    whole: Ints = found[:, :2].astype(np.int64)
    return whole


def centres(cell: Ints, width: float) -> Floats:
    """Return the middles of hexagons in metres, shape (n, 2).

    Args:
        cell: step and row, shape (n, 2).
        width: as for `cells`.
    """
    east = width * (cell[:, 0] + cell[:, 1] / 2)
    return np.stack([east, cell[:, 1] * width * np.sqrt(3) / 2], axis=1)


def corners(cell: Ints, width: float) -> Floats:
    """Return the corners of hexagons in metres, the northern one first, shape (n, 6, 2).

    Args:
        cell: step and row, shape (n, 2).
        width: as for `cells`.
    """
    turn = np.radians(60 * np.arange(6))
    spokes = width / np.sqrt(3) * np.stack([np.sin(turn), np.cos(turn)], axis=1)
    found: Floats = centres(cell, width)[:, None] + spokes
    return found


def inset(places: Floats, cell: Ints, width: float) -> Floats:
    """Return how far inside the nearest side of its hexagon each place lies, in metres, shape (n,).

    Args:
        places: east and north in metres, shape (n, 2).
        cell: its hexagon, shape (n, 2).
        width: as for `cells`.
    """
    turn = np.radians([0, 60, 120])
    across = np.stack([np.cos(turn), np.sin(turn)])
    away: Floats = np.abs((places - centres(cell, width)) @ across).max(axis=1)
    return width / 2 - away
