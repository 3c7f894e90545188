"""Which host names the server answers to.

A page of another site can make a browser send requests here under a name that it points at this
machine (DNS rebinding). Requests by address cannot be faked that way, so addresses pass: forty
laptops on one network get in. A name passes only if it is configured.
"""

import ipaddress

from starlette.types import ASGIApp, Receive, Scope, Send

from eoexplore.core import settings
from eoexplore.tiles.answers import MISDIRECTED


def host_allowed(host: str) -> bool:
    """Tell whether a Host header is an IP address or a configured name, with or without port."""
    allowed = {name.strip().lower() for name in settings.value("EOEXPLORE_HOSTS").split(",")}
    name = _without_port(host.strip())
    if name is None:
        return False
    return "*" in allowed or _is_address(name) or name.lower().rstrip(".") in allowed


def _without_port(host: str) -> str | None:
    if host.startswith("["):
        name, bracket, port = host[1:].partition("]")
        port = port.removeprefix(":")
        good = bracket == "]" and ":" in name
    else:
        name, _, port = host.partition(":")
        good = bool(name)
    return name if good and (not port or port.isdecimal()) else None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def scope_allowed(scope: Scope) -> bool:
    """Tell whether a request or websocket names one host, and an allowed one."""
    hosts = [value for name, value in scope["headers"] if name.lower() == b"host"]
    return len(hosts) == 1 and host_allowed(hosts[0].decode("latin-1"))


class HostGuard:
    """Middleware for a whole app: anything under an unknown host name is answered 421."""

    def __init__(self, app: ASGIApp) -> None:
        """Guard an app."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] not in ("http", "websocket") or scope_allowed(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await MISDIRECTED(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1008})
