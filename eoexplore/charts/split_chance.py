"""Whether a split parts training and test better than chance: random splits of the same sizes."""

import math
import time
from typing import cast

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from eoexplore.charts import _figures, _leakage, _parts
from eoexplore.charts.chart import TEST, TRAIN, Asked, Chart, Kind, Option
from eoexplore.jobs import resample
from eoexplore.jobs.resample import Drawn, Unit
from eoexplore.store import selections

FIRST_S = 3.0
"""Time that the first estimate may take; a job draws the rest."""
ENOUGH = 20
"""Draws of a first estimate: where there are so many, a page does not wait for more."""
SEED = 0
_MEASURES = {
    "adjacent": ("Neighbouring pairs of a test and a training patch", ","),
    "near": ("Test patches within 1.3 km of a training patch", ".1%"),
    "information": ("Labels of a test patch that its nearest training patch tells", ".1%"),
}


def make(asked: Asked) -> Chart:
    """Measure the split, and random ones of the same sizes."""
    for name in (TEST, TRAIN):
        own = _parts.rows_of(asked, asked.split, name)
        _leakage.need_places(asked, own, name, asked.split)
    unit = cast(Unit, asked.options["unit"])
    chance = resample.Chance(asked.opened, asked.part.mask, asked.split, unit, SEED)
    found = resample.draw_more(chance, 0)
    if len(found.draws) < ENOUGH:
        end = time.monotonic() + FIRST_S
        found = resample.draw_more(chance, cancelled=lambda: time.monotonic() > end)
    table = pd.DataFrame(
        {
            "Measure": [title for title, _ in _MEASURES.values()],
            "this split": [getattr(found.own, name) for name in _MEASURES],
            "random, mean": [found.mean(name) for name in _MEASURES],
            "random, 2.5 %": [found.interval(name)[0] for name in _MEASURES],
            "random, 97.5 %": [found.interval(name)[1] for name in _MEASURES],
        }
    )
    return Chart(
        title=_title(found),
        sentence=_sentence(found),
        table=table,
        figure=_figure(found),
        notes=_notes(found),
        facts={
            "draws": len(found.draws),
            "seed": found.seed,
            "unit": found.unit,
            "measures": {name: _fact(found, name) for name in _MEASURES},
        },
        job=() if len(found.draws) >= resample.WANTED else _job(asked),
    )


def _job(asked: Asked) -> tuple[str, ...]:
    """Return the arguments of the command that draws the rest."""
    text = selections.text_of(asked.part.selection)
    which = ("--select", text, "--split", asked.split.rule, "--chart", "split_chance")
    unit = f"split_chance.unit={asked.options['unit']}"
    draws = str(resample.WANTED)
    return ("splits", asked.opened.slug, *which, "--option", unit, "--draws", draws)


def _fact(found: Drawn, name: str) -> dict[str, float | None]:
    low, high = found.interval(name)
    return {
        "value": getattr(found.own, name),
        "mean": None if math.isnan(low) else found.mean(name),
        "low": None if math.isnan(low) else low,
        "high": None if math.isnan(high) else high,
    }


def _title(found: Drawn) -> str:
    low, high = found.interval("near")
    if math.isnan(low):
        return "This split and random ones of the same sizes"
    if found.own.near < low:
        return "Test patches lie farther from training patches than in random splits"
    if found.own.near > high:
        return "Test patches lie nearer to training patches than in random splits"
    return "Test patches lie as near to training patches as in random splits"


def _sentence(found: Drawn) -> str:
    said = []
    for name, (title, digits) in _MEASURES.items():
        low, high = found.interval(name)
        own = format(getattr(found.own, name), digits)
        ends = "" if math.isnan(low) else f", random {_written(low, digits)} to "
        said.append(f"{title}: {own}{ends}{_written(high, digits) if ends else ''}")
    return "; ".join(said) + "."


def _written(value: float, digits: str) -> str:
    return format(round(value) if digits == "," else value, digits)


def _figure(found: Drawn) -> go.Figure:
    figure = make_subplots(
        len(_MEASURES),
        1,
        subplot_titles=[title for title, _ in _MEASURES.values()],
        vertical_spacing=0.2,
    )
    for row, (name, (title, digits)) in enumerate(_MEASURES.items(), start=1):
        low, high = found.interval(name)
        own, mean = getattr(found.own, name), found.mean(name)
        if not math.isnan(low):
            figure.add_scatter(
                x=[mean],
                y=["random splits"],
                mode="markers",
                error_x={"array": [high - mean], "arrayminus": [mean - low], "thickness": 3},
                marker={"color": _figures.SECOND, "symbol": "line-ns-open", "size": 14},
                hovertemplate=f"random splits<br>{title}: %{{x:{digits}}}<extra></extra>",
                row=row,
                col=1,
            )
        figure.add_scatter(
            x=[own],
            y=["this split"],
            mode="markers",
            marker={"color": _figures.FIRST, "symbol": "diamond", "size": 13},
            hovertemplate=f"this split<br>{title}: %{{x:{digits}}}<extra></extra>",
            row=row,
            col=1,
        )
        figure.update_xaxes(rangemode="tozero", tickformat=digits, row=row, col=1)
        if digits != ",":
            figure.update_xaxes(range=[-0.02, 1.02], row=row, col=1)
    figure.update_yaxes(type="category", automargin=True, range=[-0.6, 1.6])
    figure.update_layout(height=420)
    return _figures.plain(figure, legend=False).update_layout(margin={"t": 34})


def _notes(found: Drawn) -> tuple[str, ...]:
    what = (
        "Patches are shuffled" if found.unit == "patch" else "Places are shuffled, with all dates"
    )
    return (
        f"{what}: {len(found.draws)} of {resample.WANTED} random splits of the same sizes, seeds "
        f"{found.seed} to {found.seed + max(0, len(found.draws) - 1)}; the interval holds 95% of "
        "them.",
        "Neighbouring pairs: patches of one tile that share an edge, on whatever dates.",
        "What is told: mutual information between presence of a class in a test patch and in its "
        "nearest training patch, summed over the classes, as a share of the entropy (Theil 1970, "
        "doi:10.1086/224909); 0 where it tells nothing, 100% where it tells all.",
    )


CHART = Kind(
    name="split_chance",
    page="splits",
    section="Spatial correlation",
    order=320,
    title="Is the split better than a random one?",
    make=make,
    options=(
        Option("unit", "Random splits of", {"patch": "Patches", "place": "Places, all dates"}),
    ),
)
