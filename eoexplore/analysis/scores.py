"""How well predictions agree with labels: average precision, intersection over union."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def average_precision(truth: npt.NDArray[np.bool_], scores: npt.NDArray[np.floating]) -> Floats:
    """Return the average precision of each class: sum of (R_k - R_k-1) P_k over the thresholds.

    Samples of one score are taken in together. As scikit-learn defines it
    (https://scikit-learn.org/stable/modules/generated/sklearn.metrics.average_precision_score.html).

    Args:
        truth: whether a sample has a class, shape (n, class).
        scores: greater where it is more likely, shape (n, class).

    Returns:
        0 to 1, NaN for a class that no sample has; shape (class,).
    """
    columns = zip(truth.T, scores.T, strict=True)
    return np.array([_average_precision(known, found) for known, found in columns], np.float64)


def average_precision_micro(
    truth: npt.NDArray[np.bool_], scores: npt.NDArray[np.floating]
) -> float:
    """Return the average precision of all pairs of sample and class taken as one list.

    Args:
        truth: whether a sample has a class, shape (n, class).
        scores: of the classes on one scale, shape (n, class).
    """
    return _average_precision(truth.ravel(), scores.ravel())


def _average_precision(truth: npt.NDArray[np.bool_], scores: npt.NDArray[np.floating]) -> float:
    total = int(truth.sum())
    if not total:
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    # Only where the score changes is there a threshold.
    last = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)
    hits = np.cumsum(truth[order])[last]
    precision, recall = hits / (last + 1), hits / total
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def confusion(
    truth: npt.NDArray[np.integer], predicted: npt.NDArray[np.integer], classes: int
) -> npt.NDArray[np.int64]:
    """Count pixels by true class (row) and predicted class (column).

    Args:
        truth: number of the class, negative where there is none; any shape.
        predicted: number of the class, of the same shape.
        classes: how many there are.

    Returns:
        Shape (class, class); pixels without a true class are not counted.
    """
    known = truth >= 0
    pairs = truth[known].astype(np.int64) * classes + predicted[known]
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def intersection_over_union(counts: npt.NDArray[np.integer]) -> Floats:
    """Return the intersection over union of each class (Jaccard index), 0 to 1.

    Args:
        counts: what `confusion` returns, shape (class, class).

    Returns:
        NaN for a class that is not in the truth; shape (class,). Pixels that are taken for such a
        class are missing from the classes that they are of.
    """
    both = np.diag(counts).astype(np.float64)
    true, found = counts.sum(1), counts.sum(0)
    union = np.where(true > 0, true + found - both, np.nan)
    return np.asarray(both / union, np.float64)
