"""Scene labels for which a model sees too little, and classes that it sees without a label.

Of masks, a label is judged by all cells of its class on the label map of the patch. Of scores of
patches, by its score; where label maps tell how much of the patch a class covers, less where that
is little.
"""

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from eoexplore.analysis import confident, disagreement
from eoexplore.core.findings import Findings
from eoexplore.core.types import LabelClass
from eoexplore.evidence import _spots
from eoexplore.evidence.kind import Asked, CannotTell, Finding, Kind
from eoexplore.store import prediction_columns

MASKS, AREAS, SCORES, MISSING = (-6.5, 1.37), (-4.7, 0.76), (-4.7, 0.51), (-7.1, 0.73)
"""Intercept and slope of the logistic regression of "the label is wrong" on the strength: of masks,
of scores beside known areas, of scores alone, and of classes without a label.

Fitted to the synthetic demos of the seeds 1 to 6, 43, 44 and (but for masks) 301 to 310, with the
models demo-landcover and demo-labels: on other land, or with other models, the chance is a guide,
no measure.
"""
LEAST_STRENGTH = 1.0
"""Below, nothing is said: most labels are right, and a list of all of them is of no use."""
_PIXEL_HA, _SMALLEST = 1e-2, 1e-4
Floats = npt.NDArray[np.float64]


def find(asked: Asked) -> Findings:
    """Judge all labels, by masks where there are any, else by scores."""
    if asked.predictions is None:
        raise CannotTell("It takes predictions. Predict the dataset with a model.")
    if asked.predictions.about.task == "segmentation":
        return _of_masks(asked)
    return _of_scores(asked)


def _of_masks(asked: Asked) -> Findings:
    limits = _spots.limits(asked)
    masks = asked.opened.samples.frame["label_mask"].to_numpy(np.uint64)
    parts = []
    for part in _spots.each(asked, limits):
        area = part["label_area_ha"]
        strength = disagreement.strength(part["label_margin"], area)
        stated = (masks[part["label_row"]] >> part["label_label"].astype(np.uint64)) & np.uint64(1)
        kept = (strength > LEAST_STRENGTH) & (stated > 0)
        columns = {key: values[kept] for key, values in part.items() if key.startswith("label_")}
        parts.append(
            Findings.of(
                columns["label_row"],
                columns["label_label"],
                columns["label_suspect"],
                disagreement.chance(strength[kept], *MASKS),
                area_ha=columns["label_area_ha"],
                margin=columns["label_margin"],
            )
        )
    return Findings.together(parts)


def _of_scores(asked: Asked) -> Findings:
    assert asked.predictions is not None
    found = asked.predictions
    inside = np.ones(len(found.rows), bool) if asked.honest is None else asked.honest[found.rows]
    rows = found.rows[inside]
    if not len(rows):
        raise CannotTell(
            "No sample has scores of a model that has not seen it. Predict samples that it has "
            "not learnt from, or use spatial folds (predict-folds)."
        )
    classes = asked.opened.dataset.classes
    masks = asked.opened.samples.frame["label_mask"].to_numpy(np.uint64)
    labels = prediction_columns.labels_of(found, masks, classes)[inside]
    rows, labels, scores = _by_place(asked, rows, labels, found.scores[inside])
    margins = confident.scene_margins(scores, labels)
    if not np.isfinite(margins).any():
        raise CannotTell(
            f"No class has {confident.LEAST} samples with the label and as many without it."
        )
    numbers = np.array([
        classes.names.index(name) if name in classes.names else -1 for name in found.about.classes
    ])  # fmt: skip
    areas = np.stack([_area_ha(asked, classes.classes[one], rows) for one in numbers], 1)
    return Findings.together([
        _unsupported(rows, numbers, labels, scores, areas, margins),
        _unlabelled(rows, numbers, labels & (numbers >= 0), margins),
    ])  # fmt: skip


def _by_place(
    asked: Asked,
    rows: npt.NDArray[np.intp],
    labels: npt.NDArray[np.bool_],
    scores: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_], Floats]:
    """Return one sample for each place and set of labels, with the mean of the dates' log odds."""
    samples = asked.opened.samples
    masks = samples.frame["label_mask"].to_numpy(np.uint64)[rows].astype(np.int64)
    keys = np.stack([samples.places[rows], masks], 1)
    _, first, of = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    odds = logit(np.clip(scores.astype(np.float64), _SMALLEST, 1 - _SMALLEST))
    count = np.bincount(of)
    mean = np.stack([np.bincount(of, column) / count for column in odds.T], 1)
    return rows[first], labels[first], expit(mean)


def _area_ha(asked: Asked, item: LabelClass, rows: npt.NDArray[np.intp]) -> Floats:
    """Return the area of a class on the label map of each sample in hectares, NaN where unknown."""
    frame = asked.opened.samples.frame
    columns = [f"area_{code}" for code in item.codes if f"area_{code}" in frame.columns]
    if not columns:
        return np.full(len(rows), np.nan)
    pixels = sum(frame[name].to_numpy(np.float64, na_value=np.nan)[rows] for name in columns)
    return np.asarray(pixels * _PIXEL_HA, np.float64)


def _unsupported(
    rows: npt.NDArray[np.intp],
    numbers: npt.NDArray[np.intp],
    labels: npt.NDArray[np.bool_],
    scores: Floats,
    areas: Floats,
    margins: Floats,
) -> Findings:
    """Return labels whose scores are too low."""
    parts = []
    for column, number in enumerate(numbers.tolist()):
        own = np.flatnonzero(labels[:, column] & np.isfinite(margins[:, column]))
        if number < 0 or not len(own):
            continue
        area, margin = areas[own, column], margins[own, column]
        # A label that rests on a few pixels is no surprise where the score is low.
        strength, curve = margin, SCORES
        if (area > 0).any():
            strength, curve = disagreement.strength(margin, np.nan_to_num(area)), AREAS
        kept = strength > LEAST_STRENGTH
        parts.append(
            Findings.of(
                rows[own][kept],
                number,
                -1,
                disagreement.chance(strength[kept], *curve),
                area_ha=area[kept],
                margin=margin[kept],
                value=scores[own, column][kept],
            )
        )
    return Findings.together(parts)


def _unlabelled(
    rows: npt.NDArray[np.intp],
    numbers: npt.NDArray[np.intp],
    labels: npt.NDArray[np.bool_],
    margins: Floats,
) -> Findings:
    """Return classes that a model is sure of and that are no label."""
    strong = ~labels & (np.nan_to_num(margins, nan=-np.inf) > LEAST_STRENGTH) & (numbers >= 0)
    place, column = np.nonzero(strong)
    strength = margins[place, column]
    return Findings.of(
        rows[place],
        -1,
        numbers[column],
        disagreement.chance(strength, *MISSING),
        margin=strength,
    )


def sentence(found: Finding) -> str:
    """Say one label in a sentence."""
    if not found.label:
        return f"The model sees {found.suspect}, which is not among the labels."
    area = found.facts.get("area_ha")
    covers = f", which covers {area:.1f} ha on the map" if area is not None else ""
    if found.suspect:
        return f"The label {found.label}{covers}: there the model sees {found.suspect}."
    value = found.facts.get("value", float("nan"))
    return f"The label {found.label}{covers}: the model's score is only {value:.2f}."


KIND = Kind(
    name="labels",
    title="Model and scene label disagree",
    help="Labels of patches for which a model that has not seen them finds too little, and "
    "classes that it finds without a label (multi-label confident learning, Thyagarajan et al. "
    "2023).",
    needs="scores",
    about="label",
    version=1,
    order=20,
    find=find,
    sentence=sentence,
)
