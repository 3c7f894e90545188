"""What the map asks the page for, from a browser that is trusted in nothing."""

import json
import math

import pytest

from eoexplore.core.selection import EVERYTHING, parse
from eoexplore.store import selections
from eoexplore.ui.asked import answer

SQUARE = [[11, 47], [12, 47], [12, 48], [11, 48]]
START = parse("country=Portugal&split=train")[0]


def ring(corners, wobble=0.0):
    turn = [2 * math.pi * i / corners for i in range(corners)]
    return [
        [10 + (1 + wobble * (-1) ** i) * math.cos(a), 48 + math.sin(a)] for i, a in enumerate(turn)
    ]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path))


def test_a_box_and_a_polygon_become_conditions():
    box = answer({"kind": "area", "ring": SQUARE, "box": True}, START)
    assert box.text == "box=11,47,12,48&country=Portugal&split=train"
    assert box.sentences == ()
    polygon = answer({"kind": "area", "ring": SQUARE, "box": False}, parse(box.text)[0])
    assert polygon.text == "country=Portugal&poly=11,47,12,47,12,48,11,48&split=train"


def test_what_arrives_went_through_json():
    payload = json.loads(json.dumps({"kind": "area", "ring": SQUARE, "box": False}))
    assert answer(payload, EVERYTHING).text == "poly=11,47,12,47,12,48,11,48"


def test_a_crossing_outline_is_used_and_said():
    found = answer({"kind": "area", "ring": [SQUARE[i] for i in (0, 2, 1, 3)]}, EVERYTHING)
    assert found.text.startswith("poly=")
    assert found.sentences == ("The outline crosses itself; the parts that it encloses are used.",)


def test_many_corners_are_simplified_to_fit_into_a_link():
    found = answer({"kind": "area", "ring": ring(200)}, START)
    assert len(found.text) <= selections.MAX_CHARACTERS
    assert "of 200 corners are kept" in found.sentences[0]


def test_what_cannot_be_simplified_is_kept_by_its_content():
    found = answer({"kind": "area", "ring": ring(200, wobble=0.3)}, START)
    assert found.text.startswith("sel:")
    assert "works here only" in " ".join(found.sentences)
    selection, notices = selections.parse(found.text)
    assert notices == ()
    assert len(selection.get("poly")) == 400


def test_an_outline_over_a_continent_is_used():
    found = answer({"kind": "area", "ring": [[-25, 34], [45, 34], [45, 72], [-25, 72]]}, EVERYTHING)
    assert found.text == "poly=-25,34,45,34,45,72,-25,72"
    assert found.sentences == ()


def test_a_whole_selection_is_set_and_what_it_lacks_is_said():
    found = answer({"kind": "select", "text": "split=val&colour=blue"}, START)
    assert found.text == "split=validation"
    assert "'colour'" in found.sentences[0]
    assert answer({"kind": "select", "text": ""}, START).text == ""


def test_a_condition_is_dropped():
    assert answer({"kind": "drop", "key": "split"}, START).text == "country=Portugal"
    with_area = parse("box=1,1,2,2&poly=1,1,2,1,2,2&split=train")[0]
    assert answer({"kind": "drop", "key": "poly"}, with_area).text == "box=1,1,2,2&split=train"
    assert answer({"kind": "drop", "key": "area"}, with_area).text == "split=train"


@pytest.mark.parametrize(
    "payload",
    [
        {"kind": "area"},
        {"kind": "area", "ring": [[0, 0], [1, 1], [2, 2]]},
        {"kind": "area", "ring": [[0, 0]] * 100_000, "box": True},
        {"kind": "area", "ring": ring(5000)},
        {"kind": "select"},
        {"kind": "select", "text": 7},
        {"kind": "select", "text": "x" * 1501},
        {"kind": "drop", "key": "poly"},
        {"kind": "drop", "key": None},
        {"kind": "drop", "key": ["box"]},
        {"kind": "delete everything"},
        {"kind": None},
        {},
    ],
)
def test_what_makes_no_sense_changes_nothing_and_is_said(payload):
    found = answer(payload, START)
    assert found.text is None
    assert len(found.sentences) == 1
    assert found.sentences[0].endswith(".")


@pytest.mark.parametrize("payload", [None, "area", 7, [], [{"kind": "area"}]])
def test_no_request_is_no_change(payload):
    assert answer(payload, START).text is None
