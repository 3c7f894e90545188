"""Chromium on the mock app: one server for the session, one browser for each module."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests import rest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
START_SECONDS = 90
# Behind a proxy the app often has a path of its own; what works there works without one.
BASE = "/eo"
ONLINE = "https://tile.example.org/"
LOADED = """
window.loadedTiles = () => {
  const frame = scope().querySelector(".eo-map").getBoundingClientRect();
  const isSeen = (tile) => {
    const box = tile.getBoundingClientRect();
    return box.right > frame.left && box.left < frame.right && box.bottom > frame.top
        && box.top < frame.bottom && tile.closest(".leaflet-layer").style.opacity !== "0";
  };
  return [...scope().querySelectorAll(".leaflet-tile-loaded")].filter(isSeen).length;
};
"""
# Keeps the smallest number of tiles that any frame has shown from now on.
FLICKER = """
() => {
  window.fewest = 1e9;
  const look = () => {
    window.fewest = Math.min(window.fewest, window.loadedTiles());
    window.frame = requestAnimationFrame(look);
  };
  look();
}
"""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start the mock app; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}{BASE}"
    log = tmp_path_factory.mktemp("mock") / "log.txt"
    with log.open("wb") as output:
        command = [sys.executable, str(HERE / "mock_app.py"), str(port), BASE]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=output,
            stderr=output,
        )
        try:
            if not answers(f"{address}/_stcore/health"):
                pytest.fail(f"the mock app did not start:\n{log.read_text()}")
            yield address
        finally:
            process.terminate()
            process.wait(20)


def answers(url: str) -> bool:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    return False


class MapPage:
    """A browser page with the map, and what it has asked the server for."""

    def __init__(self, page: Any, server: str) -> None:
        self.page = page
        self.server = server
        self.requests: list[str] = []
        self.errors: list[str] = []
        page.add_init_script(rest.SCRIPT)
        page.add_init_script(LOADED)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, path: str = "/") -> "MapPage":
        self.page.goto(f"{self.server}{path}")
        self.page.locator(".eo-map .leaflet-tile-loaded").first.wait_for()
        return self.settle()

    def settle(self) -> "MapPage":
        """Wait until nothing loads and the address has been written."""
        rest.wait(self.page, "map")
        return self

    def at(self, selector: str, **options: Any) -> Any:
        return self.page.locator(selector, **options)

    def click(self, x: int = 620, y: int = 330) -> None:
        self.at(".eo-map").click(position={"x": x, "y": y})

    def drag(self, dx: int, dy: int) -> None:
        box = self.at(".eo-map").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        mouse = self.page.mouse
        mouse.move(x, y)
        mouse.down()
        mouse.move(x + dx, y + dy, steps=4)
        # Rests before it lets go, so that the map does not glide on.
        self.page.wait_for_timeout(80)
        mouse.up()

    def type_filter(self, text: str) -> None:
        runs = self.runs()
        box = self.page.get_by_label("Filter")
        box.fill(text)
        box.press("Enter")
        # The rerun is over when the script has counted it.
        self.page.wait_for_function(f"!document.body.innerText.includes('runs {runs}\\n')")

    def pick(self, layer: str, style: str) -> None:
        """Choose a style from the list of a layer."""
        row = self.at(f".eo-layer[data-layer={layer}]")
        row.locator(".eo-picker-button").click()
        row.locator(f"[role=option][data-value='{style}']").click()

    def runs(self) -> int:
        text = self.page.get_by_text("runs ").inner_text()
        return int(text.split()[-1])

    def counters(self) -> dict[str, int]:
        return self.page.evaluate("window.__eoexplore")

    def parameter(self, name: str) -> str | None:
        script = "(name) => new URLSearchParams(location.search).get(name)"
        return self.page.evaluate(script, name)

    def view(self) -> list[float]:
        return [float(part) for part in self.parameter("v").split(",")]

    def tiles(self, since: int = 0) -> list[str]:
        return [url for url in self.requests[since:] if "/tiles/" in url]

    def shown_tiles(self) -> list[str]:
        script = "[...scope().querySelectorAll('.leaflet-tile-pane img')].map((img) => img.src)"
        return self.page.evaluate(script)

    def layer_order(self) -> list[str]:
        script = """[...scope().querySelectorAll('.leaflet-tile-pane .leaflet-layer')]
            .filter((node) => node.querySelector('img'))
            .sort((a, b) => a.style.zIndex - b.style.zIndex)
            .map((node) => node.querySelector('img').src.split('/tiles/mock/')[1].split('/')[0])"""
        return self.page.evaluate(script)


@pytest.fixture
def open_map(contexts: Callable[..., Any], server: str) -> Iterator[Callable[..., MapPage]]:
    """Open the map in a tab of its own, for a test that changes what others would see."""
    yield from opened_maps(contexts, server)


@pytest.fixture(scope="module")
def open_shared(contexts: Callable[..., Any], server: str) -> Iterator[Callable[..., MapPage]]:
    """Open a map for several tests: each page load costs seconds."""
    yield from opened_maps(contexts, server)


def opened_maps(contexts: Callable[..., Any], server: str) -> Iterator[Callable[..., MapPage]]:
    """Give a function that opens maps; afterwards, no request may have left this machine."""
    pages: list[MapPage] = []

    def opener(path: str = "/", width: int = 1440, height: int = 900, **options: Any) -> MapPage:
        context = contexts(viewport={"width": width, "height": height}, **options)
        page = context.new_page()
        page.route(f"{ONLINE}**", lambda route: route.fulfill(status=404))
        pages.append(MapPage(page, server))
        return pages[-1].open(path)

    yield opener
    for page in pages:
        page.page.close()
        local = ("data:", "blob:", server, ONLINE)
        assert [url for url in page.requests if not url.startswith(local)] == []
        assert {urlsplit(url).hostname for url in page.requests} - {None} >= {"127.0.0.1"}
        assert page.errors == []


@pytest.fixture
def map_page(open_map: Callable[..., MapPage]) -> MapPage:
    return open_map()


@pytest.fixture(scope="module")
def shared_map(open_shared: Callable[..., MapPage]) -> MapPage:
    return open_shared()
