"""The released tree, whole or in part: what is found, what is said to be missing."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning

from eoexplore import datasets
from eoexplore.core.errors import DataMissing, DatasetNotRecognised, FileUnreadable
from tests.builders import Patch, bands_of, lacking, write_metadata, write_raster, write_tree

PATCHES = (
    Patch("33UUP", 26, 57),
    Patch("33UUP", 27, 57, split="test", labels=("Mixed forest",)),
    Patch("32TMT", 0, 90, date="20170701T102021", country="Switzerland", split="validation"),
)
FOLDERS = {"s2": "BigEarthNet-S2", "s1": "BigEarthNet-S1", "reference_map": "Reference_Maps"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A tree that tests only read."""
    return write_tree(tmp_path_factory.mktemp("reben"), PATCHES)


@pytest.fixture
def root(whole, tmp_path):
    """A copy of the tree that a test may damage."""
    shutil.copytree(whole, tmp_path / "reben")
    return tmp_path / "reben"


def problems(dataset):
    return {problem.kind: problem for problem in dataset.health().problems}


def test_a_whole_tree_has_all_layers_and_only_lacks_the_second_table(whole):
    dataset = datasets.open_dataset(whole)
    assert dataset.layout == "released tree + metadata"
    assert dataset.synthetic is False
    frame = dataset.samples()
    assert frame["id"].tolist() == sorted(patch.id for patch in PATCHES)
    health = dataset.health()
    assert health.samples == 3
    assert dict(health.layers) == {"s2": 3, "s1": 3, "reference_map": 3}
    assert list(problems(dataset)) == ["missing_table"]
    assert health.checked == "all file names"


def test_every_column_says_what_the_name_and_the_table_say(whole):
    row = datasets.open_dataset(whole).samples().set_index("id").loc[PATCHES[2].id]
    assert (row["tile"], row["x"], row["y"]) == ("32TMT", 0, 90)
    assert (row["split"], row["country"], row["season"]) == ("validation", "Switzerland", "summer")
    assert str(row["date"].date()) == "2017-07-01"
    assert str(row["s1_date"].date()) == "2017-07-01"
    assert row["s1_id"] == PATCHES[2].s1_id
    assert row["product"] == "S2A_MSIL2A_20170701T102021_N9999_R022_T32TMT"
    assert row["labels"] == ["Arable land", "Pastures"]
    assert row["label_mask"] == 1 << 2 | 1 << 4  # places 2 and 4 of the paper's order
    assert row["flags"] == []


@pytest.mark.parametrize("layer", FOLDERS)
def test_every_band_is_read_as_it_was_stored(whole, layer):
    dataset = datasets.open_dataset(whole)
    for patch in PATCHES:
        key = patch.s1_id if layer == "s1" else patch.id
        for band in bands_of(layer):
            found = dataset.read(key, layer, band)
            assert found.dtype == patch.pixels(layer, band).dtype
            np.testing.assert_array_equal(found, patch.pixels(layer, band))


def test_the_long_extension_and_compression_make_no_difference(root):
    patch = PATCHES[0]
    for band in bands_of("s2"):
        path = patch.path(root, "s2", band)
        with rasterio.open(path) as file:
            profile = file.profile | {"compress": "deflate", "predictor": 2}
            pixels = file.read()
        path.unlink()
        with rasterio.open(path.with_suffix(".tiff"), "w", **profile) as file:
            file.write(pixels)
    dataset = datasets.open_dataset(root)
    for band in bands_of("s2"):
        np.testing.assert_array_equal(dataset.read(patch.id, "s2", band), patch.pixels("s2", band))
    assert "missing_band" not in problems(dataset)


@pytest.mark.parametrize("layer", FOLDERS)
def test_one_layer_alone_is_a_dataset(root, layer):
    for other in {*FOLDERS} - {layer}:
        shutil.rmtree(root / FOLDERS[other])
    dataset = datasets.open_dataset(root)
    health = dataset.health()
    assert dict(health.layers) == {name: 3 if name == layer else 0 for name in FOLDERS}
    absent = {f"missing_{name}" for name in FOLDERS if name != layer}
    assert set(problems(dataset)) == {"missing_table", *absent}
    assert all(problems(dataset)[kind].count == 3 for kind in absent)


@pytest.mark.parametrize("layer", FOLDERS)
def test_one_layer_without_any_table_is_one_too(root, layer):
    for other in {*FOLDERS} - {layer}:
        shutil.rmtree(root / FOLDERS[other])
    (root / "metadata.parquet").unlink()
    dataset = datasets.open_dataset(root)
    assert dataset.layout == "released tree"
    frame = dataset.samples()
    wanted = sorted(patch.s1_id if layer == "s1" else patch.id for patch in PATCHES)
    assert frame["id"].tolist() == wanted
    assert frame["split"].astype(str).tolist() == [""] * 3
    assert frame["labels"].tolist() == [[], [], []]
    assert frame[["x", "y"]].to_numpy().min() >= 0
    assert set(frame["tile"]) == {"33UUP", "32TMT"}
    assert frame[f"has_{layer}"].all()
    assert "not_in_metadata" not in problems(dataset)


def test_only_some_patches_are_there(root):
    shutil.rmtree(PATCHES[1].path(root, "s2", "B02").parent)
    shutil.rmtree(PATCHES[1].path(root, "s1", "VV").parent)
    dataset = datasets.open_dataset(root)
    frame = dataset.samples().set_index("id")
    assert frame["has_s2"].to_dict() == {patch.id: patch is not PATCHES[1] for patch in PATCHES}
    assert problems(dataset)["missing_s2"].sentence == "1 patch has no Sentinel-2 image."
    assert problems(dataset)["missing_s1"].count == 1
    with pytest.raises(DataMissing):
        dataset.read(PATCHES[1].id, "s2", "B02")


def test_patches_of_no_table_are_shown_and_said(root):
    write_metadata(root, PATCHES[:2])
    dataset = datasets.open_dataset(root)
    row = dataset.samples().set_index("id").loc[PATCHES[2].id]
    assert (row["split"], row["country"], row["labels"]) == ("", "", [])
    assert row["s1_id"] == PATCHES[2].s1_id
    found = problems(dataset)["not_in_metadata"]
    assert found.count == 2
    assert PATCHES[2].id in found.examples


@pytest.mark.parametrize(
    ("days", "paired"), [("20170613", True), ("20170619", True), ("20170607", True),
                         ("20170620", False), ("20170606", False)],
)  # fmt: skip
def test_radar_without_a_table_belongs_to_the_picture_at_most_six_days_apart(
    tmp_path, days, paired
):
    patch = Patch("33UUP", 26, 57)
    radar = Patch("33UUP", 26, 57, date=f"{days}T165043")
    write_raster(patch.path(tmp_path, "s2", "B02"), patch.pixels("s2", "B02"), patch, 0)
    write_raster(radar.path(tmp_path, "s1", "VV"), radar.pixels("s1", "VV"), radar, None)
    frame = datasets.open_dataset(tmp_path).samples()
    assert len(frame) == (1 if paired else 2)
    assert (
        frame["s1_id"].tolist()[0 if paired else -1] == (radar.s1_id if paired else "")
        or not paired
    )
    assert sorted(frame["has_s1"]) == ([True] if paired else [False, True])


def test_the_nearest_in_time_are_paired_and_nothing_is_lost(tmp_path):
    pictures = [Patch("33UUP", 5, 5, date=f"201706{day}T101031") for day in ("13", "14")]
    radar = [Patch("33UUP", 5, 5, date=f"201706{day}T165043") for day in ("13", "19")]
    for patch in pictures:
        write_raster(patch.path(tmp_path, "s2", "B02"), patch.pixels("s2", "B02"), patch, 0)
    for patch in radar:
        write_raster(patch.path(tmp_path, "s1", "VV"), patch.pixels("s1", "VV"), patch, None)
    frame = datasets.open_dataset(tmp_path).samples()
    # Both pictures are nearest to the radar of the 13th; the later one still gets the other.
    assert dict(zip(frame["id"], frame["s1_id"], strict=True)) == {
        pictures[0].id: radar[0].s1_id,
        pictures[1].id: radar[1].s1_id,
    }


def test_a_band_that_all_patches_lack_is_counted(root):
    for patch in PATCHES:
        patch.path(root, "s2", "B08").unlink()
    PATCHES[0].path(root, "s1", "VH").unlink()
    dataset = datasets.open_dataset(root)
    assert lacking(dataset) == {("s2", "B08"): 3, ("s1", "VH"): 1}
    assert dataset.health().missing["s2/B08"] == 3
    found = dataset.bands_found("s2", [patch.id for patch in PATCHES])
    assert len(found) == 11
    assert "B08" not in found


def test_bands_are_looked_for_no_further_than_needed(root):
    PATCHES[0].path(root, "s2", "B08").unlink()
    dataset = datasets.open_dataset(root)
    asked = []

    def keys():
        for patch in PATCHES:
            asked.append(patch.id)
            yield patch.id

    assert "B08" in dataset.bands_found("s2", keys())
    assert asked == [patch.id for patch in PATCHES[:2]]


def test_a_band_that_patches_lack_is_said(root):
    for patch in PATCHES:
        patch.path(root, "s2", "B08").unlink()
    PATCHES[0].path(root, "s1", "VH").unlink()
    dataset = datasets.open_dataset(root)
    sentences = [p.sentence for p in dataset.health().problems if p.kind == "missing_band"]
    assert "3 of 3 patches with Sentinel-2 lack band B08." in sentences
    with pytest.raises(DataMissing):
        dataset.read(PATCHES[0].id, "s2", "B08")


def test_of_very_many_patches_some_are_looked_at_and_the_count_is_of_all(root, monkeypatch):
    # A large copy is looked at in parts; a band that all lack must still count as lacking in all.
    monkeypatch.setattr("eoexplore.datasets.reben._ALL_LISTED", 2)
    monkeypatch.setattr("eoexplore.datasets.reben._SAMPLED", 1)
    for patch in PATCHES:
        patch.path(root, "s2", "B08").unlink()
    dataset = datasets.open_dataset(root)
    assert lacking(dataset) == {("s2", "B08"): 3}
    assert dataset.health().checked == "file names of about 1 patches per layer"


def test_a_name_that_only_ends_in_capitals_is_not_there(root):
    path = PATCHES[0].path(root, "s2", "B04")
    path.rename(path.with_suffix(".TIF"))
    dataset = datasets.open_dataset(root)
    # What is said to be there must be readable, and the other way round.
    assert lacking(dataset) == {("s2", "B04"): 1}


@pytest.mark.parametrize(
    "name",
    ["readme", "S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP_91_00",
     "S2A_MSIL2A_20170613T101031_N9999_R022_T99UUP_01_01",
     "S2A_MSIL2A_20170613T101031_N9999_R022_T33IOO_01_01",
     "S2A_MSIL2A_20170613T101031_N9999_R022_T33UAP_01_01",
     "S2A_MSIL2A_20171313T101031_N9999_R022_T33UUP_01_01", "{{7*7}}",
     "<img src=x onerror=alert(1)>"],
)  # fmt: skip
def test_folders_that_are_no_patches_are_left_out_and_said(root, name):
    (root / "BigEarthNet-S2" / "S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP" / name).mkdir()
    dataset = datasets.open_dataset(root)
    assert len(dataset.samples()) == 3
    found = problems(dataset)["malformed_name"]
    assert found.count == 1
    assert found.examples == (name,)


def test_stray_files_beside_the_patches_do_no_harm(root):
    (root / "BigEarthNet-S2" / "list.txt").write_text("x")
    (root / "BigEarthNet-S2" / "empty_product").mkdir()
    (root / "Reference_Maps" / "S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP" / "x.tif").touch()
    dataset = datasets.open_dataset(root)
    assert len(dataset.samples()) == 3
    assert list(problems(dataset)) == ["missing_table"]


def cut_short(path):
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 3])


def emptied(path):
    path.write_bytes(b"")


def text(path):
    path.write_text("no picture")


def other_shape(path):
    patch = PATCHES[0]
    write_raster(path, np.ones((61, 61), np.uint16), patch, 0)


def complex_numbers(path):
    write_raster(path, np.ones((120, 120), np.complex64), PATCHES[0], 0)


@pytest.mark.parametrize("damage", [cut_short, emptied, text, other_shape, complex_numbers])
def test_a_damaged_file_is_an_error_with_a_sentence(root, damage):
    damage(PATCHES[0].path(root, "s2", "B02"))
    dataset = datasets.open_dataset(root)
    with pytest.raises(FileUnreadable) as caught:
        dataset.read(PATCHES[0].id, "s2", "B02")
    assert PATCHES[0].id in str(caught.value)
    assert str(caught.value).endswith(".")
    assert dataset.read(PATCHES[0].id, "s2", "B03").shape == (120, 120)


def test_a_file_that_claims_to_be_enormous_is_not_even_read(root):
    path = PATCHES[0].path(root, "s2", "B02")
    place = rasterio.Affine(10, 0, 300_000, 0, -10, 5_400_000)
    with rasterio.open(
        path, "w", driver="GTiff", width=60_000, height=60_000, count=1, dtype="uint16",
        sparse_ok=True, crs=32633, transform=place,
    ):  # fmt: skip
        pass
    with pytest.raises(FileUnreadable, match="far larger than a patch"):
        datasets.open_dataset(root).read(PATCHES[0].id, "s2", "B02")


def vrt_of(path):
    return f"""<VRTDataset rasterXSize="120" rasterYSize="120">
      <VRTRasterBand dataType="UInt16" band="1"><SimpleSource>
      <SourceFilename relativeToVRT="0">{path}</SourceFilename><SourceBand>1</SourceBand>
      </SimpleSource></VRTRasterBand></VRTDataset>"""


def test_a_vrt_in_disguise_reads_no_other_file(root, tmp_path):
    secret = tmp_path / "secret.tif"
    write_raster(secret, np.full((120, 120), 4711, np.uint16), PATCHES[0], 0)
    path = PATCHES[0].path(root, "s2", "B02")
    path.write_text(vrt_of(secret))
    with pytest.raises(FileUnreadable) as caught:
        datasets.open_dataset(root).read(PATCHES[0].id, "s2", "B02")
    assert "secret" not in str(caught.value)
    # Not only by this reader: the driver is off in the whole process. In a fresh one, since a
    # warped VRT, as the tests of own GeoTIFFs use, switches it on again.
    tried = "import sys, eoexplore, rasterio; rasterio.open(sys.argv[1])"
    command, root = [sys.executable, "-c", tried, str(path)], Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "not recognized as being in a supported file format" in done.stderr


def test_a_picture_of_another_format_in_disguise_is_refused(root):
    path = PATCHES[0].path(root, "s2", "B02")
    with (
        pytest.warns(NotGeoreferencedWarning),
        rasterio.open(
            path, "w", driver="PNG", width=120, height=120, count=1, dtype="uint16"
        ) as file,
    ):
        file.write(np.ones((1, 120, 120), np.uint16))
    with pytest.raises(FileUnreadable):
        datasets.open_dataset(root).read(PATCHES[0].id, "s2", "B02")


def test_the_marker_of_the_demo_makes_it_synthetic(root):
    (root / "SYNTHETIC.txt").write_text("eoexplore synthetic demo\nmore\n")
    assert datasets.open_dataset(root).synthetic is True
    (root / "SYNTHETIC.txt").write_text("something else")
    assert datasets.open_dataset(root).synthetic is False


def test_the_stamp_changes_when_patches_come_and_stays_when_nothing_does(root):
    stamps = [datasets.open_dataset(root).stamp() for _ in range(2)]
    assert stamps[0] == stamps[1]
    new = Patch("33UUP", 28, 57)
    write_raster(new.path(root, "s2", "B02"), new.pixels("s2", "B02"), new, 0)
    assert datasets.open_dataset(root).stamp() != stamps[0]


def test_the_stamp_changes_when_a_patch_gets_the_band_it_lacked(root):
    path = PATCHES[0].path(root, "s2", "B02")
    data = path.read_bytes()
    path.unlink()
    before = datasets.open_dataset(root).stamp()
    path.write_bytes(data)
    assert datasets.open_dataset(root).stamp() != before


@pytest.mark.parametrize("name", ["notes.txt", "B02.tif"])
def test_any_other_file_is_no_dataset(root, name):
    (root / name).touch()
    with pytest.raises(DatasetNotRecognised, match="file not recognised"):
        datasets.open_dataset(root / name)


def test_a_folder_without_a_dataset_is_told_what_was_looked_for(tmp_path):
    with pytest.raises(DatasetNotRecognised) as caught:
        datasets.open_dataset(tmp_path)
    message = str(caught.value)
    for wanted in ("metadata.parquet", "BigEarthNet-S2", "BigEarthNet-S1", "Reference_Maps",
                   "LMDB", "Choose the folder"):  # fmt: skip
        assert wanted in message


@pytest.mark.parametrize("part", ["BigEarthNet-S2", "BigEarthNet-S2/{product}", "Reference_Maps"])
def test_a_part_of_a_dataset_sends_one_upwards(whole, part):
    folder = whole / part.format(product=PATCHES[0].id.rsplit("_", 2)[0])
    with pytest.raises(DatasetNotRecognised, match="Choose the folder that contains it"):
        datasets.open_dataset(folder)


@pytest.mark.parametrize("text", ["nowhere", "a\0b", "x" * 10_000, "a/" * 3000])
def test_a_path_that_cannot_be_is_no_folder(tmp_path, text):
    with pytest.raises(DatasetNotRecognised, match="no such folder"):
        datasets.open_dataset(tmp_path / text)
