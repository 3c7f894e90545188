"""What one user does on the map: looks, pans, zooms, filters, opens patches, switches layers."""

import json
import random
import threading
import time
from collections.abc import Callable
from typing import Protocol
from urllib.parse import quote

from benchmarks.http_pool import Batch, Reply
from benchmarks.sessions import Run, Session, SessionBroken, View

FILTERS = (
    "",
    "class=any:Marine waters",
    "class=any:Broad-leaved forest|Coniferous forest",
    "class=none:Urban fabric&season=summer",
    "split=train",
    "split=test&nlabels=2..4",
    "season=autumn|spring",
    "country=Portugal|Austria|Ireland",
)
"""Selections that the users choose among; any dataset of reBEN can answer them."""
LAYERS = ((), (), ("s2",), ("s1",), ("reference_map",), ("s2", "reference_map", "footprints"))
_ZOOMS = 5, 16
_LEAVES = 0.3
"""Share of views that are left before all their tiles are there."""


class Log(Protocol):
    """Takes what a visitor met."""

    def reply(self, reply: Reply) -> None:
        """Note an answer."""

    def run(self, kind: str, run: Run) -> None:
        """Note a run of the page."""

    def timed(self, kind: str, seconds: float, size: int = 0) -> None:
        """Note something that is not one answer."""

    def again(self) -> None:
        """Note an answer that said "later"."""


class Visitor:
    """One user of one session."""

    def __init__(self, session: Session, log: Log, seed: int, think_s: float) -> None:
        """Prepare a user; the same seed does the same."""
        self.session = session
        self.log = log
        self.random = random.Random(seed)
        self.think_s = think_s
        self.layers: tuple[str, ...] = ()
        self.view = View(0.0, 0.0, 2)
        self.first = self.view

    def stay(self, stop: threading.Event) -> None:
        """Open the page and act until told to stop."""
        self.log.run("open", self.session.open())
        if not self.session.map:
            raise SessionBroken("the page has no map")
        self.view = self.first = self.session.view()
        self._look()
        while not stop.wait(self.random.expovariate(1 / self.think_s)):
            self._action()()

    def _action(self) -> Callable[[], None]:
        actions = {
            self._pan: 55,
            self._zoom: 15,
            self._filter: 10,
            self._patch: 14,
            self._switch: 5,
            self._home: 1,
        }
        return self.random.choices([*actions], [*actions.values()])[0]

    def _pan(self) -> None:
        self.view = self.view.moved(self.random.uniform(-0.5, 0.5), self.random.uniform(-0.5, 0.5))
        west, south, east, north = self.session.map["start"]
        if not (west <= self.view.lon <= east and south <= self.view.lat <= north):
            place = self.random.uniform(west, east), self.random.uniform(south, north)
            self.view = View(*place, self.view.zoom)
        self._look()

    def _zoom(self) -> None:
        least, most = _ZOOMS
        zoom = min(max(self.view.zoom + self.random.choice((-1, 1, 1, 2)), least), most)
        self.view = self.view.moved(0.0, 0.0, zoom)
        self._look()

    def _home(self) -> None:
        self.view = self.first
        self._look()

    def _switch(self) -> None:
        self.layers = self.random.choice(LAYERS)
        self._look()

    def _filter(self) -> None:
        self.log.run("filter", self.session.rerun(select=self.random.choice(FILTERS)))
        self._look()

    def _patch(self) -> None:
        """Click somewhere in the middle of the map, and look at what is there."""
        place = self.view.moved(self.random.uniform(-0.3, 0.3), self.random.uniform(-0.3, 0.3))
        reply = self.session.point(place.lon, place.lat, self.view.zoom)
        if reply.status == 404:
            return  # no patch here, which is an answer
        self.log.reply(reply)
        if not reply.ok:
            return
        sample = json.loads(reply.plain)["id"]
        self.log.reply(self.session.card(sample))
        slug, name = quote(self.session.map["dataset"]), quote(sample, safe="")
        query = self.session.map["query"]
        pixel = f"/patch/{slug}/{name}/pixel.json?row=60&column=60&{query}"
        self.log.reply(self.session.http.get("pixel", pixel))

    def _look(self) -> None:
        """Ask for the tiles in sight; now and then leave before they are all there."""
        start = time.perf_counter()
        batch = self.session.tiles(self.view, self.layers)
        if self.random.random() < _LEAVES:
            self._leave(batch)
        replies = [self._again(reply) for reply in batch.replies()]
        for reply in replies:
            self.log.reply(reply)
        if replies and not batch.is_left:
            self.log.timed("view", time.perf_counter() - start, sum(item.size for item in replies))

    def _leave(self, batch: Batch) -> None:
        threading.Timer(self.random.uniform(0.0, 0.4), batch.leave).start()

    def _again(self, reply: Reply) -> Reply:
        """Ask once more after the time that a busy server names, as the map does."""
        if reply.status != 503:
            return reply
        self.log.again()
        time.sleep(float(reply.headers.get("retry-after", "2")))
        return self.session.http.get(reply.kind, reply.target)
