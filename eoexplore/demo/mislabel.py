"""Wrong labels, planted in the reference map as interpreters of satellite images make them.

A polygon gets the code of a class that looks like it, a border is drawn beside its place, or a
small object is overlooked. Scene labels then follow from the wrong map, so no comparison of the
two reveals anything: only the image does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eoexplore.demo.nomenclature import UNLABELLED_LIMIT, Codes, unlabelled_share
from eoexplore.demo.parameters import Parameters
from eoexplore.demo.polygons import HECTARE, Polygon, polygons, without

CONFUSED = {
    111: (121,), 112: (121, 242), 121: (112, 133), 211: (231, 242, 243), 212: (211, 242),
    213: (211, 411), 221: (223, 242, 211), 222: (242, 311), 223: (244, 243, 221),
    231: (211, 321, 242), 242: (211, 243, 231), 243: (242, 324, 231), 244: (311, 231, 223),
    311: (313, 324, 244), 312: (313, 324), 313: (311, 312, 324), 321: (231, 322),
    322: (321, 324, 412), 323: (324, 322), 324: (311, 313, 322), 331: (333, 321),
    333: (321, 322), 411: (231, 412), 412: (322, 324), 421: (411, 321), 422: (523, 421),
    512: (411, 522),
}  # fmt: skip
"""Codes that an interpreter gives instead of the right one."""
SMALL = (112, 121, 131, 142, 132, 221, 222, 331, 411, 412, 422, 512)
"""Codes of objects that are easily overlooked where they are small."""


KINDS = ("recoded", "shifted", "missed")


@dataclass(frozen=True)
class Place:
    """A patch's rectangle in the window's pixels, and how many dates it has."""

    row: int
    column: int
    dates: int

    @property
    def box(self) -> tuple[slice, slice]:
        """Rows and columns."""
        return slice(self.row, self.row + 120), slice(self.column, self.column + 120)


def plant(
    truth: Codes, places: Sequence[Place], parameters: Parameters, seed: int
) -> tuple[Codes, list[str]]:
    """Plant wrong labels in a share of the patches.

    Args:
        truth: the true map.
        places: the patches cut from it.
        parameters: shares and kinds.
        seed: of the chance in it.

    Returns:
        The wrong map, and for each place what was done there ("" where nothing was).
    """
    rng = np.random.default_rng(seed)
    sizes = (18 * HECTARE, 260 * HECTARE)
    found = [p for p in polygons(truth) if p.code in CONFUSED and sizes[0] < p.area < sizes[1]]
    wanted = parameters.wrong * sum(place.dates for place in places)
    corner = np.array([(place.row, place.column) for place in places]).reshape(-1, 2)
    wrong, kinds = truth.copy(), [""] * len(places)
    done = dict.fromkeys(KINDS, 0)
    for number in rng.permutation(len(found)):
        if sum(done.values()) >= wanted:
            break
        polygon = found[number]
        kind = _kind(polygon, done, parameters)
        box = _around(polygon, truth.shape)
        changed = _error(truth, polygon, kind, rng)
        before = wrong[box].copy()
        wrong[box] = np.where(changed != truth[box], changed, before)
        touched = _touched(corner, box)
        hit = [p for p in touched if np.any(wrong[places[p].box] != truth[places[p].box])]
        dates = sum(places[place].dates for place in hit)
        fits = sum(done.values()) + dates <= wanted + 3
        fits = fits and not any(kinds[place] for place in touched)
        if fits and hit and _clear(truth, wrong, [places[p] for p in hit], parameters):
            done[kind] += dates
            for place in hit:
                kinds[place] = kind
        else:
            wrong[box] = before
    return wrong, kinds


def _kind(polygon: Polygon, done: dict[str, int], parameters: Parameters) -> str:
    """Return the kind of error that is furthest behind its share and suits the polygon."""
    overlooked = polygon.code in SMALL and polygon.area < 110 * HECTARE
    suitable = [kind for kind in KINDS if kind != "missed" or overlooked]
    share = dict(zip(KINDS, parameters.kinds, strict=True))
    return min(suitable, key=lambda kind: (done[kind] + 1) / share[kind])


def _around(polygon: Polygon, shape: tuple[int, ...], border: int = 40) -> tuple[slice, slice]:
    rows, columns = polygon.rows, polygon.columns
    return (
        slice(max(rows.start - border, 0), min(rows.stop + border, shape[0])),
        slice(max(columns.start - border, 0), min(columns.stop + border, shape[1])),
    )


def _touched(corner: np.ndarray, box: tuple[slice, slice]) -> list[int]:
    inside = np.ones(len(corner), np.bool_)
    for axis, part in enumerate(box):
        inside &= (corner[:, axis] < part.stop) & (corner[:, axis] + 120 > part.start)
    return np.flatnonzero(inside).tolist()


def _error(truth: Codes, polygon: Polygon, kind: str, rng: np.random.Generator) -> Codes:
    """Return the map around a polygon with an error of a kind."""
    box = _around(polygon, truth.shape)
    part = truth[box]
    inside = np.zeros(part.shape, np.bool_)
    top, left = polygon.rows.start - box[0].start, polygon.columns.start - box[1].start
    height, width = polygon.inside.shape
    inside[top : top + height, left : left + width] = polygon.inside
    if kind == "missed":
        return without(part, inside)
    if kind == "shifted":
        angle, length = rng.uniform(0, 2 * np.pi), rng.uniform(12, 26)
        shift = (round(length * np.sin(angle)), round(length * np.cos(angle)))
        moved = np.roll(inside, shift, axis=(0, 1))
        return np.where(moved, np.uint16(polygon.code), without(part, inside & ~moved))
    options = CONFUSED[polygon.code]
    # A class that is new to the place changes its scene labels too.
    new = [code for code in options if code not in part]
    return np.where(inside, np.uint16(rng.choice(new or options)), part)


def _clear(truth: Codes, wrong: Codes, places: Sequence[Place], parameters: Parameters) -> bool:
    """Tell whether an error is worth finding in every patch it changes, and drops none."""
    shares = [np.mean(truth[place.box] != wrong[place.box]) for place in places]
    dropped = any(unlabelled_share(wrong[place.box]) >= UNLABELLED_LIMIT for place in places)
    return not dropped and min(shares) >= parameters.least_wrong
