"""How far the samples of one part of a split lie from those of another; worked out once."""

import hashlib

import numpy as np

from eoexplore.charts.chart import Asked, CannotTell, Mask, Split
from eoexplore.core.memory import ByteCache, beside_table
from eoexplore.store import distances
from eoexplore.store.distances import Between

STEPS_KM = (1.3, 5.0, 10.0, 20.0)
"""Distances at which shares are told: 1.3 km reaches the patches that share an edge."""
_KEPT_BYTES = 32_000_000
"""Of a table of half a million rows: about ten pairs of parts."""


def nearest_of(asked: Asked, split: Split, of: str, to: str) -> Between:
    """Return the nearest sample of one part, for each sample of another; of the selection only.

    Args:
        asked: dataset and selection.
        split: the split.
        of: name of the part whose samples are asked for.
        to: name of the part among which the nearest is looked for.

    Raises:
        CannotTell: no sample has a place, or one of the parts is empty.
    """
    samples = asked.opened.samples
    ones, others = (split.of(name) & asked.part.mask for name in (of, to))
    for name, own in ((of, ones), (to, others)):
        need_places(asked, own, name, split)
    cache: ByteCache[Between] = samples.keep(
        "nearest of parts", lambda: ByteCache(beside_table(_KEPT_BYTES, len(samples)), least=2)
    )
    key = _digest(ones, others)
    found = cache.get(key)
    if found is None:
        found = distances.nearest(samples, np.flatnonzero(ones), np.flatnonzero(others))
        cache.put(key, found, found.nbytes)
    return found


def need_places(asked: Asked, mask: Mask, name: str, split: Split) -> None:
    """See that a part has samples with a place.

    Raises:
        CannotTell: it has none.
    """
    if not mask.any():
        raise CannotTell(
            f"In the selection, no patch is in the {name} part of “{split.title}”, so there are "
            "no distances to it. Choose a wider selection or another split."
        )
    if not (mask & asked.opened.samples.located).any():
        raise CannotTell(
            f"No patch of the {name} part has a location, so distances cannot be told."
        )


def _digest(*masks: Mask) -> str:
    """Return what stands for the samples of two parts, whatever they were made by."""
    # A key must not keep a selection alive, and a user's own file has no rule that names it.
    return hashlib.sha256(b"".join(np.packbits(mask).tobytes() for mask in masks)).hexdigest()
