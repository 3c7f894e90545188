"""Which classes are too rare in a part for a score that can be told from another."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from eoexplore.analysis import rare
from eoexplore.charts import _figures, _parts
from eoexplore.charts.chart import SPLITS, Asked, Chart, Kind, Mask, Option

_COLOURS = ("#0072b2", "#d55e00")
_SYMBOLS = ("circle", "x")
_NAMES = ("enough patches", "too rare")


def make(asked: Asked) -> Chart:
    """Work out the interval of an F1 on the patches that each class has."""
    name, score = asked.options["part"], float(asked.options["f1"])
    least, widest = int(asked.options["least"]), float(asked.options["widest"])
    _parts.rows_of(asked, asked.split, name)
    counts = _parts.classes(asked, asked.split)[SPLITS.index(name)]
    order = np.argsort(counts, kind="stable")
    counts = counts[order]
    names = [asked.classes[number].name for number in order]
    ends, recall = rare.f1(counts, score), rare.wilson(score, counts)
    scarce = (counts < least) | (ends.width > widest)
    clicks = [_parts.selection_of(asked, asked.split, name, own) for own in names]
    table = pd.DataFrame(
        {
            "Class": names,
            f"{name} patches": counts,
            "F1 from": ends.low,
            "F1 to": ends.high,
            "width of F1": ends.width,
            "recall from": recall.low,
            "recall to": recall.high,
            "too rare": np.where(scarce, "yes", "no"),
        }
    )
    return Chart(
        title=f"{_number(int(scarce.sum()))} too rare in {name}",
        sentence=_sentence(names, counts, ends, scarce, name, score),
        table=table,
        figure=_figure(names, counts, ends, scarce, score, clicks),
        notes=_notes(least, widest, score),
        facts={
            "part": name,
            "f1": score,
            "too_rare": [own for own, few in zip(names, scarce, strict=True) if few],
        },
    )


def _number(count: int) -> str:
    return {0: "No class is", 1: "One class is"}.get(count, f"{count} classes are")


def _sentence(
    names: list[str],
    counts: _parts.Counts,
    ends: rare.Ends,
    scarce: Mask,
    name: str,
    score: float,
) -> str:
    there = np.flatnonzero(counts)
    absent = len(counts) - len(there)
    missing = f" {absent} of the {len(counts)} classes do not occur in it." if absent else ""
    if not len(there):
        return f"No class occurs in {name}, so nothing can be measured on it."
    one = int(there[0])
    few = ", ".join(names[number] for number in there if scarce[number])
    listed = f" Too rare: {few}." if few else " Those that do have enough patches."
    return (
        f"The rarest class that occurs in {name}, {names[one]}, has {counts[one]:,} patches: an F1 "
        f"of {score:g} measured on them means one between {float(ends.low[one]):.2f} and "
        f"{float(ends.high[one]):.2f}.{missing}{listed}"
    )


def _figure(
    names: list[str],
    counts: _parts.Counts,
    ends: rare.Ends,
    scarce: Mask,
    score: float,
    clicks: list[str | None],
) -> go.Figure:
    figure = go.Figure()
    for few in (False, True):
        own = np.flatnonzero(scarce == few)
        figure.add_scatter(
            x=np.full(len(own), score),
            y=[names[number] for number in own],
            mode="markers",
            name=_NAMES[few],
            marker={"color": _COLOURS[few], "symbol": _SYMBOLS[few], "size": 9},
            error_x={
                "array": ends.high[own] - score,
                "arrayminus": score - ends.low[own],
                "color": _COLOURS[few],
                "thickness": 2,
            },
            customdata=_figures.clicks([clicks[number] for number in own]),
            text=[
                f"{counts[n]:,} patches<br>F1 {ends.low[n]:.3f} to {ends.high[n]:.3f}" for n in own
            ],
            hovertemplate="%{y}<br>%{text}<extra></extra>",
        )
    figure.update_layout(
        height=110 + 24 * len(names),
        xaxis={"title": f"F1 when {score:g} is measured, interval of 95 %"},
        yaxis=_figures.names_axis(names),
    )
    return _figures.plain(figure, legend=True)


def _notes(least: int, widest: float, score: float) -> tuple[str, ...]:
    return (
        f"Too rare: fewer than {least:,} patches, or an interval of F1 wider than {widest:g}: two "
        "models that differ by less cannot be told apart there.",
        "The interval is Wilson's (1927, doi:10.1080/01621459.1927.10502953), for F1 by way of "
        "F1 / (2 - F1), the share of hits among patches that have the class or are said to (Lam, "
        "Gopal and Qian 2023, arXiv:2309.14621); it assumes as many false alarms as misses.",
        "Patches are taken as independent; those near each other are not, so that real intervals "
        f"are wider. The interval of a recall of {score:g} is in the table.",
    )


CHART = Kind(
    name="rare_classes",
    page="splits",
    section="The split",
    order=120,
    title="Which classes are too rare to evaluate?",
    make=make,
    options=(
        Option("part", "In", {"test": "Test", "validation": "Validation", "train": "Training"}),
        Option("f1", "F1 that is measured", {"0.7": "0.7", "0.5": "0.5", "0.9": "0.9"}),
        Option("least", "Least patches", {"100": "100", "30": "30", "300": "300", "1000": "1,000"}),
        Option("widest", "Widest interval", {"0.1": "0.1", "0.05": "0.05", "0.2": "0.2"}),
    ),
)
