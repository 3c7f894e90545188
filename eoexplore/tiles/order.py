"""In which order patches are drawn, and which take part: what a date rule means for a table.

Patches are drawn by the rule's key of their date, then by the name of their MGRS tile, then by
their id; the last lies on top. Patches without a date lie below all others, and patches without
any picture below those, so that nothing hides a picture that is there.
"""

import datetime as dt
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from eoexplore.core.dates import DateRule
from eoexplore.core.memory import ByteCache, beside_table

if TYPE_CHECKING:
    from eoexplore.store.samples import Samples

Ints = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]
_NOWHERE = 1 << 62
"""More than the number of any place."""
_KEPT_BYTES = 36_000_000
"""Of the orders in memory: six, each of 12 bytes for a sample."""


@dataclass(frozen=True, eq=False)
class Order:
    """The draw order of all patches of a table."""

    rows: Ints
    """Rows of the sample table from the lowest patch to the topmost, shape (n,)."""
    rank: Ints
    """Place of each row in that order, shape (n,)."""

    @property
    def nbytes(self) -> int:
        """Bytes it takes, with as many for its grid places."""
        return 3 * self.rows.nbytes + 500


class Orders:
    """The draw orders of one sample table; the last few rules stay in memory."""

    def __init__(self, samples: "Samples") -> None:
        """Sort the patches of a sample table by tile and id, and look up their days."""
        frame = samples.frame
        days = frame["date"].to_numpy().astype("datetime64[D]")
        # A handful of days stands for all samples: rules are worked out for those.
        self._days, codes = np.unique(days, return_inverse=True)
        self._day: Ints = codes.astype(np.int32)
        tile = frame["tile"].astype("category").cat
        names = np.argsort(np.argsort(tile.categories.to_numpy(str)))
        self._tile: Ints = names.astype(np.int32)[tile.codes.to_numpy()]
        # The table is sorted by id, so its row number stands for the id.
        self._by_name: Ints = np.argsort(_small(self._tile), kind="stable").astype(np.int32)
        self._x, self._y, self._located = samples.x, samples.y, samples.located
        self._season = frame["season"].astype("category").cat
        has = [column for column in frame.columns if str(column).startswith("has_")]
        self._pictured = np.asarray(frame[has].to_numpy(bool).any(axis=1), bool)
        self._orders: ByteCache[Order] = ByteCache(beside_table(_KEPT_BYTES, len(frame)))
        self._by_place: tuple[Ints, npt.NDArray[np.int64]] | None = None
        self._lock = threading.Lock()

    def order(self, rule: DateRule) -> Order:
        """Return the draw order of a rule."""
        # A season, a range or the n-th date only leaves patches out.
        keyed = rule.kind in ("earliest", "nearest")
        name = rule.canonical() if keyed else ""
        with self._lock:
            found = self._orders.get(name)
            if found is None:
                found = self._sort(rule)
                self._orders.put(name, found, found.nbytes)
            return found

    def _sort(self, rule: DateRule) -> Order:
        keys = _keys(rule, self._days)
        places = np.searchsorted(np.unique(keys), keys)
        day = _small(places)[self._day[self._by_name]]
        rows: Ints = self._by_name[np.argsort(day, kind="stable")]
        above = self._pictured[rows]
        rows = np.concatenate([rows[~above], rows[above]])
        rank = np.empty(len(rows), np.int32)
        rank[rows] = np.arange(len(rows), dtype=np.int32)
        return Order(rows, rank)

    def kept(self, rule: DateRule, mask: Mask) -> Mask:
        """Tell which of some patches take part in a rule.

        Args:
            rule: the date rule; its days are a matter of the selection.
            mask: the selected patches, shape (n,).
        """
        if rule.kind == "season":
            wanted = np.flatnonzero(self._season.categories.isin([rule.season]))
            return mask & np.isin(self._season.codes.to_numpy(), wanted)
        if rule.kind == "nth":
            return self._nth(rule.number, mask)
        return mask

    def _nth(self, number: int, mask: Mask) -> Mask:
        """Keep the n-th day of each place, or its last one; patches without a date are out."""
        rows, places = self._sorted_places()
        chosen = mask[rows] & ~np.isnat(self._days)[self._day[rows]]
        rows, places = rows[chosen], places[chosen]
        kept = np.zeros(len(mask), bool)
        if not len(rows):
            return kept
        first = np.append(True, places[1:] != places[:-1])
        days = self._day[rows]
        # Patches of one place and day count as one date.
        count = np.cumsum(first | np.append(True, days[1:] != days[:-1]))
        starts = np.flatnonzero(first)
        size = np.diff(np.append(starts, len(rows)))
        nth = count - np.repeat(count[starts], size) + 1
        last = np.repeat(nth[starts + size - 1], size)
        kept[rows[nth == np.minimum(number, last)]] = True
        return kept

    @property
    def walk(self) -> Ints:
        """Rows by MGRS tile, row and column of its grid, day and id, shape (n,)."""
        return self._sorted_places()[0]

    def beside(self, row: int, right: int = 0, down: int = 0) -> Ints:
        """Return the rows of a place near a patch in its own MGRS tile, earliest first.

        Args:
            row: the patch.
            right: how many places to the east.
            down: how many places to the south.
        """
        if not self._located[row]:
            # It has no place that another could share, and none beside it.
            return np.array([] if right or down else [row], np.int32)
        x, y = int(self._x[row]) + right, int(self._y[row]) + down
        if x < 0 or y < 0:
            return np.empty(0, np.int32)
        rows, places = self._sorted_places()
        wanted = int(_place(self._tile[row], x, y))
        first, last = np.searchsorted(places, [wanted, wanted + 1])
        return rows[int(first) : int(last)]

    def _sorted_places(self) -> tuple[Ints, npt.NDArray[np.int64]]:
        """Return the rows by place and day, and the place of each of them as one number."""
        with self._lock:
            if self._by_place is None:
                place = _place(self._tile, self._x, self._y)
                # Samples without a place come last, each on its own.
                place[~self._located] = _NOWHERE + np.flatnonzero(~self._located)
                rows = np.lexsort((self._day, place)).astype(np.int32)
                self._by_place = rows, place[rows]
            return self._by_place


def _place(tile: npt.ArrayLike, x: npt.ArrayLike, y: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return one number for a place: by tile, then row, then column."""
    down = np.asarray(y, np.int64) << 20
    return (np.asarray(tile, np.int64) << 40) + down + np.asarray(x, np.int64)


def _keys(rule: DateRule, days: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
    """Return a number for each day: the higher, the further up it is drawn."""
    numbers = days.astype(np.int64)
    if rule.kind == "earliest":
        keys = -numbers
    elif rule.kind == "nearest" and rule.day is not None:
        apart = numbers - (rule.day - dt.date(1970, 1, 1)).days
        # Of two days that are equally near, the later one.
        keys = -2 * np.abs(apart) + (apart > 0)
    else:
        keys = numbers.copy()
    keys[np.isnat(days)] = np.iinfo(np.int64).min
    return keys


def _small(places: npt.NDArray[np.integer]) -> npt.NDArray[np.integer]:
    """Return numbers from zero in as few bytes as they need: two bytes sort many times faster."""
    return places.astype(np.min_scalar_type(int(places.max(initial=0))))
