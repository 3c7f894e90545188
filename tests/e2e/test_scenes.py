"""Samples without a location in a browser: from opening their folder to taking some away."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.server import running
from tests import scenes
from tests.e2e.conftest import page_maker
from tests.e2e.test_gallery import READY, SHOWN

pytestmark = pytest.mark.browser


def test_a_visit(contexts, tmp_path):
    folder = scenes.write(tmp_path / "roots" / "scenes-tiny")
    settings = scenes.for_processes(tmp_path / "site") | {"EOEXPLORE_DEMO": "0"}
    with (
        running(tmp_path / "cache", tmp_path / "log.txt", [folder.parent], **settings) as server,
        page_maker(contexts, server) as maker,
    ):
        app = maker().open("/home")
        app.page.get_by_label("Path of the folder", exact=True).fill(str(folder))
        app.page.get_by_role("button", name="Open", exact=True).click()
        # It opens where its samples can be seen.
        app.at(READY).first.wait_for()
        assert len(app.page.evaluate(SHOWN)) == 40
        read_a_card(app)
        take_some_away(app)
        app.open("/", dataset="scenes-tiny")
        app.page.get_by_text("no place on a map").wait_for()
        app.page.get_by_role("link", name="Show in the gallery").click()
        app.at(READY).first.wait_for()
        assert app.settle().parameter("dataset") == "scenes-tiny"


def read_a_card(app):
    at, keyboard, card = app.at, app.page.keyboard, app.at(".eo-card")
    at('.eo-tile[data-id="harbour_03"]').click()
    card.get_by_role("heading", name="harbour_03").wait_for()
    at(".eo-pixel[data-at='31,31']").wait_for()
    said = card.inner_text()
    wanted = ("row 31, column 31 of 64 × 64", "Harbour", "Take away as TIFF")
    assert [text for text in wanted if text not in said] == []
    stray = ("UTM", "null", "NaN", "undefined", "120", "no date")
    assert [text for text in stray if text in said] == []
    assert not at(".eo-to-map").is_visible()
    assert not at('[aria-label="Neighbouring patches"]').is_visible()
    # The picture has a block of the screen for each of its 64 pixels, and the values are right.
    at('[data-picture="rgb"][data-shown]').wait_for()
    canvas = at('[data-picture="rgb"] canvas')
    unit = canvas.bounding_box()["width"] / scenes.SIDE
    canvas.click(position={"x": 10.5 * unit, "y": 60.5 * unit})
    at(".eo-pixel[data-at='60,10']").wait_for()
    values = [scenes.pixels("harbour_03", "rgb", band.name)[60, 10] for band in scenes.RGB.bands]
    cells = card.locator('[data-of="rgb"] td').all_inner_texts()
    assert np.array(cells, int).tolist() == [int(value) for value in values]
    assert app.settle().parameter("i") == "harbour_03~60~10"
    # The keys stop at the last row.
    for _ in range(5):
        keyboard.press("ArrowDown")
    at(".eo-pixel[data-at='63,10']").wait_for()
    card.get_by_text("Provenance: Python that reads this pixel again").click()
    assert "of the sample's 64 x 64 pixels" in at('.eo-script[data-of="rgb"]').inner_text()
    keyboard.press("n")
    card.get_by_role("heading", name="harbour_04").wait_for()
    # One that is no square: a click below it means its last row, and the pixel of before is kept.
    at('.eo-tile[data-id="runway_03"]').click()
    at(".eo-pixel[data-at='19,31']").wait_for()
    assert "of 40 × 64" in card.inner_text()
    canvas.click(position={"x": 63.5 * unit, "y": 50 * unit})
    at(".eo-pixel[data-at='39,63']").wait_for()
    keyboard.press("Escape")


def take_some_away(app):
    for name in ("river_01", "runway_02"):
        app.at(f'.eo-tile[data-id="{name}"]').click(modifiers=["Control"])
    app.at(".eo-picked").get_by_role("button", name="Export").click()
    assert app.at(".eo-picked-menu .eo-result-title").all_inner_texts() == ["Parquet", "CSV"]
    with app.page.expect_download() as download:
        app.at(".eo-picked-menu a", has_text="CSV").click()
    table = pd.read_csv(download.value.path())
    assert table["id"].tolist() == ["river_01", "runway_02"]
    assert "footprint" not in table
