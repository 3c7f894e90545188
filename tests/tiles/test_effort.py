"""How many files a tile opens: those of the patches it shows when near, mosaics further out."""

import numpy as np
import pytest

from eoexplore.render.composites import read_style
from eoexplore.render.warp import View
from eoexplore.tiles import mosaics, originals, patches
from eoexplore.tiles.imagery import draw
from tests.tiles.conftest import ALONE, WESTERN
from tests.tiles.test_correctness import inside, source_places, tiles_over


@pytest.fixture
def opened(monkeypatch):
    """Empty caches, and lists of the files and mosaics that are opened from now on."""
    files, rasters = [], []
    read, open_raster = patches._read_band, mosaics._open
    monkeypatch.setattr(originals, "READER", patches.PatchReader(10**8))
    monkeypatch.setattr(mosaics, "HANDLES", mosaics.HandlePool())
    monkeypatch.setattr(patches, "_read_band", lambda data, f: files.append(f) or read(data, f))
    monkeypatch.setattr(mosaics, "_open", lambda *at: rasters.append(at) or open_raster(*at))
    return files, rasters


def touched(tile, metres):
    """Return the patches that a tile touches, and those within some metres of it."""
    found = []
    for more in (0, metres / 10):
        keys = set()
        for patch in ALONE:
            columns, rows = source_places((patch,), *tile, 256)
            size = np.add((120, 120), 2 * more)
            if inside(columns + more, rows + more, size).any():
                keys.add(patch.id)
        found.append(keys)
    return found


@pytest.mark.parametrize("z", [13, 15])
@pytest.mark.parametrize(("layer", "bands"), [("s2", 3), ("reference_map", 1)])
def test_a_near_tile_reads_each_file_of_its_patches_once(data, opened, layer, bands, z):
    files, rasters = opened
    style = read_style(layer, "")[0]
    for number, tile in enumerate(tiles_over([ALONE], z)):
        before = len(files)
        draw(data.scene, data.shown, style, View(*tile))
        if number < 4:
            seen, near = touched(tile, 150)
            assert {file.key for file in files[before:]} <= near
            assert seen <= {file.key for file in files}
    assert len(files) == len(set(files)) == bands * len(ALONE)
    assert rasters == []


@pytest.mark.parametrize("z", [8, 11, 12])
@pytest.mark.parametrize("layer", ["s2", "s1", "reference_map"])
def test_a_tile_further_out_opens_one_mosaic_for_each_product(data, opened, layer, z):
    files, rasters = opened
    style = read_style(layer, "")[0]
    (tile, *_) = tiles_over([WESTERN], z)
    for _ in range(2):
        draw(data.scene, data.shown, style, View(*tile))
    assert files == []
    assert 1 <= len(rasters) == len(set(rasters)) <= 2


@pytest.mark.parametrize("z", [3, 7])
def test_no_file_is_opened_where_there_is_no_imagery(data, opened, z):
    for tile in tiles_over([ALONE], z):
        assert not draw(data.scene, data.shown, read_style("s2", "")[0], View(*tile)).rgba.any()
    assert opened == ([], [])
