"""What a model says of one patch, as charts: scores, areas of classes, bands that mattered."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from eoexplore.charts import _figures
from eoexplore.charts.chart import Chart
from eoexplore.core.model_card import ModelCard

Floats = npt.NDArray[np.floating]
THRESHOLD = 0.5
"""From which a score counts as predicted where nobody sets another, as torchmetrics has it."""


def scores(
    card: ModelCard, found: Mapping[str, Floats], labels: Collection[str], threshold: float
) -> Chart:
    """Return the scores of a patch beside its labels.

    Args:
        card: of the first model: its classes are shown.
        found: scores by the name of each model, shape (class,) each, 0 to 1; one or two.
        labels: names of the labels of the patch.
        threshold: score from which a class counts as predicted, 0 to 1.
    """
    first = next(iter(found.values()))
    order = np.argsort(-first, kind="stable")
    names = [card.class_names[number] for number in order]
    marked = [f"{name} ●" if name in labels else name for name in names]
    series = {name: values[order] for name, values in found.items()}
    figure = _figures.bars(
        marked,
        series,
        quantity="Score, 0 to 1",
        colours=[card.classes[number].colour for number in order],
        digits=".3f",
    )
    figure.add_vline(threshold, line_dash="dash", line_color="#6b7280")
    figure.update_xaxes(range=[0, 1.02], tickformat=".1f")
    table = pd.DataFrame({"Class": names, "label": [name in labels for name in names]})
    for name, values in series.items():
        table[name] = values.astype(np.float64)
    return Chart(
        title=_agreement(names, first[order], labels, threshold),
        sentence=_compared(names, first[order], labels, threshold),
        table=table,
        figure=figure,
        notes=("● is a label of the patch; the dashed line is the threshold.",),
        facts={
            "predicted": [n for n, s in zip(names, first[order], strict=True) if s >= threshold]
        },
    )


def _parted(
    names: Sequence[str], values: Floats, labels: Collection[str], threshold: float
) -> tuple[list[str], list[str], list[str]]:
    """Return the classes that are both, predicted only, and labels only."""
    predicted = {name for name, score in zip(names, values, strict=True) if score >= threshold}
    return (
        [name for name in names if name in predicted and name in labels],
        [name for name in names if name in predicted and name not in labels],
        [name for name in names if name not in predicted and name in labels],
    )


def _agreement(
    names: Sequence[str], values: Floats, labels: Collection[str], threshold: float
) -> str:
    both, extra, missed = _parted(names, values, labels, threshold)
    if not extra and not missed:
        return "The prediction has exactly the labels"
    others = "1 other class is" if len(extra) == 1 else f"{len(extra)} other classes are"
    return f"{len(both)} of {len(both) + len(missed)} labels are predicted, and {others}"


def _compared(
    names: Sequence[str], values: Floats, labels: Collection[str], threshold: float
) -> str:
    both, extra, missed = _parted(names, values, labels, threshold)
    parts = [
        f"{words}: {'; '.join(own)}"
        for words, own in (
            ("Label and predicted", both),
            ("predicted, no label", extra),
            ("label, not predicted", missed),
        )
        if own
    ]
    said = ". ".join(part[:1].upper() + part[1:] for part in parts)
    return f"{said or 'No class reaches the threshold, and there are no labels'}."


def areas(
    card: ModelCard, found: Mapping[str, Floats], reference: npt.NDArray[np.integer] | None
) -> Chart:
    """Return the share of the patch that each class has in masks, beside the label map.

    Args:
        card: of the first model.
        found: probabilities by the name of each model, shape (class, row, column).
        reference: number of the card's class of each pixel of the label map, -1 for none, shape
            (row, column) of the probabilities; none without a map.
    """
    count = len(card.classes)
    series = {
        name: np.bincount(values.argmax(0).ravel(), minlength=count) / values[0].size
        for name, values in found.items()
    }
    first = next(iter(series.values()))
    if reference is not None:
        known = reference[reference >= 0]
        series["Reference map"] = np.bincount(known, minlength=count) / max(1, reference.size)
    total = np.max(np.stack(list(series.values())), axis=0)
    order = [n for n in np.argsort(-first, kind="stable").tolist() if total[n] > 0]
    names = [card.class_names[number] for number in order]
    figure = _figures.bars(
        names,
        {name: values[order] for name, values in series.items()},
        quantity="Share of the patch",
        colours=[card.classes[number].colour for number in order],
        digits=".1%",
    )
    table = pd.DataFrame({"Class": names})
    for name, values in series.items():
        table[f"{name}: share"] = values[order]
    return Chart(
        title=f"{names[0]} covers {first[order[0]]:.0%} of the predicted mask",
        sentence=_same(next(iter(found.values())), reference),
        table=table,
        figure=figure,
    )


def _same(values: Floats, reference: npt.NDArray[np.integer] | None) -> str:
    if reference is None or not (reference >= 0).any():
        return "The patch has no label map to compare with."
    known = reference >= 0
    same = (values.argmax(0) == reference)[known].mean()
    return f"{same:.1%} of the {int(known.sum()):,} labelled pixels have the class of the map."


def together(
    card: ModelCard,
    values: Floats,
    has: Mapping[str, npt.NDArray[np.bool_]],
    threshold: float,
) -> Chart:
    """Return what a model says of many patches, class by class, beside their labels.

    Args:
        card: of the model.
        values: scores of patches, or shares of classes in masks; shape (patch, class).
        has: which patches have each label, by its name, shape (patch,).
        threshold: score from which a class counts as predicted; for a mask any pixel will do.
    """
    masks = card.task == "segmentation"
    predicted = values > 0 if masks else values >= threshold
    labelled = np.stack(
        [has.get(name, np.zeros(len(values), bool)) for name in card.class_names], axis=1
    )
    order = np.argsort(-predicted.sum(0), kind="stable")
    names = [card.class_names[number] for number in order]
    both = (predicted & labelled).sum(0)
    figure = _figures.bars(
        names,
        {"predicted": predicted.sum(0)[order], "labels": labelled.sum(0)[order]},
        quantity="Patches with the class",
    )
    table = pd.DataFrame(
        {
            "Class": names,
            "predicted": predicted.sum(0)[order],
            "labels": labelled.sum(0)[order],
            "both": both[order],
            "share of the labels that are predicted": _parts(both, labelled.sum(0))[order],
            "share of the predicted that are labels": _parts(both, predicted.sum(0))[order],
            "mean share of the mask" if masks else "mean score": values.mean(0)[order],
        }
    )
    total = int(labelled.sum())
    return Chart(
        title=f"{len(values):,} patches: {names[0]} is predicted most often",
        sentence=f"Of {total:,} labels of {len(values):,} patches, {int(both.sum()):,} "
        f"({both.sum() / max(1, total):.1%}) are predicted; {int((predicted & ~labelled).sum()):,} "
        "classes are predicted that are no label.",
        table=table,
        figure=figure,
        notes=(
            "A class counts as predicted where the mask has any pixel of it."
            if masks
            else f"A class counts as predicted from a score of {threshold:g} on.",
        ),
    )


def hectares(areas_ha: Mapping[str, float], colours: Mapping[str, str], missing_ha: float) -> Chart:
    """Return the area of each class that was predicted in a file.

    Args:
        areas_ha: hectares by the name of the class, on the ellipsoid.
        colours: of the classes, #rrggbb.
        missing_ha: hectares of the file without any value.
    """
    there = {name: area for name, area in areas_ha.items() if area > 0}
    order = sorted(there, key=lambda name: -there[name])
    values = np.array([there[name] for name in order])
    total = float(values.sum())
    figure = _figures.bars(
        order,
        {"predicted": values},
        quantity="Area in hectares",
        colours=[colours.get(name, "#888888") for name in order],
        digits=",.1f",
    )
    first = order[0] if order else "Nothing"
    return Chart(
        title=f"{first} covers {values[0] / total:.0%} of what was predicted"
        if order
        else "Nothing was predicted",
        sentence=f"{total:,.1f} ha were predicted, {missing_ha:,.1f} ha have no values.",
        table=pd.DataFrame(
            {"Class": order, "hectares": values, "share": values / max(total, 1e-9)}
        ),
        figure=figure,
        notes=("Areas are those of pixels on the ellipsoid.",),
    )


def _parts(above: npt.NDArray[np.integer], below: npt.NDArray[np.integer]) -> Floats:
    """Return shares, NaN of nothing."""
    return np.where(below > 0, above / np.maximum(below, 1), np.nan)


def squares(names: Sequence[str], colours: Mapping[str, str], found: Floats) -> Chart:
    """Return the scores of the squares of a file that a model of whole patches has seen.

    Args:
        names: of the classes.
        colours: of the classes, #rrggbb.
        found: scores, NaN where a square has too few values, shape (class, row, column).
    """
    known = found[:, np.isfinite(found).all(0)]
    if not known.size:
        return Chart(
            title="Nothing was predicted",
            sentence="No square of the file has values in half of its pixels.",
            table=pd.DataFrame({"Class": list(names)}),
        )
    count = (known >= THRESHOLD).sum(1)
    order = np.lexsort((-known.mean(1), -count))
    shown = [names[number] for number in order]
    return Chart(
        title=f"{shown[0]} is predicted in {count[order[0]]:,} of {known.shape[1]:,} squares",
        sentence=f"{known.shape[1]:,} of {found[0].size:,} squares have values enough.",
        table=pd.DataFrame(
            {
                "Class": shown,
                "squares": count[order],
                "mean score": known.mean(1)[order].astype(np.float64),
                "highest score": known.max(1)[order].astype(np.float64),
            }
        ),
        figure=_figures.bars(
            shown,
            {"predicted": count[order]},
            quantity="Squares with the class",
            colours=[colours.get(name, "#888888") for name in shown],
        ),
        notes=(f"A class counts as predicted from a score of {THRESHOLD:g} on.",),
    )


@dataclass(frozen=True)
class Importance:
    """How it is told which bands mattered."""

    quantity: str
    """What is measured."""
    sentence: str
    """What the number of the first band means."""
    note: str
    """How it is measured, with its source."""


OCCLUSION = Importance(
    "Fall of the score",
    "With {band} at its mean, the score of {what} changes by {value:+.3f}.",
    "Each band in turn is replaced by its mean over the training data (occlusion; Zeiler and "
    "Fergus 2014, doi:10.1007/978-3-319-10590-1_53); above zero it spoke for it.",
)
GRADIENT = Importance(
    "Gradient times input, of the logit",
    "To first order, {band} being as it is and not at its mean changes the logit of {what} by "
    "{value:+.3f}.",
    "The slope of the class's logit times how far each pixel is from the mean, summed over pixels "
    "(Shrikumar et al. 2016, arXiv:1605.01713; by captum); above zero it spoke for it.",
)


def bands(
    names: Sequence[str], importance: Floats, what: str, method: Importance = OCCLUSION
) -> Chart:
    """Return which bands mattered for a class.

    Args:
        names: of the bands, such as "s2/B08".
        importance: how much each spoke for the class, shape (band,).
        what: the class that was asked for.
        method: how it was measured.
    """
    order = np.argsort(-np.abs(importance), kind="stable")
    shown = [names[number] for number in order]
    value = float(importance[order[0]])
    change = -value if method is OCCLUSION else value
    return Chart(
        title=f"{shown[0]} matters most for {what}",
        sentence=method.sentence.format(band=shown[0], what=what, value=change),
        table=pd.DataFrame({"Band": shown, method.quantity.lower(): importance[order]}),
        figure=_figures.bars(
            shown, {"value": importance[order]}, quantity=method.quantity, digits="+.3f"
        ),
        notes=(method.note,),
    )
