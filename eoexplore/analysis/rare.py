"""How well a score can be measured on a few samples of a class."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

Floats = npt.NDArray[np.float64]

LEAST = 100
"""Samples below which a class counts as too rare, by default."""
WIDEST = 0.1
"""Width of the interval of an F1 above which a class counts as too rare, by default."""
F1 = 0.7
"""Score that is taken for an example."""


@dataclass(frozen=True)
class Ends:
    """Intervals."""

    low: Floats
    """Lower ends, 0 to 1."""
    high: Floats
    """Upper ends, 0 to 1."""

    @property
    def width(self) -> Floats:
        """High minus low."""
        return self.high - self.low


def wilson(share: npt.ArrayLike, trials: npt.ArrayLike, level: float = 0.95) -> Ends:
    """Return the score interval of a share, such as a recall.

    Wilson 1927, doi 10.1080/01621459.1927.10502953. Trials are taken as independent; neighbouring
    patches are not, so what one can measure on them is less sure.

    Args:
        share: measured share, 0 to 1.
        trials: independent samples behind it; of 0 the interval is all that is possible.
        level: probability that the interval covers, between 0 and 1.
    """
    z = float(ndtri((1 + level) / 2))
    p, n = np.asarray(share, np.float64), np.asarray(trials, np.float64)
    spread = z * np.sqrt(n * p * (1 - p) + z * z / 4)
    low, high = ((n * p + z * z / 2 + sign * spread) / (n + z * z) for sign in (-1, 1))
    return Ends(np.clip(low, 0, 1), np.clip(high, 0, 1))


def f1(positives: npt.ArrayLike, score: float = F1, level: float = 0.95) -> Ends:
    """Return the interval within which an F1 lies that was measured on some positives.

    Of the samples that are positive or are called so, the share of true positives is
    J = F1 / (2 - F1): Wilson's interval of this share, brought back to F1 (the indirect method of
    Lam, Gopal and Qian 2023, arXiv:2309.14621). As many false alarms as misses are assumed, that
    is, a precision equal to the recall: then there are (2 - F1) × positives such samples.

    Args:
        positives: samples that have the class, 0 or more.
        score: F1 that is measured, 0 to 1.
        level: probability that the interval covers, between 0 and 1.
    """
    union = np.asarray(positives, np.float64) * (2 - score)
    found = wilson(score / (2 - score), union, level)
    return Ends(*(2 * end / (1 + end) for end in (found.low, found.high)))


def too_rare(
    positives: npt.NDArray[np.integer], least: int = LEAST, widest: float = WIDEST
) -> npt.NDArray[np.bool_]:
    """Tell which classes have too few samples for an F1 worth comparing.

    Args:
        positives: samples of each class, shape (k,).
        least: samples that are needed.
        widest: width of the interval of an F1 of 0.7 that is borne, 0 to 1.
    """
    found: npt.NDArray[np.bool_] = (positives < least) | (f1(positives).width > widest)
    return found
