"""Connected areas of one CORINE code: the generalisation of the true map."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from eoexplore.demo.nomenclature import Codes

STEP = 2
"""Areas are found on every second pixel; their outlines are then taken at full resolution."""
HECTARE = 100
"""Pixels of 10 m in a hectare."""


@dataclass(frozen=True)
class Polygon:
    """One connected area.

    Attributes:
        code: its CORINE code.
        rows: rows of its bounding box.
        columns: columns of its bounding box.
        inside: which pixels of the box belong to it.
        area: in pixels of 10 m.
    """

    code: int
    rows: slice
    columns: slice
    inside: npt.NDArray[np.bool_]
    area: int


def polygons(code: Codes) -> Iterator[Polygon]:
    """Yield the connected areas of a map, code by code."""
    coarse = code[::STEP, ::STEP]
    for value in np.unique(coarse):
        labels, count = ndimage.label(coarse == value)
        areas = np.bincount(labels.ravel(), minlength=count + 1)
        for number, box in enumerate(ndimage.find_objects(labels), start=1):
            inside = labels[box] == number
            rows, columns = (slice(part.start * STEP, part.stop * STEP) for part in box)
            part = code[rows, columns]
            full = _fine(inside, part.shape) & (part == value)
            area = int(areas[number]) * STEP * STEP
            yield Polygon(int(value), rows, columns, full, area)


def generalise(code: Codes, smallest: float) -> Codes:
    """Give areas below a size (in hectares) to their neighbours, as a map of this scale does."""
    coarse = code[::STEP, ::STEP]
    gone = np.zeros(coarse.shape, np.bool_)
    for value in np.unique(coarse):
        labels, count = ndimage.label(coarse == value)
        areas = np.bincount(labels.ravel(), minlength=count + 1) * STEP * STEP
        small = areas < smallest * HECTARE
        small[0] = False
        gone |= small[labels]
    nearest = ndimage.distance_transform_edt(gone, return_distances=False, return_indices=True)
    kept = coarse[nearest[0], nearest[1]]
    own, right = _fine(kept, code.shape), _fine(np.roll(kept, -1, axis=1), code.shape)
    below = _fine(np.roll(kept, -1, axis=0), code.shape)
    # Slivers between the samples belong to no area that was kept.
    known = (code == own) | (code == right) | (code == below)
    return np.where(known & ~_fine(gone, code.shape), code, own)


def _fine(coarse: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """Return a coarse array at full resolution."""
    return coarse.repeat(STEP, axis=0).repeat(STEP, axis=1)[: shape[0], : shape[1]]


def without(code: Codes, inside: npt.NDArray[np.bool_]) -> Codes:
    """Return a map in which some pixels carry the code of the nearest other pixel."""
    nearest = ndimage.distance_transform_edt(inside, return_distances=False, return_indices=True)
    return np.asarray(code[nearest[0], nearest[1]], np.uint16)
