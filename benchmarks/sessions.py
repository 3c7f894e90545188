"""A session of a browser on the running app, over real HTTP and WebSocket, without the browser.

It gets the page, opens Streamlit's websocket as its front end does (subprotocol, cookie and
messages of release 1.67), runs the script, takes the map's description out of the messages, and
asks for what the map asks for: tiles, points, cards. Every answer is timed and counted.

    with Session("http://127.0.0.1:8501", {"dataset": "reben-synthetic"}) as session:
        run = session.open()
        replies = session.tiles(session.view()).replies()
"""

import json
import math
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from benchmarks.http_pool import Batch, HttpPool, Reply
from eoexplore.core import mercator

WIDTH, HEIGHT = 1408, 700
"""Pixels of the map on a window of 1440 × 900."""
_WAIT_S = 60.0
_REMEMBERED_TILES = 4000
_FAILURES = {
    ForwardMsg.FINISHED_WITH_COMPILE_ERROR: "the script does not compile",
}


class SessionBroken(Exception):
    """The server did not do what a browser would have needed."""


@dataclass(frozen=True)
class View:
    """What a map shows: centre in degrees and zoom."""

    lon: float
    """Longitude of the centre."""
    lat: float
    """Latitude of the centre."""
    zoom: int
    """Zoom of the tiles."""
    width: int = WIDTH
    """Pixels from left to right."""
    height: int = HEIGHT
    """Pixels from top to bottom."""

    def tiles(self) -> list[tuple[int, int, int]]:
        """Return (z, x, y) of the tiles in sight, nearest to the centre first, as Leaflet does."""
        side = 2 * mercator.HALF_WORLD / 2**self.zoom
        metres = mercator.to_metres(self.lon, self.lat)
        column = (float(metres[0]) + mercator.HALF_WORLD) / side
        row = (mercator.HALF_WORLD - float(metres[1])) / side
        half = self.width / 2 / mercator.TILE, self.height / 2 / mercator.TILE
        found = [
            (self.zoom, x, y)
            for x in range(math.floor(column - half[0]), math.floor(column + half[0]) + 1)
            for y in range(math.floor(row - half[1]), math.floor(row + half[1]) + 1)
            if mercator.tile_exists(self.zoom, x, y)
        ]
        return sorted(found, key=lambda t: math.hypot(t[1] + 0.5 - column, t[2] + 0.5 - row))

    def moved(self, right: float, down: float, zoom: int | None = None) -> "View":
        """Return this view after a drag, in parts of its size."""
        side = 2 * mercator.HALF_WORLD / 2**self.zoom / mercator.TILE
        x, y = mercator.to_metres(self.lon, self.lat)
        lon, lat = mercator.to_degrees(x + right * self.width * side, y - down * self.height * side)
        zoom = self.zoom if zoom is None else zoom
        return View(float(lon), float(lat), zoom, self.width, self.height)


@dataclass
class Run:
    """One run of the page's script as the browser sees it."""

    seconds: float = 0.0
    """From the request to the end of the script."""
    map_seconds: float | None = None
    """From the request to the map's description; none if the map was not in it."""
    sizes: list[int] = field(default_factory=list)
    """Bytes of each message."""
    errors: list[str] = field(default_factory=list)
    """Texts of red boxes and exceptions on the page."""

    @property
    def size(self) -> int:
        """Bytes of all messages."""
        return sum(self.sizes)


class Session:
    """One browser tab."""

    def __init__(self, address: str, query: dict[str, str] | None = None, path: str = "/") -> None:
        """Ask nothing yet.

        Args:
            address: of the server, such as http://127.0.0.1:8501.
            query: parameters of the page's address.
            path: of the page.
        """
        self.address = address.rstrip("/")
        self.path = path
        self.query = dict(query or {})
        self.http = HttpPool(self.address)
        self.map: dict[str, Any] = {}
        self.widgets: dict[str, str] = {}
        self._open = ExitStack()
        self._socket: ClientConnection | None = None
        self._page_hash = ""
        self._seen: deque[str] = deque(maxlen=_REMEMBERED_TILES)

    def __enter__(self) -> "Session":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the tab."""
        self._open.close()
        self.http.close()

    # -- the page -------------------------------------------------------------------------------

    def open(self, on_map: Callable[[], None] = lambda: None) -> Run:
        """Get the page, connect, and wait until its script has run.

        Args:
            on_map: called when the map's description is there, which is when a browser asks for
                tiles; the script still goes on.

        Raises:
            SessionBroken: the server did not answer as it should.
        """
        start = time.perf_counter()
        search = f"?{urlencode(self.query)}" if self.query else ""
        self._expect(self.http.get("page", f"{self.path}{search}"))
        # The front end asks both before it connects; the first one sets the cookie.
        self._expect(self.http.get("health", "/_stcore/health"))
        self._expect(self.http.get("host", "/_stcore/host-config"))
        token = self.http.cookies.get("_streamlit_xsrf", "PLACEHOLDER_AUTH_TOKEN")
        cookies = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        connection = connect(
            f"ws://{urlsplit(self.address).netloc}/_stcore/stream",
            origin=Origin(self.address),
            subprotocols=[Subprotocol("streamlit"), Subprotocol(token)],
            additional_headers={"Cookie": cookies} if cookies else None,
            max_size=None,
            proxy=None,
        )
        self._socket = self._open.enter_context(connection)
        return self._run(start, on_map=on_map)

    def rerun(self, **query: str) -> Run:
        """Run the page again with other parameters in its address, as its widgets send them.

        Raises:
            SessionBroken: the server did not answer as it should.
        """
        for name, value in query.items():
            self.query[name] = value
        self.query = {name: value for name, value in self.query.items() if value}
        return self._run(time.perf_counter(), query)

    def _expect(self, reply: Reply) -> None:
        if reply.status not in (200, 204):
            raise SessionBroken(f"{reply.kind}: status {reply.status}")

    def _run(
        self,
        start: float,
        changed: dict[str, str] | None = None,
        on_map: Callable[[], None] = lambda: None,
    ) -> Run:
        message = BackMsg()
        state = message.rerun_script
        state.query_string = urlencode(self.query)
        state.page_script_hash = self._page_hash
        state.context_info.url = f"{self.address}{self.path}"
        for name, value in (changed or {}).items():
            if name in self.widgets:
                widget = state.widget_states.widgets.add()
                widget.id, widget.string_value = self.widgets[name], value
        run = Run()
        try:
            assert self._socket is not None
            self._socket.send(message.SerializeToString())
            self._listen(run, start, on_map)
        except (ConnectionClosed, TimeoutError) as error:
            raise SessionBroken(f"websocket: {type(error).__name__}") from error
        return run

    def _listen(self, run: Run, start: float, on_map: Callable[[], None]) -> None:
        """Take messages until the script that was asked for has ended."""
        assert self._socket is not None
        has_begun = False
        while True:
            data = self._socket.recv(timeout=_WAIT_S)
            message = ForwardMsg.FromString(_bytes(data))
            kind = message.WhichOneof("type")
            run.sizes.append(len(data))
            if kind == "new_session":
                has_begun = True
                self._page_hash = message.new_session.page_script_hash
            elif kind == "delta" and self._take(message, run):
                run.map_seconds = time.perf_counter() - start
                on_map()
            elif kind == "script_finished" and has_begun:
                if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    run.seconds = time.perf_counter() - start
                    return
                if failure := _FAILURES.get(message.script_finished):
                    raise SessionBroken(failure)

    def _take(self, message: ForwardMsg, run: Run) -> bool:
        """Keep what matters of an element; tell whether it is the map."""
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "text_input" and "-" in element.text_input.id:
            self.widgets[element.text_input.id.rsplit("-", 1)[-1]] = element.text_input.id
        elif kind == "exception":
            run.errors.append(element.exception.message)
        elif kind == "alert" and element.alert.format == Alert.ERROR:
            run.errors.append(element.alert.body)
        elif kind == "bidi_component" and element.bidi_component.component_name.endswith("_map"):
            component = element.bidi_component
            self.map = json.loads(component.mixed.json or component.json)
            return True
        return False

    # -- the map --------------------------------------------------------------------------------

    def view(self) -> View:
        """Return the view with which the map opens: its bounds, as deep as they fit."""
        west, south, east, north = self.map["start"]
        left, low = (float(value) for value in mercator.to_metres(west, south))
        right, high = (float(value) for value in mercator.to_metres(east, north))
        span = max((right - left) / WIDTH, (high - low) / HEIGHT, 1e-9)
        zoom = math.floor(math.log2(2 * mercator.HALF_WORLD / mercator.TILE / span))
        lon, lat = mercator.to_degrees((left + right) / 2, (low + high) / 2)
        return View(float(lon), float(lat), min(max(zoom, 2), 18))

    def layers(self, zoom: int, layers: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        """Return the layers that are drawn at a zoom: those named, else those that are visible."""
        return [
            layer
            for layer in self.map["layers"]
            if layer["min_zoom"] <= zoom <= layer["max_zoom"]
            and (layer["id"] in layers if layers else layer["visible"])
        ]

    def tile_targets(self, view: View, layers: tuple[str, ...] = ()) -> list[str]:
        """Return the addresses of the tiles in sight, without those that this tab has already."""
        targets = [
            _filled(layer, z, x, y)
            for layer in self.layers(view.zoom, layers)
            for z, x, y in view.tiles()
        ]
        known = set(self._seen)
        return [target for target in targets if target not in known]

    def tiles(self, view: View, layers: tuple[str, ...] = ()) -> Batch:
        """Ask for the tiles in sight that this tab does not have yet."""
        targets = self.tile_targets(view, layers)
        # A browser keeps what it got; what it left, it would ask for again: a small difference.
        self._seen.extend(targets)
        return self.http.batch("tile", targets)

    def tile(self, z: int, x: int, y: int, layer: str) -> Reply:
        """Ask for one tile of a layer."""
        found = next(item for item in self.map["layers"] if item["id"] == layer)
        return self.http.get("tile", _filled(found, z, x, y))

    def point(self, lon: float, lat: float, zoom: int) -> Reply:
        """Ask what lies at a place, as a click does."""
        slug = quote(self.map["dataset"], safe="")
        more = f"z={zoom}&{self.map['query']}"
        return self.http.get("point", f"/point/{slug}/{lon:.6f}/{lat:.6f}?{more}")

    def card(self, sample: str) -> Reply:
        """Ask for everything about a patch, as the inspector does."""
        slug, name = quote(self.map["dataset"], safe=""), quote(sample, safe="")
        return self.http.get("card", f"/patch/{slug}/{name}/card.json?{self.map['query']}")

    def legend(self, layer: dict[str, Any], zoom: int) -> Reply:
        """Ask for the legend of a layer."""
        slug = quote(self.map["dataset"], safe="")
        more = f"style={quote(layer['style'], safe='')}&z={zoom}&{self.map['query']}"
        return self.http.get("legend", f"/legend/{slug}/{quote(layer['id'], safe='')}?{more}")


def _bytes(data: str | bytes) -> bytes:
    if isinstance(data, str):
        raise SessionBroken("a text came where bytes were expected")
    return data


def _filled(layer: dict[str, Any], z: int, x: int, y: int) -> str:
    style = quote(layer["style"] or "", safe="")
    # {r}: what Leaflet fills in on screens with two dots per pixel.
    parts = {"z": z, "x": x, "y": y, "r": "", "style": style, "date": ""}
    target: str = layer["url"]
    for name, value in parts.items():
        target = target.replace(f"{{{name}}}", str(value))
    return target
