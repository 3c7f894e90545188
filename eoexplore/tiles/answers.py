"""The fixed answers, and what every answer carries."""

import gzip
import hashlib
import json
from collections.abc import Mapping
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import Response

from eoexplore.core.memory import ByteCache

FOREVER = "public, max-age=31536000, immutable"
"""For addresses that carry the version: what they give never changes."""
REVALIDATE = "no-cache"
"""Ask each time; an unchanged answer costs a 304 without a body."""
SAFE = {
    "X-Content-Type-Options": "nosniff",
    # Nothing served here is a page: opened on its own it may load and run nothing.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_NOTICE_LENGTH = 400
_PACKED_BYTES = 8_000_000


def error(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return an error of fixed wording; it never repeats what was asked."""
    return Response(
        json.dumps({"error": sentence}),
        status,
        {**SAFE, "Cache-Control": "no-store", **(headers or {})},
        "application/json",
    )


NOT_FOUND = error(404, "not found")
NO_PATCH = error(404, "no patch here")
WRONG_METHOD = error(405, "only GET is answered here", {"Allow": "GET, HEAD"})
MISDIRECTED = error(
    421, "this server does not answer to this host name; EOEXPLORE_HOSTS lists those it does"
)
BUSY = error(503, "too many requests at once; try again", {"Retry-After": "2"})
GONE = error(410, "the dataset's folder cannot be opened any more")
NO_CLIENT = error(499, "the client has left")
FAILED = error(500, "the server could not make this; its log says why")


def notice_header(notices: tuple[str, ...]) -> dict[str, str]:
    """Return the header that reports parameters which could not be used, percent-encoded."""
    if not notices:
        return {}
    text = " ".join(notices)[:_NOTICE_LENGTH]
    return {"X-EOExplore-Notice": quote(text, safe=" .,:;'()-_=/")}


def attachment_header(filename: str | None) -> dict[str, str]:
    """Return the header that makes a browser save a file under a name; none shows it."""
    if not filename:
        return {}
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(filename, safe='')}"}


def content(
    request: Headers,
    body: bytes,
    media_type: str,
    cache: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a body with its strong ETag, or 304 if the client has it already."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    carried = {**SAFE, "Cache-Control": cache, "ETag": etag, **(headers or {})}
    if _matches(request.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=carried)
    return Response(body, 200, carried, media_type)


def _matches(header: str, etag: str) -> bool:
    # If-None-Match compares weakly: a proxy may have marked the tag as weak.
    given = {part.strip().removeprefix("W/") for part in header.split(",")}
    return "*" in given or etag in given


def packed(request: Headers, body: bytes) -> tuple[bytes, dict[str, str]]:
    """Return a text body gzipped if the client takes that, and the headers that say so."""
    if "gzip" not in request.get("accept-encoding", ""):
        return body, {"Vary": "Accept-Encoding"}
    return _gzip(body), {"Vary": "Accept-Encoding", "Content-Encoding": "gzip"}


_packed: ByteCache[bytes] = ByteCache(_PACKED_BYTES)


def _gzip(body: bytes) -> bytes:
    # By what it is, not by itself: the cache would hold the long text beside the short one.
    key = hashlib.sha256(body).digest()
    found = _packed.get(key)
    if found is None:
        found = gzip.compress(body, 6, mtime=0)
        _packed.put(key, found, len(found))
    return found
