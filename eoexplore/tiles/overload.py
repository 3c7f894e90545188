"""Bounds how much is drawn at once and how much may wait for it."""

import asyncio
import threading
import weakref
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class Busy(Exception):
    """The queue is full."""


class Lane:
    """Threads of its own for one kind of request, and a bounded queue before them.

    The threads live on, so that what GDAL and PROJ set up per thread is set up once.
    """

    def __init__(self, name: str, workers: int, waiting: int) -> None:
        """Start nothing yet; threads come with the first requests."""
        self._workers = workers
        self._limit = workers + waiting
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=f"eoexplore-{name}")
        self._inside = 0
        self._lock = threading.Lock()
        # A gate belongs to one event loop; a test client starts a new loop per request.
        self._gates: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = (
            weakref.WeakKeyDictionary()
        )

    async def run(self, work: Callable[[], T], gone: Callable[[], Awaitable[bool]]) -> T | None:
        """Run work in one of the threads.

        Args:
            work: what to do.
            gone: asked when the turn has come; if the client has left, nothing is done.

        Returns:
            What the work returns, or none for a client that has left.

        Raises:
            Busy: as many requests as may wait are waiting already.
        """
        self._enter()
        try:
            async with self._gate():
                if await gone():
                    return None
                return await asyncio.wrap_future(self._pool.submit(work))
        finally:
            self._leave()

    def _gate(self) -> asyncio.Semaphore:
        loop = asyncio.get_running_loop()
        if loop not in self._gates:
            self._gates[loop] = asyncio.Semaphore(self._workers)
        return self._gates[loop]

    def _enter(self) -> None:
        with self._lock:
            if self._inside >= self._limit:
                raise Busy
            self._inside += 1

    def _leave(self) -> None:
        with self._lock:
            self._inside -= 1
