"""The queue of what speaks against labels: its pages, conditions, counts and table."""

import csv
import io
from urllib.parse import quote

import numpy as np
import pytest

from eoexplore.core.findings import Findings
from eoexplore.store import issues
from eoexplore.store.issues import Kept
from tests.tiles.conftest import ALONE, ARABLE, EASTERN, PASTURES, URBAN, WESTERN

BAD = '<img src=x onerror="alert(1)">'


def scores(found):
    return [item["score"] for item in found["items"]]


def counts(entries):
    return {entry["name"]: entry["count"] for entry in entries}


def of_class(found):
    names = [item["name"] for item in found["classes"]]
    return {n: c for n, c in zip(names, found["of_class"], strict=True) if c}


def test_the_strongest_comes_first_and_says_what_it_is(queue_page):
    found = queue_page()
    assert scores(found) == [1.0, 0.9, 0.5, 0.3, 0.3, 0.05]
    assert [item["rank"] for item in found["items"]] == [1, 2, 3, 4, 5, 6]
    assert (found["total"], found["all"], found["pages"]) == (6, 6, 1)
    assert found["looked"] == ["spots", "labels"]
    first, second = found["items"][:2]
    assert (first["id"], first["place"]) == (WESTERN[0].id, second["place"])
    assert (first["date"], first["day"]) == ("13 Jun 2017", "2017-06-13")
    assert (first["split"], first["country"]) == ("validation", "Austria")
    assert first["label"] == {"name": ARABLE, "colour": "#ffffa8"}
    assert first["suspect"] is None
    assert "4.5 ha" in first["sentence"]
    assert [fact["name"] for fact in first["facts"]] == ["area_ha", "value"]
    assert second["suspect"]["name"] == URBAN
    assert second["decidable"] is True
    names = {fact["name"] for fact in second["facts"]}
    assert {"area_ha", "margin"} <= names
    assert not names & {"lon", "lat", "spot", "decidable"}
    # The middle of a patch of 120 pixels.
    assert {part in (59, 60) for part in second["at"]} == {True}
    own = {item["name"]: item["share"] for item in second["model"]["classes"]}
    assert own[ARABLE] == 0.75


def test_a_spot_in_two_patches_is_one_finding_where_most_of_it_lies(queue_page):
    (found,) = queue_page(reason="spots", status="undecidable")["items"]
    assert found["id"] == EASTERN[1].id
    # Where that patch is not selected, the other one shows it.
    (found,) = queue_page(status="undecidable", select=f"ids={EASTERN[0].id}")["items"]
    assert found["id"] == EASTERN[0].id


def test_conditions_and_what_each_choice_would_leave(queue_page):
    found = queue_page(reason="spots")
    assert scores(found) == [0.9, 0.5, 0.3, 0.05]
    assert counts(found["reasons"]) == {"spots": 4, "labels": 2}
    assert of_class(found) == {URBAN: 2, ARABLE: 3, PASTURES: 3}
    assert counts(found["status"]) == {"decidable": 3, "undecidable": 1}
    found = queue_page(**{"class": URBAN})
    assert scores(found) == [0.9, 0.3, 0.3]
    assert counts(found["reasons"]) == {"spots": 2, "labels": 1}
    assert of_class(found) == {URBAN: 3, ARABLE: 4, PASTURES: 3}
    # A score of just the least one is in.
    found = queue_page(least="0.5", reason="labels|spots")
    assert scores(found) == [1.0, 0.9, 0.5]
    assert counts(found["reasons"]) == {"spots": 2, "labels": 1}
    assert counts(found["status"]) == {"decidable": 2, "undecidable": 1}
    assert queue_page(status="decidable", least="0.3")["total"] == 4
    assert queue_page(least="1")["total"] == 1


def test_the_histogram_is_of_all_scores_that_the_other_conditions_leave(queue_page):
    found = queue_page(least="0.8")
    assert (len(found["scores"]), len(found["above"])) == (20, 101)
    there = {place: count for place, count in enumerate(found["scores"]) if count}
    assert there == {1: 1, 6: 2, 10: 1, 18: 1, 19: 1}
    assert [found["above"][at] for at in (0, 5, 6, 30, 31, 90, 100)] == [6, 6, 5, 5, 3, 2, 1]
    assert sum(queue_page(reason="labels")["scores"]) == 2


def test_pages(queue_page, monkeypatch):
    monkeypatch.setattr("eoexplore.tiles.issues.SIZES", (2, 50))
    found = queue_page(size="2", page="2")
    assert (found["page"], found["pages"], scores(found)) == (2, 3, [0.5, 0.3])
    assert [item["rank"] for item in found["items"]] == [3, 4]
    late = queue_page(size="2", page="9")
    assert late["page"] == 3
    assert late["notices"] == ["There are 3 pages; the last one is shown."]


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ({"reason": f"spots|{BAD}"}, "no reason"),
        ({"class": BAD}, "no class"),
        ({"least": "many"}, "from 0 to 1"),
        ({"least": "1.5"}, "from 0 to 1"),
        ({"least": "-1"}, "from 0 to 1"),
        ({"least": "nan"}, "from 0 to 1"),
        ({"status": "perhaps"}, "no status"),
        ({"size": "7"}, "50 are shown"),
        ({"page": "0"}, "no page"),
        ({"select": "class=any:Glaciers"}, "Glaciers"),
        ({"palette": "neon"}, "neon"),
    ],
)
def test_what_cannot_be_used_is_said(queue_page, query, word):
    found = queue_page(**query)
    assert found["total"] in (4, 6)
    assert any(word in sentence for sentence in found["notices"])


def test_sets_that_are_not_there_and_none(client, queue_page, doubted):
    for name in ("nothing", "../doubt", BAD):
        assert queue_page(set=name, code=404) == {"error": "not found"}
    empty = queue_page(set="none")
    assert (empty["total"], empty["looked"], empty["items"]) == (0, [], [])
    assert sum(empty["scores"]) == 0
    assert client.get("/issues/nowhere/page.json").status_code == 404
    address = f"/issues/{doubted.opened.slug}/page.json"
    assert client.post(address).status_code == 405


def test_the_selection_counts_and_a_finding_is_about_a_place(queue_page, doubted):
    assert queue_page(select="country=Portugal")["total"] == 3
    assert queue_page(select="country=Finland")["total"] == 0
    assert scores(queue_page(select="split=validation")) == [1.0, 0.9]
    # What was changed since is read anew.
    folder = issues.folder_of(doubted.opened, "doubt")
    before = issues.read(folder, "labels")
    issues.write(folder, "labels", Kept("c", Findings.none()))
    assert queue_page()["total"] == 4
    issues.write(folder, "labels", before)
    assert queue_page()["total"] == 6


def test_why_nothing_can_be_told(queue_page):
    (why,) = queue_page()["cannot"]
    assert why["name"] == "labels"
    assert why["sentence"] == "One class alone cannot be compared."


def test_a_finding_is_found_again_by_its_key(queue_page, monkeypatch):
    monkeypatch.setattr("eoexplore.tiles.issues.SIZES", (2, 50))
    keys = [item["key"] for item in queue_page()["items"]]
    assert len(set(keys)) == 6
    found = queue_page(find=keys[4], size="2")
    assert (found["rank"], found["page"]) == (4, 3)
    assert [item["key"] for item in found["items"]] == keys[4:]
    assert (
        queue_page(find=keys[4], reason="spots" if "labels" in keys[4] else "labels")["rank"]
        is None
    )
    # Named by the other patch that it reaches, as another selection has shown it.
    other = queue_page(status="undecidable", select=f"ids={EASTERN[0].id}")["items"][0]["key"]
    assert queue_page(find=other)["rank"] is None
    for odd in ("x", f"spots~0~0~0~{BAD}", "spots~~~~", keys[0] + "x"):
        found = queue_page(find=odd)
        assert (found["rank"], found["page"], found["notices"]) == (None, 1, [])


def test_what_else_was_found_at_a_place(client, queue_page, doubted):
    slug = doubted.opened.slug

    def here(name, **query):
        path = f"/issues/{slug}/{quote(name, safe='')}/here.json"
        return client.get(path, params={"set": "doubt", **query})

    found = here(ALONE[0].id).json()
    assert found["total"] == 3
    assert [item["score"] for item in found["items"]] == [0.3, 0.3, 0.05]
    assert {item["rank"] for item in found["items"]} == {None}
    assert here(ALONE[1].id).json() == {"total": 0, "items": []}
    assert here(BAD).status_code == 404
    assert here(ALONE[0].id, set="nothing").status_code == 404


def lines(answer):
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_list_as_a_table(client, queue_page, doubted):
    address = f"/issues/{doubted.opened.slug}/findings.csv"
    answer = client.get(address, params={"set": "doubt", "reason": "spots"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "4-findings.csv" in answer.headers["content-disposition"]
    found = lines(answer)
    assert [line["rank"] for line in found] == ["1", "2", "3", "4"]
    assert [float(line["score"]) for line in found] == [0.9, 0.5, 0.3, 0.05]
    assert (found[0]["label"], found[0]["instead"]) == (ARABLE, URBAN)
    assert (found[0]["id"], found[0]["date"]) == (WESTERN[0].id, "2017-06-13")
    assert float(found[0]["Area (ha)"]) == 12
    both = lines(client.get(address, params={"set": "doubt"}))
    assert (both[0]["instead"], both[0]["Margin of the other class"]) == ("", "")
    nothing = client.get(address, params={"set": "doubt", "select": "country=Finland"})
    assert nothing.status_code == 404
    bad = client.get(address, params={"set": "doubt", "reason": "spots|nothing"})
    assert bad.status_code == 400


def test_texts_that_a_spreadsheet_would_run_are_texts(changed, doubted):
    client = changed(country="=cmd|' /C calc'!A0")
    answer = client.get(f"/issues/{doubted.opened.slug}/findings.csv", params={"set": "doubt"})
    assert {line["country"] for line in lines(answer)} == {"'=cmd|' /C calc'!A0"}


@pytest.fixture
def looked(doubted):
    """Say that the model is as sure of each class as 0.5 where it is the label."""
    folder = issues.folder_of(doubted.opened, "doubt")
    size = len(doubted.opened.dataset.classes.classes)
    issues.write_looked(folder, issues.Looked(np.full(size, 0.5), np.ones((size, 2))))
    yield
    (folder / "looked.json").unlink()


def test_other_thresholds_change_the_order_and_bad_ones_are_named(queue_page, looked):
    before = queue_page(reason="spots")
    found = queue_page(reason="spots", limits=f"{ARABLE}=0.99")
    own, other = (
        {(item["id"], item["label"]["name"]): item["score"] for item in page["items"]}
        for page in (before, found)
    )
    changed = {name for (_, name), score in own.items() if other[_, name] != score}
    assert ARABLE in changed
    assert sorted(scores(found), reverse=True) == scores(found)
    refused = queue_page(reason="spots", limits="Lava=0.5")
    assert scores(refused) == scores(before)
    assert any("no class 'Lava'" in notice for notice in refused["notices"])
