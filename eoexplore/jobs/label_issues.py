"""Looking for wrong labels: every kind of evidence over all samples, kept until something changes.

What is finished stays when the work is stopped: kinds of evidence as a whole, and the tiles of
those that look at masks.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock
import numpy as np

from eoexplore.core.errors import JobError
from eoexplore.core.findings import Findings
from eoexplore.evidence import kind as evidence
from eoexplore.evidence.kind import Arrays, Asked, CannotTell, Kind
from eoexplore.jobs.progress import Cancelled, Report
from eoexplore.store import honesty, issues
from eoexplore.store.catalog import Opened
from eoexplore.store.folder import atomic
from eoexplore.store.issues import Kept
from eoexplore.store.prediction_sets import PredictionSet

LOCK = "look.lock"


@dataclass(frozen=True)
class Looked:
    """What came of looking."""

    counts: Mapping[str, int]
    """Findings by kind of evidence."""
    cannot: Mapping[str, str]
    """Why kinds of evidence can say nothing."""
    looked: tuple[str, ...]
    """Kinds that were looked for now; the others were kept from before."""


def wanted(predictions: PredictionSet | None) -> tuple[Kind, ...]:
    """Return the kinds of evidence that can be asked, with or without predictions."""
    kinds = evidence.kinds()
    if predictions is None:
        return tuple(item for item in kinds if item.needs == "index")
    masks = predictions.about.task == "segmentation"
    return tuple(item for item in kinds if item.needs != "masks" or masks)


def names(predictions: PredictionSet | None) -> tuple[str, ...]:
    """Return the names of the kinds of evidence that can be asked."""
    return tuple(item.name for item in wanted(predictions))


def stale(opened: Opened, predictions: PredictionSet | None = None) -> tuple[str, ...]:
    """Return the kinds of evidence that were not looked for since something changed."""
    found = []
    for item in wanted(predictions):
        own = _own(item, predictions)
        said = issues.about(_folder(opened, own), item.name)
        if said is None or said[0] != _key(opened, item, own):
            found.append(item.name)
    return tuple(found)


def look(
    opened: Opened,
    predictions: PredictionSet | None = None,
    progress: Report | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Looked:
    """Look for wrong labels, or go on with what was stopped; what is known is not looked for again.

    Args:
        opened: dataset and index.
        predictions: what a model says; none for evidence without a model.
        progress: told (steps done, steps in all, what).
        cancelled: asked at each step; true ends it.

    Raises:
        JobError: another process looks, or the disk is full.
        Cancelled: `cancelled` said so.
    """
    steps = _Steps(progress or (lambda *_: None), cancelled or (lambda: False))
    missing = stale(opened, predictions)
    kinds = [item for item in wanted(predictions) if item.name in missing]
    steps.total = len(kinds)
    try:
        for item in kinds:
            steps.next(item.title.lower())
            own = _own(item, predictions)
            folder = _folder(opened, own)
            folder.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(folder / LOCK, timeout=0):
                kept = _look(opened, item, own, folder, steps)
                issues.write(folder, item.name, kept)
        steps.end()
        for own in (None, predictions):
            for parts in _folder(opened, own).glob("parts-*"):
                shutil.rmtree(parts, ignore_errors=True)
    except filelock.Timeout:
        raise JobError("Another process looks for wrong labels of this dataset already.") from None
    except OSError as error:
        raise JobError(
            "What was found could not be written; the disk may be full. Free some space and start "
            f"again: what is finished is kept. ({error.strerror or error})"
        ) from error
    found = issues.together(
        opened, names(predictions), predictions.about.name if predictions else ""
    )
    counts = np.bincount(found.numbers, minlength=len(found.kinds)).tolist()
    return Looked(dict(zip(found.kinds, counts, strict=True)), found.cannot, missing)


def _own(item: Kind, predictions: PredictionSet | None) -> PredictionSet | None:
    """Return the predictions that a kind of evidence follows from."""
    return None if item.needs == "index" else predictions


def _folder(opened: Opened, predictions: PredictionSet | None) -> Path:
    return issues.folder_of(opened, predictions.about.name if predictions else "")


def _key(opened: Opened, item: Kind, predictions: PredictionSet | None) -> str:
    """Return what stands for all that a kind of evidence finds."""
    return _digest(item.name, item.version, _source(opened, predictions))


def _source(opened: Opened, predictions: PredictionSet | None) -> str:
    """Return what stands for the dataset, its index and the predictions."""
    if predictions is None:
        return _digest(opened.version)
    said = predictions.about
    honest = hashlib.sha256(honesty.of(opened, said).mask.tobytes()).hexdigest()
    # Kinds that look at masks share their pieces of work, and so all of their versions.
    versions = [item.version for item in evidence.kinds() if item.needs != "index"]
    return _digest(opened.version, said.key, said.created, honest, versions)


def _digest(*values: object) -> str:
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]


class _Steps:
    """How far the work is."""

    def __init__(self, report: Report, cancelled: Callable[[], bool]) -> None:
        self.total = 0
        self._done, self._report, self._cancelled = 0, report, cancelled
        self._what = ""

    def more(self, steps: int) -> None:
        """Say that there is more to do than was known."""
        self.total += steps

    def end(self) -> None:
        """Say that all is done."""
        self._report(self.total, self.total, "done")

    def next(self, what: str = "") -> None:
        """Begin the next step, unless the work is to end."""
        if self._cancelled():
            raise Cancelled
        self._what = what or self._what
        self._report(self._done, self.total, self._what)
        self._done += 1


def _look(
    opened: Opened, item: Kind, predictions: PredictionSet | None, folder: Path, steps: _Steps
) -> Kept:
    honest = None if predictions is None else honesty.of(opened, predictions.about).mask
    parts = folder / f"parts-{_source(opened, predictions)}"
    asked = Asked(opened, predictions, honest, _kept_pieces(parts, steps), folder)
    key = _key(opened, item, predictions)
    try:
        return Kept(key, item.find(asked))
    except CannotTell as error:
        return Kept(key, Findings.none(), str(error))


def _kept_pieces(parts: Path, steps: _Steps) -> evidence.Each:
    """Return what makes pieces of work and keeps each as a file until the work is finished."""

    def each(stage: str, names: Sequence[str], make: Callable[[str], Arrays]) -> Iterator[Arrays]:
        paths = {name: parts / f"{stage}-{name}.npz" for name in names}
        steps.more(sum(not path.is_file() for path in paths.values()))
        for name, path in paths.items():
            if not path.is_file():
                steps.next()
                with atomic(path) as partial, partial.open("wb") as file:
                    np.savez(file, **dict[str, Any](make(name)))
            with np.load(path) as found:
                yield {key: found[key] for key in found.files}

    return each
