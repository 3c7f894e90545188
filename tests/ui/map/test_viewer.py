"""The map in a browser: layers, address, keys, sizes, and staying alive."""

import time

import pytest

from tests.ui.map.conftest import FLICKER

pytestmark = pytest.mark.browser

ADDRESS_CASES = """
async ([good, bad]) => {
  const { parseView } = await import("/eo/ui/address.js");
  const { parseLayers } = await import("/eo/ui/choices.js");
  return [good.map(parseView), bad.map(parseView), bad.map(parseLayers)];
}
"""
FORMATS = """
async () => {
  const format = await import("/eo/ui/format.js");
  return {
    degrees: [format.degrees(48.21034, 12.94414), format.degrees(-33.5, -70.25, 2)],
    zones: [32633, 32719, 3857, 32600, 32661].map(format.utmZone),
    shares: [0.491, 0.0042, 0.0001, 0, 1].map(format.share),
    values: [1702, -11.2345, "none", null].map(format.value),
    urls: ["/a", "/eo/a", "//evil.example", "/\\\\evil.example", "https://evil.example", null]
        .map((path) => format.localUrl("/eo", path)),
  };
}
"""


def test_first_view_shows_the_start_and_nothing_online(shared_map):
    lat, lon, zoom = shared_map.view()
    assert (lat, lon) == pytest.approx((47.5, 12.0), abs=0.1)
    assert zoom >= 11
    assert shared_map.parameter("l") is None
    assert shared_map.at(".eo-badge").inner_text() == "synthetic"
    assert shared_map.at(".eo-zoom").inner_text() == f"z {zoom:.0f}"
    assert shared_map.at(".leaflet-control-scale-line").inner_text().endswith("km")
    assert any("/assets/countries-110m.json" in url for url in shared_map.requests)
    assert not any("example.org" in url for url in shared_map.requests)
    box = shared_map.at(".eo-map").bounding_box()
    assert box["width"] * box["height"] >= 0.6 * 1440 * 900


def test_filter_keeps_the_view_and_the_map(shared_map):
    shared_map.drag(-150, 60)
    before = shared_map.settle().parameter("v")
    updates = shared_map.counters()["updates"]
    shared_map.type_filter("country=Austria")
    shared_map.page.wait_for_function(
        "[...scope().querySelectorAll('.leaflet-tile-pane img')].every("
        "(tile) => tile.src.includes('select=country%3DAustria'))"
    )
    assert shared_map.parameter("v") == before
    counters = shared_map.counters()
    assert counters["updates"] > updates
    assert (counters["created"], counters["destroyed"]) == (1, 0)


def test_ten_pans_rerun_nothing(shared_map):
    runs, since = shared_map.runs(), len(shared_map.requests)
    updates = shared_map.counters()["updates"]
    for step in range(10):
        shared_map.drag(-120 if step % 2 else 90, 40)
    shared_map.settle()
    assert shared_map.runs() == runs
    assert shared_map.counters()["updates"] == updates
    assert shared_map.tiles(since)


def test_a_change_of_style_never_blanks_the_map(shared_map):
    needed = shared_map.page.evaluate("window.loadedTiles()")
    shared_map.page.evaluate(FLICKER)
    for name in ("colour_infrared", "true_colour", "colour_infrared"):
        shared_map.page.get_by_text(name, exact=True).click()
        shared_map.page.wait_for_timeout(150)
        shared_map.settle()
    assert shared_map.page.evaluate("window.fewest") >= needed > 10
    assert all("style=colour_infrared" in url for url in shared_map.shown_tiles())
    assert not any("@2x" in url for url in shared_map.shown_tiles())


def test_panel_tells_reasons_and_changes_without_requests(map_page):
    assert (
        map_page.at(".eo-layer[data-layer=s1] .eo-note").inner_text()
        == "No patch has Sentinel-1 images"
    )
    assert map_page.at(".eo-layer[data-layer=s1] button").first.is_disabled()
    map_page.at(".eo-layer[data-layer=s2] .eo-picker-button").click()
    option = map_page.at("[role=option][data-value=swir]")
    assert option.get_attribute("aria-disabled") == "true"
    assert option.inner_text() == "Short-wave infrared\nB11 is missing in all patches"
    map_page.page.keyboard.press("Escape")
    assert map_page.at(".eo-legend summary").all_inner_texts() == ["s2 true_colour"]
    map_page.at(".eo-layer[data-layer=reference_map] button").first.click()
    map_page.settle()
    assert map_page.at(".eo-legend li").first.inner_text().startswith("Urban fabric")
    assert "Coniferous forest" in map_page.at(".eo-legends").inner_text()

    # Opacity and order ask for no tile.
    since = len(map_page.requests)
    map_page.at(".eo-layer[data-layer=s2] .eo-slider").fill("40")
    map_page.at(".eo-layer[data-layer=s2]").get_by_label("Move Sentinel-2 up").click()
    map_page.settle()
    assert map_page.layer_order() == ["reference_map", "s2"]
    assert map_page.parameter("l") == "density:count:100,reference_map:clc19:60,s2:true_colour:40"
    assert map_page.tiles(since) == []
    assert map_page.runs() == 1


def test_far_out_the_map_says_where_imagery_begins(open_map):
    page = open_map("/?v=47.5,12,5", color_scheme="dark")
    assert page.at(".eo-hint").inner_text() == "Zoom in for imagery (from zoom 8)"
    assert page.layer_order() == ["density"]
    assert page.at(".eo-layer[data-layer=s2] .eo-note").inner_text() == "Shown from zoom 8"
    assert page.at(".eo-legend summary").inner_text() == "Patches per cell"
    # The dark theme reaches the sea, which Streamlit does not style.
    script = "getComputedStyle(scope().querySelector('.eo-map')).backgroundColor"
    assert page.page.evaluate(script) == "rgb(20, 23, 29)"


def test_tiles_that_fail_are_told_in_a_sentence(map_page):
    map_page.pick("s2", "broken")
    sentence = "Some tiles could not be loaded."
    map_page.page.get_by_text(sentence).wait_for()
    since = len(map_page.settle().requests)
    map_page.page.get_by_role("button", name="Try again").click()
    map_page.settle()
    again = map_page.tiles(since)
    assert again
    assert all("style=broken" in url for url in again)
    map_page.pick("s2", "true_colour")
    map_page.page.get_by_text(sentence).wait_for(state="hidden")


def test_tiles_that_a_busy_server_refuses_come_a_moment_later_and_nothing_is_said(map_page):
    refused = set()

    def once(route):
        if route.request.url in refused:
            route.continue_()
        else:
            refused.add(route.request.url)
            route.fulfill(status=503, headers={"Retry-After": "2"}, body="{}")

    map_page.page.route("**/tiles/**", once)
    since = len(map_page.requests)
    map_page.drag(-400, 0)
    map_page.settle()
    assert refused
    end = time.monotonic() + 30
    while len(map_page.tiles(since)) < 2 * len(refused) and time.monotonic() < end:
        map_page.page.wait_for_timeout(100)
    assert sorted(map_page.tiles(since)) == sorted([*refused, *refused])
    map_page.settle()
    assert not map_page.page.get_by_text("Some tiles could not be loaded.").is_visible()
    map_page.page.unroute("**/tiles/**")


def test_online_background_is_asked_for_only_when_ticked(map_page):
    box = map_page.page.get_by_label("OpenStreetMap (online)")
    assert not box.is_checked()
    box.check()
    map_page.page.get_by_text("© OpenStreetMap contributors").wait_for()
    map_page.page.wait_for_timeout(300)
    asked = [url for url in map_page.requests if "example.org" in url]
    assert asked
    assert map_page.parameter("l") is None
    box.uncheck()
    map_page.drag(200, 0)
    map_page.settle()
    assert [url for url in map_page.requests if "example.org" in url] == asked


def test_link_restores_place_and_layers(open_map):
    page = open_map("/?x=1&v=47.2,11.5,10&l=reference_map:clc44:35,s2:colour_infrared:80")
    assert page.view() == pytest.approx([47.2, 11.5, 10], abs=0.002)
    assert page.layer_order() == ["reference_map", "s2"]
    styles = {url.split("style=")[1].split("&")[0] for url in page.shown_tiles()}
    assert styles == {"clc44", "colour_infrared"}
    assert page.at(".eo-layer[data-layer=reference_map] .eo-percent").inner_text() == "35 %"
    assert page.parameter("l") == "reference_map:clc44:35,s2:colour_infrared:80"
    assert page.parameter("x") == "1"


def test_bad_place_and_layers_are_ignored(open_map):
    page = open_map("/?v=999,abc,<b>&l=%3Cimg%20src=x%3E,nothing:here,s9:x:100")
    assert page.view()[:2] == pytest.approx([47.5, 12.0], abs=0.1)
    assert page.parameter("l") is None
    assert page.layer_order() == ["s2"]
    good = ["48.2,12.9,13", "-10,-60.25,7.5"]
    bad = ["", "1,2", "1,2,3,4", "91,0,5", "0,181,5", "0,0,99", "NaN,0,1", "1e5,0,1", None, "none:"]
    views, refused, layers = page.page.evaluate(ADDRESS_CASES, [good, bad])
    assert views[0] == {"lat": 48.2, "lon": 12.9, "zoom": 13}
    assert views[1] == {"lat": -10, "lon": -60.25, "zoom": 7.5}
    assert refused == [None] * len(bad)
    assert layers[0] is layers[8] is None
    assert [[item["id"] for item in found] for found in (layers[1], layers[9])] == [
        ["1", "2"],
        ["none:"],
    ]


def test_a_drag_that_ends_over_the_panel_marks_no_text(map_page):
    box = map_page.at(".eo-panel").bounding_box()
    mouse = map_page.page.mouse
    mouse.move(box["x"] + box["width"] + 60, box["y"] + 320)
    mouse.down()
    mouse.move(box["x"] + 60, box["y"] + 100, steps=5)
    assert map_page.page.evaluate("getSelection().toString()") == ""
    mouse.up()


def test_numbers_and_addresses_as_they_are_shown(shared_map):
    shown = shared_map.page.evaluate(FORMATS)
    assert shown["degrees"] == ["48.2103 N 12.9441 E", "33.50 S 70.25 W"]
    assert shown["zones"] == ["33N", "19S", None, None, None]
    assert shown["shares"] == ["49.1 %", "0.4 %", "< 0.1 %", "0.0 %", "100.0 %"]
    assert shown["values"] == ["1,702", "−11.235", "none", "–"]
    assert shown["urls"] == ["/eo/a", "/eo/a", None, None, None, None]


def test_place_survives_what_streamlit_writes_into_the_address(map_page):
    map_page.drag(-200, 0)
    place = map_page.settle().parameter("v")
    map_page.page.get_by_role("button", name="Write address").click()
    map_page.page.wait_for_function("location.search.includes('other=1')")
    map_page.drag(-200, 0)
    moved = map_page.settle().parameter("v")
    assert moved != place
    map_page.type_filter("a")
    map_page.settle()
    map_page.page.get_by_role("button", name="Write address").click()
    map_page.settle()
    assert map_page.parameter("v") == moved
    assert map_page.parameter("other") == "1"


def test_jump_is_done_once(map_page):
    map_page.page.get_by_role("button", name="Go to", exact=True).click()
    map_page.page.wait_for_function("location.search.includes('v=48.02')")
    map_page.drag(150, 0)
    away = map_page.settle().parameter("v")
    map_page.type_filter("b")
    assert map_page.settle().parameter("v") == away


def test_keys(map_page):
    keyboard = map_page.page.keyboard
    map_page.click(5, 400)  # bare map: takes the focus away from the widgets
    keyboard.press("Escape")
    lat, lon, zoom = map_page.settle().view()
    for key in ("ArrowRight", "ArrowUp", "+"):
        keyboard.press(key)
        map_page.page.wait_for_timeout(300)
    moved = map_page.settle().view()
    assert moved[0] > lat
    assert moved[1] > lon
    assert moved[2] == zoom + 1
    keyboard.press("2")  # the second from the top
    map_page.settle()
    assert map_page.parameter("l").endswith("reference_map:clc19:60")
    keyboard.press("?")
    assert map_page.at(".eo-help").is_visible()
    keyboard.press("Escape")
    assert not map_page.at(".eo-help").is_visible()
    map_page.at(".eo-map").focus()
    keyboard.press("Enter")
    map_page.at(".eo-card").wait_for()
    keyboard.press("i")
    assert not map_page.at(".eo-card").is_visible()
    keyboard.press("c")  # Streamlit would ask whether to clear its cache
    keyboard.press("r")
    map_page.page.wait_for_timeout(300)
    assert map_page.page.get_by_role("dialog").count() == 0
    assert map_page.runs() == 1
    map_page.page.get_by_label("Filter").press_sequentially("2f+")
    assert map_page.parameter("l").endswith("reference_map:clc19:60")


def test_full_screen_and_back(shared_map):
    place = shared_map.view()
    shared_map.page.keyboard.press("f")
    shared_map.page.wait_for_function("scope().fullscreenElement !== null")
    shared_map.settle()
    assert shared_map.at(".eo-root").bounding_box()["height"] == pytest.approx(900, abs=2)
    assert shared_map.at(".eo-layer[data-layer=s2]").is_visible()
    shared_map.page.keyboard.press("f")
    shared_map.page.wait_for_function("document.fullscreenElement === null")
    assert shared_map.settle().view() == pytest.approx(place, abs=0.001)


def test_another_page_and_back_adopts_the_map(map_page):
    map_page.drag(-200, 90)
    map_page.at(".eo-layer[data-layer=reference_map] button").first.click()
    place, shown = map_page.settle().parameter("v"), map_page.parameter("l")
    map_page.page.get_by_role("link", name="Other").click()
    map_page.page.get_by_text("Another page").wait_for()
    map_page.page.wait_for_timeout(400)
    assert map_page.parameter("v") is None
    map_page.page.keyboard.press("2")  # a parked map hears no key
    since = len(map_page.requests)
    map_page.page.get_by_role("link", name="Map").click()
    map_page.at(".eo-map .leaflet-tile-loaded").first.wait_for()
    map_page.settle()
    assert (map_page.parameter("v"), map_page.parameter("l")) == (place, shown)
    counters = map_page.counters()
    assert (counters["created"], counters["destroyed"]) == (1, 0)
    assert counters["adopted"] >= 1
    assert map_page.tiles(since) == []


def test_twenty_quick_changes_leave_the_last(map_page):
    place = map_page.parameter("v")
    more = map_page.page.get_by_label("Number")
    more.focus()
    for _ in range(20):
        more.press("ArrowUp")
        map_page.page.wait_for_timeout(60)
    map_page.page.wait_for_function(
        # Streamlit may just be mounting the map anew, which parking makes harmless.
        "((root) => root && [...root.querySelectorAll('.leaflet-tile-pane img')].every("
        "(tile) => tile.src.endsWith('select=n%3D20')))(scope())"
    )
    map_page.settle()
    assert map_page.layer_order() == ["s2"]
    assert map_page.counters()["created"] == 1
    assert map_page.parameter("v") == place


def test_phone_has_the_map_and_folds_the_rest(open_map):
    page = open_map(width=390, height=844, has_touch=True, device_scale_factor=2)
    # A dense screen asks for tiles of its density, and shows a pixel of them on each of its own.
    assert page.tiles()
    assert all("@2x.png?" in url for url in page.tiles())
    tile = page.at(".eo-map .leaflet-tile-loaded").first
    assert tile.evaluate("(image) => [image.naturalWidth, image.offsetWidth]") == [512, 256]
    page.at(".eo-root").scroll_into_view_if_needed()
    box = page.at(".eo-root").bounding_box()
    assert box["height"] == pytest.approx(0.6 * 844, abs=20)
    assert not page.at(".eo-layers").is_visible()
    page.page.get_by_role("button", name="Layers").tap()
    assert page.at(".eo-layers").is_visible()
    for button in page.at(".eo-root button:visible").all():
        size = button.bounding_box()
        assert min(size["width"], size["height"]) >= 36, button.get_attribute("aria-label")
    page.page.get_by_role("button", name="Layers").tap()
    page.at(".eo-map").tap(position={"x": 170, "y": 150})
    page.at(".eo-card:not([aria-busy])").wait_for()
    sheet = page.at(".eo-card").bounding_box()
    assert sheet["x"] == 0
    assert sheet["width"] == 390
    assert sheet["y"] + sheet["height"] == pytest.approx(844, abs=1)
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
    page.at(".eo-card").get_by_label("Close (Esc)").tap()
    assert not page.at(".eo-card").is_visible()
