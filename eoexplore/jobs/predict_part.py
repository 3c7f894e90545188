"""What a worker predicts: a chunk of samples, kept as one file of the unfinished set."""

import functools
import json
import os
import shutil
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from eoexplore.analysis import resample
from eoexplore.core.errors import EOExploreError, JobError, ModelError, Withdrawn
from eoexplore.core.model_card import ModelCard
from eoexplore.core.types import Array
from eoexplore.jobs import inputs
from eoexplore.jobs.inputs import Inputs, Output
from eoexplore.jobs.run import Run, Worker
from eoexplore.models.engine import Engine
from eoexplore.store import catalog, prediction_mosaics, prediction_sets
from eoexplore.store.catalog import Opened
from eoexplore.store.folder import atomic
from eoexplore.store.prediction_mosaics import CONFIDENCE, MASK, NOTHING, PROBABILITY

_SIDES = {name: group.patch_px for name, group in prediction_mosaics.groups(("any",)).items()}
"""Rows and columns that are stored of a patch, by what is stored."""
_TOGETHER = {"cpu": 16, "mps": 64, "cuda": 256}
"""Samples that are read while the ones before them are predicted, by the kind of device."""
_LONGEST_S = 600.0
"""Seconds of a pass at most. Nobody else waits for this process, and a batch is not to be divided
by how busy the machine is: the last digits of an answer depend on what is answered with it."""


@dataclass(frozen=True)
class Plan:
    """What every worker of a run has to know."""

    slug: str
    """The dataset, as the catalog knows it."""
    model: str
    """Name of the model."""
    model_hash: str
    """SHA-256 of its weights: a worker that has others does nothing."""
    parts: Path
    """Folder of the finished chunks."""
    threads: int
    """Threads of a worker on the CPU."""
    settings: tuple[tuple[str, str], ...]
    """Where datasets and models are known: a worker elsewhere may have been told otherwise."""


@dataclass(frozen=True)
class Chunk:
    """Some samples that are predicted together."""

    name: str
    """Name of its file."""
    rows: tuple[int, ...]
    """Rows of the sample table."""


def make(plan: Plan, chunk: Chunk, run: Run) -> bool:
    """Predict a chunk and write it; false where the run was over before.

    Raises:
        ModelError: the model is another one here, or cannot answer.
        JobError: files of the dataset have gone since it was opened.
    """
    os.environ.update(plan.settings)
    worker, goes_on = Worker(run, chunk.name), run.path.is_dir
    opened, engine = catalog.open_slug(plan.slug), _engine(plan.threads)
    card = engine.load(plan.model).card
    if card.sha256 != plan.model_hash:
        raise ModelError(f"The model {plan.model} has changed. Start the prediction anew.")
    found, whole = Found(card), True
    size = _TOGETHER[engine.device.name.partition(":")[0]]
    batches = [chunk.rows[at : at + size] for at in range(0, len(chunk.rows), size)]
    try:
        for asked, maps in _ahead(lambda rows: _read(opened, rows, card), batches):
            if not worker.goes_on(found.count):
                return False
            values = np.empty(0, np.float32)
            if len(asked.rows):
                answer = engine.predict(plan.model, asked.batch, lambda: not goes_on())
                values = np.asarray(answer, np.float32)
            found.add(asked, values, maps)
            whole = whole and all(one is not None for one in maps)
    except Withdrawn:
        return False
    if found.left_out or not whole:
        still_there(opened)
    found.write(path_of(plan.parts, chunk), engine.device.words)
    return True


def still_there(opened: Opened) -> None:
    """See that samples are left out for what they are, not because somebody moves the dataset."""
    if opened.dataset.stamp() != catalog.entry(opened.slug).stamp:
        raise JobError(
            f"Files of the dataset in {opened.dataset.path} have gone or changed since it was "
            "opened. Put them back, or open the dataset again, and start once more: finished "
            "chunks are kept."
        )


def parts_of(folder: Path, key: str) -> Path:
    """Return the folder of the chunks of a set; whatever else is in the set's folder is removed.

    A killed run, or another one of the name, leaves chunks, and mosaics at its very end.

    Args:
        folder: of the set, which is locked and not finished.
        key: stands for all that the numbers follow from.
    """
    parts = folder / f"parts-{key}"
    parts.mkdir(exist_ok=True)
    half = parts.glob("*.partial*")
    for other in [
        *half,
        *(path for path in folder.iterdir() if path.name not in (parts.name, prediction_sets.LOCK)),
    ]:
        if other.is_dir():
            shutil.rmtree(other, ignore_errors=True)
        else:
            other.unlink(missing_ok=True)
    return parts


def chunks(opened: Opened, rows: npt.NDArray[np.intp], size: int) -> list[Chunk]:
    """Return the work: neighbours in the archive together, products one after the other.

    Args:
        opened: the dataset.
        rows: of the sample table.
        size: samples of a chunk.
    """
    frame = opened.samples.frame
    products = frame["product"].iloc[rows].astype(str).to_numpy(object)
    order = np.lexsort((rows, np.unique(products, return_inverse=True)[1]))
    ordered = rows[order].tolist()
    return [
        Chunk(f"{at:08d}-{min(at + size, len(ordered)):08d}", tuple(ordered[at : at + size]))
        for at in range(0, len(ordered), size)
    ]


def path_of(parts: Path, chunk: Chunk) -> Path:
    """Return where a chunk is kept once it is predicted."""
    return parts / f"{chunk.name}.npz"


@functools.lru_cache(maxsize=1)
def _engine(threads: int) -> Engine:
    """Return the one model server of a worker's process."""
    import torch

    from eoexplore import models

    # A worker of Dask is told to use one; the passes of a model are its only work.
    torch.set_num_threads(threads)
    return Engine(models.load, longest=_LONGEST_S)


T = TypeVar("T")
Maps = list[npt.NDArray[np.int16] | None]


def _read(opened: Opened, rows: Sequence[int], card: ModelCard) -> tuple[Inputs, Maps]:
    """Return what a model takes of samples and, for masks, their label maps."""
    asked = inputs.read(opened, rows, card)
    if card.task != "segmentation":
        return asked, []
    return asked, maps_of(opened, asked.rows.tolist(), card)


def maps_of(opened: Opened, rows: Sequence[int], output: Output) -> Maps:
    """Return the label maps of samples, in the classes and on the grid of masks; none for some."""
    maps: Maps = []
    for row in rows:
        try:
            maps.append(inputs.reference(opened, row, output))
        except EOExploreError:
            # The mask is kept all the same; it is not compared.
            maps.append(None)
    return maps


def _ahead(read: Callable[[Sequence[int]], T], batches: Sequence[Sequence[int]]) -> Generator[T]:
    """Yield what is read, the next batch being read meanwhile."""
    with ThreadPoolExecutor(1, "eoexplore-read") as reader:
        coming = reader.submit(read, batches[0]) if batches else None
        for number in range(len(batches)):
            assert coming is not None
            found = coming.result()
            last = number + 1 == len(batches)
            coming = None if last else reader.submit(read, batches[number + 1])
            yield found


class Found:
    """What is kept of the samples of a chunk."""

    def __init__(self, output: Output) -> None:
        """Keep nothing yet."""
        self._classes = len(output.class_names)
        self._masks = output.task == "segmentation"
        self._kept: dict[str, list[Array]] = {}
        self.left_out: dict[str, str] = {}
        self.count = 0

    def add(self, asked: Inputs, values: npt.NDArray[np.float32], maps: Maps) -> None:
        """Take the answers for some samples.

        Args:
            asked: what the model was given.
            values: probabilities, shape (n, class), or (n, class, row, column) of masks.
            maps: of masks, the label map of each sample in the model's classes, or none.
        """
        self.leave_out(asked.left_out)
        if not len(asked.rows):
            return
        if not self._masks:
            self.count += len(asked.rows)
            self._keep("rows", asked.rows)
            self._keep("scores", values)
            return
        self.add_masks(asked.rows, values.argmax(1).astype(np.uint8), maps)
        self._keep(CONFIDENCE, _percent(_to(values.max(1), _SIDES[CONFIDENCE])))
        coarse = [_to(plane, _SIDES[PROBABILITY]) for plane in np.moveaxis(values, 1, 0)]
        self._keep(PROBABILITY, _percent(np.stack(coarse, 1)))

    def leave_out(self, why: Mapping[int, str]) -> None:
        """Note why samples have no prediction, by row."""
        self.left_out |= {str(row): reason for row, reason in why.items()}
        self.count += len(why)

    def add_masks(self, rows: Array, chosen: npt.NDArray[np.uint8], maps: Maps) -> None:
        """Take masks: shares of what is predicted, the mosaic, and the comparison with label maps.

        Args:
            rows: of the sample table, shape (n,).
            chosen: number of the class of each pixel, NOTHING where there is none; shape
                (n, row, column).
            maps: as for `add`, on the grid of the masks.
        """
        self.count += len(rows)
        self._keep("rows", rows)
        wide = NOTHING + 1
        counts = np.array([np.bincount(one.ravel(), minlength=wide) for one in chosen])
        known = counts[:, : self._classes]
        self._keep("scores", (known / np.maximum(known.sum(1, keepdims=True), 1)).astype("f4"))
        self._keep(MASK, _to(chosen, _SIDES[MASK]))
        for row, predicted, map_ in zip(rows.tolist(), chosen, maps, strict=True):
            if map_ is not None:
                self._confuse(row, predicted, map_)

    def _confuse(self, row: int, predicted: Array, known: npt.NDArray[np.int16]) -> None:
        labelled = known >= 0
        there = labelled & (predicted != NOTHING)
        # Labelled pixels, and those of them of which the mask says something.
        self._keep("compared", np.array([[labelled.sum(), there.sum()]], np.int64))
        pairs = known[there].astype(np.int64) * self._classes + predicted[there]
        cells, pixels = np.unique(pairs, return_counts=True)
        self._keep("confused_row", np.full(len(cells), row, np.int64))
        self._keep("reference", (cells // self._classes).astype(np.int16))
        self._keep("predicted", (cells % self._classes).astype(np.int16))
        self._keep("pixels", pixels.astype(np.int32))

    def _keep(self, name: str, values: Array) -> None:
        self._kept.setdefault(name, []).append(values)

    def write(self, path: Path, device: str) -> None:
        """Write it, atomically, with where the model ran."""
        arrays: dict[str, Any] = {key: np.concatenate(own) for key, own in self._kept.items()}
        said = np.array(json.dumps({"left_out": self.left_out, "device": device}))
        with atomic(path) as partial, partial.open("wb") as file:
            np.savez_compressed(file, said=said, **arrays)


def _to(planes: Array, side: int) -> Array:
    """Return planes, (n, row, column), on another grid of the same ground."""
    if planes.shape[1:] == (side, side):
        return planes
    times = planes.shape[1] // side
    if planes.shape[1:] == (times * side, times * side) and planes.dtype.kind == "f":
        return np.asarray(planes.reshape(len(planes), side, times, side, times).mean((2, 4)))
    return np.stack([resample.nearest(plane, side) for plane in planes])


def _percent(shares: Array) -> npt.NDArray[np.uint8]:
    return np.asarray(np.rint(np.clip(shares, 0, 1) * 100), np.uint8)
