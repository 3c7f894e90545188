"""A telephone of 390 by 844: the map first, the rest in reach of a thumb."""

import re

import pytest

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844, "has_touch": True, "device_scale_factor": 2}


@pytest.fixture
def phone(open_page):
    return open_page(**PHONE, color_scheme="dark").open_map(dataset="reben-demo")


def no_sideways(page):
    script = """() => Math.max(...[document.documentElement, document.body,
        document.querySelector('[data-testid="stMain"]')].map((node) => node.scrollWidth))"""
    assert page.page.evaluate(script) <= 390


def test_map_panel_and_card(phone):
    no_sideways(phone)
    root = phone.at(".eo-root").bounding_box()
    assert root["height"] >= 0.55 * 844
    assert root["y"] + root["height"] <= 844 + 1, "one has to scroll for the whole map"

    phone.page.get_by_role("button", name="Layers", exact=True).tap()
    eye = phone.at("[data-layer=reference_map]").get_by_label("Show Reference map")
    eye.tap()
    phone.settle()
    assert any("/reference_map/" in url for url in phone.shown_tiles())
    phone.page.get_by_role("button", name="Layers", exact=True).tap()

    phone.at(".eo-map").tap(position={"x": root["width"] / 2, "y": root["height"] / 2})
    phone.at(".eo-card:not([aria-busy])").wait_for()
    card = phone.at(".eo-card").bounding_box()
    assert card["x"] >= 0
    assert card["x"] + card["width"] <= 390
    assert card["y"] + card["height"] <= 844 + 1
    assert phone.at(".eo-card h3").filter(has_text="Labels").is_visible()
    no_sideways(phone)
    phone.at(".eo-card").get_by_label("Close (Esc)").tap()
    assert not phone.at(".eo-card").is_visible()


def test_filter_and_home(phone):
    phone.page.get_by_role("button", name="Filter").tap()
    panel = phone.page.get_by_test_id("stPopoverBody")
    panel.get_by_role("tab", name="Patches").tap()
    panel.get_by_test_id("stCheckbox").filter(has_text=re.compile(r"^test \d+$")).tap()
    phone.page.get_by_role("button", name="test ✕").wait_for()
    box = panel.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    phone.page.keyboard.press("Escape")
    no_sideways(phone)
    root = phone.at(".eo-root").bounding_box()
    assert root["height"] >= 0.55 * 844
    phone.open("/home")
    phone.page.get_by_text("Open a folder", exact=True).wait_for()
    no_sideways(phone)


# What opens, and by which button; styles and legend stand in the sheet of the layers.
PANELS = {
    ".eo-panel-body": "Layers",
    ".eo-search": "Go to a place (g)",
    ".eo-menu:visible": "Prepared views and a tour (v)",
    ".eo-sketch": "Measure distance and area (m)",
}
COVERED = """
(element) => {
  const map = scope().querySelector(".eo-map").getBoundingClientRect();
  const box = element.getBoundingClientRect();
  const high = Math.min(box.bottom, map.bottom) - Math.max(box.top, map.top);
  const wide = Math.min(box.right, map.right) - Math.max(box.left, map.left);
  return [box.left, box.right, (high * wide) / (map.width * map.height)];
}
"""
SMALL = """
() => [...scope().querySelectorAll("button, select, summary")]
  .filter((node) => node.checkVisibility())
  .map((node) => [node.title || node.textContent, node.getBoundingClientRect()])
  .filter(([, { width, height }]) => width && Math.min(width, height) < 24)
  .map(([name, { width, height }]) => [name, width, height])
"""


def test_each_panel_leaves_some_of_the_map_and_can_be_touched(phone):
    for selector, name in PANELS.items():
        phone.at(".eo-root").get_by_role("button", name=name, exact=True).tap()
        part = phone.at(selector).first
        part.wait_for()
        left, right, share = part.evaluate(COVERED)
        assert left >= 0, name
        assert right <= 390, name
        assert share < 0.85, f"{name} hides the map"
        assert phone.page.evaluate(SMALL) == [], name
        no_sideways(phone)
        if name == "Layers":
            phone.at(".eo-root").get_by_role("button", name=name, exact=True).tap()
        else:
            phone.page.keyboard.press("Escape")
        part.wait_for(state="hidden")
    phone.at(".eo-tools").get_by_label("Prepared views").tap()
    phone.page.get_by_role("button", name="Guided tour").tap()
    left, right, share = phone.at(".eo-tour").evaluate(COVERED)
    assert (left >= 0, right <= 390, share < 0.5) == (True, True, True)
    no_sideways(phone)
