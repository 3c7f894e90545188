"""The same place on different dates: how often, and which samples belong together."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.integer]
Mask = npt.NDArray[np.bool_]
_GRID = 1 << 20
"""More columns, or rows, than a tile has."""


@dataclass(frozen=True)
class Visits:
    """Samples that have a place and a date, sorted by place, and by date at each place."""

    rows: npt.NDArray[np.intp]
    """Row of each sample, shape (m,)."""
    place: npt.NDArray[np.int64]
    """Number that stands for its place, rising; shape (m,)."""
    day: npt.NDArray[np.int64]
    """Its day, such as days since 1970; shape (m,)."""

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.rows)

    def of(self, mask: Mask) -> "Visits":
        """Return some of the samples.

        Args:
            mask: which ones, shape (n,) of the whole table.
        """
        own = mask[self.rows]
        return Visits(self.rows[own], self.place[own], self.day[own])

    @property
    def starts(self) -> npt.NDArray[np.intp]:
        """Where the samples of each place begin, shape (places,)."""
        return np.flatnonzero(np.diff(self.place, prepend=-1))


def visits(tile: Ints, x: Ints, y: Ints, day: Ints, dated: Mask) -> Visits:
    """Sort the samples that have a place and a date.

    Args:
        tile: number of each sample's tile, -1 for none; shape (n,).
        x: column in the tile, from 0 to a million; shape (n,).
        y: row in the tile, from 0 to a million; shape (n,).
        day: shape (n,).
        dated: which samples have a date, shape (n,).
    """
    rows = np.flatnonzero((tile >= 0) & dated)
    place = (tile[rows].astype(np.int64) * _GRID + x[rows]) * _GRID + y[rows]
    own = day[rows].astype(np.int64)
    order = np.lexsort((own, place))
    return Visits(rows[order], place[order], own[order])


def dates(found: Visits) -> npt.NDArray[np.int64]:
    """Return the number of different days at each place, shape (places,)."""
    if not len(found):
        return np.zeros(0, np.int64)
    new = np.ones(len(found), np.int64)
    new[1:] = (np.diff(found.place) != 0) | (np.diff(found.day) != 0)
    return np.add.reduceat(new, found.starts)


def differ(found: Visits, values: Ints) -> Mask:
    """Tell at which places a value is not the same in all samples, shape (places,).

    Args:
        found: the samples.
        values: of the whole table, such as label sets as bits; shape (n,).
    """
    if not len(found):
        return np.zeros(0, bool)
    own, starts = values[found.rows], found.starts
    return np.asarray(np.minimum.reduceat(own, starts) != np.maximum.reduceat(own, starts), bool)


def pairs(found: Visits, most_apart: int = 12) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the pairs of samples of one place on different days.

    Args:
        found: the samples.
        most_apart: a sample is paired with so many that follow it at its place, so that long
            series do not make more pairs than can be looked at.

    Returns:
        Rows of the earlier ones and of the later ones, shape (pairs,) each.
    """
    earlier, later = [np.zeros(0, np.intp)], [np.zeros(0, np.intp)]
    for apart in range(1, min(len(found), most_apart + 1)):
        same = found.place[apart:] == found.place[:-apart]
        if not same.any():
            break
        same &= found.day[apart:] != found.day[:-apart]
        earlier.append(found.rows[:-apart][same])
        later.append(found.rows[apart:][same])
    return np.concatenate(earlier), np.concatenate(later)
