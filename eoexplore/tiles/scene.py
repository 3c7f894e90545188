"""What all tiles of one dataset share, and what those of one selection share."""

import itertools
import threading
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from eoexplore.analysis import density
from eoexplore.core.dates import LATEST, DateRule
from eoexplore.core.errors import SelectionError
from eoexplore.core.memory import ByteCache, beside_table
from eoexplore.core.selection import Selection
from eoexplore.core.types import Layer
from eoexplore.store.catalog import Opened
from eoexplore.store.samples import Samples
from eoexplore.tiles.order import Ints, Order, Orders
from eoexplore.tiles.places import Places, Tops

_SHOWN_BYTES = 24_000_000
"""Of one table: 43 selections of half a million patches."""
_TOPS_BYTES = 64_000_000
"""Of one table: 27 layers of selections of reBEN's 54 MGRS tiles."""
_count = itertools.count()


class Ground:
    """A sample table prepared for drawing; kept as long as the table is the same."""

    def __init__(self, samples: Samples) -> None:
        """Keep the table; its patches are sorted into their grids when that is first asked for."""
        self.samples = samples
        self.number = next(_count)
        """No other table has or had it: a cache that lives longer has it in its keys."""
        self.making = threading.Lock()
        self.shown: ByteCache[tuple[Shown, tuple[str, ...]]] = ByteCache(
            beside_table(_SHOWN_BYTES, len(samples))
        )
        self.tops: ByteCache[Tops] = ByteCache(beside_table(_TOPS_BYTES, len(samples)))
        self._has_all: dict[str, bool] = {}
        self._sorting = threading.Lock()
        self._places: Places | None = None
        self._orders: Orders | None = None
        self._peaks: dict[int, int] = {}

    @property
    def places(self) -> Places:
        """Which patch lies where; samples without a location have no such thing."""
        with self._sorting:
            if self._places is None:
                self._places = Places(self.samples)
            return self._places

    @property
    def orders(self) -> Orders:
        """The orders in which patches are drawn."""
        with self._sorting:
            if self._orders is None:
                self._orders = Orders(self.samples)
            return self._orders

    @cached_property
    def points(self) -> density.Points:
        """Patch centres, for density pictures."""
        return density.Points.of(self.samples.lon, self.samples.lat)

    def has_all(self, layer: str) -> bool:
        """Tell whether all patches have a layer."""
        if layer not in self._has_all:
            self._has_all[layer] = bool(self.samples.has(layer).all())
        return self._has_all[layer]

    def peak(self, z: int) -> int:
        """Return the most patches that a cell of the density picture holds at a zoom.

        All patches count whatever is selected, so that a colour means the same number on every
        tile and with every filter.
        """
        if z not in self._peaks:
            self._peaks[z] = density.peak(self.points, z)
        return self._peaks[z]


@dataclass(frozen=True)
class Scene:
    """One dataset, prepared for drawing."""

    opened: Opened
    """The dataset and its index as they are now."""
    ground: Ground
    """What follows from its sample table."""

    @property
    def samples(self) -> Samples:
        """The sample table."""
        return self.ground.samples

    @property
    def places(self) -> Places:
        """Which patch lies where."""
        return self.ground.places

    def layer(self, name: str) -> Layer | None:
        """Return a layer by name, or none."""
        return next((item for item in self.opened.dataset.layers if item.name == name), None)


class Shown:
    """The patches that one selection and one date rule show."""

    def __init__(self, ground: Ground, mask: npt.NDArray[np.bool_], rule: DateRule) -> None:
        """Keep which patches are shown, shape (n,), and the rule by which they are drawn."""
        self.mask = mask
        self._ground = ground
        self._rule = rule
        self._lock = threading.Lock()

    @property
    def order(self) -> Order:
        """The order in which patches are drawn."""
        return self._ground.orders.order(self._rule)

    @property
    def rank(self) -> Ints:
        """Place of each patch in the draw order, shape (n,): the highest is drawn last."""
        return self.order.rank

    def tops(self, layer: str) -> Tops:
        """Return the topmost of the shown patches that have a layer; "" asks for none."""
        if layer and self._ground.has_all(layer):
            layer = ""
        # The tiles of a view come at once: one works it out, the others wait for it.
        with self._lock:
            found = self._ground.tops.get((self, layer))
            if found is None:
                mask = self.mask & self._ground.samples.has(layer) if layer else self.mask
                found = self._ground.places.tops(mask, self.order)
                # Each day has an order of its own, which stays as long as this does.
                order = self.order.nbytes if self._rule.kind == "nearest" else 0
                size = found.nbytes + self.mask.nbytes + order
                self._ground.tops.put((self, layer), found, size)
            return found


def scene_of(opened: Opened) -> Scene:
    """Return the scene of an opened dataset; what it prepares stays as long as the table does."""
    samples = opened.samples
    return Scene(opened, samples.keep("ground", lambda: Ground(samples)))


def shown_of(
    scene: Scene, selection: Selection, rule: DateRule = LATEST
) -> tuple[Shown, tuple[str, ...]]:
    """Return what a selection shows; a condition that cannot be answered is left out and said.

    Args:
        scene: the dataset.
        selection: conditions that must all hold.
        rule: which date lies on top, and which take part; days replace those of the selection.

    Returns:
        The shown patches, and one sentence for each condition that was left out.
    """
    if rule.within is not None:
        selection, rule = selection.replace("date", rule.within), LATEST
    ground, key = scene.ground, (selection.canonical(), rule.canonical(), _stamp(scene, selection))
    found = ground.shown.get(key)
    if found is None:
        with ground.making:
            found = ground.shown.get(key) or _evaluate(scene, selection, rule)
            ground.shown.put(key, found, found[0].mask.nbytes)
    return found


def _stamp(scene: Scene, selection: Selection) -> tuple[Hashable, ...]:
    """Return what tells one state of the asked prediction sets from another."""
    try:
        return scene.samples.table(scene.opened.dataset.classes).stamp(selection)
    except SelectionError:
        return ("none",)


def _evaluate(scene: Scene, selection: Selection, rule: DateRule) -> tuple[Shown, tuple[str, ...]]:
    table = scene.samples.table(scene.opened.dataset.classes)
    found = table.every
    notices = []
    for condition in selection.conditions:
        try:
            found = found & table.part(*condition)
        except SelectionError as error:
            notices.append(str(error))
    mask = found.mask()
    if rule.kind in ("season", "nth"):
        mask = scene.ground.orders.kept(rule, mask)
    return Shown(scene.ground, mask, rule), tuple(notices)
