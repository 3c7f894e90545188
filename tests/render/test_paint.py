"""Colours of pictures: channels, ramps, outlines."""

import numpy as np
import pytest

from eoexplore.render import vision
from eoexplore.render.colours import rgb
from eoexplore.render.composites import read_style
from eoexplore.render.outlines import margin, outlines
from eoexplore.render.paint import colours_of, paint
from eoexplore.render.ramps import ramp


def bands(**values):
    return {name: np.array(pixels, np.uint16) for name, pixels in values.items()}


def painted(text, layer="s2", **values):
    planes, there = paint(read_style(layer, text)[0], bands(**values))
    return np.stack(planes, axis=-1), there


def test_three_bands_are_red_green_and_blue():
    shown, there = painted("swir", B12=[0, 3000], B8A=[1250, 5000], B04=[2000, 0])
    assert shown.tolist() == [[0, 64, 255], [255, 255, 0]]
    assert there is None


def test_options_reach_every_channel():
    pixels = {"B04": [500], "B03": [1000], "B02": [2000]}
    assert painted("true_colour~r0..4000", **pixels)[0].tolist() == [[32, 64, 128]]
    assert painted("true_colour~inv", **pixels)[0].tolist() == [[191, 127, 0]]
    assert painted("true_colour~g2", **pixels)[0].tolist() == [[128, 180, 255]]
    assert painted("true_colour~r0..4000~g2~inv", **pixels)[0].tolist() == [[165, 127, 75]]


def test_one_band_is_grey():
    shown, there = painted("band.B05", B05=[0, 1500, 9000])
    assert shown.tolist() == [[0, 0, 0], [128, 128, 128], [255, 255, 255]]
    assert there is None


def test_radar_bands_are_grey_in_decibels():
    style = read_style("s1", "vh")[0]
    planes, _ = paint(style, {"VH": np.array([-32, -5, -18.5], np.float32)})
    assert planes[0].tolist() == [0, 255, 128]


def test_an_index_has_the_colours_of_its_ramp_and_no_value_where_it_has_none():
    shown, there = painted("index.NDVI", B08=[3000, 1000, 2000, 0], B04=[1000, 3000, 2000, 0])
    assert there.tolist() == [True, True, True, False]
    table = ramp("diverging", -1, 1)
    assert shown[:3].tolist() == [table[191].tolist(), table[64].tolist(), table[128].tolist()]
    assert painted("index.NDVI~inv", B08=[3000], B04=[1000])[0][0].tolist() == table[64].tolist()


@pytest.mark.parametrize(("low", "high"), [(-0.2, 0.9), (-1, 1), (0.1, 0.8), (-3, -1)])
def test_the_middle_of_a_diverging_ramp_stays_at_zero(low, high):
    table, whole = ramp("diverging", low, high).astype(int), ramp("diverging", -1, 1).astype(int)
    values = np.linspace(low, high, 256) / max(abs(low), abs(high))
    places = np.rint((values + 1) / 2 * 255).astype(int)
    assert np.abs(table - whole[places]).max() <= 3
    # Brown is redder than blue, teal the other way.
    red_over_blue = table[:, 0] - table[:, 2]
    assert (red_over_blue[values < -0.05] > 0).all()
    assert (red_over_blue[values > 0.05] < 0).all()


@pytest.mark.parametrize("sight", vision.SIGHTS)
def test_ramps_are_even_and_apart_for_every_eye(sight):
    rising = vision.lab(vision.as_seen(ramp("rising")[::32], sight))
    steps = vision.difference(rising[:-1], rising[1:])
    assert steps.min() > 4
    light = vision.lab(vision.as_seen(ramp("diverging", -1, 1), sight))[:, 0]
    assert (np.diff(light[:125]) > -0.5).all()
    assert (np.diff(light[131:]) < 0.5).all()
    both = vision.lab(vision.as_seen(ramp("diverging", -1, 1), sight))
    below, above = both[:96], both[:-97:-1]
    assert vision.difference(below, above).min() > 10


def test_equal_distances_from_the_middle_are_equally_dark():
    light = vision.lab(ramp("diverging", -1, 1))[:, 0]
    assert np.abs(light - light[::-1]).max() < 1.5


def test_a_legend_shows_what_the_picture_shows():
    assert colours_of(read_style("s2", "band.B04")[0], 3) == ["#000000", "#808080", "#ffffff"]
    assert colours_of(read_style("s2", "band.B04~inv")[0], 3) == ["#ffffff", "#7f7f7f", "#000000"]
    style = read_style("s2", "index.NDVI~r-0.2..0.8~g0.7~inv")[0]
    red, near = np.array([1000], np.uint16), np.array([1857], np.uint16)
    planes, _ = paint(style, {"B04": red, "B08": near})
    value = (1857 - 1000) / 2857
    found = colours_of(style, 1001)[round((value + 0.2) * 1000)]
    assert np.abs(np.array(rgb(found)) - [int(plane[0]) for plane in planes]).max() <= 3


COLOURS = np.array([[0, 0, 0, 0], [255, 0, 0, 255], [0, 0, 255, 255], [0, 255, 0, 255]], np.uint8)


def halves(side=40):
    areas = np.full((side, side), 1, np.uint8)
    areas[:, side // 2 :] = 2
    return areas


def test_a_line_shows_both_colours_at_a_border_and_a_dark_case():
    row = outlines(halves(), COLOURS)[20]
    assert row[19].tolist() == [255, 0, 0, 255]
    assert row[20].tolist() == [0, 0, 255, 255]
    # Half a pixel of line is left for the second one, the rest of it is casing.
    assert row[18, 0] > row[18, 2] > 0
    assert row[17, 3] in range(80, 100)
    assert row[17, 0] < 40
    assert (row[:17, 3] == 0).all()
    assert (row[23:, 3] == 0).all()


def test_lines_keep_their_width_on_denser_screens():
    row = outlines(halves(80), COLOURS, scale=2)[40]
    assert (row[37:40] == [255, 0, 0, 255]).all()
    assert row[36, 0] < 40
    assert (row[:35, 3] == 0).all()


def test_no_line_at_the_edge_of_the_picture_or_of_the_data():
    areas = np.full((40, 40), 1, np.uint8)
    areas[:, :12] = 0
    assert not outlines(areas, COLOURS).any()
    assert not outlines(np.zeros((9, 9), np.uint8), COLOURS).any()


def test_a_hidden_class_has_no_line_and_its_neighbour_keeps_its_own():
    colours = COLOURS.copy()
    colours[2] = 0
    row = outlines(halves(), colours)[20]
    assert row[19].tolist() == [255, 0, 0, 255]
    assert (row[20:, 3] == 0).all()


@pytest.mark.parametrize("scale", [1, 2])
def test_parts_of_a_picture_meet_without_a_seam(scale):
    rng = np.random.default_rng(8)
    blocks = rng.integers(0, 4, (30, 30)).astype(np.uint8)
    areas = blocks.repeat(9, axis=0).repeat(9, axis=1)
    edge = margin(scale)
    whole = outlines(areas, COLOURS, edge, scale)
    size = (270 - 2 * edge) // 2
    for down in (0, size):
        for right in (0, size):
            part = areas[down : down + size + 2 * edge, right : right + size + 2 * edge]
            found = outlines(part, COLOURS, edge, scale)
            assert (found == whole[down : down + size, right : right + size]).all()
