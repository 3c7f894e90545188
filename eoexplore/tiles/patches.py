"""Original patch files, read by a few threads and kept in one bounded cache."""

import itertools
import logging
import threading
import weakref
from collections.abc import Mapping, Sequence
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
Key = tuple[int, BandFile]
"""Number of a dataset and one of its files."""


class PatchReader:
    """Reads band files of any dataset; what was read once comes from memory."""

    def __init__(self, limit: int | None = None) -> None:
        """Bound the cache in bytes, by the setting unless a number is given."""
        self.cache: ByteCache[Content] = ByteCache(
            settings.tile_cache_bytes() if limit is None else limit
        )
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="eoexplore-read")
        self._coming: dict[Key, Future[Content]] = {}
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
        keys = [(self._number(dataset), file) for file in files]
        found = [self.cache.get(key) for key in keys]
        missing = [key for key, content in zip(keys, found, strict=True) if content is None]
        coming = self._ask(dataset, missing) if missing else {}
        return [
            coming[key].result() if content is None else content
            for key, content in zip(keys, found, strict=True)
        ]

    def _number(self, dataset: Dataset) -> int:
        with self._lock:
            if dataset not in self._numbers:
                self._numbers[dataset] = next(self._count)
            return self._numbers[dataset]

    def _ask(self, dataset: Dataset, keys: Sequence[Key]) -> Mapping[Key, Future[Content]]:
        """Have files read, each once: neighbouring tiles ask for the same ones at the same time."""
        new = []
        with self._lock:
            for key in keys:
                if key not in self._coming:
                    self._coming[key] = Future()
                    new.append(key)
            coming = {key: self._coming[key] for key in keys}
        # To hand over a file takes as long as to read one, so each thread gets its share at once.
        for first in range(min(READERS, len(new))):
            self._pool.submit(self._read, dataset, new[first::READERS])
        return coming

    def _read(self, dataset: Dataset, keys: Sequence[Key]) -> None:
        for key in keys:
            content = _read_band(dataset, key[1])
            size = _ERROR_BYTES if isinstance(content, Exception) else content.nbytes
            self.cache.put(key, content, size)
            with self._lock:
                future = self._coming.pop(key)
            future.set_result(content)


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
