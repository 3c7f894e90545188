"""Connected spots of a label map: how large and how wide each is, and whether its map can tell.

A map drawn with a smallest unit and a least width says nothing certain of what is smaller or
thinner. Spots that the border of a patch cuts are joined with those of neighbouring patches.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from eoexplore.core.types import Array

DECIDABLE, TOO_SMALL, TOO_THIN, UNKNOWN = range(4)
"""Verdicts: the map shows it, it is below its unit, below its width, or nobody sees the rest."""
TOP, RIGHT, BOTTOM, LEFT = range(4)
"""Sides of a patch in the order of `Found.starts`."""
_UNION = ((RIGHT, LEFT, 1, 0), (BOTTOM, TOP, 0, 1))
"""Side of a patch, side of its neighbour, and where in the grid the neighbour is: (x, y)."""

Ints = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Found:
    """The components of one label map: pixels of equal code that share sides."""

    codes: Array
    """Code of each component, shape (c,)."""
    pixels: npt.NDArray[np.int64]
    """Pixels of each, shape (c,)."""
    width_m: npt.NDArray[np.float64]
    """Diameter of the largest disc that fits into each and into the map, in metres, shape (c,)."""
    starts: npt.NDArray[np.int64]
    """Where each run of border pixels begins, shape (r,), rising: pixels of the top side from the
    left, of the right side from the top, of the bottom from the left, of the left from the top."""
    owners: npt.NDArray[np.int64]
    """Component of each run, shape (r,)."""


def of_map(label_map: Array, pixel_m: float) -> Found:
    """Find the components of a label map.

    Widths come from one Euclidean distance transform on a grid of half pixels, on which the edges
    between codes and the border of the map are what is outside. A strip of w pixels along the axes
    is exactly w pixels wide; where the middle of the largest disc is not a point of this grid, a
    component is up to half a pixel's diagonal wider than said.

    Args:
        label_map: codes, shape (row, column), not empty.
        pixel_m: side of a pixel on the ground, in metres.
    """
    inside = _inside(label_map)
    labels, count = ndimage.label(inside)
    distance = ndimage.distance_transform_edt(inside)
    numbers = labels[1::2, 1::2] - 1
    codes = np.zeros(count, label_map.dtype)
    codes[numbers] = label_map
    radius = np.zeros(count + 1)
    np.maximum.at(radius, labels.ravel(), distance.ravel())
    ring = np.concatenate([numbers[0], numbers[:, -1], numbers[-1], numbers[:, 0]])
    starts = np.flatnonzero(np.diff(ring, prepend=-1))
    return Found(
        codes,
        np.bincount(numbers.ravel(), minlength=count),
        # A radius in half pixels is a diameter in pixels.
        radius[1:] * pixel_m,
        starts,
        ring[starts].astype(np.int64),
    )


def _inside(label_map: Array) -> npt.NDArray[np.bool_]:
    """Return the points of the half-pixel grid that lie inside a component.

    Returns:
        Shape (2h + 1, 2w + 1): middles of pixels at odd places; a point between pixels is inside
        where all that meet there have one code.
    """
    height, width = label_map.shape
    across = label_map[:, :-1] == label_map[:, 1:]
    down = label_map[:-1] == label_map[1:]
    inside = np.zeros((2 * height + 1, 2 * width + 1), bool)
    inside[1::2, 1::2] = True
    inside[1::2, 2:-1:2] = across
    inside[2:-1:2, 1::2] = down
    inside[2:-1:2, 2:-1:2] = across[:-1] & across[1:] & down[:, :-1] & down[:, 1:]
    return inside


def rings(patches: Ints, starts: Ints, owners: Ints, count: int, side: int) -> Ints:
    """Return whose each border pixel is, of many square maps.

    Args:
        patches: patch of each run, shape (r,).
        starts: as `Found.starts`, shape (r,).
        owners: component of each run, shape (r,).
        count: number of patches.
        side: pixels along a side.

    Returns:
        Shape (count, 4, side), -1 for patches without a map.
    """
    found = np.full((count, 4 * side), -1, np.int64)
    order = np.lexsort((starts, patches))
    begin = starts[order].astype(np.int64)
    # A run lasts until the next one begins; the first of a patch begins at 0, where its ring ends.
    ends = np.append(begin[1:], 0)
    ends[ends == 0] = 4 * side
    whose = np.repeat(owners[order], ends - begin)
    found[patches[order][begin == 0]] = whose.reshape(-1, 4 * side)
    return found.reshape(count, 4, side)


def join(
    codes: Ints, ring: Ints, x: Ints, y: Ints
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    """Join components of one code that meet where two patches of a grid touch.

    Args:
        codes: code of each component of all patches, shape (c,).
        ring: from `rings`, shape (patch, 4, side).
        x: column of each patch in the grid, -1 for none; shape (patch,).
        y: row of each patch, from the top; shape (patch,).

    Returns:
        Number of the whole that each component belongs to, shape (c,); and of each whole whether a
        border cuts it behind which there is no map.
    """
    free = np.ones(ring.shape[:2], bool)
    pairs = []
    mapped = ring[:, 0, 0] >= 0
    for side, other, right, down in _UNION:
        here, there = _neighbours(x, y, right, down, mapped)
        free[here, side] = free[there, other] = False
        one, two = ring[here, side].ravel(), ring[there, other].ravel()
        same = codes[one] == codes[two]
        pairs.append((one[same], two[same]))
    one, two = (np.concatenate(ends) for ends in zip(*pairs, strict=True))
    graph = coo_array((np.ones(len(one), bool), (one, two)), shape=(len(codes), len(codes)))
    count, wholes = connected_components(graph, directed=False)
    cut = np.zeros(count, bool)
    cut[wholes[ring[free & mapped[:, None]].ravel()]] = True
    return wholes, cut


def _neighbours(
    x: Ints, y: Ints, right: int, down: int, mapped: npt.NDArray[np.bool_]
) -> tuple[Ints, Ints]:
    """Return patches that have a neighbour in one direction, and these neighbours."""
    rows = np.flatnonzero(mapped & (np.asarray(x) >= 0))
    if not len(rows):
        return rows, rows
    stride = int(np.max(y[rows])) + 2
    keys = x[rows].astype(np.int64) * stride + y[rows]
    order = np.argsort(keys)
    wanted = keys + right * stride + down
    place = np.minimum(np.searchsorted(keys[order], wanted), len(rows) - 1)
    there = keys[order][place] == wanted
    return rows[there], rows[order][place[there]]


def verdicts(
    pixels: Ints,
    width_m: npt.NDArray[np.floating],
    cut: npt.NDArray[np.bool_],
    pieces: Ints,
    unit_pixels: float,
    least_width_m: float,
) -> npt.NDArray[np.uint8]:
    """Say of each whole what its map can tell of it.

    Args:
        pixels: pixels of all its pieces, shape (w,).
        width_m: the largest width of a piece in metres: the whole is as wide or wider.
        cut: whether a border cuts it behind which there is no map.
        pieces: in how many patches it lies.
        unit_pixels: smallest area that the map shows, in pixels.
        least_width_m: least width that it shows, in metres.

    Returns:
        Numbers of the verdicts, shape (w,). What lies in several patches is never too thin: the
        largest disc may lie across their borders.
    """
    found = np.full(len(pixels), UNKNOWN, np.uint8)
    large, wide = pixels >= unit_pixels, width_m >= least_width_m
    found[~cut & large & (pieces == 1)] = TOO_THIN
    found[~cut & ~large] = TOO_SMALL
    found[large & wide] = DECIDABLE
    return found
