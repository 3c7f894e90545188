"""Spectra that do not look like the class that they are said to be of.

Each class of a group, such as a country and a season, gets a centre and a covariance that some
outliers cannot move: the minimum covariance determinant of three quarters of its spectra (Rousseeuw
and Van Driessen 1999, doi:10.1080/00401706.1999.10485670). Spectra are compared with it by their
squared Mahalanobis distance, and with the other classes of the group by likelihoods.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2
from sklearn.covariance import MinCovDet

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer]

LEAST_TIMES = 3
"""Spectra that a class needs, times the number of bands; fewer, and it is left out."""
MOST = 500
"""Spectra that a class is described by at most: more change nothing and take ten times as long."""
SHARED = 0.5
"""Weight of the mean covariance of all classes of a group: with few spectra in many bands a class's
own is uncertain (regularised discriminant analysis, Friedman 1989, doi:10.2307/2289860)."""
NOISE = 0.01
"""Variance that is added to each band, in dB²: means of a tenth of a decibel are the same."""
FREEDOM = 3.0
"""Degrees of freedom of the t distribution that likelihoods come from: spectra of a class have
heavier tails than a normal distribution."""
ABSENT = 2.0
"""Natural logarithm by which a class that is no label of the patch is taken to be less likely."""
CUT_OFF = 0.975
"""Quantile of chi-square above which a spectrum counts as far from its class, as is usual with a
minimum covariance determinant (Rousseeuw and Van Zomeren 1990, doi:10.2307/2289995)."""


@dataclass(frozen=True)
class Judged:
    """How spectra compare with their class; arrays of shape (n,)."""

    distances: Floats
    """Squared Mahalanobis distance from the class; NaN where the class is left out."""
    margins: Floats
    """Logarithm of how many times as likely the best other class is; -inf without another one."""
    suspects: npt.NDArray[np.int16]
    """The best other class, -1 for none."""
    left_out: int
    """Spectra of classes that have too few in their group."""
    cut_off: float
    """Squared distance above which a spectrum counts as far."""


@dataclass(frozen=True)
class _Norm:
    """What a class of a group looks like."""

    centre: Floats
    covariance: Floats


def judge(
    values: Floats, labels: Ints, groups: Ints, present: npt.NDArray[np.bool_], seed: int = 0
) -> Judged:
    """Compare each spectrum with its class and with the other classes of its group.

    Args:
        values: in decibels, finite, shape (n, band).
        labels: number of the class of each, shape (n,).
        groups: number of what it is compared within, shape (n,).
        present: which classes are labels of its patch, shape (n, class).
        seed: decides which spectra describe a class that has many.

    Raises:
        ValueError: a value is not finite.
    """
    if not np.isfinite(values).all():
        raise ValueError("Spectra need a value in each band; leave the others out.")
    count, bands = values.shape
    distances = np.full(count, np.nan)
    margins = np.full(count, -np.inf)
    suspects = np.full(count, -1, np.int16)
    for group in np.unique(groups).tolist():
        own = np.flatnonzero(groups == group)
        norms = _norms(values[own], labels[own], seed)
        if norms:
            found = _compare(values[own], labels[own], present[own], norms)
            distances[own], margins[own], suspects[own] = found
    left_out = int(np.isnan(distances).sum())
    return Judged(distances, margins, suspects, left_out, float(chi2.ppf(CUT_OFF, bands)))


def _norms(values: Floats, labels: Ints, seed: int) -> dict[int, _Norm]:
    """Describe the classes that have enough spectra."""
    random = np.random.default_rng(seed)
    found: dict[int, _Norm] = {}
    for label in np.unique(labels).tolist():
        own = np.flatnonzero(labels == label)
        if len(own) < LEAST_TIMES * values.shape[1]:
            continue
        if len(own) > MOST:
            own = np.sort(random.choice(own, MOST, replace=False))
        found[label] = _norm(values[own], seed)
    if not found:
        return found
    shared = np.mean([norm.covariance for norm in found.values()], axis=0)
    noise = NOISE * np.eye(values.shape[1])
    return {
        label: _Norm(norm.centre, (1 - SHARED) * norm.covariance + SHARED * shared + noise)
        for label, norm in found.items()
    }


def _norm(values: Floats, seed: int) -> _Norm:
    # Whatever is the same in most spectra, such as a band that is 1 throughout, has no spread: a
    # hundredth of the noise, by chance, keeps the determinant above 0 and changes no distance.
    spread = np.random.default_rng(seed).normal(0, 0.1 * NOISE**0.5, values.shape)
    with warnings.catch_warnings():
        # That a determinant grew in a step is said of small samples; the smallest one is taken.
        warnings.simplefilter("ignore", RuntimeWarning)
        found = MinCovDet(support_fraction=0.75, random_state=seed).fit(values + spread)
    return _Norm(found.location_, found.covariance_)


def _compare(
    values: Floats, labels: Ints, present: npt.NDArray[np.bool_], norms: Mapping[int, _Norm]
) -> tuple[Floats, Floats, npt.NDArray[np.int16]]:
    """Return distance, margin and suspect of the spectra of one group."""
    bands = values.shape[1]
    names = np.array(list(norms), np.intp)
    distances, likely = (np.empty((len(values), len(names))) for _ in range(2))
    for column, norm in enumerate(norms.values()):
        apart = values - norm.centre
        distances[:, column] = (apart @ np.linalg.inv(norm.covariance) * apart).sum(axis=1)
        size = np.linalg.slogdet(norm.covariance)[1]
        tail = np.log1p(distances[:, column] / FREEDOM)
        likely[:, column] = -0.5 * size - 0.5 * (FREEDOM + bands) * tail
    column_of = np.full(max(int(labels.max()), int(names.max())) + 1, -1, np.intp)
    column_of[names] = np.arange(len(names))
    place = column_of[labels]
    every = np.arange(len(values))
    known = place >= 0
    others = likely - np.where(present[:, names], 0.0, ABSENT)
    others[every[known], place[known]] = -np.inf
    best = others.argmax(axis=1)
    margin = np.where(known, others[every, best] - likely[every, place], -np.inf)
    suspect = np.where(known & np.isfinite(margin), names[best], -1)
    distance = np.where(known, distances[every, place], np.nan)
    return distance, margin, suspect.astype(np.int16)
