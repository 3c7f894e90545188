"""Curves, ribbons and blobs: how coasts, rivers, roads and towns get onto the pixel grid.

Control points are in km of the frame (x east, y south), results in pixels of 10 m.
"""

from collections.abc import Sequence

import numpy as np

from eoexplore.demo.noise import Floats, Window, at_points, hash01

KM = 100
"""Pixels per kilometre."""


def curve(
    points: Sequence[tuple[float, float]], seed: int, wiggle: float = 0.0, wavelength: float = 1.5
) -> tuple[Floats, Floats]:
    """Return a smooth line through control points, one point per pixel, that may meander.

    Args:
        points: control points in km.
        seed: of the meanders.
        wiggle: sideways swing in km.
        wavelength: of the meanders in km.
    """
    nodes = np.asarray([points[0], *points, points[-1]], np.float64) * KM
    pieces = []
    for before, start, end, after in zip(nodes, nodes[1:], nodes[2:], nodes[3:], strict=False):
        count = max(2, int(np.hypot(*(end - start))))
        t = (np.arange(count) / count)[:, None]
        # Catmull-Rom: passes through every control point with a continuous direction.
        pieces.append(
            0.5
            * (
                2 * start
                + (end - before) * t
                + (2 * before - 5 * start + 4 * end - after) * t**2
                + (3 * start - before - 3 * end + after) * t**3
            )
        )
    line = np.concatenate(pieces)
    direction = np.gradient(line, axis=0)
    direction /= np.maximum(np.hypot(direction[:, 0], direction[:, 1]), 1e-6)[:, None]
    along = np.arange(len(line), dtype=np.float32)
    zero = np.zeros_like(along)
    swing = at_points(along, zero, wavelength * KM / 2, seed)
    swing += 0.4 * at_points(along, zero, wavelength * KM / 5, seed + 1)
    swing *= np.float32(wiggle * KM)
    x = line[:, 0] - direction[:, 1] * swing
    y = line[:, 1] + direction[:, 0] * swing
    return x.astype(np.float32), y.astype(np.float32)


def ribbon(
    window: Window, line: tuple[Floats, Floats], half_width: float | Floats, reach: int
) -> Floats:
    """Return how far inside a ribbon each pixel lies: positive inside, at least -reach outside.

    Args:
        window: where.
        line: centre line in pixels.
        half_width: in pixels, one number or one per point of the line.
        reach: how far from its edge the ribbon is felt, in pixels.
    """
    inside = np.full(window.shape, -reach, np.float32)
    widths = np.broadcast_to(np.asarray(half_width, np.float32), line[0].shape)
    for x, y, half in zip(line[0][::2], line[1][::2], widths[::2], strict=True):
        size = int(half) + reach + 1
        top, left = int(y) - window.row - size, int(x) - window.column - size
        rows = slice(max(top, 0), max(top + 2 * size + 1, 0))
        columns = slice(max(left, 0), max(left + 2 * size + 1, 0))
        part = inside[rows, columns]
        if part.size == 0:
            continue
        dy = window.y[rows] - y
        dx = window.x[:, columns] - x
        np.maximum(part, half - np.sqrt(dx * dx + dy * dy), out=part)
    return inside


def polyline(window: Window, line: tuple[Floats, Floats], half_width: float) -> Floats:
    """Return how much of each pixel a thin line covers, 0..1."""
    # Half a pixel between the points: fewer would make the line look dotted.
    places = np.arange(0, line[0].size - 0.5, 0.5)
    dense = [np.interp(places, np.arange(part.size), part) for part in line]
    doubled = [np.repeat(part, 2) for part in dense]
    inside = ribbon(window, (doubled[0], doubled[1]), half_width, 2)
    return np.asarray(np.clip(inside + 0.5, 0, 1), np.float32)


def blob(window: Window, place: tuple[float, float, float], edge: Floats) -> Floats:
    """Return the distance from a round object's centre in units of its radius.

    Args:
        window: where.
        place: x, y and radius in km.
        edge: noise that makes the outline uneven, shape of the window.
    """
    x, y, radius = (value * KM for value in place)
    distance = np.full(window.shape, 9.0, np.float32)
    size = int(3 * radius)
    rows = slice(max(int(y) - size - window.row, 0), max(int(y) + size - window.row, 0))
    columns = slice(max(int(x) - size - window.column, 0), max(int(x) + size - window.column, 0))
    dy, dx = window.y[rows] - np.float32(y), window.x[:, columns] - np.float32(x)
    turn, stretch = hash01(17, [round(x)], [round(y)])[0], hash01(18, [round(x)], [round(y)])[0]
    angle, stretch = np.pi * turn, 1 + 0.7 * stretch
    u = (dx * np.cos(angle) + dy * np.sin(angle)) / np.sqrt(stretch)
    v = (dy * np.cos(angle) - dx * np.sin(angle)) * np.sqrt(stretch)
    r = np.sqrt(u * u + v * v) / np.float32(radius)
    distance[rows, columns] = r * (1 + 0.34 * np.tanh(edge[rows, columns]))
    return distance


def network(window: Window, nodes: Sequence[tuple[float, float, float]], seed: int) -> Floats:
    """Return how much of each pixel is a lane between neighbouring places, 0..1."""
    spots = np.array([node[:2] for node in nodes])
    pairs = set()
    for number, spot in enumerate(spots):
        nearest = np.argsort(np.hypot(*(spots - spot).T), kind="stable")[1:3]
        pairs |= {(min(number, int(n)), max(number, int(n))) for n in nearest}
    covered = np.zeros(window.shape, np.float32)
    for a, b in sorted(pairs):
        middle = tuple((spots[a] + spots[b]) / 2)
        line = curve((tuple(spots[a]), middle, tuple(spots[b])), seed + 31 * a + b, 0.12, 1.6)
        covered = np.maximum(covered, polyline(window, line, 0.5))
    return covered
