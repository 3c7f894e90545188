"""What the map offers beside looking: go to, measure, draw, hide classes, prepared views."""

import json
from pathlib import Path

import numpy as np
import pytest
from pyproj import Geod

GEOD = Geod(ellps="WGS84")
SHAPES = [
    [(12, 48), (12.5, 48.1), (12.4, 48.4), (11.9, 48.3)],
    [(-8.9, 38.4), (-8.8, 38.4), (-8.85, 38.5)],
    [(-8, 37), (25, 40), (30, 65), (-5, 55)],
    [(-70, -34), (-69, -34), (-69, -33)],
]


@pytest.fixture(scope="module")
def data_folder() -> Path:
    return Path(__file__).resolve().parents[2] / "assets" / "tours"


@pytest.fixture
def demo_map(open_page):
    return open_page().open_map(dataset="reben-demo")


def module(page, name: str, body: str, value: object) -> object:
    """Run a function body with a module of the map as `it`."""
    script = f"async (value) => {{ const it = await import('/ui/{name}'); {body} }}"
    return page.evaluate(script, value)


def test_lengths_and_areas_are_those_of_the_ellipsoid(demo_map):
    rings = [[{"lon": lon, "lat": lat} for lon, lat in shape] for shape in SHAPES]
    body = "return value.map((ring) => [it.length(ring), it.area(ring)])"
    measured = module(demo_map.page, "geodesy.js", body, rings)
    for shape, (length, area) in zip(SHAPES, measured, strict=True):
        lon, lat = zip(*shape, strict=True)
        assert length == pytest.approx(GEOD.line_length(lon, lat), rel=1e-9)
        # Its sides are great circles, those of the ellipsoid differ a little over continents.
        assert area == pytest.approx(abs(GEOD.polygon_area_perimeter(lon, lat)[0]), rel=2e-4)


def test_measured_between_two_clicks(demo_map):
    box = demo_map.at(".eo-map").bounding_box()
    demo_map.page.keyboard.press("m")
    places = []
    for x, y in ((500, 300), (700, 420)):
        demo_map.page.mouse.move(box["x"] + x, box["y"] + y)
        places.append(demo_map.at(".eo-coordinates").inner_text())
        demo_map.page.mouse.click(box["x"] + x, box["y"] + y)
        demo_map.page.wait_for_timeout(400)
    demo_map.at(".eo-sketch").get_by_text("Finish").click()
    text = demo_map.at(".eo-measured").inner_text().split()
    shown = float(text[0].replace(",", "")) * (1000 if text[1] == "km" else 1)
    ends = [decimal(text) for text in places]
    expected = GEOD.inv(*ends[0], *ends[1])[2]
    assert shown == pytest.approx(expected, rel=0.01)
    demo_map.page.keyboard.press("Escape")
    assert demo_map.at(".eo-measured").is_hidden()


def under(page, selector: str) -> tuple[float, float]:
    """Return longitude and latitude under the middle of an element."""
    box = page.at(selector).bounding_box()
    page.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    return decimal(page.at(".eo-coordinates").inner_text())


def decimal(text: str) -> tuple[float, float]:
    lat, north, lon, east = text.split()
    return (
        float(lon) * (-1 if east == "W" else 1),
        float(lat) * (-1 if north == "S" else 1),
    )


def test_a_drawn_box_becomes_part_of_the_selection_and_can_be_dropped(demo_map):
    page = demo_map.page
    before = demo_map.parameter("v")
    box = demo_map.at(".eo-map").bounding_box()
    page.keyboard.press("d")
    for x, y in ((600, 200), (900, 420)):
        page.mouse.click(box["x"] + x, box["y"] + y)
        page.wait_for_timeout(420)
    chip = page.get_by_role("button", name="drawn area")
    chip.wait_for()
    demo_map.settle()
    assert demo_map.parameter("select").startswith("box=")
    assert demo_map.parameter("v") == before
    assert demo_map.counters()["created"] == 1
    assert demo_map.at(".eo-area").count() > 0
    chip.click()
    chip.wait_for(state="detached")
    demo_map.settle()
    assert demo_map.parameter("select") is None
    assert demo_map.at(".eo-area").count() == 0


def test_go_to_a_town_coordinates_and_a_patch(demo_map):
    page = demo_map.page
    for text, lat, lon, near in (
        ("salzburg", 47.8, 13.04, 0.1),
        ("38.41 N 8.75 W", 38.41, -8.75, 0.05),
    ):
        page.keyboard.press("g")
        page.keyboard.type(text)
        demo_map.at('.eo-search [role="option"]').first.wait_for()
        page.keyboard.press("Enter")
        demo_map.settle()
        place = [float(part) for part in demo_map.parameter("v").split(",")]
        assert place[0] == pytest.approx(lat, abs=near)
        assert place[1] == pytest.approx(lon, abs=near)
    assert under(demo_map, ".eo-found") == pytest.approx((-8.75, 38.41), abs=0.001)
    page.keyboard.press("g")
    page.keyboard.type("zzzz no such place")
    page.get_by_text("Nothing of this name is known here.").wait_for()
    page.keyboard.press("Escape")
    assert demo_map.at(".eo-search").is_hidden()
    page.go_back()
    demo_map.settle()
    assert float(demo_map.parameter("v").split(",")[0]) == pytest.approx(47.8, abs=0.1)


def test_a_class_is_hidden_shown_alone_and_says_its_area(open_page):
    demo_map = open_page().open_map(
        dataset="reben-demo", l="reference_map:clc19:100", v="38.40000,-8.82000,13"
    )
    demo_map.at(".eo-class").first.wait_for()
    pressed = demo_map.at('.eo-class[aria-pressed="true"]').count()
    marine = demo_map.at(".eo-class", has_text="Marine waters")
    assert "km²" in marine.locator(".eo-class-areas").inner_text()
    whole = demo_map.pixels()
    marine.click()
    demo_map.settle()
    assert demo_map.parameter("l") == "reference_map:clc19~not523:100"
    hidden = demo_map.pixels()
    blue = np.abs(whole - np.array([230, 242, 255])).max(axis=-1) < 3
    assert blue.any() or (whole != hidden).any()
    assert demo_map.at('.eo-class[aria-pressed="true"]').count() == pressed - 1
    demo_map.at('[aria-label="Show only Marine waters"]').focus()
    demo_map.page.keyboard.press("Enter")
    demo_map.settle()
    assert demo_map.parameter("l") == "reference_map:clc19~only523:100"
    demo_map.page.get_by_role("button", name="Show all", exact=True).click()
    demo_map.settle()
    assert demo_map.parameter("l") == "reference_map:clc19:100"
    assert (demo_map.pixels() == whole).all()


def test_every_prepared_view_and_stop_shows_something(open_page, data_folder):
    """Nothing that the views ask for is unknown, and each leads to its place and layers."""
    demo_map = open_page().open_map(dataset="reben-demo")
    stored = json.loads((data_folder / "reben-synthetic.json").read_text(encoding="utf-8"))
    assert len(stored["views"]) == 6
    for index, view in enumerate(stored["views"]):
        demo_map.page.keyboard.press("v")
        demo_map.at(".eo-menu:visible .eo-menu-item").nth(index).click()
        demo_map.page.wait_for_timeout(400)  # until the address is written
        wanted = dict(part.split("=", 1) for part in view["query"].split("&"))
        for name in ("l", "d", "c", "r", "rd"):
            assert demo_map.parameter(name) == wanted.get(name), view["title"]
        assert demo_map.at(".eo-toast.eo-shown").count() == 0, view["title"]
    assert demo_map.counters()["created"] == 1


def test_the_tour_goes_from_stop_to_stop_and_can_be_left(open_page, data_folder):
    demo_map = open_page().open_map(dataset="reben-demo")
    stops = json.loads((data_folder / "reben-synthetic.json").read_text(encoding="utf-8"))["tour"]
    demo_map.page.keyboard.press("v")
    demo_map.page.get_by_role("button", name="Guided tour").click()
    for stop in stops:
        demo_map.at(".eo-tour h2", has_text=stop["title"]).wait_for()
        demo_map.page.wait_for_timeout(200)
        demo_map.at(".eo-tour footer button").last.click()
    assert demo_map.at(".eo-tour").is_hidden()
    # The patch of one stop is in the whole demo only; here its card says that it is not there.
    demo_map.settle()
    demo_map.complaints[:] = [text for text in demo_map.complaints if "/card.json" not in text]
