"""Bars that are made up of steps from little to much, or of kinds; the same in all charts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy.typing as npt
import plotly.graph_objects as go

from eoexplore.charts import _figures

_ROW_PX, _FRAME_PX = 26, 130


@dataclass(frozen=True)
class Piece:
    """What one colour stands for, in all bars."""

    name: str
    """What a user reads."""
    colour: str
    """#rrggbb."""
    fill: str
    """Pattern over the colour, so that it is apart in print; "" for none."""
    values: npt.ArrayLike
    """Length in each bar, shape (bars,)."""
    said: Sequence[str]
    """What is said of it where one points at it, one per bar."""
    selections: Sequence[str | None] = ()
    """What a click on it selects in each bar; empty or none where nothing can."""


def stacked(
    labels: Sequence[str], pieces: Sequence[Piece], *, quantity: str, digits: str = ","
) -> go.Figure:
    """Return horizontal bars of pieces, the first label on top.

    Args:
        labels: one per bar.
        pieces: from the left.
        quantity: title of the axis, with the unit.
        digits: how the axis writes its numbers.
    """
    figure = go.Figure()
    for piece in pieces:
        figure.add_bar(
            y=list(labels),
            x=piece.values,
            name=piece.name,
            orientation="h",
            marker={
                "color": piece.colour,
                "line": {"color": "#374151", "width": 0.6},
                "pattern": {
                    "shape": piece.fill,
                    "fillmode": "overlay",
                    "fgcolor": "#374151",
                    "size": 6,
                },
            },
            customdata=_figures.clicks(piece.selections),
            hovertext=[
                f"{label}<br>{piece.name}: {text}"
                for label, text in zip(labels, piece.said, strict=True)
            ],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    figure.update_layout(
        barmode="stack",
        height=_FRAME_PX + _ROW_PX * len(labels),
        xaxis={"title": quantity, "tickformat": digits},
        yaxis=_figures.names_axis(labels),
    )
    return _figures.plain(figure, legend=True)
