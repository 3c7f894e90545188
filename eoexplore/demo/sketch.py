"""What a scene draws before it becomes pixels: heights, CORINE codes, thin lines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eoexplore.demo.noise import Cells, Floats, Window, at_points, fractal, hash01
from eoexplore.demo.nomenclature import Codes
from eoexplore.demo.shapes import KM, blob


@dataclass(frozen=True)
class Canvas:
    """Where a scene is drawn, with the noises that bend its borders.

    Attributes:
        window: the land to draw.
        seed: of this scene.
        warp_x: shift of borders eastwards in pixels, shape of the window.
        warp_y: shift southwards.
        edge: noise of unit variance, features of 100 to 400 m.
    """

    window: Window
    seed: int
    warp_x: Floats
    warp_y: Floats
    edge: Floats


@dataclass
class Sketch:
    """A drawn scene.

    Attributes:
        elevation: height in metres.
        code: CORINE level-3 code, shape of the window.
        water_mix: 0..1, turbid to clear, over water.
        road: how much of a pixel is road, 0..1.
        stream: how much of a pixel is a brook too narrow for the map, 0..1.
    """

    elevation: Floats
    code: Codes
    water_mix: Floats
    road: Floats
    stream: Floats


DEPTH = 1200
"""Rows of the frame that patches are cut from, in pixels."""
Place = tuple[float, float, float]
"""A round object: x, y and radius in km."""
Score = Callable[[dict[str, Floats]], Any]


@dataclass(frozen=True)
class Quota:
    """How often codes are wanted at least in a part of the land.

    Attributes:
        reach: from where to where it goes eastwards, in km; several pieces count as one.
        least: number of cells for each code.
    """

    reach: tuple[tuple[float, float], ...]
    least: Mapping[int, int]


def canvas(window: Window, seed: int) -> Canvas:
    """Return a canvas whose noises belong to the seed."""
    return Canvas(
        window,
        seed,
        warp_x=22 * fractal(window, 180, seed + 1, 4),
        warp_y=22 * fractal(window, 180, seed + 2, 4),
        edge=fractal(window, 40, seed + 3, 3),
    )


def choose(
    cells: Cells,
    fields: dict[str, Floats],
    scores: Mapping[int, Score],
    quotas: Sequence[Quota],
    seed: int,
) -> Codes:
    """Give every cell the code with the best score, so that like stands next to like.

    Args:
        cells: a division of the land.
        fields: what the scores need, one value per cell; "dry" tells where there is land.
        scores: a function of the fields for each code.
        quotas: regions in which each code is wanted a number of times.
        seed: of the chance in it.
    """
    names = np.array(sorted(scores), np.uint16)
    total = np.empty((len(names), cells.x.size), np.float32)
    spot = [np.rint(place * 8).astype(np.int32) for place in (cells.x, cells.y)]
    for row, code in enumerate(names.tolist()):
        patchy = at_points(cells.x, cells.y, 230, seed + 7 * code)
        chance = hash01(seed + code, *spot)
        total[row] = scores[code](fields) + 0.8 * patchy + 0.9 * chance
    best = np.argmax(total, axis=0)
    loss = np.max(total, axis=0) - total
    fixed = np.asarray(fields["dry"]) < 0.5
    for quota in quotas:
        inside = np.zeros(fixed.shape, np.bool_)
        for west, east in quota.reach:
            inside |= (cells.x >= west * KM) & (cells.x < east * KM)
        inside &= (cells.y > 0) & (cells.y < DEPTH)
        for code, least in quota.least.items():
            row = int(np.searchsorted(names, code))
            missing = least - np.count_nonzero(inside & ~fixed & (best == row))
            free = np.flatnonzero(inside & ~fixed & (best != row))
            taken = free[np.argsort(loss[row, free], kind="stable")[: max(missing, 0)]]
            best[taken] = row
            fixed[taken] = True
    return np.asarray(names[best][cells.index], np.uint16)


def sample(window: Window, field: Floats, cells: Cells) -> Floats:
    """Return the values of a field at the centres of cells."""
    rows = np.clip(cells.y - window.row, 0, window.height - 1).astype(np.int64)
    columns = np.clip(cells.x - window.column, 0, window.width - 1).astype(np.int64)
    return field[rows, columns]


def paint(
    code: Codes, on: Canvas, objects: Sequence[tuple[int, Sequence[Place]]], keep: Sequence[int]
) -> None:
    """Put round objects onto the codes, except where a code to keep (water, say) lies."""
    kept = np.isin(code, keep)
    for number, places in objects:
        for place in places:
            inside = blob(on.window, place, on.edge) < 1
            code[inside & ~kept] = number


def town(code: Codes, on: Canvas, places: Sequence[Place], keep: Sequence[int]) -> None:
    """Put towns onto the codes: discontinuous fabric (112), with a dense core (111) if large."""
    kept = np.isin(code, keep)
    for place in places:
        distance = blob(on.window, place, on.edge)
        code[(distance < 1) & ~kept] = 112
        if place[2] > 0.9:
            code[(distance < 0.42) & ~kept] = 111
