"""From a selection to the samples it selects.

`Table` is a sample table prepared for this: a set of bits for each option of each condition, made
when it is first asked for. `Table.select` is *the filter*: it works out a selection anew each
time, by combining such sets 64 samples at a time. `Table.part` keeps what it finds.
"""

import bisect
import functools
import operator
from collections.abc import Callable, Hashable
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from eoexplore.core import bits, outline
from eoexplore.core.bits import Bits, Column, Range
from eoexplore.core.errors import SelectionError
from eoexplore.core.memory import ByteCache, beside_table
from eoexplore.core.selection import NO_FLAG, ClassRule, Comparison, Selection
from eoexplore.core.types import Classes

Mask = npt.NDArray[np.bool_]
Columns = Callable[[str], tuple[Hashable, npt.NDArray[np.floating]]]
"""From "<set>.<column>" to what changes when the set does, and a number for each sample."""
PREDICTED = "pred."
"""How conditions on prediction sets begin."""
_KEPT_BYTES = 32_000_000
"""Of the sets of bits that a table keeps: 460 of half a million samples."""
_FEW = 8
"""Options up to which their sets are joined; of more, each sample's own is looked up."""
_FEW_IDS = 50
"""Ids up to which each is looked for on its own."""
_NO_DAY = np.iinfo(np.int32).min
_SIGNS: dict[str, Callable[[npt.NDArray[np.float64], float], Mask]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}


def _numbers(names: tuple[str, ...], classes: Classes) -> list[int]:
    known = classes.names
    for name in names:
        if name not in known:
            listed = "; ".join(known)
            raise SelectionError(f"There is no class {name[:80]!r}. The classes are: {listed}.")
    return sorted({known.index(name) for name in names})


class Table:
    """A sample table of n rows, prepared for selections."""

    def __init__(
        self, samples: pd.DataFrame, classes: Classes, columns: Columns | None = None
    ) -> None:
        """Take a table; nothing is read from it before it is asked for.

        Args:
            samples: sample table with the base columns of the index, which must not change.
            classes: label schema; bit i of label_mask is its class i.
            columns: gives columns of prediction sets; none where there are none.
        """
        self.samples = samples
        self.classes = classes
        self._columns = columns
        self._options: dict[str, tuple[npt.NDArray[np.integer], dict[str, int]]] = {}
        self._kept: ByteCache[Bits] = ByteCache(beside_table(_KEPT_BYTES, len(samples)))

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.samples)

    def select(self, selection: Selection) -> Bits:
        """Return the samples for which all conditions of a selection hold.

        Raises:
            SelectionError: a class that does not exist, or a column that is not computed yet.
        """
        found = self.every
        # Places last: they are compared one by one where the other conditions leave something.
        for key, value in sorted(selection.conditions, key=lambda item: item[0] in _PLACES):
            if key in _PLACES:
                found = _PLACES[key](self, value, found)
            elif key.startswith(PREDICTED):
                found = found & self.predicted(key, cast(Comparison, value))
            else:
                found = found & _TESTS[key](self, value)
        return found

    def predicted(self, key: str, asked: Comparison) -> Bits:
        """Return the samples in which a column of a prediction set is as asked.

        Raises:
            SelectionError: there is no such set or column.
        """
        if self._columns is None:
            raise SelectionError("There are no prediction sets for this dataset yet.")
        stamp, values = self._columns(key.removeprefix(PREDICTED))
        test = _SIGNS[asked.sign]
        # The bound in 32 bits too: a score that was stored as 0.1 is not above 0.1.
        bound = float(values.dtype.type(asked.bound))
        return self.keep(
            (key, stamp, asked), lambda: Bits.of(test(values.astype(np.float64), bound))
        )

    def stamp(self, selection: Selection) -> tuple[Hashable, ...]:
        """Return what changes when a selection may select others of the same table.

        Raises:
            SelectionError: it asks for a prediction set or column that there is not.
        """
        keys = [key for key, _ in selection.conditions if key.startswith(PREDICTED)]
        if not keys or self._columns is None:
            return ()
        return tuple(self._columns(key.removeprefix(PREDICTED))[0] for key in keys)

    def part(self, key: str, value: object) -> Bits:
        """Return the samples for which one condition holds; the last ones asked for are kept.

        Raises:
            SelectionError: a class that does not exist, or a column that is not computed yet.
        """
        if key.startswith(PREDICTED):
            # Kept with the set's own stamp: sets come and go while the table stays.
            return self.predicted(key, cast(Comparison, value))
        return self.keep((key, value), lambda: self.select(Selection(((key, value),))))

    def keep(self, name: Hashable, make: Callable[[], Bits]) -> Bits:
        """Return a set of bits from memory, or make it."""
        found = self._kept.get(name)
        if found is None:
            found = make()
            found.words.setflags(write=False)
            self._kept.put(name, found, found.nbytes)
        return found

    @functools.cached_property
    def every(self) -> Bits:
        """All samples."""
        return Bits.every(len(self))

    def options(self, column: str) -> tuple[npt.NDArray[np.integer], dict[str, int]]:
        """Return the option of each sample as a number, and the numbers of the options."""
        if column not in self._options:
            series = self.samples[column].cat
            numbers = {name: number for number, name in enumerate(series.categories)}
            self._options[column] = series.codes.to_numpy(), numbers
        return self._options[column]

    @functools.cached_property
    def place(self) -> tuple[Column, Column]:
        """Longitude and latitude of the middle of each sample, in degrees."""
        lon, lat = (self.samples[name].to_numpy(float) for name in ("lon", "lat"))
        return Column(lon), Column(lat)

    @functools.cached_property
    def day(self) -> Column:
        """Days since 1970; of a sample without a date the smallest number there is."""
        days = self.samples["date"].to_numpy().astype("datetime64[D]")
        return Column(np.where(np.isnat(days), _NO_DAY, days.astype(np.int64)).astype(np.int32))

    @functools.cached_property
    def months(self) -> npt.NDArray[np.uint8]:
        """Month of each sample, 1 to 12, or 0."""
        # A handful of days stands for all samples.
        codes, days = pd.factorize(self.day.values)
        months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12 + 1
        return np.where(days == _NO_DAY, 0, months).astype(np.uint8)[codes]

    @functools.cached_property
    def labels(self) -> npt.NDArray[np.uint64]:
        """Labels of each sample, a bit for each class."""
        return self.samples["label_mask"].to_numpy(np.uint64)

    @functools.cached_property
    def label_numbers(self) -> npt.NDArray[np.uint8]:
        """Number of labels of each sample."""
        return np.bitwise_count(self.labels)

    @functools.cached_property
    def sorted_by_id(self) -> bool:
        """Whether a sample can be found by halving."""
        # By Arrow, which takes a tenth of the time of pandas.
        ids = pa.array(self.samples["id"], pa.string())
        return bool(pc.all(pc.less_equal(ids[:-1], ids[1:]), min_count=0).as_py())

    @functools.cached_property
    def flags(self) -> dict[str, list[int]]:
        """The samples that have a flag, by its name."""
        lists = self.samples["flags"].to_numpy(object)
        found: dict[str, list[int]] = {}
        # Most samples have none, and a length is read much faster than a list.
        for row in np.flatnonzero(np.fromiter(map(len, lists), np.intp, len(lists))).tolist():
            for name in lists[row]:
                found.setdefault(name, []).append(row)
        return found

    @functools.cached_property
    def squares(self) -> npt.NDArray[np.object_]:
        """The boxes around the places of each word of 64 samples; none where they have no area."""
        return outline.squares(*self.place)

    # -- label maps -----------------------------------------------------------------------------

    @functools.cached_property
    def mapped(self) -> tuple[npt.NDArray[np.int32], Bits, int]:
        """Pixels of each label map, which samples have one, and its size where all have the same.

        The size is 0 where they differ.
        """
        codes = self.classes.codes
        total = self._sum([f"area_{code}" for code in codes if f"area_{code}" in self.samples])
        size = int(total.max(initial=0))
        return total, Bits.of(total > 0), size if ((total == size) | (total == 0)).all() else 0

    @functools.cached_property
    def areas(self) -> dict[int, npt.NDArray[np.integer]]:
        """Pixels of a class on the label maps by its number, shape (n,); as far as known."""
        kind = np.min_scalar_type(int(self.mapped[0].max(initial=0)))
        columns = {
            number: [f"area_{code}" for code in item.codes]
            for number, item in enumerate(self.classes.classes)
        }
        known = set(self.samples.columns)
        # A class of scenes, without codes, is on no map.
        there = {n: own for n, own in columns.items() if own and set(own) <= known}
        return {n: self._sum(own).astype(kind) for n, own in there.items()}

    def _sum(self, columns: list[str]) -> npt.NDArray[np.int32]:
        """Return the sum of some columns of pixel counts; three times as fast as pandas."""
        total = np.zeros(len(self), np.int32)
        for column in columns:
            total += self.samples[column].to_numpy(np.int32)
        return total

    def share(self, asked: Comparison) -> Bits:
        """Return the samples in which the share of a class is as asked."""
        (number,) = _numbers((asked.name,), self.classes)
        if number not in self.areas and self.areas:
            raise SelectionError(f"The class {asked.name!r} is not on the maps: it has no area.")
        if number not in self.areas:
            raise SelectionError(
                "The share of a class can be asked once the index has read the reference maps."
            )
        name = ("share", number, asked.sign, asked.bound)
        return self.keep(name, lambda: self._shared(number, asked))

    def _shared(self, number: int, asked: Comparison) -> Bits:
        total, mapped, size = self.mapped
        part = self.areas[number]
        test = _SIGNS[asked.sign]
        if not size:
            # Where there is no label map, no share is known: a comparison with it does not hold.
            share = np.divide(part, total, out=np.full(len(total), np.nan), where=total > 0)
            return Bits.of(test(share, asked.bound))
        # Maps are of one size: the numbers of pixels that will do are worked out once, for all.
        will_do = np.flatnonzero(test(np.arange(size + 1) / size, asked.bound))
        if not len(will_do):
            return Bits.none(len(self))
        least, most = (part.dtype.type(will_do[end]) for end in (0, -1))
        return Bits.of((part >= least) & (part <= most)) & mapped


def _classes(table: Table, value: object) -> Bits:
    result = table.every
    for rule in cast(tuple[ClassRule, ...], value):
        parts = [_class(table, number) for number in _numbers(rule.names, table.classes)]
        if rule.mode == "all":
            result = functools.reduce(operator.and_, parts, result)
        else:
            some = _joined(table, parts)
            result = result & (some if rule.mode == "any" else ~some)
    return result


def _class(table: Table, number: int) -> Bits:
    bit = np.uint64(1 << number)
    return table.keep(("class", number), lambda: Bits.of(table.labels & bit != 0))


def _joined(table: Table, parts: list[Bits]) -> Bits:
    return functools.reduce(operator.or_, parts) if parts else Bits.none(len(table))


def _one_of(column: str) -> Callable[[Table, object], Bits]:
    def test(table: Table, value: object) -> Bits:
        series, numbers = table.options(column)
        wanted = [numbers[name] for name in cast(tuple[str, ...], value) if name in numbers]
        return _coded(table, column, series, wanted)

    return test


def _coded(table: Table, key: str, codes: npt.NDArray[np.integer], wanted: list[int]) -> Bits:
    """Return the samples whose code is one of some."""
    if len(wanted) > _FEW:
        return Bits.of(np.isin(codes, wanted))

    def one(code: int) -> Bits:
        return table.keep((key, code), lambda: Bits.of(codes == code))

    return _joined(table, [one(code) for code in wanted])


def _months(table: Table, value: object) -> Bits:
    wanted = list(cast(tuple[int, ...], value))
    return _coded(table, "month", table.months, wanted)


def _flags(table: Table, value: object) -> Bits:
    names = cast(tuple[str, ...], value)
    parts = [_flag(table, name) for name in names if name in table.flags]
    if NO_FLAG in names:
        parts.append(table.keep("no flag", lambda: ~_flags(table, tuple(table.flags))))
    return _joined(table, parts)


def _flag(table: Table, name: str) -> Bits:
    return table.keep(("flag", name), lambda: Bits.of_rows(table.flags[name], len(table)))


def _nlabels(table: Table, value: object) -> Bits:
    low, high = cast(tuple[int, int], value)
    low, high = min(low, 65), min(high, 65)
    numbers = table.label_numbers
    return table.keep(("nlabels", low, high), lambda: Bits.of((numbers >= low) & (numbers <= high)))


def _dates(table: Table, value: object) -> Bits:
    first, last = (
        int(np.datetime64(cast(str, day), "D").astype(int))
        for day in cast(tuple[object, object], value)
    )
    return bits.between([Range(table.day, first, last)], table.every)


def _share(table: Table, value: object) -> Bits:
    return table.share(cast(Comparison, value))


def _ids(table: Table, value: object) -> Bits:
    ids, wanted = table.samples["id"], cast(tuple[str, ...], value)
    if len(wanted) > _FEW_IDS or not table.sorted_by_id:
        return Bits.of(ids.isin(wanted).to_numpy(bool))
    ends = [(bisect.bisect_left(ids.array, x), bisect.bisect_right(ids.array, x)) for x in wanted]
    return Bits.of_rows([row for first, end in ends for row in range(first, end)], len(table))


def _box(table: Table, value: object, among: Bits) -> Bits:
    west, south, east, north = cast(tuple[float, ...], value)
    lon, lat = table.place
    return bits.between([Range(lon, west, east), Range(lat, south, north)], among)


def _polygon(table: Table, value: object, among: Bits) -> Bits:
    area = outline.shape("poly", cast(tuple[float, ...], value))
    shapely.prepare(area)
    near = _box(table, tuple(shapely.bounds(area).tolist()), among)
    return outline.inside(area, table.place, table.squares, near)


_TESTS: dict[str, Callable[[Table, object], Bits]] = {
    "class": _classes,
    "country": _one_of("country"),
    "date": _dates,
    "flag": _flags,
    "ids": _ids,
    "month": _months,
    "nlabels": _nlabels,
    "season": _one_of("season"),
    "share": _share,
    "split": _one_of("split"),
    "tile": _one_of("tile"),
}
_PLACES: dict[str, Callable[[Table, object, Bits], Bits]] = {"box": _box, "poly": _polygon}
