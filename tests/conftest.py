"""What every test gets: no network, its own cache folder, real files and Chromium on demand."""

import ipaddress
import os
import shutil
import socket
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

# Imported for its effect: GDAL reads its switches when rasterio is first imported, and test modules
# may import rasterio before anything of ours.
import eoexplore  # noqa: F401

# A machine may be busy: no test is timed, and so is no example of one.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
)
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# For whatever a page is waited for: none of it takes long, but a machine may be slow or busy.
PATIENCE_MS = 45_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take longest first, so that both processes end at the same time."""
    # Few and long ones, such as those that write a demo, would otherwise come last of all.
    least = {"demo": 60, "benchmarks": 60, "jobs": 60, "cli": 60}
    cost = Counter({item.path: least.get(item.path.parent.name, 0) for item in items})
    for item in items:
        cost[item.path] += 50 if item.get_closest_marker("browser") else 1
    items.sort(key=lambda item: -cost[item.path])


class NetworkBlocked(RuntimeError):
    """A test reached for another machine."""


def _is_loopback(host: object) -> bool:
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _check(address: object) -> None:
    """Raise for an Internet address beyond this machine; names of local sockets are text."""
    if isinstance(address, tuple) and not _is_loopback(address[0]):
        raise NetworkBlocked(
            f"A test tried to reach {address[0]}:{address[1]}. Tests use this machine only "
            "(127.0.0.1): build the data, or pass the file in."
        )


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Block connections to, and names of, other machines; child processes find no packages."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex
    getaddrinfo = socket.getaddrinfo

    def guarded_connect(self, address):
        _check(address)
        return connect(self, address)

    def guarded_connect_ex(self, address):
        _check(address)
        return connect_ex(self, address)

    def guarded_getaddrinfo(host, port, *args, **kwargs):
        _check((host, port))
        return getaddrinfo(host, port, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
        patch.setenv("PIP_NO_INDEX", "1")
        yield


@pytest.fixture(scope="session", autouse=True)
def _own_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give the session a cache folder of its own, and leave the user's settings out of it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [*os.environ]:
            if name.startswith("EOEXPLORE_") and name not in _KEPT:
                patch.delenv(name)
        patch.setenv("EOEXPLORE_CACHE", str(tmp_path_factory.mktemp("cache")))
        # A page that is opened by a test must not begin to write a demo in the background.
        patch.setenv("EOEXPLORE_DEMO", "0")
        yield


_KEPT = {"EOEXPLORE_REAL_DATA", "EOEXPLORE_REQUIRE_BROWSER"}


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real sample files, or skip."""
    chosen = os.environ.get("EOEXPLORE_REAL_DATA")
    if not chosen:
        pytest.skip("real files: set EOEXPLORE_REAL_DATA to their folder")
    folder = Path(chosen).resolve()
    if not folder.is_dir():
        pytest.fail(f"EOEXPLORE_REAL_DATA is set, but there is no folder {folder}")
    return folder


@pytest.fixture(scope="session")
def all_of_reben(real_data: Path) -> Any:
    """Return the released tables, 549,488 rows: opening them takes seconds, so once a process."""
    from eoexplore.store import catalog

    return catalog.add(real_data / "reben" / "metadata")


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Return the path of a Chromium for Playwright's `executable_path`, or skip."""
    for name in CHROMIUM_NAMES:
        if found := shutil.which(name):
            return Path(found)
    reason = f"no Chromium: none of {', '.join(CHROMIUM_NAMES)} is on the path"
    if os.environ.get("EOEXPLORE_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    return pytest.skip(reason)


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Any]:
    """Yield a Chromium that a module's tests share."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=str(chromium), args=list(CHROMIUM_FLAGS)
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def contexts(browser: Any) -> Iterator[Callable[..., Any]]:
    """Make a browser profile for each name and set of options once: its cache spares a second."""
    made: dict[str, Any] = {}

    def context(profile: str = "", **options: Any) -> Any:
        key = repr((profile, sorted(options.items())))
        if key not in made:
            made[key] = browser.new_context(**options)
            made[key].set_default_timeout(PATIENCE_MS)
        return made[key]

    yield context
    for opened in made.values():
        opened.close()


@pytest.fixture
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a test a cache that knows nothing, and the folder under which datasets may lie."""
    import streamlit as st

    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("EOEXPLORE_ROOTS", str(tmp_path / "data"))
    st.cache_resource.clear()
    st.cache_data.clear()
    return tmp_path / "data"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str], str | None]]:
    """Return the jobs that pages start, kind, arguments and dataset of each; none of them runs."""
    jobs: list[tuple[str, list[str], str | None]] = []

    def start(kind: str, title: str, args: list[str], dataset: str | None = None, **_: Any) -> None:
        # Opening a dataset indexes it: no test is about that.
        if kind != "index":
            jobs.append((kind, args, dataset))

    monkeypatch.setattr("eoexplore.jobs.background.start", start)
    return jobs


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Run a page without a browser: its title, and what its address asks for."""
    from eoexplore.ui import pages
    from tests import visits

    def run(title: str, **query: str) -> Any:
        monkeypatch.setattr(pages, "find", visits.first(title))
        return visits.visit(**query)

    return run


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """Put `__main__` back: AppTest leaves its script there, and a spawned worker would run it."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main
