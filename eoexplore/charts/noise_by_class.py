"""How much of each class of the label map is wrong, with intervals."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from eoexplore.charts import _noise
from eoexplore.charts._noise import Found
from eoexplore.charts.chart import Asked, Chart, Kind


def make(asked: Asked) -> Chart:
    """Estimate the share of the area of each class that is another one."""
    found = _noise.estimate(asked, asked.part.mask)
    names = asked.opened.dataset.classes.names
    own = found.noise
    there = np.flatnonzero(found.area_ha > 0)
    # Classes of few samples stand apart, at the end.
    order = there[np.lexsort((-own.wrong[there], found.samples[there] < _noise.LEAST))]
    enough = found.samples[order] >= _noise.LEAST
    labels = [
        names[number] if many else f"{names[number]} (few)"
        for number, many in zip(order, enough, strict=True)
    ]
    sure = order[enough]
    return Chart(
        title=_title(names, found, sure),
        sentence=_sentence(names, found, sure),
        table=_table(names, found, order),
        figure=_figure(asked, found, labels, order),
        notes=(
            *_noise.notes(asked),
            f"Classes with fewer than {_noise.LEAST} patches stand apart: their intervals need not "
            "hold.",
        ),
        facts={
            "overall": own.overall[0],
            "classes": {names[number]: _facts(found, number) for number in order.tolist()},
        },
    )


def _table(names: tuple[str, ...], found: Found, order: np.ndarray) -> pd.DataFrame:
    own = found.noise
    return pd.DataFrame(
        {
            "Class": [names[number] for number in order],
            "Share that is wrong": own.wrong[order],
            "from": own.low[order],
            "to": own.high[order],
            "Area, ha": np.rint(found.area_ha[order]).astype(np.int64),
            "Patches": found.samples[order],
            "Enough patches": found.samples[order] >= _noise.LEAST,
        }
    )


def _facts(found: Found, number: int) -> dict[str, float]:
    own = found.noise
    ends = {"wrong": own.wrong, "low": own.low, "high": own.high}
    facts = {name: float(values[number]) for name, values in ends.items()}
    return {**facts, "patches": int(found.samples[number])}


def _figure(asked: Asked, found: Found, labels: list[str], order: np.ndarray) -> go.Figure:
    own, names = found.noise, asked.opened.dataset.classes.names
    ends = own.low[order], own.high[order]
    clicks = [asked.part.only(names[number]) for number in order]
    return _noise.figure(labels, own.wrong[order], ends, clicks)


def _title(names: tuple[str, ...], found: Found, sure: np.ndarray) -> str:
    if not len(sure):
        return "Every class has too few patches to be sure"
    worst = int(sure[np.argmax(found.noise.wrong[sure])])
    return f"{names[worst]} has the largest share that seems wrong"


def _sentence(names: tuple[str, ...], found: Found, sure: np.ndarray) -> str:
    own = found.noise
    said = f"About {own.overall[0]:.1%} of the area that was looked at seems to be of another class"
    if not len(sure):
        return f"{said}."
    most = sure[np.argsort(-own.wrong[sure], kind="stable")[:3]]
    listed = "; ".join(
        f"{names[number]} {own.wrong[number]:.1%} ({own.low[number]:.1%} to {own.high[number]:.1%})"
        for number in most.tolist()
    )
    return f"{said}. Most: {listed}."


CHART = Kind(
    name="noise_by_class",
    page="quality",
    section="Noise",
    order=10,
    title="How much of each class is wrong?",
    make=make,
)
