"""Confident learning: how sure a model has to be of a class before it speaks against a label.

The threshold of a class is the mean probability that the model gives to it where it is the label
(Northcutt, Jiang and Chuang 2021, doi 10.1613/jair.1.12125, equation 2). A probability divided by
the threshold of its class says how sure the model is by the measure of that class, so that classes
of which it is never sure are not always outvoted. Scores have to be out of sample.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Counts = npt.NDArray[np.int64]

LEAST = 50
"""Cells, or samples, of a class without which it has no threshold."""
FLOOR = 1e-3
"""What is added to a probability over its threshold: one of zero is as good as a thousandth."""


def counted(labels: npt.NDArray[np.integer], percent: npt.NDArray[np.integer], size: int) -> Counts:
    """Count how often a class has each probability where it is the label; counts add up over parts.

    Args:
        labels: number of the class of each cell, -1 for none; shape (n,).
        percent: probability of that class, 0 to 100, shape (n,).
        size: number of classes.

    Returns:
        Shape (class, 101).
    """
    there = labels >= 0
    cells = labels[there].astype(np.int64) * 101 + np.minimum(percent[there], 100)
    return np.bincount(cells, minlength=size * 101).reshape(size, 101).astype(np.int64)


def thresholds(counts: Counts, least: int = LEAST) -> npt.NDArray[np.float64]:
    """Return the mean probability of each class where it is the label.

    Args:
        counts: of `counted`.
        least: cells without which a class has none.

    Returns:
        Shape (class,), above 0 to 1; NaN for classes with fewer cells.
    """
    total = counts.sum(1)
    mean = counts @ np.arange(101) / 100 / np.maximum(total, 1)
    return np.where((total >= least) & (mean > 0), mean, np.nan)


def relative(probabilities: Floats, limits: Floats) -> npt.NDArray[np.float32]:
    """Return the logarithm of probabilities over the thresholds of their classes.

    Args:
        probabilities: shape (class, ...), 0 to 1.
        limits: of `thresholds`; a class without one is never suspected.

    Returns:
        The same shape; 0 where the model is as sure as it usually is where the class is the label.
    """
    shape = (-1,) + (1,) * (probabilities.ndim - 1)
    known = np.where(np.isnan(limits), np.inf, limits).astype(np.float32).reshape(shape)
    return np.asarray(np.log(probabilities / known + np.float32(FLOOR)), np.float32)


def scene_margins(
    scores: Floats, labels: npt.NDArray[np.bool_], least: int = LEAST
) -> npt.NDArray[np.float64]:
    """Return how strongly scores of samples speak against their labels, class by class.

    A class and its absence are two classes with a threshold each, as in one-vs-rest confident
    learning (Thyagarajan et al. 2023, arXiv:2211.13895). The margin is the logarithm of one
    probability over its threshold, less that of the other.

    Args:
        scores: probability of each class, shape (n, class), 0 to 1.
        labels: which classes are labels, shape (n, class).
        least: samples with the class, and without, that it takes.

    Returns:
        Shape (n, class): above 0 where the model is surer of the opposite of what is stated; NaN
        for classes that too few samples have, or lack.
    """
    found = np.full(scores.shape, np.nan)
    for number in range(scores.shape[1]):
        own, there = scores[:, number].astype(np.float64), labels[:, number]
        if min(there.sum(), (~there).sum()) < least:
            continue
        limits = np.array([own[there].mean(), (1 - own[~there]).mean()])
        for_it, against = (
            np.log(part / max(limit, FLOOR) + FLOOR)
            for part, limit in zip((own, 1 - own), limits, strict=True)
        )
        found[:, number] = np.where(there, against - for_it, for_it - against)
    return found
