"""Predictions in front of somebody: judged, imported, on the map, on a card, and as a report."""

import io
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from benchmarks.server import running
from eoexplore.charts import chart, document
from eoexplore.charts.chart import Asked
from eoexplore.store import catalog, prediction_sets
from tests.charts.conftest import asked_of
from tests.e2e import judged
from tests.e2e.legible import faint

pytestmark = pytest.mark.browser

DEMO = "reben-demo"
PLOT = ".js-plotly-plot .main-svg"


@pytest.fixture(scope="module")
def own_cache(cache, tmp_path_factory):
    with judged.cache(cache, tmp_path_factory.mktemp("judged")) as own:
        yield own


@pytest.fixture(scope="module")
def server(own_cache, demo_folder):
    with running(own_cache, own_cache.with_name("log.txt"), [demo_folder.parent]) as started:
        yield started


@pytest.fixture
def opened(own_cache, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(own_cache))
    return catalog.open_slug(DEMO)


def judging(open_page, section, name="land", **options):
    app = open_page(**options)
    app.open("/evaluation", dataset=DEMO, section=section, set=name)
    app.at(PLOT).first.wait_for()
    return app.idle()


def says(sentence):
    """Return what finds a sentence on a page, where colons have a mark that is not seen."""
    words = re.escape(sentence).replace(":", ":\u2060?")
    return re.compile(f"^{words}$")


def card(app, name):
    return app.at(f".st-key-card_{name}")


def asked(opened, name, select="") -> Asked:
    found = prediction_sets.read(opened, name)
    return replace(asked_of(opened, select), predictions=(found,))


def sentence(opened, name, kind, **options):
    """Return what a chart of a set says."""
    given = {f"{kind}.{key}": value for key, value in options.items()}
    found = document.of([chart.kind("evaluation", kind)], asked(opened, name), given)[kind]
    return found.get("sentence", found.get("cannot_tell"))


def test_every_section_says_what_the_charts_say(open_page, opened):
    app, name = open_page(), "land"
    app.open("/evaluation", dataset=DEMO, set=name)
    kinds = chart.kinds("evaluation")
    for section in dict.fromkeys(kind.section for kind in kinds):
        app.page.get_by_role("radio", name=section).click()
        for kind in (kind for kind in kinds if kind.section == section):
            said = says(sentence(opened, name, kind.name))
            card(app, kind.name).get_by_text(said).first.wait_for()
        app.idle()
        assert app.at('[data-testid="stException"], [data-testid="stAlertError"]').count() == 0
        assert "met a fault" not in app.text()
        assert faint(app.page) == []
    assert f"{name} was trained on" in app.text()


def test_a_click_on_a_confusion_leads_to_its_patches(open_page, opened):
    found = chart.kind("evaluation", "confusion")(asked(opened, "land"))
    counted = np.array(found.facts["pixels"])
    assert counted[:, 1:].sum() == np.trace(counted) - counted[0, 0], "only one class is wrong"
    row = int(counted[1:, 0].argmax()) + 1
    expected = found.figure.data[-1].customdata[row * len(counted)][0]
    app = judging(open_page, "Pixels")
    plot = card(app, "confusion").locator(".js-plotly-plot")
    plot.scroll_into_view_if_needed()
    box = plot.locator(".scatterlayer .point").nth(row * len(counted)).bounding_box()
    app.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    offer = app.at(".st-key-clicked_confusion")
    offer.get_by_role("button", name="Keep only these").click()
    app.page.wait_for_function("new URLSearchParams(location.search).get('select')")
    assert app.idle().parameter("select") == expected
    count = len(asked(opened, "land", expected).part)
    assert f"{count} of {len(opened.samples)} patches" in app.text()
    app.page.get_by_text(f"labelled pixels of {count} patches").first.wait_for()


def test_a_table_from_elsewhere_is_understood_kept_and_judged(open_page, opened, tmp_path):
    names = opened.dataset.classes.names
    ids = opened.samples.frame["id"].tolist()
    logits = np.random.default_rng(2).normal(0, 4, (len(ids), len(names)))
    table = pd.DataFrame({"patch": [*ids, "nobody"]}).join(pd.DataFrame(logits, columns=names))
    file = tmp_path / "Other model.csv"
    table.fillna(0).to_csv(file, index=False)
    app = judging(open_page, "Scores")
    app.page.get_by_role("button", name="Import", exact=True).click()
    app.at("input[type=file]").first.set_input_files(str(file))
    panel = app.page.get_by_test_id("stPopoverBody")
    panel.get_by_text(f"{len(ids)} of the {len(ids)} samples of the dataset").wait_for()
    assert panel.get_by_text("such as nobody").is_visible()
    assert panel.get_by_text(f"{len(names)} of the {len(names)} classes have a column").is_visible()
    keep = panel.get_by_role("button", name="Keep", exact=True)
    assert keep.is_disabled()
    panel.get_by_role("combobox", name="Values").click()
    app.page.get_by_role("option", name="Logits").click()
    panel.get_by_text("taken as logits").wait_for()
    app.idle()
    assert keep.is_enabled()
    keep.click()
    folder = prediction_sets.folder_of(opened.fingerprint, "other-model")
    for _ in range(400):
        if (folder / prediction_sets.ABOUT).exists():
            break
        app.page.wait_for_timeout(50)
    app.idle().page.keyboard.press("Escape")
    said = sentence(opened, "other-model", "scores_overview")
    app.page.get_by_text(says(said)).wait_for()
    assert "Nobody states what other-model was trained on" in app.text()
    app.page.get_by_role("button", name="About").click()
    app.page.get_by_role("button", name="Delete these predictions").click()
    app.page.get_by_text("On 32 patches of 2 tiles, land").first.wait_for()


def drawn(app, part):
    """Return how many pixels the shown tiles of a layer have that are not empty."""
    tiles = [url for url in app.shown_tiles() if part in url]
    assert tiles
    answers = [app.page.request.get(url) for url in tiles]
    assert {answer.status for answer in answers} == {200}
    pictures = (Image.open(io.BytesIO(answer.body())).convert("RGBA") for answer in answers)
    return sum(int((np.asarray(picture)[..., 3] > 0).sum()) for picture in pictures)


def test_masks_on_the_map_and_predictions_on_the_card(open_page, opened):
    samples = opened.samples
    row = int(np.flatnonzero(samples.has("reference_map"))[0])
    place = f"{samples.lat[row]:.5f},{samples.lon[row]:.5f},14"
    app = open_page(reduced_motion="reduce").open_map(dataset=DEMO, v=place)
    before = app.pixels()
    layer = app.at(".eo-layer").filter(has_text="Predicted: land")
    layer.get_by_label("Show Predicted: land").click()
    app.settle()
    assert drawn(app, "/pred:land:mask/") > 10_000
    assert (np.abs(app.pixels() - before).max(axis=2) > 12).mean() > 0.05
    # A class of which the name has spaces and commas: its key stands in the address.
    layer.get_by_role("button", name="Style of Predicted: land").click()
    app.page.get_by_role("option", name="Beaches, dunes, sands").click()
    app.settle()
    assert drawn(app, "/pred:land:prob.beaches-dunes-sands/") > 10_000
    assert "pred:land:prob.beaches-dunes-sands:100" in app.parameter("l")
    app.page.reload()
    app.settle()
    assert drawn(app, "/pred:land:prob.beaches-dunes-sands/") > 10_000
    name = samples.frame["id"].iloc[row]
    app.open_map(dataset=DEMO, i=f"{name}~60~60")
    app.at(".eo-card:not([aria-busy])").wait_for()
    shown = app.at(".eo-card").inner_text()
    assert shown.index("Labels, share of pixels") < shown.index("Predicted: land")
    found = prediction_sets.read(opened, "land")
    first = opened.dataset.classes.names[0]
    share = found.scores[int(np.flatnonzero(found.rows == row)[0]), 0]
    mask = app.at(".eo-card h3", has_text="Predicted: land").locator("xpath=following::ul[1]")
    line = mask.locator("li").filter(has_text=first).inner_text()
    assert float(re.search(r"([\d.]+) ?%", line)[1]) == pytest.approx(100 * share, abs=0.06)
    assert "Predicted: scores" in shown


def test_a_report_has_the_numbers_and_asks_for_nothing(open_page, opened, browser, tmp_path):
    app = judging(open_page, "Scores", "scores")
    card(app, "scores_by_class").get_by_role("radio", name="Recall").click()
    said = sentence(opened, "scores", "scores_by_class", figure="recall")
    app.page.get_by_text(says(said)).wait_for()
    with app.page.expect_download() as download:
        app.page.get_by_role("button", name="JSON", exact=True).click()
    numbers = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    kinds = chart.kinds("evaluation")
    found = document.of(kinds, asked(opened, "scores"), {"scores_by_class.figure": "recall"})
    assert numbers == document.evaluation(asked(opened, "scores"), found)
    with app.page.expect_download() as download:
        app.page.get_by_role("button", name="Report").click()
    assert download.value.suggested_filename == f"{DEMO}-evaluation.html"
    path = tmp_path / "report.html"
    shutil.copyfile(download.value.path(), path)
    requests, complaints = [], []
    page = browser.new_page()
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_load_state()
    assert page.get_by_text(said, exact=True).is_visible()
    others = (kind.name for kind in chart.kinds("evaluation") if kind.name != "scores_by_class")
    for kind in others:
        assert page.get_by_text(sentence(opened, "scores", kind), exact=True).first.is_visible()
    figures = page.locator("[role=img]")
    assert figures.count() > 6
    assert all(figure.locator(PLOT).count() for figure in figures.all())
    assert "scores was trained on synthetic imagery." in page.locator(".warning").inner_text()
    # What paper of A4 has between its margins, at 96 px to the inch.
    page.set_viewport_size({"width": 703, "height": 1000})
    page.emulate_media(media="print")
    right = page.evaluate(
        "Math.max(...[...document.querySelectorAll('.main-svg, table')]"
        ".filter((node) => node.checkVisibility())"
        ".map((node) => node.getBoundingClientRect().right))"
    )
    assert 600 < right <= 703
    page.close()
    assert requests == [path.as_uri()]
    assert complaints == []


def test_a_matrix_scrolls_within_its_card_on_a_telephone(open_page):
    phone = {"width": 390, "height": 844, "has_touch": True, "color_scheme": "dark"}
    app = judging(open_page, "Pixels", **phone)
    card(app, "confusion").locator(".scatterlayer .point").first.wait_for()
    wide = "(node) => node.getBoundingClientRect().width"
    assert card(app, "confusion").locator(".main-svg").first.evaluate(wide) >= 600
    main = app.at('[data-testid="stMain"]')
    assert main.evaluate("(node) => node.scrollWidth") <= 390
    assert faint(app.page) == []
