"""How far apart places still resemble each other: Moran's I by distance on the patch grid."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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
    products, pairs, lengths = np.zeros((len(has), lags)), np.zeros(lags), np.zeros(lags)
    squares = np.zeros(len(has))
    overall = has.mean(1) if has.shape[1] else np.zeros(len(has))
    for number in np.unique(tile):
        rows = np.flatnonzero(tile == number)
        own_x, own_y = x[rows] - x[rows].min(), y[rows] - y[rows].min()
        side = int(max(own_x.max(), own_y.max())) + 1
        lag, apart = _lags(2 * side, lags)
        there = _products(np.ones((1, len(rows))), own_x, own_y, side)[0].round()
        pairs += np.bincount(lag, there, lags + 1)[:lags]
        lengths += np.bincount(lag, there * apart, lags + 1)[:lags]
        own = has[:, rows]
        values = own - (own.mean(1) if within else overall)[:, None]
        squares += (values**2).sum(1)
        for one, found in enumerate(_products(values, own_x, own_y, side)):
            products[one] += np.bincount(lag, found, lags + 1)[:lags]
    known = (pairs > 0) & (squares > 1e-9)[:, None]
    scale = has.shape[1] / np.maximum(pairs, 1) / np.maximum(squares, 1e-9)[:, None]
    distance = np.where(pairs > 0, lengths / np.maximum(pairs, 1), np.nan) * STEP_M
    # Each pair was met from both of its ends.
    counted = np.rint(pairs / 2).astype(np.int64)
    return Correlogram(distance, counted, np.where(known, products * scale, np.nan))


def _lags(size: int, lags: int) -> tuple[npt.NDArray[np.intp], Floats]:
    """Return the lag and the length in cells of each offset of a grid with its margin, flat.

    The offset 0, and those beyond the last lag, have a lag that is not counted.
    """
    step = np.abs(np.fft.fftfreq(size, 1 / size))
    apart = np.hypot(step[:, None], step[None, :]).ravel()
    # Lengths of whole numbers of cells are to stay in their own lag.
    lag = np.ceil(apart - 1e-9).astype(np.intp) - 1
    return np.where((lag < 0) | (lag > lags), lags, lag), apart


def _products(values: Floats, x: Ints, y: Ints, side: int) -> Floats:
    """Return the sums of products of values at each offset, shape (classes, offsets)."""
    found = np.empty((len(values), 4 * side * side))
    for number, own in enumerate(values):
        grid = np.zeros((2 * side, 2 * side))
        grid[y, x] = own
        power = np.abs(np.fft.rfft2(grid)) ** 2
        found[number] = np.fft.irfft2(power, grid.shape).ravel()
    return found
