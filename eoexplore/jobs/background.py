"""Commands as background jobs: started once, listed, cancelled, and found again after a kill.

A job is an own process, so that neither a page's rerun nor the app's end stops it, and a folder of
small files is all that is shared: `<id>.json` (how far), `<id>.log` (what it printed) and
`<id>.cancel` (the request to stop).
"""

import contextlib
import dataclasses
import os
import re
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
from filelock import FileLock

from eoexplore.core import settings
from eoexplore.core.errors import JobError, UnknownName
from eoexplore.jobs.progress import VARIABLE, Job, read_job, write_job

PROGRAM = (sys.executable, "-m", "eoexplore")
"""What a job's arguments are given to."""
SILENT_S = 15.0
"""A job without a sign of life for so long counts as interrupted."""
GRACE_S = 0.8
"""A job that is asked to stop gets so long to do it by itself; what it finished is kept anyway."""
KEEP = 50
"""Ended jobs that stay listed."""
_ID = re.compile(r"\d{8}T\d{6}\d{6}-[a-z0-9-]{1,40}-[0-9a-f]{6}")
_children: dict[str, subprocess.Popen[bytes]] = {}


def folder() -> Path:
    """Return the folder of job files; the first start makes it."""
    return settings.cache_folder() / "jobs"


def start(
    kind: str,
    title: str,
    args: list[str],
    dataset: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> Job:
    """Run a command in the background.

    Args:
        kind: what is done, such as "index".
        title: what a user reads.
        args: arguments of the command line, such as ["index", path].
        dataset: path or slug of the dataset; at most one job per kind and dataset runs.
        environment: variables that the process gets; those of this one when none.

    Returns:
        The new job, or the one of this kind and dataset that is running already.

    Raises:
        JobError: the process or its files cannot be made.
    """
    try:
        folder().mkdir(parents=True, exist_ok=True)
        with FileLock(folder() / "start.lock", timeout=30):
            listed = jobs()
            for job in listed:
                if job.state == "running" and (job.kind, job.dataset) == (kind, dataset):
                    return job
            _prune(listed)
            given = os.environ if environment is None else environment
            return _launch(kind, title, args, dataset, given)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise JobError(
            f"The job {title!r} cannot be started: {reason}. "
            "See that the cache folder can be written to and that its disk has room."
        ) from error


def jobs() -> list[Job]:
    """Return the known jobs, newest first."""
    found = [read_job(path) for path in folder().glob("*.json")]
    listed = [_as_it_is(job) for job in found if job is not None and _ID.fullmatch(job.id)]
    return sorted(listed, key=lambda job: job.id, reverse=True)


def job(job_id: str) -> Job:
    """Return one job.

    Raises:
        UnknownName: no job has this id.
    """
    found = read_job(_path(job_id))
    if found is None:
        raise UnknownName("No job has this id; it may have been cleared from the list.")
    return _as_it_is(found)


def cancel(job_id: str, grace_s: float = GRACE_S) -> None:
    """Ask a job to stop at its next chunk, and end it by force after a grace period.

    Raises:
        UnknownName: no job has this id.
    """
    if job(job_id).state != "running":
        return
    _path(job_id).with_suffix(".cancel").touch()
    timer = threading.Timer(grace_s, _end, (job_id,))
    timer.daemon = True
    timer.start()


def log_tail(job_id: str, lines: int = 40) -> str:
    """Return the last lines that a job printed.

    Raises:
        UnknownName: no job has this id.
    """
    path = _path(job_id).with_suffix(".log")
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - 64_000))
            text = log.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def _path(job_id: str) -> Path:
    if not _ID.fullmatch(job_id):
        raise UnknownName("No job has this id; it may have been cleared from the list.")
    return folder() / f"{job_id}.json"


def _launch(
    kind: str, title: str, args: list[str], dataset: str | None, environment: Mapping[str, str]
) -> Job:
    now = time.time()
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now)) + f"{int(now % 1 * 1e6):06d}"
    slug = re.sub(r"[^a-z0-9]+", "-", kind.lower()).strip("-")[:40] or "job"
    made = Job(
        f"{stamp}-{slug}-{secrets.token_hex(3)}",
        kind,
        title,
        dataset,
        what="starting",
        started=now,
        updated=now,
    )
    path = folder() / f"{made.id}.json"
    write_job(path, made)
    try:
        with path.with_suffix(".log").open("wb") as log:
            _children[made.id] = subprocess.Popen(
                [*PROGRAM, *args],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(path, environment),
                **_detached(),
            )
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return made


def _environment(path: Path, given: Mapping[str, str]) -> dict[str, str]:
    package = Path(__file__).resolve().parents[2]
    known = given.get("PYTHONPATH")
    search = os.pathsep.join([str(package), *([known] if known else [])])
    return {
        **given,
        VARIABLE: str(path.resolve()),
        "PYTHONPATH": search,
        # Modules of whatever folder the app was started in must not stand in for ours.
        "PYTHONSAFEPATH": "1",
        "PYTHONIOENCODING": "utf-8",
    }


def _detached() -> dict[str, Any]:
    """Return what keeps the terminal's Ctrl-C, meant for the app, away from the job."""
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        return {"creationflags": flags}
    return {"start_new_session": True}


def _as_it_is(job: Job) -> Job:
    """Return a job as it stands: one that says "running" may have been killed since."""
    child = _children.get(job.id)
    # Asking a child of this process also reaps it; unreaped it would look alive for ever.
    ended = child is not None and child.poll() is not None
    if job.state != "running" or (not ended and _alive(job)):
        return job
    # The process may have written its last word between the two looks.
    latest = read_job(folder() / f"{job.id}.json") or job
    if latest.state != "running":
        return latest
    asked = (folder() / f"{job.id}.cancel").exists()
    return dataclasses.replace(
        latest, state="cancelled" if asked else "interrupted", seconds_left=None, rate=None
    )


def _alive(job: Job) -> bool:
    if time.time() - job.updated > SILENT_S:
        return False
    if job.pid is None:
        return True
    try:
        return psutil.Process(job.pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def _end(job_id: str) -> None:
    """End a job that did not stop when asked, with the worker processes it started."""
    found = read_job(_path(job_id))
    if found is None or found.pid is None or _as_it_is(found).state != "running":
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(found.pid)
        # At once, not asked again: Dask's processes would first wait for their work.
        for member in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                member.kill()


def _prune(listed: list[Job]) -> None:
    ended = [job for job in listed if job.state != "running"]
    for job in ended[KEEP:]:
        _children.pop(job.id, None)
        for path in folder().glob(f"{job.id}.*"):
            path.unlink(missing_ok=True)
