"""How unequal classes are, how many labels a sample has, and the class weights that follow.

Counts are numbers of samples, or of pixels, per class; a class that never occurs counts 0.
"""

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.integer]
Floats = npt.NDArray[np.float64]
Masks = npt.NDArray[np.uint64]


def imbalance_ratio(counts: Counts) -> float:
    """Return how many times the largest class the smallest one goes into, 1 where all are equal.

    Of the classes that occur (Buda et al. 2018, doi:10.1016/j.neunet.2018.07.011); NaN without any.
    """
    there = counts[counts > 0]
    return float(there.max() / there.min()) if len(there) else float("nan")


def effective_classes(counts: Counts) -> float:
    """Return how many classes of equal size would be as diverse: the exponential of the entropy.

    Between 1 and the number of classes (Hill 1973, doi:10.2307/1934352, order 1); NaN without any.
    """
    there = counts[counts > 0]
    if not len(there):
        return float("nan")
    share = there / there.sum()
    return float(np.exp(-(share * np.log(share)).sum()))


def gini(counts: Counts) -> float:
    """Return the Gini coefficient: 0 where all classes are equal, 1 - 1/k where one has all.

    Of all k classes, those that never occur among them (Gini 1912); NaN where none occurs.
    """
    ordered = np.sort(counts).astype(np.float64)
    if not ordered.sum():
        return float("nan")
    k = len(ordered)
    # Half of the mean absolute difference, over the mean; by ranks, so that it takes one sort.
    ranks = 2 * np.arange(1, k + 1) - k - 1
    return float((ranks * ordered).sum() / (k * ordered.sum()))


def cardinality(masks: Masks) -> float:
    """Return the mean number of labels of a sample; NaN without samples.

    Tsoumakas and Katakis 2007, doi:10.4018/jdwm.2007070101; their density is this divided by the
    number of classes.

    Args:
        masks: label_mask, shape (n,); bit i is the schema's class i.
    """
    return float(np.bitwise_count(masks).mean()) if len(masks) else float("nan")


def distinct_sets(masks: Masks) -> int:
    """Return how many different sets of labels there are."""
    return len(np.unique(masks))


def inverse_frequency(counts: Counts) -> Floats:
    """Return weights that are inverse to the counts, 1 where all classes are equal; shape (k,).

    total / (k × count), over the k classes that occur (as scikit-learn's "balanced"); NaN for a
    class that never occurs.
    """
    there = counts > 0
    weights = _unknown(counts)
    weights[there] = counts.sum() / (there.sum() * counts[there])
    return weights


def effective_number(counts: Counts, beta: float = 0.9999) -> Floats:
    """Return weights by the effective number of samples, their mean 1; shape (k,).

    (1 - beta) / (1 - beta^count), scaled (Cui et al. 2019, arXiv:1901.05555); NaN for a class that
    never occurs.

    Args:
        counts: samples per class, shape (k,).
        beta: from 0 (all weights 1) to just below 1 (inverse to the counts).

    Raises:
        ValueError: beta is outside [0, 1).
    """
    if not 0 <= beta < 1:
        raise ValueError("beta is at least 0 and less than 1.")
    there = counts > 0
    # expm1 and log1p: 1 - beta^count would lose its digits where beta is close to 1.
    number = -np.expm1(counts * np.log1p(beta - 1)) if beta else np.ones(len(counts))
    weights = _unknown(counts)
    weights[there] = 1 / number[there]
    return weights / np.nanmean(weights) if there.any() else weights


def median_frequency(counts: Counts, samples: Counts) -> Floats:
    """Return the median frequency over that of each class; shape (k,).

    The frequency of a class is its pixels over the pixels of the samples in which it occurs (Eigen
    and Fergus 2015, arXiv:1411.4734); NaN for a class that never occurs.

    Args:
        counts: pixels per class, shape (k,).
        samples: pixels of all samples in which the class occurs, shape (k,).
    """
    there = counts > 0
    frequency = _unknown(counts)
    frequency[there] = counts[there] / samples[there]
    return np.nanmedian(frequency) / frequency if there.any() else frequency


def _unknown(counts: Counts) -> Floats:
    return np.full(len(counts), np.nan)
