"""Figures of a running server: its start, the first map of a dataset, the messages of a page."""

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.area import Data
from benchmarks.figures import CLOCKS, Figure, Watch, compare
from benchmarks.server import running
from benchmarks.sessions import Session, SessionBroken
from benchmarks.tiles import tile_at
from eoexplore.core import settings

FIRST_MAP = "<= 3"
MESSAGE = "<= 1"
_PAGE = "/map"
_TILES_SHOWN = ("density", "s2")
_READ = """
import sys, time
import pandas, pyarrow.dataset, pyarrow.parquet
now = getattr(time, sys.argv[2])
begun = now()
pandas.read_parquet(sys.argv[1])
print(now() - begun)
"""
"""Reads the released table in a process that has just started and has imported its modules, as the
server has: what it touches first costs more than what it uses again."""


@dataclass(frozen=True)
class Visit:
    """The first visit to a server that has just started."""

    start_s: float
    """Seconds from the start of the process to its first answer."""
    first_tile_s: float
    """Seconds from the first GET of the page to the first tile."""
    largest_mb: float
    """Bytes of the page's largest message, in MB."""


def figures(data: Data, slug: str, starts: int, pause_s: float, watch: Watch) -> list[Figure]:
    """Return the figures, each from so many starts of the server.

    Args:
        data: the dataset.
        slug: its name.
        starts: how often.
        pause_s: seconds before each visit and each read. A virtual machine takes back what memory
            is free, and gives it slowly: without a pause, one would use that of the other.
        watch: the clock; for processor time, that of the server's process.
    """
    visits, reads = [], []
    for _ in range(starts):
        time.sleep(pause_s)
        visits.append(visit(slug, watch.clock))
        time.sleep(pause_s)
        reads.append(_read(data.released, watch.clock))
    return list(_figures(visits, reads))


def _figures(visits: Sequence[Visit], reads: Sequence[float]) -> list[Figure]:
    tiles = [item.first_tile_s for item in visits]
    return [
        compare("server start", [item.start_s for item in visits], unit="s"),
        compare("first GET of the map page to the first tile", tiles, reads, FIRST_MAP, "s"),
        compare("largest page message", [item.largest_mb for item in visits], None, MESSAGE, "MB"),
    ]


def _read(table: Path, clock: str) -> float:
    """Return the seconds that pandas takes for a table, in a process that has just started."""
    command = [sys.executable, "-c", _READ, str(table), CLOCKS[clock].__name__]
    return float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def visit(slug: str, clock: str) -> Visit:
    """Start a server, open the map as a browser does, and get its first tile.

    Raises:
        SessionBroken: the server did not answer as a browser needs it.
    """
    # The visitor is the first to open the dataset: nothing was opened in the background.
    with running(settings.cache_folder(), EOEXPLORE_OPEN_LAST="0") as server:
        now = server.cpu if clock == "cpu" else time.perf_counter
        tiles: list[float] = []
        begun = now()
        with Session(server.address, {"dataset": slug}, _PAGE) as session:

            def first_tile() -> None:
                if not tiles:
                    _ask(session)
                    tiles.append(now() - begun)

            run = session.open(first_tile)
        if not tiles:
            raise SessionBroken("the page has no map")
        return Visit(server.start_s, tiles[0], max(run.sizes) / 1e6)


def _ask(session: Session) -> None:
    """Ask for the tile in the middle of the map."""
    view = session.view()
    shown = session.layers(view.zoom, _TILES_SHOWN)
    reply = session.tile(view.zoom, *tile_at(view.zoom, view.lon, view.lat), shown[0]["id"])
    if not reply.ok:
        raise SessionBroken(f"the first tile: status {reply.status}")
