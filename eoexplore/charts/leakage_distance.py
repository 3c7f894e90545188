"""How far the patches of one part of a split lie from the nearest ones of another."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from eoexplore.charts import _figures, _leakage, _parts
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option
from eoexplore.store import distances
from eoexplore.store.distances import Between

Floats = npt.NDArray[np.float64]
_CURVES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Okabe and Ito 2008: apart for colour-blind readers."""
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_POINTS = 60
_LEAST_KM = 0.5
"""Where the logarithmic axis begins: what is nearer, is at the same place or overlaps."""
_BANDS = ("same place", "up to 1.3 km", "1.3 to 5", "5 to 10", "10 to 20", "20 to 50", "more")
_ENDS_M = np.array([0.0, 1_300, 5_000, 10_000, 20_000, 50_000])


def make(asked: Asked) -> Chart:
    """Measure the distance from each patch of one part to the nearest of the other."""
    of, to = _parts.pair(asked.options["pair"])
    found = [(asked.split.title, _leakage.nearest_of(asked, asked.split, of, to))]
    notes = [distances.places(asked.opened.samples).note]
    for other in asked.splits[1:]:
        try:
            found.append((other.title, _leakage.nearest_of(asked, other, of, to)))
        except CannotTell as reason:
            notes.append(str(reason))
    found = [(f"{name} ({n + 1})" if n else name, own) for n, (name, own) in enumerate(found)]
    own = found[0][1]
    missing = int((asked.split.of(of) & asked.part.mask).sum()) - len(own.rows)
    if missing:
        notes.append(f"{missing:,} patches of {of} have no location and are left out.")
    table, figure = (_curves if asked.options["as"] == "curve" else _bars)(found, of, to)
    return Chart(
        title=_title(own, of, to),
        sentence=_sentence(own, of, to),
        table=table,
        figure=figure,
        notes=(
            *notes,
            "1.3 km reaches the patches that share an edge (1.2 km), not those that share a corner "
            "(1.7 km).",
        ),
        facts=facts(own, of, to),
    )


def facts(found: Between, of: str, to: str) -> dict[str, object]:
    """Return the distances in single numbers."""
    return {
        "of": of,
        "to": to,
        "patches": len(found.rows),
        "minimum_m": float(found.distance_m.min()),
        "median_m": float(np.median(found.distance_m)),
        "maximum_m": float(found.distance_m.max()),
        "shares_within_km": {f"{km:g}": found.share_within(km * 1_000) for km in _leakage.STEPS_KM},
    }


def _title(found: Between, of: str, to: str) -> str:
    share = found.share_within(_leakage.STEPS_KM[0] * 1_000)
    if share:
        return f"{_percent(share)} of {of} patches lie within 1.3 km of a {_parts.WORDS[to]} patch"
    return f"No {of} patch lies within {_km(found.distance_m.min())} of a {_parts.WORDS[to]} patch"


def _sentence(found: Between, of: str, to: str) -> str:
    shares = ", ".join(
        f"{_percent(found.share_within(km * 1_000))} within {km:g} km" for km in _leakage.STEPS_KM
    )
    low, middle = found.distance_m.min(), np.median(found.distance_m)
    return (
        f"The nearest {_parts.WORDS[to]} patch of {len(found.rows):,} {of} patches is at least "
        f"{low:,.0f} m away, and {_km(float(middle))} in the median; {shares}."
    )


def _curves(found: list[tuple[str, Between]], of: str, to: str) -> tuple[pd.DataFrame, go.Figure]:
    """Return the share of patches with one within a distance, for distances from near to far."""
    low = min(float(own.distance_m.min()) for _, own in found) / 1_000
    most = max(float(own.distance_m.max()) for _, own in found) / 1_000
    kilometres = np.geomspace(max(0.9 * low, _LEAST_KM), max(1.01 * most, 2 * _LEAST_KM), _POINTS)
    # 0 km is the same place; it stands in the table, as a logarithmic axis has no room for it.
    kilometres = np.unique([0, *np.round(kilometres, 3), *_leakage.STEPS_KM])
    columns: dict[str, object] = {"Within km": kilometres}
    figure = go.Figure()
    for number, (name, own) in enumerate(found):
        counts = np.searchsorted(np.sort(own.distance_m), kilometres * 1_000, "right")
        before = "" if len(found) == 1 else f"{name}: "
        columns[f"{before}{of} patches"] = counts
        columns[f"{before}share"] = counts / len(own.rows)
        figure.add_scatter(
            x=kilometres[1:],
            y=np.round(counts[1:] / len(own.rows), 5),
            name=name,
            mode="lines",
            line={
                "color": _CURVES[number % len(_CURVES)],
                "dash": _DASHES[number % len(_DASHES)],
                "width": 2.5,
            },
            hovertemplate=f"{name}<br>%{{y:.2%}} within %{{x:,.2f}} km<extra></extra>",
        )
    for km in _leakage.STEPS_KM:
        figure.add_vline(x=km, line={"color": "#9ca3af", "width": 1, "dash": "dot"})
    figure.update_layout(
        height=380,
        xaxis={"title": f"Distance to the nearest {_parts.WORDS[to]} patch in km (logarithmic)"},
        yaxis={
            "title": f"Share of {of} patches within it",
            "range": [0, 1.02],
            "tickformat": _figures.PERCENT_TICKS,
        },
    )
    figure.update_xaxes(
        type="log", tickvals=[0.5, 1.3, 2.5, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000]
    )
    return pd.DataFrame(columns), _figures.plain(figure, legend=len(found) > 1)


def _bars(found: list[tuple[str, Between]], of: str, to: str) -> tuple[pd.DataFrame, go.Figure]:
    """Return the share of patches in each band of distances."""
    columns: dict[str, object] = {f"Nearest {_parts.WORDS[to]} patch, km": list(_BANDS)}
    figure = go.Figure()
    for number, (name, own) in enumerate(found):
        band = np.searchsorted(_ENDS_M, own.distance_m)
        counts = np.bincount(band, minlength=len(_BANDS))
        before = "" if len(found) == 1 else f"{name}: "
        columns[f"{before}{of} patches"] = counts
        columns[f"{before}share"] = counts / len(own.rows)
        figure.add_bar(
            x=list(_BANDS),
            y=counts / len(own.rows),
            name=name,
            marker={
                "color": _CURVES[number % len(_CURVES)],
                "pattern": {"shape": ("", "/", "x", ".", "-", "+")[number % 6]},
            },
            # Not as custom data, which is what a click selects.
            hovertext=[f"{count:,}" for count in counts],
            hovertemplate=f"{name}<br>%{{x}}<br>%{{hovertext}} patches, %{{y:.2%}}<extra></extra>",
        )
    figure.update_layout(
        barmode="group",
        height=380,
        xaxis={
            "title": f"Distance to the nearest {_parts.WORDS[to]} patch in km",
            "type": "category",
        },
        yaxis={"title": f"Share of {of} patches", "tickformat": _figures.PERCENT_TICKS},
    )
    return pd.DataFrame(columns), _figures.plain(figure, legend=len(found) > 1)


def _km(metres: float) -> str:
    return f"{metres / 1_000:,.1f} km" if metres >= 100 else f"{metres:,.0f} m"


def _percent(share: float) -> str:
    # A few patches are not none.
    return "< 0.1%" if 0 < share < 0.0005 else f"{share:.1%}"


CHART = Kind(
    name="leakage_distance",
    page="splits",
    section="Leakage",
    order=200,
    title="How far is the nearest training patch?",
    make=make,
    options=(
        Option("pair", "From", _parts.PAIRS),
        Option("as", "As", {"curve": "Curve", "bars": "Bars"}),
    ),
)
