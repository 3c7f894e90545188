"""Styles and their options on tiles and patches, against numbers computed by hand."""

import io

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import map_coordinates

from eoexplore.core import nomenclature
from eoexplore.core.selection import parse
from eoexplore.render import outlines, palettes
from eoexplore.render.colours import rgb
from eoexplore.render.composites import read_style
from eoexplore.render.ramps import ramp
from eoexplore.render.warp import View
from eoexplore.store import spectra
from eoexplore.tiles import ranges, tile
from eoexplore.tiles.imagery import ORIGINALS_ZOOM, class_palette, draw
from eoexplore.tiles.originals import Originals
from eoexplore.tiles.packed import Packed
from eoexplore.tiles.ranges import look, ranged
from eoexplore.tiles.scene import shown_of
from eoexplore.tiles.tile import TileRequest
from tests import builders
from tests.tiles.conftest import ALONE
from tests.tiles.test_correctness import inside, source_places, tiles_over


def drawn(data, layer, text, place, palette="official"):
    style, notices = look(data.opened, layer, text)
    assert notices == ()
    return draw(data.scene, data.shown, style, View(*place), palette).rgba


def values_at(place, *bands):
    """Return bands interpolated at the pixels of a tile, and which lie well inside the data."""
    pixels, _, _ = builders.mosaic(ALONE, "s2", bands, 0)
    columns, rows = source_places(ALONE, *place, 256)
    deep = inside(columns - 12, rows - 12, np.subtract(pixels.shape[1:], 24))
    at = [rows - 0.5, columns - 0.5]
    return [map_coordinates(plane.astype(float), at, order=1) for plane in pixels], deep


@pytest.mark.parametrize("text", ["index.NDVI", "index.NDVI~r-0.3..0.5", "index.NDMI~inv"])
def test_an_index_on_a_tile_has_the_colour_of_its_value(data, text):
    style = read_style("s2", text)[0]
    (channel,) = style.channels
    other = "B04" if channel.band == "NDVI" else "B11"
    compared = 0
    for place in tiles_over([ALONE], 15):
        (near, far), deep = values_at(place, "B08", other)
        value = (near - far) / np.maximum(near + far, 1)
        share = (value - channel.low) / (channel.high - channel.low)
        share = 1 - share if style.options.inverse else share
        levels = np.clip(np.rint(share * 255), 0, 255).astype(int)
        expected = ramp("diverging", channel.low, channel.high)[levels]
        found = drawn(data, "s2", text, place)
        apart = np.abs(found[..., :3].astype(int) - expected).max(axis=2)
        assert (found[deep, 3] == 255).all()
        assert (apart[deep] <= 6).mean() >= 0.98 if deep.any() else True
        compared += deep.sum()
    assert compared > 20_000


def test_gamma_range_and_inverse_on_a_tile(data):
    (place, *_) = tiles_over([ALONE], 15)
    plain = drawn(data, "s2", "band.B04~r0..4000", place)
    there = plain[..., 3] == 255
    assert there.any()
    inverse = drawn(data, "s2", "band.B04~r0..4000~inv", place)
    assert (inverse[there, 0] == 255 - plain[there, 0]).all()
    brighter = drawn(data, "s2", "band.B04~r0..4000~g2", place)
    expected = np.sqrt(plain[there, 0] / 255) * 255
    assert np.abs(brighter[there, 0] - expected).max() <= 3


@pytest.mark.parametrize("z", [9, 10, 11, 12])
@pytest.mark.parametrize("text", ["swir", "agriculture", "bathymetry", "band.B09"])
def test_bands_of_two_packed_groups_work_in_one_picture(data, z, text):
    """Far out, the mean grey of each channel is that of the files, whatever group has its band."""
    style = read_style("s2", text)[0]
    bands = [channel.band for channel in style.channels]
    pixels, _, _ = builders.mosaic(ALONE, "s2", tuple(bands), 0)
    highs = np.array([channel.high for channel in style.channels])
    expected = pixels.mean(axis=(1, 2)) * 255 / highs
    tiles = [drawn(data, "s2", text, place) for place in tiles_over([ALONE], z)]
    levels = np.concatenate([rgba[rgba[..., 3] == 255] for rgba in tiles])[:, : len(bands)]
    assert len(levels) > 100 / 4 ** (12 - z)
    assert np.abs(levels.mean(axis=0) - expected).max() < 5


@pytest.mark.parametrize("z", [11, 14])
def test_an_index_is_the_same_far_and_near(data, z):
    table = ramp("diverging", -1, 1).astype(int)
    tiles = [drawn(data, "s2", "index.NDWI", place) for place in tiles_over([ALONE], z)]
    colours = np.concatenate([rgba[rgba[..., 3] == 255] for rgba in tiles])[::7, :3].astype(int)
    levels = np.abs(colours[:, None] - table[None]).sum(axis=2).argmin(axis=1)
    pixels, _, _ = builders.mosaic(ALONE, "s2", ("B03", "B08"), 0)
    green, near = pixels.astype(float)
    expected = ((green - near) / (green + near)).mean() * 127.5 + 127.5
    assert abs(levels.mean() - expected) < 2


def colour_set(rgba):
    return {tuple(colour) for colour in rgba[rgba[..., 3] > 0].reshape(-1, 4).tolist()}


@pytest.mark.parametrize("palette", palettes.PALETTES)
@pytest.mark.parametrize("text", ["clc19", "clc3", "clc2", "clc1"])
def test_each_level_has_the_colours_of_its_classes(data, text, palette):
    schema = palettes.coloured(nomenclature.levels(data.opened.dataset.classes)[text], palette)
    expected = {(*rgb(schema.class_of(code).colour), 255) for code in builders.CODES}
    found = set()
    for place in tiles_over([ALONE], 14):
        found |= colour_set(drawn(data, "reference_map", text, place, palette))
    assert found == expected


def test_hidden_classes_are_transparent(data):
    classes = data.opened.dataset.classes
    colour = (*rgb(classes.class_of(312).colour), 255)
    place = tiles_over([ALONE], 15)[0]
    everything = drawn(data, "reference_map", "clc19", place)
    alone = drawn(data, "reference_map", "clc19~only312", place)
    others = drawn(data, "reference_map", "clc19~not312", place)
    here = (everything == colour).all(axis=2)
    assert here.any()
    assert colour_set(alone) == {colour}
    assert ((alone[..., 3] > 0) == here).all()
    assert ((others[..., 3] > 0) == (~here & (everything[..., 3] > 0))).all()
    assert (others[others[..., 3] > 0] == everything[others[..., 3] > 0]).all()
    unlabelled = (*rgb(classes.unlabelled.colour), 255)
    assert colour_set(drawn(data, "reference_map", "clc19~only999", place)) == {unlabelled}


def test_any_code_of_a_class_stands_for_it_and_strange_ones_are_said(data):
    assert look(data.opened, "reference_map", "clc19~only112.511")[0].text == "clc19~only111.512"
    assert look(data.opened, "reference_map", "clc2~not312")[0].text == "clc2~not311"
    assert look(data.opened, "reference_map", "clc3~only112")[0].text == "clc3~only112"
    style, notices = look(data.opened, "reference_map", "clc19~only17.311")
    assert style.text == "clc19~only311"
    assert "no class of code 17" in notices[0]


@pytest.mark.parametrize("size", [256, 512])
@pytest.mark.parametrize("z", [12, 15])
def test_outlines_of_neighbouring_tiles_are_those_of_one_picture(data, z, size):
    style = read_style("reference_map", "clc19~line")[0]
    z_, x, y = next(iter(tiles_over([ALONE], z)))
    layer = data.scene.layer("reference_map")
    kind = Originals if z >= ORIGINALS_ZOOM else Packed
    whole = np.block(
        [
            [
                kind(
                    data.scene, data.shown, layer, style, View(z_, x + right, y + down, size)
                ).codes()
                for right in (-1, 0, 1)
            ]
            for down in (-1, 0, 1)
        ]
    )
    colours = class_palette(data.scene, layer, style, "official")
    expected = outlines.outlines(colours.index[whole], colours.rgba, size, size / 256)
    found = draw(data.scene, data.shown, style, View(z_, x, y, size)).rgba
    assert found.shape == (size, size, 4)
    assert found[..., 3].any()
    assert (found != expected).any(axis=2).mean() < 0.0005


def test_an_outline_ends_where_the_data_ends(data):
    """One patch alone: there are lines between its classes, and none around it."""
    shown, _ = shown_of(data.scene, parse("ids=" + ALONE[0].id)[0])
    style = read_style("reference_map", "clc19~line")[0]
    filled = read_style("reference_map", "clc19")[0]
    for place in tiles_over([ALONE[:1]], 16)[:4]:
        view = View(*place)
        there = draw(data.scene, shown, filled, view).rgba[..., 3] > 0
        lines = draw(data.scene, shown, style, view).rgba[..., 3] > 0
        assert not lines[~there].any()
        assert (lines.any() and not lines[there].all()) or not there.any()


SAMPLE = {
    "s2/B04": np.arange(0, 1001, dtype=np.float32),
    "s2/B03": np.arange(0, 2002, 2, dtype=np.float32),
    "s2/B02": np.full(1001, 500, np.float32),
    "s2/B08": np.where(np.arange(1001) % 2, 2000, np.nan).astype(np.float32),
}


@pytest.fixture
def sampled(monkeypatch):
    ranges._limits.cache_clear()
    monkeypatch.setattr(spectra, "pixels", lambda _: SAMPLE)
    yield
    ranges._limits.cache_clear()


@pytest.mark.usefixtures("sampled")
def test_percentiles_are_those_of_the_dataset(data):
    style, notices = look(data.opened, "s2", "true_colour~p10..90")
    assert notices == ()
    # A band of one value has no percentiles apart: it keeps its usual range.
    assert [(c.low, c.high) for c in style.channels] == [(100, 900), (200, 1800), (0, 2000)]
    assert style.text == "true_colour~p10..90"
    evi, _ = look(data.opened, "s2", "index.DVI")
    difference = (2000 - np.arange(1, 1001, 2)) / 10_000
    low, high = np.percentile(difference, (2, 98))
    assert evi.channels[0].low == pytest.approx(low, rel=1e-3)
    assert evi.channels[0].high == pytest.approx(high, rel=1e-3)


@pytest.mark.usefixtures("sampled")
def test_every_tile_has_the_same_range(data):
    """A value has one level, on whichever tile and beside whichever neighbours it lies."""
    text = "band.B04~p10..90"
    for place in tiles_over([ALONE], 16)[:6]:
        (red,), deep = values_at(place, "B04")
        expected = np.clip((red - 100) * 255 / 800, 0, 255)
        found = drawn(data, "s2", text, place)
        assert (np.abs(found[..., 0] - expected)[deep] <= 1.5).mean() > 0.99 if deep.any() else True


def test_without_a_sample_the_usual_range_is_shown_and_said(data, monkeypatch):
    ranges._limits.cache_clear()
    monkeypatch.setattr(spectra, "pixels", lambda _: None)
    style, notices = look(data.opened, "s2", "band.B04~p2..98")
    assert (style.channels[0].low, style.channels[0].high) == (0, 2000)
    assert "come with the index" in notices[0]
    # Nobody asked for percentiles: nothing is missing.
    assert ranged(data.opened, read_style("s2", "index.EVI")[0])[1] == ()
    ranges._limits.cache_clear()


def test_the_index_brings_the_sample(data):
    style, notices = look(data.opened, "s2", "band.B04~p2..98")
    assert notices == ()
    pixels = np.concatenate(
        [patch.pixels("s2", "B04").ravel() for block in (ALONE,) for patch in block]
    )
    low, high = np.percentile(pixels, (2, 98))
    assert style.channels[0].low == pytest.approx(low, rel=0.15)
    assert style.channels[0].high == pytest.approx(high, rel=0.15)


def request(layer, **more):
    place = dict(zip("zxy", tiles_over([ALONE], 14)[0], strict=True))
    return TileRequest(layer=layer, **place, **more)


@pytest.mark.parametrize(
    ("layer", "one", "other"),
    [
        ("s2", {}, {"style": "true_colour", "palette": "official"}),
        ("s2", {"style": "swir~inv~g0.80"}, {"style": "swir~g0.8~inv"}),
        ("reference_map", {"style": "clc19~only112"}, {"style": "clc19~only111"}),
        ("footprints", {}, {"style": "split"}),
        ("density", {"style": "count"}, {}),
    ],
)
def test_equal_looks_share_one_answer(data, layer, one, other):
    first, second = (request(layer, **more) for more in (one, other))
    assert first != second
    assert tile.canonical(data.opened, first) == tile.canonical(data.opened, second)


def test_what_cannot_be_used_is_an_answer_of_its_own(data):
    plain, strange = request("s2"), request("s2", style="true_colour~x")
    assert tile.canonical(data.opened, strange) != tile.canonical(data.opened, plain)
    found, usual = tile.render(data.opened, strange), tile.render(data.opened, plain)
    assert found.body == usual.body
    assert found.notices
    assert not usual.notices
    assert tile.render(data.opened, request("s2", palette="pink")).notices


def test_a_tile_says_in_its_header_what_it_could_not_use(data, client):
    z, x, y = tiles_over([ALONE], 14)[0]
    address = f"{data.tiles}/s2/{z}/{x}/{y}.png?style=index.NDVI~r9..1"
    answer = client.get(address)
    assert answer.status_code == 200
    assert "left out" in answer.headers["X-EOExplore-Notice"]


def patch_png(data, client, layer, query=""):
    address = f"/patch/{data.opened.slug}/{ALONE[0].id}/{layer}.png?{query}"
    answer = client.get(address)
    assert answer.status_code == 200
    return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGBA"))


def test_patch_pictures_have_the_same_styles(data, client):
    near, red = (ALONE[0].pixels("s2", band).astype(float) for band in ("B08", "B04"))
    levels = np.floor((near - red) / (near + red) * 127.5 + 128).astype(int)
    found = patch_png(data, client, "s2", "style=index.NDVI")
    apart = np.abs(found[..., :3].astype(int) - ramp("diverging", -1, 1)[levels]).max(axis=2)
    assert (apart <= 4).all()
    coastal = ALONE[0].pixels("s2", "B01").astype(float)
    grey = patch_png(data, client, "s2", "style=band.B01~r0..4000~inv")
    assert grey.shape == (120, 120, 4)
    expected = 255 - np.floor(coastal * 255 / 4000 + 0.5)
    assert (grey[..., 0] == np.kron(expected, np.ones((6, 6)))).all()


def test_patch_pictures_of_classes(data, client):
    codes = ALONE[0].pixels("reference_map", "reference_map")
    classes = palettes.coloured(data.opened.dataset.classes, "safe")
    found = patch_png(data, client, "reference_map", "style=clc19~only312&palette=safe")
    assert ((found[..., 3] > 0) == (codes == 312)).all()
    assert (found[codes == 312][:, :3] == rgb(classes.class_of(312).colour)).all()
    lines = patch_png(data, client, "reference_map", "style=clc19~line")
    assert lines.shape == (120, 120, 4)
    assert lines[..., 3].any()
