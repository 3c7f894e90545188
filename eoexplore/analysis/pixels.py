"""How well predicted masks agree with reference maps, from counts of pixels by pairs of classes.

Unlabelled pixels of the reference never enter. A class that the reference has not is NaN by itself
and left out of every mean; pixels predicted as such a class count as misses of the classes that
they are of. So means are those of scikit-learn 1.9 with `labels` = the classes of the reference and
zero_division=0 (https://scikit-learn.org/stable/modules/model_evaluation.html); over the classes of
either, as scikit-learn does without `labels`, such a class would count as 0. Of no pixels, all is
NaN.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.integer]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ByClass:
    """Figures of each class, shape (..., class); NaN for a class that the reference has not."""

    support: Floats
    """Pixels of the class in the reference."""
    predicted: Floats
    """Pixels predicted as the class."""
    iou: Floats
    """Intersection over union (Jaccard index), 0 to 1."""
    f1: Floats
    """Harmonic mean of precision and recall (Dice coefficient), 0 to 1."""
    precision: Floats
    """Share of the pixels predicted as the class that are of it; 0 if there are none."""
    recall: Floats
    """Share of the pixels of the class that are predicted as it."""


def counts(
    pairs: tuple[Numbers, Numbers, Numbers],
    classes: int,
    group: Numbers | None = None,
    groups: int = 1,
    *,
    unsaid: bool = False,
) -> Counts:
    """Add up pixels by class of the reference (row) and predicted class (column).

    Args:
        pairs: number of the class in the reference, negative where unlabelled; predicted class;
            and how many such pixels; shape (pairs,) each.
        classes: how many there are.
        group: number of the group that a pair belongs to, such as that of its sample's tile, shape
            (pairs,); None: all in one.
        groups: how many there are.
        unsaid: there are pixels without a predicted class (negative): they get a last column, and
            are misses.

    Returns:
        Shape (groups, class, class), or (groups, class, class + 1) with the column of the unsaid.

    Raises:
        ValueError: a labelled pixel is predicted as a class that does not exist.
    """
    known = pairs[0] >= 0
    reference, predicted = (part[known].astype(np.int64) for part in pairs[:2])
    columns = classes + unsaid
    if unsaid:
        predicted = np.where(predicted < 0, classes, predicted)
    if len(known) and not ((predicted >= 0) & (predicted < columns) & (reference < classes)).all():
        raise ValueError(
            f"Classes are 0 to {classes - 1}; another one occurs. If a mask may say nothing about "
            "a pixel, count with `unsaid`."
        )
    of = np.zeros(len(reference), np.int64) if group is None else group[known].astype(np.int64)
    cell = (of * classes + reference) * columns + predicted
    # Sums of whole numbers below 2^53 are exact as floats too.
    added = np.bincount(cell, pairs[2][known], minlength=groups * classes * columns)
    return added.astype(np.int64).reshape(groups, classes, columns)


def by_class(counted: npt.NDArray[np.generic]) -> ByClass:
    """Return the figures of each class.

    Args:
        counted: pixels by class of the reference (row) and predicted class (column), shape
            (..., class, class); a further column holds pixels without a predicted class.
    """
    pixels = np.asarray(counted, np.float64)
    classes = pixels.shape[-2]
    both = np.diagonal(pixels[..., :classes], axis1=-2, axis2=-1)
    true, said = pixels.sum(-1), pixels[..., :classes].sum(-2)
    known = true > 0

    def share(above: Floats, below: Floats) -> Floats:
        found = np.divide(above, below, out=np.zeros_like(below), where=below > 0)
        return np.where(known, found, np.nan)

    return ByClass(
        true,
        said,
        iou=share(both, true + said - both),
        f1=share(2 * both, true + said),
        precision=share(both, said),
        recall=share(both, true),
    )


def measures(counted: npt.NDArray[np.generic]) -> dict[str, Floats]:
    """Return all figures of some confusions at once, such as those of tiles or of replicates.

    `mean_iou`, `f1_macro`, `precision_macro`, `mean_accuracy` (mean recall), `accuracy` (share of
    the pixels that are right), `frequency_weighted_iou` (IoU weighted by pixels of the reference;
    Long et al. 2015, doi 10.1109/CVPR.2015.7298965) and `kappa` (Cohen 1960,
    doi 10.1177/001316446002000104; NaN where reference and mask are of one and the same class).

    Args:
        counted: shape (..., class, class), as for `by_class`.

    Returns:
        By name, shape (...).
    """
    found = by_class(counted)
    total = found.support.sum(-1)
    right = np.where(found.support > 0, found.recall * found.support, 0).sum(-1)
    chance = _share((found.support * found.predicted).sum(-1), total**2)
    accuracy = _share(right, total)
    return {
        "mean_iou": _mean(found.iou, found.support > 0),
        "f1_macro": _mean(found.f1, found.support > 0),
        "precision_macro": _mean(found.precision, found.support > 0),
        "mean_accuracy": _mean(found.recall, found.support > 0),
        "accuracy": accuracy,
        "frequency_weighted_iou": _mean(found.iou, found.support),
        "kappa": _share(accuracy - chance, 1 - chance),
    }


def measure(counted: npt.NDArray[np.generic]) -> dict[str, float]:
    """Return the figures of one confusion, as `measures` does of many.

    Args:
        counted: shape (class, class).
    """
    return {name: float(value) for name, value in measures(counted).items()}


def _share(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.full_like(below, np.nan), where=below > 0)


def _mean(values: Floats, weight: npt.NDArray[np.number | np.bool_]) -> Floats:
    of = np.asarray(weight, np.float64)
    return _share((np.where(of > 0, values, 0) * of).sum(-1), np.asarray(of.sum(-1)))
