"""A cache that forgets the least recently used entries once it holds too many bytes."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class ByteCache(Generic[V]):
    """Values by key, bounded by the bytes that they are said to take; thread-safe."""

    def __init__(self, limit: int, least: int = 0) -> None:
        """Hold nothing yet.

        Args:
            limit: bytes.
            least: how many of the last entries are kept, however large they are.
        """
        self.limit = limit
        self.least = least
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
