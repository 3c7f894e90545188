"""Small GeoTIFFs: the plain ones from their bytes, all others by way of GDAL."""

import struct
import zlib

import numpy as np
import rasterio
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile

from eoexplore.core.errors import FileUnreadable
from eoexplore.core.types import Array

_LARGEST = 1200
"""Pixels along a side beyond which a file is not even read; patches have 120 at most."""
_TYPES = {(16, 1): "<u2", (16, 2): "<i2", (32, 1): "<u4", (32, 3): "<f4", (64, 3): "<f8"}
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _STRIPS, _SAMPLES, _COUNTS, _PREDICTOR, _FORMAT = (
    256, 257, 258, 259, 273, 277, 279, 317, 339,
)  # fmt: skip
_PLAIN = ((1, 1), (8, 1), (8, 2), (32946, 1), (32946, 2))
"""Compression (none or deflate) and predictor (none or the pixel to the left)."""
_SIZES = {3: ("H", 2), 4: ("I", 4)}


def read(path: str, name: str) -> Array:
    """Return the first band of a file.

    Args:
        path: path, or a place in an archive in GDAL's notation.
        name: what a user knows it by.

    Raises:
        FileUnreadable: it is damaged, cut short, or far larger than a patch.
    """
    try:
        with rasterio.open(path, driver="GTiff") as file:
            if max(file.shape) > _LARGEST:
                # A few bytes can claim to be a picture that fills the memory.
                raise FileUnreadable(f"{name} is far larger than a patch.")
            values: Array = file.read(1)
    except (RasterioError, OSError) as error:
        raise FileUnreadable(f"{name} cannot be read; it is damaged or cut short.") from error
    return values


def decode(data: bytes, name: str) -> Array:
    """Return the first band of a file that is in memory already; arguments as for `read`."""
    values = plain(data)
    if values is not None:
        return values
    with MemoryFile(data) as memory:
        return read(memory.name, name)


def plain(data: bytes) -> Array | None:
    """Return the pixels of a file as reBEN's are: one band in strips, deflated or not compressed.

    A twentieth of the time that GDAL takes; none for every other file, whole or not.
    """
    try:
        return _plain(data)
    except (struct.error, ValueError, KeyError, zlib.error):
        return None


def _plain(data: bytes) -> Array | None:
    order, version, start = struct.unpack_from("<2sHI", data)
    if (order, version) != (b"II", 42):
        return None
    (count,) = struct.unpack_from("<H", data, start)
    start += 2
    tags = {
        tag: (kind, number, value, start + 12 * place + 8)
        for place, (tag, kind, number, value) in enumerate(
            struct.iter_unpack("<HHII", data[start : start + 12 * count])
        )
    }

    def numbers(tag: int, default: int | None = None) -> tuple[int, ...]:
        if tag not in tags and default is not None:
            return (default,)
        kind, number, value, place = tags[tag]
        letter, size = _SIZES[kind]
        if number > _LARGEST:
            raise ValueError(tag)
        return struct.unpack_from(f"<{number}{letter}", data, value if number * size > 4 else place)

    (width,), (height,), (bits,) = numbers(_WIDTH), numbers(_HEIGHT), numbers(_BITS)
    (compression,), (predictor,) = numbers(_COMPRESSION, 1), numbers(_PREDICTOR, 1)
    if (compression, predictor) not in _PLAIN or numbers(_SAMPLES, 1) != (1,):
        return None
    dtype = np.dtype(_TYPES[bits, numbers(_FORMAT, 1)[0]])
    size = width * height * dtype.itemsize
    offsets, counts = numbers(_STRIPS), numbers(_COUNTS)
    if max(width, height) > _LARGEST or min(offsets) < 8:
        return None
    if predictor == 2 and dtype.kind == "f":
        return None  # the difference of their bits, not of their values
    strips = [data[at : at + length] for at, length in zip(offsets, counts, strict=True)]
    if compression != 1:
        # No more than the picture takes, whatever a strip claims to hold.
        strips = [zlib.decompressobj().decompress(strip, size) for strip in strips]
    pixels = np.frombuffer(b"".join(strips), dtype).reshape(height, width)
    if predictor == 2:
        return np.add.accumulate(pixels, axis=1, dtype=dtype)
    return pixels.copy()
