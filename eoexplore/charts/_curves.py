"""Figures of values over wavelength, one curve for each class, part or season."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from eoexplore.charts import _figures

_SYMBOLS = (
    "circle", "square", "diamond", "triangle-up", "triangle-down", "cross", "x", "star",
    "pentagon", "hexagon", "hourglass", "bowtie", "star-diamond", "triangle-left",
    "triangle-right", "hexagram", "star-square", "octagon", "diamond-tall", "diamond-wide",
)  # fmt: skip
_DASHES = ("solid", "dash", "dot", "dashdot")
_SEASONS = {"winter": "#0072b2", "spring": "#009e73", "summer": "#d55e00", "autumn": "#cc79a7"}
"""Of Okabe and Ito 2008: apart for colour-blind readers; dashes and marks differ too."""
_GREY = "#6b7280"
_ACROSS, _PANEL_PX, _PLOT_PX = 4, 170, 520
_MOST_CLICKS = 100_000
"""Characters of selections behind the points of a figure; above it a click leads nowhere."""


@dataclass(frozen=True)
class Point:
    """One band of a curve."""

    band: str
    """Its name."""
    nm: float | None
    """Wavelength."""
    mean: float
    """Mean."""
    low: float
    """10th percentile."""
    high: float
    """90th percentile."""
    pixels: int
    """Pixels behind them."""


@dataclass(frozen=True)
class Curve:
    """One class in one part and season."""

    name: str
    """Of the class."""
    colour: str
    """Of the class, #rrggbb."""
    mark: str
    """Added to the name where there are few pixels."""
    part: str
    """Name of the part, where there are two."""
    season: str
    """The season, where they are apart or one is chosen."""
    selection: str
    """What a click on it selects."""
    points: tuple[Point, ...]
    """Its bands that have a value."""

    @property
    def said(self) -> str:
        """What is read of it."""
        return " · ".join(filter(None, (self.name + self.mark, self.part, self.season)))


def lines(curves: Sequence[Curve], quantity: str) -> go.Figure:
    """Return a line for each class, in its colour."""
    figure = go.Figure()
    clicks = _clicks(curves)
    for number, curve in enumerate(curves):
        # Pale colours would be lost on white: every line lies on a grey one.
        figure.add_scatter(
            **_over(curve),
            mode="lines",
            line={"color": _GREY, "width": 3.4},
            legendgroup=curve.name,
            showlegend=False,
            hoverinfo="skip",
        )
        figure.add_scatter(
            **_over(curve),
            mode="lines+markers",
            name=_figures.short(curve.name, 34) + curve.mark,
            legendgroup=curve.name,
            line={"color": curve.colour, "width": 2},
            marker={
                "symbol": _SYMBOLS[number % len(_SYMBOLS)],
                "size": 7,
                "line": {"color": _GREY, "width": 1},
            },
            **_hover(curve, clicks),
        )
    _framed(figure, curves, quantity)
    # Many names above would leave little room for the lines.
    return figure.update_layout(
        height=max(_PLOT_PX, 60 + 24 * len(curves)),
        margin={"t": 34},
        legend={
            "orientation": "v", "x": 1.01, "y": 1, "yanchor": "top",
            "tracegroupgap": 0, "font": {"size": 12},
        },
    )  # fmt: skip


def with_bands(curves: Sequence[Curve], quantity: str) -> go.Figure:
    """Return a line and the band between its percentiles for each curve."""
    figure = go.Figure()
    clicks = _clicks(curves)
    for number, curve in enumerate(curves):
        _line_with_band(figure, curve, number, len(curves), clicks)
    return _framed(figure, curves, quantity)


def _line_with_band(figure: go.Figure, curve: Curve, number: int, count: int, clicks: bool) -> None:
    colour, dash, symbol = _apart(curve, number, count)
    over = _over(curve)["x"]
    edge = [point.high for point in curve.points] + [point.low for point in curve.points][::-1]
    figure.add_scatter(
        x=[*over, *over[::-1]],
        y=_rounded(edge),
        mode="lines",
        fill="toself",
        fillcolor=_faint(colour, 0.3 if count == 1 else 0.14),
        line={"color": _faint(_GREY, 0.5), "width": 0.7},
        legendgroup=curve.said,
        showlegend=False,
        hoverinfo="skip",
    )
    figure.add_scatter(
        **_over(curve),
        mode="lines+markers",
        name=curve.said,
        legendgroup=curve.said,
        line={"color": colour, "width": 2, "dash": dash},
        marker={"symbol": symbol, "size": 8, "line": {"color": _GREY, "width": 1}},
        **_hover(curve, clicks),
    )


def panels(curves: Sequence[Curve], quantity: str, each: int) -> go.Figure:
    """Return a small panel for each class, with one line for each of its curves.

    Args:
        curves: those of a class stand together.
        quantity: title of the axis.
        each: curves of a class.
    """
    classes = [curves[first : first + each] for first in range(0, len(curves), each)]
    down = math.ceil(len(classes) / _ACROSS)
    figure = make_subplots(
        rows=down,
        cols=_ACROSS,
        shared_xaxes="all",
        shared_yaxes="all",
        subplot_titles=[
            _figures.short(own[0].name, 26) + max(curve.mark for curve in own) for own in classes
        ],
        vertical_spacing=0.28 / down,
        horizontal_spacing=0.02,
    )
    clicks = _clicks(curves)
    shown: set[str] = set()
    for place, own in enumerate(classes):
        at = {"row": place // _ACROSS + 1, "col": place % _ACROSS + 1}
        for number, curve in enumerate(own):
            colour, dash, symbol = _apart(curve, number, each)
            series = _series(curve)
            figure.add_scatter(
                **_over(curve),
                mode="lines+markers",
                name=series,
                legendgroup=series,
                showlegend=series not in shown,
                line={"color": colour, "width": 1.6, "dash": dash},
                marker={"symbol": symbol, "size": 4},
                **_hover(curve, clicks),
                **at,
            )
            shown.add(series)
    figure.update_annotations(font={"size": 11})
    _raised(figure, _PANEL_PX * down).update_layout(margin={"l": 56})
    common = {"xref": "paper", "yref": "paper", "showarrow": False}
    figure.add_annotation(text=_over_what(curves), x=0.5, y=0, yshift=-38, **common)
    figure.add_annotation(text=quantity, x=0, y=0.5, xshift=-50, textangle=-90, **common)
    return figure


def intervals(curves: Sequence[Curve], quantity: str) -> go.Figure:
    """Return a point with its percentiles for each class, a column of them for each band."""
    names = list(dict.fromkeys(curve.name for curve in curves))
    bands = list(dict.fromkeys(point.band for curve in curves for point in curve.points))
    series = list(dict.fromkeys((curve.part, curve.season) for curve in curves))
    figure = make_subplots(
        rows=1, cols=max(1, len(bands)), shared_yaxes=True, subplot_titles=bands,
        horizontal_spacing=0.03,
    )  # fmt: skip
    clicks = _clicks(curves)
    shown: set[str] = set()
    for curve in curves:
        number = series.index((curve.part, curve.season))
        offset = (number + 1) / (len(series) + 1) - 0.5 if len(series) > 1 else 0.0
        for point in curve.points:
            figure.add_scatter(
                y=[names.index(curve.name) + offset],
                showlegend=_series(curve) not in shown,
                **_interval(replace(curve, points=(point,)), number, len(series), clicks),
                row=1,
                col=bands.index(point.band) + 1,
            )
            shown.add(_series(curve))
    marks = {curve.name: curve.mark for curve in curves if curve.mark}
    figure.update_yaxes(
        tickmode="array",
        tickvals=list(range(len(names))),
        ticktext=[_figures.short(name) + marks.get(name, "") for name in names],
        range=[len(names) - 0.4, -0.6],
        automargin=True,
        zeroline=False,
    )
    figure.update_xaxes(title=quantity)
    if len(series) > 1:
        return _raised(figure, len(names) * (14 + 11 * len(series)))
    _figures.plain(figure, legend=False)
    return figure.update_layout(height=100 + len(names) * 26, margin={"t": 30})


def _interval(curve: Curve, number: int, count: int, clicks: bool) -> dict[str, Any]:
    """Return the mark of a curve of one point, with its percentiles."""
    (point,) = curve.points
    colour, _, symbol = _apart(curve, number, count)
    return {
        "x": _rounded([point.mean]),
        "error_x": _figures.whisker([point.low], [point.mean], [point.high]),
        "mode": "markers",
        "name": _series(curve),
        "legendgroup": _series(curve),
        "marker": {
            "color": colour,
            "symbol": symbol,
            "size": 10,
            "line": {"color": _GREY, "width": 1},
        },
        **_hover(curve, clicks),
    }


def _series(curve: Curve) -> str:
    """Return what curves of several classes have in common."""
    return " · ".join(filter(None, (curve.part, curve.season)))


def _apart(curve: Curve, number: int, count: int) -> tuple[str, str, str]:
    """Return colour, dash and mark of one of several curves of a class."""
    dash, symbol = _DASHES[number % 4], _SYMBOLS[number % 4]
    if count == 1:
        return curve.colour, dash, symbol
    if curve.season in _SEASONS:
        place = list(_SEASONS).index(curve.season)
        second = number >= count // 2 and bool(curve.part)
        symbol = _SYMBOLS[place] + ("-open" if second else "")
        return _SEASONS[curve.season], "dot" if second else "solid", symbol
    return (_figures.FIRST, _figures.SECOND)[number % 2], dash, symbol


def _over(curve: Curve) -> dict[str, list[Any]]:
    """Return the places of the points: over wavelength, else over the names of the bands."""
    measured = all(point.nm is not None for point in curve.points)
    return {
        "x": [point.nm if measured else point.band for point in curve.points],
        "y": _rounded([point.mean for point in curve.points]),
    }


def _over_what(curves: Sequence[Curve]) -> str:
    measured = all(point.nm is not None for curve in curves for point in curve.points)
    return "Wavelength (nm)" if measured else "Band"


def _hover(curve: Curve, clicks: bool) -> dict[str, Any]:
    digits = ".2f" if any(abs(point.mean) > 2 for point in curve.points) else ".4f"
    return {
        "text": [
            f"{point.band}{'' if point.nm is None else f' ({point.nm:,.0f} nm)'}: "
            f"{point.mean:{digits}}<br>10–90 %: {point.low:{digits}} to {point.high:{digits}}"
            f"<br>{point.pixels:,} pixels"
            for point in curve.points
        ],
        "customdata": [[curve.selection]] * len(curve.points) if clicks else None,
        "hovertemplate": f"{_escaped(curve.said)}<br>%{{text}}<extra></extra>",
    }


def _escaped(text: str) -> str:
    """Return a name that plotly shows as it is."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("%{", "% {")


def _clicks(curves: Sequence[Curve]) -> bool:
    return sum(len(c.selection) * len(c.points) for c in curves) < _MOST_CLICKS


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(value, 4) for value in values]


def _faint(colour: str, alpha: float) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def _framed(figure: go.Figure, curves: Sequence[Curve], quantity: str) -> go.Figure:
    _figures.plain(figure, legend=True)
    return figure.update_layout(
        height=_PLOT_PX,
        xaxis={"title": _over_what(curves)},
        yaxis={"title": quantity, "rangemode": "tozero"},
    )


def _raised(figure: go.Figure, height: int) -> go.Figure:
    """Give a figure of panels its height, with the legend above their titles."""
    _figures.plain(figure, legend=True)
    top, bottom = 76, 48
    return figure.update_layout(
        height=height + top + bottom,
        margin={"t": top, "b": bottom},
        legend={"y": 1 + 30 / height},
    )
