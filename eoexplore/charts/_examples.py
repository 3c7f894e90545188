"""Some patches by name, for marks of which no condition of a selection tells."""

import numpy as np
import numpy.typing as npt

from eoexplore.charts.chart import Asked, Part
from eoexplore.core.selection import MAX_IDS

CLICK = f"A click leads to up to {MAX_IDS} of the patches, spread over the dataset"
"""What is said of such marks."""
_ENOUGH = 5_000


def selection(asked: Asked, part: Part, rows: npt.NDArray[np.integer]) -> str:
    """Return what a click selects: up to 20 of some patches, all where they are fewer.

    Args:
        asked: the dataset.
        part: its other conditions stay.
        rows: of the patches, some of them perhaps twice; shape (m,).

    Returns:
        The canonical text; empty where there are no patches.
    """
    if not len(rows):
        return ""
    # Of very many, a few are enough to choose from.
    distinct = np.unique(_spread(rows, _ENOUGH))
    ids = asked.frame["id"].array
    return part.only(ids=tuple(str(ids[row]) for row in _spread(distinct, MAX_IDS)))


def _spread(rows: npt.NDArray[np.integer], most: int) -> npt.NDArray[np.integer]:
    return np.asarray(rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int)])
