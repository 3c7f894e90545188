"""Label maps and masks of a tile on one grid of cells, all dates of a place put together.

A cell is a pixel of the probabilities of a set of masks: 60 m. Its label is that of the majority
of its pixels on the label map. Of a place that was seen on several dates the logarithms of the
probabilities are averaged: what one date mistakes, another may tell.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.errors import RasterioError
from rasterio.windows import Window

from eoexplore.core import mgrs
from eoexplore.core.errors import PredictionError
from eoexplore.core.types import Classes
from eoexplore.evidence.kind import Asked, CannotTell
from eoexplore.store import mosaic, prediction_mosaics
from eoexplore.store.prediction_mosaics import COARSE_M, NOTHING, PROBABILITY

SIDE = mgrs.PATCH_M // COARSE_M
"""Cells along a side of a patch."""
CELL_HA = COARSE_M**2 * 1e-4
"""Area of a cell in hectares."""
_MAP = mosaic.GROUPS["reference_map"]
_TIMES = COARSE_M // _MAP.pixel_m
"""Packed pixels of the label map along a side of a cell."""
_LOGS = np.log(np.maximum(np.arange(256), 0.5) / 100).astype(np.float32)
"""Of whole percents; one that was rounded to 0 counts as half a percent."""


@dataclass(frozen=True)
class Tile:
    """The cells of one tile, as far as its samples reach."""

    top: int
    """First row of cells in the tile's grid."""
    left: int
    """First column of cells in the tile's grid."""
    rows: npt.NDArray[np.int32]
    """Row of the sample of each cell, of several dates the best one; -1 outside; (row, column)."""
    dates: npt.NDArray[np.uint8]
    """Dates of each cell, shape (row, column)."""
    labels: npt.NDArray[np.int16]
    """Class of each cell by its number in the dataset, -1 for none or mixed; (row, column)."""
    probabilities: npt.NDArray[np.float32]
    """Of the dataset's classes, 0 to 1, shape (class, row, column); 0 where the model lacks one."""

    @property
    def covered(self) -> npt.NDArray[np.bool_]:
        """Of which cells map and model say something, shape (row, column)."""
        return self.rows >= 0


def tiles(asked: Asked) -> tuple[str, ...]:
    """Return the tiles that can be looked at.

    Raises:
        CannotTell: the predictions are none of masks with probabilities, the dataset has no label
            maps or no places, its index is not built, or no sample has honest scores.
    """
    _refuse(asked)
    codes, names = asked.opened.samples.tiles
    own = np.unique(codes[_samples(asked)])
    return tuple(names[code] for code in own.tolist() if code >= 0)


def _refuse(asked: Asked) -> None:
    opened, found = asked.opened, asked.predictions
    if found is None or found.about.task != "segmentation":
        raise CannotTell(
            "It takes predictions of a class for each pixel. Predict the dataset with a model of "
            "masks, or with spatial folds (predict-folds)."
        )
    if PROBABILITY not in found.about.layers:
        raise CannotTell(
            f"The masks of {found.about.name} came without probabilities, so nobody knows how "
            "sure the model was. Predict the dataset with a model here."
        )
    if not any(layer.kind == "categorical" for layer in opened.dataset.layers):
        raise CannotTell("The dataset has no label maps, so there are no pixels to look at.")
    if not opened.samples.located.any():
        raise CannotTell("The samples have no location, so spots of a map cannot be put together.")
    if not opened.state.has("reference_map"):
        raise CannotTell("The label maps are not in the index yet. Build the index first.")
    if not _samples(asked).any():
        raise CannotTell(
            "No sample has a label map and scores of a model that has not seen it. Predict the "
            "dataset with spatial folds (predict-folds)."
        )


def _samples(asked: Asked) -> npt.NDArray[np.bool_]:
    """Tell which samples of the dataset are looked at, shape (n,)."""
    assert asked.predictions is not None
    samples = asked.opened.samples
    maps = next(layer for layer in asked.opened.dataset.layers if layer.kind == "categorical")
    found = np.zeros(len(samples), bool)
    found[asked.predictions.rows] = True
    found &= samples.located & samples.has(maps.name)
    return found if asked.honest is None else found & asked.honest


def read(asked: Asked, name: str) -> Tile:
    """Return the cells of a tile.

    Args:
        asked: what is looked at; `tiles` found nothing against it.
        name: of the tile.

    Raises:
        PredictionError: a mosaic of the set or of the index is damaged.
    """
    assert asked.predictions is not None
    samples, classes = asked.opened.samples, asked.opened.dataset.classes
    rows = samples_of(asked, name)
    x, y = samples.x[rows], samples.y[rows]
    left, top = int(x.min()) * SIDE, int(y.min()) * SIDE
    shape = (int(y.max()) + 1) * SIDE - top, (int(x.max()) + 1) * SIDE - left
    total = np.zeros((len(classes.classes), *shape), np.float32)
    labels = np.full(shape, -1, np.int16)
    owner, dates = np.full(shape, -1, np.int32), np.zeros(shape, np.uint8)
    window = Window(left, top, shape[1], shape[0])
    for product, own in _by_product(asked, rows):
        mine = _spread(own, samples.x[own], samples.y[own], (top, left), shape)
        there = mine >= 0
        log, known = _logs(asked, product, window, classes)
        there &= known
        total += np.where(there, log, 0)
        dates += there
        labels = np.where(there & (owner < 0), _labels(asked, product, window, classes), labels)
        # Products come with the best dates first.
        owner = np.where(there & (owner < 0), mine, owner)
    found = np.exp(total / np.maximum(dates, 1))
    found[[name not in asked.predictions.about.classes for name in classes.names]] = 0
    found /= np.maximum(found.sum(0), 1e-6)
    return Tile(top, left, owner, dates, labels, found)


def samples_of(asked: Asked, name: str) -> npt.NDArray[np.intp]:
    """Return the rows of the samples of a tile that are looked at."""
    codes, names = asked.opened.samples.tiles
    return np.flatnonzero(_samples(asked) & (codes == names.index(name)))


def _by_product(
    asked: Asked, rows: npt.NDArray[np.intp]
) -> Iterator[tuple[str, npt.NDArray[np.intp]]]:
    """Yield products and their rows: those with fewest flags first, then the latest."""
    frame = asked.opened.samples.frame
    products = frame["product"].iloc[rows].astype(str).to_numpy(object)
    names, place = np.unique(products, return_inverse=True)
    flagged = np.array([len(flags) > 0 for flags in frame["flags"].iloc[rows]])
    share = np.bincount(place, flagged) / np.bincount(place)
    day = frame["date"].iloc[rows].astype(str).to_numpy(object)
    last = [max(day[place == number]) for number in range(len(names))]
    for number in sorted(range(len(names)), key=lambda n: (-share[n], last[n]), reverse=True):
        yield str(names[number]), rows[place == number]


def _spread(
    rows: npt.NDArray[np.intp],
    x: npt.NDArray[np.integer],
    y: npt.NDArray[np.integer],
    corner: tuple[int, int],
    shape: tuple[int, int],
) -> npt.NDArray[np.int32]:
    """Return the row of the sample of each cell, -1 for none."""
    found = np.full((shape[0] // SIDE, shape[1] // SIDE), -1, np.int32)
    found[y - corner[0] // SIDE, x - corner[1] // SIDE] = rows
    return found.repeat(SIDE, 0).repeat(SIDE, 1)


def _logs(
    asked: Asked, product: str, window: Window, classes: Classes
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Return the logarithms of the probabilities of the dataset's classes, and where there are any.

    Classes that the model does not have stay 0.
    """
    assert asked.predictions is not None
    found = asked.predictions
    stored = _window(found.folder / prediction_mosaics.path_of(PROBABILITY, product), window)
    logs = np.zeros((len(classes.classes), *stored.shape[1:]), np.float32)
    for plane, name in zip(stored, found.about.classes, strict=True):
        if name in classes.names:
            logs[classes.names.index(name)] = _LOGS[plane]
    return logs, stored[0] != NOTHING


def _labels(asked: Asked, product: str, window: Window, classes: Classes) -> npt.NDArray[np.int16]:
    """Return the class of the majority of the pixels of each cell, -1 for none."""
    path = asked.opened.folder.mosaic("reference_map", product)
    fine = Window(*(number * _TIMES for number in window.flatten()))
    if path is None:
        return np.full((int(window.height), int(window.width)), -1, np.int16)
    table = np.full(65536, -1, np.int16)
    for number, item in enumerate(classes.classes):
        table[list(item.codes)] = number
    pixels = table[_window(path, fine)[0]]
    height, width = pixels.shape
    cells = pixels.reshape(height // _TIMES, _TIMES, width // _TIMES, _TIMES).swapaxes(1, 2)
    cells = cells.reshape(height // _TIMES, width // _TIMES, _TIMES**2)
    # What more than half of them are is also what stands in their middle once they are sorted.
    middle = np.sort(cells, -1)[..., _TIMES**2 // 2]
    majority = (cells == middle[..., None]).sum(-1) * 2 > _TIMES**2
    return np.where(majority, middle, np.int16(-1))


def _window(path: Path, window: Window) -> npt.NDArray[np.integer]:
    """Return a part of a mosaic as it is stored, shape (band, row, column)."""
    try:
        with rasterio.open(path, driver="GTiff") as file:
            return np.asarray(file.read(window=window))
    except (RasterioError, OSError):
        raise PredictionError(
            f"The mosaic {path.name} is damaged or has gone. Predict the set anew, or rebuild the "
            "index."
        ) from None
