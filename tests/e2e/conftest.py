"""The app as the README starts it, on small and real datasets, with Chromium in front of it."""

import io
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import numpy as np
import pytest
from PIL import Image

from benchmarks.server import Server, running
from eoexplore import demo
from eoexplore.store import catalog
from tests import indexing, rest
from tests.e2e.small_demo import small_demo
from tests.once import made_once

# Streamlit asks for both below the address of a page that is opened directly.
PROBES = re.compile(r"_stcore/(health|host-config)")


def write_demo(folder: Path) -> None:
    demo.generate(folder, workers=1, parameters=small_demo())


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "reben-demo", write_demo)


@pytest.fixture(scope="session")
def cache(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache in which the demo, and the real datasets where they are, are indexed."""

    def fill(folder: Path) -> None:
        paths = [demo_folder]
        if real := os.environ.get("EOEXPLORE_REAL_DATA"):
            paths += [Path(real) / "reben_mini", Path(real) / "reben" / "metadata"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("EOEXPLORE_CACHE", str(folder))
            for path in paths:
                opened = catalog.add(path)
                if not opened.state.complete:
                    indexing.build(opened.slug)

    known = made_once(tmp_path_factory, "known", fill)
    # The app writes into its cache, so each test process has a copy of its own.
    return shutil.copytree(known, tmp_path_factory.mktemp("known") / "cache")


@pytest.fixture(scope="session")
def server(cache: Path, demo_folder: Path) -> Iterator[Server]:
    """The app that the tests share which change nothing but their own page."""
    log = cache.with_name("log.txt")
    with running(cache, log, [demo_folder.parent]) as started:
        yield started


class AppPage:
    """A browser page on the app, and everything that it said and asked for."""

    def __init__(self, page: Any, server: Server) -> None:
        self.page = page
        self.server = server
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.sent = 0
        page.add_init_script(rest.SCRIPT)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._console)
        page.on("dialog", self._dialog)
        page.on("websocket", lambda socket: socket.on("framesent", self._count))

    def _console(self, message: Any) -> None:
        place = message.location.get("url", "")
        if message.type == "error" and not PROBES.search(place):
            self.complaints.append(f"{message.text} ({place})")

    def _dialog(self, dialog: Any) -> None:
        self.complaints.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def _count(self, _: object) -> None:
        self.sent += 1

    def open(self, path: str = "/", **query: str) -> "AppPage":
        search = f"?{urlencode(query)}" if query else ""
        self.page.goto(f"{self.server.address}{path}{search}")
        return self.idle()

    def open_map(self, **query: str) -> "AppPage":
        self.open("/", **query)
        self.page.locator(".eo-map .leaflet-tile-loaded").first.wait_for()
        return self.settle()

    def idle(self) -> "AppPage":
        """Wait until the script has run to its end."""
        rest.wait(self.page, "script")
        return self

    def settle(self) -> "AppPage":
        """Wait until nothing loads and the address has been written."""
        rest.wait(self.page, "map")
        return self

    def back(self, path: str) -> None:
        """Go back to a page; on the way to another one Streamlit makes an entry of its own."""
        for _ in range(3):
            self.page.go_back()
            self.settle()
            if path in self.page.url:
                return
        raise AssertionError(f"Back does not lead to {path} but stays at {self.page.url}")

    def at(self, selector: str, **options: Any) -> Any:
        return self.page.locator(selector, **options)

    def text(self) -> str:
        """Return what stands on the page, outside the map."""
        return self.page.locator('[data-testid="stMain"]').inner_text()

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

    def counters(self) -> dict[str, int]:
        return self.page.evaluate("window.__eoexplore")

    def parameter(self, name: str) -> str | None:
        script = "(name) => new URLSearchParams(location.search).get(name)"
        return self.page.evaluate(script, name)

    def shown_tiles(self) -> list[str]:
        script = "[...scope().querySelectorAll('.leaflet-tile-pane img')].map((img) => img.src)"
        return self.page.evaluate(script)

    def pixels(self) -> np.ndarray:
        """Return the middle of the map, between its panel and its tools, as (row, column, 3)."""
        box = self.at(".eo-map").bounding_box()
        left = 340 if box["width"] > 640 else 0
        clip = {
            "x": box["x"] + left,
            "y": box["y"] + 60,
            "width": box["width"] - left - 80,
            "height": box["height"] - 120,
        }
        picture = Image.open(io.BytesIO(self.page.screenshot(clip=clip)))
        return np.asarray(picture.convert("RGB")).astype(int)


OpenPage = Callable[..., AppPage]


@pytest.fixture
def open_page(contexts: Callable[..., Any], server: Server) -> Iterator[OpenPage]:
    """Give a function that makes browser pages; afterwards none may have complained."""
    with page_maker(contexts, server) as maker:
        yield maker


@contextmanager
def page_maker(contexts: Callable[..., Any], server: Server) -> Iterator[OpenPage]:
    """Give a function that makes pages; those of another `profile` share nothing with the rest."""
    pages: list[AppPage] = []

    def maker(width: int = 1440, height: int = 900, profile: str = "", **options: Any) -> AppPage:
        context = contexts(profile, viewport={"width": width, "height": height}, **options)
        pages.append(AppPage(context.new_page(), server))
        return pages[-1]

    yield maker
    for page in pages:
        page.page.close()
        asked = [url for url in page.requests if not url.startswith(("data:", "blob:"))]
        assert {urlsplit(url).hostname for url in asked} <= {"127.0.0.1"}
        assert page.complaints == []
