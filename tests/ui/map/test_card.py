"""From a click to the card of the patch, with all that can stand in it."""

import pytest

pytestmark = pytest.mark.browser

HOSTILE = '{{7*7}} <img src=x onerror="window.hacked=1"> </script>'
LISTEN = "window.picks = []; addEventListener('eoexplore:pick', (e) => picks.push(e.detail))"


@pytest.fixture(scope="module")
def border_map(open_shared):
    """A map of which the west half has no patches."""
    return open_shared("/?v=47.5,10.0,12")


@pytest.fixture
def map_page(border_map):
    """The same map for each test, with nothing open and nothing filtered."""
    border_map.page.keyboard.press("Escape")
    if border_map.page.get_by_label("Filter").input_value():
        border_map.type_filter("")
    return border_map.settle()


def test_click_outlines_the_patch_and_opens_the_card(map_page):
    runs = map_page.runs()
    map_page.page.evaluate(LISTEN)
    map_page.click(900, 330)
    map_page.at(".eo-card:not([aria-busy]) .eo-pixel:not([aria-busy])").wait_for()
    assert map_page.at("path.eo-outline").count() == 1
    text = map_page.at(".eo-card").inner_text()
    for part in (
        "33UUP · column ",
        "13 Jun 2017 · Summer · Austria",
        "validation",
        "Arable land\n49.1 %",
        "Inland waters\n0.4 %",
        "rests on less than 1 % of the pixels",
        "On the reference map, but no label\nUnlabelled\n2.5 %",
        "Sentinel-2: 13 Jun 2017 10:10:31 UTC",
        "Sentinel-1: 12 Jun 2017 16:50:43 UTC",
        "No image of this patch",
        "At the pixel (row 57, column 26)",
        "B08\n3,007",
        "VV\n−11.4",
        "Coniferous forest\n\ncode 312, Coniferous forest",
        "5 Nov 2017: VV −12.9, VH −17.85 dB",
        "48.14300 N 12.52600 E",
        "UTM 33N 612,265 m E 5,340,625 m N",
    ):
        assert part in text, part
    assert map_page.at(".eo-place span[title]").nth(1).get_attribute("title") == "EPSG:32633"
    assert map_page.at(".eo-small-share").count() == 1
    picture = map_page.at(".eo-canvas").first
    assert picture.get_attribute("aria-label").startswith("Sentinel-2, True colour, of patch 33UUP")
    assert picture.evaluate("(node) => getComputedStyle(node).imageRendering") == "pixelated"
    (pick,) = map_page.page.evaluate("picks")
    assert pick["id"] in text
    assert map_page.runs() == runs


def test_other_date_of_the_place(map_page):
    map_page.click(900, 330)
    map_page.at(".eo-card:not([aria-busy])").wait_for()
    map_page.page.get_by_role("button", name="5 Nov 2017").click()
    map_page.page.get_by_text("5 Nov 2017 · Autumn · Austria").wait_for()
    map_page.page.get_by_text("5 Nov 2017 (this patch)").wait_for()
    text = map_page.at(".eo-card").inner_text()
    assert "5 Nov 2017 (this patch)" in text
    assert "B08\n2,857" in text
    assert map_page.at("path.eo-outline").count() == 1


def test_escape_closes_and_i_brings_back(map_page):
    map_page.click(900, 330)
    map_page.at(".eo-card:not([aria-busy])").wait_for()
    map_page.page.keyboard.press("Escape")
    assert not map_page.at(".eo-card").is_visible()
    assert map_page.at("path.eo-outline").count() == 0
    map_page.page.keyboard.press("i")
    assert map_page.at(".eo-card").is_visible()
    assert map_page.at("path.eo-outline").count() == 1


def test_where_no_patch_lies(map_page):
    page = map_page
    page.click(900, 330)
    page.at(".eo-card:not([aria-busy])").wait_for()
    page.click(400, 330)
    page.page.get_by_text("No patch here").wait_for()
    assert not page.at(".eo-card").is_visible()
    assert page.at("path.eo-outline").count() == 0


def test_failing_server_is_a_sentence_and_a_way_on(map_page):
    map_page.type_filter("failing")
    map_page.settle()
    map_page.click(900, 330)
    map_page.page.get_by_text("The table of samples could not be read.").wait_for()
    assert map_page.page.get_by_role("button", name="Try again").is_visible()
    map_page.page.context.set_offline(True)
    map_page.click(850, 400)
    map_page.page.get_by_text("The server did not answer.").wait_for()
    map_page.page.context.set_offline(False)


def test_unreadable_layer_is_told_in_its_place(map_page):
    map_page.click(900, 330)
    map_page.at(".eo-card:not([aria-busy])").wait_for()
    map_page.at(".eo-canvas").first.click(position={"x": 60, "y": 7.5})
    map_page.page.get_by_text("The file of band B02 could not be read.").wait_for()
    assert "Arable land" in map_page.at(".eo-card").inner_text()


def test_hostile_names_are_shown_as_written(map_page):
    map_page.type_filter("hostile")
    map_page.page.get_by_text("Hostile", exact=True).click()
    map_page.at("[data-layer=s2] .eo-layer-title", has_text="onerror").wait_for()
    map_page.at("[data-layer=reference_map] button").first.click()
    map_page.settle()
    map_page.click(900, 330)
    map_page.at(".eo-card:not([aria-busy])").wait_for()
    for selector in (".eo-card-title", ".eo-label-name", ".eo-tag-warn", ".eo-facts p"):
        texts = map_page.at(f".eo-card {selector}").all_inner_texts()
        assert any(HOSTILE in text for text in texts), selector
    assert HOSTILE in map_page.at(".eo-legends").inner_text()
    assert HOSTILE in map_page.at(".eo-layer[data-layer=s2]").inner_text()
    assert map_page.page.evaluate("window.hacked") is None
    assert map_page.page.evaluate("scope().querySelectorAll('img[onerror], script').length") == 0
    assert not any(url.endswith("/x") for url in map_page.requests)
