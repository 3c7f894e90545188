"""The Austrian landscape: a valley with a river and a lake, forested hills to the south."""

import numpy as np

from eoexplore.demo.noise import Cells, Floats, Window, fractal, smooth, step, voronoi
from eoexplore.demo.nomenclature import Codes
from eoexplore.demo.shapes import KM, curve, network, polyline, ribbon
from eoexplore.demo.sketch import Canvas, Quota, Score, Sketch, choose, paint, sample, town

RIVER = ((54, 2.6), (51, 3.6), (47, 5.2), (42, 3.2), (36.5, 3.0), (33.5, 4.3), (31, 4.6))
OUTFLOW = ((31, 4.6), (27.5, 5.6), (23, 7.2), (17, 5.4), (11, 6.2), (6, 7.6), (2.5, 6.2), (-1, 6.6))
LAKE = ((34.0, 4.4), (32.6, 4.9), (31.0, 4.7), (29.4, 5.2))
BROOKS = (
    ((9, 13), (8.2, 9.5), (7.5, 7.6)),
    ((21, 13), (20.5, 10.0), (19.6, 6.3)),
    ((14, -1), (13.4, 2.6), (13.2, 5.7)),
    ((38, 13), (37.4, 8.4), (36.0, 3.2)),
    ((46, 13), (46.4, 9.0), (46.4, 5.2)),
    ((49, -1), (48.2, 2.0), (47.4, 4.9)),
    ((3.4, 13), (3.2, 9.6), (3.6, 6.8)),
)
ROADS = (
    ((-1, 4.6), (5, 4.8), (12.4, 3.4), (20, 2.6), (29.5, 8.0), (37, 6.4), (45, 7.2), (54, 5.2)),
    ((12.4, -1), (12.2, 3.4), (12.8, 8.0), (10.5, 13)),
    ((29.3, 8.0), (30.6, 2.2), (28.0, -1)),
    ((2.2, 13), (1.9, 9.4), (1.2, 4.6), (1.9, -1)),
    ((45, 7.2), (44.0, 1.5), (45.5, -1)),
    ((50.4, -1), (50.5, 1.9), (51.2, 5.6), (50.2, 13)),
    ((36.4, 6.5), (35.0, 10.2), (36.5, 13)),
)
RUNWAY = ((22.15, 4.8), (22.5, 4.9), (22.85, 5.0))
TOWNS = ((12.4, 3.2, 1.25), (29.4, 8.0, 1.05), (44.6, 7.0, 0.8), (1.9, 9.3, 0.62), (50.6, 1.9, 0.6))
VILLAGES = (
    (0.7, 4.4, 0.34), (3.9, 4.9, 0.38), (3.8, 1.4, 0.33), (6.4, 2.0, 0.36), (8.2, 4.5, 0.33),
    (7.4, 9.0, 0.32), (16.5, 1.4, 0.4), (15.2, 7.4, 0.35), (18.6, 4.4, 0.36), (20.6, 1.3, 0.32),
    (23.2, 2.9, 0.37), (21.9, 8.8, 0.33), (26.3, 3.4, 0.36), (25.0, 7.7, 0.32), (34.6, 1.5, 0.38),
    (36.6, 6.5, 0.4), (38.6, 1.1, 0.33), (40.8, 6.6, 0.34), (43.9, 1.4, 0.37), (47.8, 7.9, 0.33),
    (48.3, 2.2, 0.33), (51.3, 5.8, 0.37), (50.5, 8.3, 0.32),
)  # fmt: skip
OBJECTS = (
    (121, ((13.9, 4.4, 0.55), (10.9, 4.2, 0.42), (30.6, 8.9, 0.5), (28.1, 7.3, 0.4),
           (43.6, 7.9, 0.42), (45.9, 6.4, 0.35), (1.2, 3.6, 0.36), (2.4, 10.3, 0.36),
           (3.65, 6.05, 0.34), (50.4, 3.6, 0.36), (51.35, 1.2, 0.34), (51.2, 6.9, 0.33),
           (21.2, 3.6, 0.36), (24.1, 1.2, 0.34), (37.2, 6.0, 0.34), (16.9, 3.6, 0.36),
           (7.2, 3.6, 0.34), (48.9, 3.9, 0.34))),
    (124, ((22.5, 4.9, 0.3),)),
    (131, ((8.4, 10.4, 0.29), (39.6, 9.6, 0.28), (49.3, 10.8, 0.28))),
    (332, ((18.1, 10.9, 0.29), (33.2, 10.8, 0.29), (43.5, 10.9, 0.3), (7.3, 11.4, 0.28))),
    (122, ((20.0, 2.75, 0.29),)),
    (142, ((26.2, 5.0, 0.29), (44.9, 4.0, 0.28))),
    (132, ((14.9, 5.0, 0.27),)),
    (221, ((22.6, 0.8, 0.6), (10.0, 1.0, 0.55), (33.2, 0.8, 0.5), (41.6, 0.9, 0.55),
           (3.3, 2.7, 0.45), (48.9, 0.7, 0.45))),
    (222, ((5.6, 3.4, 0.4), (46.9, 3.4, 0.38), (24.4, 4.6, 0.4), (35.7, 4.6, 0.4))),
    (512, ((10.5, 8.2, 0.33), (19.6, 7.6, 0.3), (41.4, 4.6, 0.34), (2.9, 8.0, 0.33),
           (51.0, 4.7, 0.3), (49.2, 6.1, 0.3))),
)  # fmt: skip
BOGS = (
    (411, ((35.0, 3.6, 0.6), (28.8, 6.1, 0.5), (22.0, 6.6, 0.45), (9.4, 7.2, 0.45),
           (43.1, 4.2, 0.45), (3.0, 7.1, 0.42), (51.4, 4.3, 0.4), (14.5, 6.4, 0.4))),
    (412, ((33.0, 6.9, 0.75), (24.0, 9.6, 0.6), (11.2, 9.6, 0.62), (41.9, 9.6, 0.6),
           (1.4, 8.0, 0.5), (4.2, 9.6, 0.45), (50.0, 9.4, 0.5), (18.3, 11.2, 0.55))),
)  # fmt: skip
WATER = (511, 512)


def draw(on: Canvas) -> Sketch:
    """Draw the scene."""
    window = on.window
    river = np.maximum(
        ribbon(window, curve(RIVER, on.seed + 11, 0.42, 3.0), 6.5, 90),
        ribbon(window, curve(OUTFLOW, on.seed + 12, 0.45, 3.2), 7.5, 90),
    )
    lake_line = curve(LAKE, on.seed + 13)
    swell = 62 + 34 * np.sin(np.linspace(0.4, 2.9, lake_line[0].size))
    lake = ribbon(window, lake_line, swell.astype(np.float32), 90) + 7 * on.edge
    elevation = _elevation(window, on.seed, np.maximum(river, lake))
    stream = np.zeros(window.shape, np.float32)
    for number, brook in enumerate(BROOKS):
        line = curve(brook, on.seed + 20 + number, 0.14, 0.9)
        stream = np.maximum(stream, polyline(window, line, 0.7))
    road = np.zeros(window.shape, np.float32)
    for number, points in enumerate(ROADS):
        line = curve(points, on.seed + 40 + number, 0.08, 4.0)
        road = np.maximum(road, polyline(window, line, 1.1 if number == 0 else 0.6))
    road = np.maximum(road, 0.8 * network(window, [*TOWNS, *VILLAGES], on.seed + 70))
    code = _cover(on, elevation, np.maximum(river, lake))
    paint(code, on, BOGS, ())
    paint(code, on, OBJECTS, (412,))
    town(code, on, [*TOWNS, *VILLAGES], (411, 412))
    shore = (lake > -26) & (lake <= 0) & (on.edge > 0.1)
    code[shore] = 411
    code[lake > 0] = 512
    code[(river > 0) & (lake <= 0)] = 511
    depth = step(0, 60, lake) * 0.8 + 0.2 * step(-1.5, 1.5, on.edge)
    runway = polyline(window, curve(RUNWAY, on.seed), 2.6)
    return Sketch(elevation, code, depth, np.maximum(road * (river < 0), runway), stream)


def _elevation(window: Window, seed: int, water: Floats) -> Floats:
    bend = smooth(window, 320, seed + 5)
    hills = step(6.2, 12.6, window.y / KM + 1.1 * bend)
    north = step(2.2, -1.5, window.y / KM + 1.3 * bend + 0.8)
    rough = fractal(window, 240, seed + 6, 5, 0.45)
    ridges = 1 - np.abs(fractal(window, 170, seed + 7, 4, 0.42))
    height = 415 + 9 * rough + hills * (470 + 150 * ridges + 70 * rough)
    height += north * (75 + 30 * rough)
    # Valley floors are flat beside the water.
    bank = step(4, 80, -water)
    floor = np.float32(398) + 0.06 * np.maximum(-water, 0)
    return (floor + (height - floor) * bank).astype(np.float32)


def _cover(on: Canvas, elevation: Floats, river: Floats) -> Codes:
    window = on.window
    x, y = window.x + on.warp_x, window.y + on.warp_y
    cells: Cells = voronoi(x, y, 72, on.seed + 60, 0.95)
    e = sample(window, elevation, cells)
    fields = {
        "low": 1 - step(435, 540, e),
        "mid": step(430, 520, e) * (1 - step(640, 820, e)),
        "high": step(620, 800, e),
        "top": step(800, 960, e),
        "dry": step(8, 0, sample(window, river, cells)),
        "bank": step(-60, -8, sample(window, river, cells)),
    }
    return choose(cells, fields, SCORES, QUOTAS, on.seed + 61)


SCORES: dict[int, Score] = {
    211: lambda f: 2.1 * f["low"] - 1,
    231: lambda f: 1.55 * f["low"] + 1.0 * f["mid"] - 0.8,
    242: lambda f: 1.75 * f["low"] + 0.3 * f["mid"] - 0.9,
    243: lambda f: 1.35 * f["low"] + 1.2 * f["mid"] - 1,
    311: lambda f: 0.9 * f["low"] + 1.3 * f["mid"] + 0.6 * f["bank"] - 0.7,
    312: lambda f: 0.8 * f["low"] + 1.2 * f["mid"] + 1.6 * f["high"] - 0.9,
    313: lambda f: 0.9 * f["low"] + 1.4 * f["mid"] + 0.8 * f["high"] - 0.8,
    321: lambda f: 0.4 * f["mid"] + 1.5 * f["high"] + 0.8 * f["top"] - 0.9,
    322: lambda f: 0.2 * f["mid"] + 1.5 * f["high"] + 0.7 * f["top"] - 0.9,
    324: lambda f: 0.2 * f["low"] + 0.9 * f["mid"] + 1.1 * f["high"] - 0.9,
    333: lambda f: 0.3 * f["high"] + 1.1 * f["top"] - 0.9,
}
"""How well each CORINE code suits a place, from its height and its distance to the river."""
_EVERY = dict.fromkeys((211, 231, 242, 243, 311, 312, 313, 321, 322), 5) | {324: 7}
QUOTAS = (
    Quota(((15.6, 37.6),), _EVERY),
    Quota(((4.8, 15.6), (37.6, 49.6)), _EVERY),
    Quota(((0, 4.8), (49.6, 52)), _EVERY),
)
"""So that no class is missing in the ring of a split: train, validation, test."""
