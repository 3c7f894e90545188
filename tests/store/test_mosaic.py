import dataclasses
import math
import resource
import subprocess
import sys

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from eoexplore.datasets._reben_facts import LAYERS
from eoexplore.store import mosaic
from eoexplore.store.mosaic import GROUPS, pack

OPTICAL, SAR, LABELS = GROUPS["optical"], GROUPS["sar"], GROUPS["reference_map"]
COARSE = GROUPS["optical_coarse"]


def patch_of(quad, dtype):
    """Return a patch whose every 2 x 2 block has these four values."""
    return np.tile(np.array(quad, dtype).reshape(2, 2), (60, 60))


@pytest.mark.parametrize(
    ("group", "quad", "packed"),
    [
        (OPTICAL, (100, 200, 300, 364), 240),
        (OPTICAL, (996, 996, 996, 997), 1000),
        (OPTICAL, (995, 996, 996, 996), 992),
        (OPTICAL, (2055, 2057, 2056, 2057), 2064),
        (OPTICAL, (124, 126, 125, 126), 124),
        (OPTICAL, (1, 1, 1, 2), 1),
        (OPTICAL, (63, 62, 62, 62), 62),
        (OPTICAL, (65535, 65535, 65535, 65535), 65535),
        (OPTICAL, (0, 0, 0, 0), 0),
        (OPTICAL, (0, 300, 0, 500), 400),
        (SAR, (-10.0, -12.0, -14.0, -16.0), 112),
        (SAR, (-10.1, -10.1, -10.1, -10.1), 124),
        (SAR, (0.0, 0.0, 0.0, 0.0), 164),
        (SAR, (np.nan, np.nan, np.nan, np.nan), 0),
        (SAR, (np.nan, -10.0, np.inf, -20.0), 104),
        (SAR, (-1e9, -1e9, -1e9, -1e9), 1),
        (SAR, (1e9, 1e9, 1e9, 1e9), 255),
        (LABELS, (312, 312, 211, 211), 312),
        (LABELS, (211, 312, 312, 211), 211),
        (LABELS, (211, 312, 313, 312), 312),
        (LABELS, (211, 231, 311, 312), 211),
        (LABELS, (211, 231, 312, 312), 312),
        (LABELS, (0, 0, 0, 999), 0),
    ],
)
def test_four_pixels_become_one(group, quad, packed):
    values = patch_of(quad, "float32" if group is SAR else "uint16")
    result = pack(values, group)
    assert result.shape == (60, 60)
    assert result.dtype == group.dtype
    assert np.unique(result).tolist() == [packed]


def test_pixels_stay_where_they_are():
    values = np.zeros((120, 120), np.uint16)
    values[2 * 7 : 2 * 7 + 2, 2 * 40 : 2 * 40 + 2] = 800
    assert np.argwhere(pack(values, OPTICAL)).tolist() == [[7, 40]]


@settings(max_examples=50, deadline=None)
@given(arrays.arrays(np.uint16, (4, 4), elements=st.integers(1, 65535)))
def test_reflectance_is_half_a_step_off_at_most_and_never_nodata(block):
    result = pack(np.tile(block, (30, 30)), OPTICAL)[:2, :2]
    means = block.reshape(2, 2, 2, 2).mean(axis=(1, 3))
    greatest = np.select([means < 64, means < 128, means < 1024], [0.5, 2, 4], 8)
    assert (np.abs(result - means) <= greatest).all()
    assert (result != OPTICAL.nodata).all()


@settings(max_examples=50, deadline=None)
@given(arrays.arrays(np.float32, (2, 2), elements=st.floats(-40.75, 22.75, width=32)))
def test_a_decibel_is_an_eighth_off_at_most(block):
    (stored,) = np.unique(pack(np.tile(block, (60, 60)), SAR))
    value = stored * SAR.scale + SAR.offset
    assert abs(value - block.mean(dtype=np.float64)) <= 0.125 + 1e-5


@settings(max_examples=50, deadline=None)
@given(
    arrays.arrays(
        np.float32, (4, 4), elements=st.floats(width=32, allow_nan=False, allow_infinity=False)
    )
)
def test_a_decibel_that_is_a_number_never_becomes_nodata(block):
    assert (pack(np.tile(block, (30, 30)), SAR) != SAR.nodata).all()


@settings(max_examples=50, deadline=None)
@given(arrays.arrays(np.uint16, (2, 2), elements=st.sampled_from([111, 211, 312, 999])))
def test_a_code_is_the_most_frequent_of_its_four(quad):
    (code,) = np.unique(pack(np.tile(quad, (60, 60)), LABELS))
    counts = {value: (quad == value).sum() for value in quad.ravel()}
    assert counts[code] == max(counts.values())
    if max(counts.values()) == 1:
        assert code == quad[0, 0]


@pytest.mark.parametrize("side", [20, 60, 120])
def test_bands_of_any_resolution_become_pixels_of_the_group(side):
    values = np.arange(1, side * side + 1, dtype=np.uint16).reshape(side, side)
    for pixel_m in (20, 40, 60):
        group = dataclasses.replace(COARSE, pixel_m=pixel_m)
        # The mean over the ground that a packed pixel covers, from pixels of 10 m.
        fine = np.kron(values, np.ones((120 // side, 120 // side)))
        size, step = 1200 // pixel_m, pixel_m // 10
        means = fine.reshape(size, step, size, step).mean((1, 3))
        result = pack(values, group)
        assert result.shape == (size, size)
        assert np.abs(result - means).max() <= 8
        assert np.abs(result - means)[means < 1024].max() <= 4


def test_every_band_is_packed_at_40_m_or_finer():
    for group in GROUPS.values():
        assert group.pixel_m <= 40
    assert {"B02", "B03", "B04", "B08"} == set(OPTICAL.bands)
    assert {group.pixel_m for group in (OPTICAL, SAR, LABELS)} == {20}


def test_bands_are_found_in_the_fewest_groups():
    assert mosaic.groups_of("s2", ("B04", "B03")) == {"optical": ("B04", "B03")}
    assert mosaic.groups_of("s2", ("B11", "B8A")) == {"optical_coarse": ("B11", "B8A")}
    assert mosaic.groups_of("s2", ("B12", "B08", "B04", "B08")) == {
        "optical": ("B08", "B04"),
        "optical_coarse": ("B12",),
    }
    assert mosaic.groups_of("s1", ("VH",)) == {"sar": ("VH",)}
    assert mosaic.groups_of("s1", ("B04",)) is None
    assert mosaic.groups_of("s2", ("B04", "B10")) is None
    every = {band for group in GROUPS.values() if group.layer == "s2" for band in group.bands}
    assert every == {band.name for band in LAYERS[0].bands}


def random_patches(group, places, seed=1):
    random = np.random.default_rng(seed)
    low, high = (1, 3000) if group.layer == "s2" else (1, 256)
    if group is LABELS:
        low, high = 1, 4
    shape = (len(group.bands), group.patch_px, group.patch_px)
    return {place: random.integers(low, high, shape).astype(group.dtype) for place in places}


RELEASED = 4 * 29_196 + 6 * 7_572 + 2 * 1_172 + 2 * 58_024 + 1_234
"""Bytes of the 15 files of a patch as released; the map is that of the one real patch with all."""


def real_bands(root, layer, band):
    """Return one band of the real patches by their place in the order of their names."""
    folder = root / {"s2": "BigEarthNet-S2", "s1": "BigEarthNet-S1"}.get(layer, "Reference_Maps")
    found = {}
    for number, path in enumerate(sorted(folder.rglob(f"*_{band}.tif"))):
        with rasterio.open(path) as file:
            found[number] = file.read(1)
    return found


def test_real_patches_take_15_percent_of_their_files_at_most(real_data, tmp_path, monkeypatch):
    root = real_data / "reben_mini"
    if not root.is_dir():
        pytest.skip("reben_mini is not among the real files")
    monkeypatch.setattr(mosaic, "GRID", 32)
    share = 0.0
    for name, group in GROUPS.items():
        bands = [real_bands(root, group.layer, band) for band in group.bands]
        assert len(bands[0]) == (1 if group is LABELS else 24)
        if group is LABELS:
            bands = [[np.rot90(bands[0][0], turn) for turn in range(24)]]
        # Side by side, as in a full product: what an empty file takes is for thousands of them.
        patches = {
            (20 + number % 6, 20 + number // 6): mosaic.pack_all([b[number] for b in bands], group)
            for number in range(24)
        }
        sizes = []
        for part in ({}, patches):
            mosaic.write(tmp_path / f"{name}.tif", group, "33UUP", part)
            sizes.append((tmp_path / f"{name}.tif").stat().st_size)
        share += (sizes[1] - sizes[0]) / 24 / RELEASED
    assert 0.1 < share <= 0.15


PLACES = ((0, 0), (90, 90), (26, 57), (27, 57), (26, 58))


@pytest.fixture(scope="module", params=GROUPS)
def written(request, tmp_path_factory):
    """A mosaic, the canvas it should be, and its group."""
    group = GROUPS[request.param]
    patches = random_patches(group, PLACES)
    path = tmp_path_factory.mktemp("mosaic") / "product.tif"
    mosaic.write(path, group, "33UUP", patches)
    px = group.patch_px
    canvas = np.full((len(group.bands), 91 * px, 91 * px), group.nodata, group.dtype)
    for (x, y), values in patches.items():
        canvas[:, y * px : y * px + px, x * px : x * px + px] = values
    return path, canvas, group


def test_a_mosaic_has_the_pixels_of_its_patches_and_nothing_else(written):
    path, canvas, group = written
    with rasterio.open(path) as file:
        np.testing.assert_array_equal(file.read(), canvas)
        assert file.nodata == group.nodata
        assert file.descriptions == group.bands
        assert file.scales == (group.scale,) * len(group.bands)
        assert file.offsets == (group.offset,) * len(group.bands)


def test_a_mosaic_lies_where_its_tile_lies(written):
    path, _, group = written
    size, px = group.pixel_m, group.patch_px
    with rasterio.open(path) as file:
        assert file.crs.to_epsg() == 32633
        assert file.transform == rasterio.Affine(size, 0, 300_000, 0, -size, 5_400_000)
        # The centre of the patch in column 26, row 57: 1200 m each from the corner of the tile.
        row, column = file.index(300_000 + 26.5 * 1200, 5_400_000 - 57.5 * 1200)
    assert (row, column) == (57 * px + px // 2, 26 * px + px // 2)


def test_a_mosaic_is_a_cloud_optimised_geotiff(written):
    path, _, group = written
    with rasterio.open(path) as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.block_shapes == [(256, 256)] * len(group.bands)
        assert file.compression.name == "zstd"
        assert file.overviews(1) == [2**level for level in range(1, group.overviews + 1)]
    # Places without a patch take no room: five patches are a thousandth of the grid.
    assert path.stat().st_size < 300_000
    assert [item.name for item in path.parent.iterdir()] == ["product.tif"]


def test_overviews_are_means_and_modes_without_the_empty_places(written):
    path, canvas, group = written
    px, half_px = group.patch_px, group.patch_px // 2
    with rasterio.open(path, overview_level=0) as file:
        half = file.read(1).astype(float)
    block = canvas[0, 57 * px : 58 * px, 26 * px : 28 * px]
    quads = np.stack([block[r::2, c::2] for r in (0, 1) for c in (0, 1)]).astype(float)
    found = half[57 * half_px : 58 * half_px, 26 * half_px : 28 * half_px]
    if group is LABELS:
        counts = (quads[:, None] == quads[None]).sum(axis=1)
        best = counts.max(axis=0)
        own = (quads == found).sum(axis=0)
        np.testing.assert_array_equal(own, best)
    else:
        assert np.abs(found - quads.mean(axis=0)).max() <= 0.51
    # At a border nothing is mixed with the empty places beside it.
    with rasterio.open(path, overview_level=group.overviews - 1) as file:
        far = file.read(1)
    values = far[far != group.nodata]
    assert values.min() >= canvas[canvas != group.nodata].min()
    assert values.max() <= canvas[canvas != group.nodata].max()
    assert len(values) >= math.ceil(60 / 32)


def test_a_second_mosaic_takes_the_place_of_the_first(tmp_path):
    path = tmp_path / "m.tif"
    for seed in (1, 2):
        patches = random_patches(SAR, [(3, 4)], seed)
        mosaic.write(path, SAR, "33UUP", patches)
    with rasterio.open(path) as file:
        window = rasterio.windows.Window(180, 240, 60, 60)
        np.testing.assert_array_equal(file.read(window=window), patches[3, 4])


_FULL = """
import resource, sys
from pathlib import Path
import numpy as np, rasterio.shutil
from eoexplore.datasets._reben_facts import LAYERS
from eoexplore.store import mosaic
path, limit, when = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
group = mosaic.GROUPS["optical"]
random = np.random.default_rng(0)
patches = {(x, 5): random.integers(1, 3000, (4, 60, 60)).astype("uint16") for x in range(12)}
shrink = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
if when == "copying":
    copy = rasterio.shutil.copy
    def late(*args, **more):
        shrink()
        return copy(*args, **more)
    rasterio.shutil.copy = late
else:
    shrink()
try:
    mosaic.write(path, group, "33UUP", patches)
except OSError as error:
    print("refused:", error)
else:
    print("written")
"""


@pytest.mark.parametrize("when", ["writing", "copying"])
@pytest.mark.parametrize("limit", [100, 150_000])
def test_a_disk_that_is_full_leaves_the_old_mosaic(tmp_path, when, limit):
    path = tmp_path / "m.tif"
    path.write_bytes(b"old")
    command = [sys.executable, "-c", _FULL, str(path), str(limit), when]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout.startswith("refused: ")
    assert path.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == ["m.tif"]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
