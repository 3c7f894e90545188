"""What the masks of a model say of a tile: spots, and how each scene label stands.

Both kinds of evidence of masks are made of the same pieces of work, one for each tile.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from eoexplore.analysis import confident, disagreement
from eoexplore.analysis.disagreement import Spots
from eoexplore.core import mgrs
from eoexplore.core.types import Array
from eoexplore.evidence import _cells
from eoexplore.evidence._cells import CELL_HA, Tile
from eoexplore.evidence.kind import Arrays, Asked, CannotTell
from eoexplore.store import issues, mosaic
from eoexplore.store.prediction_mosaics import COARSE_M


def limits(asked: Asked) -> npt.NDArray[np.float64]:
    """Return the threshold of each class of the dataset, NaN for none.

    Raises:
        CannotTell: there is nothing to look at, or fewer than two classes have a threshold.
    """
    size = len(asked.opened.dataset.classes.classes)
    total = np.zeros((size, 101), np.int64)
    for part in asked.each("confidence", _cells.tiles(asked), lambda tile: _counted(asked, tile)):
        total += part["counts"]
    found = confident.thresholds(total)
    if np.isfinite(found).sum() < 2:
        raise CannotTell(
            f"Fewer than two classes have {confident.LEAST} cells with a label and a prediction, "
            "so the model cannot be compared with the map. Predict more of the dataset."
        )
    return found


def each(asked: Asked, found: npt.NDArray[np.float64]) -> Iterator[Arrays]:
    """Yield what is said of each tile.

    Args:
        asked: what is looked at.
        found: of `limits`.

    Returns:
        Columns of spots, which begin with "spot_", and of labels of scenes, with "label_"; and
        "ground_ha", hectares of each class that were looked at, inside and at a border of classes,
        shape (class, 2).
    """
    yield from asked.each("spots", _cells.tiles(asked), lambda tile: _said(asked, tile, found))


def _counted(asked: Asked, name: str) -> Arrays:
    tile = _cells.read(asked, name)
    own = _of_label(tile.probabilities, tile.labels)
    percent = np.rint(own * 100).astype(np.int64)
    size = len(tile.probabilities)
    return {"counts": confident.counted(tile.labels.ravel(), percent.ravel(), size)}


def _of_label(
    planes: npt.NDArray[np.float32], labels: npt.NDArray[np.int16]
) -> npt.NDArray[np.float32]:
    """Return the value of the class that is the label of each cell; that of class 0 for none."""
    places = np.maximum(labels, 0)[None].astype(np.intp)
    return np.asarray(np.take_along_axis(planes, places, 0)[0])


def _said(asked: Asked, name: str, found: npt.NDArray[np.float64]) -> Arrays:
    tile = _cells.read(asked, name)
    relative = confident.relative(tile.probabilities, found)
    margins = relative.max(0) - _of_label(relative, tile.labels)
    # The label of a class without a threshold cannot be compared.
    labels = np.where(np.isnan(found)[tile.labels], np.int16(-1), tile.labels)
    labels = np.where(tile.labels < 0, np.int16(-1), labels)
    spots = disagreement.spots(labels, tile.covered, relative, margins)
    columns = _spots(asked, tile, spots, name)
    if asked.folder is not None:
        _draw(asked, tile, spots, columns["strengths"], name)
    edge = disagreement.at_border(spots.from_border)[labels >= 0].astype(np.intp)
    cells = np.bincount(2 * labels[labels >= 0] + edge, minlength=2 * len(relative))
    ground = cells.reshape(-1, 2) * CELL_HA
    return {**columns, **_scenes(tile, labels, relative, margins), "ground_ha": ground}


def _spots(asked: Asked, tile: Tile, spots: Spots, name: str) -> dict[str, npt.NDArray[Any]]:
    """Return the columns of spots: a line for each patch that one reaches."""
    found = disagreement.pieces(spots, tile.rows)
    of, (row, column) = found.spots, found.middle.T
    area = spots.cells * CELL_HA
    epsg, left, top = mgrs.tile_origin(name)
    middle = (np.array([column + tile.left, row + tile.top]) + 0.5) * COARSE_M
    lon, lat = mgrs.to_lonlat(epsg).transform(left + middle[0], top - middle[1])
    of_spots: dict[str, npt.NDArray[Any]] = {
        "label": spots.labels,
        "suspect": spots.suspects,
        "strength": disagreement.strength(spots.margins, area),
        "area_ha": area.astype(np.float32),
        "width_m": spots.width * np.float32(COARSE_M),
        "border_m": spots.border * np.float32(COARSE_M),
        "compactness": spots.compactness,
        "margin": spots.margins,
        "decidable": _decidable(asked, spots, area),
    }
    return {
        "spot_row": tile.rows[row, column],
        "spot_spot": of,
        "spot_inside_ha": (found.cells * CELL_HA).astype(np.float32),
        "spot_edge_ha": (found.edge * CELL_HA).astype(np.float32),
        "spot_dates": tile.dates[row, column].astype(np.float32),
        "spot_lon": np.asarray(lon, np.float32),
        "spot_lat": np.asarray(lat, np.float32),
        **{f"spot_{key}": values[of] for key, values in of_spots.items()},
        "strengths": of_spots["strength"],
    }


def _decidable(
    asked: Asked, spots: Spots, area: npt.NDArray[np.floating]
) -> npt.NDArray[np.float32]:
    """Return 1 for spots of the map's unit or more, 0 for less, NaN where nobody can know."""
    unit = asked.opened.dataset.classes.mapping_unit_m2
    if unit is None:
        return np.full(len(spots), np.nan, np.float32)
    small = np.where(spots.cut, np.nan, 0.0)
    return np.where(area * 10_000 >= unit, 1.0, small).astype(np.float32)


def _scenes(
    tile: Tile,
    labels: npt.NDArray[np.int16],
    relative: npt.NDArray[np.float32],
    margins: npt.NDArray[np.float32],
) -> dict[str, npt.NDArray[Any]]:
    """Return how each class of the label map of each sample stands, over all of its cells."""
    there = labels >= 0
    size = len(relative)
    keys = tile.rows[there].astype(np.int64) * size + labels[there]
    names, place, cells = np.unique(keys, return_inverse=True, return_counts=True)
    mean = np.bincount(place, margins[there]) / np.maximum(cells, 1)
    planes = np.array([np.bincount(place, plane[there]) for plane in relative]).reshape(size, -1)
    planes[names % size, np.arange(len(names))] = -np.inf
    return {
        "label_row": (names // size).astype(np.int32),
        "label_label": (names % size).astype(np.int16),
        "label_suspect": planes.argmax(0).astype(np.int16),
        "label_area_ha": (cells * CELL_HA).astype(np.float32),
        "label_margin": mean.astype(np.float32),
    }


def _draw(
    asked: Asked, tile: Tile, spots: Spots, strength: npt.NDArray[np.float32], name: str
) -> None:
    """Write mosaics of the strength of spots, one for each product of the tile."""
    assert asked.folder is not None
    tenths = np.append(np.clip(np.rint(strength * 10), 1, 254), 0).astype(np.uint8)
    canvas = tenths[spots.numbers]
    samples = asked.opened.samples
    products = samples.frame["product"]
    rows = _cells.samples_of(asked, name)
    for product in products.iloc[rows].astype(str).unique():
        own = rows[(products.iloc[rows].astype(str) == product).to_numpy()]
        patches: dict[tuple[int, int], Array] = {}
        for row in own.tolist():
            x, y = int(samples.x[row]), int(samples.y[row])
            at = y * _cells.SIDE - tile.top, x * _cells.SIDE - tile.left
            part = canvas[at[0] : at[0] + _cells.SIDE, at[1] : at[1] + _cells.SIDE]
            patches[x, y] = part[None]
        mosaic.write(issues.spots_of(asked.folder, product), issues.SPOTS, name, patches)
