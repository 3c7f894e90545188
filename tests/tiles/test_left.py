"""Requests that nobody waits for any more, over real connections."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response

from benchmarks.http_pool import LEFT, HttpPool
from eoexplore.tiles import routes as routes_module
from eoexplore.tiles.overload import Lane


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """Serve an app from a thread, as Streamlit does; gives its address."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


def test_tiles_that_were_panned_away_from_are_not_drawn(monkeypatch):
    drawn, may_go_on, begun = [], threading.Event(), threading.Event()

    def draw(_self, _request, _slug, wanted):
        drawn.append(wanted.x)
        begun.set()
        may_go_on.wait(10)
        return Response("a tile")

    original = routes_module._Routes.__init__

    def one_at_a_time(self, open_slug):
        original(self, open_slug)
        self._tiles = Lane("test", 1, 50)

    monkeypatch.setattr(routes_module._Routes, "_tile", draw)
    monkeypatch.setattr(routes_module._Routes, "__init__", one_at_a_time)
    with (
        serving(Starlette(routes=routes_module.routes())) as address,
        HttpPool(address) as browser,
        HttpPool(address) as other,
    ):
        # Six are under way, of which one is drawn; four wait in the browser.
        left = browser.batch("tile", [f"/tiles/a/s2/5/{x}/1.png" for x in range(10)])
        assert begun.wait(10)
        time.sleep(0.3)
        left.leave()
        time.sleep(0.3)
        wanted = other.batch("tile", ["/tiles/a/s2/5/20/1.png"])
        time.sleep(0.3)
        may_go_on.set()
        assert [reply.status for reply in wanted.replies()] == [200]
        assert {reply.status for reply in left.replies()} == {LEFT}
    # The one that was being drawn already, and the one that somebody waits for.
    assert len(drawn) == 2
    assert drawn[1] == 20
