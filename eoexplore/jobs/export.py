"""A selection as a dataset of its own, so that a study can go on with the part."""

import json
import shutil
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pandas as pd

from eoexplore.core.errors import JobError, NotAllowed
from eoexplore.store import export
from eoexplore.store.catalog import Opened

Report = Callable[[int, int, str], None]
ABOUT = "export.json"
"""File of a written part that says what it is a part of."""
_SPARE = 50_000_000
"""Bytes that must stay free on the disk."""


class Part(Protocol):
    """Some samples of a dataset, ready to be written."""

    def size(self, kind: str) -> int:
        """Return the bytes that a disk will give for it."""

    def write(self, kind: str, folder: Path, report: Report) -> tuple[str, ...]:
        """Write it into an empty folder; return one sentence per piece that is left out."""


@runtime_checkable
class Divisible(Protocol):
    """A dataset whose parts can be written in one of its own layouts."""

    kinds: Mapping[str, str]
    """Layouts by name, with what a user reads."""

    def part(self, frame: pd.DataFrame) -> Part:
        """Return some samples, rows of the index."""


@dataclass(frozen=True)
class Written:
    """What became of an export."""

    path: Path
    """File or folder."""
    samples: int
    """How many samples are in it."""
    size: int
    """Bytes of all files."""
    left_out: tuple[str, ...] = ()
    """One sentence for each file that could not be read."""


class Subset:
    """A selection that is to become a folder."""

    def __init__(
        self, opened: Opened, mask: npt.NDArray[np.bool_], selection: str, kind: str, target: Path
    ) -> None:
        """Check what can be checked before anything is written.

        Args:
            opened: the dataset.
            mask: which samples, shape (n,).
            selection: the text that the mask came from.
            kind: one of the layouts that the dataset knows.
            target: folder that does not exist yet.

        Raises:
            NotAllowed: the target lies in the dataset, or is there already.
            JobError: the dataset has no such layout, or the disk is too small.
        """
        kinds = opened.dataset.kinds if isinstance(opened.dataset, Divisible) else {}
        if kind not in kinds or not isinstance(opened.dataset, Divisible):
            listed = "; ".join(f"{name}: {text}" for name, text in kinds.items()) or "none"
            raise JobError(
                f"{opened.dataset.title} cannot be written as {kind!r}. Known: {listed}."
            )
        check_target(opened, target)
        if target.exists():
            raise _taken("file", target)
        self.opened, self.kind, self.target = opened, kind, target
        self.about = export.about(opened, selection, int(mask.sum()))
        self._part = opened.dataset.part(opened.samples.frame[mask])
        self.size = self._part.size(kind)
        _check_room(target.parent, self.size)

    def write(self, report: Report) -> Written:
        """Write it; the folder appears when it is whole.

        Args:
            report: told how far it is; may raise to stop, which leaves nothing behind.
        """
        partial = self.target.with_name(f".{self.target.name}.{uuid.uuid4().hex[:8]}.partial")
        partial.mkdir(parents=True)
        try:
            left_out = self._part.write(self.kind, partial, report)
            document = {**self.about.document(), "layout": self.kind, "left_out": list(left_out)}
            text = json.dumps(document, indent=1, ensure_ascii=False)
            (partial / ABOUT).write_text(text, encoding="utf-8")
            size = sum(file.stat().st_size for file in partial.rglob("*") if file.is_file())
            partial.rename(self.target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return Written(self.target, self.about.samples, size, left_out)


def check_target(opened: Opened, target: Path) -> None:
    """Refuse a target inside the dataset, or one that is a folder already.

    Raises:
        NotAllowed: says which of both.
    """
    root = opened.dataset.path.resolve()
    root = root if root.is_dir() else root.parent
    if target.resolve().is_relative_to(root):
        raise NotAllowed(
            "The target lies inside the dataset's folder, which is never written to. "
            "Choose a place outside of it."
        )
    if target.is_dir():
        raise _taken("folder", target)


def _taken(what: str, target: Path) -> NotAllowed:
    return NotAllowed(
        f"There is a {what} {target.name[:80]} already, and nothing is written over it. "
        "Choose a new name, or remove it."
    )


def _check_room(folder: Path, size: int) -> None:
    while not folder.is_dir():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < size + _SPARE:
        raise JobError(
            f"The export needs about {size / 1e9:.1f} GB and {free / 1e9:.1f} GB are free there. "
            "Select fewer samples, or choose another disk."
        )
