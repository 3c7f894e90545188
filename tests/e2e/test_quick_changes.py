"""Twenty changes in two seconds: the last state is shown, nothing of an earlier one is left."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.e2e.random_views import Watched, look

pytestmark = pytest.mark.browser

CHANGES = """
async () => {
  const root = scope().querySelector(".eo-root");
  const panel = root.querySelector(".eo-panel");
  const choose = (label, value) => {
    const node = panel.querySelector(`select[aria-label="${label}"]`);
    node.value = value;
    node.dispatchEvent(new Event("change"));
  };
  const style = (value) => {
    const row = panel.querySelector("[data-layer=s2]");
    row.querySelector(".eo-picker-button").click();
    row.querySelector(`[role=option][data-value="${value}"]`).click();
  };
  const opacity = (value) => {
    const node = panel.querySelector("[data-layer=s2] .eo-slider");
    node.value = value;
    node.dispatchEvent(new Event("input"));
  };
  const modes = [...panel.querySelectorAll("[role=radio]")];
  const mode = (text) => modes.find((one) => one.textContent === text).click();
  const chip = () => document.querySelector('[class*="st-key-drop_season"] button').click();
  const acts = [
    () => style("colour_infrared"), () => choose("Date", "earliest"), () => mode("Swipe"),
    () => style("band.B08"), () => opacity(40), () => choose("Date", "nth:1"), chip,
    () => mode("Two maps"), () => style("index.NDVI"), () => choose("Date", "latest"),
    () => opacity(90), () => mode("Blink"), () => style("true_colour"), () => mode("Off"),
    () => style("swir"), () => choose("Date", "earliest"), () => opacity(20),
    () => style("index.NDWI"), () => choose("Date", "nth:2"), () => opacity(70),
  ];
  for (const act of acts) {
    act();
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  return acts.length;
}
"""


def test_the_last_of_twenty_quick_changes_wins(open_page):
    page = open_page().open_map(
        dataset="reben-demo",
        v="48.26143,13.41291,13",
        l="s2:true_colour:100",
        select="season=summer&split=train",
    )
    watched = Watched(page)
    watched.quiet()
    assert page.page.evaluate(CHANGES) == 20
    watched.quiet()
    assert page.parameter("select") == "split=train"
    assert page.parameter("l") == "s2:index.NDWI:70"
    assert page.parameter("d") == "nth:2"
    assert page.parameter("c") is None
    shown = page.shown_tiles()
    assert shown
    for url in shown:
        query = parse_qs(urlsplit(url).query)
        assert query["style"] == ["index.NDWI"], url
        assert query["date"] == ["nth:2"], url
        assert query["select"] == ["split=train"], url
    assert page.at(".leaflet-eo-right-pane img").count() == 0
    assert page.at(".eo-map").count() == 1
    counters = page.counters()
    assert (counters["created"], counters["destroyed"]) == (1, 0)
    # And it looks as if it had always been so.
    assert "NDWI" in page.at(".eo-legends").inner_text()
    before = look(watched)
    other = Watched(open_page(profile="another"))
    other.page.goto(before.address)
    other.at(".eo-root").wait_for()
    assert before.differs_from(look(other)) == []
