"""The gallery in front of somebody: tiles, orders, pages, card, picking, keys, no pictures."""

import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pyarrow.parquet as pq
import pytest

from eoexplore.store import catalog
from tests import builders
from tests.e2e.hands import MATCHES
from tests.e2e.legible import faint, nameless

pytestmark = pytest.mark.browser

DEMO = "reben-demo"
SHOWN = """() => [...scope().querySelectorAll(".eo-tile:not(.eo-tile-bone)")]
    .map((tile) => tile.dataset.id)"""
# A page is there: nothing is on its way, and the address has been written.
READY = ".eo-gallery:not(.eo-loading) .eo-tile:not(.eo-tile-bone)"


class Gallery:
    """A page with the gallery."""

    def __init__(self, app, dataset=DEMO, **query):
        self.app, self.page, self.at = app, app.page, app.at
        self.dataset = dataset
        app.open("/gallery", dataset=dataset, **query)
        self.ready()

    def ready(self):
        self.at(READY).first.wait_for()
        self.page.wait_for_timeout(330)
        return self

    def ids(self):
        return self.page.evaluate(SHOWN)

    def told(self, **query):
        """Return what the server says of a page."""
        address = f"{self.app.server.address}/gallery/{self.dataset}/page.json"
        return self.page.request.get(f"{address}?{urlencode(query)}").json()

    def order(self, **query):
        return [item["id"] for item in self.told(**query)["items"]]

    def has_focus(self, selector):
        return self.page.evaluate(MATCHES, selector)

    def state(self, name):
        self.page.wait_for_timeout(330)
        return self.app.parameter(name)

    def tile(self, name):
        return self.at(f'.eo-tile[data-id="{name}"]')


def test_a_visit_with_the_mouse(open_page):
    app = open_page()
    gallery = Gallery(app, n="24")
    first, second = (gallery.order(size=24, page=number) for number in (1, 2))
    assert gallery.ids() == first
    gallery.at(f'[data-shown="{first[0]}"]').wait_for()
    assert gallery.at('[role="grid"] > [role="row"] > [role="gridcell"]').count() == 24
    sent = app.sent
    # Pages, orders and styles are matters of the script: the server hears of no run.
    gallery.at(".eo-pager").get_by_label("Next page").click()
    gallery.tile(second[0]).wait_for()
    assert (gallery.ready().ids(), gallery.state("p")) == (second, "2")
    app.page.go_back()
    gallery.tile(first[0]).wait_for()
    assert (gallery.ready().ids(), gallery.state("p")) == (first, None)
    gallery.at(".eo-controls").get_by_label("Sort by").select_option("share.312")
    gallery.at(".eo-controls").get_by_label(re.compile("^Order: least first")).click()
    by_share = gallery.order(size=24, sort="-share.312")
    gallery.tile(by_share[0]).wait_for()
    assert (gallery.ready().ids(), gallery.state("s")) == (by_share, "-share.312")
    assert "%" in gallery.tile(by_share[0]).inner_text()
    gallery.at(".eo-controls .eo-picker-button").click()
    app.page.keyboard.type("infrared")
    app.page.keyboard.press("Enter")
    gallery.at('[src*="style=colour_infrared"][data-shown]').first.wait_for()
    assert gallery.state("g") == "s2:colour_infrared"
    assert app.sent - sent <= 2  # going back is told by Streamlit's own script
    # The label map on hovering, and not after it.
    tile = gallery.tile(by_share[1])
    tile.hover(position={"x": 70, "y": 60})
    tile.locator(".eo-thumb-mask").wait_for()
    app.page.mouse.move(5, 5)
    tile.locator(".eo-thumb-mask").wait_for(state="hidden")
    follow_the_card(gallery, by_share)


def follow_the_card(gallery, order):
    """Open a card, go on along the gallery's order and over the end of its page, and to the map."""
    app = gallery.app
    last = order[23]
    gallery.tile(last).click(position={"x": 60, "y": 60})
    gallery.at(f'.eo-card[data-id="{last}"]:not([aria-busy])').wait_for()
    assert gallery.tile(last).get_attribute("aria-current") == "true"
    assert "Colour infrared" in gallery.at("figure[data-picture=s2]").inner_text()
    following = gallery.order(size=24, sort="-share.312", page=2)[0]
    gallery.at(".eo-card").get_by_role("button", name="Next patch").click()
    gallery.at(f'.eo-card[data-id="{following}"]:not([aria-busy])').wait_for()
    gallery.at(f'.eo-tile.eo-current[data-id="{following}"]').wait_for()
    gallery.ready()
    assert gallery.state("p") == "2"
    assert gallery.state("i").startswith(f"{following}~")
    link = gallery.at(".eo-card .eo-to-map").get_attribute("href")
    # The same link shows the same in another browser.
    ids, address = gallery.ids(), app.page.url
    app.page.goto(address)
    gallery.at(f'.eo-card[data-id="{following}"]:not([aria-busy])').wait_for()
    assert gallery.ready().ids() == ids
    assert gallery.at('[src*="style=colour_infrared"]').count() == len(ids)
    assert parse_qs(urlsplit(link).query)["i"] == [following]
    gallery.at(".eo-card .eo-to-map").click()
    app.page.locator(".eo-map .leaflet-tile-loaded").first.wait_for()
    gallery.at(f'.eo-card[data-id="{following}"]:not([aria-busy])').wait_for()
    assert app.parameter("l") == "s2:colour_infrared:100"


def test_a_visit_with_the_keyboard_and_what_is_picked(open_page, tmp_path):
    app = open_page(accept_downloads=True)
    gallery = Gallery(app)
    press = app.page.keyboard.press
    ids = gallery.ids()
    for _ in range(60):
        if gallery.has_focus(".eo-tile"):
            break
        press("Tab")
    columns = app.page.evaluate("() => scope().querySelector('[role=row]').children.length")
    press("ArrowRight")
    press("ArrowDown")
    assert gallery.has_focus(f'[data-id="{ids[columns + 1]}"]')
    press("Home")
    press("Space")
    press("Shift+ArrowRight")
    picked = sorted(ids[columns : columns + 2])
    assert gallery.at('[aria-selected="true"]').count() == 2
    press("Enter")
    gallery.at(f'.eo-card[data-id="{ids[columns + 1]}"]:not([aria-busy])').wait_for()
    app.page.wait_for_function(MATCHES.strip(), arg=".eo-pictures")
    press("n")
    gallery.at(f'.eo-card[data-id="{ids[columns + 2]}"]:not([aria-busy])').wait_for()
    press("Escape")
    assert gallery.has_focus(f'[data-id="{ids[columns + 2]}"]')
    press("?")
    assert "Ctrl + A" in gallery.at(".eo-help").inner_text()
    press("Escape")
    assert gallery.at('[aria-selected="true"]').count() == 2
    take_away(gallery, tmp_path, picked)
    pick_many(gallery, tmp_path, ids)


def pick_many(gallery, tmp_path, ids):
    """Pick a page, take it away, and make a selection of a few."""
    app, press = gallery.app, gallery.page.keyboard.press
    # More than can be written out are kept by the server, and named.
    gallery.at(".eo-tile").first.focus()
    press("Control+a")
    assert gallery.at(".eo-picked-count").inner_text() == f"{len(ids)} picked"
    take_away(gallery, tmp_path, sorted(ids))
    gallery.at(".eo-picked").get_by_label("Clear").click()
    assert not gallery.at(".eo-picked").is_visible()
    # A range by Shift becomes the selection of every page.
    gallery.at(".eo-tile-tick").nth(2).click()
    gallery.at(".eo-tile-tick").nth(5).click(modifiers=["Shift"])
    gallery.at(".eo-picked").get_by_role("button", name="Use as selection").click()
    app.page.get_by_text(re.compile(r"^4 of \d+ patches$")).wait_for()
    gallery.at(".eo-tile:nth-child(1)").first.wait_for()
    app.page.wait_for_function(f"({SHOWN})().length === 4")
    assert gallery.ready().ids() == ids[2:6]
    assert app.parameter("select").startswith("ids=")


def take_away(gallery, folder, picked):
    gallery.at(".eo-picked").get_by_role("button", name="Export").click()
    with gallery.page.expect_download() as waiting:
        gallery.at(".eo-picked-menu").get_by_text("GeoParquet").click()
    waiting.value.save_as(folder / "picked.parquet")
    assert sorted(pq.read_table(folder / "picked.parquet")["id"].to_pylist()) == picked


@pytest.fixture
def table(server, cache, tmp_path_factory):
    """A dataset of metadata alone, for as long as a test runs."""
    patches = builders.block("33UUP", 13.1, 48.2, side=5)
    folder = tmp_path_factory.mktemp("data") / "gallery-table"
    builders.write_metadata(folder, patches)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EOEXPLORE_CACHE", str(cache))
        opened = catalog.add(folder)
        yield opened.slug
        catalog.forget(opened.slug)


def test_without_pictures_nothing_selected_and_on_a_phone(open_page, table):
    app = open_page(width=390, height=844, has_touch=True, color_scheme="dark")
    gallery = Gallery(app, table)
    assert "metadata only" in gallery.at(".eo-gallery-note").inner_text()
    assert "Arable land" in gallery.at(".eo-tile").first.inner_text()
    assert not [url for url in app.requests if ".webp" in url]
    assert app.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert faint(app.page) == []
    assert nameless(app.page) == []
    gallery.at(".eo-tile").nth(4).tap()
    gallery.at(".eo-card:not([aria-busy]) .eo-label-name").first.wait_for()
    assert not gallery.at(".eo-card").get_by_label("Zoom the pictures in").is_visible()
    card, tile = (gallery.at(name).bounding_box() for name in (".eo-card", ".eo-current"))
    assert tile["y"] + tile["height"] / 2 < card["y"], "the sheet lies over its tile"
    gallery.at(".eo-card").get_by_label("Close (Esc)").tap()
    app.open("/gallery", dataset=table, select="country=Finland")
    gallery.at(".eo-gallery-empty").get_by_text("No patch fits").wait_for()
    gallery.at(".eo-gallery-empty").get_by_role("button", name="Show all patches").tap()
    gallery.ready()
    assert app.parameter("select") is None
    app.open("/gallery", dataset=table, s="<img>", p="0", n="7", g="nothing:at<all")
    gallery.ready()
    said = gallery.at(".eo-toast").inner_text()
    assert "order in this link" in said
    assert "page in this link" in said
    assert "no layer “nothing”" in said
    assert "A page has 24" in said


def test_to_the_selection_on_the_map_and_back(open_page, table):
    app = open_page()
    page = app.page
    gallery = Gallery(app, select="country=Austria")
    page.get_by_role("link", name="Zoom to them").click()
    page.locator(".eo-map .leaflet-tile-loaded").first.wait_for()
    page.wait_for_function("location.search.includes('v=48.')")
    assert (app.settle().parameter("select"), app.parameter("go")) == ("country=Austria", None)
    app.drag(-500, 300)
    left = app.settle().parameter("v")
    # The gallery once more, and a map that has been elsewhere by now.
    page.get_by_role("link", name="Gallery").click()
    gallery.ready()
    page.get_by_role("link", name="Zoom to them").click()
    page.locator(".eo-map").wait_for()
    page.wait_for_function("(v) => !location.search.includes(v)", arg=left)
    app.settle()
    app.back("/gallery")
    assert gallery.ready().state("select") == "country=Austria"
    # Of a dataset that is not the first one, too.
    gallery = Gallery(app, table, select="split=train")
    page.get_by_role("link", name="Map", exact=True).first.click()
    page.locator(".eo-map").wait_for()
    app.settle()
    app.back("/gallery")
    assert (gallery.ready().state("dataset"), gallery.state("select")) == (table, "split=train")


def test_the_theme_by_day_and_a_server_that_does_not_answer(open_page):
    app = open_page(color_scheme="light")
    gallery = Gallery(app, select="split=train|validation", palette="safe")
    gallery.at(".eo-tile-tick").first.click()
    gallery.at(".eo-adjust-button").click()
    gallery.at(".eo-histogram svg").wait_for()
    assert faint(app.page) == []
    assert nameless(app.page) == []
    app.page.keyboard.press("Escape")
    before = gallery.ids()
    app.page.route("**/page.json*", lambda route: route.fulfill(status=503, body="{}"))
    gallery.at(".eo-controls").get_by_label("Patches on a page").select_option("24")
    alert = gallery.at(".eo-gallery-empty")
    alert.get_by_text("busy").wait_for()
    app.page.unroute("**/page.json*")
    alert.get_by_role("button", name="Try again").click()
    assert gallery.ready().ids() == before[:24]
    # Another page and back: the same gallery and selection, its place and what was picked.
    created = app.page.evaluate("window.__eogallery.created")
    app.page.get_by_role("link", name="Map").click()
    app.page.locator(".eo-map .leaflet-tile-loaded").first.wait_for()
    chosen = ("split=train|validation", "safe")
    app.page.wait_for_function("location.search.includes('select=')")
    assert (app.parameter("select"), app.parameter("palette")) == chosen
    app.page.get_by_role("link", name="Gallery").click()
    gallery.ready()
    assert app.page.evaluate("window.__eogallery.created") == created
    assert (gallery.state("n"), gallery.at(".eo-picked-count").inner_text()) == ("24", "1 picked")
    assert (app.parameter("select"), app.parameter("palette")) == chosen
    assert gallery.ids() == before[:24]
    # The browser itself complains of the answer that was put in its way.
    assert all("503" in text for text in app.complaints)
    app.complaints.clear()
