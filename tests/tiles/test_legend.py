"""Legends: what colours mean, as the map asks for it."""

import re
from dataclasses import replace

import pytest

from eoexplore.render.composites import read_style
from eoexplore.store.folder import BuildState
from eoexplore.tiles import imagery, tile
from eoexplore.tiles.tile import TileRequest

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


def test_one_band_is_a_ramp_of_greys(legend):
    found = legend("s2", "style=band.B05~r0..3000~inv~g2")
    assert (found["kind"], found["title"]) == ("ramp", "B05 red edge 1")
    assert (found["ramp"]["low"], found["ramp"]["high"]) == (0, 3000)
    assert found["ramp"]["colours"][0] == "#ffffff"
    assert found["ramp"]["colours"][-1] == "#000000"
    assert found["channels"] == []
    assert found["note"] == "Gamma 2; Inverse"
    assert "10,000 = reflectance 1" in found["unit"]


def test_an_index_says_its_formula_and_where_it_comes_from(legend):
    found = legend("s2", "style=index.NDVI~r-0.2..0.9")
    assert found["title"] == "NDVI: Normalized Difference Vegetation Index"
    assert found["formula"] == "NDVI = (B08 - B04) / (B08 + B04)"
    assert found["source"]["url"].startswith("https://")
    assert (found["ramp"]["low"], found["ramp"]["high"]) == (-0.2, 0.9)
    assert found["unit"] is None
    assert "2.5 * (B08 - B04)" in legend("s2", "style=index.EVI")["formula"]


def test_the_histogram_is_that_of_the_dataset(legend):
    found = legend("s2", "style=swir")["histogram"]
    assert [item["label"] for item in found] == [
        "B12 short-wave infrared 2", "B8A narrow near infrared", "B04 red",
    ]  # fmt: skip
    for item in found:
        assert len(item["edges"]) == 65
        assert len(item["counts"]) == 64
        assert sum(item["counts"]) > 100
        assert item["edges"] == sorted(item["edges"])
        assert item["edges"][0] == 0
    (single,) = legend("s1", "style=vv")["histogram"]
    assert single["edges"][0] <= -25
    (index,) = legend("s2", "style=index.NDVI")["histogram"]
    assert (index["edges"][0], index["edges"][-1]) == (-1, 1)
    assert legend("reference_map")["histogram"] is None


def test_the_range_by_percentiles_is_told_as_numbers(legend):
    wide, narrow = (
        legend("s2", f"style=true_colour~p{pair}")["channels"] for pair in ("0..100", "25..75")
    )
    for outer, inner in zip(wide, narrow, strict=True):
        assert outer["low"] < inner["low"] < inner["high"] < outer["high"]


def test_percentiles_that_are_there_are_not_promised(data, legend):
    assert legend("s2", "style=swir~p2..98")["note"] == "Percentiles of the dataset: 2 % to 98 %"
    path = data.opened.folder.spectra_pixels
    aside = path.rename(path.with_suffix(".aside"))
    try:
        note = legend("s2", "style=swir~p2..98")["note"]
    finally:
        aside.rename(path)
    assert note.endswith("once the index has sampled it")


@pytest.mark.parametrize(
    ("style", "count", "key"), [("clc3", 45, "311"), ("clc2", 16, "311"), ("clc1", 6, "311")]
)
def test_each_level_has_its_classes(legend, style, count, key):
    entries = legend("reference_map", f"style={style}")["entries"]
    assert len(entries) == count
    assert key in [entry["key"] for entry in entries]
    assert entries[-1]["key"] == "999"
    assert all(len(entry["help"]) < 250 for entry in entries)


def test_a_legend_has_the_colours_of_its_palette(legend):
    official, safe = (
        [entry["colour"] for entry in legend("reference_map", f"palette={name}")["entries"]]
        for name in ("official", "safe")
    )
    assert official != safe
    assert len(set(safe)) == len(safe)


def test_a_bad_palette_or_option_is_said(data, client):
    for query in ("style=clc19&palette=pink", "style=clc19~only17"):
        answer = client.get(f"/legend/{data.opened.slug}/reference_map?{query}")
        assert answer.status_code == 200
        assert answer.headers["X-EOExplore-Notice"]


@pytest.mark.parametrize("style", ["{{7*7}}", "%00", "x" * 3000, "../..", "index.__class__"])
def test_a_hostile_style_is_an_ordinary_unknown_one(data, client, style):
    answer = client.get(f"/legend/{data.opened.slug}/s2?style={style}")
    assert answer.json()["title"] == "True colour"


def test_what_an_older_index_shows_from_near_only_is_said(data):
    """An index of the first release has no mosaics of the bands without 10 m pixels."""
    groups = {"areas": 1, "optical": 1, "sar": 1, "reference_map": 1}
    state = BuildState(2, 4, finished=1, groups=groups)
    older = replace(data.opened, state=state)
    style = read_style("s2", "swir")[0]
    (said,) = imagery.unpacked(older, style)
    assert "from zoom 13 on" in said
    assert "without B12, B8A further out" in said
    assert imagery.unpacked(older, read_style("s2", "")[0]) == ()
    assert imagery.unpacked(older, read_style("reference_map", "")[0]) == ()
    # A finished index has all, and the first one fills in while it is built.
    assert imagery.unpacked(data.opened, style) == ()
    growing = replace(data.opened, state=replace(state, groups={}))
    assert imagery.unpacked(growing, style) == ()
    answer = tile.render(older, TileRequest("s2", 12, 0, 0, style="swir"))
    assert said in answer.notices
    assert said not in tile.render(older, TileRequest("s2", 13, 0, 0, style="swir")).notices
