"""Thresholds with the best F1 of each class on validation, and what they do elsewhere."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from eoexplore.analysis import bootstrap, multilabel, thresholds
from eoexplore.charts import _figures, _fitted, _judged
from eoexplore.charts._judged import Judged
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind

Floats = npt.NDArray[np.float64]
_STATED, _CHOSEN = "stated threshold", "chosen threshold"
_MEANS = {"f1_macro": "macro F1", "f1_micro": "micro F1"}


@dataclass(frozen=True)
class _Chosen:
    """Thresholds that were chosen on validation, shape (class,) each."""

    threshold: Floats
    """Score from which a class counts as predicted."""
    support: npt.NDArray[np.int64]
    """Validation samples that have the class; without one the stated threshold stays."""


@dataclass(frozen=True)
class _Effect:
    """What the thresholds do to the judged samples; stated first, chosen second."""

    by_class: tuple[Floats, Floats]
    """F1 of each class, NaN where no sample has it, shape (class,) each."""
    means: dict[str, tuple[float, float]]
    """Means of F1 by name."""
    gained: dict[str, bootstrap.Intervals]
    """Chosen minus stated, by name."""


def make(asked: Asked) -> Chart:
    """Choose thresholds on the validation samples and apply them to the judged ones."""
    own = _judged.judged(asked)
    fitting = _fitted.validation(asked, own)
    support = own.truth.sum(0)
    if not support.any():
        raise CannotTell(
            "No judged patch has a class of the set, so there is no F1. Select others."
        )
    chosen = _judged.kept(fitting, "thresholds", lambda: _choose(fitting))
    effect = _judged.kept(own, "thresholds applied", lambda: _apply(own, chosen))
    stated, better = effect.by_class
    order = np.lexsort((-support, -np.nan_to_num(better, nan=-1)))
    names = [own.classes[number] for number in order]
    return Chart(
        title=_title(effect),
        sentence=_sentence(own, effect),
        table=pd.DataFrame(
            {
                "Class": names,
                "chosen threshold": chosen.threshold[order],
                "validation patches with it": chosen.support[order],
                "judged patches with it": support[order],
                "F1, stated threshold": stated[order],
                "F1, chosen threshold": better[order],
                "change": (better - stated)[order],
            }
        ),
        figure=_figures.bars(
            names,
            {_STATED: stated[order], _CHOSEN: better[order]},
            quantity="F1, 0 to 1",
            digits=".3f",
        ).update_xaxes(range=[0, 1.02], tickformat=".1f"),
        notes=(*_judged.warnings(asked), *_fitted.first_of(asked), *_notes(own, fitting, chosen)),
        facts=_facts(own, chosen, effect),
    )


def _facts(own: Judged, chosen: _Chosen, effect: _Effect) -> dict[str, object]:
    return {
        "set": own.name,
        "thresholds": dict(zip(own.classes, chosen.threshold.tolist(), strict=True)),
        "stated": {name: pair[0] for name, pair in effect.means.items()},
        "chosen": {name: pair[1] for name, pair in effect.means.items()},
        "gained": {name: _ends(found) for name, found in effect.gained.items()},
    }


def _choose(fitting: Judged) -> _Chosen:
    found = thresholds.best_f1(fitting.truth, fitting.scores)
    # What no validation sample has gives no reason to leave the stated one.
    limits = np.where(found.support > 0, found.threshold, fitting.threshold)
    return _Chosen(limits, found.support)


def _apply(own: Judged, chosen: _Chosen) -> _Effect:
    drawn = own.clusters, _judged.REPLICATES, _judged.SEED
    counted = [
        multilabel.counts(
            own.truth,
            multilabel.decided(own.scores, limits),
            own.clusters.codes,
            own.clusters.count,
        )
        for limits in (own.threshold, chosen.threshold)
    ]
    by_class = [multilabel.class_rates(each.sum(0))["f1"] for each in counted]
    rates = [multilabel.rates(each.sum(0)) for each in counted]
    replicated = [multilabel.rates(bootstrap.resampled(each, *drawn)) for each in counted]
    return _Effect(
        (by_class[0], by_class[1]),
        {name: (float(rates[0][name]), float(rates[1][name])) for name in _MEANS},
        {
            name: bootstrap.paired(
                (rates[1][name], rates[0][name]),
                (replicated[1][name], replicated[0][name]),
                own.clusters,
            )
            for name in _MEANS
        },
    )


def _title(effect: _Effect) -> str:
    gain = effect.gained["f1_macro"]
    if float(gain.low) > 0 or float(gain.high) < 0:
        word = "raise" if float(gain.value) > 0 else "lower"
        return f"Thresholds of their own {word} the macro F1 by {abs(float(gain.value)):.3f}"
    return f"Thresholds of their own change the macro F1 by {float(gain.value):+.3f}"


def _sentence(own: Judged, effect: _Effect) -> str:
    said = "; ".join(
        f"{word} {effect.means[name][0]:.3f} with the stated threshold and "
        f"{effect.means[name][1]:.3f} with those chosen on validation "
        f"({_gain(effect.gained[name])})"
        for name, word in _MEANS.items()
    )
    return f"{own.name} on {len(own.rows):,} patches: {said}."


def _gain(found: bootstrap.Intervals) -> str:
    if np.isnan(found.low):
        return f"{float(found.value):+.3f}; one tile, so no interval"
    return f"{float(found.value):+.3f}, {float(found.low):+.3f} to {float(found.high):+.3f} by tile"


def _notes(own: Judged, fitting: Judged, chosen: _Chosen) -> tuple[str, ...]:
    notes = [*_fitted.note(own, fitting, "Thresholds were chosen for the best F1 of each class")]
    stated = (
        "The stated threshold of masks: a class with any pixel counts as predicted. A chosen one "
        "is a share of the patch."
        if own.masks
        else f"The stated threshold is {own.stated:g}."
    )
    notes.append(stated)
    lacking = [name for name, count in zip(own.classes, chosen.support, strict=True) if not count]
    if lacking:
        notes.append(
            f"No validation patch has these, so they keep the stated threshold: "
            f"{', '.join(lacking)}."
        )
    few = int(((chosen.support > 0) & (chosen.support < 30)).sum())
    if few:
        notes.append(
            f"{few} of the classes have fewer than 30 validation patches: their thresholds follow "
            "chance as well."
        )
    return tuple(notes)


def _ends(found: bootstrap.Intervals) -> dict[str, float | None]:
    values = {name: float(getattr(found, name)) for name in ("value", "low", "high")}
    return {name: None if np.isnan(value) else value for name, value in values.items()}


CHART = Kind(
    name="class_thresholds",
    page="evaluation",
    section="Curves and thresholds",
    order=320,
    title="What would a threshold for each class change?",
    make=make,
)
