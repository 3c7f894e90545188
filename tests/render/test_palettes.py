"""Two palettes of each nomenclature; how far apart their colours stay for every reader."""

import dataclasses

import numpy as np
import pytest

from eoexplore.core import nomenclature
from eoexplore.core.types import Classes, LabelClass
from eoexplore.datasets._reben_facts import classes
from eoexplore.render import palettes, vision
from eoexplore.render.colours import label_palette, rgb
from eoexplore.render.ramps import ramp

LEVELS = nomenclature.levels(classes())
PROMISED = {"clc19": 10.5, "clc3": 6.3, "clc2": 13.5, "clc1": 26.0}
"""The smallest CIEDE2000 difference of any two classes, unlabelled too, for any reader.

Without any theme the best found is 11.7 for 20 colours and 7.0 for 45: nobody tells 44 classes
apart by colour alone.
"""
OTHER = Classes(
    "Other", tuple(LabelClass(f"c{n}", "#123456", (n,)) for n in range(1, 9)), {},
    LabelClass("Unlabelled", "#000000", (0,)),
)  # fmt: skip


def colours_of(schema: Classes) -> list[tuple[int, int, int]]:
    return [rgb(item.colour) for item in (*schema.classes, schema.unlabelled)]


def least(schema: Classes) -> float:
    """Return the smallest difference between two classes over all readers."""
    return min(vision.nearest(colours_of(schema), sight) for sight in vision.SIGHTS)


@pytest.mark.parametrize("level", LEVELS)
def test_safe_colours_stay_apart_for_every_reader(level):
    safe = palettes.coloured(LEVELS[level], "safe")
    for sight in vision.SIGHTS:
        assert vision.nearest(colours_of(safe), sight) >= PROMISED[level], sight


@pytest.mark.parametrize("level", LEVELS)
def test_safe_colours_are_far_further_apart_than_the_official_ones(level):
    safe = palettes.coloured(LEVELS[level], "safe")
    assert least(safe) > 5 * least(LEVELS[level])


@pytest.mark.parametrize("level", LEVELS)
def test_safe_colours_keep_to_their_theme(level):
    """Water is blue and forest green, also next to the official palette."""
    safe = palettes.coloured(LEVELS[level], "safe")
    for item in safe.classes:
        lightness, a, b = vision.lab(rgb(item.colour))
        if item.codes[0] // 10 == 31:
            assert a < 0 < b, item
        if item.codes[0] // 100 == 5:
            assert b < 0, item
        if item.codes[0] // 10 == 21:
            assert b > 30, item
            assert lightness > 60, item
        if item.codes[0] // 10 == 11:
            assert a > 30, item


@pytest.mark.parametrize("level", LEVELS)
def test_the_official_palette_changes_nothing(level):
    assert palettes.coloured(LEVELS[level], "official") == LEVELS[level]


def test_a_schema_without_a_table_gets_colours_that_stay_apart():
    assert least(palettes.coloured(OTHER, "safe")) > 12


def test_more_classes_than_colours_start_again():
    many = tuple(LabelClass(f"c{n}", "#123456", (n,)) for n in range(1, 100))
    safe = palettes.coloured(dataclasses.replace(OTHER, classes=many), "safe")
    assert safe.classes[0].colour == safe.classes[30].colour != safe.classes[29].colour


def test_codes_have_the_safe_colours_of_level_3():
    safe = palettes.coloured(LEVELS["clc19"], "safe")
    single = palettes.coloured(LEVELS["clc3"], "safe")
    assert {code: colour for code, (_, colour) in safe.codes.items()} == {
        code: single.class_of(code).colour for code in safe.codes
    }


@pytest.mark.parametrize(
    ("text", "expected", "said"),
    [
        ("", "official", 0),
        ("safe", "safe", 0),
        ("official", "official", 0),
        ("Pink<b>", "official", 1),
    ],
)
def test_an_unknown_palette_is_said(text, expected, said):
    found, notices = palettes.known(text)
    assert (found, len(notices)) == (expected, said)
    assert all("official or safe" in notice for notice in notices)


@pytest.mark.parametrize("palette", palettes.PALETTES)
@pytest.mark.parametrize("level", LEVELS)
def test_every_code_is_drawn_in_the_colour_of_its_class(level, palette):
    schema = palettes.coloured(LEVELS[level], palette)
    table = label_palette(LEVELS[level], 0, palette)
    codes = np.array([*schema.codes, 0, 7])
    drawn = table.rgba[table.index[codes]]
    expected = [(*rgb(schema.class_of(code).colour), 255) for code in codes]
    expected[-2] = (0, 0, 0, 0)
    assert drawn.tolist() == [list(colour) for colour in expected]


@pytest.mark.parametrize("sight", vision.SIGHTS)
def test_ramps_read_the_same_way_for_every_reader(sight):
    """Rising means lighter all along; the two halves of the diverging ramp do not look alike."""
    rising = vision.lab(vision.as_seen(ramp("rising"), sight))[:, 0]
    assert (np.diff(rising) > -0.1).all()
    assert rising[-1] - rising[0] > 60
    both = vision.lab(vision.as_seen(ramp("diverging", -1, 1), sight))
    quarter, three = both[64], both[191]
    assert vision.difference(quarter, three) > 10
    assert (np.diff(both[:120, 0]) > 0).all()
    assert (np.diff(both[136:, 0]) < 0).all()
