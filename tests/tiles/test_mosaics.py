"""Windows of packed mosaics: levels, scale, and files that go while they are read."""

import dataclasses
import logging

import numpy as np
import pytest
from rasterio.transform import Affine
from scipy.ndimage import binary_erosion

from eoexplore.core import mercator, mgrs
from eoexplore.core.selection import EVERYTHING
from eoexplore.render.composites import read_style
from eoexplore.render.warp import View
from eoexplore.store import catalog, mosaic
from eoexplore.store.mosaic import GROUPS
from eoexplore.tiles import mosaics
from eoexplore.tiles.imagery import draw
from eoexplore.tiles.scene import scene_of, shown_of
from tests import builders

PLACE = (6, 17)


@pytest.fixture
def small_grid(monkeypatch):
    """A grid of 24 x 24 patches, which is written ten times as fast as one of 91 x 91."""
    monkeypatch.setattr(mosaic, "GRID", 24)


@pytest.mark.parametrize("name", GROUPS)
def test_the_level_is_the_coarsest_that_is_fine_enough(name):
    group = GROUPS[name]
    assert mosaics.level_for(1, group) == 0
    assert mosaics.level_for(group.pixel_m * 1.99 / 1.02, group) == 0
    assert mosaics.level_for(group.pixel_m * 2, group) == 1
    assert mosaics.level_for(group.pixel_m * 5, group) == 2
    assert mosaics.level_for(1e9, group) == group.overviews
    assert mosaics.reach_m(group, 2) == 4 * group.pixel_m * mosaics.BORDER


@pytest.mark.parametrize("name", GROUPS)
def test_the_last_level_serves_the_first_zoom_with_imagery(name):
    # Zoom 8 at 36° N, where its pixels are largest on the ground of the dataset.
    group = GROUPS[name]
    ground = 156543.03 / 2**8 * np.cos(np.radians(36))
    assert group.pixel_m * 2 ** mosaics.level_for(ground, group) > ground / 2.05


def written(path, name, value):
    group = GROUPS[name] if isinstance(name, str) else name
    side = group.patch_px
    patches = {PLACE: np.full((len(group.bands), side, side), value, group.dtype)}
    mosaic.write(path, group, "33UUP", patches)
    return group


def window(group, level, metres=300):
    """Read around the right edge of the patch."""
    _, left, top = mgrs.patch_corner("33UUP", *PLACE)
    east = np.array([left + 1200 - metres, left + 1200 + metres], float)
    north = np.array([top - 300, top - 900], float)
    return [1], level, east, north


@pytest.mark.usefixtures("small_grid")
@pytest.mark.parametrize("name", GROUPS)
@pytest.mark.parametrize("level", [0, 1, 2])
def test_values_are_in_the_unit_of_the_layer(tmp_path, name, level):
    group = written(tmp_path / "m.tif", name, 113 if name == "sar" else 211)
    canvas = mosaics.read(tmp_path / "m.tif", *window(group, level))
    # Where half a pixel would be left over, GDAL makes all of them that much larger.
    assert canvas.transform.a == pytest.approx(group.pixel_m * 2**level, rel=0.001)
    known = ~np.isnan(canvas.pixels) if np.isnan(group.empty) else canvas.pixels != group.empty
    assert known.any()
    assert not known.all()
    value = -12.75 if name == "sar" else 211
    assert np.unique(canvas.pixels[known]).tolist() == [value]


@pytest.mark.usefixtures("small_grid")
def test_each_file_says_its_own_scale(tmp_path):
    # Mosaics of earlier releases: hundredths and tenths of a decibel.
    earlier = {"dtype": "int16", "nodata": -32768, "offset": 0}
    for scale in (0.01, 0.1):
        old = dataclasses.replace(GROUPS["sar"], scale=scale, **earlier)
        written(tmp_path / "m.tif", old, round(-12.7 / scale))
        for level in (0, 2):
            canvas = mosaics.read(tmp_path / "m.tif", *window(GROUPS["sar"], level))
            assert np.nanmax(canvas.pixels) == np.nanmin(canvas.pixels) == np.float32(-12.7)


@pytest.mark.usefixtures("small_grid")
def test_a_mosaic_of_larger_pixels_is_read_at_the_nearest_level_that_it_has(tmp_path):
    # The extra bands had pixels of 60 m, and a level less.
    group = GROUPS["optical_coarse"]
    old = dataclasses.replace(group, pixel_m=60)
    written(tmp_path / "m.tif", old, 500)
    assert old.overviews < group.overviews
    canvas = mosaics.read(tmp_path / "m.tif", *window(group, group.overviews))
    assert canvas.transform.a == pytest.approx(60 * 2**old.overviews, rel=0.003)


def test_a_canvas_of_larger_pixels_is_laid_on_the_raster_of_another():
    values = np.arange(1, 65, dtype=np.uint16).reshape(1, 8, 8)
    coarse = mosaics.Canvas(values, Affine(60, 0, 1000, 0, -60, 5000))
    fine = mosaics.Canvas(np.zeros((1, 6, 6), np.uint16), Affine(40, 0, 1120, 0, -40, 4880))
    found = mosaics.on_raster(coarse, fine)
    assert found.transform == fine.transform
    # Centres at 140, 180, 220 m and so on from the corner of the coarse raster.
    at = [2, 3, 3, 4, 5, 5]
    np.testing.assert_array_equal(found.pixels[0], values[0][np.ix_(at, at)])
    assert mosaics.on_raster(fine, fine) is fine


@pytest.mark.usefixtures("small_grid")
def test_a_mosaic_that_was_replaced_is_read_anew(tmp_path):
    group = written(tmp_path / "m.tif", "optical", 100)
    first = mosaics.read(tmp_path / "m.tif", *window(group, 1))
    written(tmp_path / "m.tif", "optical", 200)
    second = mosaics.read(tmp_path / "m.tif", *window(group, 1))
    assert (first.pixels.max(), second.pixels.max()) == (100, 200)


@pytest.mark.usefixtures("small_grid")
def test_places_outside_of_a_mosaic_have_none(tmp_path):
    group = written(tmp_path / "m.tif", "optical", 100)
    bands, level, east, north = window(group, 0)
    assert mosaics.read(tmp_path / "m.tif", bands, level, east + 1e6, north) is None


@pytest.mark.usefixtures("small_grid")
def test_a_mosaic_that_is_gone_or_damaged_is_left_out(tmp_path, caplog):
    path = tmp_path / "m.tif"
    group = written(path, "optical", 100)
    with caplog.at_level(logging.WARNING):
        assert mosaics.read(tmp_path / "other.tif", *window(group, 0)) is None
        assert not caplog.records
        path.write_bytes(path.read_bytes()[:300])
        assert mosaics.read(path, *window(group, 0)) is None
        assert "left out" in caplog.text
    path.write_bytes(b"no picture")
    assert mosaics.read(path, *window(group, 2)) is None
    assert mosaic.version_of(path) == 0
    path.unlink()
    assert mosaic.version_of(path) == 0


# What the extra bands and radar were before, and what is stored in both for 1,000 and -10 dB.
BEFORE = {
    "optical_coarse": ({"pixel_m": 60, "grain": ((np.inf, 1),)}, 1000, 1000),
    "sar": ({"dtype": "int16", "nodata": -32768, "scale": 0.1, "offset": 0}, -100, 124),
}


def fill(opened, patches, *, before):
    """Write mosaics of one value, as they are or as they were before."""
    product = patches[0].id.rsplit("_", 2)[0]
    for name, (changes, old, new) in BEFORE.items():
        group = dataclasses.replace(GROUPS[name], **(changes if before else {}))
        shape = len(group.bands), group.patch_px, group.patch_px
        cell = np.full(shape, old if before else new, group.dtype)
        cells = {(patch.x, patch.y): cell for patch in patches}
        path = opened.folder.mosaic_path(name, product)
        mosaic.write(path, group, patches[0].tile, cells)


def pictures(opened, layer, style):
    """Draw all tiles of a dataset at some zooms that show mosaics."""
    scene = scene_of(opened)
    shown = shown_of(scene, EVERYTHING)[0]
    west, south, east, north = opened.samples.bounds
    x, y = mercator.to_metres([west, east], [north, south])
    drawn = {}
    for z in (10, 11, 12):
        side = 2 * mercator.HALF_WORLD / 2**z
        columns, rows = (mercator.HALF_WORLD + x) // side, (mercator.HALF_WORLD - y) // side
        for column in range(int(columns[0]), int(columns[1]) + 1):
            for row in range(int(rows[0]), int(rows[1]) + 1):
                view = View(z, column, row)
                drawn[z, column, row] = draw(scene, shown, read_style(layer, style)[0], view).rgba
    return drawn


@pytest.mark.usefixtures("small_grid")
def test_mosaics_of_two_releases_are_drawn_side_by_side(tmp_path):
    squares = builders.block("32UQU", 11.9, 48.55)
    left = [patch for place, patch in enumerate(squares) if place % 2 == 0]
    right = [
        dataclasses.replace(patch, date="20170801T101031")
        for place, patch in enumerate(squares)
        if place % 2
    ]
    root = builders.write_tree(tmp_path / "reben", (*left, *right), ("s2", "s1"))
    opened = catalog.add(root)
    fill(opened, left, before=False)
    fill(opened, right, before=True)
    mixed = {layer: pictures(opened, *layer) for layer in (("s2", "band.B11"), ("s1", "vv"))}
    fill(opened, right, before=False)
    for layer, drawn in mixed.items():
        for tile, wanted in pictures(opened, *layer).items():
            there = wanted[..., 3] == 255
            level = 64 if layer[0] == "s2" else 153
            assert set(wanted[there][:, 0].tolist()) <= {level}
            # Away from the edge there is no hole, and nowhere another colour.
            inner = binary_erosion(there, iterations=2)
            assert (drawn[tile][inner] == wanted[inner]).all(), tile
            assert set(drawn[tile][drawn[tile][..., 3] == 255][:, 0].tolist()) <= {level}


@pytest.mark.usefixtures("small_grid")
def test_open_files_that_wait_are_bounded_by_bytes(tmp_path):
    paths = [tmp_path / f"{number}.tif" for number in range(6)]
    for path in paths:
        written(path, "sar", 113)
    pool = mosaics.HandlePool(10_000_000)
    lent = []
    for path in [*paths, paths[-1]]:
        with pool.borrow(path, 0) as handle:
            lent.append(handle)
    assert handle.nbytes > 3_000_000
    # The last was lent twice; of the others those stay that were used last.
    assert [item.file.closed for item in lent] == [True] * 3 + [False] * 4
    assert lent[-1] is lent[-2]
    assert pool.used == sum(item.nbytes for item in lent[3:6])
    with pool.borrow(paths[-1], 0), pool.borrow(paths[-1], 0) as another:
        assert another is not handle
    assert pool.used <= 10_000_000
