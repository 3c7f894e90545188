"""Whether scores mean what they say: reliability, calibration error, temperature scaling."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from eoexplore.core import ranking

Bools = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.floating]
Floats = npt.NDArray[np.float64]
BINS = 15
"""Bins of a diagram, as Guo et al. 2017 use."""
CLIP = 1e-6
"""Nearest that a score comes to 0 or 1 before its logit is taken."""
COLDEST, HOTTEST = 0.05, 20.0
"""Temperatures that are tried."""
_AT_ONCE = 1 << 18


@dataclass(frozen=True, eq=False)
class Reliability:
    """What share of the samples is right at each height of the score, shape (bins,) each."""

    edges: Floats
    """Scores between which the bins lie, rising from 0 to 1, each in the lower bin; (bins + 1,)."""
    mean_score: Floats
    """Mean score of the samples in a bin, NaN in an empty one."""
    share: Floats
    """Share of these that have the class, or are right, 0 to 1; NaN in an empty one."""
    count: npt.NDArray[np.int64]
    """Samples in a bin."""

    @property
    def error(self) -> float:
        """Expected calibration error, 0 to 1: mean distance of score and share; NaN if empty.

        Guo et al. 2017, arXiv:1706.04599, section 2.
        """
        if not self.count.sum():
            return float("nan")
        apart = np.where(self.count > 0, np.abs(self.mean_score - self.share), 0)
        return float(np.sum(apart * self.count) / self.count.sum())


def reliability(
    truth: Bools, scores: Scores, bins: int = BINS, equal: Literal["width", "mass"] = "width"
) -> Reliability:
    """Return the reliability diagram of one class, or of the surest class of each pixel.

    Args:
        truth: whether a sample has the class, or the prediction is right, shape (n,).
        scores: its score, 0 to 1, shape (n,).
        bins: how many; fewer of equal mass where scores are tied.
        equal: width of the bins, or samples in them.
    """
    ranking.check(truth, scores)
    edges = np.linspace(0, 1, bins + 1)
    if equal == "mass" and len(scores):
        ranks = np.arange(1, bins) * len(scores) // bins
        inner = np.sort(scores)[np.maximum(ranks - 1, 0)].astype(np.float64)
        edges = np.unique(np.concatenate([[0.0], inner, [1.0]]))
    # A score on an edge belongs to the lower bin (Guo et al. 2017), and 0 to the first one.
    # Compared as the scores are stored: 0.2 in 32 bits is above 0.2 in 64.
    where = np.searchsorted(edges[1:-1].astype(scores.dtype), scores, side="left")
    count = np.bincount(where, minlength=len(edges) - 1)
    mean, share = (
        np.divide(
            np.bincount(where, values, len(count)),
            count,
            out=np.full(len(count), np.nan),
            where=count > 0,
        )
        for values in (scores, truth)
    )
    return Reliability(edges, mean, share, count.astype(np.int64))


def calibration_errors(truth: Bools, scores: Scores, bins: int = BINS) -> Floats:
    """Return the expected calibration error of each class; their mean is the class-wise error.

    Nixon et al. 2019, arXiv:1904.01685 (static calibration error), bins of equal width. A class
    that nobody has is calibrated as far as its scores are near 0.

    Args:
        truth: whether a sample has a class, shape (n, class).
        scores: 0 to 1, shape (n, class).
        bins: how many.

    Returns:
        0 to 1, NaN of no samples; shape (class,).
    """
    columns = zip(truth.T, scores.T, strict=True)
    return np.array([reliability(*column, bins).error for column in columns], np.float64)


def brier_scores(truth: Bools, scores: Scores) -> Floats:
    """Return the mean squared distance of score and truth of each class.

    Brier 1950, doi 10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2, for each class by itself.

    Args:
        truth: whether a sample has a class, shape (n, class).
        scores: 0 to 1, shape (n, class).

    Returns:
        0 to 1, 0 is best; NaN of no samples; shape (class,).
    """
    ranking.check(truth, scores)
    if not len(truth):
        return np.full(truth.shape[1], np.nan)
    columns = zip(truth.T, scores.T, strict=True)
    return np.array([np.mean((p.astype(np.float64) - y) ** 2) for y, p in columns], np.float64)


def temperature(truth: Bools, scores: Scores) -> float:
    """Return the one number that all logits are divided by to make scores most likely.

    Guo et al. 2017, section 4.2, with a sigmoid for each class: T that minimises the negative
    log-likelihood of sigmoid(logit(p) / T). Above 1 the model was too sure, below 1 too unsure. It
    changes no order and so no average precision of a class. At an end of 0.05 to 20, scores and
    labels ask for one beyond it, such as when no score is ever wrong.

    Args:
        truth: whether a validation sample has a class, shape (n, class).
        scores: 0 to 1, shape (n, class).

    Returns:
        0.05 to 20; NaN of no samples.
    """
    from scipy.optimize import minimize_scalar

    ranking.check(truth, scores)
    if not truth.size:
        return float("nan")
    # In logarithms, since 1/2 is as far from 1 as 2 is.
    ends = (np.log(COLDEST), np.log(HOTTEST))
    best = minimize_scalar(
        _loss(truth.ravel(), scores.ravel()), bounds=ends, method="bounded", options={"xatol": 1e-6}
    )
    return float(np.exp(best.x))


def rescaled(scores: Scores, temperature: float) -> Scores:
    """Return sigmoid(logit(p) / T), of the kind of floats that was given.

    Args:
        scores: 0 to 1, any shape.
        temperature: what `temperature` returns.
    """
    from scipy.special import expit

    found: Scores = expit(_logit(scores) / temperature).astype(scores.dtype)
    return found


def _logit(scores: Scores) -> Floats:
    kept = np.clip(scores.astype(np.float64), CLIP, 1 - CLIP)
    return np.log(kept) - np.log1p(-kept)


def _loss(truth: Bools, scores: Scores) -> Callable[[float], float]:
    """Return the mean negative log-likelihood as a function of the logarithm of T."""
    # Of label y and logit z: log(1 + e^z) - y z, and log(1 + e^z) = max(z, 0) + log(1 + e^-|z|).
    # The first term is |z| where the score is on the wrong side, 0 on the right one: its sum, and
    # so what is linear in 1/T, is taken once.
    sizes = _logit(scores)
    linear = float(np.sum(np.maximum(sizes, 0) - truth * sizes))
    np.abs(sizes, out=sizes)

    def loss(log_temperature: float) -> float:
        beta = float(np.exp(-log_temperature))
        curved = 0.0
        for start in range(0, len(sizes), _AT_ONCE):
            part = sizes[start : start + _AT_ONCE] * -beta
            curved += float(np.sum(np.log1p(np.exp(part, out=part), out=part)))
        return (beta * linear + curved) / len(sizes)

    return loss
