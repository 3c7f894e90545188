"""One figure of a benchmark: what was measured, against what, and whether it is within its budget.

A budget is a text, "<= 3" or ">= 20". With "<=" the ratio is value / baseline, with ">=" it is
baseline / value: how many times as fast. A budget without a baseline bounds the value itself.
"""

import operator
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": time.process_time}
"""Clocks in seconds: what a user waits for, or what the process computes on a busy machine."""
_SIGNS = {"<=": operator.le, ">=": operator.ge}
Seconds = list[float]


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    name: str
    """What was measured, from coarse to fine, separated by blanks."""
    value: float
    """Median of the measurements, in the unit."""
    unit: str
    """ms, s, MB, times."""
    baseline: float | None
    """Median of what it is compared with, in the same unit."""
    ratio: float | None
    """See the top of this module."""
    budget: str | None
    """Sign and number; none for what is reported without a budget."""
    met: bool | None
    """Whether the budget is met; none without one."""
    n: int
    """Number of measurements."""
    p50: float
    """Median of the measurements, in the unit."""
    p95: float
    """95th percentile of the measurements, in the unit."""

    def as_json(self) -> dict[str, Any]:
        """Return the figure as a JSON object, numbers with four digits that count."""
        return {key: _short(value) for key, value in vars(self).items()}


def compare(
    name: str,
    values: Sequence[float],
    baseline: Sequence[float] | float | None = None,
    budget: str | None = None,
    unit: str = "ms",
) -> Figure:
    """Return the figure of some measurements.

    Args:
        name: what was measured.
        values: measurements in the unit.
        baseline: measurements of what it is compared with, or one number; none for no comparison.
        budget: sign and number, such as "<= 3".
        unit: unit of both.
    """
    value = float(np.median(values))
    base = None if baseline is None else float(np.median(baseline))
    sign, bound = _read(budget)
    ratio = None
    if base is not None:
        ratio = base / value if sign == ">=" else value / base
    judged = value if ratio is None else ratio
    met = None if budget is None else bool(_SIGNS[sign](judged, bound))
    p95 = float(np.percentile(values, 95))
    return Figure(name, value, unit, base, ratio, budget, met, len(values), value, p95)


def _read(budget: str | None) -> tuple[str, float]:
    if budget is None:
        return "<=", 0.0
    sign, _, number = budget.partition(" ")
    return sign, float(number)


def _short(value: object) -> object:
    return float(f"{value:.4g}") if isinstance(value, float) else value


class Watch:
    """Times calls by one of the clocks, in milliseconds."""

    def __init__(self, clock: str = "wall") -> None:
        """Choose a key of CLOCKS."""
        self.clock = clock
        self._now = CLOCKS[clock]

    def ms(self, act: Callable[[], object]) -> float:
        """Return the milliseconds of one call."""
        start = self._now()
        act()
        return (self._now() - start) * 1e3

    def several(self, act: Callable[[], object], repeats: int) -> Seconds:
        """Return the milliseconds of some calls."""
        return [self.ms(act) for _ in range(repeats)]


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as aligned text, missed budgets marked."""
    rows = [("figure", "value", "unit", "against", "ratio", "budget", "", "n", "p95")]
    for item in figures:
        met = {True: "met", False: "MISSED", None: ""}[item.met]
        numbers = [_text(number) for number in (item.value, item.baseline, item.ratio, item.p95)]
        value, baseline, ratio, p95 = numbers
        budget = item.budget or ""
        rows.append((item.name, value, item.unit, baseline, ratio, budget, met, str(item.n), p95))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _text(number: float | None) -> str:
    return "" if number is None else f"{number:.3g}" if number < 100 else f"{number:,.0f}"
