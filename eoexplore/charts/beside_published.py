"""The set's scores beside those that are published for classifiers of reBEN."""

import numpy as np
import pandas as pd

from eoexplore.analysis.bootstrap import Intervals
from eoexplore.charts import _figures, _judged, _measured
from eoexplore.charts._judged import Judged
from eoexplore.charts.chart import TEST, Asked, CannotTell, Chart, Kind, Option
from eoexplore.core import published

_FIGURES = {
    "average_precision_macro": "Average precision, macro",
    "average_precision_micro": "Average precision, micro",
    "f1_macro": "F1, macro",
    "f1_micro": "F1, micro",
}
_CLASSES = 19
_DATASET = "reben"


def make(asked: Asked) -> Chart:
    """Put the set, or both, among the published ones, the best on top."""
    dataset = asked.opened.dataset
    if dataset.name != _DATASET or len(dataset.classes.names) != _CLASSES:
        raise CannotTell(
            "Scores are published for the 19 classes of reBEN only, and this dataset has others. "
            "Compare with another prediction set instead."
        )
    several = _judged.several(asked)
    if dataset.synthetic:
        raise CannotTell(
            "This dataset is synthetic, and published scores are of real imagery: they say nothing "
            "about each other. Open a real reBEN."
        )
    if set(several[0].classes) != set(dataset.classes.names):
        raise CannotTell(
            f"The set {several[0].name} does not have the 19 classes of reBEN, so its means are of "
            "others than the published ones."
        )
    figure = asked.options["figure"]
    ends = {own.name: _measured.of_labels(own).intervals()[figure] for own in several}
    if np.isnan(ends[several[0].name].value):
        raise CannotTell("No judged patch has a label, so there is no score. Select others.")
    table = _table(ends, figure)
    own = several[0]
    value = float(ends[own.name].value)
    better = sum(scores[figure] > value for scores in published.SCORES.values())
    return Chart(
        title=f"{_FIGURES[figure]} {value:.3f}, published: {_range(figure)}",
        sentence=f"{own.name} has {_FIGURES[figure].lower()} {value:.3f} on {len(own.rows):,} "
        f"patches; of {len(published.SCORES)} published models, {better} have more on the test "
        "split without snow and clouds.",
        table=table,
        figure=_figure(table, ends, figure),
        notes=(*_judged.warnings(asked), *_notes(asked, own)),
        facts={
            "figure": figure,
            "sets": {name: float(found.value) for name, found in ends.items()},
            "published": {name: scores[figure] for name, scores in published.SCORES.items()},
            "comparable": not _strangers(asked, own) and len(own.rows) == published.PATCHES,
        },
    )


def _range(figure: str) -> str:
    values = [scores[figure] for scores in published.SCORES.values()]
    return f"{min(values):.3f} to {max(values):.3f}"


def _table(ends: dict[str, Intervals], figure: str) -> pd.DataFrame:
    rows = [
        (name, "this page", float(found.value), float(found.low), float(found.high))
        for name, found in ends.items()
    ]
    rows += [
        (name, f"published: huggingface.co/{name}", scores[figure], np.nan, np.nan)
        for name, scores in published.SCORES.items()
    ]
    rows.sort(key=lambda row: -row[2] if np.isfinite(row[2]) else 1.0)
    return pd.DataFrame(rows, columns=["Model", "source", _FIGURES[figure], "from", "to"])


def _figure(table: pd.DataFrame, ends: dict[str, Intervals], figure: str) -> object:
    mine = table["Model"].isin(ends)
    colours = [_figures.FIRST if own else _figures.THIRD for own in mine]
    drawn = _figures.bars(
        # The table has the whole name.
        [name.removeprefix(f"{published.ORGANISATION}/") for name in table["Model"]],
        {_FIGURES[figure]: table[_FIGURES[figure]].to_numpy()},
        quantity=f"{_FIGURES[figure]}, 0 to 1",
        colours=colours,
        digits=".3f",
    )
    values = table[_FIGURES[figure]]
    drawn.data[0].error_x = _figures.whisker(table["from"], values, table["to"])
    # Without their own list of colours, plotly takes the lines' from the bars', and complains.
    drawn.data[0].marker.pattern = {
        "shape": ["" if own else "/" for own in mine],
        "fillmode": "replace",
        "fgcolor": colours,
        "solidity": 0.4,
    }
    return drawn.update_xaxes(range=[0, 1.02], tickformat=".1f")


def _strangers(asked: Asked, own: Judged) -> int:
    """Return how many judged samples are not among those of the published scores."""
    test = (asked.frame["split"] == TEST).to_numpy(bool)[own.rows]
    return int((~test | _flagged(asked)[own.rows]).sum())


def _flagged(asked: Asked) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    found = np.zeros(len(asked.opened.samples), bool)
    for rows in asked.opened.samples.table(asked.opened.dataset.classes).flags.values():
        found[rows] = True
    return found


def _notes(asked: Asked, own: Judged) -> tuple[str, ...]:
    notes = [
        f"Published scores are from {published.SOURCE}. {published.NOTE}",
        "They are of all patches of the real test split without snow and clouds, and comparable "
        "only with a set judged on that selection: split=test and flag=none.",
    ]
    if strangers := _strangers(asked, own):
        notes.insert(
            1,
            f"{strangers:,} of the {len(own.rows):,} judged patches are not of the test split, or "
            "have snow or clouds: this selection is another one.",
        )
    lacking = published.PATCHES - (len(own.rows) - _strangers(asked, own))
    if lacking > 0:
        notes.insert(
            1,
            f"{lacking:,} of the {published.PATCHES:,} patches that the published scores are of "
            "are not judged here.",
        )
    return tuple(notes)


CHART = Kind(
    name="beside_published",
    page="evaluation",
    section="Scores",
    order=120,
    title="How do they compare with published models?",
    make=make,
    options=(Option("figure", "Figure", _FIGURES),),
)
