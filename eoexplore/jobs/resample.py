"""What random splits of the same sizes are like: drawn one by one, kept beside the index.

Draw i has the seed + i and is always the same, so draws can be added at any time, by a page or by
a job, and whoever writes last loses nothing that cannot be drawn again.
"""

import contextlib
import hashlib
import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from eoexplore.analysis import autocorrelation, information, permutation
from eoexplore.core.split import SPLITS, TEST, TRAIN, Split
from eoexplore.store import distances
from eoexplore.store.catalog import Opened
from eoexplore.store.folder import atomic

Mask = npt.NDArray[np.bool_]
Parts = npt.NDArray[np.int8]
Unit = Literal["patch", "place"]
Report = Callable[[int, int, str], None]

WANTED = 100
"""Draws for an interval of 95 % whose ends are no extremes."""
NEAR_M = 1_300.0
"""Reaches the patches that share an edge, which lie 1,200 m away."""
_VERSION = 1
"""Of what is measured and how; earlier files are not read."""
_FOLDER = "random-splits"
_MOST_FILES = 500
_WRITE_S = 2.0


@dataclass(frozen=True)
class Measures:
    """How closely the test and the training part of a split are interwoven."""

    adjacent: int
    """Pairs of a test and a training patch that share an edge, on whatever dates."""
    near: float
    """Share of test patches with a training patch within 1.3 km."""
    information: float
    """Share of the entropy of a test patch's labels that its nearest training patch tells."""


@dataclass(frozen=True)
class Chance:
    """What random splits are drawn for."""

    opened: Opened
    """Dataset and index."""
    mask: Mask
    """The selected samples, shape (n,): others are in no part."""
    split: Split
    """The split whose sizes random ones have."""
    unit: Unit = "patch"
    """What is drawn: patches, or places with all their dates."""
    seed: int = 0
    """Of the first draw; those that follow have the next numbers."""

    def parts(self) -> Parts:
        """Return the part of each selected sample that has a place, -1 for the others."""
        there = self.mask & self.opened.samples.located
        return np.where(there, self.split.parts, -1).astype(np.int8)


@dataclass(frozen=True)
class Drawn:
    """A split among random ones of the same sizes."""

    own: Measures
    """Of the split itself."""
    draws: tuple[Measures, ...]
    """Of random splits, in the order of their seeds."""
    unit: Unit
    """What was drawn: patches, or places with all their dates."""
    seed: int
    """Of the first draw; those that follow have the next numbers."""

    def interval(self, name: str, level: float = 0.95) -> tuple[float, float]:
        """Return the ends between which a measure of random splits lies; NaN without draws."""
        values = [getattr(item, name) for item in self.draws]
        if not values:
            return math.nan, math.nan
        low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)

    def mean(self, name: str) -> float:
        """Return the mean of a measure over random splits; NaN without draws."""
        values = [getattr(item, name) for item in self.draws]
        return float(np.mean(values)) if values else math.nan


def measure(opened: Opened, parts: Parts) -> Measures:
    """Measure how a test and a training part are interwoven.

    Args:
        opened: dataset and index.
        parts: number of the part of each sample, -1 for none, shape (n,).
    """
    samples = opened.samples
    known = distances.places(samples)
    train, test = (
        np.flatnonzero((parts == SPLITS.index(name)) & (known.of >= 0)) for name in (TRAIN, TEST)
    )
    pairs = samples.keep(
        "places that share an edge",
        lambda: autocorrelation.neighbours(known.x, known.y, known.tile),
    )
    counts = [np.bincount(known.of[rows], minlength=len(known.x)) for rows in (train, test)]
    found = distances.nearest(samples, test, train)
    there = found.nearest >= 0
    masks = samples.frame["label_mask"].to_numpy(np.uint64)
    told = information.mutual(
        masks[found.rows[there]], masks[found.nearest[there]], len(opened.dataset.classes.names)
    )
    return Measures(
        autocorrelation.crossing(counts[0], counts[1], pairs),
        found.share_within(NEAR_M) if len(found.rows) else 0.0,
        told.share if told.entropy.any() else 0.0,
    )


def draw_more(
    chance: Chance,
    draws: int = WANTED,
    report: Report | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Drawn:
    """Draw random splits of the same sizes until there are enough, and keep them.

    Args:
        chance: what is drawn.
        draws: how many there are to be; those that are known already count.
        report: is told how many there are, of how many, and what is done.
        cancelled: asked before each draw whether to stop; what was drawn until then is kept.
    """
    opened, parts = chance.opened, chance.parts()
    file = _file(chance, parts)
    own, found = _read(opened, file)
    if own is None:
        own = measure(opened, parts)
        _write(chance, file, own, found)
    said, known = time.monotonic(), len(found)
    try:
        for anew in _random(chance, parts, range(known, draws)):
            if cancelled():
                break
            if report is not None:
                report(len(found), draws, "random splits")
            found.append(measure(opened, anew))
            if time.monotonic() - said > _WRITE_S:
                _write(chance, file, own, found)
                said, known = time.monotonic(), len(found)
    finally:
        # A report may end the work by raising.
        if len(found) > known:
            _write(chance, file, own, found)
    return Drawn(own, tuple(found), chance.unit, chance.seed)


def _random(chance: Chance, parts: Parts, draws: range) -> Iterator[Parts]:
    """Yield random splits: each draw is the same whenever it is drawn."""
    rows = np.flatnonzero(parts >= 0)
    own = parts[rows]
    _, block = np.unique(distances.places(chance.opened.samples).of[rows], return_inverse=True)
    for number in draws:
        anew = np.full(len(parts), -1, np.int8)
        anew[rows] = (
            permutation.shuffled(own, chance.seed + number)
            if chance.unit == "patch"
            else permutation.shuffled_together(own, block, chance.seed + number)
        )
        yield anew


def _file(chance: Chance, parts: Parts) -> Path:
    """Return where draws are kept: by what they depend on, whichever rule or selection gave it."""
    opened = chance.opened
    said = f"{_VERSION} {opened.fingerprint} {chance.unit} {chance.seed}\n"
    content = hashlib.sha256(said.encode())
    content.update(parts.tobytes())
    return opened.folder.path / _FOLDER / f"{content.hexdigest()[:32]}.json"


def _kept(opened: Opened) -> dict[str, tuple[Measures, list[Measures]]]:
    """Return what this process has drawn, where nothing can be written."""
    made: dict[str, tuple[Measures, list[Measures]]] = {}
    return opened.samples.keep("random splits", lambda: made)


def _read(opened: Opened, file: Path) -> tuple[Measures | None, list[Measures]]:
    own, found = _kept(opened).get(file.name, (None, []))
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        names = [field.name for field in fields(Measures)]
        read = [Measures(*(item[name] for name in names)) for item in stored["draws"]]
        if len(read) >= len(found):
            return Measures(*(stored["own"][name] for name in names)), read
    except (OSError, ValueError, TypeError, KeyError):
        # Not there yet, or not one of ours: what is missing is drawn again.
        pass
    return own, list(found)


def _write(chance: Chance, file: Path, own: Measures, found: list[Measures]) -> None:
    opened = chance.opened
    kept = _kept(opened)
    kept[file.name] = (own, list(found))
    if len(kept) > _MOST_FILES:
        kept.pop(next(iter(kept)))
    if not opened.folder.path.is_dir():
        return
    text = {
        "version": _VERSION,
        "split": chance.split.made,
        "drawn": chance.unit,
        "seed": chance.seed,
        "own": asdict(own),
        "draws": [asdict(item) for item in found],
    }
    # A folder that cannot be written to, or is full, must not keep anybody from an answer.
    with contextlib.suppress(OSError):
        with atomic(file) as partial:
            partial.write_text(json.dumps(text), encoding="utf-8")
        _prune(file.parent)


def _prune(folder: Path) -> None:
    """Remove the oldest files where there are many: everything in them can be drawn again."""
    files = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
    for path in files[:-_MOST_FILES]:
        path.unlink(missing_ok=True)
