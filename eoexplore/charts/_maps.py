"""Maps in a figure: areas in steps of colour over the outlines of countries, in plain degrees."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
import shapely
from plotly.colors import sample_colorscale, unlabel_rgb

from eoexplore.charts import _areas, _figures
from eoexplore.charts._areas import Areas, Ring

Floats = npt.NDArray[np.float64]
_LINE = "#6b7280"
_HEIGHT_PX = 640
_STEPS = 11
"""Steps of colour; odd, so that one of them is around zero."""
_FINE = 500
"""Points across a map that are told apart: outlines are drawn no finer."""
_FEW_CORNERS = 30
"""Outlines up to this length are drawn as they are."""
_SEEN = 80
"""Areas smaller than this part of a map get a mark, so that they are seen."""
_LEAST_DEGREES = 0.2
_MARGIN = 0.04


@dataclass(frozen=True)
class Mark:
    """One area on a map."""

    area: int
    """Number among the areas."""
    said: str
    """What is said where one points at it."""
    selection: str | None
    """What a click selects, in canonical form; none for nothing."""


def steps(areas: Areas, marks: Sequence[Mark], values: Floats, shade: _figures.Shade) -> go.Figure:
    """Draw areas in steps of colour from the least to the largest value.

    Args:
        areas: what the ground is cut into.
        marks: the areas that are drawn.
        values: number of each mark, shape (marks,); without NaN.
        shade: how numbers become colours.
    """
    low = float(values.min()) if shade.low is None else shade.low
    high = float(values.max()) if shade.high is None else shade.high
    if high <= low:
        low, high = low - 0.5, high + 0.5
    colours = sample_colorscale(shade.colours, [n / (_STEPS - 1) for n in range(_STEPS)])
    step = np.clip(((values - low) / (high - low) * _STEPS).astype(int), 0, _STEPS - 1)
    groups = [(colours[number], "", np.flatnonzero(step == number)) for number in range(_STEPS)]
    figure = _drawn(areas, marks, groups)
    _signs(figure, _figures.minus(values, shade), [colours[number] for number in step])
    _scale(figure, colours, (low, high), shade)
    return _with_room(_figures.plain(figure, legend=False), 78)


def _scale(
    figure: go.Figure, colours: Sequence[str], ends: tuple[float, float], shade: _figures.Shade
) -> None:
    """Show what the steps of colour mean, above the map."""
    scale = [
        (edge / _STEPS, colours[number])
        for number in range(_STEPS)
        for edge in (number, number + 1)
    ]
    # A mark without a place, for its colour bar.
    figure.add_scatter(
        x=[None],
        y=[None],
        mode="markers",
        showlegend=False,
        hoverinfo="skip",
        marker={
            "color": [ends[0]],
            "cmin": ends[0],
            "cmax": ends[1],
            "colorscale": scale,
            "showscale": True,
            "colorbar": {
                "title": {"text": shade.quantity, "side": "top"},
                "thickness": 12,
                # Above: maps are tall or wide, and a bar beside them would stand far off.
                "orientation": "h",
                "len": 0.6,
                "x": 0.5,
                "y": 1,
                "yanchor": "bottom",
                "tickformat": _figures.PERCENT_TICKS
                if "%" in shade.digits
                else shade.digits.replace(".0f", ""),
            },
        },
    )


def _signs(figure: go.Figure, signs: npt.NDArray[np.object_], colours: Sequence[str]) -> None:
    """Write signs into the areas of some colours; the last trace has their middles."""
    there = np.flatnonzero(signs != "")
    if not len(there):
        return
    middles = figure.data[-1]
    figure.add_scatter(
        x=[middles.x[number] for number in there],
        y=[middles.y[number] for number in there],
        mode="text",
        text=signs[there].tolist(),
        textfont={"color": [_ink(colours[number]) for number in there.tolist()], "size": 18},
        hoverinfo="skip",
        showlegend=False,
    )


def _ink(colour: str) -> str:
    """Return black or white, whichever stands out on a colour (ITU-R BT.601 luma)."""
    luma = np.dot(unlabel_rgb(colour), (0.299, 0.587, 0.114))
    return "#ffffff" if luma < 128 else "#000000"


def named(
    areas: Areas, marks: Sequence[Mark], kinds: Sequence[tuple[str, str]], kind: Sequence[int]
) -> go.Figure:
    """Draw areas in the colours of what they are.

    Args:
        areas: what the ground is cut into.
        marks: the areas that are drawn.
        kinds: name and colour of each kind, in the order of the legend.
        kind: number of each mark's kind, shape (marks,).
    """
    own = np.asarray(kind)
    groups = [
        (colour, name, np.flatnonzero(own == number)) for number, (name, colour) in enumerate(kinds)
    ]
    return _with_room(_figures.plain(_drawn(areas, marks, groups), legend=True), 34)


def _with_room(figure: go.Figure, above: int) -> go.Figure:
    """Give a map fixed margins, and one title for both axes.

    Where two axes have one scale, plotly puts titles where the axes would be without it.
    """
    figure.update_layout(margin={"t": above, "b": 58, "l": 56})
    figure.update_xaxes(automargin=False)
    figure.update_yaxes(automargin=False)
    figure.add_annotation(
        text="Longitude and latitude in degrees",
        x=0.5,
        y=0,
        xref="paper",
        yref="paper",
        yshift=-46,
        showarrow=False,
    )
    return figure


def _drawn(
    areas: Areas,
    marks: Sequence[Mark],
    groups: Sequence[tuple[str, str, npt.NDArray[np.intp]]],
) -> go.Figure:
    box = _view(_areas.box_of([ring for mark in marks for ring in areas.rings[mark.area]]))
    span = max(box[2] - box[0], box[3] - box[1])
    figure = go.Figure()
    colours = np.full(len(marks), "", object)
    for colour, name, members in groups:
        if not len(members):
            continue
        colours[members] = colour
        rings = [
            _simple(ring, span / _FINE)
            for number in members
            for ring in areas.rings[marks[number].area]
        ]
        figure.add_scatter(
            **_joined(rings),
            mode="lines",
            fill="toself",
            fillcolor=colour,
            line={"color": _LINE, "width": 0.6},
            name=_figures.short(name, 34),
            showlegend=bool(name),
            hoverinfo="skip",
        )
    figure.add_scatter(
        **_joined(_lines(box, span / _FINE)),
        mode="lines",
        line={"color": _LINE, "width": 0.8},
        showlegend=False,
        hoverinfo="skip",
    )
    _middles(figure, areas, marks, colours, span / _SEEN)
    return _framed(figure, box)


def _middles(
    figure: go.Figure,
    areas: Areas,
    marks: Sequence[Mark],
    colours: npt.NDArray[np.object_],
    least: float,
) -> None:
    """Add a mark in each area, unseen where the area is seen itself.

    Streamlit hears of clicks on points only.
    """
    largest = [
        shapely.Polygon(max(areas.rings[mark.area], key=lambda ring: shapely.Polygon(ring).area))
        for mark in marks
    ]
    points = [shapely.point_on_surface(shape) for shape in largest]
    tiny = [max(np.ptp(np.reshape(shape.bounds, (2, 2)), axis=0)) < least for shape in largest]
    figure.add_scatter(
        x=[round(point.x, 3) for point in points],
        y=[round(point.y, 3) for point in points],
        mode="markers",
        marker={
            "size": [11 if small else 22 for small in tiny],
            "opacity": [1 if small else 0 for small in tiny],
            "color": colours.tolist(),
            "line": {"color": _LINE, "width": 0.6},
        },
        text=[mark.said for mark in marks],
        customdata=[None if mark.selection is None else [mark.selection] for mark in marks],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )


def _view(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    west, south, east, north = box
    wide, high = max(east - west, _LEAST_DEGREES), max(north - south, _LEAST_DEGREES)
    return (
        west - _MARGIN * wide, south - _MARGIN * high, east + _MARGIN * wide, north + _MARGIN * high
    )  # fmt: skip


def _simple(ring: Ring, fine: float) -> Ring:
    if len(ring) <= _FEW_CORNERS:
        return ring
    found: Ring = shapely.get_coordinates(shapely.Polygon(ring).simplify(fine))
    return found


@functools.lru_cache(maxsize=16)
def _lines(box: tuple[float, float, float, float], fine: float) -> list[Ring]:
    """Return the outlines of countries that are seen, cut off a little outside."""
    west, south, east, north = box
    wide, high = (east - west) / 3, (north - south) / 3
    found = []
    for rings in _areas.outlines().values():
        for ring in rings:
            line = shapely.LineString(ring)
            cut = shapely.clip_by_rect(
                line, west - wide, south - high, east + wide, north + high
            ).simplify(fine)
            found += [
                shapely.get_coordinates(part)
                for part in shapely.get_parts(cut)
                if part.length > 4 * fine
            ]
    return found


def _joined(rings: Sequence[Ring]) -> dict[str, npt.NDArray[np.float32]]:
    """Return the coordinates of several lines as one, with gaps between them."""
    gap = np.full((1, 2), np.nan)
    parts = [part for ring in rings for part in (ring, gap)][:-1]
    # Seven digits in half the bytes: a metre.
    x, y = np.concatenate([np.zeros((0, 2)), *parts]).astype(np.float32).T
    return {"x": x, "y": y}


def _framed(figure: go.Figure, box: tuple[float, float, float, float]) -> go.Figure:
    west, south, east, north = box
    figure.update_layout(
        height=_HEIGHT_PX,
        hovermode="closest",
        xaxis={
            "range": [west, east],
            "ticksuffix": "°",
            "constrain": "domain",
            "zeroline": False,
        },
        yaxis={
            "range": [south, north],
            "ticksuffix": "°",
            "constrain": "domain",
            "scaleanchor": "x",
            # A degree of longitude is shorter than one of latitude.
            "scaleratio": 1 / np.cos(np.radians((south + north) / 2)),
            "zeroline": False,
        },
    )
    return figure
