"""Figures of tiles further out, over the full table; of tiles under a new filter; of formats."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from benchmarks import floor
from benchmarks.figures import Figure, compare
from benchmarks.tables import Questions
from benchmarks.tiles import Bench, tile_at
from eoexplore.render.warp import View
from eoexplore.tiles.imagery import MOSAIC_ZOOM
from eoexplore.tiles.tile import TileRequest, render

BUDGET = "<= 3"
_TABLE_ZOOMS = (0, 2, 4, 5, 6, 7)
_TABLE_LAYERS = (("density", "count"), ("density", "dominant"), ("footprints", "split"))
_FORMATS = ("png", "webp", "jpg")


def figures(bench: Bench, quick: bool = False) -> list[Figure]:
    """Return the figures of tiles from zoom 0 to 10, or of some of them."""
    zooms = _TABLE_ZOOMS[1::2] if quick else _TABLE_ZOOMS
    found = [_far(bench, layer, style, z) for layer, style in _TABLE_LAYERS for z in zooms]
    found += [_far(bench, "footprints", "split", z) for z in (8, 10, 12)]
    packed = [(layer, z) for layer in ("s2", "reference_map") for z in (8, 9, 10)]
    found += [_far(bench, layer, "", z) for layer, z in packed]
    return found


def _far(bench: Bench, layer: str, style: str, z: int) -> Figure:
    """Return how long some tiles take, warm as well as cold."""
    own, bare = [], []
    extension = "jpg" if layer == "s2" else "png"
    for x, y in places(bench, z, _spread_of(bench)):
        asked = TileRequest(layer, z, x, y, extension=extension, style=style)
        # Once unmeasured: what is the same for all tiles of a zoom is prepared with the first one.
        render(bench.opened, asked)
        lowest = floor_at(bench, layer, z, x, y)
        lowest()
        for _ in range(max(3, bench.effort.repeats)):
            bench.forget()
            own.append(bench.watch.ms(lambda asked=asked: render(bench.opened, asked)))
            bare.append(bench.watch.ms(lowest))
    return compare(f"tile {layer} {style} z{z}".replace("  ", " "), own, bare, BUDGET)


def _spread_of(bench: Bench) -> int:
    return max(1, bench.effort.tiles // 2)


def places(bench: Bench, z: int, count: int) -> list[tuple[int, int]]:
    """Return columns and rows of tiles: the one on the square first, then full ones elsewhere."""
    samples = bench.opened.samples
    middle = samples.row(bench.data.square.ids[len(bench.data.square.ids) // 2])
    found = [tile_at(z, float(samples.lon[middle]), float(samples.lat[middle]))]
    if z >= MOSAIC_ZOOM:
        return found
    rows = np.linspace(0, len(samples) - 1, 5 * count).astype(int)
    for row in rows.tolist():
        place = tile_at(z, float(samples.lon[row]), float(samples.lat[row]))
        if place not in found:
            found.append(place)
    return found[:count]


def floor_at(bench: Bench, layer: str, z: int, x: int, y: int) -> Callable[[], bytes]:
    """Return what draws the floor of a tile; far out, where no zone reaches, that of zoom 8."""
    if z < MOSAIC_ZOOM:
        z, (x, y) = MOSAIC_ZOOM, places(bench, MOSAIC_ZOOM, 1)[0]
    ready = floor.Ready(bench.data, View(z, x, y))
    return bench.floor_of("reference_map" if layer == "reference_map" else "s2", ready)


def filtered(bench: Bench) -> list[Figure]:
    """Return how long tiles take under a filter that was never asked for before."""
    questions = Questions(bench.opened, seed=11)
    found = []
    for layer, z in (("density", 6), ("footprints", 9), ("s2", 10), ("s2", 13)):
        ((x, y),) = places(bench, z, 1)
        lowest = floor_at(bench, layer, z, x, y)
        extension = "jpg" if layer == "s2" else "png"
        asked = TileRequest(layer, z, x, y, extension=extension)
        render(bench.opened, asked)
        own, bare = [], []
        for _ in range(max(3, bench.effort.repeats)):
            # By class alone: the other conditions might leave out the whole tile.
            selection, _ = questions.ask("class")
            chosen = replace(asked, select=f"{selection.canonical()}&nlabels=1..{len(own) + 4}")
            own.append(bench.watch.ms(lambda chosen=chosen: render(bench.opened, chosen)))
            bare.append(bench.watch.ms(lowest))
        found.append(compare(f"tile {layer} z{z} under a new filter", own, bare, BUDGET))
    return found


def formats(bench: Bench) -> Iterator[Figure]:
    """Yield time and size of a tile in each format, drawn and encoded, from warm caches."""
    spot = next(iter(bench.groups.values()))[0]
    for layer in ("s2", "s1", "reference_map"):
        for extension in _FORMATS:
            draw = bench.drawing(layer, spot, extension)
            kilobytes = len(draw().body) / 1e3
            own = bench.watch.several(draw, max(3, bench.effort.repeats))
            yield compare(f"tile {layer} z{spot.z} as {extension}, read before", own)
            yield compare(f"size of tile {layer} z{spot.z} as {extension}", [kilobytes], unit="kB")
