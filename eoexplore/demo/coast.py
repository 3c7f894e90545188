"""The Portuguese landscape: a sea, a spit, an estuary with marshes and rice, cork oaks inland."""

import numpy as np

from eoexplore.demo.noise import Cells, Floats, Window, fractal, smooth, step, voronoi
from eoexplore.demo.shapes import KM, curve, polyline, ribbon
from eoexplore.demo.sketch import Canvas, Codes, Score, Sketch, choose, paint, sample, town

SHORE_Y = (-2, 0, 1.2, 2.4, 4, 6, 8, 9.6, 11, 12, 14)
SHORE_X = (0.2, 0.55, 0.95, 1.35, 2.1, 3.5, 5.4, 7.6, 10.2, 12.4, 18)
"""The sea's shore: km eastwards at km southwards."""
BASIN = ((1.0, 1.15), (3.0, 2.2), (4.8, 3.6), (6.6, 4.9), (8.6, 5.4), (10.6, 5.8))
ARMS = (
    ((8.0, 5.2), (11.5, 6.3), (14.5, 5.5), (18, 6.2), (20.6, 7.3), (23.4, 6.4), (25.2, 7.4), (28, 7.6)),
    ((8.5, 5.0), (10.6, 3.9), (12.6, 3.2), (14.2, 1.8), (15.6, 0.9)),
    ((18.4, 6.4), (20.2, 8.8), (22.2, 10.0), (23.2, 11.4)),
    ((21.4, 7.1), (22.6, 5.2), (23.4, 3.6), (24.8, 2.6)),
    ((13.4, 5.8), (14.2, 7.4), (15.6, 8.3)),
)  # fmt: skip
ARM_WIDTHS = ((60, 15), (34, 6), (24, 6), (20, 5), (24, 5))
"""Half widths in pixels at the mouth and at the head of each arm."""
RIVERS = (
    ((28, 7.6), (26.0, 9.6), (25.4, 11.2), (26.8, 13)),
    ((24.8, 2.6), (25.6, 1.2), (27.5, 0.4)),
    ((15.6, 0.9), (17.5, 1.4), (19.5, 0.3), (21, -1)),
)
BROOKS = (
    ((19, 13), (18.4, 10.2), (16.2, 8.4)),
    ((10, -1), (10.4, 1.6), (11.6, 3.4)),
    ((20.2, -1), (20.6, 2.4), (22.8, 4.6)),
    ((12.6, 13), (12.9, 9.6), (14.6, 7.9)),
)
ROADS = (
    ((-1, 0.4), (4.6, 0.2), (9, 1.6), (15.4, 2.9), (20, 3.4), (24.0, 4.6), (28, 4.8)),
    ((8.6, 13), (11.6, 10.4), (16.6, 9.6), (20.0, 10.8), (24.0, 8.6), (24.2, 4.6)),
    ((2.4, 3.2), (5.2, 6.6), (8.6, 9.2), (11.6, 10.4)),
    ((4.6, 0.2), (6.0, -1)),
    ((15.4, 2.9), (14.6, -1)),
)
TOWNS = ((4.4, 0.15, 1.45), (24.1, 4.5, 0.62), (15.3, 2.9, 0.5))
VILLAGES = (
    (8.6, 1.5, 0.36), (11.6, 10.4, 0.36), (19.6, 3.5, 0.36), (20.3, 10.9, 0.33), (2.1, 2.75, 0.33),
    (25.4, 9.0, 0.33), (16.8, 9.5, 0.34), (12.4, 1.2, 0.36), (22.1, 1.4, 0.33), (9.3, 3.2, 0.33),
)  # fmt: skip
OBJECTS = (
    (121, ((6.3, 1.1, 0.5), (7.4, 2.4, 0.4), (2.6, 0.3, 0.34), (17.2, 3.3, 0.36),
           (14.4, 3.6, 0.33), (22.8, 4.1, 0.34), (25.2, 2.05, 0.34), (20.4, 9.5, 0.34),
           (25.3, 5.2, 0.34), (21.6, 2.3, 0.33))),
    (123, ((5.3, 1.35, 0.34),)),
    (131, ((9.7, 0.4, 0.42), (18.2, 11.0, 0.4), (22.0, 3.3, 0.33))),
    (142, ((3.3, 4.55, 0.36),)),
    (512, ((17.2, 10.4, 0.36), (22.6, 8.9, 0.33), (21.0, 5.1, 0.34), (11.2, 1.8, 0.33),
           (25.5, 6.3, 0.3), (24.1, 11.3, 0.33))),
    (411, ((24.4, 9.8, 0.42), (20.5, 6.0, 0.4), (17.0, 7.5, 0.42), (22.6, 0.6, 0.4))),
    (331, ((21.6, 8.2, 0.42), (24.4, 7.9, 0.4), (19.9, 7.9, 0.4), (22.9, 6.0, 0.36),
           (23.6, 10.3, 0.36), (20.5, 4.3, 0.33), (24.0, 2.0, 0.33), (25.8, 3.3, 0.33))),
    (334, ((13.6, 11.2, 0.5),)),
)  # fmt: skip
SALINES = (
    (422, ((8.4, 3.6, 0.45), (5.8, 2.5, 0.42), (13.6, 4.4, 0.5), (16.9, 5.2, 0.45),
           (22.2, 7.6, 0.42), (24.5, 6.2, 0.38), (21.4, 9.7, 0.36), (22.6, 4.3, 0.3),
           (24.1, 3.3, 0.34))),
)  # fmt: skip
WATER = (511, 512, 521, 522, 523)


def draw(on: Canvas) -> Sketch:
    """Draw the scene."""
    window = on.window
    sea = _sea(on)
    arms = _estuary(on)
    elevation = _elevation(window, on.seed, np.maximum(sea, arms))
    river = np.full(window.shape, -90, np.float32)
    for number, points in enumerate(RIVERS):
        line = curve(points, on.seed + 30 + number, 0.3, 1.6)
        river = np.maximum(river, ribbon(window, line, 6.0, 90))
    code = _cover(on, elevation, sea, np.maximum(arms, river))
    spit = (sea > -115) & (sea + arms > -160) & (window.y / KM > 1.9)
    paint(code, on, OBJECTS, ())
    town(code, on, [*TOWNS, *VILLAGES], ())
    _shores(code, on, arms, sea, spit)
    code[(arms > 0) & (sea <= -20)] = 522
    code[(sea > 0) & ~((arms > 0) & (window.x / KM > 1.0))] = 523
    code[river > 0] = 511
    stream, road = _lines(on)
    dry = (arms < 0) & (sea < 0)
    return Sketch(elevation, code, _clearness(on, sea, arms), road * dry, stream * dry)


def _sea(on: Canvas) -> Floats:
    y = on.window.y / KM
    shore = np.interp(y[:, 0], SHORE_Y, SHORE_X).astype(np.float32)[:, None]
    slope = np.gradient(shore[:, 0])[:, None] * KM
    distance = (shore - on.window.x / KM) * KM / np.sqrt(1 + slope**2)
    return (distance + 4 * smooth(on.window, 150, on.seed + 9)).astype(np.float32)


def _estuary(on: Canvas) -> Floats:
    window = on.window
    line = curve(BASIN, on.seed + 10)
    half = np.interp(
        np.linspace(0, 1, line[0].size), (0, 0.2, 0.55, 0.8, 1), (45, 62, 128, 95, 66)
    ).astype(np.float32)
    water = ribbon(window, line, half, 130)
    for number, (points, ends) in enumerate(zip(ARMS, ARM_WIDTHS, strict=True)):
        arm = curve(points, on.seed + 11 + number, 0.16, 2.2)
        widths = np.linspace(*ends, arm[0].size, dtype=np.float32)
        water = np.maximum(water, ribbon(window, arm, widths, 130))
    return (water + 9 * on.edge * step(-60, 10, water)).astype(np.float32)


def _elevation(window: Window, seed: int, water: Floats) -> Floats:
    rough = fractal(window, 300, seed + 6, 6, 0.48)
    north = step(2.6, -0.8, window.y / KM + 0.5 * smooth(window, 260, seed + 5))
    south = step(7.6, 12.5, window.y / KM + 0.7 * smooth(window, 240, seed + 4))
    height = 24 + 13 * rough + north * (60 + 28 * rough) + south * (55 + 30 * rough)
    bank = step(6, 90, -water)
    return np.maximum(height * bank + 2, np.float32(1)).astype(np.float32)


def _shores(code: Codes, on: Canvas, arms: Floats, sea: Floats, spit: np.ndarray) -> None:
    near = (arms > -34) & (arms <= 0)
    patchy = smooth(on.window, 90, on.seed + 70)
    tidal = near & ~spit & (on.window.x / KM > 3.0)
    # A town's quay and works keep their waterfront.
    built = np.isin(code, (111, 112, 121, 123))
    code[tidal & (patchy > -0.35) & ~built] = 421
    code[tidal & (patchy < -1.25) & ~built] = 331
    islands = (arms > 18) & (arms < 60) & (patchy + 0.25 * on.edge > 1.0)
    code[islands & (on.window.x / KM > 3.5)] = 421
    arms[islands & (on.window.x / KM > 3.5)] = -1
    flats = (arms > 0) & (arms < 26) & (patchy < -1.0) & ~islands & (on.window.x / KM > 4)
    code[flats] = 423
    arms[flats] = -1
    beach = (sea <= 0) & (sea > -26 - 5 * on.edge)
    code[beach] = 331
    code[spit & (arms <= 0) & (arms > -20) & (patchy > -0.2) & ~beach] = 331
    paint(code, on, SALINES, (111, 112, 522))
    for _, places in SALINES:
        for x, y, radius in places:
            inside = np.hypot(on.window.x - x * KM, on.window.y - y * KM) < radius * KM * 0.8
            arms[inside & (code == 422)] = -1


def _cover(on: Canvas, elevation: Floats, sea: Floats, arms: Floats) -> Codes:
    window = on.window
    cells: Cells = voronoi(window.x + on.warp_x, window.y + on.warp_y, 82, on.seed + 60, 0.95)
    e = sample(window, elevation, cells)
    fields = {
        "east": step(6, 13, cells.x / KM),
        "north": 1 - step(2.5, 5.5, cells.y / KM),
        "dune": step(-260, -60, sample(window, sea, cells)),
        "valley": step(-120, -40, sample(window, arms, cells)),
        "low": 1 - step(12, 40, e),
        "hill": step(45, 85, e),
    }
    return choose(cells, fields, SCORES, on.seed + 61)


def _lines(on: Canvas) -> tuple[Floats, Floats]:
    stream = np.zeros(on.window.shape, np.float32)
    for number, brook in enumerate(BROOKS):
        line = curve(brook, on.seed + 20 + number, 0.14, 0.9)
        stream = np.maximum(stream, polyline(on.window, line, 0.6))
    road = np.zeros(on.window.shape, np.float32)
    for number, points in enumerate(ROADS):
        line = curve(points, on.seed + 40 + number, 0.08, 4.0)
        road = np.maximum(road, polyline(on.window, line, 1.1 if number == 0 else 0.6))
    return stream, road


def _clearness(on: Canvas, sea: Floats, arms: Floats) -> Floats:
    """Return how clear the water is: a plume leaves the mouth, the shore is stirred up."""
    x, y = on.window.x / KM, on.window.y / KM
    swirl = 0.55 * fractal(on.window, 120, on.seed + 71, 4)
    plume = np.hypot(x - 0.6, (y - 1.6) / 1.9) + 0.5 * swirl
    depth = step(-5, 170, sea + 22 * swirl)
    clear = np.minimum(step(0.2, 3.2, plume), 0.25 + 0.75 * depth)
    inner = 0.30 + 0.25 * step(0, 90, arms) + 0.15 * swirl - 0.22 * step(4, 22, x)
    return np.clip(np.where(sea > 0, clear, inner), 0, 1).astype(np.float32)


SCORES: dict[int, Score] = {
    211: lambda f: 0.6 * f["east"] + 0.5 * f["north"] + 0.3 * f["low"] - 0.7,
    212: lambda f: 1.0 * f["valley"] + 0.3 * f["low"] - 0.9,
    213: lambda f: 2.0 * f["valley"] * f["east"] - 0.6,
    221: lambda f: 1.1 * f["north"] + 0.2 * f["low"] - 0.8,
    223: lambda f: 0.4 + 0.5 * f["hill"] - 0.7,
    231: lambda f: 0.3 + 0.4 * f["low"] - 0.6,
    242: lambda f: 0.3 + 0.5 * f["north"] - 0.4,
    243: lambda f: 0.1 + 0.4 * f["hill"] - 0.3,
    244: lambda f: 0.9 * f["east"] + 0.5 - 0.3 * f["valley"],
    311: lambda f: 0.2 + 0.5 * f["hill"] - 0.2,
    312: lambda f: 1.4 * f["dune"] + 0.3 * f["low"] - 0.2,
    313: lambda f: 0.5 * f["dune"] + 0.4 * f["hill"] - 0.2,
    321: lambda f: 0.3 * f["hill"] + 0.1 - 0.2,
    323: lambda f: 0.9 * f["dune"] + 0.5 * f["hill"] - 0.4,
    324: lambda f: 0.3 * f["dune"] + 0.4 * f["hill"] - 0.1,
    333: lambda f: 0.5 * f["hill"] - 0.3,
}
"""How well each CORINE code suits a place, from its height and its distance to the waters."""
