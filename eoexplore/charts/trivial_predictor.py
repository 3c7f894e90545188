"""What predictors get that look at nothing: the least that a model must do better than."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from eoexplore.analysis import multilabel, pixels
from eoexplore.charts import _figures, _fitted, _judged, _labels, _measured
from eoexplore.charts._judged import Judged
from eoexplore.charts.chart import TRAIN, Asked, CannotTell, Chart, Kind, Part

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Row:
    """One predictor and what it gets."""

    name: str
    """What it is."""
    says: str
    """What it predicts."""
    values: dict[str, float]
    """Figures by name; NaN where one means nothing."""


def make(asked: Asked) -> Chart:
    """Measure the set and predictors that look at nothing, on the same samples."""
    own = _judged.judged(asked)
    masks = own.masks and own.read.confusion is not None
    rows, notes = (_of_pixels if masks else _of_labels)(asked, own)
    figures = _measured.MAIN_PIXELS if masks else _measured.MAIN_LABELS
    if np.isnan(rows[0].values[next(iter(figures))]):
        raise CannotTell(
            "No judged patch has a class of the set, so nothing can be measured. Select others."
        )
    columns: dict[str, object] = {
        "Predictor": [row.name for row in rows],
        "predicts": [row.says for row in rows],
    }
    columns |= {title: [row.values[name] for row in rows] for name, title in figures.items()}
    figure = _figures.bars(
        [row.name for row in rows],
        {title: [row.values[name] for row in rows] for name, title in figures.items()},
        quantity="0 to 1",
        digits=".3f",
    )
    figure.update_xaxes(range=[0, 1.02], tickformat=".1f")
    return Chart(
        title=_title(rows, figures),
        sentence=_sentence(own, rows, figures),
        table=pd.DataFrame(columns),
        figure=figure,
        notes=(*_judged.warnings(asked), *_fitted.first_of(asked), *notes),
        facts={
            "set": own.name,
            "predictors": {
                row.name: {
                    name: None if np.isnan(value) else value for name, value in row.values.items()
                }
                for row in rows
            },
        },
    )


def _title(rows: list[_Row], figures: dict[str, str]) -> str:
    beaten = [
        title
        for name, title in figures.items()
        if not rows[0].values[name] > np.nanmax([row.values[name] for row in rows[1:]])
    ]
    if beaten:
        return f"A predictor that looks at nothing is no worse in {beaten[0]}"
    return "The predictions are better than any that look at nothing"


def _sentence(own: Judged, rows: list[_Row], figures: dict[str, str]) -> str:
    said = []
    for name, title in figures.items():
        others = [row.values[name] for row in rows[1:]]
        best = int(np.nanargmax(others))
        said.append(
            f"{title} {rows[0].values[name]:.3f}, without looking at most {others[best]:.3f} "
            f"({rows[1 + best].name})"
        )
    return f"{own.name} on {len(own.rows):,} patches: {'; '.join(said)}."


def _of_labels(asked: Asked, own: Judged) -> tuple[list[_Row], tuple[str, ...]]:
    """Return the set, and what gives every patch the same scores or labels."""
    values = _judged.kept(own, "figures of labels", lambda: _figures_of(own))
    support, count = own.truth.sum(0), len(own.rows)
    rows = [_Row(own.name, "what it says", values)]
    frequency, per_patch, notes = _training(asked, own)
    if frequency is not None:
        limit = own.stated
        rows.append(
            _Row(
                "frequencies of training",
                "each class with its share of the training patches as score",
                _constant(support, count, frequency >= limit) | {
                    "average_precision_macro": _prevalence(support, count)
                },
            )
        )  # fmt: skip
        often = np.zeros(len(frequency), bool)
        often[np.argsort(-frequency, kind="stable")[: max(1, round(per_patch))]] = True
        rows.append(
            _Row("most frequent labels", _listed(own, often), _constant(support, count, often))
        )
    best = _best(support, count)
    rows.append(
        _Row("the best constant for micro F1", _listed(own, best), _constant(support, count, best))
    )
    always = np.ones(len(support), bool)
    rows.append(_Row("all classes", "always all of them", _constant(support, count, always)))
    return rows, (
        *notes,
        "Scores that are the same for every patch rank nothing: the average precision of a class "
        "is then the share of the judged patches that have it.",
        "The best constant is chosen on the judged patches themselves: no fixed set of labels has "
        "a higher micro F1 on them. None has a higher macro F1 than all classes.",
    )


def _figures_of(own: Judged) -> dict[str, float]:
    area = multilabel.by_class(own.truth, own.scores, own.threshold).average_precision
    known = area[~np.isnan(area)]
    counted = multilabel.counts(own.truth, multilabel.decided(own.scores, own.threshold))[0]
    rates = multilabel.rates(counted)
    return {
        "average_precision_macro": float(known.mean()) if len(known) else float("nan"),
        "f1_macro": float(rates["f1_macro"]),
        "f1_micro": float(rates["f1_micro"]),
    }


def _training(asked: Asked, own: Judged) -> tuple[Floats | None, float, tuple[str, ...]]:
    """Return the share of the training samples with each class, and labels per sample."""
    part = _train(asked)
    known = asked.opened.dataset.classes.names
    if not len(part):
        return None, 0.0, (f"No patch of the dataset is in the split “{TRAIN}”.",)
    counts = _labels.patches_of(asked, part)
    places = [known.index(name) if name in known else -1 for name in own.classes]
    found = np.array([counts[at] if at >= 0 else 0 for at in places], np.float64)
    note = f"Frequencies are of all {len(part):,} patches of the split “{TRAIN}”."
    return found / len(part), float(found.sum() / len(part)), (note,)


def _train(asked: Asked) -> Part:
    mask = (asked.frame["split"] == TRAIN).to_numpy(bool)
    return Part("Training", asked.part.selection, mask)


def _prevalence(support: Counts, count: int) -> float:
    there = support[support > 0]
    return float(there.mean() / count) if len(there) else float("nan")


def _constant(support: Counts, count: int, said: npt.NDArray[np.bool_]) -> dict[str, float]:
    """Return the figures of always the same labels."""
    tp = np.where(said, support, 0)
    rates = multilabel.rates(np.stack([tp, np.where(said, count - support, 0), support - tp]))
    return {
        # One score for every patch, whichever it is.
        "average_precision_macro": _prevalence(support, count),
        "f1_macro": float(rates["f1_macro"]),
        "f1_micro": float(rates["f1_micro"]),
    }


def _best(support: Counts, count: int) -> npt.NDArray[np.bool_]:
    """Return the labels with the best micro F1: of so many classes, the most frequent ones."""
    order = np.argsort(-support, kind="stable")
    many = np.arange(1, len(order) + 1)
    # 2 tp / (predicted + positives).
    f1 = 2 * np.cumsum(support[order]) / (many * count + max(1, support.sum()))
    found = np.zeros(len(order), bool)
    found[order[: int(np.argmax(f1)) + 1]] = True
    return found


def _listed(own: Judged, said: npt.NDArray[np.bool_]) -> str:
    return "always " + ", ".join(own.classes[number] for number in np.flatnonzero(said))


def _of_pixels(asked: Asked, own: Judged) -> tuple[list[_Row], tuple[str, ...]]:
    """Return the set, and masks of one class everywhere."""
    counted = own.by_tile.sum(0)
    figures = pixels.measure(counted)
    rows = [_Row(own.name, "what it says", {name: figures[name] for name in _measured.MAIN_PIXELS})]
    reference = counted.sum(1)
    often, notes = _commonest(asked, own)
    if often is not None:
        rows.append(
            _Row("most frequent class of training", f"{own.classes[often]} everywhere",
                 _everywhere(reference, often))
        )  # fmt: skip
    best = int(reference.argmax())
    rows.append(
        _Row("the best constant", f"{own.classes[best]} everywhere", _everywhere(reference, best))
    )
    return rows, (
        *notes,
        "The best constant is the class that most of the judged pixels have: no other one has a "
        "higher accuracy or mean IoU on them.",
    )


def _everywhere(reference: Counts, number: int) -> dict[str, float]:
    counted = np.zeros((len(reference), len(reference)), np.int64)
    counted[:, number] = reference
    found = pixels.measure(counted)
    return {name: found[name] for name in _measured.MAIN_PIXELS}


def _commonest(asked: Asked, own: Judged) -> tuple[int | None, tuple[str, ...]]:
    """Return the class of the set with most pixels on the label maps of training."""
    part = _train(asked)
    if not len(part):
        return None, (f"No patch of the dataset is in the split “{TRAIN}”.",)
    try:
        counts = _labels.pixels_of(asked, part)
    except CannotTell as reason:
        return None, (str(reason),)
    known = asked.opened.dataset.classes.names
    found = [int(counts[known.index(name)]) if name in known else 0 for name in own.classes]
    if not any(found):
        return None, ("No patch of the training split has a label map.",)
    note = f"The most frequent class is of the label maps of all {len(part):,} training patches."
    return int(np.argmax(found)), (note,)


CHART = Kind(
    name="trivial_predictor",
    page="evaluation",
    section="Scores",
    order=130,
    title="Is it better than looking at nothing?",
    make=make,
)
