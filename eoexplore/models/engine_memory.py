"""The models in memory: each loaded once, those in use kept, the least recently used let go."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from eoexplore.core.types import Array
from eoexplore.models import Loaded
from eoexplore.models.engine_compile import Trial

Loader = Callable[[str, str], Loaded]
"""Loads a model by its name onto a device, as torch calls it."""


@dataclass(eq=False)
class Resident:
    """A model in memory, and what was learnt about it while it ran."""

    name: str
    """As it was asked for."""
    loading: "Future[Loaded]" = field(default_factory=Future)
    """The model itself, once it is loaded."""
    users: int = 0
    """Requests that hold it."""
    bytes: int = 0
    """What it takes in memory; 0 while it loads."""
    most: int | None = None
    """Patches that go together at most, since more of them ran out of memory."""
    patch_bytes: int = 0
    """Memory that one patch takes while it runs; 0 where that is not known."""
    seconds: float = 0.0
    """Time per patch of the last passes; 0 before the first."""
    warm: set[tuple[int, ...]] = field(default_factory=set)
    """Shapes of a patch that it ran with."""
    trial: Trial = field(default_factory=Trial)
    """What is known of compiling it."""

    @property
    def loaded(self) -> Loaded:
        """The model; only once it is loaded."""
        return self.loading.result(timeout=0)


class Residents:
    """Models by name, bounded by the bytes they take; thread-safe."""

    def __init__(
        self, loader: Loader, device: str, budget: int, is_full: Callable[[BaseException], bool]
    ) -> None:
        """Hold nothing yet.

        Args:
            loader: loads a model onto the device.
            device: as torch calls it.
            budget: bytes; models in use stay even beyond it.
            is_full: tells whether an error says that memory ran out.
        """
        self._loader = loader
        self._device = device
        self._budget = budget
        self._is_full = is_full
        self._models: OrderedDict[str, Resident] = OrderedDict()
        self._lock = threading.Lock()
        # Two: a model from the network does not hold up one from this machine.
        self._hands = ThreadPoolExecutor(2, "eoexplore-load")

    def borrow(self, name: str) -> Resident:
        """Return a model that stays until it is given back; it may still be loading."""
        with self._lock:
            resident = self._models.get(name)
            if resident is None:
                resident = self._models[name] = Resident(name)
                self._hands.submit(self._load, resident)
            resident.users += 1
            self._models.move_to_end(name)
            return resident

    def give_back(self, resident: Resident) -> None:
        """Let a model go that was borrowed."""
        with self._lock:
            resident.users -= 1
            if resident.loading.done() and resident.loading.exception() is not None:
                self._drop(resident)
            self._make_room(self._budget)

    def forget(self, name: str) -> None:
        """Load a model anew when it is next asked for."""
        with self._lock:
            self._models.pop(name, None)

    def held(self) -> tuple[tuple[str, int], ...]:
        """Return names and bytes of the models that are loaded, the last used one last."""
        with self._lock:
            return tuple((one.name, one.bytes) for one in self._models.values() if one.bytes)

    def clear(self) -> bool:
        """Let all models go that are not in use; return whether there were any."""
        with self._lock:
            return self._make_room(0)

    def close(self) -> None:
        """Load nothing more, and let all models go."""
        self._hands.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._models.clear()

    def _load(self, resident: Resident) -> None:
        # A future takes whatever a loader raises, for each of those who asked.
        attempt = self._attempt(resident.name)
        error = attempt.exception()
        if error is not None and self._is_full(error) and self.clear():
            attempt = self._attempt(resident.name)
            error = attempt.exception()
        if error is None:
            with self._lock:
                resident.bytes = _bytes(attempt.result())
                self._make_room(self._budget)
            resident.loading.set_result(attempt.result())
        else:
            with self._lock:
                self._drop(resident)
            resident.loading.set_exception(error)

    def _attempt(self, name: str) -> "Future[Loaded]":
        with ThreadPoolExecutor(1, "eoexplore-load") as hand:
            return hand.submit(self._loader, name, self._device)

    def _drop(self, resident: Resident) -> None:
        if self._models.get(resident.name) is resident:
            del self._models[resident.name]

    def _make_room(self, budget: int) -> bool:
        """Let the least recently used go until the others fit; return whether any went."""
        used = sum(resident.bytes for resident in self._models.values())
        gone = False
        for resident in list(self._models.values()):
            if used <= budget:
                break
            if not resident.users and resident.bytes:
                del self._models[resident.name]
                used -= resident.bytes
                gone = True
        return gone


def _bytes(loaded: Loaded) -> int:
    """Return what a model takes, at least 1: 0 would mean that it still loads."""
    return max(int(loaded.bytes), 1)


class Pace:
    """Patches per second over the last passes."""

    def __init__(self, window: float = 30.0) -> None:
        """Know nothing yet; passes that ended more than `window` seconds ago do not count."""
        self._window = window
        self._passes: list[tuple[float, int, float]] = []
        self._lock = threading.Lock()

    def add(self, patches: int, seconds: float) -> None:
        """Count a pass that has just ended."""
        with self._lock:
            self._passes.append((time.monotonic(), patches, seconds))
            self._passes = self._recent()

    def per_second(self) -> float | None:
        """Return patches per second of work, waiting left out; none where nothing ran."""
        with self._lock:
            recent = self._recent()
        seconds = sum(one[2] for one in recent)
        return sum(one[1] for one in recent) / seconds if seconds > 0 else None

    def _recent(self) -> list[tuple[float, int, float]]:
        since = time.monotonic() - self._window
        return [one for one in self._passes if one[0] >= since]


def missing(batch: Array) -> Array:
    """Return how many pixels of each patch lack at least one band, shape (n,).

    Args:
        batch: shape (n, band, row, column), NaN where a value is missing.
    """
    return np.array([int(np.isnan(patch).any(axis=0).sum()) for patch in batch], np.int64)
