"""One run of a build as its workers see it: a small folder that is there while they are to work.

Workers may be on other machines and share nothing but the index folder. In this one they say how
far they are; when it goes, they stop before the next patch. A build that was killed cannot remove
its folder, so the next build does: workers that a cluster has kept busy stop then.
"""

import shutil
import time
import uuid
from pathlib import Path

_SAY_S = 1.0


class Run:
    """The folder of one run."""

    def __init__(self, path: Path) -> None:
        """Keep the folder; it need not be there."""
        self.path = path

    @classmethod
    def begin(cls, parent: Path) -> "Run":
        """Make a folder of this run, and remove those of all earlier ones."""
        shutil.rmtree(parent, ignore_errors=True)
        run = cls(parent / uuid.uuid4().hex[:12])
        run.path.mkdir(parents=True)
        return run

    def end(self) -> None:
        """Remove it."""
        shutil.rmtree(self.path.parent, ignore_errors=True)

    def counts(self, names: list[str]) -> int:
        """Return how many patches are read of some products that are at work."""
        return sum(self._count(name) for name in names)

    def _count(self, name: str) -> int:
        try:
            return int((self.path / name).read_bytes())
        except (OSError, ValueError):
            # Not begun, or caught while it was written.
            return 0


class Worker:
    """How a worker tells its run where it is, and hears that it is over."""

    def __init__(self, run: Run, name: str) -> None:
        """Keep the run and the name of the product."""
        self._folder, self._file = run.path, run.path / name
        self._said = time.monotonic()

    def goes_on(self, count: int) -> bool:
        """Tell whether to read another patch, after so many."""
        now = time.monotonic()
        if now - self._said < _SAY_S:
            return self._folder.is_dir()
        self._said = now
        try:
            # Asks the file server too, which may be slow to tell that a folder is gone.
            self._file.write_bytes(b"%d" % count)
        except OSError:
            return self._folder.is_dir()
        return True
