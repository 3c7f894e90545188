"""How good the predictions are for each class, as labels of patches."""

import numpy as np
import pandas as pd

from eoexplore.analysis import bootstrap, multilabel
from eoexplore.charts import _judged, _measured, _scored
from eoexplore.charts._judged import Judged
from eoexplore.charts.chart import Asked, Chart, Kind, Option

_FIGURES = {"average_precision": "Average precision", "f1": "F1", "precision": "Precision",
            "recall": "Recall"}  # fmt: skip


def make(asked: Asked) -> Chart:
    """Measure each class, in one set or in two."""
    name = asked.options["figure"]
    several = _judged.several(asked)
    own = several[0]
    support, first = own.truth.sum(0), _of(own, name).value
    order = np.lexsort((-support, -np.nan_to_num(first, nan=-1)))
    names = [own.classes[number] for number in order]
    values = first[order]
    ends = {item.name: _scored.at(_of(item, name), item.classes, names) for item in several}
    table = pd.DataFrame({"Class": names, "patches with it": support[order]})
    _scored.add_columns(table, ends, _FIGURES[name])
    known = asked.opened.dataset.classes.names
    clicks = [asked.part.only(item) if item in known else None for item in names]
    return Chart(
        title=_title(names, values, _FIGURES[name]),
        sentence=_sentence(names, values, support[order], _FIGURES[name]),
        table=table,
        figure=_scored.figure(names, ends, _FIGURES[name], clicks),
        notes=(*_judged.warnings(asked), *_notes(own, support)),
        facts={"figure": name, "classes": dict(zip(names, values.tolist(), strict=True))},
    )


def _of(own: Judged, name: str) -> bootstrap.Intervals:
    return _judged.kept(own, f"by class {name}", lambda: _measure(own, name))


def _measure(own: Judged, name: str) -> bootstrap.Intervals:
    drawn = own.clusters, _judged.REPLICATES, _judged.SEED
    holding = own.clusters.holding(own.truth)
    if name == "average_precision":
        values = multilabel.by_class(own.truth, own.scores, own.threshold).average_precision
        replicated = bootstrap.average_precision_replicates(own.truth, own.scores, *drawn).by_class
    else:
        counted = _measured.counts_by_tile(own)
        values = multilabel.class_rates(counted.sum(0))[name]
        replicated = multilabel.class_rates(bootstrap.resampled(counted, *drawn))[name]
    return bootstrap.intervals(values, replicated, own.clusters, holding)


def _title(names: list[str], values: np.ndarray, figure: str) -> str:
    known = [name for name, value in zip(names, values, strict=True) if not np.isnan(value)]
    return f"{known[-1]} has the lowest {figure.lower()}" if known else "No class occurs"


def _sentence(names: list[str], values: np.ndarray, support: np.ndarray, figure: str) -> str:
    known = [
        f"{name} {value:.3f} ({count:,} patches)"
        for name, value, count in zip(names, values, support, strict=True)
        if not np.isnan(value)
    ]
    if not known:
        return "No class of the set is a label of any patch here."
    return f"{figure}: from {known[0]} down to {known[-1]}."


def _notes(own: Judged, support: np.ndarray) -> tuple[str, ...]:
    notes = [
        f"Intervals of 95 % by bootstrap over the tiles, {_judged.REPLICATES:,} replicates; of a "
        "class that is in fewer than ten tiles they say little."
    ]
    absent = [name for name, count in zip(own.classes, support, strict=True) if not count]
    if absent:
        notes.append(f"No patch here has: {', '.join(absent)}.")
    return tuple(notes)


CHART = Kind(
    name="scores_by_class",
    page="evaluation",
    section="Scores",
    order=110,
    title="How good are they for each class?",
    make=make,
    options=(Option("figure", "Figure", _FIGURES),),
)
