"""Masks from elsewhere: which file is of which patch, and which files cannot be used."""

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from rasterio.transform import from_origin

from eoexplore.core.errors import PredictionError
from eoexplore.jobs import mask_files, mask_import
from tests import builders, masking
from tests.masking import IDS, ONE, PATCHES, bare, everywhere, full, kept, said


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A dataset of label maps alone; nothing is written to it."""
    folder = tmp_path_factory.mktemp("masked") / "reben-tiny"
    return builders.write_tree(folder, PATCHES, layers=("reference_map",))


@pytest.fixture
def opened(made, tmp_path, monkeypatch):
    return masking.open_small(made, tmp_path, monkeypatch)


@pytest.fixture
def masks(tmp_path):
    folder = tmp_path / "masks"
    folder.mkdir()
    return folder


def test_names_with_more_than_the_id_fit_and_others_are_counted(opened, masks):
    (masks / "deep").mkdir()
    builders.write_raster(masks / "deep" / f"{ONE.id}-pred.TIFF", full(211), ONE, None)
    bare(masks / f"{PATCHES[1].id}_a_b.tif", full(211))
    bare(masks / f"{PATCHES[2].id}x.tif", full(211))
    bare(masks / "other.tif", full(211))
    (masks / f"{PATCHES[3].id}.png").write_bytes(b"")
    text = said(opened, masks)
    assert "2 of the 4 samples" in text
    assert f"2 files are named after no sample here, such as {PATCHES[2].id}x.tif, other." in text
    assert "1 does not say where it lies: each is taken to lie on its patch" in text


@given(st.lists(st.text("ab_-", min_size=1, max_size=6), min_size=1, max_size=6, unique=True),
       st.sampled_from(("", "_mask", "-1", "_a_b", "-")))  # fmt: skip
def test_the_longest_id_wins(ids, more):
    rows = {sample: row for row, sample in enumerate(ids)}
    stem = ids[0] + more
    fitting = [name for name in ids if stem == name or stem.startswith((f"{name}_", f"{name}-"))]
    assert mask_files._row(stem, rows) == rows[max(fitting, key=len)]


def test_two_files_for_one_sample_are_refused(opened, masks):
    for name in (f"{ONE.id}.tif", f"{ONE.id}_b.tif"):
        bare(masks / name, full(211))
    with pytest.raises(PredictionError, match=r"two files for one sample: .* and .*_b.tif"):
        mask_import.look(opened, masks)


def test_a_folder_of_other_names_shows_an_id(opened, masks):
    with pytest.raises(PredictionError, match=r"it has no .tif at all"):
        mask_import.look(opened, masks)
    bare(masks / "1.tif", full(211))
    with pytest.raises(PredictionError, match=f"such as 1.tif. A mask is called {IDS[0]}.tif"):
        mask_import.look(opened, masks)
    with pytest.raises(PredictionError, match="There is no folder 'none'"):
        mask_import.look(opened, masks / "none")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (np.full((60, 60), 211, np.uint16), "60 x 60 pixels. Masks of this dataset have 120 x 120"),
        (np.full((120, 119), 211, np.uint16), "120 x 119 pixels"),
        (np.full((3, 120, 120), 211, np.uint16), "has 3 bands. A mask has one"),
    ],
)
def test_other_pixels_are_refused(opened, masks, values, says):
    bare(masks / f"{ONE.id}.tif", values)
    with pytest.raises(PredictionError, match=says):
        mask_import.look(opened, masks)


def test_one_damaged_file_does_not_end_the_others(opened, masks):
    everywhere(masks, 211)
    names = [f"{patch.id}.tif" for patch in PATCHES]
    whole = (masks / names[1]).read_bytes()
    (masks / names[1]).write_bytes(whole[: len(whole) // 2])
    (masks / names[2]).write_bytes(b"")
    text = said(opened, masks)
    assert "2 are left out: Damaged, cut short, or no GeoTIFF, " in text
    assert names[1] in text
    found = kept(opened, masks)
    assert sorted(found.rows) == sorted(IDS.index(patch.id) for patch in (ONE, PATCHES[3]))
    ((reason, count),) = found.about.left_out.items()
    assert (count, names[2] in reason) == (2, True)


def test_what_is_no_geotiff_is_not_opened(opened, masks, tmp_path):
    bare(tmp_path / "real.tif", full(211))
    (masks / f"{ONE.id}.tif").write_text(
        '<VRTDataset rasterXSize="120" rasterYSize="120"><VRTRasterBand dataType="UInt16" band="1">'
        f"<SimpleSource><SourceFilename>{tmp_path / 'real.tif'}</SourceFilename></SimpleSource>"
        "</VRTRasterBand></VRTDataset>"
    )
    # Blocks of 1 GB, of which none is stored.
    bare_profile = {"tiled": True, "blockxsize": 16384, "blockysize": 16384, "sparse_ok": True}
    with rasterio.open(
        masks / f"{PATCHES[1].id}.tif", "w", driver="GTiff", width=120, height=120, count=1,
        dtype="uint32", crs=32633, transform=from_origin(0, 0, 10, 10), **bare_profile,
    ):  # fmt: skip
        pass
    with pytest.raises(PredictionError, match=r"No mask in masks can be used. 2: Damaged"):
        mask_import.look(opened, masks)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"crs": 32634}, "In EPSG:32634, where its patch is in EPSG:32633"),
        ({"east": 6}, "Elsewhere than its patch"),
        ({"north": -1200}, "Elsewhere than its patch"),
        ({"pixel": 20}, "Elsewhere than its patch"),
        ({"east": 4, "north": -4}, ""),
        # South above: the first row is the lowest one.
        ({"flipped": True}, "Elsewhere than its patch"),
    ],
)
def test_what_lies_elsewhere_is_left_out(opened, masks, change, says):
    epsg, left, top = ONE.corner
    pixel = change.get("pixel", 10)
    place = from_origin(left + change.get("east", 0), top + change.get("north", 0), pixel, pixel)
    if change.get("flipped"):
        place = rasterio.Affine(10, 0, left, 0, 10, top - 1200)
    bare(masks / f"{ONE.id}.tif", full(211), crs=change.get("crs", epsg), transform=place)
    bare(masks / f"{PATCHES[1].id}.tif", full(211))
    found = kept(opened, masks)
    assert len(found.rows) == (1 if says else 2)
    assert [says in reason for reason in found.about.left_out] == ([True] if says else [])
    assert ("1 is left out: " + says in said(opened, masks)) == bool(says)
