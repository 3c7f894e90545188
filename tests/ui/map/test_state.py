"""The state of the map in the address: texts of styles and dates, links, Back and Forward."""

import pytest

pytestmark = pytest.mark.browser

STYLES = """
async ([texts, changes]) => {
  const { parseStyle, formatStyle, withName } = await import("/eo/ui/styletext.js");
  return {
    round: texts.map((text) => formatStyle(parseStyle(text))),
    unknown: texts.map((text) => parseStyle(text).unknown),
    other: changes.map((text) => withName(text, "index.EVI")),
  };
}
"""
RULES = """
async ([good, bad, known]) => {
  const rules = await import("/eo/ui/rules.js");
  const step = (text, by) => rules.stepRule(text, by, known);
  return {
    good: good.map((text) => rules.formatRule(rules.parseRule(text))),
    bad: bad.map(rules.parseRule),
    words: good.map((text) => rules.ruleWords(text, 3)),
    steps: [step("", -1), step("earliest", 1), step("nth:2", -1), step("", 1), step("earliest", -1),
            step("nearest:2017-08-01", 1), step("2017-11-05", -1), step("season:autumn", 1)],
  };
}
"""
COMPARES = """
async (texts) => {
  const { parseCompare } = await import("/eo/ui/compare.js");
  return texts.map(parseCompare).map(({ mode, percent }) => [mode ?? null, percent]);
}
"""
LAYERS = """
async ([texts, sets]) => {
  const { Choices, parseLayers } = await import("/eo/ui/choices.js");
  const style = (id) => ({ id, title: id });
  const source = ["a", "b", "c"].map((id) => ({
    id, title: id, visible: id === "b", opacity: 1,
    styles: [style("one"), style("two")], style: "one",
  }));
  const read = (text) => { const it = new Choices(parseLayers(text)); it.sync(source); return it; };
  const look = (it) => it.layers.map(
    ({ id, visible, styleText, opacity }) => [id, visible, styleText, opacity],
  );
  const own = sets.map((acts) => {
    const it = read(null);
    for (const [name, ...values] of acts) it[name](...values);
    return it;
  });
  return {
    own: own.map((it) => it.format()),
    isSame: own.map((it) => JSON.stringify(look(it)) === JSON.stringify(look(read(it.format())))),
    read: texts.map((text) => look(read(text))),
  };
}
"""
KNOWN = {
    "dates": ["2017-06-13", "2017-08-01", "2017-11-05"],
    "seasons": ["winter", "spring", "summer", "autumn"],
    "frames": 3,
}


def test_style_texts_are_read_and_written(shared_map):
    texts = [
        "true_colour",
        "band.B05~p2..98",
        "index.NDVI~inv~g0.8~r-0.2..0.9",
        "clc19~line~only311.312",
        "clc3~not999",
        "vv~p98..2~g99~r1..1~glow~only~p0..101",
        "<img src=x>~inv",
        "",
    ]
    changes = ["band.B05~p2..98~g0.8", "index.NDVI~r0..1~inv"]
    found = shared_map.page.evaluate(STYLES, [texts, changes])
    assert found["round"] == [
        "true_colour",
        "band.B05~p2..98",
        "index.NDVI~r-0.2..0.9~g0.8~inv",
        "clc19~line~only311.312",
        "clc3~not999",
        "vv",
        "~inv",
        "",
    ]
    assert found["unknown"][5] == ["p98..2", "g99", "r1..1", "glow", "only", "p0..101"]
    assert [len(left) for left in found["unknown"]] == [0, 0, 0, 0, 0, 6, 0, 0]
    # Another style keeps what still means the same: not a range in another unit.
    assert found["other"] == ["index.EVI~p2..98~g0.8", "index.EVI"]


def test_date_rules_are_read_written_said_and_stepped(shared_map):
    good = ["", "latest", "earliest", "nearest:2017-08-01", "season:Winter", "nth:2", "2017-06-13"]
    good += ["2017-06-01..2017-08-31"]
    bad = ["newest", "nearest:", "nearest:2017-02-30", "nth:0", "nth:x", "season:<b>", "2017-13-01"]
    bad += ["2017-08-31..2017-06-01", "2017-06-01..2017-06-02..2017-06-03"]
    found = shared_map.page.evaluate(RULES, [good, bad, KNOWN])
    assert found["good"] == ["", "", *good[2:4], "season:winter", *good[5:]]
    assert found["bad"] == [None] * len(bad)
    assert found["words"][3:6] == [
        "The date nearest to 1 Aug 2017 of each place",
        "The latest date in winter of each place",
        "Date 2 of 3; where a place has fewer, its last one",
    ]
    assert found["steps"] == [
        "nth:2",
        "nth:2",
        "nth:1",
        None,
        None,
        "nearest:2017-11-05",
        "2017-08-01",
        "season:winter",
    ]


def test_links_keep_hidden_layers_that_are_not_as_proposed(shared_map):
    sets = [
        [["set", "c", {"visible": True}]],
        [["set", "a", {"style": "two~p2..98"}]],
        [["set", "b", {"visible": False, "opacity": 0.3}]],
        [["set", "b", {"visible": False}]],
        [["move", "b", 1]],
        [["move", "c", -1], ["set", "c", {"visible": True}]],
        [["set", "b", {"visible": False}], ["move", "a", 1]],
    ]
    found = shared_map.page.evaluate(LAYERS, [["!a:two:50", "!b:one:100,c:two:40"], sets])
    assert found["own"] == [
        "b:one:100,c:one:100",
        "!a:two~p2..98:100,b:one:100",
        "!b:one:30",
        "none",
        "!a:one:100,!c:one:100,b:one:100",
        "c:one:100,b:one:100",
        "!b:one:100,!a:one:100,!c:one:100",
    ]
    assert found["isSame"] == [True] * len(sets)
    assert found["read"] == [
        [["a", False, "two", 0.5], ["b", False, "one", 1], ["c", False, "one", 1]],
        [["a", False, "one", 1], ["b", False, "one", 1], ["c", True, "two", 0.4]],
    ]


def test_comparisons_are_read(shared_map):
    texts = ["swipe:30", "swipe", "swipe:999", "swipe:x", "two", "blink", "", None, "triple"]
    assert shared_map.page.evaluate(COMPARES, texts) == [
        ["swipe", 30],
        ["swipe", 50],
        ["swipe", 100],
        ["swipe", 50],
        ["two", 50],
        ["blink", 50],
        [None, 50],
        [None, 50],
        [None, 50],
    ]


def test_link_restores_everything_and_gives_the_same_link(open_map):
    link = (
        "/?dataset=mock&v=47.30004,11.70003,11&l=s2:band.B05~p2..98~g0.8:80,reference_map:clc19~line:60"
        "&d=season:summer&c=swipe:35&r=s2:index.NDVI~r-0.2..0.9~inv:100&rd=nth:2"
    )
    page = open_map(link)
    first = page.page.evaluate("location.search")
    tiles = page.shown_tiles()
    assert {part.split("style=")[1].split("&select")[0] for part in tiles} == {
        "band.B05~p2..98~g0.8&date=season%3Asummer",
        "clc19~line&date=season%3Asummer",
    }
    script = "[...scope().querySelectorAll('.leaflet-eo-right-pane img')].map((img) => img.src)"
    right = page.page.evaluate(script)
    assert right
    assert all("style=index.NDVI~r-0.2..0.9~inv&date=nth%3A2" in url for url in right)
    assert page.at(".eo-divider").get_attribute("aria-valuenow") == "35"
    # Opened once more, the address stays as it is, and so does every tile.
    again = open_map(f"/{first}")
    assert again.page.evaluate("location.search") == first
    assert sorted(again.shown_tiles()) == sorted(tiles)
    assert again.view() == page.view()


def test_link_to_what_is_gone_says_so_and_shows_the_rest(open_map):
    page = open_map(
        "/?v=47.5,12,11&l=gone:x:100,s2:index.GONE:90,reference_map:clc19~wild:50&d=someday&c=triple"
    )
    said = page.at(".eo-toast").inner_text()
    for part in ("“gone”", "“index.GONE”", "“wild”", "“someday”", "“triple”"):
        assert part in said
    assert page.layer_order() == ["s2", "reference_map"]
    assert page.parameter("l") == "s2:true_colour:90,reference_map:clc19:50"
    assert (page.parameter("d"), page.parameter("c")) == (None, None)


def test_back_and_forward_follow_jumps_not_pans(map_page):
    start = map_page.parameter("v")
    map_page.drag(-120, 0)
    panned = map_page.settle().parameter("v")
    length = map_page.page.evaluate("history.length")
    map_page.page.get_by_role("button", name="Go to", exact=True).click()
    map_page.page.wait_for_function("location.search.includes('v=48.02')")
    jumped = map_page.settle().parameter("v")
    map_page.page.keyboard.press("Escape")
    map_page.at(".eo-map").focus()
    map_page.page.keyboard.press("c")
    compared = map_page.settle().parameter("c")
    assert compared == "swipe:50"
    assert map_page.page.evaluate("history.length") == length + 2
    map_page.page.go_back()
    map_page.settle()
    assert (map_page.parameter("v"), map_page.parameter("c")) == (jumped, None)
    assert not map_page.at(".eo-divider").is_visible()
    map_page.page.go_back()
    map_page.settle()
    assert map_page.parameter("v") == panned != start
    map_page.page.go_forward()
    map_page.page.go_forward()
    map_page.settle()
    assert (map_page.parameter("v"), map_page.parameter("c")) == (jumped, "swipe:50")
    assert map_page.counters()["created"] == 1
