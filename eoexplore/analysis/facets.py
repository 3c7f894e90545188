"""Faceted counts: how many samples each option of a filter would leave.

The count of an option looks at all other conditions and leaves out the one that it belongs to, so
that it says what a click would bring.

Half a million samples differ in a few thousand ways as far as the options go: `Columns` holds each
such *kind* (split, country, date and so on) and each set of labels once, with the number of
samples of every pair of them. `count` is *the facets*: all counts of the filter panel, from those
small tables.
"""

import contextlib
import functools
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from eoexplore.core.bits import Bits
from eoexplore.core.errors import SelectionError
from eoexplore.core.selection import NO_FLAG, ClassRule, Comparison, Selection
from eoexplore.core.types import Classes

Ints = npt.NDArray[np.integer]
Weights = npt.NDArray[np.float64]
"""Numbers of samples; whole ones, and exact up to 2^53."""
_LISTS = ("split", "country", "season", "month", "tile")
_KINDS = (*_LISTS, "flag", "date")
"""Conditions that hold for all samples of a kind or for none."""
_SETS = ("class", "nlabels")
"""Conditions that hold for all samples with a set of labels or for none."""
_NO_DAY = np.iinfo(np.int64).min
_DENSE = 4_000_000
"""Combinations up to which those that occur are found in a list of all."""


@dataclass(frozen=True)
class Columns:
    """A sample table of n rows, sorted into kinds of samples once so that counting is quick."""

    size: int
    """Number of samples."""
    names: Mapping[str, tuple[str, ...]]
    """What the options of each key are called, in the order of their codes."""
    codes: Mapping[str, Ints]
    """Option of each kind by key, shape (kinds,); -1 for none."""
    flags: Mapping[str, npt.NDArray[np.bool_]]
    """Which kinds have a flag, by its name, shape (kinds,); where there are any, those without."""
    days: npt.NDArray[np.int64]
    """Days since 1970, shape (kinds,); a kind without a date has the smallest number."""
    label_sets: npt.NDArray[np.uint64]
    """Distinct values of label_mask, shape (sets,)."""
    has: Weights
    """1 where a set has a class, else 0; shape (sets, classes)."""
    samples: tuple[Ints, Ints]
    """One sample of each kind, and one with each set of labels."""
    pairs: tuple[Ints, Ints]
    """Kind and set of labels of each pair that there is, by kind, shape (pairs,) each."""
    starts: npt.NDArray[np.intp]
    """Where the pairs of each kind begin, shape (kinds,)."""
    counts: Weights
    """Samples of each pair, shape (pairs,)."""
    pair: npt.NDArray[np.intp]
    """Which pair each sample is, shape (n,)."""
    classes: tuple[str, ...]
    """Class names, in the order of the bits of label_mask."""
    mapped: bool
    """Whether the areas of the classes are known."""

    def __len__(self) -> int:
        """Return the number of samples."""
        return self.size


@dataclass(frozen=True)
class Facets:
    """What each option would leave under the other conditions."""

    options: Mapping[str, Mapping[str, int]]
    """By key (split, country, season, month, tile, flag), then by option."""
    classes: Mapping[str, Mapping[str, int]]
    """By rule (any, all, none), then by class name."""
    shares: Mapping[str, int]
    """Samples in which a class has the asked share, by class name; empty where areas lack."""
    nlabels: tuple[int, ...]
    """Samples with 0, 1, 2, … labels."""
    dates: tuple[np.datetime64, np.datetime64] | None
    """First and last day; none where no sample is left."""
    months: tuple[int, ...]
    """Months of the whole table, whatever is selected."""
    span: tuple[np.datetime64, np.datetime64] | None
    """First and last day of the whole table; none where it has none."""
    without: Mapping[str, int] = field(default_factory=dict)
    """Samples that are left when one condition is dropped, by its key."""


def columns(samples: pd.DataFrame, classes: Classes) -> Columns:
    """Sort a sample table for counting.

    Args:
        samples: sample table with the base columns of the index, n rows.
        classes: label schema; bit i of label_mask is its class i.
    """
    days, day = _days(samples["date"])
    flag_sets, flags = _distinct(samples["flags"])
    listed = {key: samples[key].cat for key in _LISTS if key != "month"}
    each = {key: series.codes.to_numpy() for key, series in listed.items()}
    kind, one = _together([*each.values(), day, flags])
    label_set, label_sets = pd.factorize(samples["label_mask"].to_numpy(np.uint64))
    pair, first = _together([kind, label_set])
    pairs = kind[first], label_set[first]
    codes: dict[str, Ints] = {key: column[one] for key, column in each.items()}
    own = days[day[one]]
    codes["month"] = np.where(own == _NO_DAY, -1, _month(own) - 1)
    names = {key: tuple(map(str, series.categories)) for key, series in listed.items()}
    names["month"] = tuple(str(month) for month in range(1, 13))
    bits = np.arange(len(classes.names), dtype=np.uint64)
    kinds = flags[one]
    return Columns(
        size=len(samples),
        names=names,
        codes=codes,
        flags={name: there[kinds] for name, there in _flags(flag_sets).items()},
        days=own,
        label_sets=label_sets,
        has=(label_sets[:, None] >> bits & np.uint64(1)).astype(float),
        samples=(one, _one_of_each(label_set)),
        pairs=pairs,
        starts=np.searchsorted(pairs[0], np.arange(len(one))),
        counts=np.bincount(pair, minlength=len(first)).astype(float),
        pair=pair.astype(np.intp),
        classes=classes.names,
        mapped=any(f"area_{code}" in samples.columns for code in classes.codes),
    )


def _flags(sets: tuple[frozenset[str], ...]) -> dict[str, npt.NDArray[np.bool_]]:
    """Return which sets hold each flag and, where there are flags, which are empty."""
    names = sorted(frozenset().union(*sets))
    has = {name: np.array([name in own for own in sets], bool) for name in names}
    return has | {NO_FLAG: np.array([not own for own in sets], bool)} if has else {}


def _days(dates: pd.Series) -> tuple[npt.NDArray[np.int64], Ints]:
    """Return the distinct days since 1970, and which of them each sample has."""
    days = dates.to_numpy().astype("datetime64[D]").astype(np.int64)
    codes, distinct = pd.factorize(days)
    return np.asarray(distinct, np.int64), codes


def _month(days: npt.NDArray[np.int64]) -> Ints:
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return cast(Ints, months % 12 + 1)


def _together(codes: Iterable[Ints]) -> tuple[Ints, Ints]:
    """Return which combination of some codes each sample has, and one sample of each.

    Combinations are in the order of their codes, the first one first.
    """
    result: Ints = np.zeros(1, np.int64)
    most = 1
    for column in codes:
        # One more, so that "none" (-1) is a code as well.
        options = int(column.max(initial=-1)) + 2
        if most * options > _DENSE:
            result = _numbered(result, most)
            most = int(result.max(initial=0)) + 1
        result, most = result * options + (column.astype(np.int64) + 1), most * options
    result = _numbered(result, most)
    return result, _one_of_each(result)


def _numbered(codes: Ints, most: int) -> Ints:
    """Number the codes that occur, in their order."""
    if most > _DENSE:
        return np.unique(codes, return_inverse=True)[1]
    there = np.zeros(most, bool)
    there[codes] = True
    numbers: Ints = (np.cumsum(there, dtype=np.int32) - 1)[codes]
    return numbers


def _one_of_each(codes: Ints) -> Ints:
    """Return one place of each code from zero on."""
    places = np.zeros(int(codes.max(initial=-1)) + 1, np.int64)
    places[codes] = np.arange(len(codes))
    return places


def _distinct(lists: pd.Series) -> tuple[tuple[frozenset[str], ...], npt.NDArray[np.intp]]:
    """Return the distinct sets among some lists, and which of them each list is."""
    values = lists.to_numpy(object)
    places: dict[tuple[str, ...], int] = {(): 0}
    codes = np.zeros(len(values), np.intp)
    there = np.flatnonzero(np.fromiter(map(len, values), np.intp, len(values)))
    codes[there] = [places.setdefault(tuple(names), len(places)) for names in values[there]]
    return tuple(map(frozenset, places)), codes


def count(
    table: Columns,
    selection: Selection,
    parts: Mapping[str, Bits],
    share_of: Callable[[Comparison], Bits] | None = None,
) -> Facets:
    """Count what each option of each filter would leave.

    Args:
        table: the sorted sample table.
        selection: the conditions.
        parts: which samples each condition selects on its own, by its key.
        share_of: which samples have a share of a class, as `selection.Table.share` tells; without
            it, shares are not counted.
    """
    left = _Left(table, parts)
    sizes = np.bitwise_count(table.label_sets)
    days = table.days[(left.kinds("date") > 0) & (table.days != _NO_DAY)]
    months = np.unique(table.codes["month"]) + 1
    asked = cast("Comparison | None", selection.get("share")) or Comparison("", ">=", 0.1)
    rules = {r.mode: r.names for r in cast(tuple[ClassRule, ...], selection.get("class") or ())}
    options = {key: _options(table, key, left.kinds(key)) for key in _LISTS}
    of_flags = left.kinds("flag")
    options["flag"] = {name: int(of_flags @ there) for name, there in table.flags.items()}
    return Facets(
        options=options,
        classes=_classes(table, left.sets("class"), rules),
        shares=_shares(table, asked, left, share_of) if share_of and table.mapped else {},
        nlabels=tuple(np.bincount(sizes, left.sets("nlabels")).astype(int).tolist()),
        dates=_span(days),
        months=tuple(months[months > 0].tolist()),
        span=_span(table.days[table.days != _NO_DAY]),
        without={key: left.without(key) for key in parts},
    )


class _Left:
    """How many samples the conditions leave, of each kind and of each set of labels."""

    def __init__(self, table: Columns, parts: Mapping[str, Bits]) -> None:
        self._parts = parts
        self._size = table.size
        places = dict.fromkeys(_KINDS, 0) | dict.fromkeys(_SETS, 1)
        # A condition that is the same for all of a kind is looked up for one of them.
        fits = {
            key: part.has(table.samples[places[key]]).astype(float)
            for key, part in parts.items()
            if key in places
        }
        self._kinds = {key: fit for key, fit in fits.items() if key in _KINDS}
        self._sets = {key: fit for key, fit in fits.items() if key in _SETS}
        counts = _counts(table, [part for key, part in parts.items() if key not in fits])
        kind, label_set = table.pairs
        own = counts * _product(self._sets)[label_set] if self._sets else counts
        self._by_kind = np.add.reduceat(own, table.starts) if len(own) else own
        own = counts * _product(self._kinds)[kind] if self._kinds else counts
        self._by_set = np.bincount(label_set, own, len(table.label_sets))

    def kinds(self, key: str) -> Weights:
        """Return the samples of each kind that all conditions but one leave."""
        return self._by_kind * _product(self._kinds, key)

    def sets(self, key: str) -> Weights:
        """Return the samples with each set of labels that all conditions but one leave."""
        return self._by_set * _product(self._sets, key)

    def rows(self, key: str) -> Bits:
        """Return the samples that all conditions but one leave."""
        others = [part for other, part in self._parts.items() if other != key]
        return functools.reduce(operator.and_, others) if others else Bits.every(self._size)

    def without(self, key: str) -> int:
        """Return how many samples all conditions but one leave."""
        if key in self._kinds:
            return int(self.kinds(key).sum())
        return int(self.sets(key).sum()) if key in self._sets else self.rows(key).count()


def _product(fits: Mapping[str, Weights], but: str = "") -> Weights:
    """Return where all of some conditions but one hold, as 0 and 1."""
    others = [fit for key, fit in fits.items() if key != but]
    return functools.reduce(operator.mul, others) if others else np.ones(1)


def _counts(table: Columns, conditions: list[Bits]) -> Weights:
    """Return how many samples of each pair some conditions leave."""
    if not conditions:
        return table.counts
    kept = functools.reduce(operator.and_, conditions)
    if kept.count() * 2 <= table.size:
        return np.bincount(table.pair[kept.mask()], minlength=len(table.counts)).astype(float)
    # Fewer are left out than stay.
    return table.counts - np.bincount(table.pair[(~kept).mask()], minlength=len(table.counts))


def _options(table: Columns, key: str, kinds: Weights) -> dict[str, int]:
    # One more, so that "none" (-1) has a place; it is not counted.
    names = table.names[key]
    counts = np.bincount(table.codes[key].astype(np.int64) + 1, kinds, len(names) + 1)[1:]
    return dict(zip(names, counts.astype(int).tolist(), strict=True))


def _classes(
    table: Columns, sets: Weights, rules: Mapping[str, tuple[str, ...]]
) -> dict[str, dict[str, int]]:
    """Count the samples that each class would leave under each rule."""
    asked = {mode: _bits(table, names) for mode, names in rules.items()}
    there = {mode: table.label_sets & bits for mode, bits in asked.items()}
    tests = {"any": lambda m: there[m] != 0, "all": lambda m: there[m] == asked[m],
             "none": lambda m: there[m] == 0}  # fmt: skip
    result = {}
    for mode in ("any", "all", "none"):
        own = sets
        for other in rules:
            # Of "any", one class alone is asked; of the others, one more beside those chosen.
            if not other == mode == "any":
                own = own * tests[other](other)
        has = own @ table.has
        numbers = own.sum() - has if mode == "none" else has
        result[mode] = dict(zip(table.classes, numbers.astype(int).tolist(), strict=True))
    return result


def _bits(table: Columns, names: tuple[str, ...]) -> np.uint64:
    return np.uint64(sum(1 << table.classes.index(name) for name in names))


def _shares(
    table: Columns, asked: Comparison, left: _Left, share_of: Callable[[Comparison], Bits]
) -> dict[str, int]:
    """Count the samples in which each class has the asked share of the label map."""
    rows = left.rows("share")
    found = {}
    for name in table.classes:
        # A class that lacks a column of areas cannot be asked for, so it is no option.
        with contextlib.suppress(SelectionError):
            found[name] = rows.common(share_of(Comparison(name, asked.sign, asked.bound)))
    return found


def _span(days: npt.NDArray[np.int64]) -> tuple[np.datetime64, np.datetime64] | None:
    if not len(days):
        return None
    return np.datetime64(int(days.min()), "D"), np.datetime64(int(days.max()), "D")
