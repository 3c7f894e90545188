"""The map by keyboard: where Tab leads, a whole visit, and every key of the list."""

from pathlib import Path

import pytest

from tests.e2e.hands import MATCHES, Hands

pytestmark = pytest.mark.browser

FOCUSED = Path(__file__).with_name("focused.js").read_text(encoding="utf-8")
PLACE = "48.26143,13.41291,14"
LAYERS = "s2:true_colour:100,reference_map:clc19:60"

OTHER = "([name, before]) => new URLSearchParams(location.search).get(name) !== before"


@pytest.fixture
def hands(open_page):
    return Hands(open_page().open_map(dataset="reben-demo", v=PLACE, l=LAYERS))


def test_tab_goes_from_the_map_to_panel_tools_and_card_with_a_ring(hands):
    hands.on_map("Enter")
    hands.at(".eo-card [data-shown]").first.wait_for()
    hands.on_map("c")
    order = []
    for _ in range(120):
        focused = hands.page.evaluate(FOCUSED)
        if focused["part"] is None:
            break
        assert focused["hasRing"], focused
        if focused["part"] not in order[-1:]:
            order.append(focused["part"])
        hands.press("Tab")
    assert order == ["map", "panel", "tools", "card"]


def test_a_whole_visit_without_a_mouse(hands):
    page = hands.page
    hands.tab_to(".eo-map").press("g")
    page.keyboard.type("48.26143, 13.44505")
    hands.at('.eo-search [role="option"]').first.wait_for()
    hands.press("Enter")
    assert hands.state("v").startswith("48.261")
    # The patch at the centre; the card has the focus, and its pictures the arrow keys.
    hands.tab_to(".eo-map").press("Enter")
    hands.at(".eo-card [data-shown]").first.wait_for()
    patch, row, column = hands.state("i").split("~")
    hands.press("ArrowRight", "ArrowRight", "ArrowUp")
    assert hands.state("i") == f"{patch}~{int(row) - 1}~{int(column) + 2}"
    hands.press("n")
    hands.at(f".eo-card:not([data-id='{patch}'])").wait_for()
    hands.watched.quiet()
    hands.press("p")
    hands.at(f".eo-card[data-id='{patch}']").wait_for()
    # Take it away.
    hands.tab_to(".eo-card a[download][href*='reference_map.tif']")
    with page.expect_download() as taken:
        hands.press("Enter")
    assert Path(taken.value.path()).stat().st_size > 1000
    hands.press("Escape")
    assert hands.at(".eo-card").is_hidden()
    assert page.evaluate(MATCHES, ".eo-map"), "the focus is lost"
    # Hide a class; the focus stays on it.
    hands.tab_to(".eo-class").press("ArrowDown", "ArrowDown", "ArrowRight", "ArrowLeft")
    code = hands.at(".eo-class").nth(2).get_attribute("data-code")
    hands.press("Enter")
    assert f"clc19~not{code}" in hands.state("l")
    assert page.evaluate(MATCHES, f".eo-class[data-code='{code}'][aria-pressed=false]")
    # Compare, move the divider, choose the view to take away.
    hands.tab_to(".eo-map", "Shift+Tab").press("c")
    hands.tab_to(".eo-divider").press("ArrowLeft")
    assert hands.state("c") == "swipe:48"
    hands.tab_to(".eo-tools button[aria-label^='Take away']").press("Enter")
    hands.tab_to(".eo-menu a[href*='view.png'], .eo-menu .eo-menu-item")
    hands.press("Escape")
    assert page.evaluate(MATCHES, ".eo-tools button[aria-label^='Take away']")


class Checks:
    """What each key of the list must do."""

    def __init__(self, hands):
        self.hands = hands

    def changes(self, name, *keys, at=".eo-map"):
        """Each of the keys changes a parameter of the address."""
        values = [self.hands.state(name)]
        for key in keys:
            self.hands.at(at).first.focus()
            self.hands.press(key)
            self.hands.page.wait_for_function(OTHER, arg=[name, values[-1]])
            values.append(self.hands.app.parameter(name))

    def shows(self, selector, key, end="Escape"):
        self.hands.on_map(key)
        assert self.hands.at(selector).first.is_visible()
        self.hands.press(end)
        assert self.hands.at(selector).first.is_hidden()

    def hold(self):
        mode = self.hands.at(".eo-panel").get_by_role("radio", name="Blink")
        mode.click()
        for act, count in (("down", 1), ("up", 0)):
            getattr(self.hands.page.keyboard, act)(" ")
            assert self.hands.at(".eo-root.eo-held").count() == count
        self.hands.on_map("c")

    def full(self):
        self.hands.on_map("f")
        self.hands.page.wait_for_function("scope().fullscreenElement !== null")
        self.hands.press("f")
        self.hands.page.wait_for_function("document.fullscreenElement === null")

    def fold(self):
        self.hands.on_map("l")
        assert self.hands.at(".eo-panel-body").is_hidden()
        self.hands.press("l")
        assert self.hands.at(".eo-panel-body").is_visible()

    def dates_of_the_place(self):
        before = self.hands.state("i")
        self.hands.press("[")
        changed = self.hands.state("i")
        self.hands.press("]")
        assert changed != before == self.hands.state("i")


CARD = ".eo-pictures"
# The beginning of what the list says, and what must happen; the card is open from Enter on.
KEYS = {
    "pan": lambda it: it.changes("v", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"),
    "zoom in and out": lambda it: it.changes("v", "+", "-"),
    "show or hide a layer": lambda it: it.changes("l", "2", "2", "1", "1"),
    "fold or unfold the layer panel": Checks.fold,
    "full screen": Checks.full,
    "show this list": lambda it: it.shows(".eo-help", "?"),
    "measure": lambda it: it.shows(".eo-sketch", "m"),
    "draw a box": lambda it: it.shows(".eo-sketch", "d"),
    "go to a place": lambda it: it.shows(".eo-search", "g"),
    "prepared views": lambda it: it.shows(".eo-menu", "v"),
    "compare": lambda it: it.changes("c", "c", "c", "c", "c"),
    "while comparing by blink": Checks.hold,
    "date before and after": lambda it: it.changes("d", "[", "]"),
    "with the map in focus": lambda it: it.changes("i", "Enter"),
    "with the card's pictures": lambda it: it.changes("i", "ArrowLeft", "ArrowDown", at=CARD),
    "with the card open: the neigh": lambda it: it.changes(
        "i", "Shift+ArrowLeft", "Shift+ArrowRight"
    ),
    "with the card open: the place's date": Checks.dates_of_the_place,
    "next and previous patch": lambda it: it.changes("i", "n", "p"),
    "open or close the card": lambda it: it.shows(".eo-card", "i", "i"),
    "close what is open": lambda it: it.shows(".eo-card", "i"),
}


def test_every_key_of_the_list_does_what_it_says(hands):
    hands.on_map("?")
    rows = hands.at(".eo-help tr").all()
    listed = [(row.locator("th").inner_text(), row.locator("td").inner_text()) for row in rows]
    assert len(set(listed)) == len(listed) == len({meaning for _, meaning in listed})
    assert all(key for key, _ in listed)
    hands.press("Escape")
    meanings = [meaning for _, meaning in listed]
    for start, check in KEYS.items():
        assert sum(meaning.startswith(start) for meaning in meanings) == 1, start
        if start.startswith("open or close"):
            hands.press("Escape")
        check(Checks(hands))
    assert len(KEYS) == len(listed)
