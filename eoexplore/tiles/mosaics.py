"""Windows of the packed mosaics, at the overview that fits the view."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.transform import Affine
from rasterio.windows import Window

from eoexplore.store.mosaic import Group

log = logging.getLogger(__name__)
BORDER = 3
"""Pixels read around a view, so that interpolation has neighbours."""
_OPEN_BYTES = 96_000_000
"""Of open files that wait: about thirty. To open one takes one to two milliseconds."""
_DECODER_BYTES = 3_000_000
"""An open file keeps what its ZSTD decoder works in: 2.6 MB were measured, and a block."""

Stamp = tuple[str, int, int, int]


@dataclass(frozen=True)
class Canvas:
    """A piece of a raster in UTM."""

    pixels: npt.NDArray[np.generic]
    """Shape (band, row, column)."""
    transform: Affine
    """Pixel (column, row) to UTM metres."""


@dataclass(frozen=True)
class Handle:
    """An open file."""

    file: DatasetReader
    """The file at one of its levels."""
    scale: float
    """Value in the layer's unit = scale x stored value + offset."""
    offset: float
    """Value in the layer's unit of a stored 0."""

    @cached_property
    def nbytes(self) -> int:
        """Bytes that GDAL holds for it once it has been read from, without its blocks."""
        height, width = self.file.block_shapes[0]
        size = np.dtype(self.file.dtypes[0]).itemsize
        return _DECODER_BYTES + int(height * width * self.file.count * size)


class HandlePool:
    """Open files: each is used by one thread at a time and kept for the next that needs it."""

    def __init__(self, limit: int = _OPEN_BYTES) -> None:
        """Bound the bytes of the files that wait; those in use are as many as threads."""
        self._limit = limit
        self._idle: OrderedDict[Stamp, list[Handle]] = OrderedDict()
        self._used = 0
        self._lock = threading.Lock()

    @property
    def used(self) -> int:
        """Bytes of the open files that wait."""
        return self._used

    @contextmanager
    def borrow(self, path: Path, level: int) -> Iterator[Handle]:
        """Lend a file open at an overview level (0 is full resolution).

        A file that was replaced since gets a new handle.
        """
        stat = path.stat()
        key = (str(path), level, stat.st_mtime_ns, stat.st_ino)
        handle = self._take(key)
        if handle is None:
            handle = _open(path, level)
        try:
            yield handle
        finally:
            self._give(key, handle)

    def _take(self, key: Stamp) -> Handle | None:
        with self._lock:
            handles = self._idle.get(key)
            if not handles:
                return None
            self._idle.move_to_end(key)
            handle = handles.pop()
            self._used -= handle.nbytes
            return handle

    def _give(self, key: Stamp, handle: Handle) -> None:
        surplus = []
        with self._lock:
            self._idle.setdefault(key, []).append(handle)
            self._idle.move_to_end(key)
            self._used += handle.nbytes
            while self._used > self._limit:
                oldest = next(iter(self._idle))
                if self._idle[oldest]:
                    surplus.append(self._idle[oldest].pop())
                    self._used -= surplus[-1].nbytes
                if not self._idle[oldest]:
                    del self._idle[oldest]
        for item in surplus:
            item.file.close()


def _open(path: Path, level: int) -> Handle:
    # GDAL knows scale and offset at full resolution only.
    whole = rasterio.open(path, driver="GTiff")
    values = float(whole.scales[0]), float(whole.offsets[0])
    # One of an earlier release, with larger pixels, has fewer levels.
    level = min(level, len(whole.overviews(1)))
    if not level:
        return Handle(whole, *values)
    whole.close()
    return Handle(rasterio.open(path, driver="GTiff", overview_level=level - 1), *values)


HANDLES = HandlePool()


def level_for(ground_m: float, group: Group) -> int:
    """Return the coarsest overview level of a group whose pixel is not coarser than the view's."""
    level = int(np.floor(np.log2(max(ground_m * 1.02, group.pixel_m) / group.pixel_m)))
    return min(level, group.overviews)


def reach_m(group: Group, level: int) -> float:
    """Return how far around a view pixels are read, in metres on the ground."""
    return float(BORDER * group.pixel_m * 2**level)


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
        The pixels in the layer's unit, or none where the mosaic does not reach, and where it was
        removed or is damaged: it is left out then, like one that is not built yet. What was
        scaled is float32, with NaN where there is no patch: the file says its scale, so that
        files of different releases lie side by side.
    """
    try:
        return _read(path, bands, level, east, north)
    except FileNotFoundError:
        return None
    except RasterioError as error:
        log.warning("A mosaic of the index was left out: %s", error)
        return None


def _read(
    path: Path,
    bands: list[int],
    level: int,
    east: npt.NDArray[np.float64],
    north: npt.NDArray[np.float64],
) -> Canvas | None:
    with HANDLES.borrow(path, level) as handle:
        source = handle.file
        a, _, c, _, e, f = source.transform[:6]
        columns = _span((east.min() - c) / a, (east.max() - c) / a)
        rows = _span((north.max() - f) / e, (north.min() - f) / e)
        inner = _within(rows, source.height), _within(columns, source.width)
        if any(part.start >= part.stop for part in inner):
            return None
        pixels = source.read(bands, window=Window.from_slices(*inner))
        nodata = source.nodata
    if inner != (rows, columns):
        pixels = _filled_up(pixels, inner, (rows, columns), nodata)
    if handle.scale != 1:
        pixels = _scaled(pixels, handle, nodata)
    return Canvas(pixels, Affine(a, 0, c + a * columns.start, 0, e, f + e * rows.start))


def _filled_up(
    pixels: npt.NDArray[np.generic],
    inner: tuple[slice, slice],
    outer: tuple[slice, slice],
    nodata: float,
) -> npt.NDArray[np.generic]:
    """Add empty pixels where the mosaic ends, so that all of a grid have one shape."""
    size = [span.stop - span.start for span in outer]
    result = np.full((len(pixels), *size), nodata, pixels.dtype)
    down, right = (part.start - whole.start for part, whole in zip(inner, outer, strict=True))
    result[:, down : down + pixels.shape[1], right : right + pixels.shape[2]] = pixels
    return result


def _scaled(
    pixels: npt.NDArray[np.generic], handle: Handle, nodata: float
) -> npt.NDArray[np.float32]:
    """Return stored values in the layer's unit, with NaN where there is no patch."""
    values = pixels.astype(np.float32)
    # A division is rounded once, so that 127 tenths are the 32-bit number nearest to 12.7.
    values /= np.float32(1 / handle.scale)
    values += np.float32(handle.offset)
    np.copyto(values, np.float32(np.nan), where=pixels == pixels.dtype.type(nodata))
    return values


def on_raster(canvas: Canvas, other: Canvas) -> Canvas:
    """Return a canvas with the pixels of another of the same zone, each taken from its place."""
    if canvas.transform == other.transform:
        return canvas
    a, _, left, _, e, top = canvas.transform[:6]
    size, _, west, _, _, north = other.transform[:6]
    height, width = other.pixels.shape[1:]
    columns = (west + size * (np.arange(width) + 0.5) - left) / a
    rows = (north - size * (np.arange(height) + 0.5) - top) / e
    column = np.clip(columns.astype(np.int32), 0, canvas.pixels.shape[2] - 1)
    row = np.clip(rows.astype(np.int32), 0, canvas.pixels.shape[1] - 1)
    return Canvas(canvas.pixels[:, row][:, :, column], other.transform)


def _span(first: float, last: float) -> slice:
    """Return the pixels from one place to another, and a border."""
    return slice(int(np.floor(first)) - BORDER, int(np.floor(last)) + 1 + BORDER)


def _within(span: slice, size: int) -> slice:
    return slice(max(span.start, 0), min(span.stop, size))
