"""Building an index: every group of every product in a file of its own, so that kills do no harm.

What is missing of a product is made in one reading of its files. A group that a release adds or
changes is missing everywhere, and the others are left alone.
"""

import contextlib
import time
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path

import filelock
import numpy as np

from eoexplore.core import settings
from eoexplore.core.errors import JobError
from eoexplore.jobs import changes, parts, pieces, stream
from eoexplore.jobs import needs as resources
from eoexplore.jobs.join import join
from eoexplore.jobs.needs import Needs
from eoexplore.jobs.parts import Patch, Product, Work
from eoexplore.jobs.pieces import Hands
from eoexplore.jobs.progress import Cancelled, Report
from eoexplore.store import catalog, components_parts, spectra_join
from eoexplore.store.catalog import Opened
from eoexplore.store.folder import BuildState, IndexFolder

BYTES_PER_PATCH = {
    "areas": 300,
    "optical": 24_000,
    "optical_coarse": 13_000,
    "sar": 7_500,
    "reference_map": 1_000,
    "spectra": 9_000,
    "components": 300,
}
"""Upper estimate of what a group needs for one patch; measured in docs/performance.md."""
BYTES_PER_PART = 20_000
"""What a file of the index needs however little is in it: names, tables of empty blocks."""
_JOINED = ("areas", "spectra", "components")
"""Groups of which the parts of all products are put together in the end."""
_WORDS = pieces.Words(
    "Processes that built the index were ended, perhaps for lack of memory. Start again, with "
    "fewer processes (EOEXPLORE_WORKERS): finished parts are kept.",
    "Another build of this index began; this one has stopped.",
)


def bytes_needed(opened: Opened) -> int:
    """Return an upper estimate of the bytes that the rest of an index will take."""
    todo = _missing(_products(opened))
    return _bytes(todo) + stream.room(opened.dataset, todo)


def build(
    slug: str,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Report | None = None,
    cancelled: Callable[[], bool] | None = None,
    needs: Callable[[Needs], None] | None = None,
) -> Opened:
    """Build or resume the index of a known dataset.

    Args:
        slug: name of the dataset in the catalog.
        workers: processes of this machine; the setting, else the number of cores, when none.
        scheduler: address of a running Dask scheduler to use instead; the setting when none, and
            no number of workers was given.
        progress: told (patches done, patches in all, what).
        cancelled: asked five times a second; true ends the build, and finished parts stay.
        needs: told before the work begins what it takes, if there is any.

    Raises:
        JobError: another process builds it, the disk is too small or full, or the cluster cannot
            do it.
        Cancelled: `cancelled` said so.
    """
    folder = catalog.open_slug(slug).folder
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder.lock, timeout=0):
            _sweep(folder)
            _build(
                # Again: another process may have built it until now.
                catalog.open_slug(slug),
                _hands(workers, scheduler),
                progress or (lambda *_: None),
                cancelled or (lambda: False),
                needs or (lambda _: None),
            )
    except filelock.Timeout:
        raise JobError("Another process is building this index already.") from None
    except OSError as error:
        raise JobError(
            "The index could not be written; the disk may be full. "
            f"Free some space and start again: finished parts are kept. ({error.strerror or error})"
        ) from error
    return catalog.open_slug(slug)


def _hands(workers: int | None, scheduler: str | None) -> Hands:
    """Return who builds: what was asked for, else what the settings say."""
    found = Hands(workers, scheduler).or_setting()
    if workers is None and settings.value("EOEXPLORE_WORKERS"):
        return Hands(settings.workers(), found.scheduler)
    return found


def rebuild(slug: str) -> None:
    """Throw away the finished parts of an index, so that the next build reads every file."""
    catalog.open_slug(slug).folder.discard()


def _build(
    opened: Opened,
    hands: Hands,
    report: Report,
    cancelled: Callable[[], bool],
    announce: Callable[[Needs], None],
) -> None:
    folder = opened.folder
    products = _products(opened)
    stamp = catalog.entry(opened.slug).stamp
    total = sum(len(product.patches) for product in products)
    todo = _outstanding(opened, products, report, cancelled)
    done = total - sum(work.count for work in todo)
    report(done, total, "reading patches")
    joined = not products or not _to_join(opened, opened.state)
    if opened.state.complete and not todo and joined:
        return
    disk = _bytes(todo) + stream.room(opened.dataset, todo)
    needed = resources.of(folder, todo, disk, 0 if hands.scheduler else hands.workers)
    if todo:
        announce(needed)
        needed.check_disk()
    state = _begun(opened.state, products, todo)
    folder.write_state(state)
    doing = Hands(needed.processes or settings.workers(), hands.scheduler)
    said = _Said(report, done, total)
    for groups in _make(opened, todo, doing, said, cancelled):
        state = replace(state, done=state.done + len(groups))
        folder.write_state(state)
    join(opened, products, _to_join(opened, state))
    now = time.time_ns() // 1_000_000
    # What changed while this went on is for the next build.
    same = catalog.entry(opened.slug).stamp == stamp
    folder.write_state(replace(state, done=state.total, complete=same, finished=now))
    if same:
        folder.remove_earlier()


def _make(
    opened: Opened, todo: list[Work], hands: Hands, said: "_Said", cancelled: Callable[[], bool]
) -> Generator[tuple[str, ...]]:
    """Make what is to be done; yield the groups of each product as they are finished."""
    assert hands.workers is not None
    passing = stream.build(opened.dataset, todo, hands.workers, said.report, cancelled)
    # Both are closed at once when something fails: the processes end before the lock is given back.
    with contextlib.closing(passing) as passed_by:
        for part in passed_by:
            yield part.groups
    left = stream.remaining(opened.dataset, todo)
    with contextlib.closing(_run(left, hands, cancelled, said.meanwhile)) as finished:
        for work in finished:
            said.finished(work.count)
            yield work.groups


def _outstanding(
    opened: Opened, products: list[Product], report: Report, cancelled: Callable[[], bool]
) -> list[Work]:
    """Return what is to be done; looking at the files of millions takes minutes."""
    total = sum(len(product.patches) for product in products)
    looked = 0
    begun = opened.folder.contents.is_dir()

    def look(count: int) -> None:
        nonlocal looked
        looked += count
        if cancelled():
            raise Cancelled
        if begun:
            report(looked, total, "looking for changes")

    changes.remove_strangers(opened.folder, products)
    return changes.outstanding(opened.dataset, products, look)


def _begun(old: BuildState, products: list[Product], todo: list[Work]) -> BuildState:
    """Return the state of a build that begins."""
    total = sum(len(product.groups) for product in products)
    again = {group for work in todo for group in work.groups}.intersection(_JOINED)
    # An older mosaic can be drawn until the new one is there; a table has to be joined again.
    groups = {name: version for name, version in old.groups.items() if name not in again}
    done = total - sum(len(work.groups) for work in todo)
    return BuildState(done, total, finished=old.finished, groups=groups)


def _to_join(opened: Opened, state: BuildState) -> tuple[str, ...]:
    """Return the groups that are not joined, or whose joined file is not there."""
    there = {
        "areas": opened.samples.looked_through,
        "spectra": spectra_join.is_joined(opened.folder),
        "components": components_parts.is_joined(opened.folder, opened.fingerprint),
    }
    out = stream.LEFT_OUT if opened.dataset.streams else ()
    own = (name for name in _JOINED if name not in out)
    return tuple(name for name in own if name not in state.groups or not there[name])


class _Said:
    """What is reported: finished products, and how far those are that are at work."""

    def __init__(self, report: Report, done: int, total: int) -> None:
        self.report, self._done, self._total = report, done, total
        self._most = done

    def finished(self, count: int) -> None:
        """Report that so many patches more are done."""
        self._done += count
        self.meanwhile(0)

    def meanwhile(self, count: int) -> None:
        """Report how many patches of unfinished products are read; never less than before."""
        self._most = max(self._most, min(self._done + count, self._total))
        self.report(self._most, self._total, "reading patches")


def _run(
    todo: list[Work], hands: Hands, cancelled: Callable[[], bool], meanwhile: Callable[[int], None]
) -> Generator[Work]:
    """Yield each piece of work as it is finished, and tell of those that are not."""
    if not todo:
        return
    product = todo[0].product
    task = pieces.Task(
        parts.make,
        lambda work: work.product.name,
        product.folder.runs,
        (Path(product.path),),
        _WORDS,
    )
    with contextlib.closing(pieces.each(task, todo, hands, cancelled)) as looks:
        for finished, at_work in looks:
            yield from finished
            meanwhile(at_work)


def _products(opened: Opened) -> list[Product]:
    frame = opened.samples.frame
    every = stream.keys(opened)
    there = np.logical_or.reduce([names != "" for names in every.values()])
    keys = {layer: names[there] for layer, names in every.items()}
    columns = [frame[name][there].tolist() for name in ("product", "tile", "id")]
    columns += [values[there].tolist() for values in (opened.samples.x, opened.samples.y)]
    patches: dict[tuple[str, str], list[Patch]] = {}
    for row, (product, tile, sample, x, y) in enumerate(zip(*columns, strict=True)):
        own = {layer: str(names[row]) for layer, names in keys.items() if names[row]}
        patches.setdefault((product, tile), []).append(Patch(sample, x, y, own))
    path = str(opened.dataset.path)
    out = stream.LEFT_OUT if opened.dataset.streams else ()
    return [
        Product(path, opened.folder, product, tile, tuple(members), out)
        for (product, tile), members in sorted(patches.items())
    ]


def _missing(products: list[Product]) -> list[Work]:
    """Return what is still to be made."""
    work = (Work(product, product.missing()) for product in products)
    return [item for item in work if item.groups]


def _bytes(todo: list[Work]) -> int:
    return sum(
        BYTES_PER_PART + BYTES_PER_PATCH[group] * work.count
        for work in todo
        for group in work.groups
    )


def _sweep(folder: IndexFolder) -> None:
    """Remove what a killed build has left half-written; nobody reads such files."""
    for partial in folder.path.rglob("*.partial*"):
        partial.unlink(missing_ok=True)
