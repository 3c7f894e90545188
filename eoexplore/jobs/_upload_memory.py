"""A bound for the memory of a process that predicts an upload: it looks at itself.

A limit of the system counts what is reserved, and torch and CUDA reserve far more than they use.
"""

import os
import threading
import time
from collections.abc import Callable

import psutil

_EVERY_S = 0.05


def watch(limit: int, end: Callable[[str], None]) -> None:
    """Watch this process from a thread of its own, and end it when it takes too much memory.

    Args:
        limit: resident bytes.
        end: told a sentence, right before the process ends with status 1.
    """
    threading.Thread(target=_watch, args=(limit, end), name="memory", daemon=True).start()


def _watch(limit: int, end: Callable[[str], None]) -> None:
    own = psutil.Process()
    while own.memory_info().rss <= limit:
        time.sleep(_EVERY_S)
    try:
        end(
            f"The prediction takes more than {limit / 1e6:,.0f} MB of memory, so it was ended. "
            "Cut the file to a smaller area, choose a smaller model, or use "
            "`python -m eoexplore predict-file` on the machine where the file lies."
        )
    finally:
        os._exit(1)
