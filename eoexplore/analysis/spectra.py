"""Spectra of the classes in patches: counts, means, deviations, and a fixed sample of pixels."""

import hashlib
import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoexplore.core.nomenclature import UNLABELLED
from eoexplore.core.types import Array, Classes

SAMPLED = 64
"""Pixels kept of each class in a patch; all of them where it has fewer."""
UNKNOWN = 0
"""Code that stands for pixels of which no map tells the class."""
_CODES = 1 << 16
_HASH_BITS = np.uint64(56)

Floats = npt.NDArray[np.float64]


class Legend:
    """Which code stands for the class of each pixel of a label map."""

    def __init__(self, classes: Classes) -> None:
        """Prepare the table of a label schema."""
        # Classes of scenes have no pixels, and so no codes.
        mapped = [item for item in classes.classes if item.codes]
        first = [item.codes[0] for item in mapped]
        self.codes = np.array([UNKNOWN, *first, UNLABELLED], np.uint16)
        """Codes that stand for the classes; a position here is never shown to anyone."""
        self._place = np.full(_CODES, len(self.codes) - 1, np.uint8)
        self._place[UNKNOWN] = 0
        for place, item in enumerate(mapped, 1):
            self._place[[code for code in item.codes if 0 <= code < _CODES]] = place

    def places(self, label_map: Array) -> npt.NDArray[np.uint8]:
        """Return each pixel's place in `codes`, of the same shape."""
        values = np.nan_to_num(label_map.astype(np.float64), nan=UNKNOWN)
        inside = (values >= 0) & (values < _CODES)
        return self._place[np.where(inside, values, _CODES - 1).astype(np.intp)]


@dataclass(frozen=True)
class Spectra:
    """What is kept of the classes in one patch; row i of every array is a class that is there."""

    places: npt.NDArray[np.uint8]
    """Place of the class in the legend's codes, shape (class,)."""
    pixels: npt.NDArray[np.int32]
    """Pixels of the class, shape (class,)."""
    count: npt.NDArray[np.int32]
    """Pixels with a value, shape (class, band)."""
    mean: Floats
    """Mean of the values, NaN without any; shape (class, band)."""
    std: Floats
    """Standard deviation of the values (of all of them, not estimated); shape (class, band)."""
    sampled: npt.NDArray[np.int32]
    """Number of sampled pixels, shape (class,)."""
    sample: npt.NDArray[np.float32]
    """Sampled pixels, one class after the other, NaN without a value; shape (band, sum(sampled)).
    A column is one pixel in all bands."""


def seed_of(sample: str) -> int:
    """Return the seed of a sample: always the same for the same id."""
    return int.from_bytes(hashlib.sha256(sample.encode()).digest()[:8], "little")


def of_patch(values: npt.NDArray[np.float32], places: npt.NDArray[np.uint8], seed: int) -> Spectra:
    """Describe the classes in one patch.

    Args:
        values: bands as rows, pixels as columns, NaN without a value; shape (band, pixel).
        places: class of each pixel, shape (pixel,).
        seed: decides which pixels are sampled.
    """
    order = _shuffled_by_class(places, seed)
    pixels = np.bincount(places)
    there = np.flatnonzero(pixels)
    pixels = pixels[there]
    starts = np.cumsum(pixels) - pixels
    sorted_values = values[:, order]
    known = np.isfinite(sorted_values)
    filled = np.where(known, sorted_values, np.float32(0)).astype(np.float64)
    count = np.add.reduceat(known, starts, axis=1, dtype=np.int32).T
    total = np.add.reduceat(filled, starts, axis=1).T
    squares = np.add.reduceat(np.square(filled, out=filled), starts, axis=1).T
    empty = np.where(count > 0, 0.0, np.nan)
    number = np.maximum(count, 1)
    mean = total / number + empty
    std = np.sqrt(np.maximum(squares / number - mean**2, 0))
    sampled = np.minimum(pixels, SAMPLED)
    chosen = np.concatenate([np.arange(s, s + n) for s, n in zip(starts, sampled, strict=True)])
    sample = np.where(known[:, chosen], sorted_values[:, chosen], np.float32(np.nan))
    return Spectra(
        there.astype(np.uint8),
        pixels.astype(np.int32),
        count,
        mean,
        std,
        sampled.astype(np.int32),
        sample,
    )


def _shuffled_by_class(places: npt.NDArray[np.uint8], seed: int) -> npt.NDArray[np.intp]:
    """Return the order of pixels by class, and shuffled within each."""
    # A hash of our own (splitmix64): a random generator may give other numbers in a later release.
    x = np.arange(1, len(places) + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    x += np.uint64(seed)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return np.argsort((places.astype(np.uint64) << _HASH_BITS) | (x >> np.uint64(8)))


class Histograms:
    """Weighted counts of whole numbers, one histogram per class; they grow as values come."""

    def __init__(self, classes: int) -> None:
        """Begin with nothing."""
        self._low = 0
        self._counts: Floats = np.zeros((classes, 0))

    def add(
        self, places: npt.NDArray[np.intp], values: npt.NDArray[np.int64], weights: Floats
    ) -> None:
        """Add values of some classes.

        Args:
            places: class of each value, shape (n,).
            values: shape (n,).
            weights: what each value counts, shape (n,).
        """
        if not len(values):
            return
        self._grow(int(values.min()), int(values.max()))
        classes, span = self._counts.shape
        cells = places * span + (values - self._low)
        self._counts += np.bincount(cells, weights, classes * span).reshape(classes, span)

    def quantile(self, share: float) -> Floats:
        """Return, per class, the least value with at least a share of the weight at or below it.

        Returns:
            Shape (class,), NaN for a class without values.
        """
        below = np.cumsum(self._counts, axis=1)
        if not below.shape[1]:
            return np.full(len(below), np.nan)
        total = below[:, -1]
        # A hair less, so that sums of thirds reach the share that they are meant to reach.
        reached = below >= (total * share * (1 - 1e-12))[:, None]
        found = self._low + np.argmax(reached & (self._counts > 0), axis=1).astype(float)
        return np.where(total > 0, found, np.nan)

    def _grow(self, low: int, high: int) -> None:
        classes, span = self._counts.shape
        if span:
            low, high = min(low, self._low), max(high, self._low + span - 1)
            if (low, high) == (self._low, self._low + span - 1):
                return
        wider = np.zeros((classes, high - low + 1))
        first = self._low - low if span else 0
        wider[:, first : first + span] = self._counts
        self._low, self._counts = low, wider


@dataclass(frozen=True)
class Draw:
    """Sampled pixels that were drawn out of many rows."""

    rows: npt.NDArray[np.intp]
    """Row of each drawn pixel, rising."""
    positions: npt.NDArray[np.intp]
    """Which of the row's sampled pixels it is, from 0."""


def draw(pixels: npt.NDArray[np.int64], sampled: npt.NDArray[np.int64], most: int) -> Draw:
    """Draw sampled pixels so that each stands for the same number of pixels, none twice.

    Args:
        pixels: pixels that each row stands for, shape (row,).
        sampled: how many of them were sampled, shape (row,).
        most: how many are drawn at most.
    """
    weight = pixels / np.maximum(sampled, 1)
    ends = np.cumsum(pixels * (sampled > 0))
    total = float(ends[-1]) if len(ends) else 0.0
    if not total:
        return Draw(np.zeros(0, np.intp), np.zeros(0, np.intp))
    count = min(most, max(1, int(total / weight[sampled > 0].max())))
    places = (np.arange(count) + 0.5) * (total / count)
    rows = np.searchsorted(ends, places, side="right")
    starts = ends[rows] - pixels[rows]
    within = ((places - starts) / weight[rows]).astype(np.intp)
    return Draw(rows, np.minimum(within, sampled[rows] - 1))


def draw_each(
    strata: npt.NDArray[np.intp],
    pixels: npt.NDArray[np.int64],
    sampled: npt.NDArray[np.int64],
    most: int,
) -> tuple[Draw, Floats]:
    """Draw sampled pixels of each stratum with equal chances, all of them where they are few.

    Every k-th is drawn, none twice (systematic sampling; Cochran 1977, Sampling Techniques,
    chapter 8). Which pixels of a row were sampled is a matter of chance already.

    Args:
        strata: stratum of each row, such as its class and season; -1 for none; shape (row,).
        pixels: pixels that each row stands for, shape (row,).
        sampled: how many of them were sampled, shape (row,).
        most: how many are drawn of a stratum at most.

    Returns:
        The pixels, and how many pixels of its stratum each stands for, shape (drawn,).
    """
    found = []
    order = np.argsort(strata, kind="stable")
    bounds = np.searchsorted(strata[order], np.arange(strata.max(initial=-1) + 2))
    for first, last in itertools.pairwise(bounds.tolist()):
        own = order[first:last]
        drawn = draw(sampled[own], sampled[own], most)
        if len(drawn.rows):
            rows = own[drawn.rows]
            each = sampled[own].sum() / len(rows)
            found.append((rows, drawn.positions, pixels[rows] / sampled[rows] * each))
    if not found:
        return Draw(np.zeros(0, np.intp), np.zeros(0, np.intp)), np.zeros(0)
    rows, positions, weights = (np.concatenate(parts) for parts in zip(*found, strict=True))
    by_row = np.lexsort((positions, rows))
    return Draw(rows[by_row], positions[by_row]), weights[by_row]


@dataclass(frozen=True)
class Signature:
    """Figures of one band; all have shape (class,), NaN for a class without a value."""

    pixels: npt.NDArray[np.int64]
    """Pixels behind the figures; 0 without a value."""
    mean: Floats
    """Mean of the values."""
    low: Floats
    """Percentile at the lower end."""
    high: Floats
    """Percentile at the upper end."""


def signature(
    places: npt.NDArray[np.intp],
    values: npt.NDArray[np.int64],
    weights: Floats,
    classes: int,
    ends: tuple[float, float] = (0.1, 0.9),
) -> Signature:
    """Return mean and percentiles of a band for each class.

    Args:
        places: class of each pixel, shape (n,).
        values: shape (n,).
        weights: how many pixels each stands for, shape (n,).
        classes: number of classes.
        ends: percentiles as shares, from 0 to 1.
    """
    histograms = Histograms(classes)
    histograms.add(places, values, weights)
    number = np.bincount(places, minlength=classes)
    empty = np.where(number > 0, 0.0, np.nan)
    weight = np.bincount(places, weights, classes) + (number == 0)
    mean = np.bincount(places, weights * values, classes) / weight + empty
    low, high = (histograms.quantile(share) for share in ends)
    return Signature(number.astype(np.int64), mean, low, high)


def moments(
    places: npt.NDArray[np.intp], values: Floats, weights: Floats, classes: int
) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    """Return mean and covariance of the bands for each class.

    Pixels that lack a band do not count. The covariance is without bias for weights that say how
    much of the whole each pixel stands for (GSL manual, weighted samples).

    Args:
        places: class of each pixel, shape (n,).
        values: NaN without one, shape (band, n).
        weights: how many pixels each stands for, above 0; shape (n,).
        classes: number of classes.

    Returns:
        Pixels, shape (class,); means, shape (class, band); covariances, shape (class, band, band).
        Means and covariances are NaN for classes that have not more pixels than bands.
    """
    bands = len(values)
    there = np.isfinite(values).all(axis=0)
    pixels = np.bincount(places[there], minlength=classes).astype(np.int64)
    means = np.full((classes, bands), np.nan)
    covariances = np.full((classes, bands, bands), np.nan)
    for place in np.flatnonzero(pixels > bands):
        own = there & (places == place)
        share = weights[own] / weights[own].sum()
        means[place] = values[:, own] @ share
        apart = values[:, own] - means[place][:, None]
        covariances[place] = (apart * share) @ apart.T / (1 - np.square(share).sum())
    return pixels, means, covariances
