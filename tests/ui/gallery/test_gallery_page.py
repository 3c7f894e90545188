"""The gallery's page without a browser: what its script is given, and what it may ask for."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from eoexplore.core.selection import MAX_IDS, MAX_KEPT_IDS
from eoexplore.store import catalog, selections
from tests import builders

PATCHES = builders.block("33UUP", 13.1, 48.2)
MANY = [f"patch-{number:04d}" for number in range(MAX_IDS + 1)]


@pytest.fixture
def table(own_folders):
    builders.write_metadata(own_folders / "reben-table", PATCHES)
    return catalog.add(own_folders / "reben-table")


@pytest.fixture
def page(table, visit):
    def run(**query):
        test = visit("Gallery", dataset=table.slug, **query)
        assert not test.error
        return test

    return run


def given(test):
    for found in test.get("bidi_component"):
        data = json.loads(found.proto.json or "{}")
        if "sorts" in data:
            return data
    raise AssertionError("there is no gallery")


def test_what_the_script_is_given(page, table):
    data = given(page(select="split=train", palette="safe"))
    assert (data["dataset"], data["total"], data["base"]) == (table.slug, 4, "")
    assert data["query"] == f"select=split%3Dtrain&palette=safe&v={table.version}"
    assert [sort["id"] for sort in data["sorts"]][:5] == ["place", "north", "date", "labels", "id"]
    shares = [sort for sort in data["sorts"] if sort["id"].startswith("share.")]
    assert len(shares) == len(table.dataset.classes.classes) + 1
    assert all("not read the reference maps" in sort["disabled"] for sort in shares)
    assert "metadata only" in data["pictureless"]
    assert all(layer["disabled"] for layer in data["layers"])
    assert len(json.dumps(data)) < 90_000


def test_nothing_selected_says_the_way_out(page):
    test = page(select="split=train&country=Portugal")
    assert any("would be left without" in info.value for info in test.info)
    assert given(test)["query"].startswith("select=")


def hearing():
    import streamlit as st

    from eoexplore.ui import state
    from eoexplore.ui.gallery import picked

    picked.hear(st.session_state["payload"])
    st.session_state["told"] = picked.kept()
    st.session_state["sentences"] = state.said()


def heard(payload):
    test = AppTest.from_function(hearing)
    test.session_state["payload"] = payload
    test.run()
    assert not test.exception
    return test.session_state


def test_a_few_ids_become_a_selection_that_is_written_out(table):
    session = heard({"kind": "ids", "ids": ["b", "a", "a"]})
    assert session["select"] == "ids=a|b"
    assert session["told"] is None


def test_many_ids_are_kept_and_named(table):
    name = heard({"kind": "ids", "ids": MANY})["select"]
    assert name.startswith("sel:")
    selection, notices = selections.parse(name)
    assert (selection.get("ids"), notices) == (tuple(MANY), ())


def test_ids_can_be_named_without_being_selected(table):
    session = heard({"kind": "keep", "ids": MANY, "seq": "7-1"})
    assert "select" not in session
    assert session["told"]["seq"] == "7-1"
    assert selections.parse(session["told"]["select"])[0].get("ids") == tuple(MANY)


@pytest.mark.parametrize(
    "ids",
    [None, [], "abc", [1, 2], [""], [" "], ["x" * 301], [["a"]], ["a"] * (MAX_KEPT_IDS + 1)],
    ids=lambda ids: str(ids)[:12],
)
def test_what_is_no_list_of_ids_changes_nothing(table, ids):
    session = heard({"kind": "ids", "ids": ids})
    assert "select" not in session
    assert "Nothing was changed" in session["sentences"][0]


@pytest.mark.parametrize("payload", [None, 3, {}, {"kind": "nonsense"}, {"kind": ["ids"]}])
def test_odd_requests_are_harmless(table, payload):
    assert "select" not in heard(payload)


def test_a_kept_selection_of_many_ids_is_shown_and_can_be_dropped(page):
    text = heard({"kind": "ids", "ids": [*MANY, PATCHES[0].id]})["select"]
    test = page(select=text)
    assert "22 patches by id" in " ".join(item.value for item in test.markdown)
    assert "drop" in " ".join(str(button.key) for button in test.button)
