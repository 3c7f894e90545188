"""Who waits for a model: requests, cut into parts, put together into micro-batches, fairly.

Models take turns, one micro-batch each. Within a model every request that waits gets a share of
the micro-batch, so a request of one patch goes with the next one, whatever else waits.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from eoexplore.core.errors import Busy
from eoexplore.core.types import Array
from eoexplore.models import Loaded
from eoexplore.models.engine_memory import Resident

Limit = Callable[["Request"], int]
"""How many patches of a request's kind go together."""


@dataclass(eq=False)
class Request:
    """What one caller wants of one model."""

    model: str
    """Name, by which requests are put together."""
    resident: Resident
    """The model itself, held for as long as the request lives."""
    batch: Array | None = None
    """Patches, shape (n, band, row, column); none for work of another kind."""
    work: Callable[[Loaded], object] | None = None
    """What to do with the loaded model instead, all of it in one go."""
    alone: bool = False
    """Whether it may not share a micro-batch, since one of those it was in failed."""
    todo: deque[tuple[int, int]] = field(default_factory=deque)
    """Ranges of patches that were not given out yet."""
    left: int = 1
    """Patches without an answer."""
    answer: Array | None = None
    """Filled part by part."""
    future: "Future[Any]" = field(default_factory=Future)
    """The answer as a whole, or the error."""

    def __post_init__(self) -> None:
        """Have all patches waiting."""
        if self.batch is not None:
            self.left = len(self.batch)
        self.todo.append((0, self.left))

    @property
    def kind(self) -> tuple[int, ...] | None:
        """What requests have in common that can be put together; none for those that cannot."""
        return None if self.alone or self.batch is None else self.batch.shape[1:]

    def next_size(self) -> int:
        """Return how many patches wait side by side at the front."""
        first, end = self.todo[0]
        return end - first

    def take(self, most: int) -> tuple[int, int]:
        """Give out a range of at most so many patches."""
        first, end = self.todo.popleft()
        cut = min(end, first + most)
        if cut < end:
            self.todo.appendleft((cut, end))
        return first, cut


@dataclass(frozen=True)
class Part:
    """Some patches of a request, in one micro-batch."""

    request: Request
    first: int
    end: int

    @property
    def size(self) -> int:
        """Number of patches."""
        return self.end - self.first


class Queue:
    """Requests by model; bounded, and safe to be used from any thread."""

    def __init__(self, most: int, patience: float) -> None:
        """Hold nothing yet.

        Args:
            most: requests that may wait or be under way.
            patience: seconds that a micro-batch which is not full waits for company.
        """
        self._most = most
        self._patience = patience
        self._models: OrderedDict[str, deque[Request]] = OrderedDict()
        self._inside: set[Request] = set()
        self._changed = threading.Condition()
        self._closed = False

    def __len__(self) -> int:
        """Return how many requests wait or are under way."""
        return len(self._inside)

    def patches(self) -> int:
        """Return how many patches have no answer yet."""
        with self._changed:
            return sum(request.left for request in self._inside)

    def put(self, request: Request) -> None:
        """Add a request.

        Raises:
            Busy: as many wait as may.
        """
        with self._changed:
            if self._closed:
                raise Busy("The models are being shut down. Ask again in a moment.")
            if len(self._inside) >= self._most:
                raise Busy(
                    f"{len(self._inside)} requests wait for the models already, and no more may. "
                    "Ask again in a moment."
                )
            self._inside.add(request)
            self._line(request.model).append(request)
            self._changed.notify_all()

    def leave(self, request: Request) -> bool:
        """Take a request out, answered or not; return whether it was still in."""
        with self._changed:
            inside = request in self._inside
            self._inside.discard(request)
            self._forget(request)
            return inside

    def give_back(self, parts: list[Part], *, alone: bool = False) -> None:
        """Have parts wait again, before all others; of requests that left, nothing is kept."""
        with self._changed:
            for part in reversed(parts):
                request = part.request
                if request not in self._inside:
                    continue
                request.alone = request.alone or alone
                request.todo.appendleft((part.first, part.end))
                line = self._line(request.model)
                if request in line:
                    line.remove(request)
                line.appendleft(request)
            self._changed.notify_all()

    def close(self) -> list[Request]:
        """Let nobody in any more, end `next`, and return who was inside."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            return list(self._inside)

    def next(self, limit: Limit) -> list[Part] | None:
        """Wait for requests and return the parts of the next micro-batch; none once closed.

        Args:
            limit: asked for the number of patches that may go together.
        """
        with self._changed:
            while True:
                while not self._models and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return None
                name = next(iter(self._models))
                self._await_company(name, limit)
                # Whoever was first may have left meanwhile.
                if name in self._models:
                    self._models.move_to_end(name)
                    return self._parts(name, limit)

    def _await_company(self, name: str, limit: Limit) -> None:
        until = time.monotonic() + self._patience
        while name in self._models and not self._closed:
            line = self._models[name]
            kind = line[0].kind
            waiting = sum(request.next_size() for request in line if request.kind == kind)
            rest = until - time.monotonic()
            if kind is None or waiting >= limit(line[0]) or rest <= 0:
                return
            self._changed.wait(rest)

    def _parts(self, name: str, limit: Limit) -> list[Part]:
        """Give out what goes together with the first of a line, and put those served last."""
        line = self._models[name]
        first = line[0]
        if first.kind is None:
            # Work of another kind is one part whatever its size; patches are cut all the same.
            mates, room = [first], first.left if first.batch is None else limit(first)
        else:
            room = limit(first)
            mates = [request for request in line if request.kind == first.kind][:room]
        parts = []
        # The smallest first: what they leave of their share is for the larger ones.
        for served, request in enumerate(sorted(mates, key=Request.next_size)):
            begin, end = request.take(room // (len(mates) - served))
            parts.append(Part(request, begin, end))
            room -= end - begin
        for request in mates:
            line.remove(request)
            if request.todo:
                line.append(request)
        if not line:
            del self._models[name]
        return parts

    def _line(self, model: str) -> deque[Request]:
        return self._models.setdefault(model, deque())

    def _forget(self, request: Request) -> None:
        line = self._models.get(request.model)
        if line is not None and request in line:
            line.remove(request)
            if not line:
                del self._models[request.model]
