"""From one patch to another: next and previous of the selection, and the places around it.

The walk goes through the selection by MGRS tile, then row and column of its grid, then date, then
id. It is a ring: after the last patch comes the first, and the answer says so.
"""

import re

import numpy as np
import numpy.typing as npt

from eoexplore.core import mgrs
from eoexplore.tiles.queries import Asked, Json, Noted, Query
from eoexplore.tiles.scene import Scene, Shown

AROUND = {"north": (0, -1), "east": (1, 0), "south": (0, 1), "west": (-1, 0)}
"""Places to the right and down, by where they lie."""
_ALONG = ("next", "previous")
Mask = npt.NDArray[np.bool_]


def neighbours(scene: Scene, shown: Shown, row: int) -> dict[str, str | None]:
    """Return the id of the patch north, east, south and west of one, or none at the edge."""
    ids = scene.samples.frame["id"]
    found = {side: beside(scene, shown, row, side) for side in AROUND}
    return {side: None if at is None else str(ids.iloc[at]) for side, at in found.items()}


def beside(scene: Scene, shown: Shown, row: int, side: str) -> int | None:
    """Return the shown patch next to one.

    That of the same product if it has the place; else the one that is drawn there, of the same
    MGRS tile if it can be, so that a walk along a grid stays on it.

    Args:
        scene: the dataset.
        shown: which patches count, and in which order they are drawn.
        row: the patch.
        side: north, east, south or west.

    Returns:
        Row of the sample table, or none where no shown patch lies.
    """
    right, down = AROUND[side]
    rows = scene.ground.orders.beside(row, right, down)
    rows = rows[shown.mask[rows]]
    if len(rows):
        product = scene.samples.frame["product"].cat.codes.to_numpy()
        same = rows[product[rows] == product[row]]
        rows = same if len(same) else rows
        return int(rows[np.argmax(shown.rank[rows])])
    samples = scene.samples
    if not samples.located[row]:
        return None
    middle = mgrs.PATCH_M / 2
    east = samples.left[row] + middle + right * mgrs.PATCH_M
    north = samples.top[row] - middle - down * mgrs.PATCH_M
    lon, lat = mgrs.to_lonlat(int(samples.epsg[row])).transform(east, north)
    return scene.places.row_at(lon, lat, shown.tops(""))


def along(scene: Scene, shown: Shown, row: int, by: str) -> Json:
    """Return the next or previous patch of the selection, and its place in it.

    A patch outside the selection steps to the one that follows, or precedes, where it would be.

    Args:
        scene: the dataset.
        shown: the selection.
        row: the patch.
        by: next or previous.
    """
    walk = scene.ground.orders.walk
    inside = shown.mask[walk]
    count = int(np.count_nonzero(inside))
    if not count:
        return {"id": None, "position": None, "of": 0, "wrapped": False}
    at = int(np.flatnonzero(walk == row)[0])
    before = int(np.count_nonzero(inside[:at]))
    place = before + int(inside[at]) if by == "next" else before - 1
    wrapped = not 0 <= place < count
    place %= count
    found = walk[np.flatnonzero(inside)[place]]
    return {
        "id": str(scene.samples.frame["id"].iloc[int(found)]),
        "position": place + 1,
        "of": count,
        "wrapped": wrapped,
    }


def _step(asked: Asked) -> Noted | None:
    by = asked.query.get("by", "")
    if by not in AROUND and by not in _ALONG:
        return None
    scene = asked.scene
    row = scene.samples.row(asked.parts["id"])
    shown, notices = asked.shown()
    if by in _ALONG:
        return Noted(along(scene, shown, row, by), notices)
    at = beside(scene, shown, row, by)
    found = None if at is None else str(scene.samples.frame["id"].iloc[at])
    return Noted({"id": found}, notices)


QUERIES = (Query("patch", re.compile(r"(?P<id>[^/]+)/step\.json"), _step),)
