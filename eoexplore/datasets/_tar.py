"""The members of a tar archive, one header after the other, without unpacking anything.

Written for archives of millions of small files: the standard library's `tarfile` makes objects of
each member and keeps them. Plain, GNU and pax headers are read; a damaged header is skipped to the
next one that is whole.
"""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple, Protocol

BLOCK = 512
_EMPTY = bytes(BLOCK)
_END = 2
"""Empty blocks that end an archive."""
_LARGEST = 1 << 60
_LONGEST_NAME = 65_536
_SKIP = 1 << 20
_FILE_KINDS = frozenset((b"0", b"\0", b"7"))
_FOLDER, _LINKS = b"5", frozenset((b"1", b"2"))


class Member(NamedTuple):
    """One member of an archive."""

    name: bytes
    """Path as it is stored."""
    kind: str
    """file, folder, link or special (a device, a sparse file and the like)."""
    offset: int
    """Where its data begins, in bytes from the beginning of the (unpacked) archive."""
    size: int
    """Bytes of its data."""


@dataclass
class Damage:
    """What is wrong with an archive; filled while its members are listed."""

    cut: bool = False
    """Whether it ends without the mark that ends every archive."""
    headers: int = 0
    """Places where a header is damaged; members there are lost."""
    broken: str = ""
    """Why reading stopped before the end, where it did."""


class Blocks(Protocol):
    """Bytes that are read front to back."""

    at: int
    """Bytes read or skipped so far."""

    def take(self, count: int) -> bytes:
        """Return the next bytes; fewer at the end."""

    def skip(self, count: int) -> None:
        """Leave bytes out."""


class FileBlocks:
    """An archive in a file that one can jump in."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        """Begin at the beginning of a file of a known size."""
        self.at = 0
        self._file, self._size = file, size

    def take(self, count: int) -> bytes:
        """Return the next bytes; fewer at the end."""
        found = self._file.read(count)
        self.at += len(found)
        return found

    def skip(self, count: int) -> None:
        """Leave bytes out without reading them."""
        self.at = min(self.at + count, self._size)
        self._file.seek(self.at)


class StreamBlocks:
    """An archive of which each byte comes once."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        """Take the function that gives the next bytes, at most as many as asked for."""
        self.at = 0
        self._read = read
        self._buffer, self._place = b"", 0

    def take(self, count: int) -> bytes:
        """Return the next bytes; fewer at the end."""
        end = self._place + count
        if end > len(self._buffer):
            self._fill(count)
            end = self._place + count
        found = self._buffer[self._place : end]
        self._place += len(found)
        self.at += len(found)
        return found

    def skip(self, count: int) -> None:
        """Read bytes and forget them."""
        while count > 0:
            got = len(self.take(min(count, _SKIP)))
            if not got:
                return
            count -= got

    def _fill(self, count: int) -> None:
        parts = [self._buffer[self._place :]]
        have = len(parts[0])
        while have < count:
            part = self._read(_SKIP)
            if not part:
                break
            parts.append(part)
            have += len(part)
        self._buffer, self._place = b"".join(parts), 0


def members(blocks: Blocks, damage: Damage) -> Iterator[Member]:
    """Yield the members in the order of the archive.

    Whoever iterates may take up to the member's size from `blocks` before going on.

    Args:
        blocks: the archive, at its beginning.
        damage: told what is wrong.
    """
    long_name, lost, empty = b"", False, 0
    pax: dict[bytes, bytes] = {}
    while True:
        header = blocks.take(BLOCK)
        if len(header) < BLOCK:
            damage.cut = empty < _END
            return
        empty = empty + 1 if header == _EMPTY else 0
        if empty and not lost:
            return
        kind = header[156:157]
        size = _number(header[124:136]) if _fits(header) else -1
        if size < 0:
            # What follows may be anybody's data: only a header that says so itself is one.
            damage.headers += not lost
            lost, long_name, pax = True, b"", {}
            continue
        if lost and header[257:262] != b"ustar":
            continue
        lost = False
        if kind in (b"L", b"x") and size <= _LONGEST_NAME:
            text = blocks.take(_padded(size))[:size]
            if kind == b"L":
                long_name = text.rstrip(b"\0")
            else:
                pax = _records(text)
            continue
        if kind in (b"L", b"x", b"g", b"K", b"X"):
            blocks.skip(_padded(size))
            continue
        size = _decimal(pax.get(b"size"), size)
        name = pax.get(b"path") or long_name or _short_name(header)
        start, long_name, pax = blocks.at, b"", {}
        yield Member(name, _kind(kind), start, size)
        blocks.skip(start + _padded(size) - blocks.at)


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _fits(header: bytes) -> bool:
    """Tell whether the sum of a header's bytes is the one it states."""
    stored = _octal(header[148:156])
    # Adler-32 has the sum in its lower half, and is a hundred times faster than adding in Python.
    total = (zlib.adler32(header) & 0xFFFF) - 1 - sum(header[148:156]) + 8 * 32
    return stored >= 0 and (total - stored) % 65521 == 0


def _number(field: bytes) -> int:
    """Return a size: octal digits, or binary where they would not do; -1 for neither."""
    size = int.from_bytes(field[1:], "big") if field[0] == 0x80 else _octal(field)
    return size if size < _LARGEST else -1


def _octal(field: bytes) -> int:
    try:
        return int(field.strip(b" \0") or b"0", 8)
    except ValueError:
        return -1


def _decimal(text: bytes | None, other: int) -> int:
    return int(text) if text is not None and text.isdigit() and len(text) < 18 else other


def _records(text: bytes) -> dict[bytes, bytes]:
    """Return the records of a pax header: each is its own length, a blank, key=value, a newline."""
    found = {}
    while text:
        digits, _, _ = text.partition(b" ")
        length = _decimal(digits, 0)
        if not len(digits) + 2 <= length <= len(text):
            break
        key, _, value = text[len(digits) + 1 : length - 1].partition(b"=")
        found[key] = value
        text = text[length:]
    return found


def _short_name(header: bytes) -> bytes:
    name = header[:100].partition(b"\0")[0]
    prefix = header[345:500].partition(b"\0")[0] if header[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _kind(flag: bytes) -> str:
    if flag in _FILE_KINDS:
        return "file"
    if flag == _FOLDER:
        return "folder"
    return "link" if flag in _LINKS else "special"
