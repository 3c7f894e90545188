"""A cache that forgets the least recently used entries once it holds too many bytes."""

import ctypes
import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

V = TypeVar("V")
ENTRY_BYTES = 700
"""What an entry takes beside its value and the texts of its key; measured for a tile."""
SMALL_BYTES = 4_000_000
"""Limit of a cache beside a table of few rows."""
_ROWS = 500_000
_ALLOCATOR = (
    # Blocks that are mapped apart and go back when they are free. glibc raises this to 32 MB by
    # itself: large arrays then leave holes among small ones that stay.
    ("MALLOC_MMAP_THRESHOLD_", -3, 1_000_000),
    ("MALLOC_TRIM_THRESHOLD_", -1, 8_000_000),
    # Heaps: each has holes of its own, and glibc would make eight for each core.
    ("MALLOC_ARENA_MAX", -8, 2),
)
"""Names in the environment, which go first; numbers and values for `mallopt`."""


def settle_allocator() -> None:
    """Have the C library keep less of what is free; where it is not glibc, nothing is done.

    What was free and not given back no longer grew under five users, and was 35 to 75 MB instead
    of 160 after three minutes, at the same processor time (docs/running.md).
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    for name, number, value in _ALLOCATOR:
        if mallopt is not None and name not in os.environ:
            mallopt(number, value)


def beside_table(most: int, rows: int) -> int:
    """Return the limit of a cache that goes with a table.

    Args:
        most: bytes for a table of half a million rows; smaller ones need less, down to 4 MB.
        rows: of the table.
    """
    return max(most * rows // _ROWS, min(most, SMALL_BYTES))


def _key_bytes(key: object) -> int:
    """Return the bytes of a key of texts and numbers; an address may be of any length."""
    parts = sum(map(_key_bytes, key)) if isinstance(key, tuple) else 0
    return sys.getsizeof(key) + parts


class ByteCache(Generic[V]):
    """Values by key, bounded by the bytes that they are said to take; thread-safe.

    Keys are texts, numbers, and tuples and small objects of them: what they name must be free to
    go while its entries are still here.
    """

    def __init__(self, limit: int, least: int = 0, each: int = ENTRY_BYTES) -> None:
        """Hold nothing yet.

        Args:
            limit: bytes.
            least: how many of the last entries are kept, however large they are.
            each: bytes that an entry takes beside its value and its key.
        """
        self.limit = limit
        self.least = least
        self.each = each
        self._entries: OrderedDict[Hashable, tuple[V, int]] = OrderedDict()
        self._used = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self._entries)

    @property
    def used(self) -> int:
        """Bytes held now."""
        return self._used

    def get(self, key: Hashable) -> V | None:
        """Return the value of a key and mark it as used, or none."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            self._entries.move_to_end(key)
            return entry[0]

    def put(self, key: Hashable, value: V, size: int) -> None:
        """Keep a value; one that is larger than the whole cache is not kept."""
        size += self.each + _key_bytes(key)
        with self._lock:
            old = self._entries.pop(key, None)
            self._used -= old[1] if old else 0
            if size > self.limit and not self.least:
                return
            self._entries[key] = (value, size)
            self._used += size
            while self._used > self.limit and len(self._entries) > self.least:
                _, (_, freed) = self._entries.popitem(last=False)
                self._used -= freed

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._used = 0
