"""Worker processes that do not outlive the process that started them."""

import multiprocessing
import os
import threading


def end_with_parent() -> None:
    """End this process once its parent is gone; to be called first in every worker.

    A pool's workers wait on a queue that they hold open themselves, so after a kill of the parent
    they would wait, with all their memory, for ever.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()
