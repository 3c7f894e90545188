"""The audit of a split in a few numbers: sizes, and the distances between its parts."""

from itertools import permutations
from typing import Any

import numpy as np

from eoexplore.charts._leakage import STEPS_KM, nearest_of
from eoexplore.charts.chart import Asked, CannotTell, Split
from eoexplore.core.errors import SplitError
from eoexplore.core.split import NONE, SPLITS
from eoexplore.store import splits


def audit(asked: Asked, split: Split) -> dict[str, Any]:
    """Return sizes, agreement with the ring rule of reBEN, and distances between the parts.

    Args:
        asked: dataset and selection; what is outside it does not count.
        split: the split.

    Returns:
        split, title, made, by_split, agreement and pairs, as plain JSON data; a pair has minimum
        and median in metres and the shares within some distances (metres, as text).
    """
    own = asked.part.mask
    return {
        "split": split.rule,
        "title": split.title,
        "made": split.made,
        "by_split": {name: int((split.of(name) & own).sum()) for name in SPLITS},
        "agreement": _agreement(asked, split),
        "pairs": [
            pair for of, to in permutations(SPLITS, 2) if (pair := _pair(asked, split, of, to))
        ],
    }


def _pair(asked: Asked, split: Split, of: str, to: str) -> dict[str, Any] | None:
    try:
        between = nearest_of(asked, split, of, to)
    except CannotTell:
        return None
    return {
        "from": of,
        "to": to,
        "samples": len(between.rows),
        "min_m": round(float(between.distance_m.min()), 1),
        "median_m": round(float(np.median(between.distance_m)), 1),
        "share_within": {f"{1000 * km:g}": between.share_within(1000 * km) for km in STEPS_KM},
    }


def _agreement(asked: Asked, split: Split) -> dict[str, Any] | None:
    """Return how many samples the ring rule gives to the same part; none without a tile grid."""
    try:
        rings = splits.split_of(asked.opened, "rings")
    except SplitError:
        return None
    both = (rings.parts != NONE) & (split.parts != NONE) & asked.part.mask
    samples, same = int(both.sum()), int((rings.parts == split.parts)[both].sum())
    return {
        "rule": "rings",
        "samples": samples,
        "same": same,
        "share": same / samples if samples else None,
    }
