"""What is left of a part when only patches far from another part are kept."""

import functools
from collections.abc import Mapping

import numpy as np
import pandas as pd

from eoexplore.analysis import multilabel, rare
from eoexplore.charts import _figures, _judged, _labels, _leakage, _parts
from eoexplore.charts.chart import Asked, Chart, Kind, Mask, Option, Part
from eoexplore.store import distances

MOST_SETS = 3
"""Prediction sets that are judged on what is left, the newest first."""
_STEPS = ("0", "1.3", "2.5", "5", "10", "20", "50")


def make(asked: Asked) -> Chart:
    """Count what is left per class, farther than the chosen distance."""
    of, to = _parts.pair(asked.options["pair"])
    km = asked.options["km"]
    found = _leakage.nearest_of(asked, asked.split, of, to)
    left = {step: found.rows[found.distance_m > float(step) * 1_000] for step in _STEPS}
    everything, kept = (_classes(asked, rows) for rows in (found.rows, left[km]))
    scarce = rare.too_rare(kept)
    order = np.argsort(-everything, kind="stable")
    order = order[everything[order] > 0]
    names = [asked.classes[number].name for number in order]
    marked = [
        f"{name} (too rare)" if scarce[n] else name for n, name in zip(order, names, strict=True)
    ]
    few = [name for name, number in zip(names, order, strict=True) if scarce[number]]
    return Chart(
        title=f"{len(left[km]):,} of {len(found.rows):,} {of} patches are farther than {km} km",
        sentence=_sentence(len(found.rows), len(left[km]), few, asked.options, of, to),
        table=_table(names, everything[order], kept[order], scarce[order], asked.options),
        figure=_figures.bars(
            marked,
            {f"all of {of}": everything[order], f"farther than {km} km": kept[order]},
            quantity="Patches",
            log=asked.options["scale"] == "log",
            selections=[_parts.selection_of(asked, asked.split, of, name) for name in names],
        ),
        notes=(
            distances.places(asked.opened.samples).note,
            "At 0 km, only patches whose very place is in the other part are dropped.",
            *_judge(asked, of, found.rows, left[km], km),
            f"Too rare: fewer than {rare.LEAST} patches, or an F1 of {rare.F1} could only be "
            f"measured to an interval wider than {rare.WIDEST}.",
        ),
        facts={
            "of": of,
            "to": to,
            "km": float(km),
            "left": {step: len(rows) for step, rows in left.items()},
            "too_rare": few,
        },
    )


def _judge(asked: Asked, of: str, rows: distances.Rows, kept: distances.Rows, km: str) -> list[str]:
    """Say how the predictions that there are do on what is kept, beside the whole part."""
    said = []
    for read in asked.predictions:
        parts = []
        for own in (rows, kept):
            mask = np.zeros(len(asked.part.mask), bool)
            mask[own] = True
            # Its rows stand for the part: the same set is asked about many distances.
            judged = _judged.on(asked, read, mask, f"{of} {len(own)} {int(own.sum())}")
            if judged is not None:
                found = _judged.kept(judged, "figures", functools.partial(_figures_of, judged))
                parts.append((len(judged.rows), *found))
        if len(parts) == 2:
            (whole, ap, f1), (count, ap_kept, f1_kept) = parts
            said.append(
                f"{read.about.name}: macro average precision {ap_kept:.3f} and micro F1 "
                f"{f1_kept:.3f} on {count:,} patches farther than {km} km, {ap:.3f} and {f1:.3f} "
                f"on all {whole:,} of {of} that it predicts."
            )
    return said


def _figures_of(own: _judged.Judged) -> tuple[float, float]:
    found = multilabel.measure(own.truth, own.scores, own.threshold)
    return found["average_precision_macro"], found["f1_micro"]


def _table(
    names: list[str],
    everything: _parts.Counts,
    kept: _parts.Counts,
    scarce: Mask,
    options: Mapping[str, str],
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Class": names,
            f"{_parts.pair(options['pair'])[0]} patches": everything,
            f"farther than {options['km']} km": kept,
            "share kept": kept / np.maximum(everything, 1),
            "too rare": np.where(scarce, "yes", "no"),
        }
    )


def _classes(asked: Asked, rows: distances.Rows) -> _parts.Counts:
    mask = np.zeros(len(asked.part.mask), bool)
    mask[rows] = True
    return _labels.patches_of(asked, Part("", asked.part.selection, mask))


def _sentence(
    whole: int, kept: int, few: list[str], options: Mapping[str, str], of: str, to: str
) -> str:
    listed = (
        f"Too rare to evaluate on them: {', '.join(few)}."
        if few
        else ("Every class that occurs keeps enough patches.")
    )
    return (
        f"Of {whole:,} {of} patches, {kept:,} ({kept / whole:.1%}) lie farther than "
        f"{options['km']} km from every {_parts.WORDS[to]} patch. {listed}"
    )


CHART = Kind(
    name="leakage_keep",
    page="splits",
    section="Leakage",
    order=220,
    title="What is left far from the training patches?",
    make=make,
    options=(
        Option(
            "km",
            "Keep only patches farther than",
            {step: f"{step} km" for step in _STEPS},
            ordered=True,
            default="10",
        ),
        Option("pair", "Of and from", _parts.PAIRS),
        Option("scale", "Scale", {"linear": "Linear", "log": "Logarithmic"}),
    ),
)
