"""The first look at a file from somebody else: plain Python reads its header, and no GDAL.

A few bytes can claim to be a picture that fills the memory, or unpack to one. What a TIFF says of
itself (TIFF 6.0, 1992; BigTIFF as libtiff has it) is weighed here before any library opens it:
pages, sizes, blocks, and how much more the pixels take than the file.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, NoReturn

import numpy as np
import numpy.typing as npt

from eoexplore.core.errors import UploadError

LARGEST_BYTES = 2_000_000_000
"""Unpacked pixels of all pages together."""
LARGEST_SIDE = 100_000
"""Rows or columns."""
LARGEST_BLOCK = 128_000_000
"""Unpacked bytes of a tile or strip; the least that a reader has to hold at once."""
MOST_BANDS = 128
MOST_PAGES = 32
RATIO = 150
"""How many times larger than the file pixels may be; zeros alone deflate to a thousandth."""
HARMLESS_BYTES = 64_000_000
"""Pixels that take no more may be packed as tightly as one likes."""

_TYPES = {1: "B", 2: "s", 3: "H", 4: "I", 6: "b", 7: "s", 8: "h", 9: "i", 11: "f", 12: "d"}
_BIG_TYPES = {13: "I", 16: "Q", 17: "q", 18: "Q"}
_PAIRS = {5: "I", 10: "i"}
_PACKINGS = {1: "none", 5: "LZW", 8: "deflate", 32946: "deflate", 32773: "PackBits", 50000: "ZSTD"}
_WIDTH, _HEIGHT, _BITS, _PACKING, _SAMPLES, _ROWS, _PLANES = 256, 257, 258, 259, 277, 278, 284
_STRIPS, _STRIP_BYTES, _TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES = 273, 279, 322, 323, 324, 325
_WEIGHED = {
    *(_WIDTH, _HEIGHT, _BITS, _PACKING, _SAMPLES, _ROWS, _PLANES, _STRIPS, _STRIP_BYTES),
    *(_TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES),
}
_MOST_VALUES = 1_000_000
_MOST_TAG_BYTES = 8 * _MOST_VALUES
_KNOWN = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x89HDF", "an HDF5 file"),
    (b"<vrt", "a VRT, which only names other files"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"<", "an XML text"),
)


@dataclass(frozen=True)
class Header:
    """What the first page of a TIFF says of its pixels."""

    width: int
    """Columns."""
    height: int
    """Rows."""
    bands: int
    """Samples of each pixel."""
    bits: int
    """Bits of a sample."""
    pages: int
    """Directories of the file: the picture, its smaller versions, its masks."""


def look(file: BinaryIO) -> Header:
    """Read the header of a file, whatever it is; memory stays below a few MB.

    Args:
        file: open at any place, of which only the directories are read.

    Raises:
        UploadError: no TIFF, cut short, damaged, or larger than it may be.
    """
    size = file.seek(0, 2)
    pages = [_page(tags, size) for tags in _Directories(file, size)]
    if not pages:
        _damaged()
    for unpacked in (*(page.bytes for page in pages), sum(page.bytes for page in pages)):
        _weigh(unpacked, size)
    first = pages[0]
    return Header(first.width, first.height, first.bands, first.bits, len(pages))


def _weigh(unpacked: int, size: int) -> None:
    if unpacked > LARGEST_BYTES:
        raise UploadError(
            f"The file says that its pixels take {_amount(unpacked)}, and "
            f"{_amount(LARGEST_BYTES)} are taken. Cut it to a smaller area."
        )
    if unpacked > HARMLESS_BYTES and unpacked > RATIO * size:
        raise UploadError(
            f"The file would unpack from {_amount(size)} to {_amount(unpacked)}, which is more "
            f"than {RATIO} times as much. Cut it to the part that holds pixels."
        )


def _amount(size: int) -> str:
    for unit, bytes_ in (("GB", 1e9), ("MB", 1e6)):
        if size >= bytes_:
            return f"{size / bytes_:,.0f} {unit}"
    return f"{size / 1e3:,.0f} kB"


def _damaged() -> NoReturn:
    raise UploadError("The file is damaged or cut short. Save it anew, or send it once more.")


class _Directories:
    """The directories of a TIFF, one after the other."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        start = self._bytes(0, min(16, size))
        orders = {b"II": "<", b"MM": ">"}
        order = orders.get(start[:2], "")
        version = struct.unpack(f"{order}H", start[2:4])[0] if order and size >= 8 else 0
        if version not in (42, 43):
            raise UploadError(_what_it_is(start, size))
        self._order, self._big = order, version == 43
        self._types = _TYPES | (_BIG_TYPES if self._big else {13: "I"})
        if self._big and (size < 16 or struct.unpack(f"{order}HH", start[4:8]) != (8, 0)):
            _damaged()
        where = start[8:16] if self._big else start[4:8]
        (self._first,) = struct.unpack(f"{order}{'Q' if self._big else 'I'}", where)

    def __iter__(self) -> Iterator[Mapping[int, npt.NDArray[np.generic]]]:
        head, length, link = ("Q", 20, "Q") if self._big else ("H", 12, "I")
        seen: set[int] = set()
        at = self._first
        while at:
            if at in seen or len(seen) >= MOST_PAGES:
                raise UploadError(
                    f"The file has more than {MOST_PAGES} pages, or they go round in a circle. "
                    "Save one picture alone."
                )
            seen.add(at)
            (count,) = self._unpack(head, at)
            if count > 1000:
                _damaged()
            at += struct.calcsize(f"={head}")
            entries = self._bytes(at, count * length)
            yield self._tags(entries[n : n + length] for n in range(0, len(entries), length))
            (at,) = self._unpack(link, at + len(entries))

    def _tags(self, entries: Iterable[bytes]) -> Mapping[int, npt.NDArray[np.generic]]:
        found: dict[int, npt.NDArray[np.generic]] = {}
        for entry in entries:
            tag, values = self._tag(entry)
            # Of two of a kind readers take one or the other; of signed numbers some take none.
            if tag in _WEIGHED and (tag in found or values is None or values.dtype.kind != "u"):
                _damaged()
            if values is not None:
                found[tag] = values
        return found

    def _tag(self, entry: bytes) -> tuple[int, npt.NDArray[np.generic] | None]:
        tag, kind, count = struct.unpack(
            f"{self._order}HH{'Q' if self._big else 'I'}", entry[: 12 if self._big else 8]
        )
        value = entry[12 if self._big else 8 :]
        letter = self._types.get(kind) or _PAIRS.get(kind)
        if letter is None:
            return tag, None
        length = count * struct.calcsize(f"={letter}") * (2 if kind in _PAIRS else 1)
        if length > _MOST_TAG_BYTES:
            _damaged()
        if length > len(value):
            (at,) = struct.unpack(f"{self._order}{'Q' if self._big else 'I'}", value)
            value = self._bytes(at, length)
        if letter in "sfd" or kind in _PAIRS:
            return tag, None
        return tag, np.frombuffer(value[:length], f"{self._order}{letter}")

    def _unpack(self, letter: str, at: int) -> tuple[int]:
        data = self._bytes(at, struct.calcsize(f"={letter}"))
        return struct.unpack(f"{self._order}{letter}", data)

    def _bytes(self, at: int, length: int) -> bytes:
        if at + length > self._size:
            _damaged()
        self._file.seek(at)
        data = self._file.read(length)
        if len(data) != length:
            _damaged()
        return data


def _what_it_is(start: bytes, size: int) -> str:
    if not size:
        return "The file is empty (0 bytes). Choose a GeoTIFF."
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for magic, name in _KNOWN:
        if start.startswith(magic) or text.startswith(magic):
            return f"The file is {name}, not a GeoTIFF. Save the imagery itself as GeoTIFF."
    return "The file is no GeoTIFF, whatever its name says. Save the imagery as GeoTIFF."


@dataclass(frozen=True)
class _Page:
    width: int
    height: int
    bands: int
    bits: int
    bytes: int


def _page(tags: Mapping[int, npt.NDArray[np.generic]], size: int) -> _Page:
    width, height = (_one(tags, tag) for tag in (_WIDTH, _HEIGHT))
    bands = _one(tags, _SAMPLES, 1)
    bits = {int(value) for value in tags.get(_BITS, np.ones(1, int))}
    if min(width, height, bands) < 1:
        _damaged()
    if max(width, height) > LARGEST_SIDE or bands > MOST_BANDS:
        raise UploadError(
            f"The file says that it has {width:,} x {height:,} pixels and {bands:,} bands; up to "
            f"{LARGEST_SIDE:,} rows and columns and {MOST_BANDS} bands are taken. Cut it."
        )
    if len(bits) != 1 or not bits <= {1, 8, 16, 32, 64}:
        raise UploadError("Values of the file have no usual size. Save them with 8, 16 or 32 bits.")
    (depth,) = bits
    if _one(tags, _PACKING, 1) not in _PACKINGS:
        raise UploadError(
            "The file is packed in a way that is not taken here. "
            "Save it with deflate, LZW, ZSTD, PackBits or no compression."
        )
    _check_blocks(tags, (width, height, bands, depth), size)
    return _Page(width, height, bands, depth, -(-width * height * bands * depth // 8))


def _check_blocks(
    tags: Mapping[int, npt.NDArray[np.generic]], page: tuple[int, int, int, int], size: int
) -> None:
    """See that blocks are of a usual size, as many as they should be, and all within the file."""
    width, height, bands, bits = page
    tiled = _TILES in tags
    wide = _one(tags, _TILE_WIDTH) if tiled else width
    high = _one(tags, _TILE_HEIGHT) if tiled else min(_one(tags, _ROWS, height), height)
    if min(wide, high) < 1:
        _damaged()
    apart = _one(tags, _PLANES, 1) == 2
    if wide * high * bits * (1 if apart else bands) // 8 > LARGEST_BLOCK:
        raise UploadError(
            "The file keeps its pixels in blocks that are too large to read one by one. "
            "Save it in tiles, such as 256 x 256."
        )
    count = -(-width // wide) * -(-height // high) * (bands if apart else 1)
    places = tags.get(_TILES if tiled else _STRIPS)
    lengths = tags.get(_TILE_BYTES if tiled else _STRIP_BYTES)
    if places is None or lengths is None or not len(places) == len(lengths) == count:
        _damaged()
    # In floating point: the sum of two 64-bit numbers may not fit into 64 bits.
    if (places.astype(np.float64) + lengths.astype(np.float64)).max() > size:
        _damaged()


def _one(tags: Mapping[int, npt.NDArray[np.generic]], tag: int, default: int = 0) -> int:
    values = tags.get(tag)
    if values is None:
        return default
    if len(values) != 1:
        # Readers do not agree on which of them counts, if any.
        _damaged()
    return int(values[0])
