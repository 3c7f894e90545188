"""Overlapping windows over a raster, and one smooth picture of what each of them says.

A network sees the border of its window with less context than the middle. Neighbouring windows
therefore overlap, and across the overlap the weight of one falls from 1 to 0 as that of the next
rises: with half a period of cosine, which adds up to 1 (a Hann window; Harris 1978,
doi:10.1109/PROC.1978.10837). Weights are divided by their sum, so a constant stays a constant.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoexplore.core.types import Array

Floats = npt.NDArray[np.float32]
Placed = tuple[int, int, Floats]
"""Row and column of a window's upper left pixel, and its values, shape (class, row, column)."""


@dataclass(frozen=True)
class Windows:
    """Square windows that cover a raster, in rows from the top and from left to right."""

    height: int
    """Rows of the raster."""
    width: int
    """Columns of the raster."""
    size: int
    """Side of a window in pixels."""
    overlap: int
    """Pixels that neighbours share, at least; less than the side."""

    @property
    def tops(self) -> tuple[int, ...]:
        """First rows of the windows."""
        return starts(self.height, self.size, self.overlap)

    @property
    def lefts(self) -> tuple[int, ...]:
        """First columns of the windows."""
        return starts(self.width, self.size, self.overlap)

    def __len__(self) -> int:
        """Return how many windows there are."""
        return len(self.tops) * len(self.lefts)

    def places(self) -> Iterator[tuple[int, int]]:
        """Yield row and column of each window's upper left pixel."""
        lefts = self.lefts
        return ((top, left) for top in self.tops for left in lefts)


def starts(length: int, size: int, overlap: int) -> tuple[int, ...]:
    """Return where windows begin along a side; as few as there can be, spread evenly.

    Args:
        length: pixels of the raster along the side.
        size: pixels of a window.
        overlap: pixels that neighbours share, at least.

    Returns:
        First pixels; a raster that is not longer than a window has one, at 0.
    """
    if not 0 <= overlap < size:
        raise ValueError(f"windows of {size} pixels cannot share {overlap}")
    if length <= size:
        return (0,)
    count = -(-(length - size) // (size - overlap)) + 1
    return tuple(int(place) * (length - size) // (count - 1) for place in range(count))


def fitted(values: Array, size: int) -> Array:
    """Return an image with at least as many rows and columns as a window, by reflection.

    Args:
        values: shape (band, row, column).
        size: side of the window in pixels.
    """
    rows, columns = (max(0, size - length) for length in values.shape[-2:])
    if not rows and not columns:
        return values
    return np.pad(values, ((0, 0), (0, rows), (0, columns)), mode="reflect")


def weights(size: int, overlap: int, first: bool, last: bool) -> Floats:
    """Return how much each pixel along a side of a window counts, shape (size,), above 0.

    Args:
        size: side of the window in pixels.
        overlap: pixels over which the weight rises and falls.
        first: whether the window lies at the raster's beginning, where nothing else covers it.
        last: whether it lies at the raster's end.
    """
    # At the middles of pixels, so that none of them has no weight at all.
    rise = np.sin((np.arange(overlap) + 0.5) / max(overlap, 1) * (np.pi / 2)) ** 2
    found = np.ones(size)
    if not first:
        found[:overlap] *= rise
    if not last:
        found[size - overlap :] *= rise[::-1]
    return found.astype(np.float32)


def blend(windows: Windows, values: Iterable[Placed]) -> Iterator[tuple[int, Floats]]:
    """Put values of windows together, keeping no more rows than one window has.

    Args:
        windows: how the raster is covered.
        values: of every window, in the order of `windows.places`.

    Yields:
        The first row and the values of rows that no later window touches, shape
        (class, row, column), from the top to the bottom without a gap.
    """
    side, tops, lefts = windows.size, windows.tops, windows.lefts
    ends = (*tops[1:], windows.height)
    across = [_line(windows, lefts, place) for place in range(len(lefts))]
    sums = total = np.empty(0, np.float32)
    for count, (top, left, found) in enumerate(values):
        row, column = divmod(count, len(lefts))
        if (top, left) != (tops[row], lefts[column]):
            raise ValueError(f"window {count} begins at ({top}, {left}), out of order")
        if not sums.size:
            sums = np.zeros((len(found), side, max(windows.width, side)), np.float32)
            total = np.zeros(sums.shape[1:], np.float32)
        weight = np.outer(_line(windows, tops, row), across[column])
        part = np.s_[..., left : left + side]
        total[part] += weight
        sums[part] += found * weight
        if column == len(lefts) - 1:
            ready = ends[row] - top
            done = sums[:, :ready, : windows.width] / total[:ready, : windows.width]
            yield top, done
            _move_up(sums, ready)
            _move_up(total[None], ready)


def _line(windows: Windows, places: tuple[int, ...], place: int) -> Floats:
    return weights(windows.size, windows.overlap, place == 0, place == len(places) - 1)


def _move_up(rows: Floats, by: int) -> None:
    """Drop the first rows of an array (class, row, column) in place; empty ones follow below."""
    kept = rows.shape[1] - by
    for start in range(kept):
        rows[:, start] = rows[:, start + by]
    rows[:, max(kept, 0) :] = 0
