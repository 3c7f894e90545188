import dataclasses
import re
import shutil

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import rasterio

from eoexplore.core.errors import EOExploreError
from eoexplore.core.mgrs import patch_corner
from eoexplore.demo import generate, read_summary
from eoexplore.demo.generate import _pool
from eoexplore.demo.nomenclature import labels, split_of, unlabelled_share
from eoexplore.store import catalog
from tests import indexing

S2_NAME = re.compile(r"(S2A|S2B)_MSIL2A_\d{8}T\d{6}_N9999_R\d{3}_T\d{2}[A-Z]{3}_\d{2}_\d{2}")
S1_NAME = re.compile(r"(S1A|S1B)_IW_GRDH_1SDV_\d{8}T\d{6}_\d{2}[A-Z]{3}_[1-9]?\d_[1-9]?\d")
V1_NAME = re.compile(r"(S2A|S2B)_MSIL2A_\d{8}T\d{5,6}_[1-9]?\d_[1-9]?\d")
SHAPES = dict.fromkeys(("B02", "B03", "B04", "B08"), 120)
SHAPES |= dict.fromkeys(("B05", "B06", "B07", "B8A", "B11", "B12"), 60)
SHAPES |= dict.fromkeys(("B01", "B09"), 20)
SIZES = {120: 29_196, 60: 7_572, 20: 1_172}


def metadata(root):
    names = ("metadata.parquet", "metadata_for_patches_with_snow_cloud_or_shadow.parquet")
    return [row for name in names for row in pq.read_table(root / name).to_pylist()]


def s2_folder(root, row):
    return root / "BigEarthNet-S2" / row["patch_id"].rsplit("_", 2)[0] / row["patch_id"]


def read_map(folder, name):
    with rasterio.open(folder / f"{name}_reference_map.tif") as file:
        return file.read(1)


def reference_map(root, row):
    name = row["patch_id"]
    return read_map(root / "Reference_Maps" / name.rsplit("_", 2)[0] / name, name)


def test_summary_counts_the_rows_of_both_tables(dataset):
    assert dataset.samples == 14 == len(metadata(dataset.path))
    assert dataset.seed == 5
    assert read_summary(dataset.path) == dataset


def test_folder_without_a_demo_has_no_summary(tmp_path):
    assert read_summary(tmp_path) is None


def test_only_the_released_files_and_the_marker_are_there(dataset):
    top = {path.name for path in dataset.path.iterdir()}
    assert top == {
        "BigEarthNet-S1",
        "BigEarthNet-S2",
        "Reference_Maps",
        "SYNTHETIC.txt",
        "metadata.parquet",
        "metadata_for_patches_with_snow_cloud_or_shadow.parquet",
    }
    text = (dataset.path / "SYNTHETIC.txt").read_text(encoding="utf-8")
    assert text.startswith("eoexplore synthetic demo\nseed 5\n")
    assert len(list(dataset.path.rglob("*.tif"))) == 14 * 15


def test_names_follow_the_grammar(dataset):
    for row in metadata(dataset.path):
        assert S2_NAME.fullmatch(row["patch_id"])
        assert S1_NAME.fullmatch(row["s1_name"])
        assert V1_NAME.fullmatch(row["s2v1_name"])


def test_tables_have_the_released_columns_and_order(dataset):
    columns = {
        "patch_id": "string",
        "labels": "list<element: string>",
        "split": "string",
        "country": "string",
        "s1_name": "string",
        "s2v1_name": "string",
        "contains_seasonal_snow": "bool",
        "contains_cloud_or_shadow": "bool",
    }
    for name in ("metadata.parquet", "metadata_for_patches_with_snow_cloud_or_shadow.parquet"):
        table = pq.read_table(dataset.path / name)
        assert {field.name: str(field.type) for field in table.schema} == columns
        ids = table["patch_id"].to_pylist()
        assert ids == sorted(ids)
        flags = (table[name].to_pylist() for name in columns if name.startswith("contains"))
        assert all(any(pair) == ("snow" in name) for pair in zip(*flags, strict=True))


def test_optical_files_are_those_of_the_release(dataset):
    for row in metadata(dataset.path):
        *_, tile, x, y = row["patch_id"].split("_")
        epsg, left, top = patch_corner(tile[1:], int(x), int(y))
        for band, side in SHAPES.items():
            path = s2_folder(dataset.path, row) / f"{row['patch_id']}_{band}.tif"
            assert path.stat().st_size == SIZES[side]
            with rasterio.open(path) as file:
                assert (file.shape, file.dtypes, file.nodata) == ((side, side), ("uint16",), 0)
                assert file.crs.to_epsg() == epsg
                assert file.bounds == (left, top - 1200, left + 1200, top)
                assert file.read(1).min() > 0


def test_radar_files_are_float_decibel_without_nodata(dataset):
    for row in metadata(dataset.path):
        name = row["s1_name"]
        folder = dataset.path / "BigEarthNet-S1" / name.rsplit("_", 3)[0] / name
        for band in ("VV", "VH"):
            with rasterio.open(folder / f"{name}_{band}.tif") as file:
                pixels = file.read(1)
                assert (file.shape, file.dtypes, file.nodata) == ((120, 120), ("float32",), None)
            assert -40 < pixels.min() < pixels.mean() < -5
            assert np.isfinite(pixels).all()


def test_reference_maps_are_compressed_codes(dataset):
    for row in metadata(dataset.path):
        name = row["patch_id"]
        folder = dataset.path / "Reference_Maps" / name.rsplit("_", 2)[0] / name
        with rasterio.open(folder / f"{name}_reference_map.tif") as file:
            assert (file.shape, file.dtypes, file.nodata) == ((120, 120), ("uint16",), 0)
            assert file.tags(ns="IMAGE_STRUCTURE")["PREDICTOR"] == "2"
            assert file.compression.name == "deflate"
            codes = file.read(1)
        assert ((codes >= 111) & (codes <= 523)).all()


def test_labels_and_split_follow_from_map_and_name(dataset):
    for row in metadata(dataset.path):
        codes = reference_map(dataset.path, row)
        x, y = (int(number) for number in row["patch_id"].split("_")[-2:])
        assert row["labels"] == labels(codes) != []
        assert row["split"] == split_of(x, y)
        assert unlabelled_share(codes) < 0.25


def test_split_rings_are_the_released_ones():
    assert [split_of(x, 40) for x in (12, 13, 22, 23, 68, 69, 77, 78)] == [
        "train",
        "validation",
        "validation",
        "test",
        "test",
        "validation",
        "validation",
        "train",
    ]
    assert split_of(40, 12) == split_of(40, 78) == "train"


def test_labels_are_equal_on_all_dates_of_a_place(dataset):
    by_place = {}
    for row in metadata(dataset.path):
        by_place.setdefault(tuple(row["patch_id"].split("_")[-3:]), []).append(row["labels"])
    assert sorted(len(found) for found in by_place.values()) == [1] * 10 + [2] * 2
    assert all(found[0] == found[-1] for found in by_place.values())


def test_truth_stands_outside_and_tells_what_is_wrong(dataset):
    truth = pq.read_table(dataset.truth)
    assert dataset.truth == dataset.path.with_name("small.truth.parquet")
    assert [str(field.type) for field in truth.schema] == [
        "string",
        "list<element: string>",
        "bool",
        "string",
        "int32",
        "float",
    ]
    rows = {row["patch_id"]: row for row in truth.to_pylist()}
    assert any(row["wrong"] for row in rows.values())
    for row in metadata(dataset.path):
        fact = rows[row["patch_id"]]
        true = read_map(dataset.path.with_name("small.truth"), row["patch_id"])
        wrong = np.count_nonzero(true != reference_map(dataset.path, row))
        assert fact["wrong_pixels"] == wrong
        assert fact["wrong"] == (wrong > 0) == (fact["kind"] != "")
        assert fact["wrong_share"] == pytest.approx(wrong / 14_400)
        assert fact["true_labels"] == labels(true)


def test_nothing_depends_on_the_truth(dataset, tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))
    beside = [dataset.truth, dataset.path.with_name("small.truth")]
    for source in (dataset.path, *beside):
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / source.name)

    def results(name):
        monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / name))
        opened = indexing.build(catalog.add(tmp_path / "small").slug)
        mosaics = sorted((opened.folder.path / "mosaics").rglob("*.tif"))
        return opened.samples.frame, opened.health(), [file.read_bytes() for file in mosaics]

    frame, health, mosaics = results("with")
    for source in beside:
        gone = tmp_path / source.name
        shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small", "with"]
    again, health_again, mosaics_again = results("without")
    pd.testing.assert_frame_equal(again, frame)
    assert health_again == health
    assert mosaics_again == mosaics
    assert mosaics


def test_coarse_bands_agree_with_fine_ones(dataset):
    # B8A and B09 lie in or beside B08, so their means over 60 m follow each other on land.
    for row in metadata(dataset.path):
        bands = {}
        for band in ("B08", "B8A", "B09"):
            with rasterio.open(s2_folder(dataset.path, row) / f"{row['patch_id']}_{band}.tif") as f:
                pixels = f.read(1).astype(float)
            side = pixels.shape[0] // 20
            bands[band] = pixels.reshape(20, side, 20, side).mean(axis=(1, 3))
        if bands["B08"].std() < 400:
            continue
        for band in ("B8A", "B09"):
            assert np.corrcoef(bands["B08"].ravel(), bands[band].ravel())[0, 1] > 0.97


def files(root):
    return {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_same_seed_gives_the_same_bytes_in_any_number_of_processes(dataset, small, tmp_path):
    again = generate(tmp_path / "small", seed=5, workers=2, parameters=small)
    assert files(again.path) == files(dataset.path)
    assert again.truth.read_bytes() == dataset.truth.read_bytes()


def test_another_seed_gives_other_land(dataset, small, tmp_path):
    block = dataclasses.replace(small.blocks[0], columns=(11, 11), rows=(38, 38), again=())
    one = dataclasses.replace(small, blocks=(block,), wrong=0.0)
    other = generate(tmp_path / "other", seed=6, workers=1, parameters=one)
    path = next(other.path.rglob("*_B04.tif"))
    assert path.read_bytes() != (dataset.path / path.relative_to(other.path)).read_bytes()


def test_existing_folder_is_refused(dataset, small):
    with pytest.raises(EOExploreError, match="small is there already"):
        generate(dataset.path, parameters=small)


def test_killed_generation_leaves_no_dataset(small, tmp_path):
    def stop(done, total, what):
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path / "demo", workers=1, parameters=small, progress=stop)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "demo.partial" / "left by a kill").mkdir(parents=True)
    finished = generate(tmp_path / "demo", workers=1, parameters=small)
    assert finished.samples == 14
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "demo",
        "demo.truth",
        "demo.truth.parquet",
    ]


def test_progress_ends_with_all_patches(small, tmp_path):
    seen = []
    block = dataclasses.replace(small.blocks[0], columns=(11, 12), rows=(39, 39))
    one = dataclasses.replace(small, blocks=(block,))
    generate(tmp_path / "demo", workers=1, parameters=one, progress=lambda *now: seen.append(now))
    assert seen[0][:2] == (0, 4)
    assert seen[-1][:2] == (4, 4)


def test_workers_end_with_the_one_that_started_them():
    """The thread that sees to it is there; what it does is tried in tests of `core.processes`."""
    names = "[thread.name for thread in __import__('threading').enumerate()]"
    with _pool(2) as pool:
        assert "end-with-parent" in pool.submit(eval, names).result(60)
