"""The Portuguese landscape: a sea, a spit, an estuary with marshes and rice, cork oaks inland."""

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from eoexplore.demo.noise import Cells, Floats, Window, fractal, smooth, step, voronoi
from eoexplore.demo.nomenclature import Codes
from eoexplore.demo.shapes import KM, curve, network, polyline, ribbon
from eoexplore.demo.sketch import Canvas, Quota, Score, Sketch, choose, paint, sample, town

SHORE_Y = (-2, 0, 1.2, 2.4, 4, 6, 8, 9.6, 11, 12, 14)
SHORE_X = (0.2, 0.55, 0.95, 1.35, 2.1, 3.5, 5.4, 7.6, 10.2, 12.4, 18)
"""The sea's shore: km eastwards at km southwards."""
BASIN = ((1.0, 1.15), (3.0, 2.2), (4.8, 3.6), (6.6, 4.9), (8.6, 5.4), (10.6, 5.8))
ARMS = (
    ((8.0, 5.2), (11.5, 6.3), (14.5, 5.5), (18, 6.2), (20.6, 7.3), (23.4, 6.4), (25.2, 7.4),
     (28, 7.6)),
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
    (131, ((9.6, 0.4, 0.29), (18.1, 10.9, 0.28), (21.7, 3.4, 0.28))),
    (142, ((3.3, 4.55, 0.28),)),
    (512, ((17.2, 10.4, 0.36), (22.6, 8.9, 0.33), (21.0, 5.1, 0.34), (11.2, 1.8, 0.33),
           (25.5, 6.3, 0.3), (24.1, 11.3, 0.33))),
    (411, ((24.4, 9.8, 0.42), (20.5, 6.0, 0.4), (17.0, 7.5, 0.42), (22.6, 0.6, 0.4))),
    (331, ((20.5, 4.3, 0.36), (25.6, 3.3, 0.33), (12.0, 8.2, 0.36),
           (14.9, 7.6, 0.34), (20.6, 9.4, 0.36), (24.9, 9.0, 0.34))),
    (223, ((20.2, 1.6, 0.5), (25.6, 10.2, 0.45), (6.6, 1.9, 0.4))),
    (334, ((13.3, 11.3, 0.3),)),
)  # fmt: skip
COMMONS = (
    (244, ((6.3, 6.8, 1.0), (6.8, 8.3, 0.7), (5.5, 0.9, 0.5), (6.9, 3.1, 0.6), (6.6, 0.3, 0.5))),
)
PORT = ((123, ((4.5, 1.85, 0.3),)),)
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
    paint(code, on, COMMONS, ())
    paint(code, on, OBJECTS, ())
    town(code, on, [*TOWNS, *VILLAGES], ())
    paint(code, on, PORT, ())
    _shores(code, on, arms, sea, spit)
    code[(arms > 0) & (sea <= -20)] = 522
    code[(sea > 0) & ~((arms > 0) & (window.x / KM > 1.0))] = 523
    code[river > 0] = 511
    stream, road = _lines(on)
    dry = (arms < 0) & (sea < 0)
    return Sketch(elevation, code, _clearness(on, sea, arms), road * dry, stream * dry)


def _sea(on: Canvas) -> Floats:
    y = on.window.y / KM
    line = PchipInterpolator(SHORE_Y, SHORE_X)
    shore, slope = line(y), line(y, 1)
    distance = (shore - on.window.x / KM) * KM / np.sqrt(1 + slope**2)
    return np.asarray(distance + 4 * smooth(on.window, 150, on.seed + 9), np.float32)


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


def _shores(
    code: Codes, on: Canvas, arms: Floats, sea: Floats, spit: npt.NDArray[np.bool_]
) -> None:
    patchy = smooth(on.window, 90, on.seed + 70)
    other = smooth(on.window, 75, on.seed + 72)
    near = (arms > -27 - 12 * other - 5 * on.edge) & (arms <= 0)
    tidal = near & ~spit & (on.window.x / KM > 3.0)
    # A town's quay and works keep their waterfront.
    built = np.isin(code, (111, 112, 121, 123))
    code[tidal & (patchy > -0.8 + 0.5 * step(6, 9, on.window.x / KM)) & ~built] = 421
    banks = (
        (arms > -15) & (arms < 10 + 3 * on.edge) & (other < 0.02 * (on.window.x / KM - 19) - 0.75)
    )
    banks &= ~spit & ~built & (on.window.x / KM > 9)
    islands = (arms > 18) & (arms < 60) & (patchy + 0.25 * on.edge > 1.0)
    code[islands & (on.window.x / KM > 3.5)] = 421
    arms[islands & (on.window.x / KM > 3.5)] = -1
    flats = (arms > 0) & (arms < 20) & (patchy < -1.1) & ~islands & (on.window.x / KM > 4)
    code[flats] = 423
    arms[flats] = -1
    code[banks] = 331
    arms[banks] = np.minimum(arms[banks], -1)
    beach = (sea <= 0) & (sea > -17 - 9 * patchy - 4 * on.edge)
    code[beach] = 331
    code[spit & (arms <= 0) & (arms > -20) & (patchy > -0.2) & ~beach] = 331
    paint(code, on, SALINES, (111, 112, 522))
    for _, places in SALINES:
        for x, y, radius in places:
            inside = np.hypot(on.window.x - x * KM, on.window.y - y * KM) < radius * KM * 0.8
            arms[inside & (code == 422)] = -1


def _cover(on: Canvas, elevation: Floats, sea: Floats, arms: Floats) -> Codes:
    window = on.window
    cells: Cells = voronoi(window.x + on.warp_x, window.y + on.warp_y, 70, on.seed + 60, 0.95)
    e = sample(window, elevation, cells)
    fields = {
        "east": step(6, 13, cells.x / KM),
        "north": 1 - step(2.5, 5.5, cells.y / KM),
        "dune": step(-260, -60, sample(window, sea, cells)),
        "valley": step(-120, -40, sample(window, arms, cells)),
        "dry": step(6, -4, np.maximum(sample(window, sea, cells), sample(window, arms, cells))),
        "low": 1 - step(12, 40, e),
        "hill": step(45, 85, e),
    }
    return choose(cells, fields, SCORES, QUOTAS, on.seed + 61)


def _lines(on: Canvas) -> tuple[Floats, Floats]:
    stream = np.zeros(on.window.shape, np.float32)
    for number, brook in enumerate(BROOKS):
        line = curve(brook, on.seed + 20 + number, 0.14, 0.9)
        stream = np.maximum(stream, polyline(on.window, line, 0.6))
    road = np.zeros(on.window.shape, np.float32)
    for number, points in enumerate(ROADS):
        line = curve(points, on.seed + 40 + number, 0.08, 4.0)
        road = np.maximum(road, polyline(on.window, line, 1.1 if number == 0 else 0.6))
    road = np.maximum(road, 0.8 * network(on.window, [*TOWNS, *VILLAGES], on.seed + 75))
    return stream, road


def _clearness(on: Canvas, sea: Floats, arms: Floats) -> Floats:
    """Return how clear the water is: a plume leaves the mouth, the shore is stirred up."""
    x, y = on.window.x / KM, on.window.y / KM
    swirl = 0.4 * fractal(on.window, 160, on.seed + 71, 4)
    plume = np.hypot(x - 0.6, (y - 1.6) / 1.9) + 0.5 * swirl
    depth = step(-5, 170, sea + 40 * swirl)
    clear = np.minimum(step(0.2, 3.2, plume), 0.25 + 0.75 * depth)
    inner = 0.30 + 0.25 * step(0, 90, arms) + 0.15 * swirl - 0.22 * step(4, 22, x)
    return np.asarray(np.clip(np.where(sea > 0, clear, inner), 0, 1), np.float32)


SCORES: dict[int, Score] = {
    211: lambda f: 0.3 * f["east"] + 0.6 * f["north"] + 0.3 * f["low"] - 0.7 - f["dune"],
    212: lambda f: 1.0 * f["valley"] + 0.3 * f["low"] - 0.9 - f["dune"],
    213: lambda f: 1.7 * f["valley"] * f["east"] - 0.6 - f["dune"],
    221: lambda f: 0.8 * f["north"] + 0.2 * f["low"] - 0.6 - f["dune"],
    223: lambda f: 0.4 * f["hill"] - 0.4 - f["dune"],
    231: lambda f: 0.4 * f["low"] - 0.4 - f["dune"],
    242: lambda f: 0.5 * f["north"] - 0.3 - f["dune"],
    243: lambda f: 0.4 * f["hill"] - 0.2 - f["dune"],
    244: lambda f: 0.75 * f["east"] + 0.25 - 0.3 * f["valley"] - 1.5 * f["dune"],
    311: lambda f: 0.5 * f["hill"] - 0.2 - 0.6 * f["dune"],
    312: lambda f: 1.5 * f["dune"] + 0.3 * f["low"] - 0.2,
    313: lambda f: 0.6 * f["dune"] + 0.4 * f["hill"] - 0.2,
    321: lambda f: 0.3 * f["hill"] + 0.3 * f["dune"] - 0.3,
    323: lambda f: 1.2 * f["dune"] + 0.5 * f["hill"] - 0.4,
    324: lambda f: 0.7 * f["dune"] + 0.4 * f["hill"] - 0.3,
    333: lambda f: 0.5 * f["hill"] - 0.5,
}
"""How well each CORINE code suits a place, from its height and its distance to the waters."""
_EVERY = {211: 4, 221: 4, 223: 4, 231: 4, 242: 4, 243: 5, 244: 6, 311: 5, 312: 4, 313: 5}
_EVERY |= {321: 4, 323: 6, 324: 7}
QUOTAS = (
    Quota(((0, 7.2),), {244: 8, 223: 3, 221: 3, 242: 1, 231: 1}),
    Quota(((7.2, 19.2),), _EVERY),
    Quota(((19.2, 26.4),), _EVERY),
)
"""So that no class is missing in the ring of a split: train, validation, test."""
