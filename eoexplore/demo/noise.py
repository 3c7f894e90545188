"""Random fields that depend on the position and the seed alone, never on the window asked for.

Two windows that overlap hold the same land, whichever process drew them and in whatever order.
Lengths are in pixels of 10 m; rows run south, columns east, from the frame's upper-left corner.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.int32]

_SPLINE_STD = 0.277
"""Standard deviation of a cubic B-spline over uniform values in -1..1."""
_TILE = 1024
"""Side of the periodic tiles of white noise: 10 km, too far apart for the eye to notice."""


@dataclass(frozen=True)
class Window:
    """A rectangle of the frame: first row, first column, height, width in pixels of 10 m."""

    row: int
    column: int
    height: int
    width: int

    @property
    def x(self) -> Floats:
        """Pixel centres eastwards, shape (1, width)."""
        return (np.arange(self.column, self.column + self.width, dtype=np.float32) + 0.5)[None]

    @property
    def y(self) -> Floats:
        """Pixel centres southwards, shape (height, 1)."""
        return (np.arange(self.row, self.row + self.height, dtype=np.float32) + 0.5)[:, None]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.height, self.width


def hash01(seed: int, *keys: npt.ArrayLike) -> Floats:
    """Return numbers in 0..1 that look random, one per tuple of integer keys.

    Args:
        seed: chooses another unrelated set of numbers.
        keys: integers or integer arrays that broadcast together.
    """
    value = np.full(1, (seed * 2654435761 + 374761393) & 0xFFFFFFFF, np.uint32)
    for key in keys:
        # Arrays, never scalars: only these wrap around without a warning.
        bits = np.atleast_1d(key).astype(np.int32).view(np.uint32)
        value = _mix(value ^ (bits * np.uint32(0x9E3779B1)))
    return (value >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)


def _mix(value: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    # The finaliser of MurmurHash3 (public domain): every input bit flips half the output bits.
    value = (value ^ (value >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    value = (value ^ (value >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return value ^ (value >> np.uint32(16))


def smooth(window: Window, spacing: float, seed: int) -> Floats:
    """Return noise of unit variance whose features are about one spacing wide."""
    rows, first_row = _spline(window.row, window.height, spacing)
    columns, first_column = _spline(window.column, window.width, spacing)
    i = np.arange(rows.shape[1])[:, None] + first_row
    j = np.arange(columns.shape[1])[None] + first_column
    lattice = (2 * hash01(seed, i, j) - 1) / np.float32(_SPLINE_STD)
    across = columns @ lattice.T.copy()
    return np.asarray(rows @ across.T.copy(), np.float32)


def _spline(start: int, count: int, spacing: float) -> tuple[csr_array, int]:
    position = (start + np.arange(count) + 0.5) / spacing
    node = np.floor(position).astype(np.int64)
    t = position - node
    weights = np.stack(
        [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3], axis=1
    )
    first = int(node[0]) - 1
    columns = node[:, None] - 1 - first + np.arange(4)
    pointer = np.arange(0, 4 * count + 1, 4)
    data = (weights / 6).astype(np.float32).ravel()
    shape = (count, int(columns[-1, -1]) + 1)
    return csr_array((data, columns.ravel(), pointer), shape=shape), first


def fractal(window: Window, spacing: float, seed: int, octaves: int, gain: float = 0.5) -> Floats:
    """Return a sum of smooth noises of halving width, scaled to unit variance."""
    total = np.zeros(window.shape, np.float32)
    for octave in range(octaves):
        total += np.float32(gain**octave) * smooth(window, spacing / 2**octave, seed + 101 * octave)
    power = sum(gain ** (2 * octave) for octave in range(octaves))
    total /= np.float32(power**0.5)
    return total


def at_points(x: Floats, y: Floats, spacing: float, seed: int) -> Floats:
    """Return noise of about unit variance at scattered places."""
    u, v = x / spacing, y / spacing
    i, j = np.floor(v).astype(np.int32), np.floor(u).astype(np.int32)
    fu, fv = u - j, v - i
    fu, fv = fu * fu * (3 - 2 * fu), fv * fv * (3 - 2 * fv)
    corners = [2 * hash01(seed, i + di, j + dj) - 1 for di in (0, 1) for dj in (0, 1)]
    upper = corners[0] * (1 - fu) + corners[1] * fu
    lower = corners[2] * (1 - fu) + corners[3] * fu
    return np.asarray((upper * (1 - fv) + lower * fv) * 2.2, np.float32)


@dataclass(frozen=True)
class Cells:
    """A Voronoi division of a window.

    Attributes:
        index: number of each pixel's cell in the tables, shape of the window.
        x: centre of each cell eastwards.
        y: centre of each cell southwards.
        key: a random number in 0..1 per cell.
    """

    index: Ints
    x: Floats
    y: Floats
    key: Floats


def voronoi(x: Floats, y: Floats, spacing: float, seed: int, jitter: float = 0.8) -> Cells:
    """Divide places into the cells of a jittered grid.

    Args:
        x: places eastwards (warped coordinates give curved borders), shape (row, column).
        y: places southwards, same shape.
        spacing: mean distance of the centres.
        seed: of the jitter.
        jitter: 0 gives squares, 1 the most uneven cells.
    """
    u, v = x / np.float32(spacing), y / np.float32(spacing)
    i, j = np.floor(v).astype(np.int32), np.floor(u).astype(np.int32)
    i0, j0 = int(i.min()) - 1, int(j.min()) - 1
    rows, columns = int(i.max()) - i0 + 2, int(j.max()) - j0 + 2
    node_i, node_j = np.arange(rows)[:, None] + i0, np.arange(columns)[None] + j0
    cy = node_i + 0.5 + jitter * (hash01(seed, node_i, node_j) - 0.5)
    cx = node_j + 0.5 + jitter * (hash01(seed + 1, node_i, node_j) - 0.5)
    cx, cy = cx.astype(np.float32).ravel(), cy.astype(np.float32).ravel()
    key = hash01(seed + 2, node_i, node_j).ravel()
    home = (i - i0) * np.int32(columns) + (j - j0)
    best = np.full(x.shape, np.inf, np.float32)
    index = home.copy()
    for step in [di * columns + dj for di in (-1, 0, 1) for dj in (-1, 0, 1)]:
        candidate = home + np.int32(step)
        distance = (u - cx[candidate]) ** 2 + (v - cy[candidate]) ** 2
        nearer = distance < best
        best = np.where(nearer, distance, best)
        index = np.where(nearer, candidate, index)
    return Cells(index, cx * np.float32(spacing), cy * np.float32(spacing), key)


def white(window: Window, tile: Floats, offset: int) -> Floats:
    """Return a window of a periodic tile of independent values, shifted by an offset."""
    side = tile.shape[0]
    rows = (np.arange(window.height) + window.row + 379 * offset) % side
    columns = (np.arange(window.width) + window.column + 613 * offset) % side
    return np.asarray(tile[rows[:, None], columns[None]], np.float32)


def gaussian_tile(seed: int) -> Floats:
    """Return one periodic tile of independent normal values."""
    return np.random.default_rng(seed).standard_normal((_TILE, _TILE), np.float32)


def step(low: float, high: float, value: Floats) -> Floats:
    """Return 0 below low, 1 above high, and a smooth rise between them."""
    t = np.clip((value - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)
