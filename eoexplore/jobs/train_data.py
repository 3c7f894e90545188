"""Patches of a dataset as arrays, for training and for scores: bands, labels, maps, the truth."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from eoexplore.analysis import resample
from eoexplore.core.errors import DataMissing, JobError
from eoexplore.core.types import Classes, Dataset
from eoexplore.datasets import open_dataset

SIDE = 120
"""Rows and columns of a patch at 10 m."""
LAYERS = ("s2", "s1")
"""Layers that the demo's models are given, in this order."""
_MAP = "reference_map"


@dataclass(frozen=True)
class Patches:
    """Some patches."""

    bands: npt.NDArray[np.float16]
    """Stored values on the grid of 10 m, shape (n, band, row, column); 11 bits of each."""
    labels: npt.NDArray[np.bool_]
    """Stored scene labels, shape (n, class)."""
    map: npt.NDArray[np.int8]
    """Number of the class of each pixel in the stored map, -1 for none; (n, row, column)."""
    true_labels: npt.NDArray[np.bool_]
    """True scene labels, which are the stored ones where nobody knows better."""
    true_map: npt.NDArray[np.int8]
    """True map, likewise."""

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.bands)


def join(parts: Sequence[Patches]) -> Patches:
    """Return the patches of several datasets together."""
    names = [field.name for field in fields(Patches)]
    return Patches(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def band_names(dataset: Dataset) -> tuple[str, ...]:
    """Return the bands as "layer/band", in the order in which `read` has them."""
    layers = {layer.name: layer for layer in dataset.layers}
    return tuple(f"{name}/{band.name}" for name in LAYERS for band in layers[name].bands)


def read(path: Path, split: str | None, truth: bool = False) -> Patches:
    """Read the patches of one split, those with snow and clouds too.

    Args:
        path: folder of a dataset with Sentinel-1 and Sentinel-2.
        split: name of the part; none takes all patches.
        truth: whether the true maps and labels stand beside the folder, as beside a demo.

    Raises:
        JobError: there is no such patch.
        DataMissing: a patch lacks a band, or the truth is not there.
    """
    dataset = open_dataset(path)
    table = dataset.samples()
    if split is not None:
        table = table[table["split"] == split].reset_index(drop=True)
    if table.empty:
        raise JobError(f"{path.name} has no patches of the split {split}.")
    known = bool(table[f"has_{_MAP}"].all())
    bands = np.stack([_bands(dataset, row) for row in table.itertuples()])
    maps = np.stack([_map(dataset, str(name), known) for name in table["id"]])
    masks = table["label_mask"].to_numpy(np.uint64)
    bits = np.arange(len(dataset.classes.classes), dtype=np.uint64)
    labels = (masks[:, None] >> bits & np.uint64(1)).astype(np.bool_)
    if not truth:
        return Patches(bands, labels, maps, labels, maps)
    true_maps = np.stack([_true_map(path, str(name), dataset.classes) for name in table["id"]])
    return Patches(bands, labels, maps, _true_labels(path, table, dataset.classes), true_maps)


def _bands(dataset: Dataset, row: object) -> npt.NDArray[np.float16]:
    """Return the bands of one patch, shape (band, row, column)."""
    found = []
    layers = {layer.name: layer for layer in dataset.layers}
    for name in LAYERS:
        layer = layers[name]
        key = str(getattr(row, layer.key))
        for band in layer.bands:
            values = dataset.read(key, name, band.name)
            found.append(resample.nearest(values, SIDE).astype(np.float16))
    return np.stack(found)


def _map(dataset: Dataset, key: str, known: bool) -> npt.NDArray[np.int8]:
    """Return the stored map of one patch as numbers of classes."""
    if not known:
        return np.full((SIDE, SIDE), -1, np.int8)
    return numbers(dataset.read(key, _MAP, _MAP), dataset.classes)


def numbers(codes: npt.NDArray[np.generic], classes: Classes) -> npt.NDArray[np.int8]:
    """Return the number of the class of each pixel code, -1 for what is in none."""
    table = np.full(65536, -1, np.int8)
    for number, item in enumerate(classes.classes):
        table[list(item.codes)] = number
    return np.asarray(table[codes.astype(np.uint16)], np.int8)


def _true_map(path: Path, key: str, classes: Classes) -> npt.NDArray[np.int8]:
    import imagecodecs

    file = path.with_name(f"{path.name}.truth") / f"{key}_reference_map.tif"
    try:
        codes = imagecodecs.imread(file.read_bytes(), codec="tiff")
    except (OSError, imagecodecs.TiffError) as error:
        raise DataMissing(
            f"The true map {file.name} cannot be read. Make the demo anew."
        ) from error
    return numbers(codes, classes)


def _true_labels(path: Path, table: pd.DataFrame, classes: Classes) -> npt.NDArray[np.bool_]:
    truth = pd.read_parquet(path.with_name(f"{path.name}.truth.parquet")).set_index("patch_id")
    lists = truth.loc[table["id"].to_list(), "true_labels"]
    return np.array([[name in own for name in classes.names] for own in map(set, lists)])
