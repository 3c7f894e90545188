"""Precision over recall and the receiver operating characteristic of one class, for drawing."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoexplore.core import ranking

Floats = npt.NDArray[np.float64]
MOST_POINTS = 200
"""Points that are kept of a curve."""


@dataclass(frozen=True, eq=False)
class Curves:
    """Points of the curves, each of them exact; the areas are of all points."""

    recall: Floats
    """Share of the samples of the class that reach a threshold, rising, 0 to 1."""
    precision: Floats
    """Share of the samples that reach it that have the class, 0 to 1."""
    precision_threshold: Floats
    """Thresholds of these points, falling; the curve ends where all of the class are found."""
    false_positive_rate: Floats
    """Share of the samples without the class that reach a threshold, rising from 0 to 1."""
    true_positive_rate: Floats
    """Recall, rising from 0 to 1."""
    rate_threshold: Floats
    """Thresholds of these points, falling; the first one, which nothing reaches, is infinite."""
    average_precision: float
    """Sum of (R_k - R_k-1) P_k; NaN if no sample has the class."""
    roc_auc: float
    """Area under the receiver operating characteristic; NaN without samples of both kinds."""


def curves(truth: npt.NDArray[np.bool_], scores: npt.NDArray[np.floating]) -> Curves:
    """Return the curves of one class; without a sample that has it, no point and NaN.

    Args:
        truth: whether a sample has the class, shape (n,).
        scores: 0 to 1, shape (n,).
    """
    ranking.check(truth, scores)
    steps = ranking.steps(truth, scores)
    total, n = (int(some[-1]) if len(some) else 0 for some in (steps.hits, steps.taken))
    none = np.zeros(0)
    if not total:
        return Curves(none, none, none, none, none, none, float("nan"), float("nan"))
    recall, precision = steps.hits / total, steps.hits / steps.taken
    area = float(np.sum(np.diff(recall, prepend=0.0) * precision))
    kept = _spread(recall)
    drawn = (recall[kept], precision[kept], steps.scores[kept].astype(np.float64))
    if total == n:
        return Curves(*drawn, none, none, none, area, float("nan"))
    true = np.append(0.0, recall)
    false = np.append(0.0, (steps.taken - steps.hits) / (n - total))
    limits = np.append(np.inf, steps.scores.astype(np.float64))
    some = _spread(true + false)
    auc = float(np.trapezoid(true, false))
    return Curves(*drawn, false[some], true[some], limits[some], area, auc)


def _spread(position: Floats) -> npt.NDArray[np.intp]:
    """Return which points to keep, evenly along a position that rises, both ends among them."""
    if len(position) <= MOST_POINTS and (np.diff(position) > 0).all():
        return np.arange(len(position))
    wanted = np.linspace(position[0], position[-1], MOST_POINTS)
    return np.unique(np.searchsorted(position, wanted))
