"""Steps of the distance to the nearest training patch, on a table made by hand."""

import dataclasses

import pytest

from eoexplore.tiles import colourings, nearness, ruled
from eoexplore.tiles.scene import scene_of
from tests.charts.conftest import Row, opened_of

# Columns of a tile: patches are 1.2 km wide.
ROWS = [
    Row(x=0, split="train"),
    Row(x=0, split="test", date="2018-01-10"),
    Row(x=1, split="validation"),
    Row(x=4, split="test"),
    Row(x=5, split=""),
    Row(x=16, split="test"),
    Row(x=17, split="test"),
    Row(x=42, split="test"),
    Row(x=0, y=90, split="test"),
    Row(tile="", split="test"),
    Row(tile="", split="train"),
]
LABELS = [
    "Training patch", "Same place", "up to 1.3 km", "up to 5 km", "up to 10 km", "up to 20 km",
    "up to 50 km", "more than 50 km", "more than 50 km", "No location", "No location",
]  # fmt: skip


def test_steps():
    scene = scene_of(opened_of(ROWS))
    found = colourings.colouring(scene, colourings.NEAR)
    assert [found.entries[code][1] for code in found.codes] == LABELS
    assert found.kind == "steps"


def test_without_training_patches_it_is_refused_in_words():
    for rows in (ROWS[1:4], [dataclasses.replace(row, split="") for row in ROWS], ROWS[-2:]):
        opened = opened_of(rows)
        style, (notice,) = colourings.footprint_style(opened, colourings.NEAR)
        assert style == "split"
        assert nearness.NOT_PARTED in notice


@pytest.mark.parametrize("rule", ["released", "tile:seed=3,train=0.6", "file:0123456789abcdef"])
@pytest.mark.parametrize("kind", [ruled.SPLIT, ruled.NEAR])
def test_a_style_keeps_a_rule_and_has_no_letter_of_a_list_of_layers(kind, rule):
    style = ruled.style_of(kind, rule)
    assert ruled.rule_of(style) == (kind, rule)
    assert not set(style) & set(":,;~=&")


def test_any_split_can_colour():
    scene = scene_of(opened_of(ROWS))
    style, notices = colourings.footprint_style(scene.opened, "split.released")
    assert (style, notices) == ("split.released", ())
    found = colourings.colouring(scene, style)
    names = [found.entries[code][0] for code in found.codes]
    assert names == [row.split for row in ROWS]
    near = colourings.colouring(scene, "near.released")
    assert [near.entries[code][1] for code in near.codes] == LABELS


def test_a_split_that_cannot_be_made_is_refused_in_words():
    opened = opened_of([Row(country="", tile="")])
    for style in ("split.country", "near.random", "split.file!0123456789abcdef"):
        found, (notice,) = colourings.footprint_style(opened, style)
        assert found == "split"
        assert notice.endswith("Footprints are coloured by split.")
    assert colourings.footprint_style(opened, "split.nonsense")[1]
