"""Links: what is looked at is in the address, comes back elsewhere, and Back leads to it."""

import re
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from eoexplore.store import catalog
from tests.e2e.conftest import page_maker
from tests.e2e.random_views import Walk, Watched, look, round_trip

pytestmark = pytest.mark.browser

HOSTILE = '<img src=x onerror="window.hacked=1">{{7*7}}'
# What a link asks for, and what is said about it. The map says all that it has to say at once.
STRANGE = [
    (
        "l=s2:gone_style:100,footprints:line:60&d=%&c=triple&r=s2:vv:100&i=S2A_GONE~3~4"
        "&select=%E0%A4%A&v=48.2,13.4,11",
        (
            "Sentinel-2 has no style “gone_style”",
            "The date “%” is not known; the latest is shown.",
            "There is no comparison “triple”.",
            "is not known and was ignored",
            "This patch is not in the dataset any more.",
        ),
    ),
    (
        "l=" + "s" * 5000 + "&v=" + "9" * 5000 + "&select=country%3D" + "b" * 5000,
        (
            "This dataset has no layer",
            "The place in this link cannot be read.",
            "No patch has the country",
        ),
    ),
    (
        "palette=pink&l=s2:true_colour:100&l=none&v=48.2,13.4,11&v=1,2,3",
        ("The palette 'pink' is not known; the official colours are shown.",),
    ),
    ("v=%ZZ", ()),
    (
        "&".join(f"{name}={quote(HOSTILE)}" for name in ("v", "l", "d", "c", "r", "rd", "i")),
        ("<img",),
    ),
]


@pytest.fixture
def places(monkeypatch, cache):
    """Places of some patches of the demo."""
    monkeypatch.setenv("EOEXPLORE_CACHE", str(cache))
    samples = catalog.open_slug("reben-demo").samples
    rows = range(0, len(samples), 5)
    return [(float(samples.lat[row]), float(samples.lon[row])) for row in rows]


@pytest.fixture
def lenient_page(contexts, server):
    """A page that may be told that there is no patch, of which the browser complains."""
    with page_maker(contexts, server) as maker:
        page = maker()
        yield page
        absent = re.compile(r"404 .*/(card\.json|point/)")
        page.complaints[:] = [text for text in page.complaints if not absent.search(text)]


def test_random_states_are_the_same_in_another_browser(lenient_page, open_page, places):
    lenient_page.open_map(dataset="reben-demo")
    walk = Walk(Watched(lenient_page), places, seed=21)
    walk.leap()
    walk.steps(9)
    other = open_page(profile="elsewhere")
    assert round_trip(walk, other) == [], f"{walk.done} {lenient_page.page.url}"


def test_the_card_keeps_its_side_and_follows_the_date_of_the_map(open_page, places):
    lat, lon = places[0]
    page = open_page().open_map(
        dataset="reben-demo",
        v=f"{lat:.5f},{lon:.5f},14",
        l="s2:true_colour:100",
        c="swipe:30",
        r="s2:colour_infrared:100",
        rd="earliest",
    )
    box = page.at(".eo-map").bounding_box()
    page.page.mouse.click(box["x"] + box["width"] / 2 + 20, box["y"] + box["height"] / 2)
    styles = page.at("[data-picture=s2][data-shown*=colour_infrared]")
    styles.wait_for()
    page.settle()
    assert page.parameter("i").endswith("~r")
    other = open_page(profile="another")
    other.page.goto(page.page.url)
    other.at("[data-picture=s2][data-shown*=colour_infrared]").wait_for()
    other.settle()
    for each in (page, other):
        each.at(".eo-pixel:not([aria-busy]) .eo-spectrum").wait_for()
    assert other.at(".eo-card").inner_text() == page.at(".eo-card").inner_text()
    # The comparison is over: the card goes over to the side that is left.
    page.at(".eo-panel").get_by_role("radio", name="Off").click()
    page.at("[data-picture=s2][data-shown*=true_colour]").wait_for()
    page.settle()
    assert not page.parameter("i").endswith("~r")
    # Another date rule has other neighbours.
    before, watched = len(page.requests), Watched(page)
    page.at(".eo-panel").get_by_label("Date", exact=True).select_option("nth:1")
    watched.quiet()
    asked = [url for url in page.requests[before:] if "card.json" in url]
    assert ["date=nth%3A1" in url for url in asked] == [True]


def state_of(page):
    """Return what the address says, and what the map shows of it."""
    page.settle()
    return {name: values[0] for name, values in parse_qs(urlsplit(page.page.url).query).items()}


def whole_pixels(page):
    """Whether the lines on the map lie on pixels: else a picture depends on how one came to it."""
    moves = page.page.evaluate(
        "[...scope().querySelectorAll('.leaflet-map-pane svg, .leaflet-map-pane canvas')]"
        ".map((node) => node.style.transform)"
    )
    numbers = [number for move in moves for number in re.findall(r"(-?[\d.]+)px", move)]
    return len(moves) == 2 and all(float(number).is_integer() for number in numbers)


def test_back_and_forward_lead_through_what_was_chosen_not_through_pans(open_page, places):
    lat, lon = places[0]
    page = open_page().open_map(
        dataset="reben-demo", v=f"{lat:.5f},{lon:.5f},13", l="s2:colour_infrared:80", d="earliest"
    )
    length = page.page.evaluate("history.length")
    page.drag(90, 40)
    page.settle()
    page.drag(-30, 40)
    page.drag(-60, -80)
    walk = Walk(Watched(page), places, seed=1)
    walk.patch()
    states = [state_of(page)]
    assert "i" in states[0]
    assert page.page.evaluate("history.length") == length
    for act in (
        lambda: walk.go(*places[-1]),
        lambda: page.at(".eo-panel").get_by_role("radio", name="Swipe").click(),
        lambda: (page.page.keyboard.press("v"), page.at(".eo-menu-item").nth(2).click()),
        lambda: (page.page.keyboard.press("v"), page.page.get_by_text("Guided tour:").click()),
        lambda: page.at(".eo-tour").get_by_role("button", name="Next").click(),
    ):
        act()
        assert whole_pixels(page) or "i" not in states[-1]
        states.append(state_of(page))
    assert page.page.evaluate("history.length") == length + 5
    for state in states[-2::-1]:
        page.page.go_back()
        assert state_of(page) == state
    assert not page.at(".eo-divider").is_visible()
    tiles = page.shown_tiles()
    assert tiles
    assert all("style=colour_infrared&date=earliest" in url for url in tiles)
    for state in states[1:]:
        page.page.go_forward()
        assert state_of(page) == state
    assert page.counters()["created"] == 1


def test_another_page_and_back_keep_everything(open_page, places):
    lat, lon = places[0]
    page = open_page().open_map(
        dataset="reben-demo",
        v=f"{lat:.5f},{lon:.5f},13",
        l="s2:colour_infrared:80,reference_map:clc3~line:60",
        d="earliest",
        c="swipe:40",
        r="s1:vv:100",
        select="country=Austria|Portugal",
        palette="safe",
    )
    watched = Watched(page)
    Walk(watched, places, seed=1).patch()
    before = look(watched)
    page.page.get_by_role("link", name="Home").click()
    page.page.get_by_text("Open a folder", exact=True).wait_for()
    page.page.go_back()
    page.at(".eo-root").wait_for()
    assert before.differs_from(look(watched)) == []
    page.page.get_by_role("link", name="Home").click()
    page.page.get_by_text("Open a folder", exact=True).wait_for()
    page.page.get_by_role("link", name="Map", exact=True).first.click()
    page.at(".eo-root").wait_for()
    assert before.differs_from(look(watched)) == []
    assert page.counters()["created"] == 1


def test_strange_links_are_answered_with_a_sentence_and_a_picture(lenient_page):
    page = lenient_page
    for query, said in STRANGE:
        page.page.goto(f"{page.server.address}/?dataset=reben-demo&{query}")
        everywhere = ".eo-toast.eo-shown, .eo-card:visible, [data-testid=stAlert], .stToast"
        for sentence in said:
            page.at(everywhere).filter(has_text=sentence).first.wait_for()
        page.at(".eo-root").wait_for()
        page.settle()
        assert page.at(".leaflet-tile-loaded").count() or "bbb" in query
        assert page.at('[data-testid="stException"]').count() == 0
        assert page.page.evaluate("window.hacked") is None
        assert page.parameter("v"), "the map has no place"
        assert len(page.page.evaluate("location.search")) < 2200
        assert page.counters()["created"] == 1, query


def test_a_link_to_a_dataset_that_is_not_here(open_page):
    page = open_page().open_map(dataset="gone", v="48.2,13.4,11", l="s2:true_colour:100")
    page.page.get_by_test_id("stAlert").get_by_text(
        "The dataset of this link is not here"
    ).wait_for()
    assert page.parameter("dataset") != "gone"
