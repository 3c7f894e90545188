"""Up to which distance patches have the same classes more often than by chance."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from eoexplore.analysis import correlogram
from eoexplore.charts import _figures, _grid
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option

_LAGS = 60
_SHOWN = 50
_LEAST_PAIRS = 30
"""Of a step that is looked at (Journel and Huijbregts 1978, Mining Geostatistics, III.42)."""
_DASHES = ("solid", "dash", "dot", "dashdot")


def make(asked: Asked) -> Chart:
    """Compare places by their distance, class by class."""
    grid = _grid.grid_of(asked)
    within = asked.options["mean"] == "tile"
    found = correlogram.correlogram(
        grid.has[grid.order], grid.x, grid.y, grid.tile, lags=_LAGS, within=within
    )
    there = np.flatnonzero((found.pairs >= _LEAST_PAIRS) & np.isfinite(found.moran).any(0))
    if not len(there):
        raise CannotTell(
            f"Fewer than {_LEAST_PAIRS} pairs of places of one tile are at any distance from each "
            "other, which is too little to compare. Choose a wider selection."
        )
    found = correlogram.Correlogram(
        found.distance_m[there], found.pairs[there], found.moran[:, there]
    )
    ranges = found.ranges() / 1_000
    names = [asked.classes[k].name for k in grid.order]
    farthest = float(found.distance_m[-1]) / 1_000
    return Chart(
        title=_title(names, ranges, farthest),
        sentence=_sentence(names, ranges, found),
        table=_table(names, ranges, found),
        figure=_figure(asked, grid, found, ranges),
        notes=_notes(within),
        facts={
            "range_km": {
                name: None if np.isnan(own) else float(own)
                for name, own in zip(names, ranges, strict=True)
            },
            "farthest_km": farthest,
        },
    )


def _title(names: list[str], ranges: correlogram.Floats, farthest: float) -> str:
    known = ranges[np.isfinite(ranges)]
    if not len(known):
        return f"No class loses its pattern within {farthest:,.0f} km"
    if len(known) < len(names):
        return f"Patches resemble each other over {known.min():,.0f} km to more than we can see"
    return f"Patches resemble each other over {known.min():,.0f} to {known.max():,.0f} km"


def _sentence(
    names: list[str],
    ranges: correlogram.Floats,
    found: correlogram.Correlogram,
) -> str:
    known = np.flatnonzero(np.isfinite(ranges))
    said = f"Over {found.pairs.sum():,} pairs of places"
    if not len(known):
        return f"{said}, Moran's I of no class falls below 5% at the distances there are."
    near, far = known[np.argmin(ranges[known])], known[np.argmax(ranges[known])]
    never = len(names) - len(known)
    rest = f"; of {never} of {len(names)} classes it does not" if never else ""
    return (
        f"{said}, Moran's I falls below 5% first for {names[near]}, at {ranges[near]:,.1f} km, and "
        f"last for {names[far]}, at {ranges[far]:,.1f} km{rest}."
    )


def _table(
    names: list[str],
    ranges: correlogram.Floats,
    found: correlogram.Correlogram,
) -> pd.DataFrame:
    columns: dict[str, object] = {"Class": names, "range in km": ranges}
    for lag in range(min(_SHOWN, len(found.pairs))):
        columns[f"{found.distance_m[lag] / 1_000:.1f} km"] = found.moran[:, lag]
    return pd.DataFrame(columns)


def _figure(
    asked: Asked,
    grid: _grid.Grid,
    found: correlogram.Correlogram,
    ranges: correlogram.Floats,
) -> go.Figure:
    items = [asked.classes[k] for k in grid.order]
    names = [item.name for item in items]
    if asked.options["as"] == "lines":
        return _lines(asked, grid, found)
    if asked.options["as"] == "matrix":
        return _matrix(names, found, asked)
    return _figures.bars(
        names,
        {"range": ranges},
        quantity="Distance in km at which Moran's I falls below 5%; no bar where it does not",
        colours=[item.colour for item in items],
        digits=",.1f",
        selections=[asked.part.only(name) for name in names],
    )


def _lines(asked: Asked, grid: _grid.Grid, found: correlogram.Correlogram) -> go.Figure:
    figure = go.Figure()
    for number, k in enumerate(grid.order):
        item = asked.classes[k]
        figure.add_scatter(
            x=np.round(found.distance_m / 1_000, 2),
            y=np.round(found.moran[number], 4),
            name=item.name if len(item.name) < 32 else f"{item.name[:30]}…",
            mode="lines+markers",
            marker={"size": 4},
            line={"color": item.colour, "dash": _DASHES[number % len(_DASHES)], "width": 2},
            customdata=[[asked.part.only(item.name)]] * len(found.pairs),
            hovertemplate=f"{item.name}<br>%{{x:.1f}} km: %{{y:.3f}}<extra></extra>",
        )
    figure.add_hline(y=correlogram.LOW, line={"color": "#6b7280", "dash": "dot", "width": 1})
    figure.update_layout(
        height=620,
        xaxis={"title": "Mean distance of the pairs in km"},
        yaxis={"title": "Moran's I of presence"},
    )
    return _figures.plain(figure, legend=True).update_layout(
        legend={"orientation": "h", "y": -0.14, "yanchor": "top"}, margin={"t": 10}
    )


def _matrix(names: list[str], found: correlogram.Correlogram, asked: Asked) -> go.Figure:
    shown = range(min(_SHOWN, len(found.pairs)))
    columns = [f"{found.distance_m[lag] / 1_000:.1f} km" for lag in shown]
    values = np.round(found.moran[:, : len(shown)], 3)
    figure = _figures.heatmap(
        names,
        columns,
        values,
        _figures.Shade("Moran's I", ".2f", low=0.0, high=1.0),
        selections=[[asked.part.only(name)] * len(shown) for name in names],
    )
    return figure.update_xaxes(
        title="Mean distance of the pairs", tickvals=columns[::5], ticktext=columns[::5]
    )


def _notes(within: bool) -> tuple[str, ...]:
    return (
        "Moran's I (1950, doi:10.2307/2332142) over all pairs of places of one tile, in steps of "
        "one patch (1.2 km).",
        "Range: mean distance of the first step below 5%, the practical range of geostatistics "
        "(Chilès and Delfiner 2012, Geostatistics, section 2.5). Steps of fewer than "
        f"{_LEAST_PAIRS} pairs are left out (Journel and Huijbregts 1978, Mining Geostatistics).",
        "Each place is compared with the mean of its tile: what tells countries apart is left out."
        if within
        else "Each place is compared with the mean of all: a class of one country alone resembles "
        "itself at every distance within a tile.",
        _grid.ONE_DATE,
    )


CHART = Kind(
    name="correlogram",
    page="splits",
    section="Spatial correlation",
    order=310,
    title="How far does the resemblance reach?",
    make=make,
    options=(
        Option("mean", "Compared with", {"tile": "Mean of the tile", "all": "Mean of all places"}),
        Option("as", "As", {"range": "Range", "lines": "Curves", "matrix": "Matrix"}),
    ),
)
