"""The datasets this installation knows, and the one way to open one by its slug."""

import functools
import json
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import filelock
import pandas as pd

from eoexplore import datasets
from eoexplore.core import settings
from eoexplore.core.errors import UnknownName
from eoexplore.core.memory import SMALL_BYTES, ByteCache
from eoexplore.core.types import Dataset, Health, Problem
from eoexplore.store import base, prediction_columns
from eoexplore.store import samples as sample_table
from eoexplore.store.folder import BuildState, FileStamp, IndexFolder, atomic, file_stamp
from eoexplore.store.mosaic import GROUPS
from eoexplore.store.samples import Samples
from eoexplore.store.versions import VERSIONS

_KEPT = 8
_TABLES_BYTES = 1_000_000_000
_TIMES = 4
"""So often its own bytes a table counts: columns that follow from it, and the caches beside it."""


@dataclass(frozen=True)
class Entry:
    """One known dataset."""

    slug: str
    """Name in URLs."""
    path: str
    """Absolute path of the folder."""
    name: str
    """Reader."""
    title: str
    """What a user reads."""
    layout: str
    """Layout that was found."""
    synthetic: bool
    """Whether the pixels are made up."""
    samples: int
    """Number of samples."""
    stamp: str
    """Changes when files of the dataset are added or replaced."""
    fingerprint: str
    """Stands for the content; names the index folder."""
    added: float
    """Seconds since 1970, UTC."""


@dataclass(frozen=True)
class Opened:
    """A dataset together with its index."""

    slug: str
    """Name in URLs."""
    dataset: Dataset
    """The reader."""
    samples: Samples
    """The sample table."""
    folder: IndexFolder
    """Where the index lies."""
    fingerprint: str
    """Stands for the content of the dataset."""
    state: BuildState
    """How far the index was built when this was opened."""

    @property
    def version(self) -> str:
        """Return the text that tile URLs carry as `v`; it changes whenever a tile may change."""
        state = self.state
        text = f"{self.fingerprint}-{state.finished:x}"
        return text if state.complete else f"{text}-{state.done:x}"

    @property
    def pictured(self) -> bool:
        """Whether the main mosaics of all products are there, of this or an older release."""
        return self.state.has("optical", "sar", "reference_map")

    def health(self) -> Health:
        """Return the dataset's health, with what the index found when it read every file."""
        health = self.dataset.health()
        if not self.samples.looked_through:
            return health
        return replace(
            health,
            problems=(*unreadable(self.samples, self.dataset), *health.problems),
            checked="every file",
        )


def unreadable(samples: Samples, dataset: Dataset) -> tuple[Problem, ...]:
    """Return one problem per layer in which the index met files that cannot be read."""
    found = []
    for layer in dataset.layers:
        bad = samples.unreadable(layer.name, tuple(band.name for band in layer.bands))
        if bad.any():
            found.append(unreadable_problem(layer.title, samples.frame["id"][bad].tolist()))
    return tuple(found)


def unreadable_problem(title: str, ids: list[str]) -> Problem:
    """Return the line of a health report for files that are damaged or cut short."""
    patches = "1 patch has" if len(ids) == 1 else f"{len(ids):,} patches have"
    return Problem(
        "unreadable",
        len(ids),
        f"{patches} a {title} file that is damaged or cut short; the map shows them grey.",
        tuple(ids[:5]),
    )


def entries() -> tuple[Entry, ...]:
    """Return the known datasets, oldest first."""
    file = _catalog_file()
    return _read_catalog(file, file_stamp(file))


def entry(slug: str) -> Entry:
    """Return one known dataset.

    Raises:
        UnknownName: no dataset has this slug.
    """
    for item in entries():
        if item.slug == slug:
            return item
    known = ", ".join(item.slug for item in entries()) or "none yet"
    raise UnknownName(f"No dataset is known by this name. Known: {known}. Open its folder on Home.")


def add(path: Path | str) -> Opened:
    """Open a folder, remember it, and write the base columns of its index if they are not there.

    Raises:
        DatasetNotRecognised: no reader knows the layout.
        MetadataError: its tables cannot be used.
    """
    path = Path(path).resolve()
    dataset = datasets.open_dataset(path)
    # Before anything is read: what changes from now on shows the next time.
    stamp = dataset.stamp()
    frame = base.samples_of(dataset)
    mark = sample_table.fingerprint(dataset, frame)
    with _locked():
        known = list(entries())
        mine = next((item for item in known if item.path == str(path)), None)
        if mine is not None and mine.fingerprint == mark and mine.stamp != stamp:
            # The same patches, but a file of one came later or was replaced: which, a build finds.
            folder = IndexFolder.of(mark, path)
            # Tiles of the original files change at once, and with them the version.
            now = time.time_ns() // 1_000_000
            folder.write_state(replace(folder.state(), complete=False, finished=now))
        _base_index(dataset, frame, mark)
        slug = mine.slug if mine else _free_slug(path, dataset.name, known)
        item = Entry(
            slug=slug,
            path=str(path),
            name=dataset.name,
            title=dataset.title,
            layout=dataset.layout,
            synthetic=dataset.synthetic,
            samples=len(frame),
            stamp=stamp,
            fingerprint=mark,
            added=mine.added if mine else time.time(),
        )
        _write_catalog([other for other in known if other.path != str(path)] + [item])
    _keep(str(path), stamp, dataset)
    return open_slug(slug)


def forget(slug: str) -> None:
    """Drop a dataset from the list; neither its folder nor its index is touched."""
    with _locked():
        _write_catalog([item for item in entries() if item.slug != slug])


def refresh(slug: str) -> Opened:
    """Open a known dataset, and read its folder again if files were added or replaced.

    Raises:
        UnknownName: no dataset has this slug.
        DatasetNotRecognised: its folder is gone or has changed into something else.
    """
    item = entry(slug)
    dataset = datasets.open_dataset(item.path)
    return open_slug(slug) if dataset.stamp() == item.stamp else add(item.path)


_opening: dict[str, threading.Lock] = {}


def open_slug(slug: str) -> Opened:
    """Open a known dataset with its index; the last few are kept in memory.

    Raises:
        UnknownName: no dataset has this slug.
        DatasetNotRecognised: its folder is gone.
    """
    item = entry(slug)
    folder = IndexFolder.of(item.fingerprint, item.path)
    if not _is_current(folder.samples, file_stamp(folder.samples)):
        return add(item.path)
    # Many tiles ask at once; the first one reads the table and the others wait for it.
    # The state first: a build that ends in between must not lend its word to an older table.
    state = folder.state()
    with _opening.setdefault(slug, threading.Lock()):
        samples = _samples(item, file_stamp(folder.samples))
        dataset = _dataset(item.path, item.stamp)
    return Opened(slug, dataset, samples, folder, item.fingerprint, state)


tables: ByteCache[Samples] = ByteCache(_TABLES_BYTES, least=1)
"""Sample tables that were opened last. What tiles and pages work out of one goes with it."""


def _samples(item: Entry, stamp: FileStamp) -> Samples:
    found = tables.get((item, stamp))
    if found is None:
        classes = _dataset(item.path, item.stamp).classes
        found = sample_table.read(IndexFolder.of(item.fingerprint, item.path).samples, classes)
        found.predicted = prediction_columns.Source(item.fingerprint, found, classes)
        # Four caches go with a table: selections, their topmost patches, orders, sets of bits.
        tables.put((item, stamp), found, _TIMES * found.nbytes + 4 * SMALL_BYTES)
    return found


_datasets: dict[tuple[str, str], Dataset] = {}


def _dataset(path: str, stamp: str) -> Dataset:
    return _datasets.get((path, stamp)) or _keep(path, stamp, datasets.open_dataset(path))


def _keep(path: str, stamp: str, dataset: Dataset) -> Dataset:
    """Remember an open dataset, and with it what its reader has learnt; the last few are kept."""
    for oldest in list(_datasets)[:-_KEPT]:
        _datasets.pop(oldest, None)
    return _datasets.setdefault((path, stamp), dataset)


@functools.lru_cache(maxsize=64)
def _is_current(file: Path, _stamp: FileStamp) -> bool:
    """Tell whether a sample table is there, and every group of columns in it of this version."""
    found = sample_table.groups(file)
    return "base" in found and all(VERSIONS.get(name) == found[name] for name in found)


def _base_index(dataset: Dataset, frame: pd.DataFrame, mark: str) -> None:
    folder = IndexFolder.of(mark, dataset.path)
    if not folder.path.is_dir():
        _take_over(folder)
    if not _is_current(folder.samples, file_stamp(folder.samples)):
        sample_table.write(folder.samples, sample_table.with_places(frame), dataset.classes, mark)
        # Whatever was joined to an older table is not in this one; mosaics stay as they are.
        old = folder.state()
        groups = {name: version for name, version in old.groups.items() if name != "areas"}
        folder.write_state(replace(old, complete=False, groups=groups))
    if not any(frame[f"has_{layer.name}"].any() for layer in dataset.layers):
        # Nothing to read: an index of metadata alone is whole at once.
        folder.write_state(BuildState(complete=True))


def _take_over(folder: IndexFolder) -> None:
    """Begin the index of a copy that has changed with the parts of the one that it was."""
    for earlier in folder.earlier()[:1]:
        state = IndexFolder(earlier).state()
        folder.take_over(earlier)
        # What is joined from all parts has to be joined anew.
        mosaics = {name: own for name, own in state.groups.items() if name in GROUPS}
        folder.write_state(BuildState(finished=state.finished, groups=mosaics))


def _free_slug(path: Path, reader: str, known: list[Entry]) -> str:
    folder = path.stem if path.is_file() else path.name
    base = re.sub(r"[^a-z0-9]+", "-", folder.lower()).strip("-")[:40]
    if not base.startswith(reader):
        base = f"{reader}-{base}".strip("-")
    taken = {item.slug for item in known}
    tries = (base if n == 1 else f"{base}-{n}" for n in range(1, len(taken) + 2))
    return next(slug for slug in tries if slug not in taken)


def _catalog_file() -> Path:
    return settings.cache_folder() / "catalog.json"


@functools.lru_cache(maxsize=4)
def _read_catalog(file: Path, _stamp: FileStamp) -> tuple[Entry, ...]:
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        return tuple(Entry(**item) for item in stored)
    except (OSError, ValueError, TypeError):
        # A catalog of another version or none: datasets can simply be opened again.
        return ()


def _write_catalog(items: list[Entry]) -> None:
    rows: list[Mapping[str, object]] = [asdict(item) for item in items]
    with atomic(_catalog_file()) as partial:
        partial.write_text(json.dumps(rows, indent=1), encoding="utf-8")


def _locked() -> filelock.BaseFileLock:
    folder = settings.cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return filelock.FileLock(folder / "catalog.lock", timeout=60)
