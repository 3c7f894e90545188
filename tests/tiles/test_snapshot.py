"""The view as a picture: the same pixels as the tiles, and what stands around them."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from eoexplore.core import mercator
from eoexplore.render.colours import rgb
from eoexplore.tiles import composed, sheet, snapshot
from eoexplore.tiles.queries import Asked
from eoexplore.tiles.tile import TileRequest, render

Z, X, Y = 13, 4369, 2840


def asked(data, **query):
    return Asked(data.opened, {}, query)


def centre(z, x, y):
    """Return v for the middle of a tile."""
    west, south, east, north = mercator.tile_bounds(z, x, y)
    lon, lat = mercator.to_degrees((west + east) / 2, (south + north) / 2)
    return f"{lat:.10f},{lon:.10f},{z}"


@pytest.fixture(scope="module")
def place(data):
    """Return the tile in the middle of the patches on the border of two zones."""
    x, y = mercator.to_metres(12.0, 48.2)
    side = 2 * mercator.HALF_WORLD / 2**Z
    column, row = (mercator.HALF_WORLD + x) // side, (mercator.HALF_WORLD - y) // side
    return Z, int(column), int(row)


def tile(data, layer, place, **more):
    z, x, y = place
    body = render(data.opened, TileRequest(layer, z, x, y, **more)).body
    return np.array(Image.open(io.BytesIO(body)).convert("RGBA"))


@pytest.mark.parametrize("layer", ["s2", "reference_map", "footprints"])
def test_at_a_whole_zoom_it_is_the_tile_pixel_by_pixel(data, place, layer):
    query = {"v": centre(*place), "l": f"{layer}::100", "width": "256", "height": "256"}
    view = composed.sight(asked(data, **query))
    found = np.array(composed.picture(view, view.drawn[0]))
    np.testing.assert_array_equal(found, tile(data, layer, place))
    assert found[..., 3].any()


def test_off_the_grid_it_is_the_tiles_beside_each_other(data, place):
    z, x, y = place
    left, right = (tile(data, "s2", (z, column, y)) for column in (x, x + 1))
    _, south, east, north = mercator.tile_bounds(z, x, y)
    lon, lat = mercator.to_degrees(east, (south + north) / 2)
    query = {"v": f"{lat:.10f},{lon:.10f},{z}", "l": "s2::100", "width": "256", "height": "256"}
    view = composed.sight(asked(data, **query))
    found = np.array(composed.picture(view, view.drawn[0]))
    np.testing.assert_array_equal(found, np.hstack([left[:, 128:], right[:, :128]]))


def test_between_two_zooms_labels_are_never_mixed(data):
    query = {"v": "48.2,12.0,13.4", "l": "reference_map::100", "width": "500", "height": "400"}
    view = composed.sight(asked(data, **query))
    found = np.array(composed.picture(view, view.drawn[0])).reshape(-1, 4)
    classes = data.opened.dataset.classes
    allowed = {rgb(item.colour) for item in (*classes.classes, classes.unlabelled)}
    opaque = {tuple(pixel[:3].tolist()) for pixel in found if pixel[3] == 255}
    assert len(opaque) > 5
    assert opaque <= allowed
    assert set(found[:, 3].tolist()) <= {0, 255}


def test_between_two_zooms_places_stay_where_they_are(data):
    """A patch's corner lies at the pixel that its coordinates say, within one pixel."""
    view = composed.sight(
        asked(data, v="48.2,12.0,12.6", l="footprints::100", width="800", height="600")
    )
    found = np.array(composed.picture(view, view.drawn[0]))[..., 3] > 0
    columns = np.flatnonzero(found.any(axis=0))
    west, _, east, _ = view.bounds
    shown = data.opened.samples.lon > 0
    lon = data.opened.samples.outlines[shown][..., 0]
    at = (np.array([lon.min(), lon.max()]) - west) / (east - west) * view.width
    assert [columns[0], columns[-1] + 1] == pytest.approx(at, abs=1.5)


def test_layers_lie_over_each_other_in_their_opacity(data, place):
    query = {"v": centre(*place), "l": "reference_map::40", "width": "256", "height": "256"}
    view = composed.sight(asked(data, **query))
    ground = Image.new("RGB", (256, 256), "#ffffff")
    found = np.array(composed.flat(view, ground)).astype(int)
    pixels = tile(data, "reference_map", place).astype(int)
    there = pixels[..., 3] == 255
    mixed = 255 * 0.6 + pixels[..., :3] * 0.4
    assert np.abs(found - mixed)[there].max() <= 2
    assert (found[~there] == 255).all()


def test_style_date_selection_and_palette_are_those_of_the_address(data, place):
    more = {"style": "colour_infrared", "date": "earliest", "select": "split=validation"}
    query = {"v": centre(*place), "width": "256", "height": "256", "d": "earliest"}
    query |= {"l": "s2:colour_infrared:100", "select": "split=validation"}
    view = composed.sight(asked(data, **query))
    found = np.array(composed.picture(view, view.drawn[0]))
    np.testing.assert_array_equal(found, tile(data, "s2", place, **more))
    safe = composed.sight(asked(data, **query | {"l": "reference_map::100", "palette": "safe"}))
    found = np.array(composed.picture(safe, safe.drawn[0]))
    more |= {"style": "", "palette": "safe"}
    np.testing.assert_array_equal(found, tile(data, "reference_map", place, **more))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"l": "gone:x:100,s2::100"}, "gone"),
        ({"d": "someday"}, "someday"),
        ({"select": "colour=red"}, "colour"),
    ],
)
def test_what_cannot_be_used_is_said(data, query, said):
    view = composed.sight(asked(data, **query))
    assert said in " ".join(view.notices)
    assert view.drawn


def test_hidden_layers_of_a_link_are_not_drawn(data):
    view = composed.sight(asked(data, l="!s1:vv:40,s2::100,!gone:x:10"))
    assert [pile.id for pile in view.drawn] == ["s2"]
    assert not view.notices


@pytest.mark.parametrize("text", ["", "here", "91,0,5", "48,12,99", "48,12", "nan,1,2", "1e3,1,1"])
def test_without_a_usable_place_all_of_it_is_seen(data, text):
    view = composed.sight(asked(data, v=text, select="split=validation"))
    west, south, east, north = view.bounds
    assert west < 12.0 < east
    assert south < 48.2 < north


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        ("99999", "99999", (4000, 1500)),
        ("0", "-5", (64, 64)),
        ("x", "", (1200, 800)),
    ],
)
def test_its_size_is_bounded(data, width, height, expected):
    view = composed.sight(asked(data, width=width, height=height))
    assert (view.width, view.height) == expected


def test_the_edge_of_the_world_is_no_trouble(data):
    view = composed.sight(asked(data, v="85,179.9,3", l="density::100", width="300", height="300"))
    assert np.array(composed.picture(view, view.drawn[0])).shape == (300, 300, 4)
    assert snapshot.ground(view).size == (300, 300)


def test_the_sheet_says_what_it_shows_and_whose_it_is(data):
    query = {"v": "48.2,12.0,13", "select": "split=validation", "d": "earliest"}
    view = composed.sight(asked(data, **query))
    words = snapshot.texts(view)
    assert words["selection"] == "validation: 4 of 12 patches"
    assert "earliest" in words["dates"]
    assert "CDLA-Permissive-1.0" in words["source"]
    assert "Clasen" in words["source"]
    assert "48.2000° N 12.0000° E" in words["place"]


def test_the_route_gives_a_picture_with_its_story_inside(data, client):
    address = f"/export/{data.opened.slug}/view.png?v=48.2,12,13&l=s2::100,reference_map::50"
    answer = client.get(f"{address}&width=320&height=240")
    assert answer.status_code == 200
    assert f"{data.opened.slug}-view.png" in answer.headers["content-disposition"]
    picture = Image.open(io.BytesIO(answer.content))
    assert picture.width > 320 + 200
    # The legend of 19 classes is longer than the map.
    assert picture.height > 400
    assert json.loads(picture.text["eoexplore"])["fingerprint"] == data.opened.fingerprint
    assert str(data.root).encode() not in answer.content


def test_the_scale_bar_is_as_long_as_it_says():
    ground_m = 19.1
    picture = Image.new("RGB", (260, 40), sheet.PAPER)
    sheet.Pen(picture, 10, 4, 240).scale(ground_m)
    dark = np.array(picture.convert("L")) < 100
    row = dark.sum(axis=1).max()
    assert row * ground_m == pytest.approx(2000, rel=0.02)


@pytest.mark.parametrize(
    ("most", "expected"),
    [(4999, 2000), (5000, 5000), (1, 1), (0.7, 0.5), (999_999, 500_000), (10, 10)],
)
def test_lengths_are_round(most, expected):
    assert sheet.round_length(most) == pytest.approx(expected)


def test_the_font_has_the_letters_of_names_and_numbers():
    font = sheet._font(20)
    missing = bytes(font.getmask("\uffff"))
    assert [
        letter for letter in "−éßščžłąőūė°²×–…·’Жθ" if bytes(font.getmask(letter)) == missing
    ] == []


def test_long_words_and_odd_signs_fit_the_width():
    lines = sheet.wrapped("x" * 300 + "\n\x1b[31m red", 12, 100)
    assert all(sheet._font(12).getlength(line) <= 100 for line in lines)
    assert "".join(lines).replace(" ", "").endswith("[31mred")


def test_ground_metres_are_those_at_the_centre(data):
    view = composed.sight(asked(data, v="60,12,0", width="64", height="64"))
    assert view.ground_m == pytest.approx(40075016.7 / 256 / 2, rel=1e-3)
