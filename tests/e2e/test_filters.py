"""The selection: chosen by hand, counted, dropped, in the address, and kept between pages."""

import re
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.browser


def metadata(folder: Path) -> pd.DataFrame:
    return pd.concat(pd.read_parquet(path) for path in sorted(folder.glob("metadata*.parquet")))


@pytest.fixture(scope="module")
def table(demo_folder):
    return metadata(demo_folder)


def count_is(page, kept, total):
    """Wait for the live count that pandas expects."""
    text = f"{kept:,} of {total:,} patches" if kept < total else f"{total:,} patches"
    page.page.get_by_text(re.compile(f"^{re.escape(text)}$")).wait_for()


def choose(page, name):
    page.page.get_by_test_id("stPopoverBody").get_by_role("button", name=name, exact=True).click()


def choose_class(page, title, name):
    page.page.get_by_test_id("stPopoverBody").get_by_label(title).fill(name)
    page.page.get_by_role("option", name=name, exact=True).click()
    page.idle()


def test_filters_by_hand_agree_with_pandas(open_page, table):
    page = open_page().open_map(dataset="reben-demo")
    name = table["labels"].explode().value_counts().index[2]
    count_is(page, len(table), len(table))
    page.page.get_by_role("button", name="Filter").click()

    choose(page, "validation")
    kept = table[table["split"] == "validation"]
    assert 0 < len(kept) < len(table)
    count_is(page, len(kept), len(table))

    choose(page, "Portugal")
    kept = kept[kept["country"] == "Portugal"]
    count_is(page, len(kept), len(table))

    choose_class(page, "Has any of", name)
    kept = kept[[name in labels for labels in kept["labels"]]]
    assert len(kept) > 0
    count_is(page, len(kept), len(table))
    assert page.parameter("select") == f"class=any:{name}&country=Portugal&split=validation"
    for _ in range(2):  # the list of classes, then the panel
        page.page.keyboard.press("Escape")
        page.page.wait_for_timeout(200)
    page.page.get_by_test_id("stPopoverBody").wait_for(state="hidden")

    # Each condition is a button that drops it.
    page.page.get_by_role("button", name="validation ✕").click()
    kept = table[table["country"] == "Portugal"]
    kept = kept[[name in labels for labels in kept["labels"]]]
    count_is(page, len(kept), len(table))
    page.page.get_by_role("button", name=f"any {name} ✕").click()
    count_is(page, int((table["country"] == "Portugal").sum()), len(table))
    page.page.get_by_role("button", name="Portugal ✕").click()
    count_is(page, len(table), len(table))
    assert page.parameter("select") is None


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


def test_another_page_and_back_keeps_dataset_selection_and_place(open_page, table):
    page = open_page().open_map(dataset="reben-demo", select="country=Portugal")
    page.drag(-150, 70)
    place = page.settle().parameter("v")
    kept = int((table["country"] == "Portugal").sum())
    page.page.get_by_role("link", name="Home", exact=True).click()
    page.page.get_by_text("Open a folder", exact=True).wait_for()
    page.idle()
    assert page.parameter("v") is None
    page.page.get_by_role("link", name="Map", exact=True).click()
    page.page.locator(".eo-map .leaflet-tile-loaded").first.wait_for()
    page.settle()
    count_is(page, kept, len(table))
    assert page.parameter("dataset") == "reben-demo"
    assert page.parameter("select") == "country=Portugal"
    assert page.parameter("v") == place
    assert page.counters()["created"] == 1


def test_back_and_forward_show_what_their_address_says(open_page, table):
    page = open_page().open_map(dataset="reben-demo", select="country=Portugal")
    kept = int((table["country"] == "Portugal").sum())
    page.page.get_by_role("link", name="Home", exact=True).click()
    page.page.get_by_text("Open a folder", exact=True).wait_for()
    page.idle()
    page.page.go_back()
    page.page.locator(".eo-map .leaflet-tile-loaded").first.wait_for()
    page.settle()
    count_is(page, kept, len(table))
    page.page.go_forward()
    page.page.get_by_text("Open a folder", exact=True).wait_for()
    page.idle()
    page.page.go_back()
    page.page.locator(".eo-map .leaflet-tile-loaded").first.wait_for()
    page.settle()
    count_is(page, kept, len(table))


def test_nothing_selected_says_why_and_the_way_out(open_page, table):
    page = open_page().open("/", dataset="reben-demo", select="country=Portugal&tile=33UUP")
    page.page.get_by_text("No patch").wait_for()
    assert "Drop one of them" in page.text()
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
