"""The very first start: nothing is known, nothing is asked, and a map appears."""

import pytest

from benchmarks.server import running
from tests.beginnings import starting_with
from tests.e2e.conftest import page_maker

pytestmark = pytest.mark.browser

# The demo has the land and all the rest of the usual one, which tests/demo counts, but fewer
# places: to write those takes most of a minute of two cores.
SMALLER = (
    "from eoexplore.demo.parameters import Parameters",
    "from tests.e2e.small_demo import small_demo",
    "Parameters.__init__.__defaults__ = tuple(vars(small_demo()).values())",
)


def test_an_empty_cache_gets_the_demo_and_its_map(contexts, tmp_path):
    settings = {"EOEXPLORE_DEMO": "1", **starting_with(tmp_path / "hook", *SMALLER)}
    with (
        running(tmp_path / "cache", tmp_path / "log.txt", **settings) as server,
        page_maker(contexts, server) as maker,
    ):
        page = maker().open("/")
        page.page.get_by_text("Making a synthetic dataset to look at").wait_for()
        # It appears by itself: the page is not touched.
        page.page.locator(".eo-map .leaflet-tile-loaded").first.wait_for(timeout=180_000)
        page.settle()
        assert page.parameter("dataset") == "reben-synthetic"
        assert page.at(".eo-badge").inner_text() == "synthetic"
        assert "32 patches" in page.text()
        assert (tmp_path / "cache" / "demo" / "reben-synthetic").is_dir()
