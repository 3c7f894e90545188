"""Where a job's work is done: processes of this machine, or the workers of a running Dask cluster.

Both are reached through one client, so there is one way to hand out work. Dask runs what it is sent
without asking who sent it: an address comes from the command line or a setting, never from a page,
and processes started here listen to this machine only.
"""

import contextlib
import logging
import os
import platform
import re
import socket
import struct
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eoexplore import __version__
from eoexplore.core.errors import JobError
from eoexplore.store.versions import VERSIONS

if TYPE_CHECKING:
    from distributed import Client

HOST = "127.0.0.1"
_ADDRESS = re.compile(r"(tcp|tls)://(\[[0-9a-fA-F:]+\]|[^\s/:@?#\[\]]+):\d{1,5}/?")
_CONNECT_S = 10.0
_WORKERS_S = 10.0
_ASK_S = 15.0
_LOOK_EVERY_S = 5.0
_GDAL_MB = "64"
"""Each file is read and written once: more memory for blocks, 5 % of the machine's, has no use."""
_GREETING = 100_000
"""Bytes that the first message of a scheduler has at most; it has some hundred."""
_ALONE_S = 60.0
"""A cluster that has had no worker for so long has lost them for good."""
_SAME = ("dask", "distributed", "msgpack")
"""Packages whose versions have to agree: they speak with each other."""
_QUIET: dict[str, object] = {
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.multiprocessing-method": "spawn",
    # Dask would have workers give back memory after each array: a fifth of the processor time.
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.limit": "1h",
}


@dataclass(frozen=True)
class Seen:
    """What a worker says of itself before it is given work."""

    version: str
    """Version of EOExplore."""
    groups: dict[str, int]
    """Versions of the groups it would write."""
    folders: tuple[bool, ...]
    """Whether each folder that it needs is there."""
    strict: bool
    """Whether GDAL was started without the driver for VRT files, which can name any other file."""


def look(folders: tuple[str, ...]) -> Seen:
    """Run by a worker: tell whether it can do the work."""
    import rasterio

    with rasterio.Env() as environment:
        strict = "VRT" not in environment.drivers()
    # Not Path.is_dir: a folder that may not be looked at is not seen either.
    there = tuple(os.path.isdir(folder) or os.path.isfile(folder) for folder in folders)  # noqa: PTH112, PTH113
    return Seen(__version__, dict(VERSIONS), there, strict)


class Cluster:
    """Workers that take pieces of work."""

    def __init__(self, client: "Client", address: str | None) -> None:
        """Keep a connected client; the address of a scheduler that was not started here."""
        self._client, self._address = client, address
        # The same work sent twice is done twice: a result of an earlier build says nothing.
        self._pool = client.get_executor(pure=False)
        self._looked = self._peopled = time.monotonic()

    def submit(self, work: Callable[..., Any], *arguments: object) -> Future[Any]:
        """Hand out one piece of work."""
        future: Future[Any] = self._pool.submit(work, *arguments)
        return future

    def check(self) -> None:
        """See that the scheduler and its workers are still there; cheap enough to ask often.

        Raises:
            JobError: they are gone.
        """
        now = time.monotonic()
        if self._address is None or now - self._looked < _LOOK_EVERY_S:
            return
        self._looked = now
        if self._client.status != "running":
            raise self.lost()
        try:
            count = _workers(self._client)
        except (OSError, TimeoutError) as error:
            raise self.lost() from error
        self._peopled = now if count else self._peopled
        if now - self._peopled > _ALONE_S:
            raise JobError(
                f"The scheduler at {self._address} has lost all its workers. Start some with "
                f"`dask worker {self._address}`, and start again: finished parts are kept."
            )

    @property
    def killed(self) -> type[Exception]:
        """The error of work whose process was ended, at every try."""
        from distributed import KilledWorker

        found: type[Exception] = KilledWorker
        return found

    def lost(self) -> JobError:
        """Return what to say when the scheduler is gone."""
        where = f"The scheduler at {self._address}" if self._address else "The local scheduler"
        return JobError(
            f"{where} does not answer any more. Start again when it does: finished parts are kept."
        )


@contextlib.contextmanager
def connect(workers: int, scheduler: str | None, folders: tuple[Path, ...]) -> Iterator[Cluster]:
    """Start processes, or connect to a running cluster; both end, or are left, with the block.

    Args:
        workers: processes to start where no scheduler is given.
        scheduler: address of a running one, such as "tcp://host:8786".
        folders: files and folders that the workers must see under the same names.

    Raises:
        JobError: no such scheduler, no workers, or workers that cannot do the work.
    """
    if scheduler is not None and not _ADDRESS.fullmatch(scheduler):
        raise JobError(
            f"A scheduler's address looks like tcp://host:8786, which {scheduler[:80]!r} does not. "
            "Correct --scheduler (or EOEXPLORE_SCHEDULER), or leave it out to work on this machine."
        )
    import dask
    import distributed  # noqa: F401  its own settings have to be there before they are overruled

    with contextlib.ExitStack() as stack:
        stack.enter_context(_silence())
        stack.enter_context(dask.config.set(_QUIET))
        if scheduler is None:
            client = stack.enter_context(_own(workers))
        else:
            client = stack.enter_context(_running(scheduler))
            _check(client, scheduler, folders)
        yield Cluster(client, scheduler)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep Dask's remarks on its own affairs away from the user's terminal."""
    logger = logging.getLogger("distributed")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="distributed")
            yield
    finally:
        logger.setLevel(level)


@contextlib.contextmanager
def _own(workers: int) -> Iterator["Client"]:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host=HOST,
            # Memory is looked at before the start; a worker that is ended in the middle helps none.
            memory_limit=0,
            silence_logs=logging.CRITICAL + 1,
            dashboard_address=None,
            env={"GDAL_CACHEMAX": os.environ.get("GDAL_CACHEMAX", _GDAL_MB)},
            scheduler_kwargs={"dashboard_address": f"{HOST}:0"},
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


@contextlib.contextmanager
def _running(address: str) -> Iterator["Client"]:
    from distributed import Client

    try:
        _greeted(address)
        client = Client(address, timeout=_CONNECT_S, set_as_default=False, name="eoexplore")
    except (OSError, TimeoutError, ValueError, TypeError, ImportError, RuntimeError) as error:
        raise JobError(
            f"No Dask scheduler answers at {address}. Start one with `dask scheduler`, or leave "
            "--scheduler (EOEXPLORE_SCHEDULER) out to work on this machine."
        ) from error
    with client:
        yield client


def _greeted(address: str) -> None:
    """See that what listens at an address greets as Dask does: a client would wait for ever.

    Raises:
        OSError: nobody listens there, or somebody else.
    """
    kind, _, place = address.rstrip("/").partition("://")
    host, _, port = place.rpartition(":")
    try:
        found = socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_S)
    except (OverflowError, UnicodeError) as error:
        raise OSError(str(error)) from error
    with found:
        if kind == "tcp":
            # The length of its first message comes first.
            length = found.recv(8, socket.MSG_WAITALL)
            if len(length) < 8 or struct.unpack("<Q", length)[0] > _GREETING:
                raise OSError("It is no Dask scheduler.")


def _workers(client: "Client") -> int:
    """Ask the scheduler how many workers it has."""
    found: dict[str, Any] = client.sync(
        client.scheduler.identity, n_workers=-1, callback_timeout=_ASK_S
    )
    return len(found["workers"])


def _check(client: "Client", address: str, folders: tuple[Path, ...]) -> None:
    """See that a cluster can do the work.

    Raises:
        JobError: it cannot; says why.
    """
    try:
        client.wait_for_workers(1, timeout=_WORKERS_S)
    except TimeoutError as error:
        raise JobError(
            f"The scheduler at {address} has no workers. Start some with `dask worker {address}` "
            "where EOExplore is installed and the folders are seen."
        ) from error
    try:
        _check_versions(client.get_versions())
        found = client.run(look, tuple(map(str, folders)), on_error="return")
    except (OSError, TimeoutError) as error:
        raise JobError(
            f"The scheduler at {address} stopped answering before the work began. See that it and "
            "its workers run, and start again."
        ) from error
    for worker, said in sorted(found.items()):
        _check_worker(worker, said, folders)


def _check_versions(found: dict[str, Any]) -> None:
    mine = found["client"]["packages"]
    places = {"scheduler": found["scheduler"], **found["workers"]}
    for place, said in places.items():
        theirs = said["packages"]
        python = ".".join(theirs["python"].split(".")[:2])
        own = ".".join(platform.python_version_tuple()[:2])
        names = {"Python": (python, own), **{name: (theirs[name], mine[name]) for name in _SAME}}
        for name, (there, here) in names.items():
            if there != here:
                where = "The scheduler" if place == "scheduler" else f"The worker {place}"
                raise JobError(
                    f"{where} has {name} {there} and this command {here}; they have to agree. "
                    "Install the same versions on both sides (requirements.txt)."
                )


def _check_worker(worker: str, said: object, folders: tuple[Path, ...]) -> None:
    if not isinstance(said, Seen):
        raise JobError(
            f"The worker {worker} cannot run EOExplore ({type(said).__name__}: {said}). Install "
            f"EOExplore {__version__} in the environment in which `dask worker` is started."
        )
    if (said.version, said.groups) != (__version__, dict(VERSIONS)):
        raise JobError(
            f"The worker {worker} has another release of EOExplore ({said.version}) than this "
            f"command ({__version__}). Install the same on both sides."
        )
    for folder, there in zip(folders, said.folders, strict=True):
        if not there:
            raise JobError(
                f"The worker {worker} does not see {folder}. All workers need the folders of the "
                "dataset and of the cache (EOEXPLORE_CACHE) under the same names as here."
            )
    if not said.strict:
        raise JobError(
            f"GDAL was started with VRT files on the worker {worker}, which can name any other "
            "file. Start it with GDAL_SKIP=VRT in its environment."
        )
