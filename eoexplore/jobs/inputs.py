"""From the samples of a dataset to what a model takes: its bands, on its grid, in its order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from eoexplore.analysis import resample
from eoexplore.core import mgrs
from eoexplore.core.errors import DataMissing, FileUnreadable
from eoexplore.core.model_card import ModelCard
from eoexplore.core.types import Array, Band, Dataset, Layer
from eoexplore.store.catalog import Opened

Read = Callable[[str, str, str], Array]
"""Gives a band of a sample by key, layer and band, as `Dataset.read` does."""


@dataclass(frozen=True)
class Inputs:
    """What a model is given of some samples, and what it is not."""

    rows: npt.NDArray[np.intp]
    """Rows of the sample table that can be predicted, shape (n,)."""
    batch: npt.NDArray[np.float32]
    """Bands in the model's order, stored values, NaN where missing; shape (n, band, row, column)
    with the rows and columns of the model's input."""
    left_out: dict[int, str]
    """Why other samples are left out, a sentence by row."""


class Output(Protocol):
    """What is said of each sample: what a model's card says of it, and what masks are."""

    @property
    def task(self) -> str:
        """Scores of whole samples ("multilabel"), or a class for each pixel ("segmentation")."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, in the order of their numbers."""

    @property
    def input_size(self) -> int:
        """Rows and columns of masks."""


def misfit(dataset: Dataset, card: ModelCard) -> str:
    """Return why a model does not fit a dataset, and what would; empty where it does.

    Args:
        dataset: what is to be predicted.
        card: of the model.
    """
    layers = {layer.name: layer for layer in dataset.layers}
    lacking = [band for band in card.bands if _band(layers, band) is None]
    if lacking:
        there = ", ".join(
            f"{layer.name}/{band.name}"
            for layer in layers.values()
            for band in layer.bands
            if layer.kind != "categorical"
        )
        return (
            f"The model “{card.name}” needs bands that {dataset.title} does not have: "
            f"{', '.join(lacking)}. It has: {there}. Choose another model."
        )
    closed = [stream.sentence for stream in dataset.streams if stream.layer in card.layers]
    if closed:
        return f"{closed[0]} A model reads single patches."
    # Bands of 20 m are at home on a grid of 10 m: the finest one tells what the imagery is.
    finest = min(_band(layers, name).gsd_m for name in card.bands)  # type: ignore[union-attr]
    least, most = card.gsd_m
    if not least <= finest <= most:
        return (
            f"The model “{card.name}” is meant for pixels of {least:g} to {most:g} m, and those "
            f"of {dataset.title} have {finest:g} m. Choose another model."
        )
    return ""


def stretched(card: ModelCard) -> str:
    """Return that a patch is stretched beyond what a model is meant for; empty where it is not.

    It may be how the model was trained: many are, on patches that were brought to 224 pixels.
    """
    least, most = card.gsd_m
    if least <= ground_m(card) <= most:
        return ""
    return (
        f"The model “{card.name}” takes {card.input_size} × {card.input_size} pixels: a patch "
        f"brought to that has pixels of {ground_m(card):.3g} m, and the card says {least:g} to "
        f"{most:g} m."
    )


def read(opened: Opened, rows: Sequence[int], card: ModelCard, fetch: Read | None = None) -> Inputs:
    """Read samples for a model.

    Args:
        opened: dataset and index.
        rows: of the sample table.
        card: of the model; `misfit` has found nothing.
        fetch: reads a band; `Dataset.read` unless given, such as one that remembers.
    """
    dataset = opened.dataset
    fetch = fetch or dataset.read
    layers = {layer.name: layer for layer in dataset.layers}
    keys = {name: opened.samples.keys(layers[name]) for name in card.layers}
    planes, kept, left_out = [], [], {}
    for row in rows:
        try:
            own = {name: str(keys[name][row]) for name in card.layers}
            planes.append(_planes(own, layers, card, fetch))
            kept.append(row)
        except (DataMissing, FileUnreadable) as error:
            left_out[row] = str(error)
    side = card.input_size
    batch = np.stack(planes) if planes else np.zeros((0, len(card.bands), side, side), np.float32)
    return Inputs(np.array(kept, np.intp), batch, left_out)


def _planes(
    keys: dict[str, str], layers: dict[str, Layer], card: ModelCard, fetch: Read
) -> npt.NDArray[np.float32]:
    """Return the bands of one sample, shape (band, row, column)."""
    missing = [layers[name].title for name, key in keys.items() if not key]
    if missing:
        raise DataMissing(
            f"The patch has no {' and no '.join(missing)}, which the model “{card.name}” needs."
        )
    found = np.empty((len(card.bands), card.input_size, card.input_size), np.float32)
    for plane, name in zip(found, card.bands, strict=True):
        layer, _, band = name.partition("/")
        values = fetch(keys[layer], layer, band)
        plane[:] = on_grid(values, layers[layer].nodata, card)
    return found


def on_grid(values: Array, nodata: float | None, card: ModelCard) -> npt.NDArray[np.float32]:
    """Return a band on the grid of a model, NaN where a pixel has no value.

    Args:
        values: as stored, shape (row, column).
        nodata: stored value that means "nothing here", or none.
        card: of the model.
    """
    known = values.astype(np.float32)
    if nodata is not None:
        known[values == nodata] = np.nan
    if card.resample == "bilinear":
        return resample.bilinear(known, card.input_size)
    return np.asarray(resample.nearest(known, card.input_size), np.float32)


def reference(opened: Opened, row: int, output: Output) -> npt.NDArray[np.int16] | None:
    """Return the number of the class of each pixel of the label map.

    The nearest pixel, whatever the model's bands are brought to its grid by: codes are no numbers.

    Args:
        opened: dataset and index.
        row: of the sample table.
        output: classes and grid, such as the card of a model.

    Returns:
        Shape (row, column) of that grid, -1 for pixels of none of those classes; none where the
        sample has no label map.

    Raises:
        FileUnreadable, DataMissing: the label map cannot be read.
    """
    layer = next((item for item in opened.dataset.layers if item.kind == "categorical"), None)
    if layer is None or not opened.samples.has(layer.name)[row]:
        return None
    key = str(opened.samples.frame[layer.key].iloc[row])
    values = opened.dataset.read(key, layer.name, layer.bands[0].name)
    codes, place = np.unique(resample.nearest(values, output.input_size), return_inverse=True)
    numbers = {name: number for number, name in enumerate(output.class_names)}
    schema = opened.dataset.classes
    known = [numbers.get(schema.class_of(int(code)).name, -1) for code in codes]
    return np.array(known, np.int16)[place].reshape(output.input_size, output.input_size)


def ground_m(card: ModelCard) -> float:
    """Return the side of a pixel of the model's grid on a patch, in metres."""
    return mgrs.PATCH_M / card.input_size


def _band(layers: dict[str, Layer], name: str) -> Band | None:
    layer, _, band = name.partition("/")
    bands = layers[layer].bands if layer in layers else ()
    return next((item for item in bands if item.name == band), None)
