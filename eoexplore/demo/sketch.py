"""What a scene draws before it becomes pixels: heights, CORINE codes, thin lines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from eoexplore.demo.noise import Cells, Floats, Window, at_points, fractal, hash01
from eoexplore.demo.shapes import blob

Codes = npt.NDArray[np.uint16]


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


Place = tuple[float, float, float]
Score = Callable[[dict[str, Floats]], Any]


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
    cells: Cells, fields: dict[str, Floats], scores: Mapping[int, Score], seed: int
) -> Codes:
    """Give every cell the code with the best score, so that like stands next to like.

    Args:
        cells: a division of the land.
        fields: what the scores need, one value per cell.
        scores: a function of the fields for each code.
        seed: of the chance in it.
    """
    names = sorted(scores)
    total = np.empty((len(names), cells.x.size), np.float32)
    numbers = np.arange(cells.x.size)
    for row, code in enumerate(names):
        patchy = at_points(cells.x, cells.y, 260, seed + 7 * code)
        place = (np.rint(cells.x * 8), np.rint(cells.y * 8))
        chance = hash01(seed + code, place[0].astype(np.int32), place[1].astype(np.int32))
        total[row] = scores[code](fields) + 0.75 * patchy + 0.8 * chance
    table = np.asarray(names, np.uint16)[np.argmax(total, axis=0)]
    return table[numbers][cells.index]


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
    """Put towns onto the codes: a dense core (111) if they are large, discontinuous fabric (112)."""
    kept = np.isin(code, keep)
    for place in places:
        distance = blob(on.window, place, on.edge)
        code[(distance < 1) & ~kept] = 112
        if place[2] > 0.9:
            code[(distance < 0.42) & ~kept] = 111
