"""The folder of one index, and the one way to write a file that nobody reads half-written."""

import contextlib
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from filelock import FileLock, Timeout

from eoexplore.core import settings
from eoexplore.store.versions import BUILT, FIRST_RELEASE, VERSIONS


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside the target; it takes the target's place at the end.

    A kill or a full disk leaves the target as it was, or not there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.stem}.{uuid.uuid4().hex[:8]}.partial{path.suffix}")
    try:
        yield partial
        os.replace(partial, path)  # noqa: PTH105  Path.replace hides that it is atomic
    finally:
        partial.unlink(missing_ok=True)


_TABLES = {"areas": "chunks", "spectra": "spectra", "components": "components"}
"""Folders of the groups that are tables; the others are mosaics."""
FileStamp = tuple[int, int, int]


def file_stamp(path: Path) -> FileStamp:
    """Return what changes when a file is replaced; zeros while there is none.

    The time alone would not do: clocks of file systems tick every few milliseconds.
    """
    try:
        status = path.stat()
    except OSError:
        return 0, 0, 0
    return status.st_mtime_ns, status.st_ino, status.st_size


@dataclass(frozen=True)
class BuildState:
    """How far an index is built; a part is what one group keeps of one product."""

    done: int = 0
    """Finished parts."""
    total: int = 0
    """All parts; 0 before the first build has begun, and where there is nothing to read."""
    complete: bool = False
    """Whether all groups of this release are there for all products, and joined."""
    finished: int = 0
    """When it was last complete, in milliseconds since 1970, UTC; tells one build from the next."""
    groups: Mapping[str, int] = field(default_factory=dict)
    """Versions of the groups that are there for all products; older ones too."""

    def has(self, *groups: str) -> bool:
        """Tell whether groups are there for all products, in this or an older version."""
        return self.complete or all(name in self.groups for name in groups)


def _is_complete(stored: BuildState) -> bool:
    """Tell whether what was complete when it was stored still is: a release may add groups."""
    if not stored.total:
        return stored.complete
    return stored.complete and all(stored.groups.get(name) == VERSIONS[name] for name in BUILT)


def _take(path: Path, target: Path) -> None:
    """Give a file a second name; where that cannot be, a new one. Parts are never written into."""
    try:
        target.hardlink_to(path)
    except OSError:
        with contextlib.suppress(OSError):
            path.replace(target)


class IndexFolder:
    """Names of everything in an index folder."""

    def __init__(self, path: Path) -> None:
        """Keep the folder; it need not exist yet."""
        self.path = path

    @classmethod
    def of(cls, fingerprint: str, path: Path | str) -> "IndexFolder":
        """Return the index folder of one copy of a dataset in the user's cache.

        The fingerprint tells what the dataset is; where it lies tells the copy, for another copy
        of the same patches may have damaged files.
        """
        place = hashlib.sha256(str(Path(path).resolve()).encode()).hexdigest()[:8]
        return cls(settings.cache_folder() / "index" / f"{fingerprint}-{place}")

    @property
    def samples(self) -> Path:
        """The sample table."""
        return self.path / "samples.parquet"

    @property
    def spectra_summary(self) -> Path:
        """Spectra of the classes."""
        return self.path / "spectra_summary.parquet"

    @property
    def spectra_pixels(self) -> Path:
        """A sample of the dataset's pixels in all bands."""
        return self.path / "spectra_pixels.parquet"

    @property
    def spectra_classes(self) -> Path:
        """Pixels of each class in each season, in all bands."""
        return self.path / "spectra_classes.parquet"

    @property
    def spectra_samples(self) -> Path:
        """Mean of every band over each sample, in the order of the sample table."""
        return self.path / "spectra_samples.parquet"

    @property
    def spectra(self) -> tuple[Path, ...]:
        """What is joined from the tables of the group `spectra`."""
        by_place = self.spectra_classes, self.spectra_samples
        return self.spectra_summary, self.spectra_pixels, *by_place

    @property
    def components(self) -> Path:
        """Connected spots of the label maps."""
        return self.path / "components.parquet"

    @property
    def lock(self) -> Path:
        """Held by the one process that builds."""
        return self.path / "build.lock"

    @property
    def contents(self) -> Path:
        """What the parts were made from."""
        return self.path / "contents"

    @property
    def runs(self) -> Path:
        """Where a build and its workers talk to each other."""
        return self.path / "run"

    def mosaic_path(self, group: str, product: str) -> Path:
        """Return where a packed mosaic lies, whether or not it is there."""
        return self.path / "mosaics" / group / f"{product}.tif"

    def mosaic(self, group: str, product: str) -> Path | None:
        """Return a packed mosaic, or none while it is not built."""
        path = self.mosaic_path(group, product)
        return path if path.is_file() else None

    def part(self, group: str, product: str) -> Path:
        """Return what a group keeps of a product, whether or not it is there."""
        if group in _TABLES:
            return self.path / _TABLES[group] / f"{product}.parquet"
        return self.mosaic_path(group, product)

    def state(self) -> BuildState:
        """Return how far the index is built."""
        try:
            stored = json.loads(self._state_file.read_text(encoding="utf-8"))
            if stored.get("complete"):
                stored.setdefault("groups", FIRST_RELEASE)
            state = BuildState(**stored)
            complete = _is_complete(state) and not self._lacks_spectra
            return replace(state, groups=dict(state.groups), complete=complete)
        except (OSError, ValueError, TypeError, AttributeError):
            return BuildState()

    @property
    def _lacks_spectra(self) -> bool:
        """Whether a release that joined fewer files has built it: a build joins them, quickly."""
        return self.spectra_summary.is_file() and not all(map(Path.is_file, self.spectra))

    def write_state(self, state: BuildState) -> None:
        """Store how far the index is built; a complete one has all groups of this release."""
        if state.complete:
            state = replace(state, groups=dict(VERSIONS))
        with atomic(self._state_file) as partial:
            partial.write_text(json.dumps(asdict(state)), encoding="utf-8")

    def discard(self) -> None:
        """Throw away what was read out of files, so that the next build reads them again."""
        if self.path.is_dir():
            # First of all, so that a kill in between leaves nothing that says it is complete.
            self.write_state(BuildState())
        for name in (*_TABLES.values(), "mosaics", "contents"):
            shutil.rmtree(self.path / name, ignore_errors=True)
        for file in (*self.spectra, self.components):
            file.unlink(missing_ok=True)

    def earlier(self) -> list[Path]:
        """Return the folders of the same copy as it was before, the latest first."""
        place = self.path.name.rpartition("-")[2]
        found = [path for path in self.path.parent.glob(f"*-{place}") if path != self.path]
        return sorted(found, key=lambda path: file_stamp(path / "build.json"), reverse=True)

    def take_over(self, earlier: Path) -> None:
        """Take the parts of an earlier folder of this copy, which goes on to have them."""
        for name in (*_TABLES.values(), "mosaics", "contents", "passed"):
            for path in (earlier / name).rglob("*.*"):
                target = self.path / path.relative_to(earlier)
                if path.is_file() and "partial" not in path.name and not target.exists():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    _take(path, target)
        old = IndexFolder(earlier)
        # The others name rows of the sample table, which is another one here.
        for name in ("spectra_summary", "spectra_pixels"):
            path, target = getattr(old, name), getattr(self, name)
            if path.is_file() and not target.exists():
                _take(path, target)

    def remove_earlier(self) -> None:
        """Remove what this folder has taken over; not while somebody else builds there."""
        for path in self.earlier():
            try:
                with FileLock(IndexFolder(path).lock, timeout=0):
                    # All but the lock itself, which some systems do not remove while it is held.
                    for item in path.iterdir():
                        if item.is_dir():
                            shutil.rmtree(item, ignore_errors=True)
                        elif item.name != IndexFolder(path).lock.name:
                            item.unlink(missing_ok=True)
            except (Timeout, OSError):
                continue
            shutil.rmtree(path, ignore_errors=True)

    def size(self) -> int:
        """Return the bytes of all files in the folder."""
        files = self.path.rglob("*") if self.path.is_dir() else ()
        return sum(file.stat().st_size for file in files if file.is_file())

    @property
    def _state_file(self) -> Path:
        return self.path / "build.json"
