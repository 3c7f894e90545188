"""A selection in words: what stands on its chips, in captions and in exports."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from eoexplore.core import outline
from eoexplore.core.selection import NO_FLAG, ClassRule, Comparison, Selection

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
SIGNS = {">=": "≥", "<=": "≤", ">": ">", "<": "<", "=": "="}
"""How a comparison is shown."""
_TILE = re.compile(r"_T(\d{2}[A-Z]{3}_\d+_\d+)$")


@dataclass(frozen=True)
class Phrase:
    """One part of a selection that can be dropped alone."""

    key: str
    """Key of the condition."""
    mode: str
    """Which rule of a class condition ("any", "all", "none"); empty for other keys."""
    text: str
    """What it says."""


def phrases(selection: Selection) -> tuple[Phrase, ...]:
    """Return a selection as short phrases that all hold, in the order of its keys."""
    found = []
    for key, value in selection.conditions:
        if key == "class":
            rules = cast(tuple[ClassRule, ...], value)
            found += [Phrase(key, rule.mode, _class_rule(rule)) for rule in rules]
        else:
            found.append(Phrase(key, "", _WORDS.get(key, _other(key))(value)))
    return tuple(found)


def without(selection: Selection, phrase: Phrase) -> Selection:
    """Return a selection without what a phrase says."""
    if not phrase.mode:
        return selection.replace(phrase.key, None)
    rules = cast(tuple[ClassRule, ...], selection.get("class") or ())
    return selection.replace("class", tuple(r for r in rules if r.mode != phrase.mode) or None)


def day(date: dt.date) -> str:
    """Return a day as 13 Jun 2017."""
    return f"{date.day} {MONTHS[date.month - 1][:3]} {date.year}"


def percent(share: float) -> str:
    """Return a share as 10 %, with no more digits than it has."""
    return f"{round(share * 100, 6):g} %"


def square_km(size: float) -> str:
    """Return an area of the ground with its unit."""
    return f"{size:,.0f} km²" if size >= 10 else f"{size:.2g} km²"


def _class_rule(rule: ClassRule) -> str:
    if rule.mode == "none":
        return f"without {_joined(rule.names, 'or')}"
    return _joined(rule.names, {"any": "or", "all": "and"}[rule.mode])


def _joined(names: tuple[str, ...], word: str) -> str:
    *most, last = names
    return f"{', '.join(most)} {word} {last}" if most else last


def _either(value: object) -> str:
    return _joined(tuple(name.replace("_", " ") for name in cast(tuple[str, ...], value)), "or")


def _flags(value: object) -> str:
    names = cast(tuple[str, ...], value)
    return _either(tuple("no flag" if name == NO_FLAG else name for name in names))


def _months(value: object) -> str:
    return _joined(tuple(MONTHS[month - 1] for month in cast(tuple[int, ...], value)), "or")


def _dates(value: object) -> str:
    first, last = cast(tuple[dt.date, dt.date], value)
    return day(first) if first == last else f"{day(first)} to {day(last)}"


def _number_of_labels(value: object) -> str:
    low, high = cast(tuple[int, int], value)
    if low == high:
        return f"{low} label" if low == 1 else f"{low} labels"
    return f"{low} to {high} labels"


def _share(value: object) -> str:
    asked = cast(Comparison, value)
    return f"{asked.name} {SIGNS[asked.sign]} {percent(asked.bound)}"


def _area(key: str) -> Callable[[object], str]:
    def words(value: object) -> str:
        return f"drawn area, {square_km(outline.area_km2(key, cast(tuple[float, ...], value)))}"

    return words


def _ids(value: object) -> str:
    ids = cast(tuple[str, ...], value)
    if len(ids) > 1:
        return f"{len(ids)} patches by id"
    short = _TILE.search(ids[0])
    return f"patch {short[1] if short else ids[0]}"


def _other(key: str) -> Callable[[object], str]:
    def words(value: object) -> str:
        raw = Selection(((key, value),)).canonical().partition("=")[2]
        return f"{key} {raw}"

    return words


_WORDS: dict[str, Callable[[object], str]] = {
    "box": _area("box"),
    "country": _either,
    "date": _dates,
    "flag": _flags,
    "ids": _ids,
    "month": _months,
    "nlabels": _number_of_labels,
    "poly": _area("poly"),
    "season": _either,
    "share": _share,
    "split": _either,
    "tile": lambda value: f"tile {_either(value)}",
}
