"""What several test processes need, made by one of them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder that the first of this run's processes to ask for it has filled.

    Nobody may write into it afterwards: the other processes read the same files.
    """
    base = factory.getbasetemp()
    # Each process of xdist has a folder of its own in that of the run.
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, done = base / "once" / name, base / "once" / f"{name}.done"
    folder.parent.mkdir(exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        if not done.exists():
            make(folder)
            done.touch()
    return folder
