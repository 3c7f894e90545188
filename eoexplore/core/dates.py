"""The date rule: which of the dates of a place is drawn, written so that it fits into a URL.

A rule is `latest` (the default), `earliest`, `nearest:2017-08-01`, `season:winter`, `nth:2`, or a
day or a range of days such as `2017-06-01..2017-08-31`, of which the latest is drawn.
"""

import datetime as dt
import re
from dataclasses import dataclass

from eoexplore.core import words

SEASONS = ("winter", "spring", "summer", "autumn")
"""Meteorological seasons, as the samples' column writes them."""
_ALIASES = {"fall": "autumn"}
_NUMBER = re.compile(r"[1-9][0-9]?", re.ASCII)
_KNOWN = (
    "latest, earliest, nearest:2017-08-01, season:winter (spring, summer, autumn), nth:1 to nth:99"
    ", a day such as 2017-06-13, or two days with .. between them"
)
_SHOWN = 40


@dataclass(frozen=True)
class DateRule:
    """Which date lies on top at each place, and which dates take part at all."""

    kind: str = "latest"
    """latest, earliest, nearest, season, nth or within."""
    day: dt.date | None = None
    """The day that nearest aims at."""
    season: str = ""
    """The season that takes part."""
    number: int = 0
    """Which date of each place, from 1, earliest first."""
    within: tuple[dt.date, dt.date] | None = None
    """First and last day that take part."""

    def canonical(self) -> str:
        """Return the one text that all equal rules share; empty for the default."""
        if self.kind == "latest":
            return ""
        if self.kind == "nearest":
            return f"nearest:{self.day}"
        if self.kind == "season":
            return f"season:{self.season}"
        if self.kind == "nth":
            return f"nth:{self.number}"
        if self.within is not None:
            first, last = self.within
            return str(first) if first == last else f"{first}..{last}"
        return self.kind

    def sentence(self) -> str:
        """Return what the rule shows, as a user reads it."""
        if self.kind == "nearest" and self.day:
            return f"The date nearest to {words.day(self.day)} at each place."
        if self.kind == "season":
            return f"The latest date in {self.season} at each place."
        if self.kind == "nth":
            return f"Date {self.number} of each place, the last one where it has fewer."
        if self.within is not None:
            first, last = self.within
            days = f"on {words.day(first)}"
            if first != last:
                days = f"from {words.day(first)} to {words.day(last)}"
            return f"The latest date {days} at each place."
        return f"The {self.kind} date of each place."


LATEST = DateRule()
"""The default."""


def parse(text: str) -> tuple[DateRule, tuple[str, ...]]:
    """Read a date rule; what cannot be read gives the default and a sentence.

    Args:
        text: a rule, in any case, with spaces around it or not; empty for the default.

    Returns:
        The rule, and no or one sentence.
    """
    word = text.strip().lower()
    if word in ("", "latest"):
        return LATEST, ()
    if word == "earliest":
        return DateRule("earliest"), ()
    rule = _with_value(word)
    if rule is not None:
        return rule, ()
    asked = repr(text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "...")
    return LATEST, (
        f"The date {asked} is not known, so the latest date of each place is shown. "
        f"Known: {_KNOWN}.",
    )


def _with_value(word: str) -> DateRule | None:
    name, colon, value = word.partition(":")
    if not colon:
        days = _days(word)
        return DateRule("within", within=days) if days else None
    if name == "nearest":
        day = _day(value)
        return DateRule("nearest", day=day) if day else None
    if name == "season":
        season = _ALIASES.get(value, value)
        return DateRule("season", season=season) if season in SEASONS else None
    if name == "nth" and _NUMBER.fullmatch(value):
        return DateRule("nth", number=int(value))
    return None


def _days(text: str) -> tuple[dt.date, dt.date] | None:
    first, dots, last = text.partition("..")
    start, end = _day(first), _day(last if dots else first)
    return (start, end) if start and end and start <= end else None


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
