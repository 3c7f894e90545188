"""Masks that were made elsewhere become a prediction set: one GeoTIFF for each sample.

What was understood is said before anything is kept. Keeping reads every file in chunks, each of
which appears whole or not at all; the set appears when all are there.
"""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import filelock
import numpy as np

from eoexplore import __version__
from eoexplore.core.errors import FileUnreadable, JobError, PredictionError
from eoexplore.jobs import mask_files, mask_values, predict_join, prediction_chunks
from eoexplore.jobs.mask_files import Files, Grid
from eoexplore.jobs.mask_values import Meaning
from eoexplore.jobs.prediction_chunks import Chunk, Found
from eoexplore.jobs.progress import Cancelled, Report
from eoexplore.store import prediction_sets
from eoexplore.store.catalog import Opened
from eoexplore.store.prediction_mosaics import MASK, NOTHING
from eoexplore.store.prediction_sets import About

PREVIEW = 1000
"""Files that are read before anything is kept; of more, some from everywhere in the folder."""
CHUNK = 256
EMPTY = "Nothing is predicted in the whole mask"
_VERSION = 1
_EXAMPLES = 3
_READING, _KEEPING = "reading the masks", "keeping the masks"


@dataclass(frozen=True)
class Seen:
    """What is in a folder of masks."""

    files: Files
    """Which file is about which sample."""
    grid: Grid
    """Pixels of the masks."""
    looked: int
    """Files that were read."""
    counts: Mapping[int, int]
    """Pixels by value, in the files that were read."""
    nothing: int
    """Pixels that the files declare to be nodata."""
    unplaced: int
    """Files that do not say where they lie."""
    left_out: Mapping[str, tuple[str, ...]]
    """Names of files that cannot be used, by the reason."""


@dataclass(frozen=True)
class UnderstoodMasks:
    """What a folder of masks says, before it is kept."""

    seen: Seen
    """What is in it."""
    meaning: Meaning
    """What its values mean."""
    classes: tuple[str, ...]
    """Names of the classes: those of the dataset, in its order."""
    sentences: tuple[str, ...]
    """What a user reads of all this; the last one is about the values."""

    @property
    def certain(self) -> bool:
        """Whether nobody has to say what the values are."""
        return self.meaning.certain

    @property
    def kind(self) -> str:
        """What the values are, of `mask_values.VALUES`."""
        return self.meaning.kind


@dataclass(frozen=True)
class _Output:
    """Masks as the chunks of a prediction have them."""

    class_names: tuple[str, ...]
    input_size: int
    task: str = "segmentation"


def look(
    opened: Opened, folder: Path, values: str = "", order: str = "", progress: Report | None = None
) -> UnderstoodMasks:
    """Return what can be understood of a folder of masks; some files of many are read.

    Args:
        opened: the dataset that they are for.
        folder: of the masks, each named after its sample.
        values: what they are, of `mask_values.VALUES`; empty: somebody is asked where more than
            one would do.
        order: of classes that are numbers, of `prediction_import.ORDERS`.
        progress: told (files done, files in all, what).

    Raises:
        PredictionError: the masks fit no sample, or cannot be used, and why.
    """
    return understand(opened, scan(opened, folder, progress), values, order)


def scan(opened: Opened, folder: Path, progress: Report | None = None) -> Seen:
    """Return what is in a folder of masks; arguments and errors as for `look`."""
    files, grid = mask_files.find(opened, folder), mask_files.grid_of(opened)
    rows = list(files.paths)
    few = np.unique(np.linspace(0, len(rows) - 1, min(PREVIEW, len(rows))).round().astype(int))
    counts, left_out = Counter[int](), dict[str, list[str]]()
    nothing = unplaced = 0
    for done, place in enumerate(few.tolist()):
        (progress or (lambda *_: None))(done, len(few), _READING)
        path = files.paths[rows[place]]
        try:
            mask = mask_files.read(path, grid, mask_files.place_of(opened, rows[place]))
        except FileUnreadable as error:
            left_out.setdefault(str(error), []).append(path.name)
            continue
        found, pixels = np.unique(mask.values[mask.there], return_counts=True)
        counts.update(dict(zip(found.tolist(), pixels.tolist(), strict=True)))
        nothing += int((~mask.there).sum())
        unplaced += not mask.placed
    if not counts:
        why = [f"{len(own):,}: {_worded(reason, own)}" for reason, own in left_out.items()]
        raise PredictionError(
            f"No mask in {folder.name} can be used. {' '.join(why) or f'{EMPTY}.'}"
        )
    named = {reason: tuple(own) for reason, own in left_out.items()}
    return Seen(files, grid, len(few), dict(counts), nothing, unplaced, named)


def understand(opened: Opened, seen: Seen, values: str = "", order: str = "") -> UnderstoodMasks:
    """Return what was seen with what its values mean; arguments and errors as for `look`."""
    classes = opened.dataset.classes
    meaning = mask_values.mean(classes, seen.counts, values, order)
    said = (*_counted(opened, seen), *_odd(seen), *_occurring(seen, meaning, classes.names))
    return UnderstoodMasks(seen, meaning, classes.names, (*said, meaning.sentence))


def _counted(opened: Opened, seen: Seen) -> Iterator[str]:
    files = seen.files
    yield (
        f"{len(files.paths):,} of the {len(opened.samples):,} samples of the dataset have a mask "
        f"in {files.folder.name}, of {seen.grid.side} x {seen.grid.side} pixels."
    )
    if files.strangers:
        few = ", ".join(files.examples)
        are = _are(files.strangers, "file is", "files are")
        yield f"{are} named after no sample here, such as {few}."
    if seen.looked < len(files.paths):
        yield f"{seen.looked:,} of them were read for this; all are when they are kept."


def _odd(seen: Seen) -> Iterator[str]:
    for reason, names in seen.left_out.items():
        yield f"{_are(len(names), 'is', 'are')} left out: {_worded(reason, names)}"
    if seen.unplaced:
        do = _are(seen.unplaced, "does not say where it lies", "do not say where they lie")
        yield f"{do}: each is taken to lie on its patch, with north above."
    share = seen.nothing / (seen.nothing + sum(seen.counts.values()))
    if share:
        yield (
            f"{share:.1%} of the pixels are the nodata of their file: nothing is predicted there, "
            "and nothing is judged."
        )


def _occurring(seen: Seen, meaning: Meaning, names: tuple[str, ...]) -> Iterator[str]:
    if meaning.certain:
        none = [value for value in seen.counts if meaning.classes[value] == mask_values.NONE]
        if none:
            share = sum(seen.counts[value] for value in none) / sum(seen.counts.values())
            few = ", ".join(map(str, sorted(none)[:_EXAMPLES]))
            yield f"{share:.1%} of the values are codes of no class ({few}): no prediction either."
        there = {meaning.classes[value] for value in seen.counts if value not in none}
        yield f"{len(there)} of the {len(names)} classes occur; all {len(names)} are judged."


def _are(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"


def _worded(reason: str, names: Sequence[str]) -> str:
    """Return a reason with some of the files that it holds for."""
    few = ", ".join(name[:120] for name in names[:_EXAMPLES])
    return f"{reason}, {'such as ' if len(names) > _EXAMPLES else ''}{few}."


def keep(
    opened: Opened,
    found: UnderstoodMasks,
    name: str,
    trained_on_split: str = "",
    progress: Report | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> About:
    """Keep masks as a prediction set, or go on with what was stopped.

    Args:
        opened: the dataset.
        found: what `look` gave.
        name: of the set.
        trained_on_split: part of the split that the model was trained on; empty where unknown.
        progress: told (files done, files in all, what).
        cancelled: asked before each file; true ends it, and finished chunks stay.

    Raises:
        PredictionError: nobody has said what the values are, some mean nothing, a file has other
            pixels, or the name is taken.
        JobError: another process keeps this set, or the disk is full.
        Cancelled: `cancelled` said so.
    """
    if not found.certain:
        raise PredictionError(f"{found.sentences[-1]} Nothing was kept.")
    folder = prediction_sets.folder_of(opened.fingerprint, name)
    steps = _Steps(progress or (lambda *_: None), cancelled or (lambda: False), found)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder / prediction_sets.LOCK, timeout=0):
            said = _about(opened, found, name, trained_on_split, steps)
            there = prediction_sets.about(folder)
            if there is not None and there.key == said.key:
                return there
            if there is not None:
                raise PredictionError(
                    f"There is a prediction set {name} already. Choose another name."
                )
            return _keep(opened, found, said, folder, steps)
    except filelock.Timeout:
        raise JobError("Another process makes this set already.") from None
    except OSError as error:
        raise JobError(
            "The masks could not be kept; the disk may be full. Free some space and start again: "
            f"finished chunks are kept. ({error.strerror or error})"
        ) from error


class _Steps:
    """Says how far it is before each file, and ends the work when it is asked to."""

    def __init__(
        self, report: Report, cancelled: Callable[[], bool], found: UnderstoodMasks
    ) -> None:
        self._report, self._cancelled = report, cancelled
        self._total = len(found.seen.files.paths)

    def after(self, before: int) -> Callable[[int], None]:
        """Return what is told of files of a chunk, when so many were done before it."""
        return lambda number: self(before + number)

    def __call__(self, done: int, what: str = _KEEPING) -> None:
        if self._cancelled():
            raise Cancelled
        self._report(done, self._total, what)


def _about(opened: Opened, found: UnderstoodMasks, name: str, split: str, steps: _Steps) -> About:
    """Return what the set is; its key stands for every byte of the files."""
    digest = hashlib.sha256()
    ids = opened.samples.frame["id"]
    for done, (row, path) in enumerate(found.seen.files.paths.items()):
        steps(done, _READING)
        try:
            own = hashlib.sha256(mask_files.read_bytes(path)).hexdigest()
        except FileUnreadable:
            own = ""
        digest.update(f"{ids.iloc[row]} {path.name} {own}\n".encode())
    meaning = sorted(found.meaning.classes.items())
    parts = (_VERSION, opened.fingerprint, digest.hexdigest(), meaning, found.classes)
    listed = opened.dataset.classes.classes
    return About(
        name=name, task="segmentation", model=found.seen.files.folder.name,
        model_hash=digest.hexdigest(), preprocessing_hash="",
        dataset_fingerprint=opened.fingerprint, selection="", classes=found.classes,
        threshold=0.5, trained_on_split=split,
        created=datetime.now(UTC).isoformat(timespec="seconds"), eoexplore_version=__version__,
        key=hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16],
        codes=tuple(item.codes[0] for item in listed if item.codes), layers=(MASK,),
    )  # fmt: skip


def _keep(
    opened: Opened, found: UnderstoodMasks, said: About, folder: Path, steps: _Steps
) -> About:
    """Write the chunks that are missing, and put them together."""
    parts = prediction_chunks.parts_of(folder, said.key)
    output = _Output(found.classes, found.seen.grid.side)
    paths, counts, done = found.seen.files.paths, Counter[int](), 0
    for chunk in prediction_chunks.chunks(opened, np.array(list(paths), np.intp), CHUNK):
        target = prediction_chunks.path_of(parts, chunk)
        if not target.is_file():
            try:
                kept = _chunk(opened, found, output, chunk, steps.after(done))
            except PredictionError:
                # What a mended folder has is another set: these chunks are of no use to it.
                shutil.rmtree(parts, ignore_errors=True)
                raise
            counts.update(kept.counts)
            if not counts.keys() - found.meaning.classes.keys():
                kept.found.write(target, "")
        done += len(chunk.rows)
    if counts.keys() - found.meaning.classes.keys():
        shutil.rmtree(parts, ignore_errors=True)
        raise PredictionError(mask_values.unknown(opened.dataset.classes, counts, found.kind))
    steps(done)

    def worded(reason: str, rows: Sequence[int]) -> str:
        return _worded(reason, [paths[row].name for row in rows])

    return predict_join.join(opened, output, said, parts, folder, worded)


@dataclass(frozen=True)
class _Kept:
    """A chunk of masks."""

    found: Found
    counts: Mapping[int, int]


def _chunk(
    opened: Opened,
    found: UnderstoodMasks,
    output: _Output,
    chunk: Chunk,
    step: Callable[[int], None],
) -> _Kept:
    """Read a chunk of masks and compare it with the label maps."""
    kept, counts = Found(output), Counter[int]()
    rows, masks = [], []
    for number, row in enumerate(chunk.rows):
        step(number)
        try:
            mask = mask_files.read(
                found.seen.files.paths[row], found.seen.grid, mask_files.place_of(opened, row)
            )
        except FileUnreadable as error:
            kept.leave_out({row: str(error)})
            continue
        chosen, own = mask_values.chosen(mask, found.meaning)
        counts.update(own)
        if (chosen == NOTHING).all():
            kept.leave_out({row: EMPTY})
        else:
            rows.append(row)
            masks.append(chosen)
    if rows:
        maps = prediction_chunks.maps_of(opened, rows, output)
        if any(item is None for item in maps):
            prediction_chunks.still_there(opened)
        kept.add_masks(np.array(rows, np.intp), np.stack(masks), maps)
    return _Kept(kept, counts)
