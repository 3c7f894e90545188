"""The label rule of reBEN: from CORINE codes in a patch to the names of its 19 classes."""

import numpy as np
import numpy.typing as npt

from eoexplore.analysis import splits
from eoexplore.datasets._reben_facts import classes

Codes = npt.NDArray[np.uint16]
"""CORINE level-3 codes."""

CLASSES = {item.name: item.codes for item in sorted(classes().classes, key=lambda item: item.name)}
"""CORINE codes of each class, alphabetical; every other code is unlabelled."""
UNLABELLED_LIMIT = 0.25
"""A patch with this share of unlabelled pixels or more is not part of the dataset."""

_CLASS_OF = np.full(1000, -1, np.int8)
for _number, _codes in enumerate(CLASSES.values()):
    _CLASS_OF[list(_codes)] = _number


def labels(code: Codes) -> list[str]:
    """Return the classes that have any pixel in a map, alphabetical."""
    present = np.unique(_CLASS_OF[np.unique(code)])
    names = list(CLASSES)
    return [names[number] for number in present if number >= 0]


def unlabelled_share(code: Codes) -> float:
    """Return the share of pixels whose code belongs to none of the classes."""
    return float(np.mean(_CLASS_OF[code] < 0))


def split_of(x: int, y: int) -> str:
    """Return the split of patch column x, row y: three rings around the tile's centre."""
    return str(splits.rings(np.array(x), np.array(y)))
