"""How good the predictions are as labels of patches: all figures, with their intervals."""

import numpy as np
import pandas as pd

from eoexplore.analysis.bootstrap import Intervals
from eoexplore.charts import _figures, _judged, _measured
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option

_SHOWN = tuple(
    f"{figure}_{mean}" for figure in _measured.LABELS for mean in _measured.MEANS
)  # fmt: skip
_INTERVAL = (
    "Intervals of 95 % by bootstrap over MGRS tiles, whose patches resemble each other "
    "(percentiles expanded for few clusters, Hesterberg 2015, arXiv:1411.5279)."
)
_DEFINED = (
    "Definitions and names are scikit-learn's "
    "(scikit-learn.org/stable/modules/model_evaluation.html); a class that no patch has is left "
    "out of macro means."
)


def make(asked: Asked) -> Chart:
    """Measure one set, or two on the samples that both have."""
    if len(asked.predictions) > 1:
        return _two(asked)
    own = _judged.judged(asked)
    _need_labels(own)
    found = _measured.of_labels(own)
    ends = found.intervals()
    names = [name for name in (*_SHOWN, *_measured.OTHERS) if name in found.values]
    shown = [name for name in _SHOWN if name.endswith(asked.options["mean"])]
    return Chart(
        title=f"Average precision {found.values['average_precision_macro']:.3f} (macro)",
        sentence=_sentence(own, ends),
        table=pd.DataFrame(
            {
                "Figure": [_measured.title_of(name) for name in names],
                "value": [found.values[name] for name in names],
                "from": [float(ends[name].low) for name in names],
                "to": [float(ends[name].high) for name in names],
            }
        ),
        figure=_figure(shown, {own.name: ends}),
        notes=(*_judged.warnings(asked), *_notes(own)),
        facts=_facts(own, ends),
    )


def _two(asked: Asked) -> Chart:
    one, other = _judged.both(asked)
    _need_labels(one)
    _need_labels(other)
    first, second = _measured.of_labels(one), _measured.of_labels(other)
    apart = first.minus(second)
    ends = {item.name: found.intervals() for item, found in ((one, first), (other, second))}
    names = [name for name in (*_SHOWN, *_measured.OTHERS) if name in apart]
    shown = [name for name in _SHOWN if name.endswith(asked.options["mean"])]
    main = apart["average_precision_macro"]
    told = bool((main.low > 0) | (main.high < 0))
    better = one if main.value > 0 else other
    return Chart(
        title=f"{better.name} has the higher average precision"
        if told
        else "The two cannot be told apart by average precision",
        sentence=f"On {len(one.rows):,} patches that both have, the macro average precision of "
        f"{one.name} is {first.values['average_precision_macro']:.3f} and that of {other.name} "
        f"{second.values['average_precision_macro']:.3f}: a difference of {float(main.value):+.3f} "
        f"({_judged.between(main, '+.3f')}; paired by tile).",
        table=pd.DataFrame(
            {
                "Figure": [_measured.title_of(name) for name in names],
                one.name: [first.values[name] for name in names],
                other.name: [second.values[name] for name in names],
                "difference": [float(apart[name].value) for name in names],
                "from": [float(apart[name].low) for name in names],
                "to": [float(apart[name].high) for name in names],
            }
        ),
        figure=_figure(shown, ends),
        notes=(*_judged.warnings(asked), *_notes(one)),
        facts={
            "samples": len(one.rows),
            "sets": {item.name: _facts(item, ends[item.name]) for item in (one, other)},
            "difference": {name: _ends(apart[name]) for name in names},
        },
    )


def _need_labels(own: _judged.Judged) -> None:
    """See that there is a label to judge by.

    Raises:
        CannotTell: no judged sample has a class of the set.
    """
    if not own.truth.any():
        raise CannotTell(
            f"None of the {len(own.rows):,} judged patches has a class of the set {own.name} as a "
            "label, so nothing can be measured. Select others."
        )


def _figure(names: list[str], ends: dict[str, dict[str, Intervals]]) -> object:
    figure = _figures.bars(
        [_measured.title_of(name) for name in names],
        {who: [float(own[name].value) for name in names] for who, own in ends.items()},
        quantity="0 to 1",
        digits=".3f",
    )
    for trace, own in zip(figure.data, ends.values(), strict=True):
        found = [own[name] for name in names]
        low, value, high = (
            np.array([float(getattr(item, part)) for item in found])
            for part in ("low", "value", "high")
        )
        trace.error_x = _figures.whisker(low, value, high)
    figure.update_xaxes(range=[0, 1.02], tickformat=".1f")
    return figure


def _sentence(own: _judged.Judged, ends: dict[str, Intervals]) -> str:
    macro, micro = ends["average_precision_macro"], ends["f1_micro"]
    return (
        f"On {len(own.rows):,} patches of {_judged.tiles(own)}, {own.name} has a macro "
        f"average precision of {_said(macro)} and a micro F1 of {_said(micro)}."
    )


def _said(found: Intervals) -> str:
    return f"{float(found.value):.3f} ({_judged.between(found)})"


def _notes(own: _judged.Judged) -> tuple[str, ...]:
    few = own.clusters.count < 10
    notes = [f"{_INTERVAL} {_judged.REPLICATES:,} replicates, seed {_judged.SEED}."]
    if few:
        notes.append(f"Only {_judged.tiles(own)}: intervals of so few clusters say little.")
    if own.masks:
        notes.append(
            "The set is of masks: the share of a class in the mask is its score, and a class with "
            "any pixel counts as predicted."
        )
    else:
        notes.append(f"A class counts as predicted from a score of {own.stated:g} on.")
    absent = int((~own.truth.any(0)).sum())
    if absent:
        notes.append(f"{absent} of the {len(own.classes)} classes are no label of any patch here.")
    return (*notes, _DEFINED)


def _facts(own: _judged.Judged, ends: dict[str, Intervals]) -> dict[str, object]:
    return {
        "set": own.name,
        "samples": len(own.rows),
        "tiles": own.clusters.count,
        "metrics": {name: _ends(found) for name, found in ends.items()},
    }


def _ends(found: Intervals) -> dict[str, float]:
    return {name: float(getattr(found, name)) for name in ("value", "low", "high")}


CHART = Kind(
    name="scores_overview",
    page="evaluation",
    section="Scores",
    order=100,
    title="How good are the predictions, as labels of patches?",
    make=make,
    options=(
        Option(
            "mean",
            "Mean over",
            {
                "macro": "Classes (macro)",
                "micro": "All (micro)",
                "weighted": "Weighted",
                "samples": "Patches",
            },
        ),
    ),
)
