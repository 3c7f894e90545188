"""Footprints coloured by what the table says, and density by the dominant class."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from eoexplore.analysis import density
from eoexplore.core.selection import parse
from eoexplore.render import colours, palettes, vision
from eoexplore.render.warp import View
from eoexplore.store.samples import Samples
from eoexplore.tiles import colourings, nearness, overview
from eoexplore.tiles.scene import Ground, Scene, shown_of
from tests.tiles.conftest import ALONE, EASTERN, WESTERN
from tests.tiles.test_correctness import tiles_over

COUNTRIES = [
    "Austria", "Belgium", "Finland", "Ireland", "Kosovo", "Lithuania", "Luxembourg", "Portugal",
    "Serbia", "Switzerland",
]  # fmt: skip


def row_of(data, patch):
    return data.scene.samples.row(patch.id)


def colour_of(colouring, row):
    return tuple(colouring.rgba[colouring.codes[row], :3].tolist())


def label_of(colouring, row):
    return colouring.entries[colouring.codes[row]][1]


def without_areas(scene: Scene) -> Scene:
    """Return the same dataset before its index has read the reference maps."""
    frame = scene.samples.frame
    frame = frame.drop(columns=[name for name in frame.columns if name.startswith("area_")])
    samples = Samples(frame)
    return Scene(dataclasses.replace(scene.opened, samples=samples), Ground(samples))


def test_every_style_of_the_list_can_be_drawn_and_has_a_legend(data):
    styles = colourings.footprint_styles(data.opened)
    assert len({style["id"] for style in styles}) == len(styles) == 5 + 19 + 20
    tile = tiles_over([WESTERN], 12)[0]
    for style in styles:
        assert style["disabled"] is None
        assert colourings.footprint_style(data.opened, style["id"]) == (style["id"], ())
        drawn = overview.draw_footprints(data.scene, data.shown, View(*tile), style["id"]).rgba
        legend = colourings.footprint_legend(data.scene, data.shown, style["id"])
        allowed = {colours.rgb(entry["colour"]) for entry in legend["entries"]}
        there = drawn[..., 3] > 0
        assert there.any()
        assert {tuple(colour) for colour in drawn[there][:, :3].tolist()} <= allowed
        counts = [int(entry["help"].split()[0]) for entry in legend["entries"]]
        assert sum(counts) == data.shown.mask.sum()


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("split", ("Test", "Validation", "Train")),
        ("country", ("Portugal", "Austria", "Austria")),
        ("season", ("Summer", "Summer", "Summer")),
        ("nlabels", ("2", "2", "2")),
        ("near.train", ("more than 50 km", "up to 1.3 km", "Training patch")),
        ("has.231", ("Pastures", "Pastures", "Pastures")),
        ("has.311", ("Other patches", "Other patches", "Other patches")),
    ],
)
def test_patches_have_the_label_of_the_table(data, style, expected):
    colouring = colourings.colouring(data.scene, style)
    rows = [row_of(data, block[0]) for block in (ALONE, WESTERN, EASTERN)]
    assert tuple(label_of(colouring, row) for row in rows) == expected


def test_shares_are_those_of_the_reference_map(data):
    """Each of ten codes covers about a tenth of a map; water has two codes of one class."""
    for patch in (*ALONE, *WESTERN):
        pixels = patch.pixels("reference_map", "reference_map")
        row = row_of(data, patch)
        for key, codes in (("231", (231,)), ("523", (523,)), ("999", (142, 999)), ("311", (311,))):
            share = float(np.isin(pixels, codes).mean())
            label = label_of(colourings.colouring(data.scene, f"share.{key}"), row)
            low, _, high = label.replace("\N{NO-BREAK SPACE}%", "").partition(" to ")
            assert (label == "None") == (share == 0)
            assert label == "None" or float(low) / 100 < share <= float(high) / 100


def test_a_selection_counts_only_its_patches(data):
    shown, _ = shown_of(data.scene, parse("split=test")[0])
    entries = colourings.footprint_legend(data.scene, shown, "split")["entries"]
    assert {entry["key"]: entry["help"] for entry in entries} == {
        "train": "0 patches in the selection",
        "validation": "0 patches in the selection",
        "test": f"{len(ALONE)} patches in the selection",
    }


@pytest.mark.parametrize(
    ("text", "expected", "said"),
    [
        ("", "split", 0),
        ("country~inv", "country", 0),
        ("has.213", "has.211", 0),
        ("share.142", "share.999", 0),
        ("has.999", "split", 1),
        ("has.", "split", 1),
        ("has.12345", "split", 1),
        ("share.²", "split", 1),
        ("share.-1", "split", 1),
        ("<b>", "split", 1),
        ("x" * 4000, "split", 1),
    ],
)
def test_addresses_of_styles(data, text, expected, said):
    style, notices = colourings.footprint_style(data.opened, text)
    assert (style, len(notices)) == (expected, said)
    assert all(len(notice) < 150 for notice in notices)


def test_without_areas_shares_are_refused_in_words(data):
    scene = without_areas(data.scene)
    disabled = {s["id"]: s["disabled"] for s in colourings.footprint_styles(scene.opened)}
    assert disabled["share.311"] == colourings.NO_AREAS
    assert disabled["has.311"] is None
    style, notices = colourings.footprint_style(scene.opened, "share.311")
    assert style == "split"
    assert "not read the reference maps" in notices[0]


def test_words_that_are_missing_are_unknown():
    frame = pd.DataFrame({"country": pd.Categorical(["Austria", "", None, "Serbia"])})
    found = colourings._countries(frame)
    assert [found.entries[code][1] for code in found.codes] == [
        "Austria", "Unknown country", "Unknown country", "Serbia",
    ]  # fmt: skip


def lists_of_colours():
    unknown = colours.UNKNOWN
    yield "countries", (*colours.listed(len(COUNTRIES)), unknown), 14
    yield "seasons", (*colours.SEASONS.values(), unknown), 13
    yield "splits", tuple(colours.SPLITS.values()), 16
    yield "has a class", (colours.PRESENT, unknown), 25
    yield "shares", (*colours.steps(6), unknown, "#5f6b7a"), 8
    yield "numbers of labels", (*colours.steps(colourings.MOST_LABELS), unknown), 7
    yield "near", tuple(colour for _, _, colour in nearness.entries()), 7
    yield "density", colours.DENSITY, 9


@pytest.mark.parametrize(("name", "listed", "promised"), [*lists_of_colours()])
def test_colours_of_footprints_and_density_stay_apart_for_every_reader(name, listed, promised):
    table = [colours.rgb(colour) for colour in listed]
    apart = {sight: vision.nearest(table, sight) for sight in vision.SIGHTS}
    assert min(apart.values()) >= promised, (name, apart)


@pytest.mark.parametrize("sight", vision.SIGHTS)
def test_ramps_only_get_darker(sight):
    ramp = colours.density_ramp()[1:, :3]
    light = vision.lab(vision.as_seen(ramp, sight))[:, 0]
    assert (np.diff(light) < 0.6).all()
    assert light[0] - light[-1] > 60


@pytest.mark.parametrize("palette", palettes.PALETTES)
@pytest.mark.parametrize("areas", [True, False])
def test_the_dominant_class_is_the_one_of_the_largest_sum(data, palette, areas):
    scene = data.scene if areas else without_areas(data.scene)
    shown, _ = shown_of(scene, parse("")[0])
    classes = palettes.coloured(scene.opened.dataset.classes, palette)
    z, x, y = tiles_over([ALONE], 6)[0]
    drawn = overview.draw_density(scene, shown, View(z, x, y), "dominant", palette).rgba
    cells = drawn.reshape(density.CELLS, 8, density.CELLS, 8, 4)
    assert (cells == cells[:, :1, :, :1]).all()
    rows, cell = density.cells(scene.ground.points, shown.mask, z, x, y)
    assert len(rows) == len(ALONE)
    for number in np.unique(cell):
        patches = [
            ALONE[i] for i in range(len(ALONE)) if row_of(data, ALONE[i]) in rows[cell == number]
        ]
        if areas:
            maps = np.stack([p.pixels("reference_map", "reference_map") for p in patches])
            sums = [int(np.isin(maps, item.codes).sum()) for item in classes.classes]
            sums.append(maps.size - sum(sums))
        else:
            sums = [sum(item.name in p.labels for p in patches) for item in classes.classes]
        expected = (*classes.classes, classes.unlabelled)[int(np.argmax(sums))].colour
        seen = cells[number // density.CELLS, 0, number % density.CELLS, 0]
        assert tuple(seen[:3].tolist()) == colours.rgb(expected)
    assert (drawn[..., 3] > 0).sum() == 64 * len(np.unique(cell))


@pytest.mark.parametrize("palette", palettes.PALETTES)
def test_the_legend_of_the_dominant_class_has_the_colours_of_the_palette(data, palette):
    legend = overview.density_legend(data.scene, "dominant", palette)
    classes = palettes.coloured(data.opened.dataset.classes, palette)
    assert [entry["colour"] for entry in legend["entries"]] == [
        item.colour for item in (*classes.classes, classes.unlabelled)
    ]
    assert legend["entries"][-1]["key"] == "999"


@pytest.mark.parametrize("z", [-5, 0, 3, 7, 25])
def test_numbers_of_the_density_legend_are_those_of_the_picture(data, z):
    legend = overview.density_legend(data.scene, "count", "official", z)
    peak = data.scene.ground.peak(min(max(z, 0), 7))
    numbers = [int(entry["key"]) for entry in legend["entries"]]
    assert numbers == sorted(set(numbers))
    assert (numbers[0], numbers[-1]) == (1, peak)
    for entry in legend["entries"]:
        level = density.levels(np.array([int(entry["key"])]), peak)[0]
        assert colours.rgb(entry["colour"]) == tuple(colours.density_ramp()[level, :3].tolist())


@pytest.mark.parametrize(
    ("text", "expected"), [("", "count"), ("dominant~x", "dominant"), ("<i>", "count")]
)
def test_styles_of_density(data, text, expected):
    style, notices = overview.density_style(text)
    assert style == expected
    assert bool(notices) == (text == "<i>")
    assert style in {listed["id"] for listed in overview.density_styles(data.opened)}
