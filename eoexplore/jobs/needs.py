"""What building an index takes, said before it begins: disk, and memory of its processes."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import psutil

from eoexplore.core.errors import JobError
from eoexplore.jobs.parts import Work
from eoexplore.store import mosaic
from eoexplore.store.folder import IndexFolder

PROCESS = 350_000_000
"""Bytes of memory of a process before the patches of its product; measured with some hundred."""
PER_PATCH = 45_000
"""Bytes of memory of a patch beside its packed pixels: spectra, most of all."""


@dataclass(frozen=True)
class Needs:
    """What the rest of an index takes."""

    patches: int
    """Patches of which files are read."""
    disk: int
    """Bytes in the cache folder, at most."""
    disk_free: int
    """Bytes that its disk has free."""
    memory: int
    """Bytes of memory of each process or worker, at most."""
    memory_free: int
    """Bytes of memory that this machine has free."""
    processes: int
    """Processes that work at the same time on this machine; 0 where others do the work."""

    def sentence(self) -> str:
        """Return it as a sentence."""
        disk = f"{_size(self.disk)} of disk in the cache folder ({_size(self.disk_free)} free)"
        if not self.processes:
            return f"The index needs up to {disk} and {_size(self.memory)} of memory per worker."
        noun = "one process" if self.processes == 1 else f"{self.processes} processes"
        memory = self.memory * self.processes
        free = f"{_size(self.memory_free)} free"
        said = f"The index needs up to {disk} and, with {noun}, {_size(memory)} of memory ({free})."
        if memory > self.memory_free:
            said += " That is more than is free: use fewer processes (--workers)."
        return said

    def check_disk(self) -> None:
        """Refuse what cannot be finished.

        Raises:
            JobError: the disk is too small.
        """
        if self.disk > self.disk_free:
            raise JobError(
                f"The index needs about {self.disk / 1e9:.1f} GB and the disk of the cache has "
                f"{self.disk_free / 1e9:.1f} GB free. Free some space, or set EOEXPLORE_CACHE to "
                "another disk."
            )


def of(folder: IndexFolder, todo: Sequence[Work], disk: int, processes: int | None) -> Needs:
    """Return what some work takes.

    Args:
        folder: where the index lies.
        todo: what is to be done.
        disk: bytes that it writes.
        processes: how many there may be; as many as cores and memory allow when none; 0 where
            others do the work.
    """
    memory = max((_memory(work) for work in todo), default=0)
    free = int(psutil.virtual_memory().available)
    if processes is None:
        fitting = int(0.8 * free) // max(memory, 1)
        processes = max(1, min(psutil.cpu_count() or 1, fitting))
    processes = min(processes, max(1, len(todo)))
    patches = sum(work.count for work in todo)
    return Needs(patches, disk, shutil.disk_usage(folder.path).free, memory, free, processes)


def _memory(work: Work) -> int:
    """Return the bytes that a process takes for one product: all its patches, and one raster."""
    sizes = [_packed(group) for name, group in mosaic.GROUPS.items() if name in work.groups]
    each = sum(sizes) + max(sizes, default=0) + PER_PATCH
    return PROCESS + each * len(work.product.patches)


def _packed(group: mosaic.Group) -> int:
    return len(group.bands) * group.patch_px**2 * np.dtype(group.dtype).itemsize


def _size(length: int) -> str:
    if length < 1e6:
        return f"{length / 1e3:.0f} kB"
    return f"{length / 1e6:.0f} MB" if length < 1e9 else f"{length / 1e9:.1f} GB"
