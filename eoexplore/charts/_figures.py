"""The shared look of the charts' figures; what a user sees as title stands on the page."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

FIRST, SECOND, THIRD = "#0072b2", "#e69f00", "#8a8f98"
"""Colours of the selection and of the one it is compared with; apart for colour-blind readers."""
PERCENT_TICKS = ".3~%"
"""How an axis of shares is written: with as many digits as its steps need, so that none repeat."""
_ROW_PX, _FRAME_PX = 24, 110
_PATTERNS = ("", "/", ".")
"""Fills of the two, so that they stay apart in print."""
_CLEAR = 0.1
"""Share of a scale around zero from which on a sign is written."""
_BESIDE, _BELOW = 42, 30
"""Characters of a name that fit beside a row, and below a column."""


def bars(
    labels: Sequence[str],
    series: Mapping[str, npt.ArrayLike],
    *,
    quantity: str,
    colours: Sequence[str] | None = None,
    log: bool = False,
    digits: str = ",",
    selections: Sequence[str | None] = (),
) -> go.Figure:
    """Return horizontal bars, the first label on top.

    Args:
        labels: one per bar.
        series: values by the name of the part, one bar beside the other; shape (labels,) each.
        quantity: title of the axis, with the unit.
        colours: of the labels, where there is one series; else the series have colours.
        log: logarithmic axis; bars of 0 are not drawn then.
        digits: how numbers are written, such as "," or ".1%".
        selections: what a click on each label selects, in canonical form; none for nothing.
    """
    figure = go.Figure()
    for number, (name, values) in enumerate(series.items()):
        own = (
            colours
            if colours is not None and len(series) == 1
            else (FIRST, SECOND, THIRD)[number % 3]
        )
        figure.add_bar(
            y=list(labels),
            x=np.asarray(values),
            name=name,
            orientation="h",
            marker={
                "color": own,
                "line": {"color": "#6b7280", "width": 0.6},
                "pattern": {
                    "shape": _PATTERNS[number % 3] if len(series) > 1 else "",
                    "fillmode": "overlay",
                    "solidity": 0.2,
                },
            },
            customdata=clicks(selections),
            hovertext=list(labels),
            hovertemplate=f"%{{hovertext}}<br>{name}: %{{x:{digits}}}<extra></extra>",
        )
    figure.update_layout(
        barmode="group",
        height=_FRAME_PX + _ROW_PX * len(labels) * (1 + len(series)) // 2,
        xaxis={
            "title": quantity + (" (logarithmic)" if log else ""),
            "type": _axis(log),
            "tickformat": ".3~%" if "%" in digits else ",",
        },
        yaxis=names_axis(labels),
    )
    return plain(figure, legend=len(series) > 1)


@dataclass(frozen=True)
class Shade:
    """How the numbers of a matrix become colours."""

    quantity: str
    """Title of the colour bar, with the unit."""
    digits: str = ","
    """How numbers are written, such as "," or ".1%"."""
    colours: str = "Cividis"
    """Scale of plotly; this one reads the same for colour-blind readers and in grey."""
    low: float | None = None
    """Number at the lower end of the scale; the least one if none."""
    high: float | None = None
    """Number at the upper end."""

    @classmethod
    def around_zero(cls, quantity: str, digits: str, most: float) -> "Shade":
        """Return a scale with white at zero, and blue below, orange above it."""
        return cls(quantity, digits, "PuOr_r", -most, most)


def heatmap(
    rows: Sequence[str],
    columns: Sequence[str],
    values: npt.NDArray[np.floating[Any] | np.integer[Any]],
    shade: Shade,
    *,
    selections: Sequence[Sequence[str | None]] = (),
    said: Sequence[Sequence[str]] = (),
) -> go.Figure:
    """Return a matrix; the first row on top.

    Args:
        rows: labels of the rows.
        columns: labels of the columns.
        values: shape (rows, columns); NaN is left empty.
        shade: how numbers become colours.
        selections: what a click on each cell selects, in canonical form; none for nothing.
        said: what is said of each cell instead of its number, where colours are not the numbers.
    """
    spoken = [
        [f"{row}<br>{column}<br>{cell}" for column, cell in zip(columns, line, strict=True)]
        for row, line in zip(rows, said or _said(values, shade), strict=True)
    ]
    figure = go.Figure(
        go.Heatmap(
            x=list(columns),
            y=list(rows),
            z=values,
            colorscale=shade.colours,
            zmin=shade.low,
            zmax=shade.high,
            xgap=1,
            ygap=1,
            colorbar={
                "title": {"text": shade.quantity, "side": "right"},
                "thickness": 14,
                "tickformat": shade.digits,
            },
            **({"hoverinfo": "skip"} if selections else _spoken(spoken)),
            **_signs(values, shade),
        )
    )
    if selections:
        _cells(figure, rows, columns, selections, spoken)
    figure.update_layout(
        height=_FRAME_PX + 60 + _ROW_PX * len(rows),
        xaxis={
            "tickangle": -45,
            "showgrid": False,
            "range": [-0.5, len(columns) - 0.5],
            **_names(columns, _BELOW),
        },
        yaxis={
            "range": [len(rows) - 0.5, -0.5],
            "showgrid": False,
            **_names(rows, _BESIDE),
        },
    )
    return plain(figure, legend=False)


def _spoken(spoken: Sequence[Sequence[str]]) -> dict[str, Any]:
    return {"hovertext": spoken, "hovertemplate": "%{hovertext}<extra></extra>"}


def _cells(
    figure: go.Figure,
    rows: Sequence[str],
    columns: Sequence[str],
    selections: Sequence[Sequence[str | None]],
    spoken: Sequence[Sequence[str]],
) -> None:
    """Lay a mark on every cell that is not seen: Streamlit hears of clicks on points only."""
    figure.add_scatter(
        x=[name for _ in rows for name in columns],
        y=[name for name in rows for _ in columns],
        mode="markers",
        marker={"symbol": "square", "size": 20, "opacity": 0},
        customdata=clicks([text for line in selections for text in line]),
        text=[text for line in spoken for text in line],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )


def short(name: str, most: int = _BESIDE) -> str:
    """Return a name cut at a word where it is longer than some characters.

    The whole one stands in the table, and where one points at its mark.
    """
    if len(name) <= most:
        return name
    kept = name[:most].rpartition(" ")[0] or name[: most - 1]
    return kept.rstrip(" ,;") + " …"


def names_axis(labels: Sequence[str]) -> dict[str, Any]:
    """Return an axis beside a chart with one short name for each label, the first on top."""
    order = {"categoryorder": "array", "categoryarray": list(labels)}
    return {"autorange": "reversed", "automargin": True, **order, **_names(labels, _BESIDE)}


def clicks(selections: Sequence[str | None]) -> list[list[str] | None] | None:
    """Return what clicks on marks select as their `customdata`; none where no mark has any."""
    found = [None if text is None else [text] for text in selections]
    return found if any(found) else None


def _names(labels: Sequence[str], most: int) -> dict[str, Any]:
    """Return an axis with one short name for each label, none left out."""
    return {
        "type": "category",
        "tickmode": "array",
        "tickvals": list(labels),
        # Those in several lines have been made short already.
        "ticktext": [label if "<br>" in label else short(label, most) for label in labels],
    }


def whisker(low: npt.ArrayLike, value: npt.ArrayLike, high: npt.ArrayLike) -> dict[str, Any]:
    """Return the line from the least to the largest possible value of bars, as their `error_x`."""
    return {
        "type": "data",
        "symmetric": False,
        "arrayminus": np.asarray(value) - low,
        "array": np.asarray(high) - value,
        "thickness": 1.2,
        "width": 3,
        # Seen on the bars and on paper; the page has the colour of its text instead.
        "color": "#1b2524",
    }


def plain(figure: go.Figure, *, legend: bool) -> go.Figure:
    """Give a figure the margins and the legend that all have, and return it.

    Args:
        figure: is changed.
        legend: whether it has a legend, which stands above.
    """
    figure.update_layout(
        margin={"l": 8, "r": 8, "t": 34, "b": 8},
        showlegend=legend,
        legend={
            "orientation": "h",
            "y": 1,
            "yanchor": "bottom",
            "x": 0,
            "traceorder": "normal",
        },
        font={"size": 13},
        hoverlabel={"align": "left"},
    )
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(automargin=True)
    return figure


def minus(values: npt.NDArray[Any], shade: Shade) -> npt.NDArray[np.object_]:
    """Return a minus for what is clearly below zero on a scale around it, else an empty text.

    In grey, both ends of such a scale look alike.
    """
    around = shade.low is not None and shade.high is not None and shade.low == -shade.high
    below = values < -_CLEAR * (shade.high or 0) if around else np.zeros(values.shape, bool)
    return np.where(below, "−", "").astype(object)


def _signs(values: npt.NDArray[Any], shade: Shade) -> dict[str, Any]:
    signs = minus(values, shade)
    return {"text": signs.tolist(), "texttemplate": "%{text}"} if (signs != "").any() else {}


def _said(values: npt.NDArray[Any], shade: Shade) -> list[list[str]]:
    """Return quantity and number of each cell."""
    return [
        [f"{shade.quantity}: {_written(float(value), shade.digits)}" for value in line]
        for line in values
    ]


def _written(value: float, digits: str) -> str:
    return "none" if math.isnan(value) else format(value, digits if digits != "," else ",.0f")


def _axis(log: bool) -> str:
    return "log" if log else "linear"
