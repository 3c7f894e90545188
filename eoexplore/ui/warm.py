"""What the server does before a page is run, so that its first visitor does not wait for it.

When it starts, it imports what the pages need before it answers, deletes files that users brought
to an earlier one and that are too old, and then opens, in a thread, the
dataset that was looked at last. Another dataset is opened when a browser asks for its page, while
that still loads Streamlit's scripts.
"""

import contextlib
import functools
import gc
import importlib
import inspect
import logging
import pkgutil
import threading
from collections.abc import AsyncIterator, Callable

from starlette.datastructures import QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from eoexplore import ui
from eoexplore.core import memory, settings
from eoexplore.core.dates import LATEST
from eoexplore.core.errors import EOExploreError
from eoexplore.core.selection import Selection
from eoexplore.datasets import REGISTRY
from eoexplore.jobs import uploads
from eoexplore.render import composites
from eoexplore.store import catalog
from eoexplore.store.folder import atomic
from eoexplore.tiles import layers
from eoexplore.tiles.scene import scene_of, shown_of

log = logging.getLogger(__name__)
_FILE = "last.txt"


@contextlib.asynccontextmanager
async def lifespan(_: object) -> AsyncIterator[None]:
    """Prepare; Streamlit calls this when its server starts."""
    memory.settle_allocator()
    _try(load)
    _try(uploads.sweep)
    if settings.value("EOEXPLORE_OPEN_LAST") == "1":
        threading.Thread(
            target=_try, args=(open_last,), name="eoexplore-open-last", daemon=True
        ).start()
    yield


def _try(act: Callable[[], None]) -> None:
    """Do it; should it fail, a page will meet the same fault and say it."""
    try:
        act()
    except Exception:
        log.exception("The server could not prepare itself.")


def load() -> None:
    """Import the modules of all pages, and read the tables that every map needs."""
    for module in pkgutil.walk_packages(ui.__path__, f"{ui.__name__}."):
        # The script that Streamlit runs would draw a page when it is imported.
        if not module.name.endswith(".shell"):
            importlib.import_module(module.name)
    tuple(REGISTRY)
    composites.styles_of("s2")
    # Streamlit looks through the stack once, at the first element of a process, and then finds
    # out the file of every module: a tenth of a second.
    inspect.stack()
    # Streamlit collects garbage after each run of a page. What was imported will never be any, and
    # to look through it each time keeps tiles waiting for a tenth of a second.
    gc.collect()
    gc.freeze()


def remember(slug: str) -> None:
    """Note that a dataset is looked at."""
    file = settings.cache_folder() / _FILE
    with contextlib.suppress(OSError), atomic(file) as partial:
        partial.write_text(slug, encoding="utf-8")


def open_last() -> None:
    """Open the dataset that was looked at last, and sort its patches for drawing."""
    try:
        slug = (settings.cache_folder() / _FILE).read_text(encoding="utf-8")
        opened = catalog.refresh(slug)
    except (OSError, UnicodeDecodeError, EOExploreError):
        return  # none yet, or it is gone: its page will say so
    if opened.samples.located.any():
        layers.describe(opened, Selection(()))
        shown, _ = shown_of(scene_of(opened), Selection(()), LATEST)
        shown.tops("")


def _open(slug: str) -> None:
    # A folder that is gone is no fault: the page says so.
    with contextlib.suppress(EOExploreError):
        catalog.open_slug(slug)


class OpenAsked:
    """Middleware that opens a dataset as soon as a browser asks for a page with it."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an app."""
        self.app = app
        self._opening: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and b"dataset=" in scope["query_string"]:
            self._open(QueryParams(scope["query_string"]).get("dataset") or "")
        await self.app(scope, receive, send)

    def _open(self, slug: str) -> None:
        if slug in self._opening or all(slug != item.slug for item in catalog.entries()):
            return
        self._opening.add(slug)
        threading.Thread(
            target=self._do, args=(slug,), name=f"eoexplore-open-{slug}", daemon=True
        ).start()

    def _do(self, slug: str) -> None:
        try:
            _try(functools.partial(_open, slug))
        finally:
            self._opening.discard(slug)
