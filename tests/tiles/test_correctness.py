"""Tiles against an independent reference: patches of a zone mosaicked first, then transformed."""

import numpy as np
import pytest
import rasterio
from pyproj import Transformer
from rasterio.transform import from_bounds, from_origin
from rasterio.warp import Resampling, reproject
from scipy.ndimage import binary_erosion, map_coordinates

from eoexplore.core import mercator
from eoexplore.core.selection import parse
from eoexplore.render.composites import read_style
from eoexplore.render.warp import View
from eoexplore.tiles.imagery import draw
from eoexplore.tiles.scene import shown_of
from tests import builders
from tests.tiles.conftest import ALONE, EASTERN, WESTERN

STRETCH = {
    "true_colour": (("B04", 0, 2000), ("B03", 0, 2000), ("B02", 0, 2000)),
    "colour_infrared": (("B08", 0, 4000), ("B04", 0, 2000), ("B03", 0, 2000)),
}
# Blocks in draw order: the later date, in the east, lies on top.
PLACES = {"one zone": (ALONE,), "zone border": (WESTERN, EASTERN)}
PAD = 600
CASES = [(13, 256), (14, 256), (15, 256), (13, 512)]


def tiles_over(blocks, z):
    """Return the tiles of a zoom that some blocks of patches touch."""
    names = set()
    side = 2 * mercator.HALF_WORLD / 2**z
    for block in blocks:
        corners = np.array([patch.corner for patch in block])
        east = np.append(corners[:, 1], corners[:, 1] + 1200)
        north = np.append(corners[:, 2], corners[:, 2] - 1200)
        to_mercator = Transformer.from_crs(block[0].corner[0], 3857, always_xy=True)
        x, y = to_mercator.transform(*np.meshgrid(east, north))
        columns, rows = (mercator.HALF_WORLD + x) // side, (mercator.HALF_WORLD - y) // side
        for column in range(int(columns.min()), int(columns.max()) + 1):
            names |= {(z, column, row) for row in range(int(rows.min()), int(rows.max()) + 1)}
    return sorted(names)


def some_over(blocks, z):
    """Return all such tiles, or, of many, every third: a row of them has both edges and no edge."""
    tiles = tiles_over(blocks, z)
    return tiles if len(tiles) < 16 else tiles[::3]


def source_places(block, z, x, y, size, width=None):
    """Return the exact source column and row (fractions) of every pixel centre, and the mosaic."""
    west, _, east, north = mercator.tile_bounds(z, x, y)
    step = (east - west) / size
    centre_x = west + step * (np.arange(width or size) + 0.5)
    centre_y = north - step * (np.arange(size) + 0.5)
    epsg = block[0].corner[0]
    transform = Transformer.from_crs(3857, epsg, always_xy=True)
    easting, northing = transform.transform(*np.meshgrid(centre_x, centre_y))
    left = min(patch.corner[1] for patch in block)
    top = max(patch.corner[2] for patch in block)
    return (easting - left) / 10, (top - northing) / 10


def inside(columns, rows, shape):
    return (columns >= 0) & (rows >= 0) & (columns < shape[1]) & (rows < shape[0])


def near_edge(columns, rows, limit=0.05):
    """Tell which places lie within some part of a pixel from a pixel's edge."""
    return (np.abs(columns - np.rint(columns)) < limit) | (np.abs(rows - np.rint(rows)) < limit)


def rgba_of(classes):
    """Return the colour of every code, shape (1000, 4)."""
    table = np.zeros((1000, 4), np.uint8)
    for code in builders.CODES:
        text = classes.class_of(code).colour
        table[code] = [*(int(text[i : i + 2], 16) for i in (1, 3, 5)), 255]
    return table


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("z", "size"), CASES)
def test_labels_equal_the_exact_inverse_transform(data, place, z, size):
    style = read_style("reference_map", "clc19")[0]
    classes = data.opened.dataset.classes
    compared = 0
    for tile in tiles_over(PLACES[place], z):
        expected = np.zeros((size, size, 4), np.uint8)
        unsure = np.zeros((size, size), bool)
        for block in PLACES[place]:
            (codes,), _, _ = builders.mosaic(block, "reference_map", ("reference_map",), 0)
            columns, rows = source_places(block, *tile, size)
            here = inside(columns, rows, codes.shape)
            unsure |= near_edge(columns, rows) & inside(
                columns + 1, rows + 1, np.add(codes.shape, 2)
            )
            found = codes[np.floor(rows[here]).astype(int), np.floor(columns[here]).astype(int)]
            expected[here] = rgba_of(classes)[found]
        drawn = draw(data.scene, data.shown, style, View(*tile, size)).rgba
        differs = (drawn != expected).any(axis=2) & (drawn[..., 3] | expected[..., 3]).astype(bool)
        assert not (differs & ~unsure).any()
        compared += int((~unsure & (expected[..., 3] > 0)).sum())
    assert compared > 20_000


def gdal_reference(block, bands, tile, size, tmp_path, width=None):
    """Return what GDAL makes of the mosaicked file, and where it has data away from its edge."""
    core, left, top = builders.mosaic(block, "s2", bands, 0)
    # Wider than any tile: GDAL widens its kernel by how much of the source a tile covers, and
    # takes that from the file's size where the file ends inside the tile.
    pixels = np.pad(core, ((0, 0), (PAD, PAD), (PAD, PAD)))
    path = tmp_path / "mosaic.tif"
    west, south, east, north = mercator.tile_bounds(*tile)
    columns = width or size
    east = west + (east - west) * columns / size
    profile = {
        "driver": "GTiff", "width": pixels.shape[2], "height": pixels.shape[1],
        "count": len(pixels), "dtype": "uint16", "nodata": 0, "crs": block[0].corner[0],
        "transform": from_origin(left - 10 * PAD, top + 10 * PAD, 10, 10),
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        file.write(pixels)
    result = np.zeros((len(bands), size, columns), np.uint16)
    with rasterio.open(path) as file:
        for number, plane in enumerate(result, start=1):
            reproject(
                rasterio.band(file, number), plane, dst_crs="EPSG:3857", dst_nodata=0,
                dst_transform=from_bounds(west, south, east, north, columns, size),
                resampling=Resampling.bilinear,
            )  # fmt: skip
    places = source_places(block, *tile, size, width)
    deep = inside(places[0] - 2, places[1] - 2, np.subtract(core.shape[1:], 4))
    return result, deep


def stretched(values, style):
    levels = [
        np.clip((plane - low) * 255 / (high - low), 0, 255)
        for plane, (_, low, high) in zip(values.astype(float), STRETCH[style], strict=True)
    ]
    return np.rint(np.stack(levels, axis=-1))


@pytest.mark.parametrize(
    ("place", "style"), [("one zone", "true_colour"), ("zone border", "colour_infrared")]
)
@pytest.mark.parametrize(("z", "size"), CASES)
def test_imagery_equals_a_warp_of_the_mosaicked_patches(data, tmp_path, place, style, z, size):
    bands = tuple(band for band, _, _ in STRETCH[style])
    close = total = 0
    for tile in tiles_over(PLACES[place], z):
        expected = np.zeros((size, size, 3))
        deep = np.zeros((size, size), bool)
        for block in PLACES[place]:
            values, sure = gdal_reference(block, bands, tile, size, tmp_path)
            columns, rows = source_places(block, *tile, size)
            shape = (240, 240)
            # Where a later block lies on top, nothing of the earlier one is compared.
            deep &= ~inside(columns + 2, rows + 2, np.add(shape, 4))
            deep |= sure
            expected[sure] = stretched(values, style)[sure]
        drawn = draw(data.scene, data.shown, read_style("s2", style)[0], View(*tile, size)).rgba
        assert (drawn[deep, 3] == 255).all()
        apart = np.abs(drawn[..., :3].astype(float) - expected).max(axis=2)[deep]
        close += int((apart <= 1).sum())
        total += len(apart)
    assert total > 15_000
    assert close / total >= 0.99


@pytest.mark.parametrize("z", [14, 15, 16])
def test_enlarged_imagery_is_bilinear_at_exact_places(data, z):
    (block,) = PLACES["one zone"]
    pixels, _, _ = builders.mosaic(block, "s2", ("B04", "B03", "B02"), 0)
    for tile in some_over([block], z):
        columns, rows = source_places(block, *tile, 256)
        deep = inside(columns - 1, rows - 1, np.subtract(pixels.shape[1:], 2))
        values = [
            map_coordinates(plane.astype(float), [rows - 0.5, columns - 0.5], order=1)
            for plane in pixels
        ]
        drawn = draw(data.scene, data.shown, read_style("s2", "")[0], View(*tile)).rgba
        apart = np.abs(drawn[..., :3] - stretched(np.stack(values), "true_colour")).max(axis=2)
        assert (apart[deep] <= 1).mean() >= 0.99 if deep.any() else True


def test_radar_is_bilinear_too(data):
    (block,) = PLACES["one zone"]
    pixels, _, _ = builders.mosaic(block, "s1", ("VV", "VH"), np.nan)
    for tile in some_over([block], 14):
        columns, rows = source_places(block, *tile, 256)
        deep = inside(columns - 1, rows - 1, np.subtract(pixels.shape[1:], 2))
        vv, vh = (
            map_coordinates(plane.astype(float), [rows - 0.5, columns - 0.5], order=1)
            for plane in pixels
        )
        levels = [(vv + 25) / 25, (vh + 32) / 27, (vv - vh) / 15]
        expected = np.clip(np.stack(levels, axis=-1) * 255, 0, 255)
        drawn = draw(data.scene, data.shown, read_style("s1", "")[0], View(*tile)).rgba
        apart = np.abs(drawn[..., :3] - expected).max(axis=2)
        assert (apart[deep] <= 1).mean() >= 0.99 if deep.any() else True


@pytest.mark.parametrize("z", [14, 15, 16])
def test_neighbouring_tiles_have_no_seam(data, tmp_path, z):
    """Two tiles side by side equal one wide warp (where tiles shrink, its kernel is another)."""
    (block,) = PLACES["one zone"]
    bands = ("B04", "B03", "B02")
    tiles = tiles_over([block], z)
    pairs = [(tile, (z, tile[1] + 1, tile[2])) for tile in tiles]
    pairs = [pair for pair in pairs if pair[1] in tiles]
    assert pairs
    for pair in pairs[:8]:
        values, deep = gdal_reference(block, bands, pair[0], 256, tmp_path, width=512)
        style = read_style("s2", "true_colour")[0]
        both = [draw(data.scene, data.shown, style, View(*tile)).rgba for tile in pair]
        apart = np.abs(np.hstack(both)[..., :3] - stretched(values, "true_colour")).max(axis=2)
        seam = deep[:, 254:258]
        assert (apart[deep] <= 1).mean() >= 0.99
        assert (apart[:, 254:258][seam] <= 1).mean() >= 0.99 if seam.any() else True


@pytest.mark.parametrize("z", [8, 11, 13, 16])
@pytest.mark.parametrize("layer", ["s2", "s1", "reference_map"])
def test_pixels_without_a_patch_are_transparent(data, layer, z):
    for tile in some_over([ALONE], z):
        columns, rows = source_places(ALONE, *tile, 256)
        drawn = draw(data.scene, data.shown, read_style(layer, "")[0], View(*tile)).rgba
        there = inside(columns, rows, (240, 240))
        sure = ~near_edge(columns / 240, rows / 240, 0.002)
        assert (drawn[there & sure, 3] == 255).all()
        assert (drawn[~there & sure, 3] == 0).all()


def test_the_zone_border_has_no_gap(data):
    """Between the blocks of two zones, every pixel that either covers is drawn."""
    for z in (9, 12, 14):
        for tile in some_over([WESTERN, EASTERN], z):
            covered = np.zeros((256, 256), bool)
            for block in (WESTERN, EASTERN):
                columns, rows = source_places(block, *tile, 256)
                covered |= inside(columns - 0.1, rows - 0.1, (239.8, 239.8))
            drawn = draw(data.scene, data.shown, read_style("s2", "")[0], View(*tile)).rgba
            assert binary_erosion(drawn[..., 3] == 255, border_value=1)[covered].mean() > 0.5
            assert (drawn[covered, 3] == 255).all()


@pytest.mark.parametrize("z", [9, 10, 11, 12])
def test_packed_tiles_show_the_same_as_the_files(data, z):
    """Further out, tiles come from mosaics: their mean grey is that of the patches."""
    pixels, _, _ = builders.mosaic(ALONE, "s2", ("B04", "B03", "B02"), 0)
    expected = pixels.mean(axis=(1, 2)) * 255 / 2000
    drawn = [
        draw(data.scene, data.shown, read_style("s2", "")[0], View(*tile)).rgba
        for tile in tiles_over([ALONE], z)
    ]
    levels = np.concatenate([rgba[rgba[..., 3] == 255] for rgba in drawn])[:, :3]
    assert np.abs(levels.mean(axis=0) - expected).max() < 3


@pytest.mark.parametrize("z", [9, 10, 11, 12, 13, 14, 15])
@pytest.mark.parametrize("block", [ALONE, WESTERN], ids=["west", "centre"])
def test_the_edge_of_the_data_is_not_dark(data, z, block):
    """No drawn pixel is darker than the darkest source pixel, at the edge as within."""
    pixels, _, _ = builders.mosaic(block, "s2", ("B04",), 0)
    darkest = int(pixels.min()) * 255 // 2000
    shown, _ = shown_of(data.scene, parse("date=2017-06-13")[0])
    for tile in some_over([block], z):
        drawn = draw(data.scene, shown, read_style("s2", "")[0], View(*tile)).rgba
        assert drawn[drawn[..., 3] > 0, 0].min(initial=255) >= darkest
