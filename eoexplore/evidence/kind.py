"""What a kind of evidence is asked, and what it is."""

import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from eoexplore import evidence
from eoexplore.core.errors import EOExploreError, UnknownName
from eoexplore.core.findings import Findings
from eoexplore.store.catalog import Opened
from eoexplore.store.prediction_sets import PredictionSet

Arrays = Mapping[str, npt.NDArray[Any]]
Each = Callable[[str, Sequence[str], Callable[[str], Arrays]], Iterator[Arrays]]
"""Makes the arrays of pieces of work: given a stage, names of pieces, and what makes one."""


class CannotTell(EOExploreError):
    """What the dataset lacks for a kind of evidence, and what would help; one sentence."""


def each_at_once(
    stage: str,  # noqa: ARG001 - whoever keeps pieces names them after their stage
    pieces: Sequence[str],
    make: Callable[[str], Arrays],
) -> Iterator[Arrays]:
    """Make pieces one after the other, and keep none."""
    yield from map(make, pieces)


@dataclass(frozen=True)
class Asked:
    """What is looked at."""

    opened: Opened
    """Dataset and index; all of its samples are looked at."""
    predictions: PredictionSet | None = None
    """What a model says; none for evidence without a model."""
    honest: npt.NDArray[np.bool_] | None = None
    """Which samples of the dataset have scores of a model that has not seen them, shape (n,)."""
    each: Each = each_at_once
    """Makes pieces of long work: those that are kept are not made again."""
    folder: Path | None = None
    """Where rasters are left beside what is found; none where nobody wants them."""


@dataclass(frozen=True)
class Finding:
    """One finding, as a sentence is made of it."""

    label: str
    """Name of the class that the label says; empty where it is about none."""
    suspect: str
    """Name of the class that the evidence says; empty for none."""
    score: float
    """How strongly it speaks against the label, 0 to 1."""
    facts: Mapping[str, float]
    """Numbers behind it, by name; those that do not apply are left out."""


@dataclass(frozen=True)
class Kind:
    """One kind of evidence."""

    name: str
    """Name of its module: addresses, files and the command line have it."""
    title: str
    """What a user reads, a few words."""
    help: str
    """What it looks at and how, with its source; one or two sentences."""
    needs: Literal["index", "scores", "masks"]
    """Whether it needs predictions: scores of samples, or masks."""
    about: Literal["label", "dataset"]
    """Whether it speaks against a label, or of how the dataset was put together."""
    version: int
    """A higher one makes what was found before be looked for anew."""
    order: int
    """Place among the others."""
    find: Callable[[Asked], Findings]
    """Looks for it in all samples; raises CannotTell."""
    sentence: Callable[[Finding], str]
    """Says one finding in a sentence."""


@functools.cache
def kinds() -> tuple[Kind, ...]:
    """Return the kinds of evidence in their order."""
    found = []
    for module in pkgutil.iter_modules(evidence.__path__):
        loaded = importlib.import_module(f"{evidence.__name__}.{module.name}")
        found += [loaded.KIND] if hasattr(loaded, "KIND") else []
    return tuple(sorted(found, key=lambda kind: kind.order))


def kind(name: str) -> Kind:
    """Return a kind of evidence by its name.

    Raises:
        UnknownName: with the names that there are.
    """
    for item in kinds():
        if item.name == name:
            return item
    known = ", ".join(item.name for item in kinds())
    raise UnknownName(f"There is no evidence {name[:60]!r}. There is: {known}.")
