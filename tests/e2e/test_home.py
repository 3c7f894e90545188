"""Home: opening folders, what is refused and in which words, health, jobs."""

import numpy as np
import pytest

from benchmarks.server import running
from eoexplore import demo
from tests import builders
from tests.e2e.small_demo import small_demo

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Folders within the roots: a dataset with truncated files, and one that is none."""
    root = tmp_path_factory.mktemp("roots")
    demo.generate(root / "reben-damaged", seed=11, workers=1, parameters=small_demo())
    for path in (root / "reben-damaged").glob("BigEarthNet-S2/*/*_T33UUP_69_44/*"):
        path.write_bytes(path.read_bytes()[:300])
    (root / "photos").mkdir()
    (root / "photos" / "cat.jpg").write_bytes(b"no dataset")
    return root


@pytest.fixture(scope="module")
def server(data, tmp_path_factory):
    cache = tmp_path_factory.mktemp("home") / "cache"
    with running(
        cache, cache.with_name("log.txt"), [data], EOEXPLORE_DEMO="0", EOEXPLORE_WORKERS="1"
    ) as started:
        yield started


def ask(page, path):
    page.page.get_by_label("Path of the folder", exact=True).fill(str(path))
    page.page.get_by_role("button", name="Open", exact=True).click()


def refusal(page, path):
    page.open("/home")
    ask(page, path)
    alert = page.page.get_by_test_id("stAlert").filter(has_not_text="No dataset is known yet")
    alert.wait_for()
    return alert.inner_text()


def test_folder_outside_is_refused_whether_it_exists_or_not(open_page, tmp_path, data):
    page = open_page()
    there = tmp_path
    assert there.is_dir()
    words = {
        refusal(page, path)
        for path in (there, there / "no-such-folder", data / ".." / "x", "/", "~", "../../..")
    }
    assert len(words) == 1
    (sentence,) = words
    assert "outside the folders that this app may open" in sentence


def test_folder_that_is_no_dataset_names_what_was_looked_for(open_page, data):
    page = open_page()
    sentence = refusal(page, data / "photos")
    for part in ("metadata.parquet", "BigEarthNet-S2", "Reference_Maps", "data.mdb"):
        assert part in sentence
    assert "There is no such folder" in refusal(page, data / "nothing-here")


def test_folder_within_the_roots_opens_and_a_damaged_file_costs_one_patch(open_page, data):
    page = open_page().open("/home")
    ask(page, data / "reben-damaged")
    # The map is there while the index is still being built.
    page.page.locator(".eo-map .leaflet-tile-loaded").first.wait_for()
    page.settle()
    assert page.parameter("dataset") == "reben-damaged"
    assert "32 patches" in page.text()
    page.page.get_by_role("link", name="Home", exact=True).click()
    entry = page.at(".st-key-dataset_reben-damaged")
    entry.get_by_text("index complete").wait_for(timeout=150_000)
    page.open("/home")
    line = "1 patch has a Sentinel-2 file that is damaged or cut short; the map shows them grey."
    entry.get_by_text(line).wait_for()
    assert entry.inner_text().count("cut short") == 1
    assert "32 patches" in entry.inner_text()
    assert "synthetic" in entry.inner_text()
    page.page.get_by_text("finished").first.wait_for()
    assert "Indexing reben-damaged" in page.text()
    name = damaged(data)
    url = f"{page.server.address}/patch/reben-damaged/{name}/card.json"
    lon, lat = page.page.request.get(url).json()["centre"]
    page.open_map(dataset="reben-damaged", select=f"ids={name}", v=f"{lat},{lon},14")
    shown = page.pixels().reshape(-1, 3)
    grey = (np.ptp(shown, axis=1) <= 12) & (abs(shown.mean(axis=1) - 140) < 25)
    assert grey.mean() > 0.03


def damaged(data):
    (folder,) = (data / "reben-damaged").glob("BigEarthNet-S2/*/*_T33UUP_69_44")
    return folder.name


def test_a_running_index_can_be_cancelled_and_goes_on(open_page, data):
    large = data / "reben-large"
    demo.generate(large, seed=7, workers=1, parameters=small_demo(columns=8))
    # From a page that is about another dataset, and a part of it.
    page = open_page().open_map(dataset="reben-damaged", select="split=train")
    page.page.get_by_role("link", name="Home", exact=True).click()
    ask(page, large)
    page.page.locator(".eo-map").wait_for()
    assert page.settle().parameter("dataset") == "reben-large"
    assert page.parameter("select") is None
    page.page.get_by_role("button", name="1 job").click()
    page.page.get_by_role("button", name="Cancel", exact=True).click()
    page.open("/home")
    page.page.get_by_text("cancelled").wait_for(timeout=90_000)
    entry = page.at(".st-key-dataset_reben-large")
    assert "index complete" not in entry.inner_text()
    entry.get_by_role("button", name="Go on with the index").click()
    entry.get_by_text("index complete").wait_for(timeout=150_000)


def test_a_dataset_is_shown_whole_and_back_leads_home(open_page, data):
    app = open_page()
    one, other = "reben-one", "reben-two"
    for slug in (one, other):
        folder = data / slug
        builders.write_metadata(folder, builders.block("29SNC", -8.30, 38.35, split="test"))
        app.open("/home")
        ask(app, folder)
        app.page.locator(".eo-map").wait_for()
    app.open_map(dataset=other, select="split=test", palette="safe")
    app.page.get_by_role("link", name="Home", exact=True).click()
    app.at(f".st-key-show_{one}").get_by_role("button").click()
    app.page.locator(".eo-map").wait_for()
    shown = app.settle().parameter("dataset"), app.parameter("select"), app.parameter("palette")
    assert shown == (one, None, "safe")
    app.page.go_back()
    app.page.get_by_text("Open a folder", exact=True).wait_for()
