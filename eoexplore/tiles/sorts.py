"""The orders of the gallery: what samples can be sorted by, and the selected ones in that order.

An order is written as its name, with a minus before it where it is turned round: `place`, `-date`,
`share.312`. Equals follow each other by id, and samples of which the value is not known come last,
whichever way round it is. Only what is known of some sample is offered: no order by place without
any location.
"""

import itertools
import threading
import weakref
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoexplore.analysis.selection import PREDICTED
from eoexplore.core.errors import EOExploreError, SelectionError
from eoexplore.core.memory import ByteCache
from eoexplore.core.nomenclature import key_of
from eoexplore.core.selection import Selection
from eoexplore.core.types import LabelClass
from eoexplore.store import prediction_columns, prediction_sets
from eoexplore.store.catalog import Opened
from eoexplore.store.samples import Samples

Ints = npt.NDArray[np.int32]
Values = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
_BYTES = 96_000_000
_NO_AREAS = "The index has not read the reference maps yet."


@dataclass(frozen=True)
class Sort:
    """One thing that samples can be sorted by."""

    id: str
    """Name in addresses."""
    title: str
    """What a user reads."""
    ends: tuple[str, str]
    """What comes first, in few words: as it is, and turned round."""
    group: str = ""
    """Heading that it stands under in a list."""
    disabled: str | None = None
    """Why it cannot be used now."""


@dataclass(frozen=True)
class Chosen:
    """The selected samples in one order."""

    rows: Ints
    """Rows of the sample table, shape (k,)."""
    places: Ints
    """Place in the order of all samples of each row, rising, shape (k,)."""
    notices: tuple[str, ...]
    """A sentence for each condition that was left out."""


def sorts(opened: Opened) -> tuple[Sort, ...]:
    """Return what a dataset can be sorted by, the default first."""
    frame = opened.samples.frame
    by_id = Sort("id", "Id", ("A first", "Z first"))
    found: list[Sort] = []
    if opened.samples.located.any():
        ends = ("northernmost first", "southernmost first")
        found.append(Sort("place", "Place: tile, then grid", ("first tile", "last tile")))
        found.append(Sort("north", "North to south", ends))
    else:
        found.append(by_id)
    if frame["date"].notna().any():
        found.append(Sort("date", "Date", ("earliest first", "latest first")))
    if opened.dataset.classes.classes:
        found.append(Sort("labels", "Number of labels", ("fewest first", "most first")))
    if by_id not in found:
        found.append(by_id)
    found += _shares(opened)
    return (*found, *_predicted(opened))


def known_sort(opened: Opened, text: str) -> tuple[str, bool, tuple[str, ...]]:
    """Read the order of an address.

    Args:
        opened: dataset and index.
        text: name of an order, with a minus before it where it is turned round.

    Returns:
        Name, whether it is turned round, and a sentence if the default has to stand in.
    """
    all_sorts = {item.id: item for item in sorts(opened)}
    first = next(iter(all_sorts.values()))
    name, turned = text.removeprefix("-"), text.startswith("-")
    found = all_sorts.get(name) if text else first
    stand_in = f"Sorted by {first.title.lower()} instead."
    if found is None:
        return first.id, False, (f"There is no order {text[:40]!r}. {stand_in}",)
    if found.disabled:
        return first.id, False, (f"{found.disabled} {stand_in}",)
    return found.id, turned, ()


def chosen(opened: Opened, selection: Selection, name: str, turned: bool) -> Chosen:
    """Return the samples that a selection keeps, in an order of `known_sort`.

    Both the order of all samples and the answer stay in memory, as far as there is room.
    """
    samples = opened.samples
    key = (_number(samples), selection.canonical(), name, turned, _stamp(opened, selection, name))
    found = _cache.get(key)
    if not isinstance(found, Chosen):
        mask, notices = _mask(opened, selection)
        order = order_of(opened, name, turned)
        places = np.flatnonzero(mask[order]).astype(np.int32)
        found = Chosen(order[places], places, notices)
        _cache.put(key, found, found.rows.nbytes + found.places.nbytes + 500)
    return found


def _stamp(opened: Opened, selection: Selection, name: str) -> Hashable:
    """Return what changes when a prediction set that takes part is made anew."""
    own = name.removeprefix(PREDICTED).partition(".")[0] if name.startswith(PREDICTED) else ""
    try:
        sorting = prediction_columns.stamp_of(opened.fingerprint, own) if own else None
        return sorting, opened.samples.table(opened.dataset.classes).stamp(selection)
    except EOExploreError:
        return "none"


def order_of(opened: Opened, name: str, turned: bool) -> Ints:
    """Return all rows of a sample table in an order, shape (n,)."""
    key = (_number(opened.samples), name, turned, _stamp(opened, Selection(), name))
    found = _cache.get(key)
    if not isinstance(found, np.ndarray):
        found = _sorted(opened, name, turned)
        found.setflags(write=False)
        _cache.put(key, found, found.nbytes)
    return found


def values_of(opened: Opened, name: str, rows: Ints | None = None) -> Values:
    """Return the number by which an order sorts; NaN where it is not known.

    Args:
        opened: dataset and index.
        name: any order but the one by place.
        rows: which samples, shape (k,); all when none.
    """
    frame, at = opened.samples.frame, slice(None) if rows is None else rows
    if name == "north":
        return np.asarray(-opened.samples.lat[at], np.float64)
    if name == "date":
        return _days(frame["date"].to_numpy()[at])
    if name == "labels":
        labels = frame["label_mask"].to_numpy(np.uint64)[at]
        return np.asarray(np.bitwise_count(labels), np.float64)
    if name.startswith("share."):
        return _share(opened, name, at)
    if name.startswith(PREDICTED):
        return np.asarray(_column(opened, name)[at], np.float64)
    # The table is sorted by id.
    return np.arange(len(frame), dtype=np.float64)[at]


def shared_class(opened: Opened, name: str) -> LabelClass | None:
    """Return the class by whose share an order sorts, or none."""
    items = (*opened.dataset.classes.classes, opened.dataset.classes.unlabelled)
    return next((item for item in items if item.codes and name == _share_name(item)), None)


def _sorted(opened: Opened, name: str, turned: bool) -> Ints:
    if name == "place":
        order = _by_place(opened.samples)
        known = int(opened.samples.located.sum())
        return np.concatenate([order[:known][::-1], order[known:]]) if turned else order
    values = values_of(opened, name)
    return np.argsort(-values if turned else values, kind="stable").astype(np.int32)


def _by_place(samples: Samples) -> Ints:
    """Return the rows by MGRS tile, row and column of its grid, day and id, as on the map.

    Those without a place come last.
    """
    tile, names = samples.tiles
    rank = np.append(np.argsort(np.argsort(np.array(names, str))), len(names)).astype(np.int64)
    # Those of no tile have the number -1, which is the last of them.
    place = rank[tile] << 40
    place += np.where(samples.located, samples.y.astype(np.int64) << 20, 0)
    place += np.where(samples.located, samples.x.astype(np.int64), 0)
    # In the walk of the map, too, what has no date comes last at its place.
    days = np.nan_to_num(_days(samples.frame["date"].to_numpy()), nan=np.inf)
    return np.lexsort((days, place)).astype(np.int32)


def _days(dates: npt.NDArray[np.generic]) -> Values:
    days = dates.astype("datetime64[D]")
    return np.where(np.isnat(days), np.nan, days.astype(np.int64).astype(np.float64))


def _share(opened: Opened, name: str, at: slice | Ints) -> Values:
    wanted = shared_class(opened, name)
    frame, codes = opened.samples.frame, opened.dataset.classes.codes
    part, total = (np.zeros(len(frame), np.int32)[at] for _ in range(2))
    for code in codes:
        if f"area_{code}" in frame.columns:
            pixels = frame[f"area_{code}"].to_numpy()[at].astype(np.int32)
            total += pixels
            if wanted is not None and code in wanted.codes:
                part += pixels
    share = np.divide(part, total, out=np.full(len(total), np.nan), where=total > 0)
    return np.asarray(share, np.float64)


def _shares(opened: Opened) -> list[Sort]:
    classes = opened.dataset.classes
    if not classes.codes:
        return []
    disabled = None if opened.samples.areas else _NO_AREAS
    ends = ("least first", "most first")
    return [
        Sort(_share_name(item), f"Share: {item.name}", ends, "Share of a class", disabled)
        for item in (*classes.classes, classes.unlabelled)
        if item.codes
    ]


def _share_name(item: LabelClass) -> str:
    return f"share.{key_of(item)}"


def _column(opened: Opened, name: str) -> npt.NDArray[np.floating]:
    source = prediction_columns.Source(opened.fingerprint, opened.samples, opened.dataset.classes)
    return source(name.removeprefix(PREDICTED))[1]


def _predicted(opened: Opened) -> list[Sort]:
    ends = ("lowest first", "highest first")
    return [
        Sort(f"{PREDICTED}{item.name}.{column}", title, ends, f"Predictions: {item.name}")
        for item in prediction_sets.available(opened.fingerprint)
        for column, title in prediction_columns.names_of(item).items()
    ]


def _mask(opened: Opened, selection: Selection) -> tuple[Mask, tuple[str, ...]]:
    """Tell which samples are selected; a condition that cannot be answered is left out."""
    table = opened.samples.table(opened.dataset.classes)
    mask, notices = np.ones(len(table), bool), []
    for condition in selection.conditions:
        try:
            mask &= table.part(*condition).mask()
        except SelectionError as error:
            notices.append(str(error))
    return mask, tuple(notices)


_cache: "ByteCache[Chosen | Ints]" = ByteCache(_BYTES)
_count = itertools.count()
_numbers: "weakref.WeakKeyDictionary[Samples, int]" = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def _number(samples: Samples) -> int:
    """Return a number that no other sample table has or had."""
    with _lock:
        return _numbers.setdefault(samples, next(_count))
