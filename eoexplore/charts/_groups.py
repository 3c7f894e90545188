"""What samples can be counted by: split, country, season, month, tile, satellite."""

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoexplore.charts.chart import Asked, CannotTell

GROUPS = {
    "split": "Split",
    "country": "Country",
    "season": "Season",
    "month": "Month",
    "tile": "Tile",
    "satellite": "Satellite",
}
"""Title of each way to group, by its name; all but the last are keys of selections too."""
_ORDERS = {
    "split": ("train", "validation", "test"),
    "season": ("winter", "spring", "summer", "autumn"),
}
_SATELLITE = re.compile(r"(S[12][A-D])_")
_MONTHS = tuple(calendar.month_name)
"""The first one is empty: of patches without a date."""
UNKNOWN = "unknown"


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

    Raises:
        CannotTell: the dataset does not say it of any sample.
    """
    found = asked.opened.samples.keep(f"grouped by {by}", lambda: _make(asked, by))
    if found.names == (UNKNOWN,):
        raise CannotTell(
            f"This dataset does not tell the {GROUPS[by].lower()} of its patches, so nothing can "
            "be counted by it. Choose another way to count."
        )
    return found


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
