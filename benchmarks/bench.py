"""The benchmark behind `python -m eoexplore bench`: every budget as one figure, on data of its own.

Each figure has its peer or its floor measured in the same run, in turn with it. Warm: the index is
built, and the caches were filled by a pan that ended beside the tile. Cold: the caches are empty.
"""

import os
import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks import area, fulltable, peer, tiles
from benchmarks.area import Data
from benchmarks.figures import Figure, Watch
from benchmarks.figures import table as figure_table
from benchmarks.tiles import Effort
from eoexplore import __version__

Report = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Size:
    """How large the data are, and how long it measures."""

    rows: int = fulltable.ROWS
    """Patches in the table."""
    side: int = area.SIDE
    """Patches along a side of the square with pixels."""
    effort: Effort = field(default_factory=Effort)
    """Of tiles."""
    repeats: int = 7
    """Of everything else."""
    server: int = 3
    """Starts of the server; 0 leaves it out."""


FULL = Size()
QUICK = Size(effort=Effort(tiles=3, repeats=2, peers=1, peer_repeats=1), repeats=3, server=1)


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
    watch = Watch(clock)
    with area.temporary_cache() as folder:
        report(0, 4, "writing files")
        data = area.make(folder / "reben-bench", metadata, size.rows, size.side)
        report(1, 4, "building the index")
        area.build(data)
        report(2, 4, "tiles")
        found = list(_tile_figures(data, watch, size))
    return {"machine": machine(clock), "figures": [item.as_json() for item in found]}


def _tile_figures(data: Data, watch: Watch, size: Size) -> Iterable[Figure]:
    with peer.process() as theirs:
        bench = tiles.Bench(data, data.open(), watch, size.effort, theirs)
        yield from bench.figures()


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
