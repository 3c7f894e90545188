import json
import re
from dataclasses import replace
from urllib.parse import parse_qs, quote, unquote, urlsplit

import numpy as np
import pytest

from eoexplore.core.selection import EVERYTHING, parse
from eoexplore.store import catalog
from eoexplore.store.folder import BuildState
from eoexplore.tiles.layers import describe, good_bounds
from tests.builders import Patch, write_metadata, write_tree

PATCHES = (Patch("33UUP", 26, 57), Patch("33UUP", 27, 57, split="test"))
ORDER = ["density", "s1", "s2", "reference_map", "footprints"]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def opened(tmp_path):
    return catalog.add(write_tree(tmp_path / "reben", PATCHES))


def layers_of(opened, text=""):
    return {layer["id"]: layer for layer in describe(opened, parse(text)[0])["layers"]}


def styles_of(described):
    return [style for layer in described["layers"] for style in layer["styles"]]


def test_the_description_is_json_and_has_all_that_the_viewer_reads(opened):
    described = describe(opened, EVERYTHING)
    assert json.loads(json.dumps(described, allow_nan=False)) == described
    assert set(described) == {
        "dataset", "synthetic", "start", "goto", "query", "outlines", "online", "imagery_zoom",
        "whole_zoom", "palette", "views", "tour", "seasons", "dates", "most_dates",
        "layers",
    }  # fmt: skip
    assert [layer["id"] for layer in described["layers"]] == ORDER
    for layer in described["layers"]:
        assert set(layer) - {"note", "note_zoom"} == {
            "id", "title", "kind", "visible", "opacity", "url", "styles", "style", "controls",
            "min_zoom", "max_zoom", "disabled",
        }  # fmt: skip
        assert layer["style"] in [style["id"] for style in layer["styles"]]
        assert 0 <= layer["min_zoom"] <= layer["max_zoom"]
        for style in layer["styles"]:
            assert set(style) == {"id", "title", "group", "help", "disabled"}
            assert style["title"]
            assert style["group"]
            assert isinstance(style["help"], str)


def test_the_description_lists_days_and_seasons_that_are_there(tmp_path):
    patches = (*PATCHES, Patch("33UUP", 26, 57, date="20171113T101031"))
    described = describe(catalog.add(write_tree(tmp_path / "two", patches)), EVERYTHING)
    assert described["dates"] == ["2017-06-13", "2017-11-13"]
    assert described["most_dates"] == 2
    assert len(described["seasons"]) == 2
    assert all(described["seasons"])


def test_while_the_index_is_built_only_originals_are_whole(opened):
    assert describe(opened, EVERYTHING)["whole_zoom"] == 13
    opened.folder.write_state(BuildState(1, 1, complete=True))
    assert describe(catalog.open_slug(opened.slug), EVERYTHING)["whole_zoom"] is None


def test_a_whole_copy_offers_everything(opened):
    described = describe(opened, EVERYTHING)
    assert [layer["disabled"] for layer in described["layers"]] == [None] * 5
    pictures = [layer for layer in described["layers"] if layer["id"] in ("s1", "s2")]
    assert not any(style["disabled"] for layer in pictures for style in layer["styles"])
    found = {layer["id"]: [s["id"] for s in layer["styles"]] for layer in described["layers"]}
    assert found["s2"][:6] == [
        "true_colour", "colour_infrared", "swir", "agriculture", "geology", "bathymetry",
    ]  # fmt: skip
    assert found["s2"][6:8] == ["band.B01", "band.B02"]
    assert {"index.NDVI", "index.EVI", "index.NBR"} <= set(found["s2"])
    assert found["s1"] == ["vv_vh", "vv", "vh"]
    assert found["reference_map"] == ["clc19", "clc3", "clc2", "clc1"]
    assert found["footprints"][0] == "split"
    assert found["density"][0] == "count"
    assert described["synthetic"] is False


def test_the_description_stays_small(opened):
    assert len(json.dumps(describe(opened, EVERYTHING))) < 60_000


def test_controls_are_those_that_a_layer_answers_to(opened):
    layers = layers_of(opened)
    assert {name: layer["controls"] for name, layer in layers.items()} == {
        "s2": ["stretch"], "s1": ["stretch"], "reference_map": ["classes", "line"],
        "footprints": [], "density": [],
    }  # fmt: skip
    assert [layer["kind"] for layer in layers.values()] == [
        "density", "sar", "optical", "categorical", "footprints",
    ]  # fmt: skip


def test_imagery_and_density_take_turns(opened):
    layers = layers_of(opened)
    assert layers["density"]["max_zoom"] + 1 == layers["s2"]["min_zoom"] == 8
    assert layers["density"]["min_zoom"] == 0


def check_url(url, slug, text, version):
    """Fill the template and take the address apart again."""
    dense = [] if "/density/" in url else ["{r}"]
    assert re.findall(r"\{.*?\}", url) == ["{z}", "{x}", "{y}", *dense, "{style}", "{date}"]
    filled = url.replace("{z}", "8").replace("{x}", "137").replace("{y}", "89").replace("{r}", "")
    filled = filled.replace("{style}", quote("band.B05~p2..98")).replace("{date}", "")
    assert not set(filled) & set("{}<>\"' \\")
    parts = urlsplit(filled)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("", "", "")
    prefix, found, layer, *place = parts.path.split("/")[1:]
    assert prefix == "tiles"
    assert unquote(found) == slug
    assert layer in ORDER
    assert "/".join(place) == "8/137/89.png"
    query = parse_qs(parts.query, strict_parsing=True, keep_blank_values=True)
    assert query["style"] == ["band.B05~p2..98"]
    assert query["date"] == [""]
    assert query["v"] == [version]
    assert query.get("select", [""]) == [text]


@pytest.mark.parametrize(
    "text",
    ["", "split=train", "class=any:Marine waters|Inland waters;none:Urban fabric",
     "country={z}|{x}%7B{y}%7D", "country=<img src=x onerror=alert(1)>", "country={{7*7}}",
     "country=%26style%3Dx%23y?z", "country=a%22b'c\\d", "country=Österreich"],
)  # fmt: skip
def test_addresses_hold_any_selection_and_no_other_braces(opened, text):
    selection, notices = parse(text)
    assert notices == ()
    described = describe(opened, selection)
    for layer in described["layers"]:
        check_url(layer["url"], opened.slug, selection.canonical(), opened.version)
    query = parse_qs(described["query"])
    assert query.get("select", [""]) == [selection.canonical()]
    assert query["v"] == [opened.version]


@pytest.mark.parametrize("slug", ["{z}", "a/b?c#d", "<img onerror=x>", "../..", "50%25", "ö\0"])
def test_addresses_hold_any_name_of_a_dataset(opened, slug):
    strange = replace(opened, slug=slug)
    for layer in describe(strange, EVERYTHING)["layers"]:
        check_url(layer["url"], slug, "", opened.version)


def test_another_palette_is_in_every_address_and_the_official_one_in_none(opened):
    for palette, found in (("official", []), ("safe", ["safe"])):
        described = describe(opened, EVERYTHING, palette)
        assert described["palette"] == palette
        for layer in described["layers"]:
            assert parse_qs(urlsplit(layer["url"]).query).get("palette", []) == found
        assert parse_qs(described["query"]).get("palette", []) == found


def test_a_missing_band_greys_out_only_the_composites_that_need_it(opened, tmp_path):
    for patch in PATCHES:
        patch.path(tmp_path / "reben", "s2", "B08").unlink()
    styles = {s["id"]: s for s in layers_of(catalog.refresh(opened.slug))["s2"]["styles"]}
    assert styles["true_colour"]["disabled"] is None
    assert styles["colour_infrared"]["disabled"] == "B08 is missing in all patches."


def test_the_first_style_that_can_be_drawn_is_chosen(opened, tmp_path):
    for patch in PATCHES:
        patch.path(tmp_path / "reben", "s2", "B02").unlink()
        patch.path(tmp_path / "reben", "s1", "VV").unlink()
        patch.path(tmp_path / "reben", "s1", "VH").unlink()
    layers = layers_of(catalog.refresh(opened.slug))
    assert layers["s2"]["style"] == "colour_infrared"
    assert [style["disabled"] for style in layers["s1"]["styles"]] == [
        "VV, VH are missing in all patches.",
        "VV is missing in all patches.",
        "VH is missing in all patches.",
    ]


def test_a_band_that_one_patch_has_is_offered(opened, tmp_path):
    PATCHES[0].path(tmp_path / "reben", "s2", "B08").unlink()
    styles = layers_of(catalog.refresh(opened.slug))["s2"]["styles"]
    assert not any(style["disabled"] for style in styles)


@pytest.mark.parametrize(
    ("there", "visible"), [("s2", "s2"), ("s1", None), ("reference_map", None)]
)
def test_a_layer_that_no_patch_has_is_disabled_with_the_reason(tmp_path, there, visible):
    opened = catalog.add(write_tree(tmp_path / "part", PATCHES, (there,)))
    layers = layers_of(opened)
    for name in ("s1", "s2", "reference_map"):
        reason = layers[name]["disabled"]
        assert (reason is None) == (name == there)
        if reason:
            assert reason.startswith("No patch of this copy has ")
            assert reason.endswith(".")
            assert layers[name]["visible"] is False
    assert layers["s2"]["visible"] is (visible == "s2")


def test_metadata_alone_shows_footprints_and_density(tmp_path):
    write_metadata(tmp_path / "reben", PATCHES)
    layers = layers_of(catalog.add(tmp_path / "reben"))
    assert layers["footprints"]["visible"] is True
    assert layers["density"]["visible"] is True
    assert [layers[name]["disabled"] is None for name in ORDER] == [True, False, False, False, True]


def test_the_first_view_is_the_box_of_all_samples(opened):
    west, south, east, north = good_bounds(opened.samples, np.ones(len(opened.samples), bool))
    assert (west, south, east, north) == tuple(opened.samples.bounds)
    assert 12 < west < east < 13
    assert 48 < south < north < 49


def test_of_small_groups_far_apart_the_first_view_is_the_largest(tmp_path):
    far = Patch("29SNC", 5, 5, country="Portugal")
    write_metadata(tmp_path / "far", (*PATCHES, far))
    opened = catalog.add(tmp_path / "far")
    west, south, east, north = good_bounds(opened.samples, np.ones(len(opened.samples), bool))
    assert 12 < west < east < 13
    assert 48 < south < north < 49


def test_a_dataset_without_samples_starts_with_the_world(tmp_path):
    write_metadata(tmp_path / "none", ())
    opened = catalog.add(tmp_path / "none")
    west, south, east, north = good_bounds(opened.samples, np.ones(len(opened.samples), bool))
    assert (west, east) == (-180, 180)
    assert south < 0 < north
    json.dumps(describe(opened, EVERYTHING))


@pytest.mark.real_data
def test_all_of_reben_starts_with_europe(all_of_reben):
    assert good_bounds(
        all_of_reben.samples, np.ones(len(all_of_reben.samples), bool)
    ) == pytest.approx([-8.99, 36.96, 31.59, 68.02], abs=0.05)
    assert len(json.dumps(describe(all_of_reben, EVERYTHING))) < 60_000


@pytest.mark.parametrize("chosen", ["png", "webp", "jpg"])
def test_the_format_of_imagery_is_a_choice_that_leaves_classes_alone(opened, monkeypatch, chosen):
    monkeypatch.setenv("EOEXPLORE_IMAGERY_FORMAT", chosen)
    endings = {name: urlsplit(layer["url"]).path for name, layer in layers_of(opened).items()}
    for name, path in endings.items():
        assert path.endswith(f".{chosen}" if name in ("s1", "s2") else ".png"), name


def test_a_format_that_is_none_gets_a_sentence_and_png(opened, monkeypatch, caplog):
    monkeypatch.setenv("EOEXPLORE_IMAGERY_FORMAT", "gif")
    for _ in range(2):
        assert ".png?" in layers_of(opened)["s2"]["url"]
    (record,) = caplog.records
    assert record.getMessage() == (
        "EOEXPLORE_IMAGERY_FORMAT is 'gif'; there are: png, webp, jpg. Tiles are sent as png."
    )
