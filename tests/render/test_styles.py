"""Styles and their texts."""

import pytest

from eoexplore.render.composites import read_style, styles_of
from eoexplore.render.styles import MOST_CHARACTERS


def test_the_display_ranges_are_the_agreed_ones():
    ranges = {
        style.id: [(c.band, c.minus, c.low, c.high) for c in style.channels]
        for layer in ("s2", "s1")
        for style in styles_of(layer)
        if style.group == "Composites"
    }
    assert ranges == {
        "true_colour": [("B04", None, 0, 2000), ("B03", None, 0, 2000), ("B02", None, 0, 2000)],
        "colour_infrared": [
            ("B08", None, 0, 4000), ("B04", None, 0, 2000), ("B03", None, 0, 2000),
        ],
        "swir": [("B12", None, 0, 3000), ("B8A", None, 0, 5000), ("B04", None, 0, 2000)],
        "agriculture": [("B11", None, 0, 4000), ("B08", None, 0, 4000), ("B02", None, 0, 2000)],
        "geology": [("B12", None, 0, 3000), ("B11", None, 0, 4000), ("B02", None, 0, 2000)],
        "bathymetry": [("B04", None, 0, 2000), ("B03", None, 0, 2000), ("B01", None, 0, 2000)],
        "vv_vh": [("VV", None, -25, 0), ("VH", None, -32, -5), ("VV", "VH", 0, 15)],
    }  # fmt: skip


def test_every_band_has_a_style_of_its_own():
    names = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12"]
    bands = [style for style in styles_of("s2") if style.group == "Bands"]
    assert [style.id for style in bands] == [f"band.{name}" for name in names]
    assert [style.bands for style in bands] == [(name,) for name in names]
    assert {style.id: style.gsd_m for style in bands}["band.B01"] == 60
    assert [style.id for style in styles_of("s1")] == ["vv_vh", "vv", "vh"]
    assert [style.id for style in styles_of("reference_map")] == ["clc19", "clc3", "clc2", "clc1"]


def test_a_style_lists_each_band_once_and_knows_its_finest_pixel():
    assert read_style("s1", "vv_vh")[0].bands == ("VV", "VH")
    assert read_style("s2", "")[0].id == "true_colour"
    assert read_style("s2", "swir")[0].gsd_m == 10
    assert read_style("s2", "index.NDREI")[0].bands
    assert read_style("s2", "index.NMDI")[0].gsd_m == 10


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        ("s2", "true_colour"),
        ("s2", "band.B05~p2..98"),
        ("s2", "index.NDVI~r-0.2..0.9~g0.8~inv"),
        ("s1", "vv~r-30..-5"),
        ("reference_map", "clc19~line"),
        ("reference_map", "clc3~not311.312"),
        ("reference_map", "clc19~line~only111.999~not311"),
    ],
)
def test_a_text_in_its_usual_form_stays_as_it_is(layer, text):
    style, complaints = read_style(layer, text)
    assert complaints == ()
    assert style.text == text


@pytest.mark.parametrize(
    ("text", "usual"),
    [
        ("", "true_colour"),
        ("swir~g1", "swir"),
        ("swir~g1.0~inv~inv", "swir~inv"),
        ("swir~inv~g0.80~r0..3000.000", "swir~r0..3000~g0.8~inv"),
        ("swir~r0..1~r0..2", "swir~r0..2"),
    ],
)
def test_equal_looks_have_one_text(text, usual):
    style, complaints = read_style("s2", text)
    assert (style.text, complaints) == (usual, ())


def test_codes_are_sorted_and_each_stands_once():
    assert read_style("reference_map", "clc3~not312.311.312")[0].text == "clc3~not311.312"


def test_options_say_what_they_ask_for():
    style = read_style("s2", "true_colour~r100..2500~g1.5~inv")[0]
    assert [(c.low, c.high) for c in style.channels] == [(100, 2500)] * 3
    assert (style.options.gamma, style.options.inverse) == (1.5, True)
    assert read_style("s2", "band.B05~p2..98")[0].percentiles == (2, 98)
    assert read_style("s2", "band.B05")[0].percentiles is None
    assert read_style("s2", "index.EVI")[0].percentiles == (2, 98)
    assert read_style("s2", "index.EVI~p5..95")[0].percentiles == (5, 95)
    assert read_style("s2", "index.EVI~r0..1")[0].percentiles is None
    assert read_style("s2", "index.NDVI")[0].percentiles is None


@pytest.mark.parametrize(
    "option",
    ["", "x", "r", "r1", "r5..1", "r1..1", "r1..2..3", "rnan..1", "r1e3..2e3", "p-1..98", "p2..101",
     "p98..2", "g0", "g0.05", "g11", "g-1", "gnan", "inverse", "line", "only311", "not",
     "r\u0660..\u0661", "r1..2\n", "<img src=x>", "{{7*7}}", "r" + "9" * 400 + "..1"],
)  # fmt: skip
def test_a_bad_option_is_left_out_and_said(option):
    style, complaints = read_style("s2", f"swir~{option}~inv")
    assert style.text == "swir~inv"
    assert len(complaints) == 1
    assert "left out" in complaints[0]
    assert len(complaints[0]) < 200


@pytest.mark.parametrize("option", ["r0..1", "p2..98", "g0.5", "inv"])
def test_classes_have_no_stretch(option):
    style, complaints = read_style("reference_map", f"clc19~{option}")
    assert style.text == "clc19"
    assert "classes have no range" in complaints[0]


def test_of_two_kinds_of_range_one_is_taken():
    style, complaints = read_style("s2", "swir~p2..98~r0..1000")
    assert style.text == "swir~r0..1000"
    assert complaints


@pytest.mark.parametrize(
    "name", ["sepia", "index.NOPE", "band.B13", "clc19", "index.", "true colour"]
)
def test_an_unknown_style_gives_the_default_without_options(name):
    style, complaints = read_style("s2", f"{name}~r0..1")
    assert style.text == "true_colour"
    assert "The default is shown." in complaints[0]
    assert "true_colour, colour_infrared" in complaints[0]


def test_a_text_of_any_length_is_an_answer():
    for text in ("~" * 5000, "x" * 5000, "swir" + "~inv" * 2000):
        style, complaints = read_style("s2", text)
        assert style.id in ("true_colour", "swir")
        assert sum(map(len, complaints)) < MOST_CHARACTERS * 250


def test_a_text_that_is_too_long_is_not_cut_in_the_middle_of_a_code():
    codes = ".".join(["311"] * 81)
    style, (said,) = read_style("reference_map", f"clc3~only{codes}~not{codes}")
    assert (style.id, style.options.only, style.options.without) == ("clc3", (), ())
    assert "600 characters" in said
    assert len(f"clc3~only{codes}") < 600
    assert read_style("reference_map", f"clc3~only{codes}")[0].options.only == (311,)
