"""Two states of the map at once: swipe, two maps, blink, each side with its own layers and date."""

import pytest

pytestmark = pytest.mark.browser

RIGHT = "[...scope().querySelectorAll('.leaflet-eo-right-pane img')].map((img) => img.src)"
# What is drawn at a place of the window: the topmost tile there that is neither cut off nor hidden.
PIXEL = """
([x, y]) => {
  const isSeen = (pane) => {
    const style = getComputedStyle(pane);
    if (style.visibility === "hidden") return false;
    const cut = pane.style.clip.match(/-?[\\d.]+/g)?.map(Number);
    const box = pane.getBoundingClientRect();
    return !cut || (x - box.left <= cut[1] && x - box.left >= cut[3]);
  };
  const names = [".eo-map .leaflet-eo-right-pane", ".eo-map .leaflet-tile-pane"];
  for (const pane of names.map((name) => scope().querySelector(name)).filter(Boolean)) {
    for (const img of isSeen(pane) ? pane.querySelectorAll("img") : []) {
      const box = img.getBoundingClientRect();
      const isHere = x >= box.left && x < box.right && y >= box.top && y < box.bottom;
      if (isHere && img.complete) return new URL(img.src).searchParams.get("style");
    }
  }
  return null;
}
"""


def drag(page, element, dx):
    box = element.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y, steps=5)
    page.mouse.up()


def seen(map_page, x, y=500):
    return map_page.page.evaluate(PIXEL, [x, y])


def test_swipe_shows_each_side_and_its_divider_moves(open_map):
    page = open_map("/?c=swipe:50&l=s2:true_colour:100&r=s2:colour_infrared:100&v=47.5,12,12")
    frame = page.at(".eo-root").bounding_box()
    middle = frame["x"] + frame["width"] / 2
    assert (seen(page, middle - 40), seen(page, middle + 40)) == ("true_colour", "colour_infrared")
    divider = page.at(".eo-divider")
    drag(page.page, divider, 200)
    page.settle()
    percent = float(page.parameter("c").removeprefix("swipe:"))
    style = page.page.evaluate("scope().querySelector('.eo-root').style.cssText")
    cut = float(style.split()[-1][:-2])
    assert percent == cut == pytest.approx(50 + 100 * 200 / frame["width"], abs=1)
    assert divider.get_attribute("aria-valuenow") == f"{percent:.0f}"
    assert seen(page, middle + 150) == "true_colour"
    assert seen(page, middle + 250) == "colour_infrared"
    assert page.page.evaluate("getSelection().toString()") == ""
    # The cut stays where it is while the map moves under it.
    place = page.parameter("v")
    page.drag(-90, 40)
    page.settle()
    assert page.parameter("v") != place
    assert seen(page, middle + 150) == "true_colour"
    assert seen(page, middle + 250) == "colour_infrared"
    for key in ("ArrowLeft", "ArrowLeft", "PageUp"):
        divider.press(key)
    moved = float(page.settle().parameter("c").removeprefix("swipe:"))
    assert moved == pytest.approx(percent + 6)
    divider.press("Home")
    assert seen(page, middle - 100) == "colour_infrared"
    assert page.counters()["created"] == 1
    # A click asks for the side on which it falls.
    page.at("button[role=radio][value='']").click()
    page.settle()
    assert page.parameter("c") is None
    assert page.page.evaluate(RIGHT) == []


def test_each_side_has_its_own_layers_and_date(map_page):
    map_page.at("button[role=radio][value=swipe]").click()
    map_page.settle()
    assert map_page.at("[role=tab][value=right]").get_attribute("aria-selected") == "true"
    # The right side begins with the reference map over the left one's layers.
    assert map_page.parameter("r") == "density:count:100,s2:true_colour:100,reference_map:clc19:60"
    left = set(map_page.shown_tiles())
    map_page.pick("s2", "band.B05")
    map_page.page.get_by_label("Date", exact=True).select_option("earliest")
    map_page.settle()
    assert set(map_page.shown_tiles()) == left
    assert map_page.parameter("rd") == "earliest"
    assert map_page.parameter("l") is None
    right = map_page.page.evaluate(RIGHT)
    assert all("date=earliest" in url for url in right)
    assert {url.split("style=")[1].split("&")[0] for url in right} == {"band.B05", "clc19"}
    assert map_page.at(".eo-right-label").inner_text() == "19 classes over B05 · earliest"
    map_page.at("[role=tab][value=left]").click()
    date = map_page.page.get_by_label("Date", exact=True)
    assert date.input_value() == "latest"
    map_page.pick("s2", "colour_infrared")
    map_page.settle()
    assert map_page.page.evaluate(RIGHT) == right
    # A click, a question: each with the date of the side on which it falls.
    frame = map_page.at(".eo-map").bounding_box()
    since = len(map_page.requests)
    map_page.click(int(frame["width"] / 2) + 60, 300)
    map_page.at(".eo-card:not([aria-busy])").wait_for()
    asked = [url for url in map_page.requests[since:] if "/point/" in url]
    assert len(asked) == 1
    assert "date=earliest" in asked[0]
    assert map_page.runs() == 1


def test_two_maps_move_together_with_one_cursor(open_map):
    page = open_map("/?v=47.5,12,12&c=two&l=s2:true_colour:100&r=s2:band.B05:100&rd=nth:1")
    maps = page.at(".eo-map")
    assert maps.count() == 2
    boxes = [maps.nth(index).bounding_box() for index in range(2)]
    assert boxes[0]["width"] == pytest.approx(boxes[1]["width"], abs=2)
    corners = """() => [...scope().querySelectorAll('.eo-map')].map((map) => {
      const box = map.getBoundingClientRect();
      return [...map.querySelectorAll('.leaflet-tile-pane img')]
        .map((img) => [img.src.split('/tiles/mock/s2/')[1].split('.png')[0],
                       Math.round(img.getBoundingClientRect().left - box.left),
                       Math.round(img.getBoundingClientRect().top - box.top)])
        .filter(([, x, y]) => x > -200 && y > -200 && x < box.width && y < box.height)
        .sort().map(String);
    })"""
    left, right = page.page.evaluate(corners)
    assert left == right
    centre = page.view()
    mouse = page.page.mouse
    mouse.move(boxes[1]["x"] + 300, boxes[1]["y"] + 300)
    mouse.down()
    mouse.move(boxes[1]["x"] + 200, boxes[1]["y"] + 250, steps=4)
    page.page.wait_for_timeout(80)
    mouse.up()
    mouse.wheel(0, -240)
    page.page.wait_for_timeout(700)
    page.settle()
    left, right = page.page.evaluate(corners)
    assert left == right
    assert page.view()[2] > centre[2]
    # The cursor of one map is marked at the same place of the other.
    mouse.move(boxes[1]["x"] + 311, boxes[1]["y"] + 222)
    ghost = page.at(".eo-ghost").bounding_box()
    assert ghost["x"] + 9 == pytest.approx(boxes[0]["x"] + 311, abs=2)
    assert ghost["y"] + 9 == pytest.approx(boxes[0]["y"] + 222, abs=2)
    # The outline of a patch that is clicked on the right is drawn on both.
    maps.nth(1).click(position={"x": 250, "y": 200})
    page.at(".eo-card:not([aria-busy])").wait_for()
    assert page.at("path.eo-outline").count() == 2
    first = page.page.evaluate("(window.kept = scope().querySelector('.eo-map')) && 1")
    assert first == 1
    page.page.keyboard.press("Escape")
    page.at("button[role=radio][value=swipe]").click()
    page.settle()
    assert page.page.evaluate("scope().querySelector('.eo-map') === window.kept")
    assert maps.count() == 1
    assert maps.bounding_box()["width"] == pytest.approx(2 * boxes[0]["width"], abs=3)
    assert page.counters() | {"updates": 0} == {
        "created": 1,
        "destroyed": 0,
        "updates": 0,
        "adopted": 0,
        "compared": 1,
    }


def test_blink_while_space_is_held_and_c_goes_round(map_page):
    map_page.at(".eo-map").focus()
    keyboard = map_page.page.keyboard
    modes = []
    for _ in range(4):
        keyboard.press("c")
        modes.append(map_page.settle().parameter("c"))
    assert modes == ["swipe:50", "two", "blink", None]
    assert map_page.page.get_by_role("dialog").count() == 0
    for _ in range(3):
        keyboard.press("c")
    map_page.pick("s2", "colour_infrared")
    map_page.at(".eo-layer[data-layer=reference_map] button").first.click()
    map_page.settle()
    map_page.at(".eo-map").focus()
    since = len(map_page.requests)
    scroll = map_page.page.evaluate("document.scrollingElement.scrollTop")
    assert seen(map_page, 800) == "true_colour"
    keyboard.down(" ")
    assert seen(map_page, 800) == "colour_infrared"
    assert map_page.at(".eo-right-label").is_visible()
    keyboard.up(" ")
    assert seen(map_page, 800) == "true_colour"
    assert map_page.tiles(since) == []
    assert map_page.page.evaluate("document.scrollingElement.scrollTop") == scroll
    # Without a keyboard there is a button to hold.
    button = map_page.at(".eo-hold")
    box = button.bounding_box()
    map_page.page.mouse.move(box["x"] + 20, box["y"] + 10)
    map_page.page.mouse.down()
    assert seen(map_page, 800) == "colour_infrared"
    map_page.page.mouse.up()
    assert seen(map_page, 800) == "true_colour"
    assert map_page.runs() == 1


def test_compare_on_a_phone(open_map):
    page = open_map(
        "/?v=47.5,12,11&c=two", width=390, height=844, has_touch=True, device_scale_factor=2
    )
    page.at(".eo-root").scroll_into_view_if_needed()
    top, bottom = (page.at(".eo-map").nth(index).bounding_box() for index in range(2))
    assert top["width"] == bottom["width"]
    assert top["y"] + top["height"] == pytest.approx(bottom["y"], abs=2)
    page.page.get_by_role("button", name="Layers").tap()
    sheet = page.at(".eo-panel").bounding_box()
    assert (sheet["x"], sheet["width"]) == (0, 390)
    assert sheet["y"] + sheet["height"] == pytest.approx(844, abs=1)
    page.at("button[role=radio][value=swipe]").tap()
    page.page.get_by_role("button", name="Layers").tap()
    page.settle()
    grip = page.at(".eo-grip").bounding_box()
    assert min(grip["width"], grip["height"]) >= 36
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
