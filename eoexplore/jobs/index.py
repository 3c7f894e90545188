"""Building an index: read every file once, in chunks that survive a kill."""

import contextlib
import json
import multiprocessing
import shutil
import time
from collections.abc import Callable, Generator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.synchronize import Event

import filelock
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from eoexplore import datasets
from eoexplore.analysis.areas import count_codes
from eoexplore.core import settings
from eoexplore.core.errors import DataMissing, FileUnreadable, JobError
from eoexplore.core.processes import end_with_parent
from eoexplore.core.types import Array, Dataset
from eoexplore.jobs.progress import Cancelled, Report
from eoexplore.store import catalog, mosaic
from eoexplore.store import samples as sample_table
from eoexplore.store.catalog import Opened
from eoexplore.store.folder import BuildState, IndexFolder, atomic

BYTES_PER_PATCH = 40_000
"""Upper estimate of what one patch needs in the index; measured in docs/performance.md."""
_POLL_S = 0.5


@dataclass(frozen=True)
class _Patch:
    """What a worker must know of a sample."""

    id: str
    """Sample id."""
    x: int
    """Column of the patch grid."""
    y: int
    """Row of the patch grid."""
    keys: dict[str, str]
    """File key by layer, only of layers that are there."""


@dataclass(frozen=True)
class _Chunk:
    """All patches of one product, as sent to a worker."""

    path: str
    """Where the dataset lies."""
    folder: IndexFolder
    """Index folder."""
    product: str
    """Product that names the chunk's files."""
    tile: str
    """MGRS tile of the product."""
    patches: tuple[_Patch, ...]
    """Its patches."""


def bytes_needed(opened: Opened) -> int:
    """Return an upper estimate of the bytes that the rest of an index will take."""
    return BYTES_PER_PATCH * sum(len(chunk.patches) for chunk in _unfinished(_chunks(opened)))


def build(
    slug: str,
    *,
    workers: int | None = None,
    progress: Report | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Opened:
    """Build or resume the index of a known dataset.

    Args:
        slug: name of the dataset in the catalog.
        workers: processes; the setting, else the number of cores, when none.
        progress: told (patches done, patches in all, what).
        cancelled: asked between chunks; true ends the build, and finished chunks stay.

    Raises:
        JobError: another process builds it, or the disk is too small or full.
        Cancelled: `cancelled` said so.
    """
    opened = catalog.open_slug(slug)
    try:
        opened.folder.path.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(opened.folder.lock, timeout=0):
            _sweep(opened.folder)
            _check_disk(opened)
            _build(
                opened,
                workers or settings.workers(),
                progress or (lambda *_: None),
                cancelled or (lambda: False),
            )
    except filelock.Timeout:
        raise JobError("Another process is building this index already.") from None
    except OSError as error:
        raise JobError(
            "The index could not be written; the disk may be full. "
            f"Free some space and start again: finished parts are kept. ({error.strerror or error})"
        ) from error
    except BrokenProcessPool as error:
        raise JobError(
            "A process that built the index was ended, perhaps for lack of memory. Start again, "
            "with fewer processes (EOEXPLORE_WORKERS): finished parts are kept."
        ) from error
    return catalog.open_slug(slug)


def rebuild(slug: str) -> None:
    """Throw away the finished chunks of an index, so that the next build reads every file."""
    catalog.open_slug(slug).folder.discard()


def _build(
    opened: Opened,
    workers: int,
    report: Report,
    cancelled: Callable[[], bool],
) -> None:
    folder = opened.folder
    chunks = _chunks(opened)
    todo = _unfinished(chunks)
    total = sum(len(chunk.patches) for chunk in chunks)
    done = total - sum(len(chunk.patches) for chunk in todo)
    report(done, total, "reading patches")
    if opened.state.complete and not todo:
        return
    folder.write_state(BuildState(len(chunks) - len(todo), len(chunks)))
    left = len(todo)
    # Closed at once when something fails here: the processes end before the lock is given back.
    with contextlib.closing(_run(todo, workers, cancelled)) as sizes:
        for size in sizes:
            done, left = done + size, left - 1
            folder.write_state(BuildState(len(chunks) - left, len(chunks)))
            report(done, total, "reading patches")
    _join(opened, chunks)
    now = time.time_ns() // 1_000_000
    folder.write_state(BuildState(len(chunks), len(chunks), complete=True, finished=now))


def _run(todo: list[_Chunk], workers: int, cancelled: Callable[[], bool]) -> Generator[int]:
    """Yield the number of patches of each chunk as it is finished."""
    if not todo:
        return
    # Spawned, not forked: the same on every system, and safe beside GDAL's threads.
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    count = min(workers, len(todo))
    with ProcessPoolExecutor(count, context, _begin_worker, (stop,)) as pool:
        pending: set[Future[int]] = {pool.submit(pack_chunk, chunk) for chunk in todo}
        try:
            while pending:
                finished, pending = wait(pending, _POLL_S, FIRST_COMPLETED)
                if cancelled():
                    raise Cancelled
                for future in finished:
                    yield future.result()
        finally:
            stop.set()
            for future in pending:
                future.cancel()


_stop: Event | None = None


def _begin_worker(stop: Event) -> None:
    end_with_parent()
    global _stop  # noqa: PLW0603  a pool's initializer has no other way to hand something over
    _stop = stop


def pack_chunk(chunk: _Chunk) -> int:
    """Read every file of a chunk's patches; write its mosaics, then its table.

    Returns:
        The number of patches, or of those read when the work was stopped.
    """
    dataset = datasets.open_dataset(chunk.path)
    codes = tuple(dataset.classes.codes)
    packed: dict[str, dict[tuple[int, int], Array]] = {name: {} for name in mosaic.GROUPS}
    rows: list[dict[str, object]] = []
    for done, patch in enumerate(chunk.patches):
        if _stop is not None and _stop.is_set():
            return done
        values, unreadable = _read_patch(dataset, patch)
        for name, group in mosaic.GROUPS.items():
            bands = [values.get((group.layer, band)) for band in group.bands]
            if any(band is not None for band in bands):
                packed[name][patch.x, patch.y] = mosaic.pack_all(bands, group)
        rows.append(_row(patch, values, codes, dataset, unreadable))
    for name, patches in packed.items():
        if patches:
            path = chunk.folder.mosaic_path(name, chunk.product)
            mosaic.write(path, mosaic.GROUPS[name], chunk.tile, patches)
    with atomic(chunk.folder.chunk(chunk.product)) as partial:
        pq.write_table(pa.Table.from_pylist(rows, _schema(codes)), partial, compression="zstd")
    return len(chunk.patches)


def _read_patch(dataset: Dataset, patch: _Patch) -> tuple[dict[tuple[str, str], Array], list[str]]:
    """Return bands by (layer, band), and "layer/band" of the files that cannot be read."""
    values: dict[tuple[str, str], Array] = {}
    unreadable: list[str] = []
    for layer in dataset.layers:
        key = patch.keys.get(layer.name)
        for band in layer.bands if key else ():
            try:
                values[layer.name, band.name] = dataset.read(key or "", layer.name, band.name)
            except FileUnreadable:
                unreadable.append(f"{layer.name}/{band.name}")
            except DataMissing:
                continue
    return values, unreadable


def _row(
    patch: _Patch,
    values: dict[tuple[str, str], Array],
    codes: tuple[int, ...],
    dataset: Dataset,
    unreadable: list[str],
) -> dict[str, object]:
    """Return the row of a chunk's table: pixels per code, all zero where there is no map."""
    areas = np.zeros(len(codes), np.int32)
    share = None
    for layer in dataset.layers:
        label_map = values.get((layer.name, layer.bands[0].name))
        if layer.kind == "categorical" and label_map is not None:
            areas = count_codes(label_map, codes)
            mapped = {code for item in dataset.classes.classes for code in item.codes}
            labelled = sum(int(n) for code, n in zip(codes, areas, strict=True) if code in mapped)
            share = 1 - labelled / label_map.size
    counts = {f"area_{code}": int(n) for code, n in zip(codes, areas, strict=True)}
    return {"id": patch.id, **counts, "unlabelled_share": share, "unreadable": unreadable}


def _schema(codes: tuple[int, ...]) -> pa.Schema:
    groups = {"areas": sample_table.GROUP_VERSIONS["areas"]}
    return pa.schema(
        metadata={"eoexplore.groups": json.dumps(groups)},
        fields=[
            ("id", pa.string()),
            *((f"area_{code}", pa.int32()) for code in codes),
            ("unlabelled_share", pa.float32()),
            ("unreadable", pa.list_(pa.string())),
        ],
    )


def _join(opened: Opened, chunks: list[_Chunk]) -> None:
    """Put the columns of all chunks beside the base columns, by id."""
    schema = _schema(tuple(opened.dataset.classes.codes))
    tables = [pq.read_table(opened.folder.chunk(chunk.product), schema=schema) for chunk in chunks]
    areas = (pa.concat_tables(tables) if tables else schema.empty_table()).to_pandas()
    base = opened.samples.frame.drop(columns=list(schema.names[1:]), errors="ignore")
    frame = base.merge(areas, on="id", how="left", validate="one_to_one")
    counts = [name for name in schema.names if name.startswith("area_")]
    frame[counts] = frame[counts].fillna(0).astype("int32")
    frame["unlabelled_share"] = frame["unlabelled_share"].astype("float32")
    bad = [
        list(files) if isinstance(files, (list, np.ndarray)) else []
        for files in frame["unreadable"]
    ]
    frame["unreadable"] = bad
    # An earlier build may have set the flag for a file that was repaired since.
    frame["flags"] = [
        sorted({*flags} - {"unreadable"} | ({"unreadable"} if files else set()))
        for flags, files in zip(frame["flags"], bad, strict=True)
    ]
    sample_table.write(opened.folder.samples, frame, opened.dataset.classes, opened.fingerprint)


def _chunks(opened: Opened) -> list[_Chunk]:
    frame = opened.samples.frame
    layers = opened.dataset.layers
    there = np.logical_or.reduce([opened.samples.has(layer.name) for layer in layers])
    keys = {layer.name: opened.samples.keys(layer)[there] for layer in layers}
    columns = [frame[name][there].tolist() for name in ("product", "tile", "id", "x", "y")]
    patches: dict[tuple[str, str], list[_Patch]] = {}
    for row, (product, tile, sample, x, y) in enumerate(zip(*columns, strict=True)):
        own = {layer: str(names[row]) for layer, names in keys.items() if names[row]}
        patches.setdefault((product, tile), []).append(_Patch(sample, x, y, own))
    path = str(opened.dataset.path)
    return [
        _Chunk(path, opened.folder, product, tile, tuple(members))
        for (product, tile), members in sorted(patches.items())
    ]


def _unfinished(chunks: list[_Chunk]) -> list[_Chunk]:
    """Return the chunks whose tables are not there, or were written by another version."""
    current = sample_table.GROUP_VERSIONS["areas"]
    tables = ((chunk, chunk.folder.chunk(chunk.product)) for chunk in chunks)
    return [chunk for chunk, path in tables if sample_table.groups(path).get("areas") != current]


def _check_disk(opened: Opened) -> None:
    needed = bytes_needed(opened)
    free = shutil.disk_usage(opened.folder.path).free
    if needed > free:
        raise JobError(
            f"The index needs about {needed / 1e9:.1f} GB and the disk of the cache has "
            f"{free / 1e9:.1f} GB free. Free some space, or set EOEXPLORE_CACHE to another disk."
        )


def _sweep(folder: IndexFolder) -> None:
    """Remove what a killed build has left half-written; nobody reads such files."""
    for partial in folder.path.rglob("*.partial*"):
        partial.unlink(missing_ok=True)
