import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

from eoexplore.core.processes import end_with_parent

POOL = """
import multiprocessing, os, time
from concurrent.futures import ProcessPoolExecutor
from eoexplore.core.processes import end_with_parent
if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, end_with_parent) as pool:
        print(pool.submit(os.getpid).result(), flush=True)
        time.sleep(60)
"""


def test_workers_end_when_their_parent_is_killed(tmp_path):
    script = tmp_path / "pool.py"
    script.write_text(POOL)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    parent = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=environment
    )
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    end = time.monotonic() + 30
    while _lives(worker):
        assert time.monotonic() < end, "the worker is still there"
        time.sleep(0.02)


def test_main_process_is_left_alone():
    assert end_with_parent() is None


def _lives(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
