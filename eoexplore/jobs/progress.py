"""How far long work is: one line on the terminal, one small file that the app reads.

Library functions take a plain callable `(done, total, what)` and, where they can stop between two
chunks, a callable `cancelled()`. A `Progress` offers both and knows who is watching.
"""

import dataclasses
import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TextIO, TypeVar

from eoexplore.jobs.terminal import Pace, Terminal

T = TypeVar("T")
Report = Callable[[int, int, str], None]
State = Literal["running", "done", "failed", "cancelled", "interrupted"]

VARIABLE = "EOEXPLORE_JOB"
"""Environment variable that names the job file of a process started as a job."""
BEAT_S = 2.0
"""A running job rewrites its file at least this often, so that a killed one is noticed."""
_WRITE_S = 0.25
_TRIES = 20


class Cancelled(KeyboardInterrupt):
    """The work was asked to stop. Like Ctrl-C, no handler of ordinary errors swallows it."""


@dataclass(frozen=True)
class Job:
    """What a job file says."""

    id: str
    """Name of the job's files; sorts by start."""
    kind: str
    """What is done, such as "index"; one at a time per dataset."""
    title: str
    """What a user reads."""
    dataset: str | None = None
    """Path or slug of the dataset that is worked on."""
    state: State = "running"
    """Last known state; "interrupted" is never written, only found out by a reader."""
    done: int = 0
    """Units finished."""
    total: int = 0
    """Units in all; 0 while unknown."""
    what: str = ""
    """What is at work now."""
    started: float = 0.0
    """Seconds since 1970, UTC."""
    updated: float = 0.0
    """Seconds since 1970, UTC, of the last sign of life."""
    pid: int | None = None
    """Process that works; none until it has begun."""
    error: str | None = None
    """One sentence when the job failed."""
    seconds_left: float | None = None
    """Estimate at the last update; none while unknown."""
    rate: float | None = None
    """Units finished in a second; none while unknown."""

    @property
    def share(self) -> float | None:
        """How much is done, 0 to 1; none while the total is unknown."""
        return min(1.0, self.done / self.total) if self.total > 0 else None


def write_job(path: Path, job: Job) -> None:
    """Write a job file so that a reader sees either the old or the new one."""
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(dataclasses.asdict(job)), encoding="utf-8")
    _patiently(lambda: part.replace(path))


def read_job(path: Path) -> Job | None:
    """Read a job file; none where it is gone or not one."""
    try:
        fields = json.loads(_patiently(lambda: path.read_text(encoding="utf-8")))
        known = {field.name for field in dataclasses.fields(Job)}
        return Job(**{key: value for key, value in fields.items() if key in known})
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _patiently(act: Callable[[], T]) -> T:
    """Repeat what Windows refuses for the moment in which another process has the file open."""
    for _ in range(_TRIES):
        try:
            return act()
        except PermissionError:
            time.sleep(0.01)
    return act()


class JobFile:
    """Keeps a job's file fresh from a small thread, and watches for the request to stop."""

    def __init__(self, path: Path) -> None:
        """Take over the file that `background.start` wrote."""
        self._path = path
        self._cancel = path.with_suffix(".cancel")
        now = time.time()
        job = read_job(path) or Job(path.stem, "command", path.stem, started=now)
        self._job = dataclasses.replace(job, pid=os.getpid(), updated=now)
        self._pace = Pace()
        self._changed = threading.Event()
        self._closing = threading.Event()
        self.cancel_asked = threading.Event()
        write_job(path, self._job)
        self._thread = threading.Thread(target=self._beat, name="job-file", daemon=True)
        self._thread.start()

    def update(self, done: int, total: int, what: str) -> None:
        """Note how far the work is; the file follows within a quarter of a second."""
        left = self._pace.update(done, total)
        self._job = dataclasses.replace(
            self._job,
            done=done,
            total=total,
            what=what,
            seconds_left=left,
            rate=self._pace.rate,
        )
        self._changed.set()

    def close(self, state: State, error: str | None) -> None:
        """Write the last state."""
        self._closing.set()
        self._thread.join()
        self._job = dataclasses.replace(
            self._job, state=state, error=error, seconds_left=None, rate=None
        )
        self._write()
        self._cancel.unlink(missing_ok=True)

    def _beat(self) -> None:
        last = time.monotonic()
        while not self._closing.wait(_WRITE_S):
            if self._cancel.exists():
                self.cancel_asked.set()
            if self._changed.is_set() or time.monotonic() - last >= BEAT_S:
                self._changed.clear()
                last = time.monotonic()
                self._write()

    def _write(self) -> None:
        try:
            write_job(self._path, dataclasses.replace(self._job, updated=time.time()))
        except OSError:
            # A full disk must not end the work by way of its report; the next beat tries again.
            return


class Progress:
    """What long work reports to, and where it asks whether to go on."""

    def __init__(self, stream: TextIO | None = None, job_file: Path | None = None) -> None:
        """Name who watches: a stream for people, a job file for the app; both or none."""
        self._terminal = Terminal(stream) if stream is not None else None
        self._file = JobFile(job_file) if job_file is not None else None

    @classmethod
    def from_environment(cls, stream: TextIO | None = None) -> Self:
        """Take the job file that this process was started with, if it was started as a job."""
        # Taken out, so that no process started from here writes to the same file.
        named = os.environ.pop(VARIABLE, "")
        return cls(stream, Path(named) if named else None)

    @property
    def is_job(self) -> bool:
        """Whether this process was started as a background job."""
        return self._file is not None

    def update(self, done: int, total: int, what: str) -> None:
        """Report how far the work is; cheap enough for every chunk."""
        if self._terminal is not None:
            self._terminal.update(done, total, what)
        if self._file is not None:
            self._file.update(done, total, what)

    def step(self, done: int, total: int, what: str) -> None:
        """Report like `update`, and end work that has no question of its own whether to stop.

        Raises:
            Cancelled: somebody asked for it.
        """
        self.update(done, total, what)
        if self.cancelled():
            raise Cancelled

    def cancelled(self) -> bool:
        """Tell whether somebody asked this work to stop."""
        return self._file is not None and self._file.cancel_asked.is_set()

    def end_line(self) -> None:
        """End the line on the terminal, so that other text can follow."""
        if self._terminal is not None:
            self._terminal.end_line()

    def close(self, state: State = "done", error: str | None = None) -> None:
        """Say how it ended, once."""
        self.end_line()
        if self._file is not None:
            self._file.close(state, error)
        self._terminal = self._file = None

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close with the state that the end of the block means."""
        if error is None:
            self.close("cancelled" if self.cancelled() else "done")
        elif isinstance(error, KeyboardInterrupt):
            self.close("cancelled")
        else:
            self.close("failed", str(error) or type(error).__name__)
