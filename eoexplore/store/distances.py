"""How far the samples of a table lie from each other: each place in metres, once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoexplore.analysis import separation
from eoexplore.core.metric import Floats, metric
from eoexplore.store.samples import Samples

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Places:
    """The places of a table: samples of one tile, column and row are at one place."""

    of: npt.NDArray[np.int32]
    """Number of each sample's place, shape (n,); -1 for samples without one."""
    metres: Floats
    """The middle of each place, shape (places, 2) or (places, 3)."""
    tile: npt.NDArray[np.int32]
    """Number of each place's tile, shape (places,)."""
    x: npt.NDArray[np.int32]
    """Column of each place in its tile's grid."""
    y: npt.NDArray[np.int32]
    """Row of each place in its tile's grid."""
    note: str
    """How distances are measured; one sentence for the user."""


@dataclass(frozen=True)
class Between:
    """The nearest sample of some, for each of others."""

    rows: Rows
    """Rows of the samples that have a place, shape (m,)."""
    distance_m: Floats
    """Metres to the nearest one, shape (m,); infinite where there is none."""
    nearest: Rows
    """Row of the nearest one, shape (m,), of several at one place the first; -1 for none."""

    @property
    def nbytes(self) -> int:
        """Bytes that it takes."""
        return self.rows.nbytes + self.distance_m.nbytes + self.nearest.nbytes

    def share_within(self, metres: float) -> float:
        """Return the share of samples with one within a distance; NaN without samples."""
        return separation.Nearest(self.distance_m, self.nearest).share_within(metres)


def places(samples: Samples) -> Places:
    """Return the places of a table; kept with it."""
    return samples.keep("places in metres", lambda: _places(samples))


def _places(samples: Samples) -> Places:
    rows = np.flatnonzero(samples.located)
    tile, x, y = (column[rows] for column in (samples.tiles[0], samples.x, samples.y))
    wide, high = (int(column.max(initial=0)) + 1 for column in (x, y))
    keys = (tile.astype(np.int64) * high + y) * wide + x
    _, first, numbers = np.unique(keys, return_index=True, return_inverse=True)
    of = np.full(len(samples), -1, np.int32)
    of[rows] = numbers
    one = rows[first]
    found = metric(samples.lon[one], samples.lat[one])
    return Places(of, found.places, tile[first], x[first], y[first], found.note)


def nearest(samples: Samples, rows: Rows, others: Rows) -> Between:
    """Find the nearest of some samples, for each of others; samples without a place are left out.

    Args:
        samples: the table.
        rows: of the samples that are asked for, shape (n,).
        others: of those among which the nearest is looked for, shape (m,).
    """
    known = places(samples)
    rows, others = (part[known.of[part] >= 0] for part in (rows, others))
    # Half of reBEN's samples are other dates of a place: each place is looked for once.
    asked, back = np.unique(known.of[rows], return_inverse=True)
    there, first = np.unique(known.of[others], return_index=True)
    found = separation.nearest(known.metres[asked], known.metres[there])
    if not len(others):
        return Between(rows, found.distance_m[back], found.row[back])
    return Between(rows, found.distance_m[back], others[first][found.row[back]])
