"""All tiles of a viewport of 9 x 7 tiles, cold, at zooms 4 to 15, over the full table.

    python -m benchmarks.viewport [--metadata FOLDER] [--json] [--cpu]

The caches are emptied before each zoom. The tiles are drawn by as many threads as the server
has, in the layers that the map shows at that zoom: density further out, true colour nearer.
"""

import argparse
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks import area, caches, floor, fulltable
from benchmarks.area import Data
from benchmarks.bench import machine
from benchmarks.figures import Figure, Watch, compare, table
from benchmarks.tiles import tile_at
from eoexplore.core import mercator
from eoexplore.render.composites import styles_of
from eoexplore.render.warp import View
from eoexplore.store.catalog import Opened
from eoexplore.tiles.imagery import MOSAIC_ZOOM
from eoexplore.tiles.tile import TileRequest, render

ACROSS, DOWN = 9, 7
ZOOMS = range(4, 16)
THREADS = 3
"""What the server has on two cores."""
Place = tuple[int, int, int]


def view(data: Data, opened: Opened, z: int) -> list[Place]:
    """Return the tiles of a viewport around the middle of the square; fewer at the world's edge."""
    row = opened.samples.row(data.square.ids[len(data.square.ids) // 2 + data.square.side // 2])
    x, y = tile_at(z, float(opened.samples.lon[row]), float(opened.samples.lat[row]))
    columns = range(x - ACROSS // 2, x + ACROSS // 2 + 1)
    rows = range(y - DOWN // 2, y + DOWN // 2 + 1)
    return [(z, a, b) for b in rows for a in columns if mercator.tile_exists(z, a, b)]


def figures(
    data: Data, opened: Opened, watch: Watch, repeats: int = 3, zooms: range = ZOOMS
) -> list[Figure]:
    """Return the seconds of a whole viewport at each zoom, against as many floors.

    Args:
        data: what is drawn.
        opened: its index.
        watch: the clock.
        repeats: viewports of each zoom.
        zooms: which.
    """
    stretch = tuple((item.low, item.high) for item in styles_of("s2")[0].channels)
    found = []
    with ThreadPoolExecutor(THREADS) as pool:

        def draw(places: list[Place]) -> None:
            layer, extension = ("density", "png") if places[0][0] < MOSAIC_ZOOM else ("s2", "webp")
            asked = [TileRequest(layer, *place, extension=extension) for place in places]
            list(pool.map(lambda request: render(opened, request), asked))

        # What follows from the table alone is prepared once after a dataset is opened.
        draw(view(data, opened, ZOOMS[0])[:1])
        draw(view(data, opened, MOSAIC_ZOOM)[:1])
        known = caches.find()
        for z in zooms:
            places = view(data, opened, z)
            middle = places[len(places) // 2]
            ready = floor.Ready(data, View(*middle) if z >= MOSAIC_ZOOM else View(*_near(middle)))
            ready.imagery(stretch)
            own, bare = [], []
            for _ in range(repeats):
                caches.empty(known)
                own.append(watch.ms(lambda places=places: draw(places)) / 1e3)
                one = watch.ms(lambda ready=ready: ready.imagery(stretch)) / 1e3
                bare.append(one * len(places))
            found.append(compare(f"viewport z{z}, {len(places)} tiles", own, bare, unit="s"))
    return found


def _near(place: Place) -> Place:
    """Return a tile of the first zoom with imagery inside of a tile further out."""
    z, x, y = place
    times = 2 ** (MOSAIC_ZOOM - z)
    return MOSAIC_ZOOM, x * times + times // 2, y * times + times // 2


def main() -> None:
    """Make the data, draw, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--metadata", type=Path)
    parser.add_argument("--rows", type=int, default=fulltable.ROWS)
    parser.add_argument("--side", type=int, default=area.SIDE)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--cpu", action="store_true")
    args = parser.parse_args()
    clock = "cpu" if args.cpu else "wall"
    with area.temporary_cache() as folder:
        data = area.make(folder / "reben-bench", args.metadata, args.rows, args.side)
        found = figures(data, area.build(data), Watch(clock))
    written = [item.as_json() for item in found]
    document = json.dumps({"machine": machine(clock), "figures": written}, indent=1)
    sys.stdout.write((document if args.json else table(found)) + "\n")


if __name__ == "__main__":
    main()
