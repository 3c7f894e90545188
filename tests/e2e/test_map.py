"""The map of each kind of dataset: what is seen, what panning costs, what a change keeps."""

import numpy as np
import pytest

from eoexplore.store import catalog

pytestmark = pytest.mark.browser

DATASETS = ("reben-demo", "reben-mini", "reben-metadata")
# Density, packed mosaics or outlines, originals or outlines.
ZOOMS = (5, 10, 14)


@pytest.fixture(params=DATASETS)
def dataset(request, monkeypatch, cache):
    """The name of a dataset that the server knows, and the place of one of its patches."""
    monkeypatch.setenv("EOEXPLORE_CACHE", str(cache))
    known = {item.slug for item in catalog.entries()}
    if request.param not in known:
        pytest.skip("real files: set EOEXPLORE_REAL_DATA to their folder")
    samples = catalog.open_slug(request.param).samples
    row = len(samples) // 3
    return request.param, float(samples.lat[row]), float(samples.lon[row])


def test_three_zooms_show_something_of_the_dataset(dataset, open_page):
    slug, lat, lon = dataset
    # Without animations, so that each key press is a whole zoom.
    page = open_page(reduced_motion="reduce")
    page.open_map(dataset=slug, v=f"{lat:.5f},{lon:.5f},{ZOOMS[0]}")
    for before, zoom in zip((ZOOMS[0], *ZOOMS), ZOOMS, strict=False):
        page.page.evaluate("scope().querySelector('.eo-map').focus()")
        for _ in range(zoom - before):
            page.page.keyboard.press("+")
        page.settle()
        assert page.at(".eo-zoom").inner_text() == f"z {zoom}"
        shown = page.pixels()
        tiles = {url.split("/tiles/")[1].split("/")[1] for url in page.shown_tiles()}
        expected = "density" if zoom < 8 else "footprints" if slug == "reben-metadata" else "s2"
        assert tiles == {expected}
        if zoom < 8:
            kind = "footprints" if slug == "reben-metadata" else "imagery"
            assert page.at(".eo-hint").inner_text() == f"Zoom in for {kind} (from zoom 8)"
        title = {"density": "Density", "footprints": "Footprints", "s2": "Sentinel-2"}[expected]
        page.at(".eo-layer").filter(has_text=title).get_by_label(f"Show {title}").click()
        changed = np.abs(page.settle().pixels() - shown).max(axis=2) > 12
        # What the layer covers: a patch is seen at any zoom.
        assert changed.mean() > {5: 1e-5, 10: 1e-4, 14: 0.05}[zoom], zoom
        if expected == "s2" and zoom == 14:
            assert len(np.unique(shown[changed], axis=0)) > 500, "this is no picture"
        page.at(".eo-layer").filter(has_text=title).get_by_label(f"Show {title}").click()
    assert page.at(".eo-badge").is_visible() == (slug == "reben-demo")


def test_ten_pans_rerun_nothing(open_page):
    page = open_page().open_map(dataset="reben-demo")
    before, counters = page.sent, page.counters()
    for number in range(10):
        place = page.parameter("v")
        page.drag(*((140, 60) if number % 3 else (-180, -90)))
        page.page.wait_for_function(
            "(before) => new URLSearchParams(location.search).get('v') !== before", arg=place
        )
        page.settle()
    assert page.sent == before, "a pan was told to the server"
    assert page.counters() == counters


def test_layer_and_filter_keep_the_view(open_page):
    page = open_page().open_map(dataset="reben-demo")
    page.drag(90, 40)
    place = page.settle().parameter("v")
    page.at(".eo-layer[data-layer=s2] .eo-picker-button").click()
    page.at("[role=option][data-value=colour_infrared]").click()
    page.at(".eo-layer[data-layer=reference_map]").get_by_label("Show Reference map").click()
    page.settle()
    assert any("style=colour_infrared" in url for url in page.shown_tiles())
    assert any("/reference_map/" in url for url in page.shown_tiles())
    before = page.sent
    assert page.parameter("v") == place
    page.page.get_by_role("button", name="Filter").click()
    panel = page.page.get_by_test_id("stPopoverBody")
    panel.get_by_role("tab", name="Time").click()
    panel.get_by_test_id("stCheckbox").filter(has_text="summer").locator("label").click()
    page.page.wait_for_function("location.search.includes('select=season%3Dsummer')")
    page.page.keyboard.press("Escape")
    page.page.wait_for_function(
        "[...scope().querySelectorAll('.leaflet-tile-pane img')].every("
        "(tile) => tile.src.includes('select=season%3Dsummer'))"
    )
    page.settle()
    assert page.sent > before
    assert page.parameter("v") == place
    assert page.parameter("l") is not None
    counters = page.counters()
    assert (counters["created"], counters["destroyed"]) == (1, 0)
