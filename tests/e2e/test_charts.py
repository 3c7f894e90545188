"""The pages of charts in front of somebody: options, clicks, files, a second selection, splits."""

import csv
import io
import re
from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.legible import faint

pytestmark = pytest.mark.browser

DEMO = "reben-demo"
PLOT = ".js-plotly-plot .main-svg"


def opened(open_page, path, **query):
    app = open_page()
    app.open(path, dataset=DEMO, **query)
    app.at(PLOT).first.wait_for()
    return app.idle()


def card(app, name):
    return app.at(f".st-key-card_{name}")


def click_bar(app, name, label):
    """Click on the middle of a bar, by the text beside it."""
    plot = card(app, name).locator(".js-plotly-plot").first
    # Clear of the page's own bar.
    card(app, name).locator("h3").first.scroll_into_view_if_needed()
    text = plot.locator(".ytick text", has_text=label).bounding_box()
    bar = plot.locator(".bars .point").first.bounding_box()
    app.page.mouse.click(bar["x"] + 3, text["y"] + text["height"] / 2)
    app.idle()


def saved(app, button):
    with app.page.expect_download() as download:
        button.click()
    path = download.value.path()
    return download.value.suggested_filename, Path(path).read_bytes()


def test_from_a_chart_to_files_and_to_its_patches(open_page):
    app = opened(open_page, "/statistics", select="nlabels=1..9")
    files = app.at(".st-key-files_class_counts")
    name, body = saved(app, files.get_by_role("button", name="CSV"))
    lines = body.decode("utf-8-sig").splitlines()
    assert name == "reben-demo-class-counts.csv"
    assert '# selection: "nlabels=1..9"' in lines
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert len(rows) == 19
    name, body = saved(app, files.get_by_role("button", name="PNG", exact=True))
    assert name == "reben-demo-class-counts.png"
    assert Image.open(io.BytesIO(body)).width > 1000
    name, body = saved(app, files.get_by_role("button", name="SVG", exact=True))
    assert name == "reben-demo-class-counts.svg"
    assert b"<svg" in body[:200]
    assert b"Pastures" in body
    click_bar(app, "class_counts", "Pastures")
    offer = app.at(".st-key-clicked_class_counts")
    count = int(re.search(r"(\d+) patches", offer.inner_text())[1])
    assert count == next(int(row["patches"]) for row in rows if row["Class"] == "Pastures")
    offer.get_by_role("button", name="Show in the gallery").click()
    app.at(".eo-gallery:not(.eo-loading) .eo-tile:not(.eo-tile-bone)").first.wait_for()
    assert app.parameter("select") == "class=all:Pastures&nlabels=1..9"
    assert app.parameter("dataset") in (DEMO, None)
    assert f"{count:,} of" in app.text()


def test_a_second_selection_stands_beside_the_first(open_page):
    app = opened(open_page, "/statistics", select="split=test")
    app.page.get_by_role("button", name="Compare", exact=True).click()
    app.page.get_by_role("button", name="All others").click()
    app.page.get_by_text("with all others").wait_for()
    app.idle()
    assert app.parameter("versus") == "others"
    assert "Chi-square" in card(app, "class_counts").inner_text()
    assert card(app, "class_counts").locator(".legend .traces").count() == 2


def test_options_and_section_are_in_the_link(open_page):
    app = opened(open_page, "/statistics", section="Dates", versus="all")
    app.page.get_by_text("with all patches").wait_for()
    app.page.get_by_role("button", name="Compare no more").click()
    app.page.get_by_text("with all patches").wait_for(state="detached")
    assert app.idle().parameter("versus") is None
    app.page.get_by_role("radio", name="Labels together").click()
    card(app, "cooccurrence").get_by_text("Lift", exact=True).click()
    app.idle()
    assert app.parameter("cooccurrence.measure") == "Lift"
    assert app.parameter("section") == "Labels together"
    app.page.reload()
    card(app, "cooccurrence").locator(PLOT).first.wait_for()
    assert "lift" in card(app, "cooccurrence").locator(".cbtitle").text_content()


def test_a_split_of_a_rule_and_of_a_file(open_page, tmp_path):
    app = opened(open_page, "/splits")
    assert "Released with the dataset" in app.text()
    app.page.get_by_role("button", name="Choose splits").click()
    app.page.get_by_role("combobox", name="How it is made").click()
    app.page.get_by_role("option", name="Random by place").click()
    app.idle().page.get_by_role("button", name="Audit this one").click()
    app.page.get_by_text("Audited split: Random by place").wait_for()
    assert app.idle().parameter("rule") == "place"
    ids = card_ids(app)
    file = tmp_path / "mine.csv"
    file.write_text(f"patch;subset\n{ids[0]};training\n{ids[1]};dev\nnobody;test\n", "utf-8")
    app.page.get_by_role("button", name="Choose splits").click()
    app.page.get_by_role("combobox", name="How it is made").click()
    app.page.get_by_role("option", name="Your own file").click()
    app.idle().at("input[type=file]").set_input_files(str(file))
    app.page.get_by_text("such as nobody").wait_for()
    app.idle().page.get_by_role("button", name="Audit this one").click()
    app.page.get_by_text("Audited split: Your file mine.csv").wait_for()
    assert re.fullmatch("file:[0-9a-f]{16}", app.idle().parameter("rule"))


def card_ids(app):
    """Return ids of two patches of the dataset."""
    address = f"{app.server.address}/gallery/{DEMO}/page.json?size=12"
    return [item["id"] for item in app.page.request.get(address).json()["items"]][:2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(open_page, scheme):
    app = open_page(color_scheme=scheme)
    app.open("/splits", dataset=DEMO, section="Compare")
    app.at(PLOT).first.wait_for()
    app.idle()
    assert faint(app.page) == []
