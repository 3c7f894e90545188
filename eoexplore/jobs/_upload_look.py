"""Has a process of its own look at an uploaded file, and ends it when it takes too much."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from eoexplore.core.errors import UploadError

TIME_S = 10.0
"""How long the process may look at a file."""
MEMORY_BYTES = 900_000_000
"""Resident memory at which it is ended."""
_PROGRAM = ("-m", "eoexplore.jobs._upload_process")
_MOST_SAID = 1_000_000
_SLOTS = threading.BoundedSemaphore(2)
_WAIT_S = 20.0
_ORDERS = ("GDAL_", "CPL_", "OGR_", "PROJ_", "VSI", "AWS_", "AZURE_", "GS_", "OSS_", "SWIFT_")
"""What names of variables begin with that GDAL and PROJ take orders or keys from."""
_TOO_MUCH = "The file takes too much time or memory to open. Save it anew, in tiles, or cut it."


def look(path: Path) -> dict[str, Any]:
    """Return what another process finds in a file, as it says it.

    Raises:
        UploadError: it cannot be opened, or not within the limits.
    """
    if not _SLOTS.acquire(timeout=_WAIT_S):
        raise UploadError("Many files are being looked at just now. Try again in a minute.")
    try:
        said = _said(path)
    finally:
        _SLOTS.release()
    try:
        found = json.loads(said)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return {"refused": "damaged"}
    return found


def _said(path: Path) -> bytes:
    """Return what the process prints, and end it when it takes too much."""
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    with subprocess.Popen(
        [sys.executable, *_PROGRAM, str(path.resolve())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        creationflags=flags,
    ) as process:
        over = threading.Event()
        watch = threading.Thread(target=_watch, args=(process, over), daemon=True)
        watch.start()
        try:
            assert process.stdout is not None
            said = process.stdout.read(_MOST_SAID)
        finally:
            # It has said all that it may; one that goes on prints what nobody wants.
            process.kill()
            process.wait()
            watch.join()
    if over.is_set():
        raise UploadError(_TOO_MUCH)
    return said


def without_orders() -> dict[str, str]:
    """Return the variables of this process but those that command GDAL and PROJ, or open clouds."""
    return {name: text for name, text in os.environ.items() if not name.startswith(_ORDERS)}


def _environment() -> dict[str, str]:
    package = Path(__file__).resolve().parents[2]
    kept = {
        name: text for name, text in without_orders().items() if not name.startswith("EOEXPLORE_")
    }
    own = {
        "GDAL_SKIP": "VRT",
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "GDAL_PAM_ENABLED": "NO",
        "GDAL_CACHEMAX": "64",
        "PROJ_NETWORK": "OFF",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONSAFEPATH": "1",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONPATH": os.pathsep.join(
            [str(package), *filter(None, [os.environ.get("PYTHONPATH")])]
        ),
    }
    return kept | own


def _watch(process: subprocess.Popen[bytes], over: threading.Event) -> None:
    """End a process that takes too long or too much memory, on every system."""
    end = time.monotonic() + TIME_S
    while process.poll() is None:
        try:
            heavy = psutil.Process(process.pid).memory_info().rss > MEMORY_BYTES
        except psutil.Error:
            heavy = False
        if heavy or time.monotonic() > end:
            over.set()
            process.kill()
            return
        time.sleep(0.02)
