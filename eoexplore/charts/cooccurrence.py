"""Which labels occur together, and whether more often than chance has it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from eoexplore.analysis import cooccurrence
from eoexplore.analysis.cooccurrence import Together
from eoexplore.charts import _compare, _figures, _labels
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option

Floats = npt.NDArray[np.float64]
_SIZE = 4.0
"""Doublings, or halvings, of chance at the ends of the scale of lift."""


@dataclass(frozen=True)
class _Measure:
    """One way to measure how labels occur together."""

    title: str
    """What a user reads."""
    digits: str
    """How its numbers are written."""
    note: str
    """Definition and source."""
    of: Callable[[Together], Floats]
    """Works it out for each pair, shape (k, k)."""


_MEASURES = {
    "counts": _Measure(
        "Patches with both",
        ",.0f",
        "Counted: patches that have both labels.",
        lambda found: found.counts.astype(np.float64),
    ),
    "share": _Measure(
        "Share of the patches with both",
        ".2%",
        "Shares of the patches that have both labels, as the two selections differ in size.",
        lambda found: found.counts / max(1, found.samples),
    ),
    "conditional": _Measure(
        "Share of the row's patches that have the column's label",
        ".1%",
        "Conditional probability: of the patches with the label of the row, the share that has "
        "the label of the column too.",
        lambda found: found.conditional,
    ),
    "lift": _Measure(
        "Lift",
        ",.2f",
        "Lift: how many times as often as if labels were independent, P(a, b) / (P(a) P(b)); 1 if "
        "they are (Brin et al. 1997, doi:10.1145/253260.253325). Colours double with each step of "
        f"log₂, up to {2**_SIZE:.0f} times.",
        lambda found: found.lift,
    ),
    "phi": _Measure(
        "φ",
        ".3f",
        "φ: correlation of having one label with having the other, −1 to 1 (Yule 1912).",
        lambda found: found.phi,
    ),
}


_LEAST = 5
"""Patches below which a pair is not called correlated: chance makes such pairs."""


def make(asked: Asked) -> Chart:
    """Count the pairs of labels in each part."""
    if not any(len(part) for part in asked.parts):
        raise CannotTell("No patch is selected, so there is nothing to count. Drop a condition.")
    own = [
        cooccurrence.together(asked.masks[part.mask], len(asked.classes)) for part in asked.parts
    ]
    there = np.flatnonzero(np.sum([item.alone for item in own], axis=0))
    if len(there) < 2:
        raise CannotTell(
            "Fewer than two classes occur in the selection, so none occur together. Select more "
            "patches."
        )
    order = there[_order(asked, own[0], there)]
    return Chart(
        title=_title(asked, own[0]),
        sentence=_sentence(asked, own[0]),
        table=_table(asked, own, order),
        figure=_figure(asked, own, order),
        notes=_notes(asked, own, len(asked.classes) - len(there)),
        facts=_facts(asked, own[0]),
    )


def _order(asked: Asked, found: Together, there: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    if asked.options["order"] == "dataset":
        return np.arange(len(there))
    if asked.options["order"] == "size":
        return np.argsort(-found.alone[there], kind="stable")
    return cooccurrence.clustered(found.phi[np.ix_(there, there)])


def _pairs(found: Together) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the pairs of classes that both occur: the first and the second of each."""
    one, other = np.triu_indices(len(found.alone), 1)
    known = np.isfinite(found.phi[one, other])
    return one[known], other[known]


def _strongest(found: Together) -> tuple[int, int] | None:
    one, other = _pairs(found)
    many = found.counts[one, other] >= _LEAST
    one, other = one[many], other[many]
    if not len(one):
        return None
    best = int(np.argmax(found.phi[one, other]))
    return int(one[best]), int(other[best])


def _measured(asked: Asked) -> str:
    """Return the name of the measure that is shown."""
    chosen = asked.options["measure"]
    return "share" if chosen == "counts" and len(asked.parts) > 1 else chosen


def _title(asked: Asked, found: Together) -> str:
    best = _strongest(found)
    if best is None or found.phi[best] <= 0:
        return "No two labels are often together"
    a, b = (_figures.short(asked.classes[number].name) for number in best)
    return f"{a} and {b} go together most"


def _sentence(asked: Asked, found: Together) -> str:
    names = [item.name for item in asked.classes]
    most = np.where(np.eye(len(names), dtype=bool), 0, found.counts)
    a, b = np.unravel_index(int(np.argmax(most)), most.shape)
    text = f"Of {found.samples:,} patches, "
    if not most.any():
        return text + "none has two labels."
    text += f"{most[a, b]:,} have both {names[a]} and {names[b]}, the most common pair"
    best = _strongest(found)
    if best is None:
        return text + "."
    return text + (
        f"; {names[best[0]]} and {names[best[1]]} are most correlated, φ = {found.phi[best]:.3f}, "
        f"{found.lift[best]:,.1f} times as often together as chance has it."
    )


def _figure(asked: Asked, own: list[Together], order: npt.NDArray[np.intp]) -> go.Figure:
    name = _measured(asked)
    measure = _MEASURES[name]
    names = [asked.classes[number].name for number in order]
    values = [measure.of(item)[np.ix_(order, order)] for item in own]
    shown = values[0] if len(values) == 1 else values[0] - values[1]
    shade = _shade(name, shown, several=len(values) > 1)
    colours = _doublings(shown) if name == "lift" and len(values) == 1 else shown.copy()
    # What a label has in common with itself would be the strongest colour of all.
    np.fill_diagonal(colours, np.nan)
    return _figures.heatmap(
        names,
        names,
        colours,
        shade,
        selections=[[asked.part.only(*{a, b}) for b in names] for a in names],
        said=_said(asked, measure, values, shown),
    )


def _shade(name: str, shown: Floats, *, several: bool) -> _figures.Shade:
    measure = _MEASURES[name]
    away = np.where(np.eye(len(shown), dtype=bool) | ~np.isfinite(shown), 0, np.abs(shown))
    most = float(away.max()) or 1.0
    if several:
        return _figures.Shade.around_zero(f"Difference: {measure.title}", measure.digits, most)
    if name == "lift":
        return _figures.Shade.around_zero("log₂ of lift", measure.digits, _SIZE)
    if name == "phi":
        return _figures.Shade.around_zero(measure.title, measure.digits, most)
    return _figures.Shade(measure.title, measure.digits, low=0, high=most)


def _doublings(lift: Floats) -> Floats:
    """Return log₂ of lift for colours: what never occurs together has the lowest."""
    known = np.isfinite(lift) & (lift > 0)
    logs = np.log2(lift, where=known, out=np.where(lift == 0, -_SIZE, np.nan))
    return logs.clip(-_SIZE, _SIZE)


def _said(asked: Asked, measure: _Measure, values: list[Floats], shown: Floats) -> list[list[str]]:
    """Return what is said of each cell."""

    def number(value: float) -> str:
        return "unknown" if np.isnan(value) else format(value, measure.digits)

    def cell(at: tuple[int, int]) -> str:
        if len(values) == 1:
            return f"{measure.title}: {number(shown[at])}"
        each = [
            f"{part.name}: {number(own[at])}" for part, own in zip(asked.parts, values, strict=True)
        ]
        return "<br>".join([measure.title, *each, f"Difference: {number(shown[at])}"])

    size = len(shown)
    return [[cell((row, column)) for column in range(size)] for row in range(size)]


def _table(asked: Asked, own: list[Together], order: npt.NDArray[np.intp]) -> pd.DataFrame:
    """Return a line for each pair, the strongest in the chosen measure first."""
    one, other = np.triu_indices(len(order), 1)
    a, b = order[one], order[other]
    names = np.array([item.name for item in asked.classes], object)
    columns: dict[str, object] = {"Label": names[a], "With": names[b]}
    for part, found in zip(asked.parts, own, strict=True):
        before = f"{part.name}: " if len(own) > 1 else ""
        columns[f"{before}patches with both"] = found.counts[a, b]
        columns[f"{before}share of the first's patches"] = found.conditional[a, b]
        columns[f"{before}share of the second's patches"] = found.conditional[b, a]
        columns[f"{before}lift"], columns[f"{before}φ"] = found.lift[a, b], found.phi[a, b]
    measure = _MEASURES[_measured(asked)]
    values = [np.nan_to_num(measure.of(found)[a, b], nan=-np.inf) for found in own]
    if len(own) > 1:
        for title, measured in (("lift", "lift"), ("φ", "phi")):
            each = [_MEASURES[measured].of(found)[a, b] for found in own[:2]]
            columns[f"Difference of {title}"] = each[0] - each[1]
    return pd.DataFrame(columns).iloc[np.argsort(-values[0], kind="stable")].reset_index(drop=True)


def _notes(asked: Asked, own: list[Together], absent: int) -> tuple[str, ...]:
    notes = [_MEASURES[_measured(asked)].note]
    if asked.options["order"] == "clustered":
        notes.append(
            "Clustered: labels that occur together are neighbours (average linkage of 1 − φ, "
            "optimal leaf order, Bar-Joseph et al. 2001)."
        )
    if absent:
        notes.append(f"{absent} of the {len(asked.classes)} classes never occur and are left out.")
    if len(own) > 1:
        notes += _tests(asked, own)
    return tuple(notes)


def _tests(asked: Asked, own: list[Together]) -> list[str]:
    """Compare how the pairs of labels are distributed."""
    one, other = np.triu_indices(len(asked.classes), 1)
    counts = [found.counts[one, other] for found in own[:2]]
    if not counts[0].any() or not counts[1].any():
        return [_compare.NOTHING]
    number, has = _labels.label_sets(asked)
    tiles = _compare.by_tile(asked, number, has[:, one] & has[:, other])
    said = _compare.jensen_shannon(counts[0], counts[1], tiles)
    return [*_compare.shared(asked), f"Of the pairs of labels: {said}"]


def _facts(asked: Asked, found: Together) -> dict[str, object]:
    one, other = _pairs(found)
    order = np.argsort(-found.phi[one, other], kind="stable")[:10]
    return {
        "patches": found.samples,
        "most_correlated": [
            {
                "classes": [asked.classes[a].name, asked.classes[b].name],
                "patches": int(found.counts[a, b]),
                "lift": float(found.lift[a, b]),
                "phi": float(found.phi[a, b]),
            }
            for a, b in zip(one[order].tolist(), other[order].tolist(), strict=True)
        ],
    }


CHART = Kind(
    name="cooccurrence",
    page="statistics",
    section="Labels together",
    order=200,
    title="Which labels occur together?",
    make=make,
    options=(
        Option(
            "measure",
            "Measure",
            {
                "counts": "Patches",
                "conditional": "Conditional probability",
                "lift": "Lift",
                "phi": "φ correlation",
            },
        ),
        Option(
            "order",
            "Order",
            {"clustered": "Clustered", "dataset": "As in the dataset", "size": "By size"},
        ),
    ),
)
