"""Spots of a label map in which a model is sure of other classes.

Cells that disagree are joined before they are ranked, since a map is wrong in places, not in
pixels: along every border of a map drawn with a least width there is a seam of cells that no model
agrees with. A spot counts by how sure the model is over all of it, and by its area.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.special import expit

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.integer]

SURE = 1.0
"""Margin of a cell that disagrees: another class is e times as likely as the label, each by the
measure of its class."""
LEAST_CELLS = 3
"""Cells of a spot at least."""
FULL_HA = 9.0
"""Area from which a spot counts fully; below, its margin counts with the root of its share of it.
Chosen on the synthetic demos of the seeds 1 to 6, 43 and 44."""


@dataclass(frozen=True)
class Spots:
    """Connected cells of one label that disagree; entry i of every array is one spot."""

    numbers: npt.NDArray[np.int32]
    """Spot of each cell, -1 for none, shape (row, column)."""
    labels: npt.NDArray[np.int16]
    """Class on the map, shape (s,)."""
    suspects: npt.NDArray[np.int16]
    """Class that the model is surest of, over the spot, shape (s,)."""
    cells: npt.NDArray[np.int64]
    """Cells of each, shape (s,)."""
    margins: Floats
    """Mean margin of its cells, shape (s,)."""
    width: Floats
    """Diameter of the largest disc that fits into it, in cells, shape (s,)."""
    border: Floats
    """Largest distance of a cell from another class of the map, in cells, shape (s,)."""
    compactness: Floats
    """4 pi times its area over its outline squared, 0 to 1: 0.79 of a square; shape (s,)."""
    cut: npt.NDArray[np.bool_]
    """Whether it reaches what is not covered, so that it may be larger; shape (s,)."""
    depth: Floats
    """Distance of each cell from the next one that does not disagree, shape (row, column)."""
    from_border: Floats
    """Distance of each cell from the next one beside another class, shape (row, column)."""

    def __len__(self) -> int:
        """Return the number of spots."""
        return len(self.labels)


def spots(
    labels: Ints,
    covered: npt.NDArray[np.bool_],
    relative: Floats,
    margins: Floats,
    sure: float = SURE,
) -> Spots:
    """Find the spots of a map.

    Args:
        labels: number of the class of each cell, -1 where it is none or mixed; shape
            (row, column).
        covered: of which cells map and model say something, shape (row, column).
        relative: logarithm of each class's probability over its threshold, shape
            (class, row, column).
        margins: the largest of them less that of the label, shape (row, column).
        sure: margin from which a cell disagrees.
    """
    disagree = (labels >= 0) & (margins > sure)
    numbers = _joined(np.where(disagree, labels, -1))
    count = int(numbers.max(initial=-1)) + 1
    inside = numbers >= 0
    of, size = numbers[inside], max(count, 1)
    cells = np.bincount(of, minlength=count)
    depth = ndimage.distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1].astype(np.float32)
    from_border = ndimage.distance_transform_edt(~_borders(labels)).astype(np.float32)
    width = np.zeros(size, np.float32)
    np.maximum.at(width, of, 2 * depth[inside] - 1)
    border = np.zeros(size, np.float32)
    np.maximum.at(border, of, from_border[inside])
    mean = np.bincount(of, margins[inside], size)[:count] / np.maximum(cells, 1)
    own = np.full(count, -1, np.int16)
    own[of] = labels[inside]
    return Spots(
        numbers,
        own,
        _suspects(relative, numbers, own, cells),
        cells,
        mean.astype(np.float32),
        width[:count],
        border[:count],
        _compactness(numbers, cells),
        _cut(numbers, covered, count),
        depth,
        from_border,
    )


def chance(strength: npt.NDArray[np.floating], intercept: float, slope: float) -> Floats:
    """Return the chance that a label is wrong, 0 to 1, by a logistic curve of the strength."""
    return np.asarray(expit(intercept + slope * strength), np.float32)


@dataclass(frozen=True)
class Pieces:
    """What lies of spots in each part of the ground; entry i of every array is one piece."""

    spots: npt.NDArray[np.int32]
    """Spot of each, shape (p,)."""
    cells: npt.NDArray[np.int64]
    """Cells of each, shape (p,)."""
    edge: npt.NDArray[np.int64]
    """Those of them that lie at a class border, shape (p,)."""
    middle: npt.NDArray[np.int64]
    """Row and column of the cell of each that is farthest inside, shape (p, 2)."""


def at_border(from_border: Floats) -> npt.NDArray[np.bool_]:
    """Tell which cells lie at a border of the map's classes: within a cell of those beside one."""
    return np.asarray(from_border < 2)


def pieces(found: Spots, parts: Ints, least: int = LEAST_CELLS) -> Pieces:
    """Divide spots along the borders of parts of the ground, such as patches.

    Args:
        found: the spots.
        parts: number of the part of each cell, -1 outside all, shape (row, column).
        least: cells of a piece at least; the largest piece of each spot is always one.
    """
    flat = np.flatnonzero(((found.numbers >= 0) & (parts >= 0)).ravel())
    spot, part = found.numbers.ravel()[flat], parts.ravel()[flat]
    # By spot and part, then from deep to shallow: the first cell of each piece is its middle.
    order = np.lexsort((-found.depth.ravel()[flat], part, spot))
    spot, part = spot[order], part[order]
    begins = np.flatnonzero((np.diff(spot, prepend=-1) != 0) | (np.diff(part, prepend=-1) != 0))
    cells = np.diff(np.append(begins, len(spot)))
    near = at_border(found.from_border).ravel()[flat[order]].astype(np.int64)
    edge = np.add.reduceat(near, begins) if len(begins) else near
    of = spot[begins]
    largest = np.zeros(len(found), np.int64)
    np.maximum.at(largest, of, cells)
    kept = (cells >= least) | (cells == largest[of])
    middle = np.stack(np.unravel_index(flat[order[begins[kept]]], parts.shape), 1)
    return Pieces(of[kept].astype(np.int32), cells[kept], edge[kept], middle.astype(np.int64))


def strength(margins: npt.NDArray[np.floating], area_ha: npt.NDArray[np.floating]) -> Floats:
    """Return how strongly spots speak against the map: the mean margin, less for small ones.

    Args:
        margins: mean margin of each, shape (s,).
        area_ha: area in hectares, shape (s,).
    """
    return np.asarray(margins * np.sqrt(np.minimum(1, area_ha / FULL_HA)), np.float32)


def _joined(keys: Ints) -> npt.NDArray[np.int32]:
    """Number the connected cells of equal key, -1 for those of none and in too small spots."""
    numbers = np.full(keys.shape, -1, np.int32)
    count = 0
    for key in np.unique(keys[keys >= 0]).tolist():
        found, more = ndimage.label(keys == key)
        there = found > 0
        numbers[there] = found[there] + (count - 1)
        count += more
    sizes = np.bincount(numbers[numbers >= 0], minlength=count)
    kept = sizes >= LEAST_CELLS
    renumbered = np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int32)
    there = numbers >= 0
    numbers[there] = renumbered[numbers[there]]
    return numbers


def _borders(labels: Ints) -> npt.NDArray[np.bool_]:
    """Tell which cells have a neighbour of another class, or of none."""
    found = np.zeros(labels.shape, bool)
    across, down = labels[:, 1:] != labels[:, :-1], labels[1:] != labels[:-1]
    found[:, 1:] |= across
    found[:, :-1] |= across
    found[1:] |= down
    found[:-1] |= down
    return found


def _suspects(
    relative: Floats, numbers: npt.NDArray[np.int32], own: Ints, cells: Ints
) -> npt.NDArray[np.int16]:
    """Return the class that the model is surest of over each spot, other than its label."""
    count, inside = len(own), numbers >= 0
    of = numbers[inside]
    best = np.full(count, -np.inf)
    found = np.full(count, -1, np.int16)
    for number, plane in enumerate(relative):
        mean = np.bincount(of, plane[inside], count) / np.maximum(cells, 1)
        better = (mean > best) & (own != number)
        best[better], found[better] = mean[better], number
    return found


def _compactness(numbers: npt.NDArray[np.int32], cells: Ints) -> Floats:
    wide = np.pad(numbers, 1, constant_values=-1)
    outline = np.zeros(len(cells), np.int64)
    for axis in (0, 1):
        one, other = np.moveaxis(wide, axis, 0)[:-1], np.moveaxis(wide, axis, 0)[1:]
        differs = one != other
        for side in (one[differs], other[differs]):
            outline += np.bincount(side[side >= 0], minlength=len(cells))
    return np.asarray(4 * np.pi * cells / np.maximum(outline, 1) ** 2, np.float32)


def _cut(
    numbers: npt.NDArray[np.int32], covered: npt.NDArray[np.bool_], count: int
) -> npt.NDArray[np.bool_]:
    """Tell which spots touch what is not covered."""
    near = ndimage.binary_dilation(~np.pad(covered, 1))[1:-1, 1:-1]
    found = np.zeros(count, bool)
    found[numbers[near & (numbers >= 0)]] = True
    return found
