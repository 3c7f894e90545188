"""The selection grammar: a filter over the index, small enough to live in a URL.

A selection is written `key=value&key=value` with the keys in alphabetical order and every name
percent-encoded where it holds a character of the grammar. The empty text selects all samples.
"""

import datetime as dt
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, unquote

MAX_IDS = 20
"""Ids in a selection that is written out."""
MAX_KEPT_IDS = 1000
"""Ids in a selection that is kept in a file and named in addresses."""
MAX_POLYGON = 500
"""Corners of a polygon; the work of finding what it encloses grows faster than their number."""
NO_FLAG = "none"
"""What stands among the flags of a selection for samples that have none."""
_MODES = ("all", "any", "none")
_ALIASES = {"split": {"val": "validation"}}
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_COMPARISON = re.compile(rf"(>=|<=|>|<|=)({_NUMBER})")


@dataclass(frozen=True)
class ClassRule:
    """Which classes a sample must, may or must not have."""

    mode: str
    """"any", "all" or "none"."""
    names: tuple[str, ...]
    """Exact class names."""


@dataclass(frozen=True)
class Comparison:
    """A number compared with a bound."""

    name: str
    """What is compared: a class name, or a column of a prediction set; may be empty."""
    sign: str
    """One of >= <= > < =."""
    bound: float
    """The bound."""


@dataclass(frozen=True)
class Selection:
    """Conditions that must all hold; each has a key and a value of the type of that key."""

    conditions: tuple[tuple[str, object], ...] = ()
    """(key, value) in alphabetical order of the keys."""

    def get(self, key: str) -> object | None:
        """Return the value of a key, or none where the key sets no condition."""
        return dict(self.conditions).get(key)

    def canonical(self) -> str:
        """Return the one text that all equal selections share; parsing it gives them back."""
        return "&".join(f"{_atom(key)}={_rule(key).write(value)}" for key, value in self.conditions)

    def replace(self, key: str, value: object | None) -> "Selection":
        """Return this selection with one condition set, or dropped where the value is none."""
        kept = {k: v for k, v in self.conditions if k != key}
        if value is not None:
            kept[key] = value
        return Selection(tuple(sorted(kept.items())))


EVERYTHING = Selection()


def parse(text: str, most_ids: int = MAX_IDS) -> tuple[Selection, tuple[str, ...]]:
    """Read a selection; what cannot be read is left out and said.

    Args:
        text: the canonical text, or any order and spelling of it that the grammar allows.
        most_ids: how many ids it may hold.

    Returns:
        The selection, and one sentence for each condition that was ignored.
    """
    kept: dict[str, object] = {}
    notices = []
    # Half a character (a lone surrogate) can be typed in a terminal but not be written back.
    text = text.encode("utf-8", "replace").decode("utf-8")
    for part in filter(None, text.split("&")):
        key, _, raw = part.partition("=")
        key = unquote(key)
        try:
            value = _read_ids(raw, most_ids) if key == "ids" else _rule(key).read(raw)
        except (KeyError, ValueError) as error:
            notices.append(_complaint(key, error))
            continue
        if key in kept:
            notices.append(f"The condition {_short(key)} stands twice; the last one counts.")
        kept[key] = value
    return Selection(tuple(sorted(kept.items()))), tuple(notices)


def _complaint(key: str, error: Exception) -> str:
    if isinstance(error, KeyError):
        known = ", ".join(sorted(_RULES))
        return f"The condition {_short(key)} is not known and was ignored. Known: {known}."
    return f"The condition {_short(key)} was ignored: {error}"


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")


@dataclass(frozen=True)
class _Rule:
    read: Callable[[str], object]
    write: Callable[..., str]


def _rule(key: str) -> _Rule:
    if key.startswith("pred.") and key.count(".") >= 2:
        return _Rule(_read_bound, _write_comparison)
    return _RULES[key]


def _atom(name: str) -> str:
    return quote(name, safe=" ,/()-_.'")


def _names(raw: str) -> tuple[str, ...]:
    names = {unquote(part).strip() for part in raw.split("|")} - {""}
    if not names:
        raise ValueError("it names nothing.")
    return tuple(sorted(names))


def _read_classes(raw: str) -> tuple[ClassRule, ...]:
    rules: dict[str, set[str]] = {}
    for part in raw.split(";"):
        mode, colon, names = part.partition(":")
        if not colon or mode not in _MODES:
            raise ValueError("write any:, all: or none: and class names, such as any:Pastures.")
        rules.setdefault(mode, set()).update(_names(names))
    return tuple(ClassRule(mode, tuple(sorted(rules[mode]))) for mode in sorted(rules))


def _write_classes(rules: tuple[ClassRule, ...]) -> str:
    return ";".join(f"{rule.mode}:{'|'.join(map(_atom, rule.names))}" for rule in rules)


def _read_split(raw: str) -> tuple[str, ...]:
    return tuple(sorted({_ALIASES["split"].get(name, name) for name in _names(raw)}))


def _read_months(raw: str) -> tuple[int, ...]:
    names = _names(raw)
    if not all(re.fullmatch(r"0?[1-9]|1[0-2]", name) for name in names):
        raise ValueError("months are the numbers 1 to 12.")
    return tuple(sorted({int(name) for name in names}))


def _write_list(values: tuple[object, ...]) -> str:
    return "|".join(_atom(str(value)) for value in values)


def _read_dates(raw: str) -> tuple[dt.date, dt.date]:
    first, dots, last = unquote(raw).partition("..")
    try:
        start, end = (dt.date.fromisoformat(day) for day in (first, last if dots else first))
    except ValueError:
        raise ValueError("write it as 2017-06-01..2017-08-31.") from None
    if end < start:
        raise ValueError("its end lies before its beginning.")
    return start, end


def _read_labels(raw: str) -> tuple[int, int]:
    match = re.fullmatch(r"([0-9]{1,3})(?:\.\.([0-9]{1,3}))?", unquote(raw))
    if match is None:
        raise ValueError("write a number or a range such as 2..4.")
    low, high = int(match[1]), int(match[2] or match[1])
    if high < low:
        raise ValueError("its end lies before its beginning.")
    return low, high


def _write_range(pair: tuple[object, object]) -> str:
    return f"{pair[0]}..{pair[1]}"


def _read_share(raw: str) -> Comparison:
    match = re.search(r"[<>=]", raw)
    name = unquote(raw[: match.start()]).strip() if match else ""
    if match is None or not name:
        raise ValueError("write a class and a share, such as Marine waters>=0.1.")
    comparison = _read_bound(raw[match.start() :])
    if not 0 <= comparison.bound <= 1:
        raise ValueError("a share lies between 0 and 1.")
    return Comparison(name, comparison.sign, comparison.bound)


def _read_bound(raw: str) -> Comparison:
    match = _COMPARISON.fullmatch(unquote(raw).strip())
    if match is None or not math.isfinite(float(match[2])):
        raise ValueError("write a comparison such as >=0.5.")
    return Comparison("", match[1], float(match[2]) + 0.0)  # so that -0 is written as 0


def _write_comparison(comparison: Comparison) -> str:
    return f"{_atom(comparison.name)}{comparison.sign}{_number(comparison.bound)}"


def _number(value: float) -> str:
    """Return the shortest text that gives the number back."""
    return repr(value).removesuffix(".0")


def _floats(raw: str) -> tuple[float, ...]:
    try:
        # Seven digits are a centimetre on the ground; more would only make addresses long.
        values = tuple(round(float(part), 7) + 0.0 for part in unquote(raw).split(","))
    except ValueError:
        raise ValueError("write numbers with commas between them.") from None
    if not all(abs(value) < 1e6 for value in values):
        raise ValueError("longitudes and latitudes are degrees.")
    return values


def _read_box(raw: str) -> tuple[float, ...]:
    box = _floats(raw)
    if len(box) != 4 or box[0] > box[2] or box[1] > box[3]:
        raise ValueError("write west,south,east,north in degrees, such as 11.2,47.9,12.1,48.4.")
    return box


def _read_polygon(raw: str) -> tuple[float, ...]:
    ring = _floats(raw)
    if len(ring) < 6 or len(ring) % 2:
        raise ValueError("write at least three corners as lon,lat,lon,lat,lon,lat in degrees.")
    if len(ring) > 2 * MAX_POLYGON:
        raise ValueError(f"it has {len(ring) // 2:,} corners; at most {MAX_POLYGON} can be used.")
    return ring


def _write_floats(values: tuple[float, ...]) -> str:
    return ",".join(f"{value:.7f}".rstrip("0").rstrip(".") for value in values)


def _read_ids(raw: str, most: int = MAX_IDS) -> tuple[str, ...]:
    ids = _names(raw)
    if len(ids) > most:
        raise ValueError(f"it holds {len(ids)} ids; at most {most} fit.")
    return ids


_RULES = {
    "box": _Rule(_read_box, _write_floats),
    "class": _Rule(_read_classes, _write_classes),
    "country": _Rule(_names, _write_list),
    "date": _Rule(_read_dates, _write_range),
    "flag": _Rule(_names, _write_list),
    "ids": _Rule(_read_ids, _write_list),
    "month": _Rule(_read_months, _write_list),
    "nlabels": _Rule(_read_labels, _write_range),
    "poly": _Rule(_read_polygon, _write_floats),
    "season": _Rule(_names, _write_list),
    "share": _Rule(_read_share, _write_comparison),
    "split": _Rule(_read_split, _write_list),
    "tile": _Rule(_names, _write_list),
}
