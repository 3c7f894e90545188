"""Windows of packed mosaics: levels, scale, and files that go while they are read."""

import logging

import numpy as np
import pytest
import rasterio

from eoexplore.core import mgrs
from eoexplore.store import mosaic
from eoexplore.store.mosaic import GROUPS
from eoexplore.tiles import mosaics

PLACE = (26, 57)


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
    group = GROUPS[name]
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


@pytest.mark.parametrize("name", GROUPS)
@pytest.mark.parametrize("level", [0, 1, 2])
def test_values_are_in_the_unit_of_the_layer(tmp_path, name, level):
    group = written(tmp_path / "m.tif", name, -127 if name == "sar" else 211)
    canvas = mosaics.read(tmp_path / "m.tif", *window(group, level))
    assert canvas.transform.a == group.pixel_m * 2**level
    known = ~np.isnan(canvas.pixels) if np.isnan(group.empty) else canvas.pixels != group.empty
    assert known.any()
    assert not known.all()
    value = np.float32(-12.7) if name == "sar" else 211
    assert np.unique(canvas.pixels[known]).tolist() == [value]


def test_each_file_says_its_own_scale(tmp_path):
    # A mosaic of the first release, in hundredths of a decibel, beside one of today.
    group = written(tmp_path / "m.tif", "sar", -1270)
    with rasterio.open(tmp_path / "m.tif", "r+", IGNORE_COG_LAYOUT_BREAK="YES") as file:
        file.scales = (0.01, 0.01)
    for level in (0, 2):
        canvas = mosaics.read(tmp_path / "m.tif", *window(group, level))
        assert np.nanmax(canvas.pixels) == np.nanmin(canvas.pixels) == np.float32(-12.7)


def test_a_mosaic_that_was_replaced_is_read_anew(tmp_path):
    group = written(tmp_path / "m.tif", "optical", 100)
    first = mosaics.read(tmp_path / "m.tif", *window(group, 1))
    written(tmp_path / "m.tif", "optical", 200)
    second = mosaics.read(tmp_path / "m.tif", *window(group, 1))
    assert (first.pixels.max(), second.pixels.max()) == (100, 200)


def test_places_outside_of_a_mosaic_have_none(tmp_path):
    group = written(tmp_path / "m.tif", "optical", 100)
    bands, level, east, north = window(group, 0)
    assert mosaics.read(tmp_path / "m.tif", bands, level, east + 1e6, north) is None


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
