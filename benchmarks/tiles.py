"""Figures of tiles: ours against the floor and the peer, by number of patches, warm and cold."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.pool import Pool

import numpy as np

from benchmarks import caches, floor, peer
from benchmarks.area import RGB, Data
from benchmarks.figures import Figure, Seconds, Watch, compare
from eoexplore.core import mercator
from eoexplore.datasets._reben_files import FOLDERS, product
from eoexplore.render.composites import styles_of
from eoexplore.render.warp import View
from eoexplore.store.catalog import Opened
from eoexplore.tiles.tile import Answer, TileRequest, render

Budget = tuple[int, int, str]
BUDGETS: dict[str, Budget] = {
    "1-6": (1, 6, ">= 3"),
    "10-20": (10, 20, ">= 10"),
    "21-49": (21, 49, ">= 10"),
    "50-150": (50, 150, ">= 50"),
}
"""Fewest and most patches of a group of tiles, and how many times as fast as the peer."""
WARM, COLD = "<= 3", "<= 8"
_ZOOMS = (15, 14, 13, 12, 11)
LAYERS = {"s2": "jpg", "reference_map": "png"}
"""Layers that are measured, and the format of their tiles on both sides."""


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    tiles: int = 8
    """Tiles of a group."""
    repeats: int = 5
    """Times that each is drawn."""
    peers: int = 2
    """Tiles of a group that the peer draws as well."""
    peer_repeats: int = 3
    """Times that it draws each."""
    groups: tuple[str, ...] = tuple(BUDGETS)
    """Which groups of tiles."""


@dataclass(frozen=True)
class Spot:
    """One tile, and the patches that touch it."""

    z: int
    x: int
    y: int
    patches: tuple[peer.Patch, ...]

    def view(self) -> View:
        """Return its pixels."""
        return View(self.z, self.x, self.y)


@dataclass
class Times:
    """Milliseconds of the tiles of one group."""

    warm: Seconds
    cold: Seconds
    floor: Seconds
    peer: Seconds


class Bench:
    """The tiles of one dataset."""

    def __init__(
        self, data: Data, opened: Opened, watch: Watch, effort: Effort, theirs: Pool | None = None
    ) -> None:
        """Find out which tiles there are; without a process of the peer it is left out."""
        self.data, self.opened, self.watch, self.effort = data, opened, watch, effort
        self.theirs = theirs
        self._caches: caches.Found = []
        self.mosaics = {layer: peer.Mosaic(_patches(data, layer)) for layer in LAYERS}
        style = styles_of("s2")[0]
        self.stretch = tuple((item.low, item.high) for item in style.channels)

    @functools.cached_property
    def groups(self) -> dict[str, list[Spot]]:
        """Some tiles of each group, the nearest zoom that has them first."""
        found: dict[str, list[Spot]] = {name: [] for name in BUDGETS}
        for z in _ZOOMS:
            inside = self.spots(z)
            for name, (low, high, _) in BUDGETS.items():
                fitting = [spot for spot in inside if low <= len(spot.patches) <= high]
                # From two zooms where there are, spread over the square.
                room = self.effort.tiles - len(found[name])
                share = room if z != max(_ZOOMS) else -(-room // 2)
                found[name] += [
                    fitting[place] for place in _spread(len(fitting), min(share, len(fitting)))
                ]
        return {name: found[name] for name in self.effort.groups if found[name]}

    @functools.cache  # noqa: B019  as long as the one benchmark of a process
    def spots(self, z: int) -> list[Spot]:
        """Return the tiles of a zoom that lie wholly on patches with pixels."""
        mosaic = self.mosaics["s2"]
        return [
            Spot(z, x, y, tuple(mosaic.touching(z, x, y)))
            for x, y in mosaic.tiles(z)
            if mosaic.covers(z, x, y)
        ]

    def figures(self) -> list[Figure]:
        """Return the figures of all groups."""
        found = []
        self._warm_the_peer()
        for layer in LAYERS:
            for name, spots in self.groups.items():
                times = self.times(layer, spots)
                where = f"tile {layer} {name} patches"
                found.append(compare(f"{where} warm, floor", times.warm, times.floor, WARM))
                found.append(compare(f"{where} cold, floor", times.cold, times.floor, COLD))
                if times.peer:
                    budget = BUDGETS[name][2]
                    found.append(compare(f"{where} warm, peer", times.warm, times.peer, budget))
        return found

    def _warm_the_peer(self) -> None:
        if self.theirs is not None:
            spot = next(iter(self.groups.values()))[0]
            for layer in LAYERS:
                self.theirs.apply(peer.draw, (self.peer_task(layer, spot),))

    def times(self, layer: str, spots: list[Spot]) -> Times:
        """Draw some tiles in turn with the floor, and some of them with the peer."""
        times = Times([], [], [], [])
        for place, spot in enumerate(spots):
            ready = floor.Ready(self.data, spot.view())
            draw = self.drawing(layer, spot)
            bare = self.floor_of(layer, ready)
            # Once each unmeasured: what a library prepares at its first call is no part of a tile.
            draw()
            bare()
            for _ in range(self.effort.repeats):
                self.forget()
                times.cold.append(self.watch.ms(draw))
                times.floor.append(self.watch.ms(bare))
                self.pan_beside(layer, spot)
                times.warm.append(self.watch.ms(draw))
                times.floor.append(self.watch.ms(bare))
            if place < self.effort.peers and self.theirs is not None:
                asked = self.peer_task(layer, spot), self.watch.clock, self.effort.peer_repeats
                times.peer += self.theirs.apply(peer.times, asked)
        return times

    def drawing(self, layer: str, spot: Spot, extension: str = "") -> Callable[[], Answer]:
        """Return what draws and encodes a tile as the server does it."""
        chosen = extension or LAYERS[layer]
        request = TileRequest(layer, spot.z, spot.x, spot.y, extension=chosen)
        return lambda: render(self.opened, request)

    def forget(self) -> None:
        """Empty the caches of the process."""
        if not self._caches:
            self._caches = caches.find()
        caches.empty(self._caches)

    def pan_beside(self, layer: str, spot: Spot) -> None:
        """Leave the caches as a pan to this tile finds them, which has not drawn it yet."""
        self.forget()
        for step in (-1, 0, 1):
            self.drawing(layer, replace(spot, x=spot.x - 1, y=spot.y + step))()

    def floor_of(self, layer: str, ready: floor.Ready) -> Callable[[], bytes]:
        """Return what draws and encodes the floor."""
        if layer == "reference_map":
            return ready.classes
        return lambda: ready.imagery(self.stretch)

    def peer_task(self, layer: str, spot: Spot) -> peer.Task:
        """Return what the peer needs to draw a tile."""
        patches = tuple(self.mosaics[layer].touching(spot.z, spot.x, spot.y))
        tile = spot.z, spot.x, spot.y
        if layer == "reference_map":
            return peer.Task(patches, tile, ("reference_map",), ())
        return peer.Task(patches, tile, RGB, self.stretch)


def _patches(data: Data, layer: str) -> list[peer.Patch]:
    epsg, left, top = data.square.corner
    found = []
    for key, _, row, column in data.square.places():
        folder = data.root / FOLDERS[layer] / product(layer, key) / key
        found.append(peer.Patch(folder, key, epsg, left + 1200 * column, top - 1200 * row))
    return found


def _spread(length: int, count: int) -> list[int]:
    """Return so many places of a list, evenly."""
    return sorted({int(place) for place in np.linspace(0, length - 1, count)}) if count > 0 else []


def tile_at(z: int, lon: float, lat: float) -> tuple[int, int]:
    """Return column and row of the tile at a place."""
    x, y = mercator.to_metres(lon, lat)
    side = 2 * mercator.HALF_WORLD / 2**z
    return int((x + mercator.HALF_WORLD) / side), int((mercator.HALF_WORLD - y) / side)
