"""Boxes of percentiles, one for each group of values."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from eoexplore.charts import _figures

Floats = npt.NDArray[np.float64]
SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)
_ROW_PX, _FRAME_PX = 30, 100
_FRAME = "#374151"
_MOST_CLICKS = 100_000
"""Characters of selections behind the marks; above it a click leads nowhere."""


@dataclass(frozen=True)
class Boxes:
    """Percentiles of the groups in one part."""

    name: str
    """Of the part."""
    counts: npt.NDArray[np.int64]
    """Values behind each, shape (groups,)."""
    shares: Floats
    """Values at SHARES, NaN for a group without any; shape (groups, 5)."""


def boxes(name: str, groups: npt.NDArray[np.integer], values: Floats, count: int) -> Boxes:
    """Return the percentiles of each group.

    Args:
        name: of the part.
        groups: group of each value, -1 for none; shape (n,).
        values: shape (n,); those of NaN are left out.
        count: number of groups.
    """
    known = np.isfinite(values) & (groups >= 0)
    groups, values = groups[known], values[known]
    order = np.lexsort((values, groups))
    bounds = np.searchsorted(groups[order], np.arange(count + 1))
    found = np.full((count, len(SHARES)), np.nan)
    for number in np.flatnonzero(np.diff(bounds)):
        own = values[order[bounds[number] : bounds[number + 1]]]
        found[number] = np.quantile(own, SHARES)
    return Boxes(name, np.diff(bounds).astype(np.int64), found)


def figure(
    labels: Sequence[str],
    parts: Sequence[Boxes],
    quantity: str,
    selections: Sequence[Sequence[str]] = (),
) -> go.Figure:
    """Return a box for each group and part, the first group on top.

    Args:
        labels: of the groups.
        parts: one, or two that are compared.
        quantity: title of the axis.
        selections: what a click on each group selects, for each part; none if a click cannot.
    """
    drawn = go.Figure()
    # Clicks and what is said belong to the marks of the medians: boxes hear neither.
    fits = sum(len(text) for own in selections for text in own) < _MOST_CLICKS
    for number, part in enumerate(parts):
        rows = np.flatnonzero(part.counts).tolist()
        offset = (number + 0.5) / len(parts) - 0.5
        places = np.array(rows) + offset * 0.8
        colour = (_figures.FIRST, _figures.SECOND)[number % 2]
        shares = np.round(part.shares[rows], 4)
        low, first, middle, third, high = shares.T
        drawn.add_box(
            y=places, lowerfence=low, q1=first, median=middle, q3=third, upperfence=high,
            orientation="h", width=0.6 / len(parts), name=part.name, legendgroup=part.name,
            fillcolor=colour, opacity=0.75, line={"color": _FRAME, "width": 1},
            hoverinfo="skip", showlegend=len(parts) > 1,
        )  # fmt: skip
        drawn.add_scatter(
            x=middle,
            y=places,
            mode="markers",
            marker={"symbol": ("circle", "square")[number % 2], "color": "#ffffff", "size": 8,
                    "line": {"color": _FRAME, "width": 1}},
            legendgroup=part.name,
            showlegend=False,
            text=[_said(labels[row], part, row, len(parts) > 1) for row in rows],
            hovertemplate="%{text}<extra></extra>",
            customdata=[[selections[number][row]] for row in rows] if selections and fits else None,
        )  # fmt: skip
    return _rows(drawn, labels, len(parts)).update_layout(xaxis={"title": quantity})


def _rows(drawn: go.Figure, labels: Sequence[str], parts: int) -> go.Figure:
    """Give a figure one row for each label, the first on top."""
    drawn.update_layout(
        height=_FRAME_PX + _ROW_PX * len(labels) * (1 + parts) // 2,
        yaxis={
            "tickmode": "array",
            "tickvals": list(range(len(labels))),
            "ticktext": [_figures.short(label) for label in labels],
            "range": [len(labels) - 0.4, -0.6],
            "automargin": True,
            "showgrid": False,
            "zeroline": False,
        },
    )
    return _figures.plain(drawn, legend=parts > 1)


def _said(label: str, part: Boxes, row: int, several: bool) -> str:
    low, first, middle, third, high = part.shares[row]
    return (
        f"{label}{f'<br>{part.name}' if several else ''}<br>median {middle:.3f}"
        f"<br>25–75 %: {first:.3f} to {third:.3f}<br>10–90 %: {low:.3f} to {high:.3f}"
        f"<br>{part.counts[row]:,} pairs of dates"
    )
