"""From which score on a class should count as predicted, chosen where it is not judged."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoexplore.core import ranking

Floats = npt.NDArray[np.float64]
DEFAULT = 0.5
"""Threshold of a class that gives no reason for another one."""


@dataclass(frozen=True, eq=False)
class Thresholds:
    """What is best on the samples that were given, shape (class,) each."""

    threshold: Floats
    """Score from which the class counts as predicted, 0 to 1."""
    f1: Floats
    """F1 with it on these samples, 0 to 1; NaN for a class that none of them has."""
    f1_default: Floats
    """F1 with 0.5 on these samples."""
    support: npt.NDArray[np.int64]
    """Samples that have the class."""


def best_f1(truth: npt.NDArray[np.bool_], scores: npt.NDArray[np.floating]) -> Thresholds:
    """Return the threshold of each class that makes its F1 as large as it can be.

    All scores that occur are tried, and 0.5. Of equally good ones the nearest to 0.5 is taken, and
    a class without a sample keeps 0.5. The F1 that it tells is too good: judge on other samples.

    Args:
        truth: whether a validation sample has a class, shape (n, class).
        scores: 0 to 1, shape (n, class).
    """
    ranking.check(truth, scores)
    found = [_best(*column) for column in zip(truth.T, scores.T, strict=True)]
    threshold, f1, before = np.array(found, np.float64).reshape(-1, 3).T
    return Thresholds(threshold, f1, before, np.count_nonzero(truth, axis=0).astype(np.int64))


def _best(
    truth: npt.NDArray[np.bool_], scores: npt.NDArray[np.floating]
) -> tuple[float, float, float]:
    total = int(np.count_nonzero(truth))
    if not total:
        return DEFAULT, float("nan"), float("nan")
    steps = ranking.steps(truth, scores)
    # 2 tp / (2 tp + fp + fn) = 2 tp / (predicted + positives).
    f1 = 2 * steps.hits / (steps.taken + total)
    let_in = int(np.searchsorted(-steps.scores, -DEFAULT, side="right"))
    at_default = float(f1[let_in - 1]) if let_in else 0.0
    if at_default >= f1.max():
        return DEFAULT, at_default, at_default
    tied = steps.scores[f1 == f1.max()].astype(np.float64)
    return float(tied[np.argmin(np.abs(tied - DEFAULT))]), float(f1.max()), at_default
