"""Places of a dataset, which of them overlap, and one sample of each."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoexplore.analysis import ground
from eoexplore.evidence.kind import Asked

Ints = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Places:
    """The places of the samples that have one."""

    rows: Ints
    """Rows of the samples that have a place, shape (m,)."""
    of: Ints
    """Number of the place of each of them, shape (m,)."""
    first: Ints
    """Row of the first sample of each place, shape (places,)."""
    pairs: Ints
    """Two places of different tiles that overlap, shape (pairs, 2)."""
    shares: npt.NDArray[np.float64]
    """Which share of the first and of the second of a pair both have in common, (pairs, 2)."""


def places(asked: Asked) -> Places:
    """Return the places of a dataset; about a second for half a million samples."""
    samples = asked.opened.samples
    rows = np.flatnonzero(samples.located)
    columns = (samples.tiles[0], samples.epsg, samples.left, samples.top)
    found = ground.overlaps(ground.Table(*(column[rows] for column in columns)))
    first = np.zeros(len(found.tile), np.intp)
    first[found.place[::-1]] = rows[::-1]
    pairs, of = (values.astype(np.intp) for values in (found.pairs, found.place))
    return Places(rows, of, first, pairs, found.shares)
