"""How layers are drawn: the list of styles, contrast with its histogram, classes; and dates."""

import re

import pytest

from tests.ui.map.conftest import FLICKER

pytestmark = pytest.mark.browser

HISTOGRAM = """
async (legends) => {
  const { histogram } = await import("/eo/ui/histogram.js");
  const told = legends.map(histogram);
  return told.map((figure) => figure && [
    figure.querySelector("svg").getAttribute("aria-label"),
    [...figure.querySelectorAll("line")].map((line) => Number(line.getAttribute("x1"))),
    figure.querySelectorAll("path").length,
  ]);
}
"""

# As quickly as somebody drags; keys that are pressed from outside come late on a busy machine.
FIVE_STEPS = """(slider) => {
    for (let step = 0; step < 5; step += 1) {
        slider.stepDown();
        slider.dispatchEvent(new Event("input"));
    }
}"""


def s2(page):
    return page.at(".eo-layer[data-layer=s2]")


def test_styles_are_found_by_name_band_or_formula(map_page):
    s2(map_page).locator(".eo-picker-button").click()
    options = s2(map_page).get_by_role("option")
    assert options.count() > 100
    keyboard = map_page.page.keyboard
    assert map_page.at(".eo-group-title").all_inner_texts()[:2] == ["Composites", "Bands"]
    keyboard.type("formula of x7")
    assert options.count() == 11
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    assert map_page.settle().parameter("l").endswith("s2:index.X70:100")
    button = s2(map_page).locator(".eo-picker-button")
    assert button.inner_text() == "X70"
    assert button.get_attribute("aria-expanded") == "false"
    # On the closed button the arrows step; digits still toggle layers.
    button.press("ArrowDown")
    assert map_page.settle().parameter("l").endswith("s2:index.X71:100")
    button.press("2")
    assert "reference_map" in map_page.settle().parameter("l")
    button.click()
    keyboard.type("no such thing")
    assert map_page.at(".eo-nothing").is_visible()
    keyboard.press("Enter")
    keyboard.press("Escape")
    assert not map_page.at(".eo-picker-popup").first.is_visible()
    assert map_page.parameter("l").endswith("s2:index.X71:100,reference_map:clc19:60")
    # A disabled style cannot be taken.
    button.click()
    map_page.at("[role=option][data-value=swir]").click(force=True)
    assert "s2:index.X71:100" in map_page.settle().parameter("l")
    assert map_page.runs() == 1


def test_contrast_of_the_dataset_with_its_histogram(map_page):
    s2(map_page).get_by_label("Adjust Sentinel-2").click()
    picture = map_page.page.get_by_role("img", name=re.compile("^Histogram of the dataset"))
    told = picture.get_attribute("aria-label")
    assert "B04 Red: half of the pixels between" in told
    assert told.endswith("Shown from dark to bright: 0 to 2,000.")
    needed = map_page.page.evaluate("window.loadedTiles()")
    map_page.page.evaluate(FLICKER)
    contrast = map_page.page.get_by_label("Contrast")
    contrast.select_option("2..98")
    assert map_page.settle().parameter("l").endswith("s2:true_colour~p2..98:100")
    gamma = map_page.page.get_by_label("Gamma")
    since = len(map_page.requests)
    gamma.evaluate(FIVE_STEPS)
    assert map_page.page.get_by_text("0.79").is_visible()
    map_page.settle()
    assert map_page.parameter("l").endswith("s2:true_colour~p2..98~g0.79:100")
    # Five steps of the slider are one change of the tiles.
    asked = {url.split("style=")[1].split("&")[0] for url in map_page.tiles(since)}
    assert asked == {"true_colour~p2..98~g0.79"}
    map_page.page.get_by_label("Inverse").check()
    map_page.settle()
    assert map_page.page.evaluate("window.fewest") >= needed > 10
    contrast.select_option("range")
    map_page.settle()
    assert map_page.parameter("l").endswith("s2:true_colour~r0..2000~g0.79~inv:100")
    low = map_page.page.get_by_label("Shown as darkest")
    low.fill("5000")
    assert low.get_attribute("aria-invalid") == "true"
    map_page.page.wait_for_timeout(300)
    assert "~r0..2000" in map_page.settle().parameter("l")
    low.fill("-100.5")
    map_page.page.wait_for_timeout(300)
    assert "~r-100.5..2000" in map_page.settle().parameter("l")
    # Another style keeps gamma, but not a range in another unit.
    map_page.pick("s2", "index.NDVI")
    assert map_page.settle().parameter("l").endswith("s2:index.NDVI~g0.79:100")
    map_page.page.get_by_role("button", name="Reset").click()
    assert map_page.settle().parameter("l").endswith("s2:index.NDVI:100")


def test_histogram_of_odd_legends(shared_map):
    one = {"label": "VV", "colour": "#123456", "edges": [0, 1, 2], "counts": [1, 3]}
    legends = [
        {"histogram": [one], "ramp": {"low": 0.5, "high": 9, "colours": []}},
        {"histogram": [one | {"counts": [0, 0], "colour": "red;x"}], "channels": [], "ramp": None},
        {"histogram": [one | {"edges": [0, 1]}], "channels": []},
        {"histogram": [one | {"edges": [1, 1, 1]}], "channels": []},
        {"histogram": None},
        None,
    ]
    shown = shared_map.page.evaluate(HISTOGRAM, legends)
    words, limits, paths = shown[0]
    assert words == (
        "Histogram of the dataset. VV: half of the pixels between 0.5 and 1.5. "
        "Shown from dark to bright: 0.5 to 9."
    )
    assert (limits, paths) == ([60, 240], 1)
    assert shown[1][1:] == [[], 1]
    assert shown[2:] == [None] * 4


def test_classes_as_outlines_and_shown_again(open_map):
    page = open_map("/?v=47.5,12,11&l=s2:true_colour:100,reference_map:clc19~not312.512:60")
    page.page.get_by_label("Adjust Reference map").click()
    assert page.page.get_by_text("2 classes hidden").is_visible()
    page.page.get_by_role("radio", name="Outlines").click()
    assert page.settle().parameter("l").endswith("reference_map:clc19~line~not312.512:60")
    page.page.get_by_role("button", name="Show all classes").click()
    assert page.settle().parameter("l").endswith("reference_map:clc19~line:60")
    assert any("style=clc19~line&" in url for url in page.shown_tiles())


def test_dates_by_rule_step_and_animation(map_page):
    rule = map_page.page.get_by_label("Date", exact=True)
    words = map_page.at(".eo-rule")
    assert words.inner_text() == "The latest date of each place"
    rule.select_option("nearest")
    day = map_page.page.get_by_label("Nearest to this day")
    day.fill("2017-08-20")
    assert map_page.settle().parameter("d") == "nearest:2017-08-20"
    assert words.inner_text() == "The date nearest to 20 Aug 2017 of each place"
    assert all("date=nearest%3A2017-08-20" in url for url in map_page.shown_tiles())
    rule.select_option("season")
    map_page.page.get_by_label("Season").select_option("autumn")
    assert map_page.settle().parameter("d") == "season:autumn"
    rule.select_option("latest")
    assert map_page.settle().parameter("d") is None
    keyboard = map_page.page.keyboard
    map_page.at(".eo-map").focus()
    keyboard.press("[")
    assert map_page.settle().parameter("d") == "nth:2"
    assert words.inner_text() == "Date 2 of 3; where a place has fewer, its last one"
    keyboard.press("[")
    keyboard.press("[")
    assert map_page.settle().parameter("d") == "nth:1"
    assert map_page.at(".eo-toast").inner_text() == "There is no earlier date."
    # The animation shows one frame after the other and is never blank.
    needed = map_page.page.evaluate("window.loadedTiles()")
    map_page.page.get_by_label("Play the dates one after the other").click()
    map_page.page.get_by_label("Speed of the animation").select_option("fast")
    map_page.page.evaluate(FLICKER)
    frames = set()
    for _ in range(30):
        frames.add(map_page.parameter("d"))
        map_page.page.wait_for_timeout(150)
        if len(frames) == 3:
            break
    assert frames == {"nth:1", "nth:2", "nth:3"}
    assert map_page.page.evaluate("window.fewest") >= needed > 10
    map_page.page.get_by_label("Stop the animation").click()
    map_page.settle().page.wait_for_timeout(700)  # a busy browser writes the address late
    frame = map_page.parameter("d")
    map_page.page.wait_for_timeout(1200)
    assert map_page.parameter("d") == frame
    assert map_page.runs() == 1


def test_twenty_quick_changes_of_everything_leave_the_last(map_page):
    script = """async () => {
      const row = scope().querySelector(".eo-layer[data-layer=s2]");
      for (let change = 0; change < 20; change += 1) {
        const button = row.querySelector(".eo-picker-button");
        button.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
        const rule = scope().querySelector("[aria-label=Date]");
        rule.value = change % 2 ? "earliest" : "nth:2";
        rule.dispatchEvent(new Event("change"));
        await new Promise((resolve) => setTimeout(resolve, 60));
      }
    }"""
    map_page.page.evaluate(script)
    map_page.settle()
    map_page.page.wait_for_timeout(500)
    style = map_page.parameter("l").split("s2:")[1].split(":")[0]
    assert style == "index.NDSI"  # the twentieth that can be chosen
    assert map_page.parameter("d") == "earliest"
    assert {re.sub(r".*style=(.*)&select.*", r"\1", url) for url in map_page.shown_tiles()} == {
        f"{style}&date=earliest"
    }
    assert map_page.layer_order() == ["s2"]
