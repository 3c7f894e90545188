"""Answers leave at once instead of waiting for the acknowledgement of their headers.

A server sends headers and body in two writes. With Nagle's algorithm on, the second waits until
the client has acknowledged the first, which clients put off by 40 ms. asyncio turns the algorithm
off, but only on sockets that were made for TCP by name, and Streamlit's are not.
"""

import contextlib
import socket

from starlette.types import ASGIApp, Receive, Scope, Send


class NoDelay:
    """Middleware that switches Nagle's algorithm off on the connection of each request."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an app."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] in ("http", "websocket"):
            _switch_off(receive)
        await self.app(scope, receive, send)


def _switch_off(receive: Receive) -> None:
    # ASGI has no name for the connection; uvicorn's `receive` is a method of what holds it.
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    connection = transport.get_extra_info("socket") if transport is not None else None
    if connection is not None:
        # Not TCP (a Unix socket behind a proxy), or closed already: nothing to speed up.
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
