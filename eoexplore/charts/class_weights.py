"""Weights of the classes for a loss, as they follow from the counts, ready to copy."""

import json

import numpy as np
import numpy.typing as npt
import pandas as pd

from eoexplore.analysis import imbalance
from eoexplore.charts import _figures, _labels
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option, Part

Floats = npt.NDArray[np.float64]
_METHODS = {
    "inverse": "Inverse frequency",
    "effective": "Effective number of samples",
    "median": "Median frequency",
}
_FORMULAS = {
    "inverse": "Inverse frequency: total / (k × count) over the k classes that occur, as "
    "scikit-learn's “balanced”; 1 where all classes are equal.",
    "effective": "Effective number of samples: (1 − β) / (1 − β^count), scaled to a mean of 1 "
    "(Cui et al. 2019, arXiv:1901.05555).",
    "median": "Median frequency: the median over all classes of a frequency, over that of the "
    "class, which is its pixels over all pixels of the patches where it occurs (Eigen and Fergus "
    "2015, arXiv:1411.4734).",
}
_DIGITS = 6
"""Of a weight that is copied, behind the point: more than any training notices."""
_NO_MEDIAN = (
    "Median frequency is defined for pixels: the share of a class in the images where it occurs. "
    "Choose to count label pixels, or another method."
)


def make(asked: Asked) -> Chart:
    """Work out the weights of each part."""
    chosen, pixels = asked.options["method"], asked.options["of"] == "pixels"
    if chosen == "median" and not pixels:
        raise CannotTell(_NO_MEDIAN)
    counts = _labels.counts_of(asked, pixels=pixels)
    if not counts[0].any():
        raise CannotTell("No patch of the selection has a label, so no weights follow.")
    weights = [
        _weights(asked, part, own, pixels) for part, own in zip(asked.parts, counts, strict=True)
    ]
    names = [item.name for item in asked.classes]
    series = {
        part.name: np.nan_to_num(own[chosen])
        for part, own in zip(asked.parts, weights, strict=True)
    }
    first = weights[0][chosen]
    there = np.flatnonzero(np.isfinite(first))
    low, high = int(there[np.argmin(first[there])]), int(there[np.argmax(first[there])])
    return Chart(
        title=f"Class weights by {_METHODS[chosen].lower()}",
        sentence=f"{names[high]} has the largest weight, {first[high]:,.3f}, which is "
        f"{first[high] / first[low]:,.1f} times that of {names[low]}, {first[low]:,.3f}.",
        table=_table(asked, counts, weights, pixels),
        figure=_figures.bars(
            names,
            series,
            quantity=f"Weight by {_METHODS[chosen].lower()}",
            colours=[item.colour for item in asked.classes],
            digits=",.4f",
            selections=[asked.part.only(name) for name in names],
        ),
        notes=_notes(asked, chosen, pixels, len(names) - len(there)),
        facts={
            "weights": {name: _plain(first[n]) for n, name in enumerate(names)},
            "copy": _copy(asked, names, first),
        },
    )


def _weights(asked: Asked, part: Part, counts: _labels.Counts, pixels: bool) -> dict[str, Floats]:
    beta = float(asked.options["beta"])
    found = {
        "inverse": imbalance.inverse_frequency(counts),
        "effective": imbalance.effective_number(counts, beta),
    }
    if pixels:
        where = _labels.pixels_where(asked, part)
        found["median"] = imbalance.median_frequency(counts, where)
    return found


def _table(
    asked: Asked, counts: list[_labels.Counts], weights: list[dict[str, Floats]], pixels: bool
) -> pd.DataFrame:
    columns: dict[str, object] = {"Class": [item.name for item in asked.classes]}
    for part, own, found in zip(asked.parts, counts, weights, strict=True):
        before = f"{part.name}: " if len(weights) > 1 else ""
        columns[f"{before}{'pixels' if pixels else 'patches'}"] = own
        for method, values in found.items():
            columns[f"{before}{_METHODS[method].lower()}"] = values.round(_DIGITS)
    if len(weights) > 1:
        chosen = asked.options["method"]
        difference = weights[0][chosen] - weights[1][chosen]
        columns[f"Difference of {_METHODS[chosen].lower()}"] = difference.round(_DIGITS)
    return pd.DataFrame(columns)


def _notes(asked: Asked, chosen: str, pixels: bool, absent: int) -> tuple[str, ...]:
    notes = [_FORMULAS[chosen]]
    if chosen == "effective":
        notes.append(f"β = {asked.options['beta']}; nearer to 1 it is nearer to inverse frequency.")
        if pixels:
            notes.append("Pixels are so many that weights are nearly equal; count patches.")
    if absent:
        notes.append(
            f"{absent} of the {len(asked.classes)} classes never occur, so no weight follows for "
            "them; 0 stands for it in the text to copy."
        )
    notes.append("Weights for training follow from the training part: select split=train.")
    return tuple(notes)


def _copy(asked: Asked, names: list[str], weights: Floats) -> str:
    """Return a dict in Python, in the dataset's order of classes."""
    options = asked.options
    method = _METHODS[options["method"]].lower()
    beta = f", beta {options['beta']}" if options["method"] == "effective" else ""
    noun = "label pixels" if options["of"] == "pixels" else "patches"
    chosen = asked.part.selection.canonical() or "all patches"
    lines = [f"# Class weights by {method}{beta}, from {noun} of: {chosen}", "weights = {"]
    for name, value in zip(names, weights, strict=True):
        number = _plain(value)
        text = "0.0" if number is None else f"{number}"
        lines.append(
            f"    {json.dumps(name, ensure_ascii=False)}: {text},"
            + ("  # never occurs" if number is None else "")
        )
    return "\n".join([*lines, "}"])


def _plain(value: float) -> float | None:
    return round(float(value), _DIGITS) if np.isfinite(value) else None


CHART = Kind(
    name="class_weights",
    page="statistics",
    section="Classes",
    order=135,
    title="Which weights of classes follow?",
    make=make,
    options=(
        Option("method", "Method", _METHODS),
        Option("of", "Count", {"patches": "Patches", "pixels": "Label pixels"}),
        Option(
            "beta",
            "β",
            {"0.9": "0.9", "0.99": "0.99", "0.999": "0.999", "0.9999": "0.9999"},
            ordered=True,
            default="0.9999",
            when={"method": ("effective",)},
        ),
    ),
)
