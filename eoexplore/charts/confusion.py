"""Which class is taken for which: pixels of the masks, by class of the label map."""

import numpy as np
import pandas as pd

from eoexplore.charts import _figures, _judged
from eoexplore.charts._judged import Judged, kept
from eoexplore.charts.chart import Asked, Chart, Kind, Option

_MOST_IDS = 20
"""Patches that a click selects: those with most such pixels."""
_AS = {"recall": "Share of the class on the map", "precision": "Share of the predicted class",
       "pixels": "Pixels"}  # fmt: skip


def make(asked: Asked) -> Chart:
    """Count pixels by class of the map (row) and predicted class (column)."""
    own = _judged.judged(asked)
    counted = own.by_tile.sum(0)
    there = np.flatnonzero(counted.sum(0) + counted.sum(1))
    counted = counted[np.ix_(there, there)]
    names = [own.classes[number] for number in there]
    how = asked.options["as"]
    rows, columns = counted.sum(1, keepdims=True), counted.sum(0, keepdims=True)
    whole = {"recall": rows, "precision": columns, "pixels": np.ones_like(rows)}[how]
    shown = np.divide(counted, whole, out=np.full(counted.shape, np.nan), where=whole > 0)
    digits = "," if how == "pixels" else ".1%"
    figure = _figures.heatmap(
        names,
        names,
        np.log10(shown, out=np.full(shown.shape, np.nan), where=shown > 0)
        if how == "pixels"
        else shown,
        _figures.Shade("log₁₀ of pixels" if how == "pixels" else _AS[how], ".1f")
        if how == "pixels"
        else _figures.Shade(_AS[how], ".0%"),
        selections=_selections(asked, own, there),
        said=[[f"{_AS[how]}: {value:{digits}}" for value in line] for line in shown],
    )
    figure.update_layout(yaxis={"title": "On the map"}, xaxis={"title": "Predicted"})
    table = pd.DataFrame(counted, columns=names)
    table.insert(0, "On the map", names)
    wrong = counted * (1 - np.eye(len(names), dtype=np.int64))
    return Chart(
        title=_title(names, wrong),
        sentence=_sentence(names, counted, wrong),
        table=table,
        figure=figure,
        notes=(
            *_judged.warnings(asked),
            f"A click leads to up to {_MOST_IDS} patches, those with most such pixels first.",
            "Pixels without a label are not counted.",
            *((f"Of {own.name} alone.",) if len(asked.predictions) > 1 else ()),
        ),
        facts={"classes": names, "pixels": counted.tolist()},
    )


def _selections(asked: Asked, own: Judged, there: np.ndarray) -> list[list[str]]:
    ids = asked.frame["id"].array
    examples = kept(own, f"most pixels {_MOST_IDS}", lambda: own.rows_of_pixels(_MOST_IDS))
    found = []
    for reference in there.tolist():
        line = []
        for predicted in there.tolist():
            rows = np.sort(examples.get((reference, predicted), ()))
            line.append(asked.part.only(ids=tuple(ids[row] for row in rows)) if len(rows) else "")
        found.append(line)
    return found


def _title(names: list[str], wrong: np.ndarray) -> str:
    if not wrong.any():
        return "No labelled pixel is wrong"
    row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
    return f"{names[row]} is most often taken for {names[column]}"


def _sentence(names: list[str], counted: np.ndarray, wrong: np.ndarray) -> str:
    total = int(counted.sum())
    said = f"Of {total:,} labelled pixels, {1 - wrong.sum() / total:.1%} are right"
    if not wrong.any():
        return f"{said}."
    largest = np.argsort(-wrong.ravel(), kind="stable")[:3]
    pairs = [divmod(int(place), len(names)) for place in largest if wrong.ravel()[place]]
    listed = "; ".join(
        f"{names[row]} taken for {names[column]} ({wrong[row, column] / total:.1%})"
        for row, column in pairs
    )
    return f"{said}. The largest errors: {listed}."


CHART = Kind(
    name="confusion",
    page="evaluation",
    section="Pixels",
    order=210,
    title="Which class is taken for which?",
    make=make,
    options=(Option("as", "As", _AS),),
)
