"""Legends: what colours mean, as the map asks for it."""

import re

import pytest

KEYS = {
    "title", "note", "kind", "unit", "entries", "channels", "ramp", "formula", "source",
    "histogram",
}  # fmt: skip


@pytest.fixture
def legend(data, client):
    def ask(layer, query=""):
        answer = client.get(f"/legend/{data.opened.slug}/{layer}?{query}")
        assert answer.status_code == 200
        found = answer.json()
        assert set(found) == KEYS
        return found

    return ask


def test_a_picture_names_each_channel_with_its_range(legend):
    found = legend("s1", "style=vv_vh")
    assert (found["kind"], found["unit"]) == ("channels", "dB")
    assert [(c["label"], c["low"], c["high"]) for c in found["channels"]] == [
        ("VV backscatter", -25, 0),
        ("VH backscatter", -32, -5),
        ("VV − VH", 0, 15),
    ]
    assert legend("s2")["channels"][0]["label"] == "B04 red"


def test_classes_are_named_by_the_code_that_stands_for_them(data, legend):
    entries = legend("reference_map")["entries"]
    classes = data.opened.dataset.classes
    assert [entry["label"] for entry in entries] == [*classes.names, "Unlabelled"]
    assert [entry["key"] for entry in entries[:3]] == ["111", "121", "211"]
    assert entries[-1]["key"] == "999"
    assert all(re.fullmatch(r"#[0-9a-f]{6}", entry["colour"]) for entry in entries)


def test_footprints_and_density_have_legends(legend):
    assert {entry["label"] for entry in legend("footprints")["entries"]} == {
        "Train", "Validation", "Test",
    }  # fmt: skip
    assert legend("density")["kind"] == "steps"


def test_an_unknown_layer_is_not_found(data, client):
    assert client.get(f"/legend/{data.opened.slug}/s3").status_code == 404


def test_an_unknown_style_gives_the_default_and_says_so(data, client):
    answer = client.get(f"/legend/{data.opened.slug}/s2?style=sepia")
    assert answer.json()["title"] == "True colour"
    assert "sepia" in answer.headers["X-EOExplore-Notice"]
