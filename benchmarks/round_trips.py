"""Links under trial: random states of the map, each opened again in a second browser profile.

    EOEXPLORE_CACHE=FOLDER python -m benchmarks.round_trips --states 50 > round_trips.json

Starts the app on the datasets that are known in the cache, uses the map's own controls one after
the other, and now and then opens the address in a browser that has seen nothing of it. Counts the
states whose picture, panel, card and texts are the same there, to the pixel.
"""

import argparse
import contextlib
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Error, sync_playwright

from benchmarks.server import Server, running
from eoexplore.jobs import index
from eoexplore.store import catalog
from tests.conftest import CHROMIUM_FLAGS, CHROMIUM_NAMES
from tests.e2e.conftest import AppPage
from tests.e2e.random_views import Walk, Watched, round_trip

FRESH_EVERY = 10
"""States after which the walk begins anew, in a browser of its own."""


@contextlib.contextmanager
def page_on(browser: Browser, server: Server) -> Iterator[AppPage]:
    """Give a page of a new browser profile."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(20_000)
    yield AppPage(context.new_page(), server)
    context.close()


def places_of(slug: str, count: int = 12) -> list[tuple[float, float]]:
    """Return places of patches from all over a dataset."""
    samples = catalog.open_slug(slug).samples
    rows = range(0, len(samples), max(1, len(samples) // count))
    return [(float(samples.lat[row]), float(samples.lon[row])) for row in rows]


def walk_on(
    browser: Browser, server: Server, slug: str, seed: int, states: int, keep: Path | None
) -> list[dict[str, Any]]:
    """Walk through some states; return what each was and how it came back."""
    found: list[dict[str, Any]] = []
    with page_on(browser, server) as first:
        first.open_map(dataset=slug)
        walk = Walk(Watched(first), places_of(slug), seed)
        walk.leap()
        for _ in range(states):
            done = len(walk.done)
            walk.steps(5)
            with page_on(browser, server) as second:
                lines = round_trip(walk, second, keep)
            found.append({"did": walk.done[done:], "address": first.page.url, "differs": lines})
    return found


def main() -> int:
    """Run the trial and write its outcome."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--states", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dataset", default="reben-synthetic")
    parser.add_argument("--keep", type=Path, help="folder for pictures that are not the same")
    options = parser.parse_args()
    cache = Path(os.environ["EOEXPLORE_CACHE"])
    chromium = next(found for name in CHROMIUM_NAMES if (found := shutil.which(name)))
    if not catalog.open_slug(options.dataset).state.complete:
        index.build(options.dataset)  # the ranges of styles change while it is built
    start, found, broken = time.monotonic(), [], []
    with sync_playwright() as playwright, running(cache) as server:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS))
        for first in range(0, options.states, FRESH_EVERY):
            count = min(FRESH_EVERY, options.states - first)
            try:
                seed = options.seed + first
                found += walk_on(browser, server, options.dataset, seed, count, options.keep)
            except (Error, TimeoutError) as error:
                broken.append(str(error)[:300])
        browser.close()
    outcome = {
        "states": len(found),
        "same": sum(not item["differs"] for item in found),
        "seconds": round(time.monotonic() - start),
        "broken_off": broken,
        "different": [item for item in found if item["differs"]],
    }
    json.dump(outcome, sys.stdout, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
