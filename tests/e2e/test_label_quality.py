"""Label quality in front of somebody: the queue, its filters, the pictures, keys, a phone."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from benchmarks.server import running
from eoexplore.core.findings import Findings
from eoexplore.store import catalog, issues
from eoexplore.store.issues import Kept
from tests import builders
from tests.e2e import judged
from tests.e2e.doubts import COUNT, DEMO, Quality, write_findings
from tests.e2e.legible import faint, nameless

pytestmark = pytest.mark.browser

TABLE = "reben-quality-table"
BAD = '<img src=x onerror="alert(1)">'
SHOWN = "figure[data-picture={}][data-shown]"


@pytest.fixture(scope="module")
def own_cache(cache, demo_folder, tmp_path_factory):
    """A cache with two sets and findings, which nobody else sees."""
    with judged.cache(cache, tmp_path_factory.mktemp("quality")) as own:
        opened = catalog.open_slug(DEMO)
        write_findings(opened)
        folder = tmp_path_factory.mktemp("data") / TABLE
        builders.write_metadata(folder, builders.block("33UUP", 13.1, 48.2, side=3))
        table = catalog.add(folder)
        found = Findings.of([0, 3], [1, 2], [2, -1], [0.8, 0.1], value=0.2)
        issues.write(issues.folder_of(table), "labels", Kept("a", found))
        yield own


@pytest.fixture(scope="module")
def server(own_cache, demo_folder):
    with running(own_cache, own_cache.with_name("log.txt"), [demo_folder.parent]) as started:
        yield started


def test_a_visit_with_the_keyboard(open_page):
    app = open_page()
    quality = Quality(app).ready()
    order = quality.told(size="100")["items"]
    assert quality.rank() == f"1 of {COUNT}"
    assert quality.sentence() == order[0]["sentence"]
    assert app.parameter("at") is None
    sent = app.sent
    quality.press("j", "n", "ArrowDown", "k")
    assert (quality.rank(), quality.sentence()) == (f"3 of {COUNT}", order[2]["sentence"])
    assert app.parameter("at") == order[2]["key"]
    chosen = quality.at('.eo-found[aria-selected="true"]')
    assert chosen.get_attribute("data-id") == order[2]["id"]
    # Over the end of a page of the server, quicker than it comes.
    quality.press(*["j"] * 52)
    assert quality.sentence() == order[54]["sentence"]
    quality.press("End")
    assert quality.rank() == f"{COUNT} of {COUNT}"
    quality.press("j")
    assert "last finding" in quality.at(".eo-toast").inner_text()
    quality.press("Home", "k")
    assert quality.rank() == f"1 of {COUNT}"
    assert quality.at('.eo-found[aria-selected="true"]').get_attribute("data-rank") == "0"
    see_the_pictures(quality)
    # None of it has run the page's script.
    assert app.sent == sent
    lead_to_the_map(quality, order[2])


def see_the_pictures(quality):
    """Enlarge, outline, blink, move the pixel, and read the list of keys."""
    for layer in ("optical", "radar", "map", "prediction"):
        quality.at(SHOWN.format(layer)).wait_for()
    with_line = quality.pixels("optical")
    quality.press("o")
    optical = quality.pixels("optical")
    assert optical != with_line
    quality.page.keyboard.down("b")
    assert quality.pixels("optical") == quality.pixels("map")
    quality.page.keyboard.up("b")
    assert quality.pixels("optical") == optical
    quality.press("o", "3")
    visible = quality.at(".eo-finding figure:visible")
    assert visible.count() == 1
    assert visible.get_attribute("data-picture") == "map"
    assert visible.bounding_box()["width"] > 300
    quality.press("Escape")
    assert visible.count() == 4
    quality.press("2", "2")
    assert visible.count() == 4
    quality.at(".eo-pictures").focus()
    quality.press("ArrowRight")
    assert "Label map: " in quality.at(".eo-cursor-classes").inner_text()
    assert quality.rank() == f"1 of {COUNT}"
    quality.press("?")
    assert "previous finding" in quality.at(".eo-help").inner_text()
    quality.press("Escape")
    assert not quality.at(".eo-help").is_visible()
    assert quality.has_focus(".eo-queue-list")


def lead_to_the_map(quality, item):
    """A link shows the same finding elsewhere; from it to the map, and back to it."""
    quality.press("j", "j")
    quality.page.goto(quality.page.url)
    quality.ready()
    assert quality.sentence() == item["sentence"]
    quality.page.keyboard.press("m")
    quality.page.locator(".eo-map .leaflet-tile-loaded").first.wait_for()
    quality.at(f'.eo-card[data-id="{item["id"]}"]:not([aria-busy])').wait_for()
    lat, lon, zoom = map(float, quality.app.settle().parameter("v").split(","))
    assert (lat, lon, zoom) == pytest.approx((item["lat"], item["lon"], 15), abs=0.02)
    assert "pred:land:mask:60" in quality.app.parameter("l")
    quality.app.back("/label_quality")
    quality.ready()
    assert quality.sentence() == item["sentence"]


def test_filters_and_the_threshold(open_page):
    app = open_page()
    quality = Quality(app).ready()
    sent = app.sent
    choose_a_reason(quality)
    told = drag_the_threshold(quality)
    slider = app.page.get_by_role("slider", name="Score at least")
    slider.focus()
    quality.press("PageUp", "ArrowRight", "ArrowRight")
    assert slider.get_attribute("aria-valuenow") == "0.72"
    assert app.parameter("least") == "0.72"
    assert int(quality.rank().removeprefix("1 of ")) < told
    take_the_table_away(quality)
    quality.at(".eo-filters").get_by_role("button", name="Clear filters").click()
    quality.rest()
    assert [app.parameter(name) for name in ("reason", "least", "class")] == [None] * 3
    name = quality.told()["classes"][4]["name"]
    app.page.get_by_label("Class", exact=True).select_option(name)
    quality.rest()
    assert name in quality.at(".eo-found").first.inner_text()
    assert app.parameter("class") == name
    app.page.get_by_label("Decidable").select_option("undecidable")
    quality.rest()
    own = quality.told(**{"class": name, "status": "undecidable"})
    assert quality.rank() == f"1 of {own['total']}"
    assert app.sent == sent


def choose_a_reason(quality):
    quality.at(".eo-reasons-button").click()
    menu = quality.at(".eo-reasons-menu")
    assert "60" in menu.inner_text()
    menu.get_by_role("checkbox").first.check()
    quality.rest()
    assert quality.app.parameter("reason") == "spots"
    assert quality.rank() == "1 of 60"
    # The list stays open for more; Esc closes it.
    assert menu.is_visible()
    quality.press("Escape")
    assert not menu.is_visible()
    assert quality.has_focus(".eo-reasons-button")


def drag_the_threshold(quality):
    """Drag it with the mouse, and return how many remain."""
    app = quality.app
    slider = app.page.get_by_role("slider", name="Score at least")
    box = slider.bounding_box()
    app.page.mouse.move(box["x"] + 2, box["y"] + 20)
    app.page.mouse.down()
    app.page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 20, steps=5)
    # What remains is said while it moves.
    told = quality.told(reason="spots", least="0.6")["total"]
    assert quality.at(".eo-score-remain").inner_text() == f"{told} of 60"
    app.page.mouse.up()
    quality.rest()
    assert app.parameter("least") == "0.6"
    assert quality.rank() == f"1 of {told}"
    return told


def take_the_table_away(quality):
    href = quality.at(".eo-bar-end a").get_attribute("href")
    asked = parse_qs(urlsplit(href).query)
    assert (asked["reason"], asked["least"], asked["set"]) == (["spots"], ["0.72"], ["land"])
    text = quality.page.request.get(f"{quality.app.server.address}{href}").text()
    assert len(text.splitlines()) == 1 + quality.told(reason="spots", least="0.72")["total"]


def test_what_is_chosen_stays_while_filters_let_it_through(open_page):
    app = open_page()
    quality = Quality(app).ready()
    quality.press(*["j"] * 6)
    sentence = quality.sentence()
    slider = app.page.get_by_role("slider")
    slider.focus()
    quality.press("PageUp")
    assert (quality.sentence(), quality.rank()[:4]) == (sentence, "7 of")
    # Of the same place, from outside the filters, and back among them.
    app.page.get_by_role("slider").focus()
    quality.press("End")
    quality.at(".eo-queue-empty").get_by_text("No finding fits").wait_for()
    quality.at(".eo-queue-empty").get_by_role("button", name="Clear filters").click()
    quality.ready()
    quality.press("Home")
    others = quality.at(".eo-here-row")
    others.first.wait_for()
    quality.at(".eo-reasons-button").click()
    quality.at(".eo-reasons-menu").get_by_role("checkbox").last.check()
    quality.press("Escape")
    other = quality.at(".eo-here-row", has_text="Model and map disagree").first
    title = other.get_attribute("title")
    other.click()
    quality.rest()
    assert quality.sentence() == title
    assert quality.rank() == "outside the filters"
    quality.press("j")
    assert quality.rank() == "1 of 60"


def test_where_to_go_on(open_page):
    app = open_page()
    quality = Quality(app, select="split=train").ready()
    links = quality.at(".eo-finding-links")
    evaluation = links.get_by_role("link", name="Evaluation").get_attribute("href")
    asked = parse_qs(urlsplit(evaluation).query)
    assert (asked["set"], asked["select"]) == (["land"], ["split=train"])
    links.get_by_role("link", name=re.compile("in the gallery")).click()
    app.page.locator(".eo-tile[data-id]").first.wait_for()
    shown = {tile.get_attribute("data-id") for tile in app.at(".eo-tile").all()}
    wanted = {item["id"] for item in quality.told(select="split=train")["items"]}
    assert 1 < len(shown) <= 20
    assert shown <= wanted


def test_on_a_phone_by_night(open_page):
    app = open_page(width=390, height=844, has_touch=True, color_scheme="dark")
    quality = Quality(app).ready()
    assert not quality.at(".eo-finding").is_visible()
    assert app.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert faint(app.page) == []
    assert nameless(app.page) == []
    quality.at(".eo-found").nth(2).tap()
    quality.rest()
    assert not quality.at(".eo-queue").is_visible()
    assert quality.rank() == f"3 of {COUNT}"
    assert app.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert faint(app.page) == []
    assert nameless(app.page) == []
    quality.at(".eo-finding-head").get_by_label("Next finding").tap()
    quality.rest()
    quality.at(".eo-back").tap()
    assert quality.at('.eo-found[aria-selected="true"]').get_attribute("data-rank") == "3"
    assert not quality.at(".eo-finding").is_visible()


def test_by_day_and_a_server_that_does_not_answer(open_page):
    app = open_page(color_scheme="light")
    quality = Quality(app, least="0.2", palette="safe").ready()
    quality.at(".eo-reasons-button").click()
    assert faint(app.page) == []
    assert nameless(app.page) == []
    quality.press("Escape")
    app.page.route("**/page.json*", lambda route: route.fulfill(status=503, body="{}"))
    app.page.get_by_label("Decidable").select_option("decidable")
    empty = quality.at(".eo-queue-empty")
    empty.get_by_text("busy").wait_for()
    app.page.unroute("**/page.json*")
    empty.get_by_role("button", name="Try again").click()
    quality.ready()
    assert app.parameter("status") == "decidable"
    # Another page and back: the same queue, at the same finding.
    quality.press("j", "j")
    sentence, created = quality.sentence(), app.page.evaluate("window.__eoquality.created")
    app.page.get_by_role("link", name="Statistics").click()
    app.page.locator(".js-plotly-plot").first.wait_for()
    app.page.get_by_role("link", name="Label quality").click()
    quality.ready()
    assert quality.sentence() == sentence
    assert app.page.evaluate("window.__eoquality.created") == created
    assert (app.parameter("status"), app.parameter("least")) == ("decidable", "0.2")
    # The browser itself complains of the answer that was put in its way.
    assert all("503" in text for text in app.complaints)
    app.complaints.clear()


def test_texts_of_the_data_are_texts(open_page):
    app = open_page()

    def spoil(route):
        answer = route.fetch()
        found = answer.json()
        for item in found["items"]:
            item["sentence"] = item["place"] = item["country"] = BAD
            item["label"] = {"name": BAD, "colour": BAD}
            item["reason"]["title"] = BAD
        for reason in found.get("reasons", []):
            reason["title"] = reason["help"] = BAD
        route.fulfill(response=answer, json=found)

    app.page.route("**/issues/**/*.json*", spoil)
    quality = Quality(app).ready()
    quality.at(".eo-reasons-button").click()
    assert quality.sentence() == BAD
    assert BAD in quality.at(".eo-reasons-menu").inner_text()
    assert app.page.evaluate("scope().querySelectorAll('img[src=x]').length") == 0


def test_scores_of_patches_and_bad_links(open_page):
    app = open_page()
    quality = Quality(app, least="0.5", at=f"spots~1~2~3~{BAD}", reason="nothing|labels").ready()
    said = quality.at(".eo-toast").inner_text()
    assert "There is no reason" in said
    assert quality.rank().startswith("1 of")
    quality = Quality(app, least="many", status="perhaps", **{"class": BAD}).ready()
    assert "least score in this link cannot be read" in quality.at(".eo-toast").inner_text()
    assert "status in this link is not known" in quality.at(".eo-toast").inner_text()
    quality = Quality(app, set="scores")
    app.at(".eo-queue-empty").get_by_text("Nobody has looked for wrong labels").wait_for()
    assert app.page.get_by_role("button", name="Look for wrong labels").count() == 2


def test_without_pictures_and_without_a_model(open_page):
    app = open_page()
    quality = Quality(app, TABLE, set="none").ready()
    assert quality.rank() == "1 of 2"
    text = quality.at(".eo-pictures").inner_text()
    assert "This patch has no Sentinel-2 image." in text
    assert "No predictions are chosen above." in text
    quality.press("1")
    assert "no Sentinel-2 image" in quality.at(".eo-toast").inner_text()
    assert quality.at(".eo-finding figure:visible").count() == 4
    app.open("/label_quality", dataset=TABLE, set="none", select="country=Finland")
    empty = app.at(".eo-queue-empty")
    empty.get_by_text("Nothing speaks against the labels of this selection").wait_for()
    empty.get_by_role("button", name="Look at all patches").click()
    quality.ready()
    assert app.parameter("select") is None
