"""Pictures from the sample table alone: footprints coloured by split, and density."""

import math

import numpy as np
import numpy.typing as npt

from eoexplore.analysis import density
from eoexplore.core import mgrs
from eoexplore.render.colours import density_ramp, split_colours
from eoexplore.render.warp import View
from eoexplore.tiles.imagery import Picture, empty
from eoexplore.tiles.places import Ints, Seen
from eoexplore.tiles.scene import Scene, Shown

FOOTPRINT_ZOOM = 8
"""From this zoom on footprints have their shape; further out each patch is a small square."""
OUTLINE_ZOOM = 9
"""From this zoom on there is room for an outline."""
_LINE_PX = 1.25
_LINE_ALPHA = 255
_FILL_ALPHA = 90
_SQUARE_ALPHA = 220
_MIN_SQUARE_PX = 2


def draw_footprints(scene: Scene, shown: Shown, view: View) -> Picture:
    """Draw the shown patches in the colour of their split, the topmost patch last."""
    if view.z < FOOTPRINT_ZOOM:
        return _squares(scene, shown, view)
    seen = scene.places.look(view, shown.tops(""))
    there = seen.rows >= 0
    if not there.any():
        return empty(view.size)
    alpha = _outlined(scene, seen, view) if view.z >= OUTLINE_ZOOM else _SQUARE_ALPHA
    rgba = _colours(scene, seen.rows)
    rgba[..., 3] = np.where(there, alpha, 0)
    return Picture(rgba)


def _outlined(scene: Scene, seen: Seen, view: View) -> npt.NDArray[np.float64]:
    """Return the opacity of each pixel: the outline's on the edge of a patch, else the fill's."""
    inset = np.zeros(seen.rows.shape)
    for epsg, (east, north) in seen.located.items():
        at = np.nonzero((seen.rows >= 0) & (scene.samples.epsg[seen.rows] == epsg))
        rows = seen.rows[at]
        right = (east[at] - scene.samples.left[rows]) / mgrs.PATCH_M
        down = (scene.samples.top[rows] - north[at]) / mgrs.PATCH_M
        inset[at] = np.minimum(0.5 - np.abs(right - 0.5), 0.5 - np.abs(down - 0.5))
    line = np.clip(_LINE_PX + 0.5 - inset * mgrs.PATCH_M / view.ground_m, 0, 1)
    return _FILL_ALPHA + line * (_LINE_ALPHA - _FILL_ALPHA)


def _squares(scene: Scene, shown: Shown, view: View) -> Picture:
    """Draw each patch as a square of its size, but at least 2 pixels, around its centre."""
    # Rounded up: neighbours may overlap, but no gap shows between them.
    side = max(_MIN_SQUARE_PX, math.ceil(mgrs.PATCH_M / view.ground_m))
    points, world = scene.ground.points, view.size << view.z
    column = np.floor(points.x * world).astype(np.int64) - view.x * view.size - side // 2
    row = np.floor(points.y * world).astype(np.int64) - view.y * view.size - side // 2
    # A square that begins left of or above the tile still reaches into it.
    near = (column > -side) & (column < view.size) & (row > -side) & (row < view.size)
    rows = np.flatnonzero(near & shown.mask)
    if not len(rows):
        return empty(view.size)
    rows = rows[np.argsort(shown.rank[rows], kind="stable")].astype(np.int32)
    top = np.full((view.size + 2 * side, view.size + 2 * side), -1, np.int32)
    rank = np.full(top.shape, -1, np.int32)
    for down in range(side):
        for right in range(side):
            place = (row[rows] + side + down, column[rows] + side + right)
            # Of equal places the last, which has the highest rank, stays.
            layer = np.full(top.shape, -1, np.int32)
            layer[place] = rows
            better = np.where(layer >= 0, shown.rank[layer], -1) > rank
            top[better], rank[better] = layer[better], shown.rank[layer[better]]
    cut = top[side : side + view.size, side : side + view.size]
    rgba = _colours(scene, cut)
    rgba[..., 3] = np.where(cut >= 0, _SQUARE_ALPHA, 0)
    return Picture(rgba)


def _colours(scene: Scene, rows: Ints) -> npt.NDArray[np.uint8]:
    split = scene.samples.frame["split"].cat
    table = split_colours(tuple(split.categories))
    return table[split.codes.to_numpy()[rows]]


def draw_density(scene: Scene, shown: Shown, view: View) -> Picture:
    """Draw how many of the shown patches lie in each cell of 8 pixels (of 256)."""
    counts = density.counts(scene.ground.points, shown.mask, view.z, view.x, view.y)
    levels = density.levels(counts, scene.ground.peak(view.z))
    times = view.size // density.CELLS
    return Picture(levels.repeat(times, axis=0).repeat(times, axis=1), density_ramp())
