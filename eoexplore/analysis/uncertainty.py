"""How sure a model is: entropy and confidence, the eight symmetries of a square, ensembles.

Probabilities have the shape (n, class) of a multi-label model, where each class is there or not,
or (n, class, row, column) of a segmentation, where the classes of a pixel share 1.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoexplore.core.types import Array

Floats = npt.NDArray[np.floating]
Predict = Callable[[Array], Array]
"""From a batch (n, band, row, column) to probabilities."""


@dataclass(frozen=True)
class Several:
    """What several answers to the same question say together."""

    mean: Floats
    """Mean of the probabilities, in the shape of one answer."""
    spread: Floats
    """Standard deviation between the answers, in the shape of one answer, 0 to 0.5."""
    total: Floats
    """Entropy of the mean, 0 to 1: all doubt; without the class axis of a segmentation."""
    disagreement: Floats
    """What the entropy of the mean has above the mean entropy, 0 to 1: the doubt that comes from
    the answers differing (mutual information, Houlsby et al. 2011, arXiv 1112.5745)."""
    answers: int
    """How many there were."""


def entropy(probabilities: Array) -> Floats:
    """Return the predictive entropy, 0 (sure) to 1 (as unsure as can be).

    Shannon's -Σ p log p, divided by its largest value: the logarithm of the number of classes, or
    of 2 where each class is there or not.

    Args:
        probabilities: (n, class), or (n, class, row, column).

    Returns:
        (n, class) of a multi-label model, (n, row, column) of a segmentation.
    """
    values = np.clip(np.asarray(probabilities, np.float64), 0, 1)
    if values.ndim == 2:
        found = (_surprise(values) + _surprise(1 - values)) / np.log(2)
    else:
        found = _surprise(values).sum(axis=1) / np.log(max(values.shape[1], 2))
    return np.asarray(np.clip(found, 0, 1))


def confidence(probabilities: Array) -> Floats:
    """Return the probability of what the model says, shaped as the entropy.

    The largest of the classes of a pixel; of a multi-label model, of whichever of "there" and "not
    there" is likelier, 0.5 to 1.
    """
    values = np.asarray(probabilities, np.float64)
    return np.maximum(values, 1 - values) if values.ndim == 2 else values.max(axis=1)


def turned(values: Array, symmetry: int) -> Array:
    """Return arrays turned by quarter turns, and mirrored from the fifth symmetry on.

    Args:
        values: the last two axes are rows and columns.
        symmetry: 0 (as it is) to 7.
    """
    quarter = np.rot90(values, symmetry % 4, axes=(-2, -1))
    return quarter[..., ::-1] if symmetry >= 4 else quarter


def turned_back(values: Array, symmetry: int) -> Array:
    """Return arrays as they were before `turned`."""
    straight = values[..., ::-1] if symmetry >= 4 else values
    return np.rot90(straight, -(symmetry % 4), axes=(-2, -1))


def symmetries(rows: int, columns: int) -> tuple[int, ...]:
    """Return the symmetries of a patch: eight of a square, four of another rectangle."""
    return tuple(range(8)) if rows == columns else (0, 2, 4, 6)


def flipped(predict: Predict, batch: Array) -> Several:
    """Ask a model about each patch in all its symmetries; masks are turned back.

    Seen from above, a landscape has no upper end, so answers should hardly differ. Shadows and
    the slopes that radar sees do have a direction, which a model may have learnt.

    Args:
        predict: called once for each symmetry, from a batch to probabilities.
        batch: patches, shape (n, band, row, column).
    """
    answers = []
    for symmetry in symmetries(*batch.shape[-2:]):
        answer = predict(np.ascontiguousarray(turned(batch, symmetry)))
        answers.append(turned_back(answer, symmetry) if answer.ndim == 4 else answer)
    return together(answers)


def together(answers: Sequence[Array]) -> Several:
    """Return what several answers say together, each with the same weight: flips, or models.

    Args:
        answers: probabilities of one shape and one order of classes, at least one.
    """
    if not answers or len({answer.shape for answer in answers}) > 1:
        shapes = ", ".join(str(answer.shape) for answer in answers) or "none"
        raise ValueError(f"Answers of one shape are needed; these have {shapes}.")
    stack = np.stack([np.asarray(answer, np.float64) for answer in answers])
    mean = stack.mean(axis=0)
    total = entropy(mean)
    each = np.mean([entropy(answer) for answer in stack], axis=0)
    return Several(mean, stack.std(axis=0), total, np.clip(total - each, 0, 1), len(stack))


def _surprise(values: Floats) -> Floats:
    """Return -p log p, 0 where p is 0."""
    return -values * np.log(np.where(values > 0, values, 1))
