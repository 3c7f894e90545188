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

from starlette.background import BackgroundTask
from starlette.convertors import Convertor, register_url_convertor
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from eoexplore.core import mercator
from eoexplore.core.errors import DatasetNotRecognised, MetadataError, UnknownName
from eoexplore.core.memory import ByteCache
from eoexplore.store import catalog
from eoexplore.store.catalog import Opened
from eoexplore.tiles import answers, static, tile
from eoexplore.tiles.guard import HostGuard, scope_allowed
from eoexplore.tiles.nodelay import NoDelay
from eoexplore.tiles.overload import Busy, Lane
from eoexplore.tiles.queries import Asked, Download, Found, Noted, Query, all_queries
from eoexplore.tiles.tile import Answer, TileRequest

log = logging.getLogger(__name__)
Open = Callable[[str], Opened]
Handler = Callable[[Request, str], Awaitable[Response]]

_TILE = re.compile(r"([^/]+)/([^/]+)/(\d{1,2})/(\d{1,7})/(\d{1,7})(@2x)?\.(png|jpg|webp)", re.ASCII)
_BODIES = 64_000_000
_LARGE = 2_000
"""Bytes of JSON above which compression saves more than it costs."""
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
        **{name: functools.partial(own.ask, name) for name in own.prefixes},
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
        self._lanes = {
            "query": Lane("query", 2, waiting=60),
            "export": Lane("export", 1, waiting=4),
        }
        self._questions: dict[str, list[Query]] = {}
        for query in all_queries():
            self._questions.setdefault(query.prefix, []).append(query)
        self._bodies: ByteCache[Answer] = ByteCache(_BODIES)

    @property
    def prefixes(self) -> tuple[str, ...]:
        """First parts of the addresses that the queries of this package answer."""
        return tuple(self._questions)

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
            palette=query.get("palette", ""),
        )
        work = functools.partial(self._tile, request, slug, wanted)
        return await _in_lane(self._tiles, request, work)

    def _tile(self, request: Request, slug: str, wanted: TileRequest) -> Response:
        opened = self._open(slug)
        tile.check(opened, wanted)
        key = (slug, opened.version, tile.canonical(opened, wanted))
        # While an index grows, its tiles may change: they are neither kept nor taken from memory.
        keeps = opened.state.complete
        found = self._bodies.get(key) if keeps else None
        if found is None:
            found = tile.render(opened, wanted)
            if keeps:
                # The address is part of the key, and as long as whoever asks makes it.
                size = len(found.body) + len(request.scope["query_string"])
                self._bodies.put(key, found, size)
        return _picture(request, opened, found)

    async def ask(self, prefix: str, request: Request, rest: str) -> Response:
        """Answer /{prefix}/{dataset}/..., one of the queries of this package."""
        slug, _, more = rest.partition("/")
        for query in self._questions[prefix]:
            match = query.pattern.fullmatch(more)
            if slug and match is not None:
                work = functools.partial(self._ask, request, slug, query, match.groupdict(""))
                return await _in_lane(self._lanes[query.lane], request, work)
        return answers.NOT_FOUND

    def _ask(self, request: Request, slug: str, query: Query, parts: dict[str, str]) -> Response:
        opened = self._open(slug)
        found = query.answer(Asked(opened, parts, request.query_params))
        return _response(request, opened, found)


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
    headers = answers.notice_header(found.notices) | answers.attachment_header(found.filename)
    cache = _cache(request, opened)
    return answers.content(request.headers, found.body, found.media_type, cache, headers)


def _response(request: Request, opened: Opened, found: Found) -> Response:
    if found is None:
        return answers.NOT_FOUND
    if isinstance(found, Response):
        return found
    if isinstance(found, Answer):
        return _picture(request, opened, found)
    if isinstance(found, Download):
        return _download(found)
    noted = found if isinstance(found, Noted) else Noted(found, ())
    body = json.dumps(noted.data, ensure_ascii=False, allow_nan=False).encode()
    body, headers = answers.packed(request.headers, body) if len(body) > _LARGE else (body, {})
    headers |= answers.notice_header(noted.notices)
    cache = _cache(request, opened)
    return answers.content(request.headers, body, "application/json", cache, headers)


def _download(found: Download) -> Response:
    remove = BackgroundTask(found.path.unlink, missing_ok=True)
    headers = {**answers.SAFE, "Cache-Control": "no-store"}
    return FileResponse(
        found.path,
        headers=headers,
        media_type=found.media_type,
        filename=found.filename,
        background=remove,
    )


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
