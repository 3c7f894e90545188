"""Work in pieces, handed out to processes, followed to its end, and withdrawn when it is stopped.

Each piece leaves a file of its own, so that whatever ends the work does no harm to what is done.
"""

import contextlib
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from eoexplore.core import settings
from eoexplore.core.errors import JobError
from eoexplore.jobs import cluster
from eoexplore.jobs.cluster import Cluster
from eoexplore.jobs.progress import Cancelled
from eoexplore.jobs.run import Run

_POLL_S = 0.2
T = TypeVar("T")


@dataclass(frozen=True)
class Hands:
    """Who does the work."""

    workers: int | None = None
    """Processes to start, where no scheduler is given; whoever has the work decides when none."""
    scheduler: str | None = None
    """Address of a running Dask scheduler."""

    def or_setting(self) -> "Hands":
        """Return what was asked for, else the scheduler that the settings name."""
        if self.workers is None and self.scheduler is None:
            return Hands(None, settings.value("EOEXPLORE_SCHEDULER") or None)
        return self


@dataclass(frozen=True)
class Words:
    """What a user reads when the work cannot go on."""

    killed: str
    """Processes that worked were ended."""
    superseded: str
    """The same work was begun again elsewhere."""


@dataclass(frozen=True)
class Task(Generic[T]):
    """What is done with each piece."""

    make: Callable[[T, Run], bool]
    """Does a piece; false where the run was over before. It is sent to other processes."""
    name: Callable[[T], str]
    """Under which a piece says how far it is."""
    runs: Path
    """Folder of the run."""
    seen: tuple[Path, ...]
    """Files and folders that all processes must see under the same names."""
    words: Words
    """What a user reads when it cannot go on."""


def each(
    task: Task[T], pieces: Sequence[T], hands: Hands, cancelled: Callable[[], bool]
) -> Generator[tuple[list[T], int]]:
    """Do the pieces; yield those that are done, and how many samples of others are, often.

    Args:
        task: what is done with each.
        pieces: the work.
        hands: who does it; one process of this machine where nothing is said.
        cancelled: asked five times a second; true ends it.

    Raises:
        JobError: a process was ended, the scheduler is gone, or the work began again elsewhere.
        Cancelled: `cancelled` said so.
    """
    if not pieces:
        return
    run = Run.begin(task.runs)
    try:
        with cluster.connect(hands.workers or 1, hands.scheduler, (*task.seen, run.path)) as pool:
            works = {pool.submit(task.make, piece, run): piece for piece in pieces}
            with contextlib.closing(_finished(works, pool, run, cancelled)) as looks:
                for done, pending in looks:
                    for future in done:
                        _take(future, pool, task.words)
                    names = [task.name(works[future]) for future in pending]
                    yield [works[future] for future in done], run.counts(names)
    finally:
        run.end()


Futures = set[Future[bool]]


def _finished(
    works: Mapping[Future[bool], object], pool: Cluster, run: Run, cancelled: Callable[[], bool]
) -> Generator[tuple[Futures, Futures]]:
    """Yield what has been finished since the last look, and what has not."""
    pending = set(works)
    try:
        while pending:
            done, pending = wait(pending, _POLL_S, FIRST_COMPLETED)
            if cancelled():
                raise Cancelled
            yield done, pending
            pool.check()
    finally:
        # First of all: what is at work on a cluster stops before its next sample.
        run.end()
        for future in pending:
            future.cancel()


def _take(future: Future[bool], pool: Cluster, words: Words) -> None:
    """Raise what went wrong with a piece."""
    try:
        made = future.result()
    except CancelledError as error:
        raise pool.lost() from error
    except pool.killed as error:
        raise JobError(words.killed) from error
    if not made:
        raise JobError(words.superseded)
