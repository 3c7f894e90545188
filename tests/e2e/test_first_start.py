"""The very first start: nothing is known, nothing is asked, and a map appears."""

import re

import pytest

from benchmarks.server import running
from tests.e2e.conftest import page_maker

pytestmark = pytest.mark.browser


def test_an_empty_cache_gets_the_demo_and_its_map(contexts, tmp_path):
    with (
        running(tmp_path / "cache", tmp_path / "log.txt", EOEXPLORE_DEMO="1") as server,
        page_maker(contexts, server) as maker,
    ):
        page = maker().open("/")
        page.page.get_by_text("Making a synthetic dataset to look at").wait_for()
        # It appears by itself: the page is not touched.
        page.page.locator(".eo-map .leaflet-tile-loaded").first.wait_for(timeout=180_000)
        page.settle()
        assert page.parameter("dataset") == "reben-synthetic"
        assert page.at(".eo-badge").inner_text() == "synthetic"
        said = re.search(r"([89]\d\d) patches", page.text())
        assert said, page.text()
        assert (tmp_path / "cache" / "demo" / "reben-synthetic").is_dir()
