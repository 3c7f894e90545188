"""How well classes can be told apart by their spectra."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
MOST = 2.0
"""Jeffries-Matusita distance of two classes that never look alike."""


def jeffries_matusita(
    mean: Floats, covariance: Floats, other_mean: Floats, other_covariance: Floats
) -> float:
    """Return the Jeffries-Matusita distance of two normal distributions: 0 if equal, towards 2.

    2 (1 - e^-B) with the Bhattacharyya distance B (Richards and Jia 2006, Remote Sensing Digital
    Image Analysis, chapter 10.2). NaN where a covariance is singular: a class of too few pixels,
    or two bands that say the same.

    Args:
        mean: of the bands, shape (b,), such as reflectance.
        covariance: of the bands, shape (b, b).
        other_mean: of the other class, shape (b,).
        other_covariance: of the other class, shape (b, b).
    """
    both = (covariance + other_covariance) / 2
    if not np.isfinite(both).all():
        return float("nan")
    # Logarithms of determinants: of a dozen bands, the determinants themselves may underflow.
    signs, logs = np.linalg.slogdet(np.stack([both, covariance, other_covariance]))
    if not (signs > 0).all():
        return float("nan")
    apart = mean - other_mean
    distance = apart @ np.linalg.solve(both, apart) / 8 + (logs[0] - (logs[1] + logs[2]) / 2) / 2
    return float(-MOST * np.expm1(-distance))


def matrix(means: Floats, covariances: Floats) -> Floats:
    """Return the distance of every pair of classes, shape (k, k).

    Args:
        means: of each class, shape (k, b).
        covariances: of each class, shape (k, b, b); NaN for a class without enough pixels.
    """
    k = len(means)
    found = np.full((k, k), np.nan)
    for a in range(k):
        for b in range(a + 1):
            value = jeffries_matusita(means[a], covariances[a], means[b], covariances[b])
            found[a, b] = found[b, a] = value
    return found
