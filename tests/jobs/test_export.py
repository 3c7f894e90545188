"""A part of a dataset is a dataset: it reopens with the same values, from either layout."""

import json
from types import SimpleNamespace

import lmdb
import numpy as np
import pyarrow.parquet as pq
import pytest
import rasterio
import safetensors.numpy

from eoexplore import datasets
from eoexplore.core.errors import JobError, NotAllowed
from eoexplore.jobs import export
from eoexplore.store import catalog
from tests import builders

PATCHES = (
    builders.Patch("33UUP", 26, 57),
    builders.Patch("33UUP", 27, 57, split="validation", labels=("Pastures",)),
    builders.Patch("29SNC", 3, 7, split="test", country="Portugal", labels=("Inland waters",)),
    builders.Patch("29SNC", 3, 8, split="test", country="Portugal", labels=("Inland waters",)),
)
TESTED = PATCHES[2:]
LAYERS = ("s2", "s1", "reference_map")


def quiet(*_):
    pass


def subset(opened, kind, target):
    mask = opened.samples.frame["split"].to_numpy(object) == "test"
    return export.Subset(opened, mask, "split=test", kind, target)


@pytest.fixture(scope="module")
def trees(tmp_path_factory):
    """Return a released tree, and the LMDB that is made of all of it."""
    folder = tmp_path_factory.mktemp("copies")
    tree = builders.write_tree(folder / "tree", PATCHES)
    (tree / "SYNTHETIC.txt").write_text("eoexplore synthetic demo\n", encoding="utf-8")
    opened = catalog.add(tree)
    everything = np.ones(len(PATCHES), bool)
    export.Subset(opened, everything, "", "lmdb", folder / "lmdb").write(quiet)
    return {"tree": tree, "lmdb": folder / "lmdb"}


@pytest.mark.parametrize("kind", ["tree", "lmdb"])
@pytest.mark.parametrize("source", ["tree", "lmdb"])
def test_the_reader_finds_the_same_values_in_either_layout(trees, tmp_path, source, kind):
    written = subset(catalog.add(trees[source]), kind, tmp_path / "part").write(quiet)
    part = datasets.open_dataset(written.path)
    frame = part.samples()
    assert frame["id"].tolist() == sorted(patch.id for patch in TESTED)
    assert set(frame["split"]) == {"test"}
    assert set(frame["country"]) == {"Portugal"}
    assert frame["labels"].tolist() == [["Inland waters"]] * 2
    assert part.synthetic
    assert not [problem for problem in part.health().problems if problem.kind != "missing_table"]
    for patch in TESTED:
        for layer in LAYERS:
            key = patch.s1_id if layer == "s1" else patch.id
            for band in builders.bands_of(layer):
                found = part.read(key, layer, band)
                np.testing.assert_array_equal(found, patch.pixels(layer, band))
                assert found.dtype == patch.pixels(layer, band).dtype


def test_geotiffs_written_from_an_lmdb_lie_where_the_released_ones_do(trees, tmp_path):
    subset(catalog.add(trees["lmdb"]), "tree", tmp_path / "part").write(quiet)
    for patch in TESTED:
        for layer, band in (("s2", "B02"), ("s2", "B01"), ("s1", "VV"), *[(LAYERS[2],) * 2]):
            with (
                rasterio.open(patch.path(trees["tree"], layer, band)) as old,
                rasterio.open(patch.path(tmp_path / "part", layer, band)) as new,
            ):
                assert new.crs == old.crs
                assert new.bounds == old.bounds
                assert new.nodata == old.nodata
                np.testing.assert_array_equal(new.read(), old.read())


def test_the_lmdb_has_the_keys_and_tensors_of_rico_hdl(trees, tmp_path):
    written = subset(catalog.add(trees["tree"]), "lmdb", tmp_path / "part").write(quiet)
    with (
        lmdb.open(str(written.path), readonly=True, lock=False) as database,
        database.begin() as transaction,
    ):
        entries = {key.decode(): bytes(value) for key, value in transaction.cursor()}
    keys = [[patch.id, patch.s1_id, f"{patch.id}_reference_map"] for patch in TESTED]
    assert set(entries) == {key for names in keys for key in names}
    patch = TESTED[0]
    assert set(safetensors.numpy.load(entries[patch.id])) == set(builders.S2_GSD)
    radar = safetensors.numpy.load(entries[patch.s1_id])
    assert {name: (v.shape, v.dtype.name) for name, v in radar.items()} == {
        "VV": ((120, 120), "float32"),
        "VH": ((120, 120), "float32"),
    }
    (labels,) = safetensors.numpy.load(entries[f"{patch.id}_reference_map"]).items()
    assert (labels[0], labels[1].dtype.name) == ("Data", "uint16")


def test_it_says_what_it_is_a_part_of_and_keeps_the_released_columns(trees, tmp_path):
    opened = catalog.add(trees["tree"])
    written = subset(opened, "tree", tmp_path / "part").write(quiet)
    said = json.loads((written.path / export.ABOUT).read_text(encoding="utf-8"))
    assert said["selection"] == "split=test"
    assert said["fingerprint"] == opened.fingerprint
    assert said["synthetic"] is True
    old = pq.read_schema(trees["tree"] / "metadata.parquet")
    assert pq.read_schema(written.path / "metadata.parquet").equals(old)
    everything = [path for path in written.path.rglob("*") if path.is_file()]
    assert written.size == sum(path.stat().st_size for path in everything)
    root = str(trees["tree"]).encode()
    assert [path for path in everything if root in path.read_bytes()] == []


def test_a_changed_part_does_not_change_the_dataset(trees, tmp_path):
    written = subset(catalog.add(trees["tree"]), "tree", tmp_path / "part").write(quiet)
    file = TESTED[0].path(written.path, "s2", "B02")
    file.write_bytes(b"changed")
    assert TESTED[0].path(trees["tree"], "s2", "B02").stat().st_size > 1000


@pytest.mark.parametrize("kind", ["tree", "lmdb"])
def test_the_bytes_said_first_are_about_those_needed(trees, tmp_path, kind):
    part = subset(catalog.add(trees["tree"]), kind, tmp_path / "part")
    assert part.write(quiet).size == pytest.approx(part.size, rel=0.35)


@pytest.mark.parametrize("kind", ["tree", "lmdb"])
def test_a_stopped_export_leaves_nothing(trees, tmp_path, kind):
    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        subset(catalog.add(trees["tree"]), kind, tmp_path / "part").write(stop)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_left_out_and_said(tmp_path):
    root = builders.write_tree(tmp_path / "tree", TESTED)
    TESTED[0].path(root, "s2", "B05").write_bytes(b"II*\0damaged")
    written = subset(catalog.add(root), "lmdb", tmp_path / "part").write(quiet)
    assert len(written.left_out) == 1
    assert "B05" in written.left_out[0]
    assert str(root) not in written.left_out[0]
    assert datasets.open_dataset(written.path).samples()["has_s2"].tolist() == [False, True]


@pytest.mark.parametrize("place", ["inside", "folder", "file"])
def test_nothing_is_written_into_the_dataset_or_over_anything(trees, tmp_path, place):
    opened = catalog.add(trees["tree"])
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    target = trees["tree"] / "part" if place == "inside" else tmp_path / place
    before = sorted(trees["tree"].rglob("*"))
    with pytest.raises(NotAllowed, match="inside the dataset" if place == "inside" else place):
        subset(opened, "tree", target)
    assert sorted(trees["tree"].rglob("*")) == before


def test_a_link_into_the_dataset_is_no_way_round(trees, tmp_path):
    (tmp_path / "link").symlink_to(trees["tree"])
    with pytest.raises(NotAllowed, match="inside the dataset"):
        subset(catalog.add(trees["tree"]), "tree", tmp_path / "link" / "part")


def test_an_unknown_layout_and_a_full_disk_are_refused(trees, tmp_path, monkeypatch):
    opened = catalog.add(trees["tree"])
    with pytest.raises(JobError, match="lmdb: LMDB with the keys of rico-hdl"):
        subset(opened, "zarr", tmp_path / "part")
    monkeypatch.setattr(export.shutil, "disk_usage", lambda _: SimpleNamespace(free=1))
    with pytest.raises(JobError, match="are free there"):
        subset(opened, "tree", tmp_path / "part")
    assert list(tmp_path.iterdir()) == []


def test_real_files_come_back_as_they_were(real_data, tmp_path):
    opened = catalog.add(real_data / "reben" / "ben_v2_lmdb")
    everything = np.ones(len(opened.samples), bool)
    for kind in ("tree", "lmdb"):
        written = export.Subset(opened, everything, "", kind, tmp_path / kind).write(quiet)
        part = datasets.open_dataset(written.path)
        checked = 0
        for row in part.samples().itertuples():
            for layer in opened.dataset.layers:
                if not getattr(row, f"has_{layer.name}"):
                    continue
                key = getattr(row, layer.key)
                for band in layer.bands:
                    found = part.read(key, layer.name, band.name)
                    old = opened.dataset.read(key, layer.name, band.name)
                    np.testing.assert_array_equal(found, old)
                    checked += 1
        assert checked >= 14
