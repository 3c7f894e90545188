"""What was found against labels, as files: one table for each kind of evidence.

What a set of predictions says is kept in the folder of the set, what needs none in a folder of the
dataset. Each table carries a key that stands for all that it follows from.
"""

import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from eoexplore.analysis import ranking
from eoexplore.core import settings
from eoexplore.core.findings import FACTS, Findings
from eoexplore.core.memory import ByteCache
from eoexplore.store import prediction_sets
from eoexplore.store.folder import FileStamp, atomic, file_stamp
from eoexplore.store.mosaic import Group
from eoexplore.store.prediction_mosaics import COARSE_M, NOTHING
from eoexplore.store.samples import Samples

if TYPE_CHECKING:
    from eoexplore.store.catalog import Opened

FOLDER = "issues"
SPOTS = Group("spots", "", ("strength",), COARSE_M, "uint8", NOTHING, "NEAREST", scale=0.1)
"""Mosaics of spots: the strength of the spot of each cell, 0 where none is."""
_LOOKED = "looked.json"
_ABOUT = b"eoexplore.issues"
_COLUMNS = {"row": pa.int32(), "label": pa.int16(), "suspect": pa.int16(), "score": pa.float32()}


@dataclass(frozen=True)
class Kept:
    """What one kind of evidence found, and what it follows from."""

    key: str
    """Stands for all that it follows from."""
    findings: Findings
    """What was found; nothing where it could not be told."""
    cannot: str = ""
    """Why nothing can be told; empty where it can."""


def folder_of(opened: "Opened", predictions: str = "") -> Path:
    """Return the folder of what was found, which need not be there.

    Args:
        opened: the dataset.
        predictions: name of the set; empty for what needs none.

    Raises:
        UnknownName: no set can be called so.
    """
    if predictions:
        return of_set(opened.fingerprint, predictions)
    return settings.cache_folder() / FOLDER / opened.fingerprint


def of_set(fingerprint: str, name: str) -> Path:
    """Return the folder of what was found with a set of predictions.

    Raises:
        UnknownName: no set can be called so.
    """
    return prediction_sets.folder_of(fingerprint, name) / FOLDER


def tables(folder: Path) -> tuple[Path, ...]:
    """Return the tables of a folder that are there, by name."""
    return tuple(sorted(folder.glob("*.parquet")))


def stamp(folder: Path) -> tuple[FileStamp, ...]:
    """Return what changes when something is looked for anew."""
    return tuple(map(file_stamp, tables(folder)))


def spots_of(folder: Path, product: str) -> Path:
    """Return the mosaic of the spots of a product."""
    return folder / SPOTS.name / f"{product}.tif"


def strongest(folder: Path, samples: Samples) -> npt.NDArray[np.float32]:
    """Return the score of the strongest finding at the place of each sample, 0 without; (n,)."""
    found = np.full(len(samples), -np.inf)
    for path in tables(folder):
        kept = read(folder, path.stem)
        if kept is not None:
            own = ranking.strongest(kept.findings.rows, kept.findings.scores, samples.places)
            found = np.maximum(found, own)
    return np.asarray(np.maximum(found, 0), np.float32)


def path_of(folder: Path, kind: str) -> Path:
    """Return the table of a kind of evidence."""
    return folder / f"{kind}.parquet"


def write(folder: Path, kind: str, kept: Kept) -> None:
    """Write what a kind of evidence found, strongest first, atomically."""
    found = kept.findings
    order = np.argsort(-found.scores, kind="stable")
    found = found.take(order)
    columns = {
        "row": found.rows, "label": found.labels, "suspect": found.suspects, "score": found.scores,
    }  # fmt: skip
    arrays = {name: pa.array(columns[name], kind) for name, kind in _COLUMNS.items()}
    table = pa.table({**arrays, **{name: pa.array(own) for name, own in found.facts.items()}})
    said = json.dumps({"key": kept.key, "cannot": kept.cannot})
    with atomic(path_of(folder, kind)) as partial:
        pq.write_table(
            table.replace_schema_metadata({_ABOUT: said.encode()}), partial, compression="zstd"
        )


def about(folder: Path, kind: str) -> tuple[str, str] | None:
    """Return the key of a table and why nothing can be told; none where there is no table."""
    try:
        stored = pq.read_schema(path_of(folder, kind)).metadata or {}
        said = json.loads(stored[_ABOUT])
        return str(said["key"]), str(said["cannot"])
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return None


def read(folder: Path, kind: str) -> Kept | None:
    """Return what a kind of evidence found; none where it was not looked for, or is damaged."""
    said = about(folder, kind)
    if said is None:
        return None
    try:
        table = pq.read_table(path_of(folder, kind))
        found = Findings.of(
            *(table[name].to_numpy() for name in _COLUMNS),
            **{name: table[name].to_numpy() for name in table.column_names if name in FACTS},
        )
    except (OSError, pa.ArrowException, KeyError):
        return None
    return Kept(said[0], found, said[1])


@dataclass(frozen=True)
class Looked:
    """What was looked at for spots, class by class."""

    thresholds: npt.NDArray[np.float64]
    """Mean probability of each class where it is the label, NaN for none; shape (class,)."""
    ground_ha: npt.NDArray[np.float64]
    """Hectares of each class, inside and at a border of classes, shape (class, 2)."""


def write_looked(folder: Path, looked: Looked) -> None:
    """Write what was looked at, atomically."""
    said = {"thresholds": looked.thresholds.tolist(), "ground_ha": looked.ground_ha.tolist()}
    with atomic(folder / _LOOKED) as partial:
        partial.write_text(json.dumps(said), encoding="utf-8")


def read_looked(folder: Path) -> Looked | None:
    """Return what was looked at; none where nothing was, or the file is damaged."""
    try:
        said = json.loads((folder / _LOOKED).read_text(encoding="utf-8"))
        return Looked(*(np.array(said[key], np.float64) for key in ("thresholds", "ground_ha")))
    except (OSError, ValueError, KeyError, TypeError):
        return None


@dataclass(frozen=True)
class Issues:
    """All that was found of a dataset, strongest first; entry i of every array is one finding."""

    kinds: tuple[str, ...]
    """Kinds of evidence that were looked for."""
    numbers: npt.NDArray[np.int8]
    """Number of the kind of each finding, shape (n,)."""
    findings: Findings
    """The findings."""
    cannot: Mapping[str, str]
    """Why kinds of evidence can say nothing."""
    stamp: Hashable
    """Changes when something is looked for anew."""

    def __len__(self) -> int:
        """Return the number of findings."""
        return len(self.findings)

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        return len(self) * (13 + 4 * len(self.findings.facts))


_kept: ByteCache[Issues] = ByteCache(300_000_000, least=1)
"""Of all open datasets."""


def together(opened: "Opened", kinds: Sequence[str], predictions: str = "") -> Issues:
    """Return what several kinds of evidence found; the last one asked for stays in memory.

    Args:
        opened: the dataset.
        kinds: names of kinds of evidence.
        predictions: name of the set; empty for none.
    """
    folders = dict.fromkeys([folder_of(opened, predictions), folder_of(opened)])
    paths = {kind: [path_of(folder, kind) for folder in folders] for kind in kinds}
    stamp = tuple((kind, *map(file_stamp, own)) for kind, own in paths.items())
    key = (opened.fingerprint, predictions, stamp)
    found = _kept.get(key)
    if found is None:
        known = {kind: next(filter(None, (read(f, kind) for f in folders)), None) for kind in kinds}
        found = _merged({kind: own for kind, own in known.items() if own is not None}, stamp)
        _kept.put(key, found, found.nbytes)
    return found


def _merged(known: Mapping[str, Kept], stamp: Hashable) -> Issues:
    parts = [own.findings for own in known.values()]
    numbers = np.repeat(np.arange(len(parts), dtype=np.int8), [len(part) for part in parts])
    found = Findings.together(parts)
    inside = found.facts.get("inside_ha", np.zeros(len(found), np.float32))
    # Of the pieces of a spot the largest comes first.
    order = np.lexsort((-np.nan_to_num(inside), -found.scores))
    found = found.take(order)
    for values in found.arrays():
        values.setflags(write=False)
    cannot = {kind: own.cannot for kind, own in known.items() if own.cannot}
    return Issues(tuple(known), numbers[order], found, cannot, stamp)


@dataclass(frozen=True)
class Wanted:
    """Which findings are looked at."""

    kinds: tuple[str, ...] = ()
    """Kinds of evidence; all where empty."""
    label: int = -1
    """Number of a class that the label or the evidence says; -1 for any."""
    least: float = 0.0
    """Score at least, 0 to 1."""
    status: str = ""
    """"decidable" or "undecidable" at the map's resolution; empty for both."""


STATUS = {"decidable": "Decidable at the map's resolution", "undecidable": "Not decidable"}


def places(
    issues: Issues, wanted: Wanted, samples: Samples, mask: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int32]]:
    """Return which findings are wanted, strongest first, each spot once, and where each is shown.

    A finding is about a place: it is shown if any date of its place is selected.

    Args:
        issues: all that was found.
        wanted: which of them.
        samples: sample table of the dataset.
        mask: which samples are selected, shape (n,).

    Returns:
        Places in the findings, shape (k,), and the row of the sample to show for each.
    """
    found = issues.findings
    shown = _shown(samples, mask)[found.rows] if len(found) else np.empty(0, np.int32)
    kept = (shown >= 0) & (found.scores >= np.float32(wanted.least))
    for own in fitting(wanted, issues.kinds, issues.numbers, found, small(found)):
        kept &= own
    at = _each_spot_once(found, np.flatnonzero(kept))
    return at, shown[at]


class Classed(Protocol):
    """What has the classes of findings."""

    @property
    def labels(self) -> npt.NDArray[np.int16]:
        """Class that the label says, -1 for none, shape (n,)."""

    @property
    def suspects(self) -> npt.NDArray[np.int16]:
        """Class that the evidence says, -1 for none, shape (n,)."""


def small(found: Findings) -> npt.NDArray[np.bool_]:
    """Tell which findings are not decidable at the map's resolution, shape (n,)."""
    decidable = found.facts.get("decidable")
    return np.zeros(len(found), bool) if decidable is None else decidable == 0


def fitting(
    wanted: Wanted,
    kinds: Sequence[str],
    numbers: npt.NDArray[np.int8],
    classes: Classed,
    small: npt.NDArray[np.bool_],
) -> Iterator[npt.NDArray[np.bool_]]:
    """Tell for each condition but the least score which findings fit it; nothing for any.

    Args:
        wanted: the conditions.
        kinds: names of the kinds of evidence.
        numbers: number of the kind of each finding, shape (n,).
        classes: of the findings.
        small: which are not decidable at the map's resolution, shape (n,).
    """
    if wanted.kinds:
        yield np.isin(numbers, [kinds.index(kind) for kind in wanted.kinds if kind in kinds])
    if wanted.label >= 0:
        yield (classes.labels == wanted.label) | (classes.suspects == wanted.label)
    if wanted.status in STATUS:
        yield small if wanted.status == "undecidable" else ~small


def _shown(samples: Samples, mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
    """Return the selected sample that stands for each sample's place: itself where it is one."""
    numbers = samples.keep(
        "place numbers", lambda: np.unique(samples.places, return_inverse=True)[1].astype(np.int32)
    )
    first = np.full(int(numbers.max(initial=-1)) + 1, -1, np.int32)
    rows = np.flatnonzero(mask)[::-1].astype(np.int32)
    first[numbers[rows]] = rows
    return np.where(mask, np.arange(len(mask), dtype=np.int32), first[numbers])


def _each_spot_once(found: Findings, at: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Return places without those of further pieces of a spot."""
    spot = found.facts.get("spot")
    if spot is None or not len(at):
        return at
    # Sorting millions takes most of the time of a new selection; numbers of spots are counted.
    own = spot[at]
    there = np.flatnonzero(~np.isnan(own))
    number = own[there].astype(np.intp)
    first = np.zeros(int(number.max(initial=-1)) + 1, np.intp)
    first[number[::-1]] = there[::-1]
    kept = np.isnan(own)
    kept[first[number]] = True
    return at[kept]
