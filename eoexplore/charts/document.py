"""Charts as plain data: what the command line prints, and what reports are made of."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from eoexplore.charts import _judged, chart
from eoexplore.charts.chart import Asked, CannotTell, Kind
from eoexplore.core.errors import UnknownName

_PIXELS = "pixel_scores"
FIGURES = ("scores_overview", _PIXELS)
"""Charts of the evaluation that have all figures of labels, and of pixels."""
_OF_BOTH = ("f1_macro", "precision_macro")


def of(kinds: Sequence[Kind], asked: Asked, options: Mapping[str, str]) -> dict[str, Any]:
    """Work out some charts, and return them by name as plain JSON data.

    Args:
        kinds: which charts.
        asked: dataset, selection and splits.
        options: chosen values by CHART.NAME; those of other charts are left alone.

    Returns:
        title, sentence, notes, facts, options, and table (a list of rows) of each chart; of one
        that cannot be told, only `cannot_tell`, a sentence.
    """
    return {kind.name: _one(kind, asked, options) for kind in kinds}


def about(asked: Asked) -> dict[str, Any]:
    """Return what was asked, for the head of a document."""
    opened = asked.opened
    return {
        "dataset": opened.dataset.title,
        "fingerprint": opened.fingerprint,
        "selection": asked.part.selection.canonical(),
        "compared": [item.selection.canonical() for item in asked.parts[1:]],
    }


def evaluation(asked: Asked, charts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known of the judged predictions, as plain JSON data.

    Args:
        asked: dataset, selection and prediction sets.
        charts: of the evaluation page, as `of` returns them.

    Returns:
        predictions, samples (that are judged), metrics (value, low and high by the names of
        scikit-learn, `pixel_` before what labels have too; of two sets, by the name of each set),
        what was asked, and charts.
    """
    names = [read.about.name for read in asked.predictions]
    metrics: dict[str, dict[str, Any]] = {name: {} for name in names}
    for chart_name in FIGURES:
        facts = charts.get(chart_name, {}).get("facts", {})
        for name, own in facts.get("sets", {names[0]: facts}).items():
            for figure, ends in own.get("metrics", {}).items():
                # Labels of patches and pixels both have an F1.
                of_pixels = chart_name == _PIXELS and figure in _OF_BOTH
                metrics[name][f"pixel_{figure}" if of_pixels else figure] = ends
    return {
        "predictions": names[0],
        "samples": _judged.count(asked),
        "metrics": metrics if len(names) > 1 else metrics[names[0]],
        **about(asked),
        "charts": dict(charts),
    }


def _one(kind: Kind, asked: Asked, options: Mapping[str, str]) -> dict[str, Any]:
    asked = asked.choosing(kind.name, options)
    try:
        found = kind(asked)
    except CannotTell as reason:
        return {"cannot_tell": str(reason)}
    rows = found.table.to_dict("records")
    return {
        "title": found.title,
        "sentence": found.sentence,
        "notes": list(found.notes),
        "options": kind.choose(asked),
        "facts": plain(found.facts),
        "table": [plain({str(name): cell for name, cell in row.items()}) for row in rows],
        "unfinished": bool(found.job),
    }


def chosen(page: chart.Page, names: Sequence[str]) -> tuple[Kind, ...]:
    """Return the charts of a page by their names; all of them where none is named.

    Raises:
        UnknownName: with the names that there are.
    """
    return tuple(chart.kind(page, name) for name in names) or chart.kinds(page)


def options(page: chart.Page, texts: Sequence[str], asked: Asked) -> dict[str, str]:
    """Read options that were typed as CHART.NAME=VALUE.

    Raises:
        UnknownName: a chart, an option or a value that there is not; says which there are.
    """
    found = {}
    for text in texts:
        left, _, value = text.partition("=")
        name, _, option = left.partition(".")
        there = {item.name: item for item in chart.kind(page, name).offered(asked)}
        if option not in there:
            raise UnknownName(
                f"The chart {name} has no option {option[:40]!r}. Options: {_listed(there)}."
            )
        if value not in there[option].values:
            raise UnknownName(
                f"{left[:80]} cannot be {value[:40]!r}. Values: {_listed(there[option].values)}."
            )
        found[left] = value
    return found


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(names) or "none"


def plain(value: Any) -> Any:  # noqa: ANN401 (whatever a table or a fact holds)
    """Return a value as JSON has it: numbers of Python, None for what is not known."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dt.date):
        return value.isoformat()
    return value if isinstance(value, str | int | bool) or value is None else str(value)
