"""Every page, run without a browser, in front of all the datasets that one may have or not have."""

import re
import shutil
from urllib.parse import quote

import pytest
import streamlit as st

from eoexplore.store import catalog
from eoexplore.ui import pages
from tests import builders, visits
from tests.visits import said

FAULT = "met a fault"
HOSTILE = (
    "../../etc/passwd",
    "a\0b",
    "x" * 10_000,
    "{{7*7}}",
    "<img src=x onerror=alert(1)>",
    "*bold* :material/home: $x$ `code`",
)
PATCHES = (
    *builders.block("33UUP", 13.1, 48.2),
    *builders.block("29SNC", -8.8, 38.4, split="validation", country="Portugal"),
)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("EOEXPLORE_ROOTS", str(tmp_path / "data"))
    # Pages keep what they found for some seconds; datasets of the same name are told apart by it.
    st.cache_resource.clear()
    st.cache_data.clear()
    # The pages start an index by themselves; none is wanted here.
    monkeypatch.setattr("eoexplore.jobs.background.start", lambda *_, **__: None)


@pytest.fixture
def tree(tmp_path):
    """A tiny dataset with pictures."""
    folder = builders.write_tree(tmp_path / "data" / "reben-tiny", PATCHES[:2])
    catalog.add(folder)
    return folder


@pytest.fixture
def table(tmp_path):
    """A dataset of metadata alone."""
    folder = tmp_path / "data" / "reben-table"
    builders.write_metadata(folder, PATCHES)
    catalog.add(folder)
    return folder


@pytest.fixture(params=[page.title for page in pages.find()])
def page(request, visit):
    """A function that runs one page as the first of the app, with a query."""

    def run(**query):
        return checked(visit(request.param, **query))

    run.title = request.param
    return run


def checked(test):
    assert not test.exception
    assert not [error.value for error in test.error if FAULT in error.value]
    return test


def test_tiny_dataset(page, tree):
    test = page(dataset="reben-tiny")
    assert "patches" in said(test)
    checked(test.run())


def test_metadata_alone(page, table):
    assert "8** patches" in said(page(dataset="reben-table"))


def test_no_dataset_at_all(page):
    assert "No dataset is known yet" in said(page())


def test_folder_that_has_vanished(page, tree):
    shutil.rmtree(tree)
    test = page(dataset="reben-tiny")
    assert test.error
    assert "Traceback" not in said(test)


def test_folder_that_is_no_dataset_any_more(page, tree):
    shutil.rmtree(tree)
    tree.mkdir()
    assert page(dataset="reben-tiny").error


def test_link_to_a_dataset_that_is_not_here(page, tree, table):
    test = page(dataset="reben-elsewhere")
    if page.title != "Home":
        assert "reben-elsewhere" in said(test)


@pytest.mark.parametrize(
    "select",
    [
        "nothing",
        "colour=blue",
        "split=nowhere",
        "class=Pastures",
        "class=any:Glaciers",
        "share=Pastures>=0.1",
        "box=1,2,3",
        "month=13&split=train",
        "date=2017-99-99",
        "%%%",
        "ids=" + "|".join(f"p{number}" for number in range(30)),
        "=&&==&",
        "flag=nothing",
        "pred.x.y>=1",
    ],
)
def test_bad_selection(page, tree, select):
    test = page(dataset="reben-tiny", select=select)
    if page.title != "Home":
        told = [warning.value for warning in test.warning]
        assert told or "No patch" in said(test) or "2** patches" in said(test)


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:16]))
def test_hostile_names(page, tree, name):
    test = page(dataset=name, select=f"{quote(name, safe='')}={quote(name, safe='')}&split={name}")
    # The temporary folder, whose path Home shows, has a number of its own.
    assert "49" not in re.sub(r"pytest-\d+", "", said(test))
    if page.title != "Home" and "\0" not in name:
        assert name[:30] in said(test)


def test_a_damaged_file_is_one_line_and_no_trace(page, tree):
    patch = PATCHES[0]
    path = patch.path(tree, "s2", "B04")
    path.write_bytes(path.read_bytes()[:200])
    checked(page(dataset="reben-tiny"))


def test_the_filter_panel_is_worked_out_after_the_map_is_sent(table, monkeypatch):
    only = [item for item in pages.find() if item.title == "Map"]
    monkeypatch.setattr(pages, "find", lambda: only)
    order = []
    monkeypatch.setattr("eoexplore.ui.map.mount_map", lambda *_, **__: order.append("map"))
    monkeypatch.setattr("eoexplore.ui.filters.panel", lambda _: order.append("panel"))
    test = checked(visits.visit())
    assert order == ["map", "panel"]
    # A fault of the panel leaves the map alone.
    monkeypatch.setattr("eoexplore.ui.filters.panel", lambda _: 1 / 0)
    test.run()
    assert order == ["map", "panel", "map"]
    assert [FAULT in error.value for error in test.error] == [True]


def test_a_panel_of_a_page_that_was_left_in_its_middle_is_forgotten(page):
    test = page()
    # As a run leaves it that was stopped before its end.
    test.session_state["filter_panel_to_fill"] = object(), object()
    checked(test.run())
