"""Original patch files, read by a few threads and kept in one bounded cache."""

import itertools
import logging
import threading
import weakref
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from eoexplore.core import settings
from eoexplore.core.errors import DataMissing, FileUnreadable
from eoexplore.core.memory import ByteCache
from eoexplore.core.types import Array, Dataset

log = logging.getLogger(__name__)
READERS = 4
"""Threads that read files; more would only queue behind one disk and one interpreter lock."""
_ERROR_BYTES = 500


@dataclass(frozen=True)
class BandFile:
    """One band of one sample."""

    key: str
    """Value of the layer's key column for the sample."""
    layer: str
    """Name of a layer."""
    band: str
    """Name of a band of that layer."""


Content = Array | DataMissing | FileUnreadable


class PatchReader:
    """Reads band files of any dataset; what was read once comes from memory."""

    def __init__(self, limit: int | None = None) -> None:
        """Bound the cache in bytes, by the setting unless a number is given."""
        self.cache: ByteCache[Content] = ByteCache(
            settings.tile_cache_bytes() if limit is None else limit
        )
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="eoexplore-read")
        self._coming: dict[tuple[int, BandFile], Future[Content]] = {}
        self._lock = threading.Lock()
        # A dataset whose files have changed is opened anew: its pixels get another number.
        self._numbers: weakref.WeakKeyDictionary[Dataset, int] = weakref.WeakKeyDictionary()
        self._count = itertools.count()

    def fetch(self, dataset: Dataset, files: Sequence[BandFile]) -> list[Content]:
        """Read band files.

        Args:
            dataset: where they are.
            files: what to read.

        Returns:
            For each file its pixels (read-only, shape (row, column)), or the error that says why
            there are none; one bad file does not fail the others.
        """
        with self._lock:
            if dataset not in self._numbers:
                self._numbers[dataset] = next(self._count)
            number = self._numbers[dataset]
        waiting = [self._ask(dataset, (number, file)) for file in files]
        return [item.result() if isinstance(item, Future) else item for item in waiting]

    def _ask(self, dataset: Dataset, key: tuple[int, BandFile]) -> Content | Future[Content]:
        found = self.cache.get(key)
        if found is not None:
            return found
        with self._lock:
            # Neighbouring tiles ask for the same patch at the same time: read it once.
            if key not in self._coming:
                self._coming[key] = self._pool.submit(self._read, dataset, key)
            return self._coming[key]

    def _read(self, dataset: Dataset, key: tuple[int, BandFile]) -> Content:
        try:
            content = _read_band(dataset, key[1])
            size = _ERROR_BYTES if isinstance(content, Exception) else content.nbytes
            self.cache.put(key, content, size)
            return content
        finally:
            with self._lock:
                del self._coming[key]


def _read_band(dataset: Dataset, file: BandFile) -> Content:
    try:
        array = dataset.read(file.key, file.layer, file.band)
    except (DataMissing, FileUnreadable) as error:
        # A kept traceback would keep the reader's frames, and their arrays, alive.
        return error.with_traceback(None)
    except Exception as error:  # noqa: BLE001  no file, however odd, may fail a tile
        log.warning("A file of %s could not be read: %r", file.key, error)
        return FileUnreadable(f"{file.key}, band {file.band}, cannot be read.")
    array.setflags(write=False)
    return array
