"""How far apart places still resemble each other: Moran's I by distance on the patch grid."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft2, next_fast_len, rfft2

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer]

STEP_M = 1_200.0
"""Side of a cell of the patch grid."""
LOW = 0.05
"""Correlation that counts as none."""


@dataclass(frozen=True)
class Correlogram:
    """Moran's I of some classes by distance."""

    distance_m: Floats
    """Mean distance of the pairs of each lag, shape (lags,): lag k holds those of more than k - 1
    and up to k cells; NaN where there is none."""
    pairs: npt.NDArray[np.int64]
    """Pairs of each lag, shape (lags,)."""
    moran: Floats
    """Moran's I, shape (classes, lags); NaN where no pair is, or all values are equal."""

    def ranges(self, low: float = LOW) -> Floats:
        """Return the mean distance of the first lag below a correlation, shape (classes,).

        The practical range of geostatistics: where a variogram reaches 95 % of its sill, that is,
        correlation falls to 5 % (Chilès and Delfiner 2012, Geostatistics, section 2.5).

        Args:
            low: correlation that counts as none.

        Returns:
            Metres; NaN where it does not fall so far, or nothing is known.
        """
        found = np.full(len(self.moran), np.nan)
        for number, values in enumerate(self.moran):
            below = np.flatnonzero(values < low)
            if len(below):
                found[number] = self.distance_m[below[0]]
        return found


def correlogram(
    has: npt.NDArray[np.bool_],
    x: Ints,
    y: Ints,
    tile: Ints,
    *,
    lags: int = 90,
    within: bool = False,
) -> Correlogram:
    """Return Moran's I over all pairs of places of one tile, by their distance.

    At each lag it is Moran's I with weight 1 for the pairs of this lag (Moran 1950, doi
    10.2307/2332142; Cliff and Ord 1981, chapter 5). Sums of products at all offsets at once are the
    inverse transform of the power spectrum of a grid with a margin of zeros (Wiener-Khinchin).

    Args:
        has: whether a place has a class, shape (classes, n); places are distinct.
        x: column in the tile's grid, shape (n,).
        y: row, shape (n,).
        tile: number of the tile, shape (n,).
        lags: number of lags of one cell each.
        within: whether values are compared with the mean of their tile, not with that of all.
    """
    if not len(x):
        nothing = np.full(lags, np.nan)
        return Correlogram(nothing, np.zeros(lags, np.int64), np.full((len(has), lags), np.nan))
    numbers = np.unique(tile)
    rows = [np.flatnonzero(tile == number) for number in numbers]
    side = 1 + max(int(np.ptp(axis[own])) for own in rows for axis in (x, y))
    size = next_fast_len(side + lags, real=True)
    # Last, the places themselves: their products are the pairs. Spectra of tiles add up.
    power = np.zeros((len(has) + 1, size, size // 2 + 1))
    squares, overall = np.zeros(len(has)), has.mean(1)
    for own in rows:
        values = has[:, own] - (has[:, own].mean(1) if within else overall)[:, None]
        squares += (values**2).sum(1)
        grid = np.zeros((len(has) + 1, size, size))
        grid[:-1, y[own] - y[own].min(), x[own] - x[own].min()] = values
        grid[-1, y[own] - y[own].min(), x[own] - x[own].min()] = 1
        spectrum = rfft2(grid)
        power += spectrum.real**2 + spectrum.imag**2
    found = irfft2(power, (size, size)).reshape(len(power), -1)
    lag, apart = _lags(size, lags)
    there = found[-1].round()
    pairs, lengths = (np.bincount(lag, own, lags + 1)[:lags] for own in (there, there * apart))
    products = np.array([np.bincount(lag, own, lags + 1)[:lags] for own in found[:-1]])
    known = (pairs > 0) & (squares > 1e-9)[:, None]
    scale = has.shape[1] / np.maximum(pairs, 1) / np.maximum(squares, 1e-9)[:, None]
    distance = np.where(pairs > 0, lengths / np.maximum(pairs, 1), np.nan) * STEP_M
    # Each pair was met from both of its ends.
    counted = np.rint(pairs / 2).astype(np.int64)
    return Correlogram(distance, counted, np.where(known, products * scale, np.nan))


def _lags(size: int, lags: int) -> tuple[npt.NDArray[np.intp], Floats]:
    """Return the lag and the length in cells of each offset of a grid with its margin, flat.

    The offset 0, and those beyond the last lag, have a lag that is not counted. The margin is as
    wide as the lags reach: what comes round the edge is farther.
    """
    step = np.abs(np.fft.fftfreq(size, 1 / size))
    apart = np.hypot(step[:, None], step[None, :]).ravel()
    # Lengths of whole numbers of cells are to stay in their own lag.
    lag = np.ceil(apart - 1e-9).astype(np.intp) - 1
    return np.where((lag < 0) | (lag > lags), lags, lag), apart
