"""What samples can be counted by: split, country, date, satellite, columns of predictions."""

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from eoexplore.charts import _predicted
from eoexplore.charts.chart import Asked, CannotTell, Mask
from eoexplore.core.memory import ByteCache, beside_table
from eoexplore.core.selection import Comparison

GROUPS = {
    "split": "Split",
    "country": "Country",
    "season": "Season",
    "month": "Month",
    "tile": "Tile",
    "satellite": "Satellite",
}
"""Title of each way to group that tables tell; all but the last are keys of selections too."""
_ORDERS = {
    "split": ("train", "validation", "test"),
    "season": ("winter", "spring", "summer", "autumn"),
}
_SATELLITE = re.compile(r"(S[12][A-D])_")
_MONTHS = tuple(calendar.month_name)
"""The first one is empty: of patches without a date."""
UNKNOWN = "unknown"
_NOT_PREDICTED, _NO_PIXEL = "not predicted", "without labelled pixels"
_COUNTED = {"errors": "wrong", "missed": "missed", "extra": "extra"}
"""Columns of small whole numbers, and the word behind such a number."""
_TAIL = 5
"""From this number on, all are one group."""
_ENDS = {"confidence": (0.5, 0.6, 0.7, 0.8, 0.9, 1.0), "accuracy": (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)}
"""Ends of the steps of columns of shares: a step has its lower end, the last one both."""
_KEPT_BYTES = 32_000_000
"""Of groups by predictions, beside a table of half a million rows: seven of them."""


def ways(asked: Asked) -> dict[str, str]:
    """Return what samples can be grouped by, columns of predictions last: titles by name."""
    return GROUPS | _predicted.columns(asked)


@dataclass(frozen=True)
class Grouping:
    """The samples of a dataset in groups that do not overlap."""

    title: str
    """What they are grouped by."""
    names: tuple[str, ...]
    """What a user reads for each group that has samples."""
    values: tuple[object, ...]
    """What the condition of a selection needs for each group; none where there is no such key."""
    codes: npt.NDArray[np.intp]
    """Group of each sample, shape (n,)."""


def grouping(asked: Asked, by: str) -> Grouping:
    """Return the groups of all samples of the dataset; kept with its table.

    Args:
        asked: which dataset.
        by: one of `ways`.

    Raises:
        CannotTell: the dataset, or the prediction set, does not say it of any sample.
    """
    if _predicted.is_one(by):
        return _by_predictions(asked, by)
    found = asked.opened.samples.keep(f"grouped by {by}", lambda: _make(asked, by))
    if found.names == (UNKNOWN,):
        raise CannotTell(
            f"This dataset does not tell the {GROUPS[by].lower()} of its patches, so nothing can "
            "be counted by it. Choose another way to count."
        )
    return found


def condition(asked: Asked, by: str, value: object) -> dict[str, object] | None:
    """Return the condition that selects a group within the selection; none where none does.

    Args:
        asked: what is selected.
        by: what is grouped by.
        value: of a group that has samples of the selection, out of `Grouping.values`.
    """
    held = asked.part.selection.get(by)
    # A column has one bound: a second one would take the place of the first.
    bound = isinstance(value, Comparison) and value.sign != "="
    return None if value is None or (bound and held not in (None, value)) else {by: value}


def _by_predictions(asked: Asked, by: str) -> Grouping:
    samples = asked.opened.samples
    stamp, numbers = _predicted.numbers(asked, by)
    kept: ByteCache[Grouping] = samples.keep(
        "grouped by predictions", lambda: ByteCache(beside_table(_KEPT_BYTES, len(samples)))
    )
    found = kept.get((by, stamp))
    if found is None:
        found = _of_numbers(by, numbers, _predicted.about_it(asked, by))
        kept.put((by, stamp), found, found.codes.nbytes)
    return found


def _of_numbers(by: str, numbers: npt.NDArray[np.float32], predicted: Mask) -> Grouping:
    """Return the groups of a column; last those without a number, then those not in the set."""
    own, column = _predicted.parts(by)
    known = ~np.isnan(numbers)
    if not known.any():
        raise CannotTell(
            f"The prediction set {own} says this of no patch of the dataset, so nothing can be "
            "counted by it. Choose another way to count."
        )
    names, values = _counts(_COUNTED[column]) if column in _COUNTED else _steps(_ENDS[column])
    codes = np.where(predicted, len(names), len(names) + 1)
    if column in _COUNTED:
        codes[known] = np.minimum(numbers[known], _TAIL)
    else:
        # In 32 bits, as conditions compare them.
        inner = np.array(_ENDS[column][1:-1], np.float32)
        codes[known] = np.searchsorted(inner, numbers[known], side="right")
    names += [_NO_PIXEL if column == "accuracy" else UNKNOWN, _NOT_PREDICTED]
    there, codes = np.unique(codes, return_inverse=True)
    return Grouping(
        _predicted.title(by),
        tuple(names[number] for number in there),
        tuple([*values, None, None][number] for number in there),
        codes.astype(np.intp),
    )


def _counts(word: str) -> tuple[list[str], list[Comparison | None]]:
    names = [*(f"{count} {word}" for count in range(_TAIL)), f"{_TAIL} or more {word}"]
    values = [Comparison("", "=", float(count)) for count in range(_TAIL)]
    return names, [*values, Comparison("", ">=", float(_TAIL))]


def _steps(ends: tuple[float, ...]) -> tuple[list[str], list[Comparison | None]]:
    """Return names and conditions: a step in the middle would need two bounds of one column."""
    names = [f"{low:g} to below {high:g}" for low, high in pairwise(ends)]
    names[-1] = f"{ends[-2]:g} to {ends[-1]:g}"
    middle: list[Comparison | None] = [None] * (len(names) - 2)
    return names, [Comparison("", "<", ends[1]), *middle, Comparison("", ">=", ends[-2])]


def _make(asked: Asked, by: str) -> Grouping:
    if by == "month":
        table = asked.opened.samples.table(asked.opened.dataset.classes)
        values = [None, *((number,) for number in range(1, 13))]
        return _used(by, table.months.astype(np.intp), _MONTHS, values)
    if by == "satellite":
        column = asked.frame["product"].astype("category").cat
        found = [_SATELLITE.match(str(name)) for name in column.categories]
        own = [match[1] if match else "" for match in found]
        words = tuple(sorted(set(own)))
        codes = np.array([words.index(name) for name in own], np.intp)[column.codes.to_numpy()]
        return _used(by, codes, words, [None] * len(words))
    column = asked.frame[by].astype("category").cat
    words = tuple(str(name) for name in column.categories)
    codes = column.codes.to_numpy().astype(np.intp)
    return _used(by, codes, words, [(word,) for word in words])


def _used(
    by: str, codes: npt.NDArray[np.intp], words: Sequence[str], values: Sequence[object]
) -> Grouping:
    """Return the groups that have samples, in the order that their kind has."""
    there = np.bincount(codes, minlength=len(words)) > 0
    first = _ORDERS.get(by, ())
    order = [number for number in range(len(words)) if there[number]]
    if by != "month":
        # What is not known stands last.
        order.sort(
            key=lambda n: (
                not words[n],
                first.index(words[n]) if words[n] in first else 9,
                words[n],
            )
        )
    place = np.zeros(len(words), np.intp)
    place[order] = np.arange(len(order))
    return Grouping(
        GROUPS[by],
        tuple(words[number] or UNKNOWN for number in order),
        tuple(values[number] if words[number] else None for number in order),
        place[codes],
    )
