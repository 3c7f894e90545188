"""Prediction sets: what a model, or somebody, says of samples, as a folder of standard files.

`set.json` (what it is), `scores.parquet` (a column for each class), `confusion.parquet` (pixels by
reference and predicted class) and mosaics of masks. `set.json` is written last: a folder without it
is not finished.
"""

import contextlib
import dataclasses
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from eoexplore.core import settings
from eoexplore.core.errors import EOExploreError, PredictionError, UnknownName
from eoexplore.core.memory import ByteCache
from eoexplore.store.folder import FileStamp, atomic, file_stamp
from eoexplore.store.prediction_mosaics import LAYERS
from eoexplore.store.samples import Samples

if TYPE_CHECKING:
    from eoexplore.store.catalog import Opened

ABOUT, SCORES, CONFUSION = "set.json", "scores.parquet", "confusion.parquet"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
"""What a set may be called: its name stands in addresses, selections and paths."""
_KEPT_BYTES = 300_000_000
_LARGEST = 1_000_000
_sets: "ByteCache[tuple[FileStamp, PredictionSet]]"

Task = Literal["multilabel", "segmentation"]


LOCK = "build.lock"
"""File of the folder of a set that whoever makes it holds."""


@dataclass(frozen=True)
class About:
    """What is known of a set: its set.json."""

    name: str
    """Name in addresses and selections."""
    task: Task
    """Scores of whole patches, or a class for each pixel."""
    model: str
    """Name of the model, or of the file that was imported."""
    model_hash: str
    """SHA-256 of the weights, or of the file."""
    preprocessing_hash: str
    """Stands for bands, grid, resampling and normalisation."""
    dataset_fingerprint: str
    """Of the dataset that was predicted."""
    selection: str
    """Canonical selection that was asked for; empty for all."""
    classes: tuple[str, ...]
    """Names of the classes, in the order of the columns."""
    threshold: float
    """Score from which a class counts as predicted."""
    trained_on_split: str
    """Part of the split that the model was trained on; empty where nobody states it."""
    created: str
    """When, ISO 8601 in UTC."""
    eoexplore_version: str
    """Release that wrote it."""
    key: str = ""
    """Stands for all that the numbers follow from: equal keys, equal sets."""
    trained_on: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """What the model's card says of its training."""
    synthetic: bool = False
    """Whether the model was trained on made-up imagery."""
    codes: tuple[int, ...] = ()
    """Label code of each class, for masks."""
    device: str = ""
    """Where the model ran, in words."""
    left_out: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Why samples of the selection have no prediction, and how many."""
    layers: tuple[str, ...] = LAYERS
    """Which mosaics there are, of masks."""
    unjudged_share: float = 0.0
    """Share of the labelled pixels of which its masks say nothing, 0 to 1."""

    def keys(self) -> dict[str, str]:
        """Return the names of its classes by what stands for them in an address."""
        found: dict[str, str] = {}
        for number, name in enumerate(self.classes):
            key = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:80] or "class"
            found[key if key not in found else f"{key}-{number}"] = name
        return found

    def to_json(self) -> str:
        """Return it as the text of a set.json."""
        return json.dumps(dataclasses.asdict(self), indent=1, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class Confusion:
    """Pixels by sample, reference class and predicted class; only pairs that occur."""

    sample: npt.NDArray[np.int32]
    """Place in the rows of the set, shape (k,)."""
    reference: npt.NDArray[np.int16]
    """Number of the class on the label map, shape (k,)."""
    predicted: npt.NDArray[np.int16]
    """Number of the predicted class, shape (k,)."""
    pixels: npt.NDArray[np.int32]
    """How many, shape (k,)."""


@dataclass(frozen=True)
class PredictionSet:
    """A set, and which samples of the dataset it is about."""

    about: About
    """What it is."""
    folder: Path
    """Where it lies."""
    rows: npt.NDArray[np.intp]
    """Rows of the sample table, ascending, shape (n,)."""
    scores: npt.NDArray[np.float32]
    """Probability of each class or, of masks, its share of the mask; shape (n, class)."""
    confusion: Confusion | None
    """Of masks where there are label maps."""

    @property
    def nbytes(self) -> int:
        """Memory of the arrays."""
        # A confusion takes some twelve bytes for each pair of classes that a sample has.
        pairs = 0 if self.confusion is None else len(self.confusion.pixels)
        return self.rows.nbytes + self.scores.nbytes + 12 * pairs


_sets = ByteCache(_KEPT_BYTES)


def folder_of(fingerprint: str, name: str) -> Path:
    """Return the folder of a set, which need not be there.

    Raises:
        UnknownName: no set can be called so.
    """
    if not NAME.fullmatch(name):
        raise UnknownName(
            f"{name[:60]!r} cannot be the name of a prediction set: small letters, digits and "
            "dashes, 40 at most."
        )
    return settings.cache_folder() / "predictions" / fingerprint / name


def available(fingerprint: str) -> tuple[About, ...]:
    """Return the finished sets of a dataset, by name."""
    try:
        folders = sorted((settings.cache_folder() / "predictions" / fingerprint).iterdir())
    except OSError:
        return ()
    found = (about(path) for path in folders if NAME.fullmatch(path.name))
    return tuple(item for item in found if item is not None)


def about(folder: Path) -> About | None:
    """Return what a folder's set.json says; none where there is none, or none that can be used."""
    try:
        with (folder / ABOUT).open("rb") as file:
            said = json.loads(file.read(_LARGEST))
        known = {item.name for item in dataclasses.fields(About)}
        said = {key: value for key, value in said.items() if key in known}
        said |= {key: tuple(said[key]) for key in ("classes", "codes", "layers") if key in said}
        found = About(**said)
    except (OSError, ValueError, TypeError, AttributeError):
        return None
    return found if found.name == folder.name and found.classes else None


def read(opened: "Opened", name: str) -> PredictionSet:
    """Return a set of a dataset; see `read_for`."""
    return read_for(opened.fingerprint, opened.samples, name)


def read_for(fingerprint: str, samples: Samples, name: str) -> PredictionSet:
    """Return a set of a dataset; the last ones asked for stay in memory.

    Args:
        fingerprint: of the dataset.
        samples: its sample table.
        name: of the set.

    Raises:
        UnknownName: there is none of that name.
        PredictionError: its files are damaged.
    """
    folder = folder_of(fingerprint, name)
    stamp = file_stamp(folder / ABOUT)
    kept = _sets.get(str(folder))
    if kept is not None and kept[0] == stamp:
        return kept[1]
    said = about(folder)
    if said is None:
        names = ", ".join(item.name for item in available(fingerprint)) or "none yet"
        raise UnknownName(f"There is no prediction set {name[:60]!r} here. There are: {names}.")
    try:
        found = _read(samples, folder, said)
    except (OSError, ValueError, LookupError, pa.ArrowException):
        raise PredictionError(
            f"The files of the prediction set {name} are damaged. Delete it and predict again."
        ) from None
    _sets.put(str(folder), (stamp, found), found.nbytes)
    return found


def newest(opened: "Opened", most: int) -> tuple[PredictionSet, ...]:
    """Return the sets of a dataset that were made last, as far as they can be read."""
    found: list[PredictionSet] = []
    for item in sorted(available(opened.fingerprint), key=lambda item: item.created)[::-1]:
        with contextlib.suppress(EOExploreError):
            found += [read(opened, item.name)] if len(found) < most else []
    return tuple(found)


def _read(samples: Samples, folder: Path, said: About) -> PredictionSet:
    table = pq.read_table(folder / SCORES)
    ids = samples.frame["id"]
    own = table["id"].to_pandas()
    # Both are sorted by id; what the dataset does not have is no part of it.
    places = np.asarray(ids.array.searchsorted(own.to_numpy(object)), np.intp)
    there = places < len(ids)
    there[there] = ids.to_numpy(object)[places[there]] == own.to_numpy(object)[there]
    scores = np.column_stack([table[name].to_numpy() for name in said.classes])
    confusion = _confusion(folder, there) if (folder / CONFUSION).is_file() else None
    return PredictionSet(
        said, folder, places[there], np.asarray(scores[there], np.float32), confusion
    )


def _confusion(folder: Path, there: npt.NDArray[np.bool_]) -> Confusion:
    table = pq.read_table(folder / CONFUSION)
    columns = {item.name: table[item.name].to_numpy() for item in dataclasses.fields(Confusion)}
    place = np.cumsum(there) - 1
    kept = there[columns["sample"]]
    columns["sample"] = place[columns["sample"]].astype(np.int32)
    return Confusion(**{name: values[kept] for name, values in columns.items()})


def write(
    folder: Path,
    said: About,
    ids: npt.NDArray[np.object_],
    scores: npt.NDArray[np.float32],
    confusion: Confusion | None = None,
) -> None:
    """Write the tables of a set and, last of all, its set.json.

    Args:
        folder: of the set; mosaics lie in it already.
        said: what it is.
        ids: of the samples, ascending, shape (n,).
        scores: shape (n, class).
        confusion: `sample` counts places in `ids`.
    """
    columns = {name: scores[:, number] for number, name in enumerate(said.classes)}
    table = pa.table({"id": pa.array(ids, pa.string()), **columns})
    with atomic(folder / SCORES) as partial:
        pq.write_table(table, partial, compression="zstd")
    if confusion is None:
        (folder / CONFUSION).unlink(missing_ok=True)
    else:
        with atomic(folder / CONFUSION) as partial:
            pq.write_table(pa.table(dataclasses.asdict(confusion)), partial, compression="zstd")
    write_about(folder, said)


def write_about(folder: Path, said: About) -> None:
    """Write what a set is."""
    with atomic(folder / ABOUT) as partial:
        partial.write_text(said.to_json(), encoding="utf-8")


def remove(opened: "Opened", name: str) -> None:
    """Delete a set and all that is kept of it.

    Raises:
        UnknownName: no set can be called so.
    """
    folder = folder_of(opened.fingerprint, name)
    # First what makes it a set, so that nobody reads half of one.
    (folder / ABOUT).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
