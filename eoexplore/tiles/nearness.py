"""How near each patch lies to a training patch, in steps for the map."""

import numpy as np
import numpy.typing as npt

from eoexplore.core.errors import SplitError
from eoexplore.core.split import SPLITS, TRAIN
from eoexplore.core.split_rule import RELEASED
from eoexplore.render import colours
from eoexplore.store import distances, splits
from eoexplore.store.catalog import Opened

NOT_PARTED = "This dataset has no training patches with a location."
TITLE = "Distance to the nearest training patch"
_ENDS_M = (0.0, 1_300.0, 5_000.0, 10_000.0, 20_000.0, 50_000.0)
"""1.3 km reaches the patches that share an edge."""
_LABELS = ("Same place", "up to 1.3 km", "up to 5 km", "up to 10 km", "up to 20 km", "up to 50 km")
_NOWHERE = "#5f6b7a"


def entries() -> tuple[tuple[str, str, str], ...]:
    """Return key, label and colour (#rrggbb) of each step: the nearer, the darker."""
    *steps, first = colours.steps(len(_ENDS_M) + 1)
    shades = (first, *reversed(steps))
    labels = (*_LABELS, "more than 50 km")
    ends = (*(f"{end / 1_000:g}" for end in _ENDS_M), "more")
    near = zip(ends, labels, shades, strict=True)
    return ((TRAIN, "Training patch", colours.UNKNOWN), *near, ("", "No location", _NOWHERE))


def parted(opened: Opened, rule: str = RELEASED) -> bool:
    """Tell whether a split has training patches with a location."""
    return opened.samples.keep(f"{rule} trains on places", lambda: bool(len(_train(opened, rule))))


def codes(opened: Opened, rule: str = RELEASED) -> npt.NDArray[np.uint8]:
    """Return the number of the entry of each patch, shape (n,)."""
    count = len(opened.samples)
    train = _train(opened, rule)
    found = np.full(count, len(_ENDS_M) + 2, np.uint8)
    near = distances.nearest(opened.samples, np.arange(count), train)
    found[near.rows] = 1 + np.searchsorted(_ENDS_M, near.distance_m)
    found[train] = 0
    return found


def _train(opened: Opened, rule: str) -> npt.NDArray[np.intp]:
    """Return the rows of the training patches that have a location."""
    try:
        parts = splits.split_of(opened, rule).parts
    except SplitError:
        return np.empty(0, np.intp)
    return np.flatnonzero((parts == SPLITS.index(TRAIN)) & opened.samples.located)
