"""Sets of rows of a table, a bit for each: combined and counted 64 rows at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]
_IN_A_WORD = 64


@dataclass(frozen=True, eq=False)
class Bits:
    """Some rows of a table."""

    words: Words
    """Row i is bit i % 64 of word i // 64; the bits after the last row are never set."""
    size: int
    """Rows of the table."""

    @classmethod
    def of(cls, mask: npt.NDArray[np.bool_]) -> "Bits":
        """Return the rows of a mask, shape (n,)."""
        packed = np.zeros(-(-len(mask) // _IN_A_WORD) * 8, np.uint8)
        packed[: -(-len(mask) // 8)] = np.packbits(mask, bitorder="little")
        return cls(packed.view(np.uint64), len(mask))

    @classmethod
    def of_rows(cls, rows: npt.ArrayLike, size: int) -> "Bits":
        """Return some rows of a table, in any order."""
        mask = np.zeros(size, np.bool_)
        mask[np.asarray(rows, np.intp)] = True
        return cls.of(mask)

    @classmethod
    def none(cls, size: int) -> "Bits":
        """Return no row of a table."""
        return cls(np.zeros(-(-size // _IN_A_WORD), np.uint64), size)

    @classmethod
    def every(cls, size: int) -> "Bits":
        """Return all rows of a table."""
        return ~cls.none(size)

    @property
    def nbytes(self) -> int:
        """Bytes they take."""
        return self.words.nbytes

    def __and__(self, other: "Bits") -> "Bits":
        """Return the rows that are in both."""
        return Bits(self.words & other.words, self.size)

    def __or__(self, other: "Bits") -> "Bits":
        """Return the rows that are in one or both."""
        return Bits(self.words | other.words, self.size)

    def __invert__(self) -> "Bits":
        """Return all other rows."""
        words = ~self.words
        rest = self.size % _IN_A_WORD
        if rest:
            words[-1:].view(np.uint8)[:] &= _first(rest)
        return Bits(words, self.size)

    def count(self) -> int:
        """Return how many rows there are."""
        return int(np.bitwise_count(self.words).sum(dtype=np.int64))

    def common(self, other: "Bits") -> int:
        """Return how many rows are in both."""
        return int(np.bitwise_count(self.words & other.words).sum(dtype=np.int64))

    def mask(self) -> Mask:
        """Return a mask of the rows, shape (n,)."""
        packed = self.words.view(np.uint8)
        return np.unpackbits(packed, count=self.size, bitorder="little").view(np.bool_)

    def rows(self) -> npt.NDArray[np.intp]:
        """Return the rows in order."""
        words = np.flatnonzero(self.words)
        if len(words) * 8 > len(self.words):
            return np.flatnonzero(self.mask())
        found = np.unpackbits(self.words[words].view(np.uint8), bitorder="little")
        at = np.flatnonzero(found.view(np.bool_))
        rows: npt.NDArray[np.intp] = (words[at >> 6] << 6) + (at & 63)
        return rows

    def has(self, rows: npt.NDArray[np.integer]) -> Mask:
        """Tell of some rows which are there; of the shape of the rows."""
        packed = self.words.view(np.uint8)
        found: Mask = (packed[rows >> 3] >> (rows & 7).astype(np.uint8) & 1).astype(np.bool_)
        return found


def _first(rest: int) -> npt.NDArray[np.uint8]:
    """Return a word of which the first bits are set, as bytes."""
    return np.packbits(np.arange(_IN_A_WORD) < rest, bitorder="little")


class Column:
    """Numbers of a table by words of 64 rows, with the least and the greatest of each.

    Rows that lie together are often alike: then most words lie within or outside of a range as a
    whole, and few of them have to be looked at row by row.
    """

    def __init__(self, values: npt.NDArray[np.generic]) -> None:
        """Keep numbers, shape (n,); one that is NaN lies in no range."""
        count = -(-len(values) // _IN_A_WORD)
        padded = np.empty(count * _IN_A_WORD, values.dtype)
        padded[: len(values)] = values
        padded[len(values) :] = values[-1:]
        self.size = len(values)
        self.words = padded.reshape(count, _IN_A_WORD)
        # A NaN makes both NaN, and a word with it neither lies within nor outside of a range.
        self.least, self.most = self.words.min(axis=1), self.words.max(axis=1)

    @property
    def values(self) -> npt.NDArray[np.generic]:
        """The numbers, shape (n,)."""
        return self.words.ravel()[: self.size]


@dataclass(frozen=True)
class Range:
    """A column between two bounds, both included."""

    column: Column
    """The numbers."""
    low: float
    """Least number."""
    high: float
    """Greatest number."""


def between(ranges: Sequence[Range], among: Bits) -> Bits:
    """Return the rows that lie in all of some ranges.

    Args:
        ranges: at least one, all of one table.
        among: rows that are asked for; no others are returned.
    """
    outside = among.words == 0
    within = ~outside
    for one in ranges:
        outside |= (one.column.most < one.low) | (one.column.least > one.high)
        within &= (one.column.least >= one.low) & (one.column.most <= one.high)
    words = np.where(within, among.words, np.uint64(0))
    cut = np.flatnonzero(~(within | outside))
    if len(cut):
        inside = np.ones((len(cut), _IN_A_WORD), np.bool_)
        for one in ranges:
            values = one.column.words[cut]
            inside &= (values >= one.low) & (values <= one.high)
        packed = np.packbits(inside, axis=1, bitorder="little")
        words[cut] = among.words[cut] & packed.view(np.uint64).ravel()
    return Bits(words, among.size)
