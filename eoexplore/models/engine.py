"""The model server of a process: models loaded once, requests put together, one device.

Whoever wants an answer asks `Engine.predict` from any thread. A thread puts requests together
into micro-batches, another one runs them; an error reaches those who asked, and nobody else.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar, cast

import numpy as np

from eoexplore.core import settings
from eoexplore.core.errors import ModelError, Withdrawn
from eoexplore.core.types import Array
from eoexplore.models import Loaded
from eoexplore.models import device as devices
from eoexplore.models.engine_forward import LONGEST, Forward, is_full, let_go, sentence
from eoexplore.models.engine_memory import Loader, Pace, Resident, Residents, missing
from eoexplore.models.engine_queue import Part, Queue, Request

log = logging.getLogger(__name__)
T = TypeVar("T")
WAITING = 64
"""Requests that may wait at most; each of them holds its patches in memory."""
PATIENCE = 0.003
"""Seconds that a micro-batch waits for company."""
_LOOK = 0.05
"""Seconds between two looks at whether an answer is still wanted."""
_ENDED = "The models are shut down. Start the app again to use them."


@dataclass(frozen=True)
class Answer:
    """What a model says of some patches."""

    values: Array
    """Probabilities, float32: (n, class), or (n, class, row, column) of a segmentation."""
    missing: Array
    """Pixels of each patch that lacked at least one band, (n,); the model saw the mean there."""
    device: str
    """Where it ran, in words."""
    seconds: float
    """From asking to the answer, waiting included."""


@dataclass(frozen=True)
class Figures:
    """What the engine does, for the screen."""

    device: str
    """Where models run, in words."""
    precision: str
    """Numbers of the layers that bear it: `bfloat16`, `float16` or `float32`."""
    patches_per_second: float | None
    """Over the passes of the last half minute, waiting left out; none where nothing ran."""
    requests: int
    """Requests that wait or are under way."""
    patches: int
    """Patches that have no answer yet."""
    models: tuple[tuple[str, int], ...]
    """Models in memory and their bytes, the last used one last."""


class Engine:
    """Models on one device, shared by all threads of a process."""

    def __init__(
        self,
        loader: Loader,
        device: str | None = None,
        budget_bytes: int | None = None,
        queue: int = WAITING,
        *,
        tune: bool | None = None,
        precision: str | None = None,
        longest: float = LONGEST,
    ) -> None:
        """Start with no model; torch is imported here.

        Args:
            loader: loads a model by its name onto a device, for example `models.load`.
            device: as torch calls it; none for the setting, or the best one of this machine.
            budget_bytes: for models in memory; none for the setting.
            queue: requests that may wait or be under way.
            tune: whether layouts of memory and compiled networks are tried; none for CUDA only.
            precision: `float32`, `bfloat16` or `float16`; none for what the device does best.
            longest: seconds that a pass should take at most: short ones let others in.

        Raises:
            ModelError: there is no such device here.
        """
        found = devices.pick(device)
        self.device = replace(found, precision=precision) if precision else found
        budget = settings.model_cache_bytes() if budget_bytes is None else budget_bytes
        self._forward = Forward(self.device, tune=tune, longest=longest)
        self._residents = Residents(loader, self.device.name, budget, is_full)
        self._queue = Queue(queue, PATIENCE)
        self._pace = Pace()
        # A pool of one keeps whatever a model raises in a future, and lives on.
        self._hand = ThreadPoolExecutor(1, "eoexplore-model")
        self._server = threading.Thread(target=self._serve, name="eoexplore-models", daemon=True)
        self._server.start()

    def predict(
        self, name: str, batch: Array, cancelled: Callable[[], bool] | None = None
    ) -> Array:
        """Return a model's probabilities for some patches; see `answer`."""
        return self.answer(name, batch, cancelled).values

    def answer(
        self, name: str, batch: Array, cancelled: Callable[[], bool] | None = None
    ) -> Answer:
        """Ask a model about some patches, and wait for it.

        Args:
            name: of the model, as the loader knows it.
            batch: shape (n, band, row, column), stored units, on the model's grid, bands in the
                order of its card; NaN where a value is missing: the model sees the mean of the
                band there (0 after normalisation).
            cancelled: asked some twenty times a second; true ends the waiting.

        Raises:
            Busy: as many requests wait as may.
            Withdrawn: `cancelled` said so.
            ModelError: the model cannot be loaded, or failed on this input.
        """
        begun = time.monotonic()
        if batch.ndim != 4 or not len(batch):
            raise ModelError(
                f"A model is asked about patches of shape (n, band, row, column); these have "
                f"{batch.shape}."
            )
        batch = np.asarray(batch, np.float32)
        values = self._ask(name, cancelled, lambda model: Request(name, model, batch))
        values = cast(Array, values)
        return Answer(values, missing(batch), self.device.words, time.monotonic() - begun)

    def attend(
        self, name: str, work: Callable[[Loaded], T], cancelled: Callable[[], bool] | None = None
    ) -> T:
        """Do something else with a loaded model, in its turn and by itself; see `answer`.

        Args:
            name: of the model.
            work: called with the loaded model on the engine's thread, for example an attribution.
            cancelled: as for `answer`; work under way is waited for by nobody.
        """
        return cast(T, self._ask(name, cancelled, lambda model: Request(name, model, work=work)))

    def load(self, name: str, cancelled: Callable[[], bool] | None = None) -> Loaded:
        """Load a model, so that the first question finds it ready, and return it."""
        resident = self._residents.borrow(name)
        try:
            return self._await(resident.loading, cancelled)
        finally:
            self._residents.give_back(resident)

    def forget(self, name: str) -> None:
        """Let a model go that has changed where it lies; who uses it now may finish."""
        self._residents.forget(name)

    def figures(self) -> Figures:
        """Return what the engine does now."""
        return Figures(
            self.device.words,
            self.device.precision,
            self._pace.per_second(),
            len(self._queue),
            self._queue.patches(),
            self._residents.held(),
        )

    def close(self) -> None:
        """End the threads; whoever waits gets a sentence."""
        for request in self._queue.close():
            self._settle(request, error=ModelError(_ENDED))
        self._server.join(timeout=10)
        self._hand.shutdown(wait=False)
        self._forward.compiling.close()
        self._residents.close()

    def _ask(
        self,
        name: str,
        cancelled: Callable[[], bool] | None,
        make: Callable[[Resident], Request],
    ) -> object:
        if not self._server.is_alive():
            raise ModelError(_ENDED)
        resident = self._residents.borrow(name)
        try:
            self._await(resident.loading, cancelled)
            request = make(resident)
            self._queue.put(request)
            try:
                return self._await(request.future, cancelled)
            finally:
                self._queue.leave(request)
        finally:
            self._residents.give_back(resident)

    def _await(self, future: "Future[T]", cancelled: Callable[[], bool] | None) -> T:
        """Wait for a future as long as its answer is wanted and somebody works for it."""
        while True:
            if cancelled is not None and cancelled():
                raise Withdrawn("Cancelled before the model had answered.")
            try:
                error = future.exception(timeout=_LOOK)
            except TimeoutError:
                if not self._server.is_alive():
                    raise ModelError(_ENDED) from None
                continue
            if error is not None:
                raise error
            return future.result()

    def _serve(self) -> None:
        while (parts := self._queue.next(self._limit)) is not None:
            # All of it in the pool, which keeps whatever is raised: this thread serves everybody.
            error = self._hand.submit(self._answer, parts).exception()
            if error is not None:
                self._failed(parts, error)

    def _limit(self, request: Request) -> int:
        return self._forward.limit(request.resident)

    def _answer(self, parts: list[Part]) -> None:
        begun = time.perf_counter()
        found = self._run(parts)
        first = parts[0].request
        if first.batch is None:
            self._settle(first, found)
        else:
            self._pace.add(sum(part.size for part in parts), time.perf_counter() - begun)
            self._hand_out(parts, cast(Array, found))

    def _run(self, parts: list[Part]) -> object:
        first = parts[0].request
        if first.work is not None:
            return first.work(first.resident.loaded)
        batches = [part.request.batch[part.first : part.end] for part in parts]  # type: ignore[index]
        return self._forward(
            first.resident, batches[0] if len(batches) == 1 else np.concatenate(batches)
        )

    def _hand_out(self, parts: list[Part], values: Array) -> None:
        # What can fail comes first: then the parts are tried again, and none may count twice.
        for request in {part.request for part in parts}:
            if request.answer is None and request.batch is not None:
                request.answer = np.empty((len(request.batch), *values.shape[1:]), np.float32)
            if request.answer is not None and request.answer.shape[1:] != values.shape[1:]:
                raise ModelError(
                    f"The model {request.model[:80]!r} answered {request.answer.shape[1:]} for "
                    f"some patches and {values.shape[1:]} for others."
                )
        place = 0
        for part in parts:
            request, own = part.request, values[place : place + part.size]
            place += part.size
            if request.answer is None or request.future.done():
                continue
            request.answer[part.first : part.end] = own
            request.left -= part.size
            if not request.left:
                self._settle(request, request.answer)

    def _failed(self, parts: list[Part], error: BaseException) -> None:
        """Try again with less, or alone; else tell whoever asked."""
        let_go(error)
        first, patches = parts[0].request, sum(part.size for part in parts)
        if is_full(error):
            self._forward.tidy()
            if first.batch is not None and patches > 1:
                self._forward.halve(first.resident, patches)
                self._queue.give_back(parts)
                return
        elif len(parts) > 1:
            self._queue.give_back(parts, alone=True)
            return
        log.warning("The model %s failed: %s", first.model, error)
        self._settle(first, error=sentence(first.model, error))

    def _settle(
        self, request: Request, value: object = None, error: BaseException | None = None
    ) -> None:
        """Answer a request, once; one that was withdrawn may be answered all the same."""
        self._queue.leave(request)
        if request.future.done():
            return
        if error is None:
            request.future.set_result(value)
        else:
            request.future.set_exception(error)


_shared: Engine | None = None
_guard = threading.Lock()


def shared() -> Engine:
    """Return the engine of this process, made when it is first asked for."""
    global _shared  # noqa: PLW0603 - one for each process is the purpose
    with _guard:
        if _shared is None:
            from eoexplore import models

            _shared = Engine(models.load)
        return _shared


def running() -> Engine | None:
    """Return the engine of this process where there is one already; torch is not imported."""
    return _shared
