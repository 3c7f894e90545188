"""Faceted counts: how many samples each option of a filter would leave.

The count of an option looks at all other conditions and leaves out the one that it belongs to, so
that it says what a click would bring.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from eoexplore.core.selection import ClassRule, Comparison, Selection
from eoexplore.core.types import Classes

Mask = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
_LISTS = ("split", "country", "season", "month", "tile")


@dataclass(frozen=True)
class Columns:
    """A sample table of n rows, sorted into small numbers once so that counting is quick."""

    codes: Mapping[str, npt.NDArray[np.integer]]
    """Option of each sample by key, shape (n,); one that is not counted is negative."""
    names: Mapping[str, tuple[str, ...]]
    """What the options are called, in the order of their codes."""
    flag_sets: tuple[frozenset[str], ...]
    """Distinct sets of flags."""
    flags: npt.NDArray[np.intp]
    """Which of them each sample has, shape (n,)."""
    label_sets: npt.NDArray[np.uint64]
    """Distinct values of label_mask."""
    labels: npt.NDArray[np.intp]
    """Which of them each sample has, shape (n,)."""
    days: npt.NDArray[np.int64]
    """Days since 1970, shape (n,); a sample without a date has the smallest number."""
    areas: npt.NDArray[np.uint16]
    """Pixels of each class on the label map, shape (classes, n); no rows before they are known."""
    totals: npt.NDArray[np.int32]
    """Pixels of the label map, shape (n,); 0 where there is none."""
    classes: tuple[str, ...]
    """Class names, in the order of the bits of label_mask."""

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.labels)


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
    without: Mapping[str, int] = field(default_factory=dict)
    """Samples that are left when one condition is dropped, by its key."""


def columns(samples: pd.DataFrame, classes: Classes) -> Columns:
    """Sort a sample table for counting.

    Args:
        samples: sample table with the base columns of the index, n rows.
        classes: label schema; bit i of label_mask is its class i.
    """
    codes: dict[str, npt.NDArray[np.integer]] = {}
    names: dict[str, tuple[str, ...]] = {}
    for key in _LISTS:
        if key == "month":
            codes[key] = samples["date"].dt.month.fillna(0).to_numpy(np.int8) - 1
            names[key] = tuple(str(month) for month in range(1, 13))
        else:
            codes[key] = samples[key].cat.codes.to_numpy()
            names[key] = tuple(map(str, samples[key].cat.categories))
    sets, flags = _distinct(samples["flags"])
    labels, label_sets = pd.factorize(samples["label_mask"].to_numpy(np.uint64))
    areas, totals = _areas(samples, classes)
    return Columns(
        codes=codes,
        names=names,
        flag_sets=sets,
        flags=flags,
        label_sets=label_sets,
        labels=labels,
        days=samples["date"].to_numpy().astype("datetime64[D]").astype(np.int64),
        areas=areas,
        totals=totals,
        classes=classes.names,
    )


def count(table: Columns, selection: Selection, masks: Mapping[str, Mask]) -> Facets:
    """Count what each option of each filter would leave.

    Args:
        table: the sorted sample table.
        selection: the conditions.
        masks: which samples each condition selects on its own, by its key, shape (n,).
    """
    bases = _Bases(len(table), masks)
    options = {key: _options(table, key, bases.rows(key)) for key in _LISTS}
    options["flag"] = _flags(table, bases.rows("flag"))
    sets = np.bincount(table.labels[bases.rows("class")], minlength=len(table.label_sets))
    by_set = np.bincount(table.labels[bases.rows("nlabels")], minlength=len(table.label_sets))
    sizes = np.bitwise_count(table.label_sets)
    rules = {r.mode: r.names for r in cast(tuple[ClassRule, ...], selection.get("class") or ())}
    share = cast("Comparison | None", selection.get("share"))
    days = table.days[bases.rows("date")]
    days = days[days != np.iinfo(np.int64).min]
    return Facets(
        options=options,
        classes={mode: _classes(table, sets, rules, mode) for mode in ("any", "all", "none")},
        shares=_shares(table, share or Comparison("", ">=", 0.1), bases.rows("share")),
        nlabels=tuple(np.bincount(sizes, weights=by_set).astype(int).tolist()),
        dates=(_date(days.min()), _date(days.max())) if len(days) else None,
        without={key: len(bases.rows(key)) for key in masks},
    )


class _Bases:
    """The samples that remain when one condition is left out."""

    def __init__(self, size: int, masks: Mapping[str, Mask]) -> None:
        self._masks = masks
        self._size = size
        self._rows: dict[str, Ints] = {}

    def rows(self, key: str) -> Ints:
        key = key if key in self._masks else ""
        if key not in self._rows:
            mask = np.ones(self._size, bool)
            for other, part in self._masks.items():
                if other != key:
                    mask &= part
            self._rows[key] = np.flatnonzero(mask)
        return self._rows[key]


def _options(table: Columns, key: str, rows: Ints) -> dict[str, int]:
    # One more, so that "none" (-1) has a place; it is not counted.
    codes = table.codes[key][rows].astype(np.int64) + 1
    counts = np.bincount(codes, minlength=len(table.names[key]) + 1)[1:]
    return dict(zip(table.names[key], counts.tolist(), strict=True))


def _flags(table: Columns, rows: Ints) -> dict[str, int]:
    counts = np.bincount(table.flags[rows], minlength=len(table.flag_sets)).tolist()
    names = sorted(frozenset().union(*table.flag_sets))
    return {
        name: sum(n for n, flags in zip(counts, table.flag_sets, strict=True) if name in flags)
        for name in names
    }


def _classes(
    table: Columns, sets: Ints, rules: Mapping[str, tuple[str, ...]], mode: str
) -> dict[str, int]:
    """Count samples by their set of labels: there are few sets, so every class is quick."""
    kept = np.ones(len(sets), bool)
    for other, names in rules.items():
        # Of "any", one class alone is asked; of the others, one more beside those chosen.
        if other == mode == "any":
            continue
        bits = table.label_sets & _bits(table, names)
        kept &= {"any": bits != 0, "all": bits == _bits(table, names), "none": bits == 0}[other]
    counts = {}
    for name in table.classes:
        has = table.label_sets & _bits(table, (name,)) != 0
        counts[name] = int(sets[kept & (~has if mode == "none" else has)].sum())
    return counts


def _bits(table: Columns, names: tuple[str, ...]) -> np.uint64:
    return np.uint64(sum(1 << table.classes.index(name) for name in names))


def _shares(table: Columns, asked: Comparison, rows: Ints) -> dict[str, int]:
    """Count the samples in which each class has the asked share of the label map."""
    if not len(table.areas):
        return {}
    rows = rows[table.totals[rows] > 0]
    totals = table.totals[rows]
    compare = {
        ">=": np.greater_equal, "<=": np.less_equal, ">": np.greater, "<": np.less, "=": np.equal,
    }[asked.sign]  # fmt: skip
    if len(totals) and (totals == totals[0]).all():
        # Maps are of one size: whether a number of pixels will do is worked out once for each.
        holds = compare(np.arange(totals[0] + 1) / totals[0], asked.bound)
        tests = (int(holds[areas[rows]].sum()) for areas in table.areas)
    else:
        tests = (int(compare(areas[rows] / totals, asked.bound).sum()) for areas in table.areas)
    return dict(zip(table.classes, tests, strict=True))


def _areas(
    samples: pd.DataFrame, classes: Classes
) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.int32]]:
    columns = [f"area_{code}" for code in classes.codes if f"area_{code}" in samples.columns]
    totals = np.zeros(len(samples), np.int32)
    for column in columns:
        totals += samples[column].to_numpy(np.int32)
    areas = np.zeros((len(classes.classes) if columns else 0, len(samples)), np.uint16)
    for row in range(len(areas)):
        for code in classes.classes[row].codes:
            if f"area_{code}" in samples.columns:
                areas[row] += samples[f"area_{code}"].to_numpy(np.uint16)
    return areas, totals


def _distinct(lists: pd.Series) -> tuple[tuple[frozenset[str], ...], npt.NDArray[np.intp]]:
    """Return the distinct sets among some lists, and which of them each list is."""
    places = {frozenset[str](): 0}
    values = lists.to_numpy(object)
    codes = np.zeros(len(values), np.intp)
    for row in np.flatnonzero(np.fromiter(map(len, values), np.intp, len(values))).tolist():
        codes[row] = places.setdefault(frozenset(values[row]), len(places))
    return tuple(places), codes


def _date(day: np.int64) -> np.datetime64:
    return np.datetime64(int(day), "D")
