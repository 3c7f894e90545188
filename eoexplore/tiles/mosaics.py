"""Windows of the packed mosaics, at the overview that fits the view."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.io import DatasetReader
from rasterio.transform import Affine
from rasterio.windows import Window

BASE_M = 20.0
"""Pixel of a mosaic in metres; each overview doubles it."""
OVERVIEWS = 5
_BORDER = 3
"""Pixels read around a view, so that interpolation has neighbours."""
_HANDLES = 96

Stamp = tuple[str, int, int, int]


@dataclass(frozen=True)
class Canvas:
    """A piece of a raster in UTM."""

    pixels: npt.NDArray[np.generic]
    """Shape (band, row, column)."""
    transform: Affine
    """Pixel (column, row) to UTM metres."""


class HandlePool:
    """Open files: each is used by one thread at a time and kept for the next that needs it."""

    def __init__(self, limit: int = _HANDLES) -> None:
        self._limit = limit
        self._idle: OrderedDict[Stamp, list[DatasetReader]] = OrderedDict()
        self._count = 0
        self._lock = threading.Lock()

    @contextmanager
    def borrow(self, path: Path, level: int) -> Iterator[DatasetReader]:
        """Lend a file open at an overview level (0 is full resolution).

        A file that was replaced since gets a new handle.
        """
        stat = path.stat()
        key = (str(path), level, stat.st_mtime_ns, stat.st_ino)
        handle = self._take(key)
        if handle is None:
            options = {"overview_level": level - 1} if level else {}
            handle = rasterio.open(path, driver="GTiff", **options)
        try:
            yield handle
        finally:
            self._give(key, handle)

    def _take(self, key: Stamp) -> DatasetReader | None:
        with self._lock:
            handles = self._idle.get(key)
            if not handles:
                return None
            self._count -= 1
            self._idle.move_to_end(key)
            return handles.pop()

    def _give(self, key: Stamp, handle: DatasetReader) -> None:
        surplus = []
        with self._lock:
            self._idle.setdefault(key, []).append(handle)
            self._idle.move_to_end(key)
            self._count += 1
            while self._count > self._limit:
                oldest = next(iter(self._idle))
                if self._idle[oldest]:
                    surplus.append(self._idle[oldest].pop())
                    self._count -= 1
                if not self._idle[oldest]:
                    del self._idle[oldest]
        for item in surplus:
            item.close()


HANDLES = HandlePool()


def level_for(ground_m: float) -> int:
    """Return the coarsest overview level whose pixel is not coarser than the view's."""
    level = int(np.floor(np.log2(max(ground_m * 1.02, BASE_M) / BASE_M)))
    return min(level, OVERVIEWS)


def read(
    path: Path,
    bands: list[int],
    level: int,
    east: npt.NDArray[np.float64],
    north: npt.NDArray[np.float64],
) -> Canvas | None:
    """Read what a mosaic has under some places, and a little around them.

    Args:
        path: mosaic file.
        bands: band numbers, from 1.
        level: overview level.
        east: eastings in metres, any shape.
        north: northings in metres, any shape.

    Returns:
        The pixels, or none where the mosaic does not reach.
    """
    with HANDLES.borrow(path, level) as source:
        a, _, c, _, e, f = source.transform[:6]
        left, right = (east.min() - c) / a, (east.max() - c) / a
        top, bottom = (north.max() - f) / e, (north.min() - f) / e
        column = max(int(np.floor(left)) - _BORDER, 0)
        row = max(int(np.floor(top)) - _BORDER, 0)
        width = min(int(np.floor(right)) + 1 + _BORDER, source.width) - column
        height = min(int(np.floor(bottom)) + 1 + _BORDER, source.height) - row
        if width <= 0 or height <= 0:
            return None
        pixels = source.read(bands, window=Window(column, row, width, height))
    return Canvas(pixels, Affine(a, 0, c + a * column, 0, e, f + e * row))
