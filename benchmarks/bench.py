"""The benchmark behind `python -m eoexplore bench`: every budget as one figure, on data of its own.

Each figure has its peer or its floor measured in the same run, in turn with it. Warm: the index is
built, and the caches were filled by a pan that ended beside the tile. Cold: the caches are empty.
"""

import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks import area, far, first_map, fulltable, peer, pictures, tables, tiles
from benchmarks.area import Data
from benchmarks.figures import Figure, Watch
from benchmarks.figures import table as figure_table
from benchmarks.tiles import Effort
from eoexplore import __version__
from eoexplore.store.catalog import Opened

_STEPS = 5
Report = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Size:
    """How large the data are, and how long it measures."""

    rows: int = fulltable.ROWS
    """Patches in the table."""
    side: int = area.SIDE
    """Patches along a side of the square with pixels."""
    layers: tuple[str, ...] = ("s2", "s1", "reference_map")
    """Layers that have files."""
    effort: Effort = field(default_factory=Effort)
    """Of tiles."""
    repeats: int = 7
    """Of everything else."""
    starts: int = 5
    """Starts of the server; 0 leaves it out."""
    pause_s: float = 12.0
    """Seconds before each of them."""
    quick: bool = False
    """Whether only what has a budget is measured."""


FULL = Size()
QUICK = Size(
    layers=("s2", "reference_map"),
    # Between 20 and 50 patches, the budgets of their neighbours are lent: the full form has them.
    effort=Effort(tiles=3, repeats=2, peers=1, peer_repeats=1, groups=("1-6", "10-20", "50-150")),
    repeats=3,
    starts=1,
    pause_s=2.0,
    quick=True,
)


def measure(
    size: Size = FULL,
    metadata: Path | None = None,
    clock: str = "wall",
    report: Report = lambda *_: None,
) -> dict[str, Any]:
    """Make the data, measure everything, and return the document that `--json` prints.

    Args:
        size: how much.
        metadata: folder of the released tables; invented ones when none.
        clock: key of `figures.CLOCKS`.
        report: told (steps done, steps in all, what comes).
    """
    watch, steps = Watch(clock), _Steps(report)
    with area.temporary_cache() as folder:
        steps.begin("writing files")
        data = area.make(folder / "reben-bench", metadata, size.rows, size.side, size.layers)
        steps.begin("building the index")
        opened = area.build(data)
        steps.begin("tiles and the peer")
        found = _tile_figures(data, opened, watch, size)
        steps.begin("filters and facets")
        found += tables.figures(opened, watch, size.repeats)
        found.append(tables.opening(data, opened, watch, 2 if size.quick else 5))
        steps.begin("first map of a running server")
        if size.starts:
            found += first_map.figures(data, opened.slug, size.starts, size.pause_s, watch)
        steps.begin("done")
    about = {**machine(clock), "seconds": steps.seconds}
    return {"machine": about, "figures": [item.as_json() for item in found]}


class _Steps:
    """Says what comes, and keeps what each step took."""

    def __init__(self, report: Report) -> None:
        self.seconds: dict[str, float] = {}
        self._report = report
        self._last = ""
        self._since = 0.0

    def begin(self, name: str) -> None:
        now = time.perf_counter()
        if self._last:
            self.seconds[self._last] = round(now - self._since, 1)
        self._last, self._since = name, now
        self._report(len(self.seconds), _STEPS, name)


def _tile_figures(data: Data, opened: Opened, watch: Watch, size: Size) -> list[Figure]:
    with peer.process() as theirs:
        bench = tiles.Bench(data, opened, watch, size.effort, theirs)
        found = [*pictures.figures(bench), *bench.figures(), *far.figures(bench, size.quick)]
        found += far.filtered(bench)
        return found if size.quick else [*found, *far.formats(bench)]


def broken(document: dict[str, Any]) -> list[str]:
    """Return the names of the figures that say that a tile does not show what it should."""
    return [
        item["name"]
        for item in document["figures"]
        if item["met"] is False and item["unit"] in pictures.UNITS
    ]


def machine(clock: str) -> dict[str, Any]:
    """Return what the figures were measured on."""
    return {
        "system": platform.system(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "python": platform.python_version(),
        "eoexplore": __version__,
        "clock": clock,
    }


def table(document: dict[str, Any]) -> str:
    """Return the document of `measure` as text."""
    return figure_table([Figure(**item) for item in document["figures"]])
