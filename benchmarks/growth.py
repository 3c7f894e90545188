"""How cost grows with the number of samples, from 1,000 to 549,488; JSON, and a log-log picture.

    python -m benchmarks.growth [--metadata FOLDER] [--picture docs/images/growth.png] [--cpu]

Each size is a dataset of its own, with the same square of 10 x 10 patches in pixels.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure as Chart

from benchmarks import area, caches, fulltable
from benchmarks.area import Data
from benchmarks.bench import machine
from benchmarks.figures import Watch
from benchmarks.tables import KINDS, Questions
from benchmarks.tiles import tile_at
from eoexplore.analysis import facets
from eoexplore.core.selection import Selection
from eoexplore.store import samples as sample_table
from eoexplore.store.catalog import Opened
from eoexplore.tiles import gallery
from eoexplore.tiles.queries import Asked
from eoexplore.tiles.tile import TileRequest, render

SIZES = (1_000, 10_000, 100_000, fulltable.ROWS)
_SIDE = 10
_REPEATS = 7
Costs = dict[str, float]
Act = tuple[Callable[[], Any], Callable[[Any], object]]
"""What is prepared without being timed, and what is timed with it."""


def costs(data: Data, opened: Opened, watch: Watch, repeats: int = _REPEATS) -> Costs:
    """Return the median milliseconds of what a user does, by name."""
    found = {}
    for name, (prepare, act) in {**_from_table(opened), **_tiles(data, opened)}.items():
        act(prepare())
        times = []
        for _ in range(repeats):
            given = prepare()
            times.append(watch.ms(lambda given=given, act=act: act(given)))
        found[name] = round(float(np.median(times)), 4)
    return found


def _from_table(opened: Opened) -> Mapping[str, Act]:
    classes = opened.dataset.classes
    table = opened.samples.table(classes)
    columns = facets.columns(opened.samples.frame, classes)
    questions = Questions(opened)

    def ask() -> Selection:
        return questions.ask(*KINDS)[0]

    def count(selection: Selection) -> object:
        parts = {key: table.part(key, value) for key, value in selection.conditions}
        return facets.count(columns, selection, parts, table.share)

    return {
        "opening the index": (
            lambda: opened.folder.samples,
            lambda path: sample_table.read(path, classes),
        ),
        "filter": (ask, table.select),
        "facets": (ask, count),
        "gallery page under a new filter": (
            lambda: {"select": questions.ask("class")[0].canonical()},
            lambda query: gallery.page(Asked(opened, {}, query)),
        ),
    }


def _tiles(data: Data, opened: Opened) -> Mapping[str, Act]:
    ids = data.square.ids
    row = opened.samples.row(ids[len(ids) // 2 + data.square.side // 2])
    place = float(opened.samples.lon[row]), float(opened.samples.lat[row])
    questions = Questions(opened, seed=7)
    asked = {
        "tile z5, density": TileRequest("density", 5, *tile_at(5, *place)),
        "tile z11, from mosaics": TileRequest("s2", 11, *tile_at(11, *place), extension="jpg"),
        "tile z14, from original files": TileRequest(
            "s2", 14, *tile_at(14, *place), extension="jpg"
        ),
    }

    def cold(request: TileRequest) -> Callable[[], TileRequest]:
        def prepare() -> TileRequest:
            caches.empty(caches.find())
            return request

        return prepare

    def filtered() -> TileRequest:
        text = questions.ask("class", "season")[0].canonical()
        return replace(asked["tile z5, density"], select=text)

    def draw(request: TileRequest) -> object:
        return render(opened, request)

    acts: dict[str, Act] = {name: (cold(request), draw) for name, request in asked.items()}
    return {**acts, "tile z5 under a new filter": (filtered, draw)}


def picture(grown: Mapping[int, Costs], path: Path) -> None:
    """Draw cost against size, both on logarithmic scales."""
    chart = Chart(figsize=(8, 5), dpi=110)
    axes = chart.subplots()
    names = next(iter(grown.values()))
    styles = ("-", "--", ":", "-.")
    for place, name in enumerate(names):
        values = [cost[name] for cost in grown.values()]
        axes.loglog(list(grown), values, styles[place % 4], marker="o", markersize=4, label=name)
    axes.set_xlabel("samples")
    axes.set_ylabel("milliseconds")
    axes.set_xticks(list(grown), [f"{size:,}" for size in grown])
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    chart.savefig(path, bbox_inches="tight")


def measure(
    metadata: Path | None, watch: Watch, sizes: tuple[int, ...] = SIZES
) -> dict[int, Costs]:
    """Make a dataset of each size and return its costs."""
    found = {}
    for size in sizes:
        with area.temporary_cache() as folder:
            data = area.make(folder / f"reben-{size}", metadata, size, _SIDE)
            found[size] = costs(data, area.build(data), watch)
    return found


def main() -> None:
    """Measure all sizes, draw, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--metadata", type=Path)
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--cpu", action="store_true")
    args = parser.parse_args()
    clock = "cpu" if args.cpu else "wall"
    grown = measure(args.metadata, Watch(clock))
    if args.picture:
        picture(grown, args.picture)
    json.dump({"machine": machine(clock), "milliseconds": grown}, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
