"""Contrast, names and motion, as a person sees and hears them."""

from itertools import chain

import pytest

from tests.e2e.hands import Hands
from tests.e2e.legible import faint, faint_of_few, nameless

pytestmark = pytest.mark.browser

PLACE = "48.26209,13.44508,14"
LAYERS = "s2:true_colour:100,reference_map:clc19:60"
MOVES = """
() => [...scope().querySelectorAll("*")].map((node) => [node, getComputedStyle(node)])
  .filter(([node, { transitionDuration }]) => parseFloat(transitionDuration) > 0)
  .map(([node]) => node.className)
"""


def test_faint_text_and_nameless_buttons_are_found(browser):
    page = browser.new_page()
    page.set_content(
        """<body style="background: #fff"><p style="color: #777">grey</p>
        <p style="color: #767676">just dark enough</p><b style="opacity: 0.5">half</b>
        <div style="background: #333"><i style="color: #000">dark</i><i>named</i></div>
        <input placeholder="hint" style="color: #000">
        <svg width="50" height="50" role="img"><text y="20" fill="#ccc">pale</text></svg>
        <button aria-label="ok"></button><button></button>"""
    )
    assert faint_of_few(page) - {"hint"} == {"grey", "half", "dark", "named", "pale"}
    assert len(nameless(page)) == 2
    page.close()


def states_of_panel_and_card(hands):
    """Bring the map into one state after the other; yield its name."""
    at = hands.at
    yield "map and legend"
    for button in at(".eo-adjust-button:visible").all():
        button.click()
    hands.watched.quiet()
    yield "adjust"
    at(".eo-picker-button:visible").last.click()
    yield "styles"
    hands.press("Escape")
    hands.on_map("Enter")
    at(".eo-card [data-shown]").first.wait_for()
    for fold in at(".eo-card summary").all():
        fold.click()
    yield "card"
    hands.on_map("Escape")
    for mode in ("swipe", "two maps", "blink"):
        hands.on_map("c")
        yield mode
    hands.on_map("c")


def states_of_tools(hands):
    page, at = hands.page, hands.at
    hands.on_map("v")
    yield "views"
    hands.on_map("Escape", "?")
    yield "keys"
    hands.on_map("Escape", "g")
    page.keyboard.type("salz")
    at('.eo-search [role="option"]').first.wait_for()
    yield "search"
    page.keyboard.type("zzzz")
    at(".eo-search .eo-note").wait_for()
    yield "nothing found"
    hands.on_map("Escape", "m")
    box = at(".eo-map").bounding_box()
    for shift in (0, 60):
        page.mouse.click(box["x"] + 500 + shift, box["y"] + 300 + shift)
    yield "measuring"
    hands.press("Escape", "Escape", "v")
    page.get_by_text("Guided tour:").click()
    hands.watched.quiet()
    yield "tour"
    hands.press("Escape")


def states_of_the_bar(hands):
    page = hands.page
    page.get_by_role("button", name="Filter").click()
    for tab in page.get_by_test_id("stPopoverBody").get_by_role("tab").all():
        tab.click()
        page.wait_for_timeout(300)
        yield f"filter: {tab.inner_text()}"
    hands.press("Escape")
    for menu in ("Display", "Export"):
        page.get_by_role("button", name=menu).click()
        page.get_by_test_id("stPopoverBody").wait_for()
        page.wait_for_timeout(300)
        yield menu
        hands.press("Escape")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_can_be_read_and_everything_has_a_name(open_page, theme):
    page = open_page(color_scheme=theme).open_map(dataset="reben-demo", v=PLACE, l=LAYERS)
    hands = Hands(page)
    hands.watched.quiet()
    assert hands.at(".eo-root").get_attribute("data-theme") == theme
    parts = (states_of_panel_and_card, states_of_tools, states_of_the_bar)
    for state in chain.from_iterable(part(hands) for part in parts):
        assert faint(hands.page) == [], state
        assert nameless(hands.page) == [], state
    page.open("/home")
    page.page.get_by_text("Open a folder", exact=True).wait_for()
    page.page.wait_for_timeout(500)
    assert faint(page.page) == []
    assert nameless(page.page) == []


def test_nothing_moves_for_those_who_asked_for_less_motion(open_page):
    page = open_page(reduced_motion="reduce").open_map(dataset="reben-demo", v=PLACE)
    assert page.page.evaluate(MOVES) == []
    page.page.evaluate("scope().querySelector('.eo-map').focus()")
    page.page.keyboard.press("+")
    assert page.at(".eo-zoom").inner_text() == "z 15", "the zoom took its time"
    page.page.keyboard.press("ArrowRight")
    assert page.at(".leaflet-zoom-anim, .leaflet-pan-anim").count() == 0
