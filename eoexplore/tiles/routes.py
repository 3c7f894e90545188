"""The addresses that EOExplore answers beside Streamlit's own, on the same port.

Each prefix belongs to us as a whole: whatever is asked below it, an odd name or a wrong method
included, gets one of the fixed answers of `answers` and never reaches Streamlit's own routes.
"""

import functools
import json
import logging
import os
import re
from collections.abc import Awaitable, Callable

from starlette.convertors import Convertor, register_url_convertor
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from eoexplore.core import mercator
from eoexplore.core.errors import DatasetNotRecognised, MetadataError, UnknownName
from eoexplore.store import catalog
from eoexplore.store.catalog import Opened
from eoexplore.tiles import answers, cards, static, tile
from eoexplore.tiles.guard import HostGuard, scope_allowed
from eoexplore.tiles.memory import ByteCache
from eoexplore.tiles.nodelay import NoDelay
from eoexplore.tiles.overload import Busy, Lane
from eoexplore.tiles.point import Json, point
from eoexplore.tiles.scene import scene_of
from eoexplore.tiles.tile import Answer, TileRequest

log = logging.getLogger(__name__)
Open = Callable[[str], Opened]
Handler = Callable[[Request, str], Awaitable[Response]]

_TILE = re.compile(r"([^/]+)/([^/]+)/(\d{1,2})/(\d{1,7})/(\d{1,7})(@2x)?\.(png|jpg|webp)", re.ASCII)
_NUMBER = r"(-?\d{1,3}(?:\.\d{1,15})?)"
_POINT = re.compile(rf"([^/]+)/{_NUMBER}/{_NUMBER}", re.ASCII)
_PATCH = re.compile(r"([^/]+)/([^/]+)/(card\.json|([^/.]+)\.(png))", re.ASCII)
_BODIES = 64_000_000
_ERRORS: tuple[tuple[type[Exception], Response], ...] = (
    (UnknownName, answers.NOT_FOUND),
    (DatasetNotRecognised, answers.GONE),
    (MetadataError, answers.GONE),
    (Busy, answers.BUSY),
)


def routes(base: str = "", open_slug: Open = catalog.open_slug) -> list[BaseRoute]:
    """Return the routes for `st.App(script, routes=...)`.

    Args:
        base: Streamlit's server.baseUrlPath, which it does not add to the routes of others.
        open_slug: opens a dataset by its name in addresses.
    """
    prefix = f"/{base.strip('/')}" if base.strip("/") else ""
    own = _Routes(open_slug)
    handlers: dict[str, Handler] = {
        "tiles": own.tiles,
        "point": own.point,
        "patch": own.patch,
        **{name: functools.partial(_static, name) for name in ("assets", "ui", "vendor")},
    }
    return [
        Route(f"{prefix}/{name}/{{rest:anything}}", _Endpoint(handler))
        for name, handler in handlers.items()
    ]


def middleware(base: str = "", open_slug: Open = catalog.open_slug) -> list[Middleware]:
    """Return the middleware for `st.App(script, middleware=...)`: host names, then our routes.

    Streamlit looks for odd paths before it looks for routes and answers them itself; in front of
    it, our fixed answers reach those too, and the host check covers its pages and websocket.
    """
    own = Middleware(_InFront, routes=routes(base, open_slug))
    return [Middleware(NoDelay), Middleware(HostGuard), own]


class _InFront:
    """Answers our routes before anything else looks at the request."""

    def __init__(self, app: ASGIApp, routes: list[BaseRoute]) -> None:
        self.app = app
        self.routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for route in self.routes:
            match, child = route.matches(scope)
            if match is Match.FULL:
                await route.handle({**scope, **child}, receive, send)
                return
        await self.app(scope, receive, send)


class _Anything(Convertor[str]):
    """The rest of a path, line breaks included (Starlette's own `path` stops at them)."""

    regex = "(?s:.*)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("anything", _Anything())


class _Endpoint:
    """The one edge where checks are made and errors become answers."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._respond(request)
        await response(scope, receive, _without_body(send) if request.method == "HEAD" else send)

    async def _respond(self, request: Request) -> Response:
        if not scope_allowed(request.scope):
            return answers.MISDIRECTED
        if request.method not in ("GET", "HEAD"):
            return answers.WRONG_METHOD
        try:
            return await self.handler(request, request.path_params["rest"])
        except Exception as error:  # noqa: BLE001  the edge: no trace may reach a visitor
            return _error_answer(error)


def _error_answer(error: Exception) -> Response:
    for kind, answer in _ERRORS:
        if isinstance(error, kind):
            return answer
    log.error("A request failed.", exc_info=error)
    return answers.FAILED


def _without_body(send: Send) -> Send:
    async def headers_only(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return headers_only


class _Routes:
    """The handlers that open datasets."""

    def __init__(self, open_slug: Open) -> None:
        self._open = open_slug
        self._tiles = Lane("tile", min(4, (os.cpu_count() or 1) + 1), waiting=200)
        self._queries = Lane("query", 2, waiting=60)
        self._bodies: ByteCache[Answer] = ByteCache(_BODIES)

    async def tiles(self, request: Request, rest: str) -> Response:
        """Answer /tiles/{dataset}/{layer}/{z}/{x}/{y}[@2x].{png|jpg|webp}."""
        match = _TILE.fullmatch(rest)
        if match is None:
            return answers.NOT_FOUND
        slug, layer, z, x, y, double, extension = match.groups()
        query = request.query_params
        wanted = TileRequest(
            layer=layer,
            z=int(z),
            x=int(x),
            y=int(y),
            size=mercator.TILE * (2 if double else 1),
            extension=extension,
            style=query.get("style", ""),
            select=query.get("select", ""),
            date=query.get("date", ""),
        )
        work = functools.partial(self._tile, request, slug, wanted)
        return await _in_lane(self._tiles, request, work)

    def _tile(self, request: Request, slug: str, wanted: TileRequest) -> Response:
        opened = self._open(slug)
        tile.check(opened, wanted)
        key = (slug, opened.version, wanted)
        found = self._bodies.get(key) if opened.state.complete else None
        if found is None:
            found = tile.render(opened, wanted)
            self._bodies.put(key, found, len(found.body))
        return _picture(request, opened, found)

    async def point(self, request: Request, rest: str) -> Response:
        """Answer /point/{dataset}/{lon}/{lat}."""
        match = _POINT.fullmatch(rest)
        if match is None:
            return answers.NOT_FOUND
        slug, lon, lat = match[1], float(match[2]), float(match[3])
        work = functools.partial(self._point, request, slug, lon, lat)
        return await _in_lane(self._queries, request, work)

    def _point(self, request: Request, slug: str, lon: float, lat: float) -> Response:
        opened = self._open(slug)
        if abs(lon) > 180 or abs(lat) > mercator.MAX_LATITUDE:
            return answers.NO_PATCH
        scene = scene_of(opened)
        query = request.query_params
        shown, notices = tile.shown_by(scene, query.get("select", ""), query.get("date", ""))
        found = point(scene, shown, lon, lat)
        return answers.NO_PATCH if found is None else _json(request, opened, found, notices)

    async def patch(self, request: Request, rest: str) -> Response:
        """Answer /patch/{dataset}/{id}/card.json and /patch/{dataset}/{id}/{layer}.png."""
        match = _PATCH.fullmatch(rest)
        if match is None:
            return answers.NOT_FOUND
        slug, sample, _, layer, _ = match.groups()
        work = functools.partial(self._patch, request, slug, sample, layer)
        return await _in_lane(self._queries, request, work)

    def _patch(self, request: Request, slug: str, sample: str, layer: str | None) -> Response:
        opened = self._open(slug)
        scene = scene_of(opened)
        row = scene.samples.row(sample)
        if layer is None:
            return _json(request, opened, cards.card(scene, row), ())
        found = cards.patch_picture(scene, row, layer, request.query_params.get("style", ""))
        return answers.NOT_FOUND if found is None else _picture(request, opened, found)


async def _in_lane(lane: Lane, request: Request, work: Callable[[], Response]) -> Response:
    async def gone() -> bool:
        # The first message is the request's (empty) body; only a later one can say it is over.
        return await request.is_disconnected() or await request.is_disconnected()

    found = await lane.run(work, gone)
    return answers.NO_CLIENT if found is None else found


def _cache(request: Request, opened: Opened) -> str:
    current = request.query_params.get("v") == opened.version
    return answers.FOREVER if current and opened.state.complete else answers.REVALIDATE


def _picture(request: Request, opened: Opened, found: Answer) -> Response:
    headers = answers.notice_header(found.notices)
    cache = _cache(request, opened)
    return answers.content(request.headers, found.body, found.media_type, cache, headers)


def _json(request: Request, opened: Opened, data: Json, notices: tuple[str, ...]) -> Response:
    body = json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
    headers = answers.notice_header(notices)
    cache = _cache(request, opened)
    return answers.content(request.headers, body, "application/json", cache, headers)


async def _static(prefix: str, request: Request, rest: str) -> Response:
    """Answer /assets/{file}, /ui/{file} and /vendor/leaflet/{file}."""
    path = static.find(prefix, rest)
    if path is None:
        return answers.NOT_FOUND
    body = static.read(path)
    headers: dict[str, str] = {}
    if path.suffix in static.TEXT:
        body, headers = answers.packed(request.headers, body)
    media_type = static.MEDIA_TYPES[path.suffix]
    return answers.content(request.headers, body, media_type, answers.REVALIDATE, headers)
