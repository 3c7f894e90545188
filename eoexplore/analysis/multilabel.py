"""How well scores of classes agree with labels, where a sample may have several classes.

One rule throughout: what the truth has not is left out, what it has and is never predicted
counts as 0. A class that no sample has is NaN by itself and left out of macro and weighted means;
a sample without labels is left out of the means over samples. So macro figures are those of
scikit-learn 1.9 with zero_division=0 and `labels` = the classes that occur, and sample means
those of the samples with a label; scikit-learn would count what is left out here as 0. Ranking
loss, coverage error and label ranking average precision are over all samples, as it defines them
(https://scikit-learn.org/stable/modules/model_evaluation.html). Of no samples, all is NaN.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoexplore.core import ranking

Bools = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.floating]
Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.integer]
LOWER_IS_BETTER = frozenset({"hamming_loss", "ranking_loss", "coverage_error"})
"""Names of the figures that are 0 (coverage error: labels per sample) at best."""
_AT_ONCE = 1 << 14


@dataclass(frozen=True, eq=False)
class ByClass:
    """Figures of each class, shape (class,); NaN for a class that no sample has."""

    support: Counts
    """Samples that have the class."""
    predicted: Counts
    """Samples whose score reaches the threshold."""
    average_precision: Floats
    """Area under precision over recall, as a sum of steps, 0 to 1."""
    f1: Floats
    """Harmonic mean of precision and recall, 0 to 1."""
    precision: Floats
    """Share of the predicted ones that have the class; 0 if none is predicted."""
    recall: Floats
    """Share of those that have the class that are predicted."""


def decided(scores: Scores, threshold: npt.ArrayLike) -> Bools:
    """Return which classes count as predicted: those whose score reaches the threshold.

    Args:
        scores: 0 to 1, shape (n, class).
        threshold: of all classes, or of each, shape (class,); 0 to 1.
    """
    limits = np.broadcast_to(np.asarray(threshold, np.float64), scores.shape[1:])
    found = np.empty(scores.shape, np.bool_)
    for c, limit in enumerate(limits):
        np.greater_equal(scores[:, c], limit, out=found[:, c])
    return found


def counts(
    truth: Bools, predicted: Bools, group: npt.NDArray[np.integer] | None = None, groups: int = 1
) -> npt.NDArray[np.int64]:
    """Count true positives, false positives and false negatives of each class.

    Args:
        truth: shape (n, class).
        predicted: as `decided` returns it, shape (n, class).
        group: number of the group of each sample, such as its tile, shape (n,); None: all in one.
        groups: how many there are.

    Returns:
        Shape (groups, 3, class).
    """
    of = np.zeros(len(truth), np.intp) if group is None else group
    found = np.empty((groups, 3, truth.shape[1]), np.int64)
    for c in range(truth.shape[1]):
        true, said = truth[:, c], predicted[:, c]
        for kind, which in enumerate((true & said, said & ~true, true & ~said)):
            found[:, kind, c] = np.bincount(of[which], minlength=groups)
    return found


def class_rates(counted: npt.NDArray[np.generic]) -> dict[str, Floats]:
    """Return f1, precision and recall of each class.

    Args:
        counted: what `counts` returns, or its sums; shape (..., 3, class).

    Returns:
        By name, shape (..., class).
    """
    tp, fp, fn = np.moveaxis(np.asarray(counted, np.float64), -2, 0)
    return _rates(tp, fp, fn)


def rates(counted: npt.NDArray[np.generic]) -> dict[str, Floats]:
    """Return F1, precision and recall: `f1_macro`, `f1_micro`, `f1_weighted` and so on.

    Micro is of all pairs of sample and class as one list; weighted by how many have a class.

    Args:
        counted: what `counts` returns, or its sums; shape (..., 3, class).

    Returns:
        By name, shape (...).
    """
    tp, fp, fn = np.moveaxis(np.asarray(counted, np.float64), -2, 0)
    found = {}
    for name, values in _rates(tp, fp, fn).items():
        found[f"{name}_macro"] = _mean(values, ~np.isnan(values))
        found[f"{name}_weighted"] = _mean(values, tp + fn)
    for name, value in _rates(tp.sum(-1), fp.sum(-1), fn.sum(-1)).items():
        found[f"{name}_micro"] = value
    return found


def by_class(truth: Bools, scores: Scores, threshold: npt.ArrayLike) -> ByClass:
    """Return the figures of each class.

    Args:
        truth: whether a sample has a class, shape (n, class).
        scores: 0 to 1, shape (n, class).
        threshold: score from which a class counts as predicted, of all or of each, shape (class,).
    """
    ranking.check(truth, scores)
    counted = counts(truth, decided(scores, threshold))[0]
    columns = zip(truth.T, scores.T, strict=True)
    area = np.array([average_precision(*column) for column in columns], np.float64)
    return ByClass(counted[0] + counted[2], counted[0] + counted[1], area, **class_rates(counted))


def average_precision(truth: Bools, scores: Scores) -> float:
    """Return the average precision of one list: sum of (R_k - R_k-1) P_k over the thresholds.

    Args:
        truth: shape (n,).
        scores: 0 to 1, shape (n,).
    """
    steps = ranking.steps(truth, scores)
    if not len(steps.hits) or not steps.hits[-1]:
        return float("nan")
    gained = np.diff(steps.hits, prepend=0)
    return float(np.sum(gained * (steps.hits / steps.taken)) / steps.hits[-1])


def per_sample(truth: Bools, scores: Scores, threshold: npt.ArrayLike) -> dict[str, Floats]:
    """Return the figures that are means over samples, of each sample.

    The average precision of a sample is its label ranking average precision; without a label the
    former is NaN, as are F1, precision and recall, and the latter 1.

    Args:
        truth: whether a sample has a class, shape (n, class).
        scores: 0 to 1, shape (n, class).
        threshold: score from which a class counts as predicted, of all or of each, shape (class,).

    Returns:
        By name, shape (n,); `measure` returns their means without what is NaN.
    """
    ranking.check(truth, scores)
    predicted = decided(scores, threshold)
    parts = [slice(start, start + _AT_ONCE) for start in range(0, max(1, len(truth)), _AT_ONCE)]
    found = [
        _of_decisions(truth[part].T, predicted[part].T) | _of_ranks(truth[part].T, scores[part].T)
        for part in parts
    ]
    return {name: np.concatenate([part[name] for part in found]) for name in found[0]}


def measure(truth: Bools, scores: Scores, threshold: npt.ArrayLike) -> dict[str, float]:
    """Return all figures of a selection by the names of scikit-learn.

    `average_precision_`, `f1_`, `precision_` and `recall_`, each with `macro`, `micro`, `weighted`
    and `samples`; `subset_accuracy`, `hamming_loss`, `ranking_loss`, `coverage_error` (classes one
    goes down the list to have all labels) and `label_ranking_average_precision`.

    Args:
        truth: whether a sample has a class, shape (n, class).
        scores: 0 to 1, shape (n, class).
        threshold: score from which a class counts as predicted, of all or of each, shape (class,).
    """
    of_class = by_class(truth, scores, threshold)
    area = of_class.average_precision
    means: dict[str, npt.ArrayLike] = {
        "average_precision_macro": _mean(area, ~np.isnan(area)),
        "average_precision_micro": average_precision(truth.ravel(), scores.ravel()),
        "average_precision_weighted": _mean(area, of_class.support),
    }
    means |= rates(counts(truth, decided(scores, threshold))[0])
    for name, values in per_sample(truth, scores, threshold).items():
        means[name] = _mean(values, ~np.isnan(values))
    return {name: float(np.asarray(means[name])) for name in sorted(means)}


def _mean(values: Floats, weight: npt.NDArray[np.number | np.bool_]) -> Floats:
    """Return the weighted mean of the last axis; NaN where there is no weight."""
    of = np.asarray(weight, np.float64)
    total = np.asarray(of.sum(-1))
    added = (np.where(of > 0, values, 0) * of).sum(-1)
    found = np.full_like(total, np.nan)
    np.divide(added, total, out=found, where=total > 0)
    return found


def _rates(tp: Floats, fp: Floats, fn: Floats) -> dict[str, Floats]:
    known = tp + fn > 0

    def share(above: Floats, below: Floats) -> Floats:
        # Nothing predicted is a precision of 0; nothing there is no figure at all.
        found = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
        return np.where(known, found, np.nan)

    return {
        "f1": share(2 * tp, 2 * tp + fp + fn),
        "precision": share(tp, tp + fp),
        "recall": share(tp, tp + fn),
    }


def _of_decisions(truth: Bools, predicted: Bools) -> dict[str, Floats]:
    """Return what depends on the threshold, from shapes (class, n) to (n,)."""
    tp, fp, fn = (
        np.count_nonzero(which, axis=0).astype(np.float64)
        for which in (truth & predicted, predicted & ~truth, truth & ~predicted)
    )
    found = {f"{name}_samples": values for name, values in _rates(tp, fp, fn).items()}
    found["subset_accuracy"] = (fp + fn == 0).astype(np.float64)
    found["hamming_loss"] = (fp + fn) / max(1, len(truth))
    return found


def _of_ranks(truth: Bools, scores: Scores) -> dict[str, Floats]:
    """Return what depends on the order of the classes, from shapes (class, n) to (n,)."""
    classes, n = truth.shape
    truth, scores = np.ascontiguousarray(truth), np.ascontiguousarray(scores)
    labels = np.count_nonzero(truth, axis=0)
    precision, wrong, depth = np.zeros(n), np.zeros(n, np.int64), np.zeros(n, np.int64)
    for one in range(classes):
        # Ties count as ranked before: of equal scores all get the worst rank.
        rank, hits = np.zeros(n, np.int16), np.zeros(n, np.int16)
        for other in range(classes):
            before = scores[other] >= scores[one]
            rank += before
            hits += before & truth[other]
        precision += np.where(truth[one], hits / rank, 0)
        wrong += np.where(truth[one], rank - hits, 0)
        np.maximum(depth, np.where(truth[one], rank, 0), out=depth)
    pairs = labels * (classes - labels)
    area = np.divide(precision, labels, out=np.full(n, np.nan), where=labels > 0)
    return {
        "average_precision_samples": area,
        "label_ranking_average_precision": np.where(labels > 0, area, 1.0),
        "ranking_loss": np.divide(wrong, pairs, out=np.zeros(n), where=pairs > 0),
        "coverage_error": depth.astype(np.float64),
    }
