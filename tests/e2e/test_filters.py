"""The selection: chosen by hand, counted, dropped, in the address, and kept between pages."""

import datetime as dt
import re
import time
from pathlib import Path
from urllib.parse import parse_qs

import pandas as pd
import pytest

from eoexplore.core.selection import parse
from eoexplore.store import catalog
from tests.conftest import PATIENCE_MS

pytestmark = pytest.mark.browser
CLIPBOARD = ["clipboard-read", "clipboard-write"]


def metadata(folder: Path) -> pd.DataFrame:
    return pd.concat(pd.read_parquet(path) for path in sorted(folder.glob("metadata*.parquet")))


@pytest.fixture(scope="module")
def table(demo_folder):
    return metadata(demo_folder)


def count_is(page, kept, total):
    """Wait for the live count that pandas expects."""
    text = f"{kept:,} of {total:,} patches" if kept < total else f"{total:,} patches"
    page.page.get_by_text(re.compile(f"^{re.escape(text)}$")).first.wait_for()


def panel(page):
    return page.page.get_by_test_id("stPopoverBody")


def tab(page, name):
    panel(page).get_by_role("tab", name=name).click()


def option(page, name):
    """Return the option of a name; its number follows the name."""
    label = re.compile(rf"^{re.escape(name)} [\d,]+$")
    return panel(page).get_by_test_id("stCheckbox").filter(has_text=label).locator("label")


def choose(page, name):
    option(page, name).click()


def choose_class(page, title, name):
    panel(page).get_by_label(title).fill(name)
    page.page.get_by_role("option", name=re.compile(rf"^{re.escape(name)} · [\d,]+$")).click()
    page.idle()


def counts_are(page, expected):
    """Wait until the options of the open tab say what pandas expects that they would leave."""
    boxes = panel(page).locator('[data-testid="stCheckbox"] label:visible')
    found = {}
    end = time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < end:
        pairs = [text.rsplit(" ", 1) for text in boxes.all_inner_texts() if " " in text]
        found = {name: int(number.replace(",", "")) for name, number in pairs if name in expected}
        if found == expected:
            return
        page.page.wait_for_timeout(60)
    assert found == expected


def drop(page, text):
    page.page.get_by_role("button", name=f"{text} ✕").click()


def test_filters_by_hand_agree_with_pandas(open_page, table):
    page = open_page().open_map(dataset="reben-demo")
    name = table["labels"].explode().value_counts().index[2]
    count_is(page, len(table), len(table))
    page.page.get_by_role("button", name="Filter").click()
    tab(page, "Patches")
    splits = table["split"].value_counts().to_dict()
    counts_are(page, splits)

    choose(page, "validation")
    kept = table[table["split"] == "validation"]
    assert 0 < len(kept) < len(table)
    count_is(page, len(kept), len(table))
    # Its own options still count all that the others leave; those of others count what is left.
    counts_are(page, splits)
    tab(page, "Place")
    countries = kept["country"].value_counts().to_dict()
    counts_are(page, countries)

    choose(page, "Portugal")
    kept = kept[kept["country"] == "Portugal"]
    count_is(page, len(kept), len(table))
    tab(page, "Time")
    months = kept["patch_id"].str.extract(r"_20\d\d(\d\d)\d\dT")[0].astype(int).value_counts()
    expected = {dt.date(2000, month, 1).strftime("%B"): n for month, n in months.items()}
    counts_are(page, expected)

    tab(page, "Labels")
    has = kept["labels"].explode().value_counts()
    panel(page).get_by_label("Has any of").click()
    listed = page.page.get_by_role("option").all_inner_texts()
    assert f"{name} · {has[name]:,}" in listed
    choose_class(page, "Has any of", name)
    kept = kept[[name in labels for labels in kept["labels"]]]
    assert len(kept) > 0
    count_is(page, len(kept), len(table))
    assert page.parameter("select") == f"class=any:{name}&country=Portugal&split=validation"


def test_each_condition_is_a_button_that_drops_it(open_page, table):
    name = table["labels"].explode().value_counts().index[2]
    has = pd.Series([name in labels for labels in table["labels"]], index=table.index)
    portugal = table["country"] == "Portugal"
    select = f"class=any:{name}&country=Portugal&split=validation"
    page = open_page().open_map(dataset="reben-demo", select=select)
    drop(page, "validation")
    count_is(page, int((portugal & has).sum()), len(table))
    drop(page, name)
    count_is(page, int(portugal.sum()), len(table))
    drop(page, "Portugal")
    count_is(page, len(table), len(table))
    page.page.wait_for_function("!location.search.includes('select=')")


# Clicks the options of these names one after the other, quicker than the page can answer.
QUICK = """async ([names, pause]) => {
    for (const name of names) {
        [...document.querySelectorAll('[data-testid="stCheckbox"] label')]
            .find((label) => label.innerText.startsWith(`${name} `))
            .querySelector("input")
            .click();
        await new Promise((done) => setTimeout(done, pause));
    }
}"""


def test_quick_clicks_are_all_kept(open_page):
    page = open_page().open_map(dataset="reben-demo")
    created = page.counters()["created"]
    page.page.get_by_role("button", name="Filter").click()
    tab(page, "Patches")
    option(page, "validation").wait_for()
    # The numbers behind the names change while the clicks are on their way.
    page.page.evaluate(QUICK, [["validation", "test", "Austria", "29SNC"], 0])
    expected = "country=Austria&split=test|validation&tile=29SNC"
    page.page.wait_for_function(
        "(text) => new URLSearchParams(location.search).get('select') === text", arg=expected
    )
    page.page.get_by_text("No patch fits these conditions").first.wait_for()
    assert "without tile 29SNC:" in page.text()
    page.page.keyboard.press("Escape")
    page.page.get_by_role("button", name="Drop all").click()
    page.page.wait_for_function("!location.search.includes('select=')")

    page.page.get_by_role("button", name="Filter").click()
    tab(page, "Time")
    option(page, "summer").wait_for()
    page.page.evaluate(QUICK, [(["summer", "winter", "spring"] * 7)[:20], 100])
    wait = "new URLSearchParams(location.search).get('select') === 'season=summer|winter'"
    page.page.wait_for_function(wait)
    page.idle()
    boxes = panel(page).locator('[data-testid="stCheckbox"]:visible:has(input:checked)')
    assert sorted(text.split()[0] for text in boxes.all_inner_texts()) == ["summer", "winter"]
    assert page.counters()["created"] == created
    (shown,) = parse_qs(page.settle().shown_tiles()[0].partition("?")[2])["select"]
    assert shown == "season=summer|winter"


def test_the_copied_link_shows_the_same_elsewhere(open_page, table):
    page = open_page(permissions=CLIPBOARD)
    page.open_map(dataset="reben-demo", select="country=Portugal", v="38.4600,-8.7400,12")
    page.at("[data-layer=reference_map]").get_by_label("Show Reference map").click()
    page.settle()
    page.page.get_by_role("button", name="Copy link").click()
    page.page.get_by_role("button", name="Link copied").wait_for()
    link = page.page.evaluate("navigator.clipboard.readText()")
    assert link == page.page.url
    other = open_page(profile="elsewhere")
    other.page.goto(link)
    other.page.locator(".eo-map .leaflet-tile-loaded").first.wait_for()
    other.settle()
    for name in ("dataset", "select", "v", "l"):
        assert other.parameter(name) == page.parameter(name) is not None
    count_is(other, int((table["country"] == "Portugal").sum()), len(table))
    assert any("/reference_map/" in url for url in other.shown_tiles())


def test_the_palette_changes_colours_and_nothing_else(open_page):
    page = open_page().open_map(dataset="reben-demo")
    page.at("[data-layer=reference_map]").get_by_label("Show Reference map").click()
    place = page.settle().parameter("v")
    before, counters = page.pixels(), page.counters()
    page.page.get_by_role("button", name="Display").click()
    page.page.get_by_text("Safe for colour blindness").click()
    page.page.wait_for_function("location.search.includes('palette=safe')")
    page.page.keyboard.press("Escape")
    page.page.wait_for_function(
        """[...scope().querySelectorAll('.leaflet-tile-pane img')]
            .filter((tile) => tile.src.includes('/reference_map/'))
            .every((tile) => tile.src.includes('palette=safe'))"""
    )
    page.settle()
    assert abs(page.pixels() - before).max(axis=2).mean() > 5
    assert page.parameter("v") == place
    assert page.counters()["created"] == counters["created"]
    page.page.reload()
    page.page.locator(".eo-map .leaflet-tile-loaded").first.wait_for()
    assert page.settle().parameter("palette") == "safe"
    page.page.get_by_role("button", name="Display").click()
    assert page.page.get_by_role("radio", name="Safe for colour blindness").is_checked()


def test_a_drawn_box_becomes_part_of_the_selection(open_page, cache, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(cache))
    samples = catalog.open_slug("reben-demo").samples
    place = f"{samples.lat[0]:.4f},{samples.lon[0]:.4f},13"
    page = open_page().open_map(dataset="reben-demo", v=place)
    v, counters = page.parameter("v"), page.counters()
    box = page.at(".eo-map").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.page.get_by_role("button", name="Choose an area: box").click()
    for right, down in ((-90, -60), (110, 130)):
        page.page.mouse.move(x + right, y + down)
        page.page.mouse.click(x + right, y + down)
        page.page.wait_for_timeout(400)  # two clicks at once would be a double click
    page.page.wait_for_function("location.search.includes('select=box')")
    west, south, east, north = parse(page.parameter("select"))[0].get("box")
    inside = (samples.lon >= west) & (samples.lon <= east)
    inside &= (samples.lat >= south) & (samples.lat <= north)
    assert 0 < inside.sum() < len(samples)
    count_is(page, int(inside.sum()), len(samples))
    assert (page.settle().parameter("v"), page.counters()["created"]) == (v, counters["created"])
    page.page.get_by_role("button", name="Filter").click()
    tab(page, "Place")
    assert re.search(r"Box, [\d.]+ km²", panel(page).inner_text())
    page.page.keyboard.press("Escape")
    page.page.get_by_role("button", name=re.compile("^drawn area, .+ km² ✕$")).click()
    count_is(page, len(samples), len(samples))


def test_a_link_and_a_reload_restore_dataset_selection_and_place(open_page, table):
    page = open_page()
    tile = table["patch_id"].str.contains("_T29SNC_")
    kept = int((tile & (table["split"] == "train")).sum())
    select = "split=train&tile=29SNC"
    page.open_map(dataset="reben-demo", select=select, v="38.4600,-8.7400,11")
    for _ in range(2):
        count_is(page, kept, len(table))
        assert page.parameter("select") == select
        assert page.parameter("dataset") == "reben-demo"
        lat, lon, zoom = map(float, page.parameter("v").split(","))
        assert (lat, lon, zoom) == pytest.approx((38.46, -8.74, 11), abs=0.002)
        assert page.page.get_by_role("button", name="train ✕").is_visible()
        page.page.reload()
        page.page.locator(".eo-map .leaflet-tile-loaded").first.wait_for()
        page.settle()


def test_back_and_forward_show_what_their_address_says(open_page, table):
    page = open_page().open_map(dataset="reben-demo", select="country=Portugal")
    page.drag(-150, 70)
    place = page.settle().parameter("v")
    kept = int((table["country"] == "Portugal").sum())
    page.page.get_by_role("link", name="Home", exact=True).click()
    page.page.get_by_text("Open a folder", exact=True).wait_for()
    page.idle()
    assert page.parameter("v") is None
    page.page.go_back()
    page.page.locator(".eo-map .leaflet-tile-loaded").first.wait_for()
    page.settle()
    count_is(page, kept, len(table))
    assert (page.parameter("v"), page.counters()["created"]) == (place, 1)
    page.page.go_forward()
    page.page.get_by_text("Open a folder", exact=True).wait_for()
    page.idle()
    page.page.go_back()
    page.page.locator(".eo-map .leaflet-tile-loaded").first.wait_for()
    page.settle()
    count_is(page, kept, len(table))


def test_nothing_selected_says_why_and_the_way_out(open_page, table):
    page = open_page().open("/", dataset="reben-demo", select="country=Portugal&tile=33UUP")
    page.page.get_by_text("No patch fits").wait_for()
    assert "Drop one of them" in page.text()
    assert "without Portugal: " in page.text()
    page.page.get_by_role("button", name="Portugal ✕").click()
    kept = int(table["patch_id"].str.contains("_T33UUP_").sum())
    count_is(page, kept, len(table))


def test_half_a_million_samples_are_counted_as_pandas_does(open_page, real_data):
    everything = metadata(real_data / "reben" / "metadata")
    kept = everything[(everything["country"] == "Portugal") & (everything["split"] == "validation")]
    wet = [("Marine waters" in labels) for labels in kept["labels"]]
    page = open_page().open_map(
        dataset="reben-metadata", select="split=val&country=Portugal&class=any:Marine waters"
    )
    count_is(page, sum(wet), 549_488)


def test_two_quick_clicks_drop_both_conditions(open_page, table):
    page = open_page().open_map(
        dataset="reben-demo", select="country=Portugal&split=validation&tile=29SNC"
    )
    page.page.get_by_role("button", name="validation ✕").click()
    page.page.get_by_role("button", name="tile 29SNC ✕").click()
    page.page.get_by_role("button", name="tile 29SNC ✕").wait_for(state="hidden")
    page.page.get_by_role("button", name="validation ✕").wait_for(state="hidden")
    count_is(page, int((table["country"] == "Portugal").sum()), len(table))
    page.page.wait_for_function(
        "new URLSearchParams(location.search).get('select') === 'country=Portugal'"
    )


def test_the_way_to_the_selected_patches(open_page):
    page = open_page().open_map(dataset="reben-demo", select="country=Austria", v="38.4,-8.8,12")
    page.page.get_by_role("button", name="Zoom to them").click()
    page.page.wait_for_function("location.search.includes('v=48.')")
    page.settle()
    assert page.counters()["created"] == 1
    assert any("/s2/" in url for url in page.shown_tiles())
