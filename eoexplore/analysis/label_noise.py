"""How much of each class of a label map is wrong, and what it is instead, with intervals.

What a model disagrees with is mostly the model's mistake, so shares of disagreement say nothing of
the map. Each spot counts with the chance that it is an error; the interval is that of a prediction:
spots are drawn as errors or not, each by its chance, and errors that no model sees are added in
patches of a usual size. How the chances and the unseen part were found stands beside the numbers.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer]

LEVEL = 0.9
"""Probability that an interval covers."""
DRAWS = 1000
_LIKELY = 0.01
"""Chance from which a spot is drawn by itself; of the others only the number of errors is."""


@dataclass(frozen=True)
class Calibration:
    """What is known of a way to find errors, from land of which the truth is known."""

    share: float
    """Share of the area of a spot that is wrong, where the spot is an error."""
    named: float
    """Share of such spots in which the model names the true class."""
    unseen: float
    """Share of the map that is wrong outside of such spots."""
    unseen_ha: float
    """Mean area of an error that is not seen, in hectares."""
    spread: float
    """Standard deviation of the factor by which the chances of one class are off as a whole."""
    source: str
    """Where it comes from."""


@dataclass(frozen=True)
class Spots:
    """Spots of a map; entry i of every array is one."""

    labels: npt.NDArray[np.int16]
    """Number of the class on the map, shape (s,)."""
    suspects: npt.NDArray[np.int16]
    """Number of the class that the model sees, shape (s,)."""
    area_ha: npt.NDArray[np.floating]
    """Area in hectares, shape (s,)."""
    chances: npt.NDArray[np.floating]
    """Chance that the map is wrong there, 0 to 1, shape (s,)."""


@dataclass(frozen=True)
class Noise:
    """Shares of the area of each class, 0 to 1; NaN for classes without area."""

    wrong: Floats
    """Expected share that is wrong, shape (class,)."""
    low: Floats
    """Lower end of its interval, shape (class,)."""
    high: Floats
    """Upper end, shape (class,)."""
    matrix: Floats
    """Expected share of each class (row) that is another one (column), shape (class, class + 1):
    the last column stands for classes that are not named; the diagonal is what is right."""
    matrix_low: Floats
    """Lower ends, same shape."""
    matrix_high: Floats
    """Upper ends, same shape."""
    overall: tuple[float, float, float]
    """Expected share of the area of all classes, and its interval."""


def estimate(
    spots: Spots, area_ha: Floats, known: Calibration, level: float = LEVEL, seed: int = 0
) -> Noise:
    """Estimate how much of each class is wrong.

    Args:
        spots: where a model disagrees.
        area_ha: area of each class on the map that was looked at, in hectares, shape (class,).
        known: what is known of the spots.
        level: probability that each interval covers.
        seed: of the draws.
    """
    size = len(area_ha)
    rng = np.random.default_rng(seed)
    drawn = np.zeros((DRAWS, size, size + 1))
    expected = np.zeros((size, size + 1))
    for label in range(size):
        own = spots.labels == label
        if area_ha[label] <= 0:
            continue
        factor = rng.gamma(known.spread**-2, known.spread**2, DRAWS)
        drawn[:, label] = _drawn(spots, np.flatnonzero(own), size, known, factor, rng)
        drawn[:, label, size] += _unseen(area_ha[label], known, factor, rng)
        mean = spots.area_ha[own] * spots.chances[own] * known.share
        by_class = np.bincount(spots.suspects[own], mean, size)[:size]
        expected[label, :size] = known.named * by_class
        expected[label, size] = (1 - known.named) * by_class.sum() + known.unseen * area_ha[label]
    ends = (1 - level) / 2, (1 + level) / 2
    area = np.where(area_ha > 0, area_ha, np.nan)[:, None]
    total = area_ha.sum() or np.nan
    overall = _held(expected.sum() / total, np.quantile(drawn.sum((1, 2)) / total, ends))
    expected, drawn = np.minimum(expected / area, 1), np.minimum(drawn / area, 1)
    wrong = np.minimum(expected.sum(1), 1)
    wrong, low, high = _held(wrong, np.quantile(np.minimum(drawn.sum(2), 1), ends, 0))
    expected, cells_low, cells_high = _held(expected, np.quantile(drawn, ends, 0))
    right = np.arange(size)
    expected[right, right] = 1 - wrong
    cells_low[right, right], cells_high[right, right] = 1 - high, 1 - low
    whole = float(overall[0]), float(overall[1]), float(overall[2])
    return Noise(wrong, low, high, expected, cells_low, cells_high, whole)


def _held(value: Floats, ends: Floats) -> tuple[Floats, Floats, Floats]:
    """Return a value and its interval, wide enough to hold it: rare errors are in few draws."""
    return value, np.minimum(ends[0], value), np.maximum(ends[1], value)


def _drawn(
    spots: Spots,
    own: Ints,
    size: int,
    known: Calibration,
    factor: Floats,
    rng: np.random.Generator,
) -> Floats:
    """Draw which spots of a class are errors; return the area by what it is, (draw, class + 1)."""
    found = np.zeros((DRAWS, size + 1))
    area = spots.area_ha[own].astype(np.float64) * known.share
    chance, suspect = spots.chances[own].astype(np.float64), spots.suspects[own].astype(np.int64)
    likely = chance >= _LIKELY
    for one in np.flatnonzero(likely).tolist():
        error = rng.random(DRAWS) < chance[one] * factor
        named = rng.random(DRAWS) < known.named
        column = np.where(named, suspect[one], size)
        found[np.arange(DRAWS), column] += area[one] * error
    # Of the others few are errors: as many as chance gives, of the usual size among them.
    count = np.bincount(suspect[~likely], chance[~likely], size)[:size]
    mean = np.bincount(suspect[~likely], (area * chance)[~likely], size)[:size]
    errors = rng.poisson(factor[:, None] * count)
    rest = _sizes(errors, mean / np.maximum(count, 1e-12), rng)
    right = rng.binomial(errors, known.named) / np.maximum(errors, 1)
    found[:, :size] += right * rest
    found[:, size] += ((1 - right) * rest).sum(1)
    return found


def _unseen(area_ha: float, known: Calibration, factor: Floats, rng: np.random.Generator) -> Floats:
    """Draw the area of errors that no spot shows: as many as chance gives, of exponential sizes."""
    if known.unseen <= 0:
        return np.zeros(DRAWS)
    count = rng.poisson(factor * known.unseen * area_ha / known.unseen_ha)
    return _sizes(count, known.unseen_ha, rng)


def _sizes(count: Ints, mean: npt.ArrayLike, rng: np.random.Generator) -> Floats:
    """Draw the sum of so many areas of exponential sizes, which is gamma distributed."""
    drawn = rng.gamma(np.maximum(count, 1), np.maximum(mean, 1e-12))
    return np.where(count > 0, drawn, 0.0)
