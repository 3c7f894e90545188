"""What is gained if a model may keep silent where it is least sure: coverage against risk."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
POINTS = 101
"""Coverages from 0 to 1 at which the risk is told."""


@dataclass(frozen=True, eq=False)
class Counted:
    """Of each sample what is wrong, of how much; a risk is the sum of one over that of the other.

    Samples of which nothing can be wrong may be 0 of 0.
    """

    wrong: Floats
    """Shape (n,), such as wrong labels, or wrong pixels."""
    of: Floats
    """Shape (n,), such as classes, or labelled pixels."""


@dataclass(frozen=True, eq=False)
class RiskCoverage:
    """The risk that is left when only the surest samples are kept."""

    coverage: Floats
    """Share of the samples that are kept, 0 to 1, shape (101,)."""
    risk: Floats
    """Share that is wrong among the kept, 0 to 1; NaN where none is kept; shape (101,)."""
    area: float
    """Mean risk over all numbers of kept samples (AURC); NaN without samples."""


def confidence(scores: npt.NDArray[np.floating], threshold: npt.ArrayLike) -> Floats:
    """Return the share of its labels that a sample is expected to have right.

    The mean over the classes of p where the class is predicted, else of 1 - p: it is the share
    that is right if scores are calibrated.

    Args:
        scores: 0 to 1, shape (n, class).
        threshold: score from which a class counts as predicted, of all or of each, shape (class,).

    Returns:
        0 to 1, shape (n,).
    """
    exact = scores.astype(np.float64)
    expected = np.where(exact >= np.asarray(threshold, np.float64), exact, 1 - exact)
    return np.asarray(expected.mean(-1), np.float64)


def wrong_labels(truth: Bools, predicted: Bools) -> Counted:
    """Count wrong labels: their share is the Hamming loss.

    Args:
        truth: shape (n, class).
        predicted: shape (n, class).
    """
    wrong = np.count_nonzero(truth ^ predicted, axis=1).astype(np.float64)
    return Counted(wrong, np.full(len(truth), float(truth.shape[1])))


def missed_f1(truth: Bools, predicted: Bools) -> Counted:
    """Count so that the risk is 1 - micro F1: (fp + fn) / (2 tp + fp + fn).

    Args:
        truth: shape (n, class).
        predicted: shape (n, class).
    """
    wrong = np.count_nonzero(truth ^ predicted, axis=1).astype(np.float64)
    return Counted(wrong, wrong + 2 * np.count_nonzero(truth & predicted, axis=1))


def risk_coverage(counted: Counted, sure: npt.NDArray[np.floating]) -> RiskCoverage:
    """Return the risk when the least sure samples are left out.

    The curve is that of Geifman and El-Yaniv 2017, arXiv:1705.08500, its area that of Geifman,
    Uziel and El-Yaniv 2019, arXiv:1805.08206. Samples that are equally sure share their errors
    evenly, so that the order of rows plays no part.

    Args:
        counted: of n samples.
        sure: greater where the model is surer, shape (n,).
    """
    n = len(sure)
    coverage = np.linspace(0, 1, POINTS)
    if not n:
        return RiskCoverage(coverage, np.full(POINTS, np.nan), float("nan"))
    order = np.argsort(-sure, kind="stable")
    ranked = sure[order]
    last = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), n - 1)
    # Between the ends of ties the sums grow evenly.
    ends = np.append(0, last + 1)
    wrong, of = (
        np.append(0.0, np.cumsum(each[order])[last]) for each in (counted.wrong, counted.of)
    )

    def risk(kept: Floats) -> Floats:
        below = np.interp(kept, ends, of)
        above = np.interp(kept, ends, wrong)
        found = np.full(len(kept), np.nan)
        np.divide(above, below, out=found, where=below > 0)
        return found

    each = risk(np.arange(1.0, n + 1))
    told = each[~np.isnan(each)]
    area = float(told.mean()) if len(told) else float("nan")
    return RiskCoverage(coverage, risk(coverage * n), area)
