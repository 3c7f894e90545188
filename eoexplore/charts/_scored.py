"""Bars from 0 to 1 with their intervals, of one set or of two, and the same as columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from eoexplore.analysis.bootstrap import Intervals
from eoexplore.charts import _figures

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Ends:
    """Figures of a set with their intervals, shape (labels,) each; NaN where there is none."""

    value: Floats
    """The figure, 0 to 1."""
    low: Floats
    """Lower end."""
    high: Floats
    """Upper end."""


def figure(
    labels: Sequence[str],
    ends: Mapping[str, Ends],
    quantity: str,
    selections: Sequence[str | None] = (),
) -> go.Figure:
    """Return bars with whiskers, the first label on top.

    Args:
        labels: one per bar.
        ends: by the name of the set; one or two.
        quantity: title of the axis.
        selections: what a click on each label selects; none for nothing.
    """
    found = _figures.bars(
        labels,
        {name: own.value for name, own in ends.items()},
        quantity=f"{quantity}, 0 to 1",
        digits=".3f",
        selections=selections,
    )
    for trace, own in zip(found.data, ends.values(), strict=True):
        trace.error_x = _figures.whisker(own.low, own.value, own.high)
    found.update_xaxes(range=[0, 1.02], tickformat=".1f")
    return found


def add_columns(table: pd.DataFrame, ends: Mapping[str, Ends], quantity: str) -> None:
    """Write the figures into a table; names of sets stand before them where there are two."""
    for name, own in ends.items():
        before = f"{name}: " if len(ends) > 1 else ""
        table[f"{before}{quantity}"] = own.value
        table[f"{before}from"], table[f"{before}to"] = own.low, own.high


def at(found: Intervals, classes: Sequence[str], names: Sequence[str]) -> Ends:
    """Return the figures of some classes, in their order; NaN of one that a set has not.

    Args:
        found: of all classes of the set, shape (class,).
        classes: names of these.
        names: of those that are wanted.
    """
    places = [classes.index(item) if item in classes else -1 for item in names]
    parts = (np.append(part, np.nan)[places] for part in (found.value, found.low, found.high))
    return Ends(*parts)
