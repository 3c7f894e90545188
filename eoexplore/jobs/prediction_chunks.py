"""Samples that are predicted together, and the file in which what is said of them is kept.

A set is made in chunks, each of which appears whole or not at all: a kill loses one at most.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from eoexplore.analysis import resample
from eoexplore.core.errors import EOExploreError, JobError
from eoexplore.core.types import Array
from eoexplore.jobs import inputs
from eoexplore.jobs.inputs import Inputs, Output
from eoexplore.store import catalog, prediction_mosaics, prediction_sets
from eoexplore.store.catalog import Opened
from eoexplore.store.folder import atomic
from eoexplore.store.prediction_mosaics import CONFIDENCE, MASK, NOTHING, PROBABILITY

_SIDES = {name: group.patch_px for name, group in prediction_mosaics.groups(("any",)).items()}
"""Rows and columns that are stored of a patch, by what is stored."""
Maps = list[npt.NDArray[np.int16] | None]


@dataclass(frozen=True)
class Chunk:
    """Some samples that are predicted together."""

    name: str
    """Name of its file."""
    rows: tuple[int, ...]
    """Rows of the sample table."""
    models: tuple[int, ...]
    """Number of the model that predicts each of them; 0 where there is one, or none."""


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


def chunks(
    opened: Opened,
    rows: npt.NDArray[np.intp],
    size: int,
    models: npt.NDArray[np.integer] | None = None,
) -> list[Chunk]:
    """Return the work: neighbours in the archive together, products one after the other.

    Args:
        opened: the dataset.
        rows: of the sample table, shape (n,).
        size: samples of a chunk.
        models: number of the model of each row, shape (n,), where there are several.
    """
    frame = opened.samples.frame
    products = frame["product"].iloc[rows].astype(str).to_numpy(object)
    numbers = np.zeros(len(rows), np.intp) if models is None else models
    order = np.lexsort((rows, numbers, np.unique(products, return_inverse=True)[1]))
    ordered, own = rows[order].tolist(), numbers[order].tolist()
    ends = [(at, min(at + size, len(ordered))) for at in range(0, len(ordered), size)]
    return [
        Chunk(f"{at:08d}-{end:08d}", tuple(ordered[at:end]), tuple(own[at:end])) for at, end in ends
    ]


def path_of(parts: Path, chunk: Chunk) -> Path:
    """Return where a chunk is kept once it is predicted."""
    return parts / f"{chunk.name}.npz"


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
