"""The filter panel and the selection bar, run without a browser."""

import datetime as dt

import pytest
import streamlit as st

from eoexplore.core.selection import parse
from eoexplore.store import catalog
from eoexplore.ui import choices, state
from tests import builders, indexing
from tests.visits import said

PATCHES = (
    *builders.block("33UUP", 13.1, 48.2),
    *builders.block(
        "29SNC",
        -8.8,
        38.4,
        date="20180105T101031",
        split="validation",
        country="Portugal",
        labels=("Arable land", "Marine waters", "Pastures"),
    ),
)
EVERY_KIND = (
    "class=all:Pastures;any:Arable land;none:Urban fabric",
    "split=train",
    "country=Austria|Portugal",
    "season=summer",
    "month=1|6",
    "tile=33UUP",
    "flag=snow",
    "flag=none",
    "date=2017-06-01..2017-08-31",
    "date=0001-01-01..9999-12-31",
    "share=Pastures>=0.01",
    "share=Pastures<0.123456",
    "nlabels=2..4",
    "nlabels=0..999",
    "box=-10,30,20,60",
    "poly=-10,30,20,30,20,60",
    "poly=10,47,14,49,14,47,10,49",
    f"ids={PATCHES[0].id}|nobody",
)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """A cache that knows one small dataset with pictures, indexed."""
    folder = tmp_path_factory.mktemp("filters")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EOEXPLORE_CACHE", str(folder / "cache"))
        patch.setenv("EOEXPLORE_ROOTS", str(folder))
        patch.setattr("eoexplore.jobs.background.start", lambda *_, **__: None)
        opened = catalog.add(builders.write_tree(folder / "reben-tiny", PATCHES))
        indexing.build(opened.slug)
        yield catalog.open_slug(opened.slug)


@pytest.fixture
def page(dataset, visit):
    st.cache_resource.clear()

    def run(select="", **query):
        return checked(visit("Map", **{"dataset": dataset.slug, "select": select, **query}))

    return run


def checked(test):
    assert not test.exception
    assert not test.error
    return test


def widget(test, kind, prefix):
    """Return the widget of a kind whose key begins so; the turn behind it does not matter."""
    (found,) = [item for item in getattr(test, kind) if (item.key or "").startswith(prefix)]
    return found


def option(test, key, name):
    for item in test.checkbox:
        said = item.label.removeprefix(":gray[")
        if item.key.startswith(f"filter_{key}_") and said.startswith(f"{name} "):
            return item
    raise AssertionError(f"no option {name} of {key}")


def selected(test):
    return test.session_state["select"]


def left(dataset, text):
    table = dataset.samples.table(dataset.dataset.classes)
    return int(table.select(parse(text)[0]).mask().sum())


@pytest.mark.parametrize("select", EVERY_KIND)
def test_every_kind_of_condition_is_shown_and_can_be_dropped(page, dataset, select):
    test = page(select=select)
    kept = left(dataset, select)
    words = said(test)
    if kept in (0, len(PATCHES)):
        assert ("No patch" if not kept else f"**{kept}** patches") in words
    else:
        assert f"**{kept}** of {len(PATCHES)} patches" in words
    assert ("not here: nobody" in words) == ("nobody" in select)
    chips = [item for item in test.button if (item.key or "").startswith("drop_")]
    assert len(chips) == (3 if select.startswith("class") else 1)
    for _ in chips:
        next(b for b in test.button if (b.key or "").startswith("drop_")).click()
        checked(test.run())
    assert selected(test) == ""
    assert f"**{len(PATCHES)}** patches" in said(test)


def test_options_say_what_they_would_leave(page, dataset):
    test = page(select="split=train")
    assert option(test, "country", "Austria").label == "Austria :gray[4]"
    assert option(test, "country", "Portugal").label == ":gray[Portugal 0]"
    assert option(test, "split", "validation").label == "validation :gray[4]"
    listed = widget(test, "multiselect", "filter_class_any").options
    assert "Pastures · 4" in listed
    assert "Marine waters · 0" in listed
    assert widget(test, "selectbox", "filter_share_class").options[0].startswith("Urban fabric")


def test_each_widget_sets_its_condition(page, dataset):
    test = page()
    steps = [
        (lambda: option(test, "country", "Portugal").check(), "country=Portugal"),
        (lambda: option(test, "country", "Austria").check(), "country=Austria|Portugal"),
        (lambda: option(test, "month", "January").check(), "country=Austria|Portugal&month=1"),
        (lambda: option(test, "country", "Austria").uncheck(), "country=Portugal&month=1"),
        (
            lambda: widget(test, "multiselect", "filter_class_any").set_value(["Marine waters"]),
            "class=any:Marine waters&country=Portugal&month=1",
        ),
        (
            lambda: widget(test, "multiselect", "filter_class_none").set_value(["Urban fabric"]),
            "class=any:Marine waters;none:Urban fabric&country=Portugal&month=1",
        ),
    ]
    for act, expected in steps:
        act()
        checked(test.run())
        assert selected(test) == expected
    assert f"**{left(dataset, selected(test))}** of" in said(test)


def test_share_number_dates_ids_and_text(page):
    test = page()
    widget(test, "selectbox", "filter_share_class").set_value("Pastures")
    checked(test.run())
    assert selected(test) == "share=Pastures>=0.1"
    widget(test, "selectbox", "filter_share_sign").set_value("<")
    checked(test.run())
    widget(test, "number_input", "filter_share_number").set_value(7.0)
    checked(test.run())
    assert selected(test) == "share=Pastures<0.07"
    widget(test, "slider", "filter_nlabels").set_value((2, 3))
    checked(test.run())
    assert selected(test) in ("nlabels=2..3&share=Pastures<0.07",)
    widget(test, "slider", "filter_nlabels").set_value((0, 3))
    checked(test.run())
    assert selected(test) == "share=Pastures<0.07"
    widget(test, "text_area", "filter_text").set_value("split=val")
    checked(test.run())
    assert selected(test) == "split=val"
    widget(test, "date_input", "filter_date_0").set_value(dt.date(2017, 7, 1))
    checked(test.run())
    assert selected(test) == "date=2017-07-01..2018-01-05&split=validation"
    widget(test, "text_area", "filter_ids").set_value(f" '{PATCHES[5].id}',\n{PATCHES[6].id} ")
    checked(test.run())
    assert parse(selected(test))[0].get("ids") == tuple(sorted(p.id for p in PATCHES[5:7]))


def test_too_many_ids_change_nothing_and_are_said(page):
    test = page(select="split=train")
    widget(test, "text_area", "filter_ids").set_value("\n".join(f"id{i}" for i in range(21)))
    checked(test.run())
    assert selected(test) == "split=train"
    assert "21 ids were pasted; at most 20 fit" in said(test)


def test_two_changes_in_one_run_are_both_kept(page):
    test = page()
    option(test, "country", "Portugal").check()
    option(test, "split", "validation").check()
    checked(test.run())
    assert selected(test) == "country=Portugal&split=validation"


def test_a_name_is_read_whatever_count_stood_behind_it():
    assert choices.name_of("Marine waters · 12,345") == "Marine waters"
    assert choices.name_of("Marine waters") == "Marine waters"
    assert choices.name_of("a · b · 7") == "a · b"
    assert choices.name_of("a · b") == "a · b"


def test_nothing_left_says_which_condition_to_drop(page):
    test = page(select="country=Portugal&split=train&nlabels=1..9")
    words = said(test)
    assert "No patch" in words
    assert "without *Portugal*: 4" in words
    assert "without *train*: 4" in words
    assert "1 to 9 labels" not in words
    assert "nothing to take away" in words


def test_values_that_nothing_has_are_said(page):
    words = said(page(select="country=Atlantis|Portugal&tile=01XYZ"))
    assert "No patch has the country 'Atlantis'. There are: Austria, Portugal." in words
    assert "No patch has the tile '01XYZ'" in words


def test_a_dataset_that_is_not_here_is_said_until_another_is_chosen(page, dataset):
    test = page(dataset="reben-elsewhere")
    for _ in range(2):
        assert "not here: reben-elsewhere" in said(test)
        checked(test.run())


def test_a_long_selection_that_is_not_kept_here_is_said(page):
    words = said(page(select="sel:0123456789abcdef"))
    assert "is not kept on this machine" in words


def test_the_export_links_carry_the_selection(page, dataset):
    test = page(select="country=Portugal")
    links = [item.proto.url for item in test.get("link_button")]
    assert [link.split("?")[0].rsplit(".")[-1] for link in links] == ["parquet", "geojson", "csv"]
    assert all(link.startswith(f"/export/{dataset.slug}/selection.") for link in links)
    assert all(link.endswith("?select=country%3DPortugal") for link in links)
    assert "--select country=Portugal --as tree" in test.code[0].value


def test_the_palette_is_given_to_the_map(page):
    def query(test):
        component = test.get("bidi_component")[-1]
        return component.proto.json

    test = page(palette="safe")
    assert "palette=safe" in query(test)
    widget(test, "radio", "display_palette").set_value("official")
    checked(test.run())
    assert "palette=" not in query(test)
    assert "palette=safe" not in query(page(palette="pink"))


def test_what_the_map_asks_for_is_set_and_said(page, monkeypatch, dataset):
    session = {}
    monkeypatch.setattr(st, "session_state", session)
    state.hear({"kind": "area", "ring": [[-10, 30], [0, 45], [0, 30], [-10, 45]], "box": False})
    assert session["select"].startswith("poly=")
    assert "crosses itself" in state.said()[0]
    assert state.said() == []
    state.hear({"kind": "drop", "key": "poly"})
    assert session["select"] == ""


def test_conditions_and_counts_are_worked_out_once(page, dataset, monkeypatch):
    calls = []
    real = state.facets.count
    monkeypatch.setattr(state.facets, "count", lambda *a: (calls.append(a), real(*a))[1])
    test = page(select="tile=29SNC&nlabels=3")
    first = len(calls)
    assert first == 1
    checked(test.run())
    assert len(calls) == first
    table = dataset.samples.table(dataset.dataset.classes)
    assert table.part("nlabels", (3, 3)) is table.part("nlabels", (3, 3))
    with pytest.raises(ValueError, match="read-only"):
        table.part("nlabels", (3, 3)).words[:] = 0
