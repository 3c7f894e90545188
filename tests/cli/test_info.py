"""`info` on small trees, whole and damaged, and on the real files."""

import json
import subprocess
import sys

import pytest

from eoexplore.cli import info
from eoexplore.store import catalog
from tests import builders
from tests.archives import FOLDERS, pack
from tests.cli.conftest import PATCHES, ROOT

KEYS = {
    "dataset", "title", "synthetic", "layout", "fingerprint", "samples", "by_split", "by_country",
    "classes", "layers", "missing", "problems", "checked",
}  # fmt: skip


def test_whole_tree(tree, document, cache):
    found = document("info", tree)
    assert set(found) == KEYS
    assert (found["dataset"], found["samples"], found["synthetic"]) == ("reben", 3, False)
    assert found["by_split"] == {"test": 1, "train": 1, "validation": 1}
    assert found["by_country"] == {"Austria": 3}
    named = {name: count for name, count in found["classes"].items() if count}
    assert named == {"Arable land": 1, "Pastures": 2, "Inland waters": 1}
    assert len(found["classes"]) == 19
    assert found["layers"] == {"s2": 3, "s1": 3, "reference_map": 3}
    assert found["checked"] == "every file"
    assert not [p for p in found["problems"] if p["kind"] == "unreadable"]
    assert len(found["fingerprint"]) == 16
    assert not cache.exists()


def test_no_path_of_the_machine_in_the_report(tree, document, said):
    PATCHES[0].path(tree, "s2", "B02").write_bytes(b"II*\0")
    assert str(tree) not in json.dumps(document("info", tree))
    assert str(tree) not in said("info", tree)[1]


def test_as_text(tree, said):
    status, out, err = said("info", tree)
    assert (status, err) == (0, "")
    assert out.startswith("reBEN (BigEarthNet v2.0): 3 samples\n")
    assert "\n  Pastures " in out
    assert "\nSplits\n  test        1\n" in out


@pytest.mark.parametrize("damage", ["cut", "empty", "text"])
def test_damaged_file_is_one_line(tree, document, damage):
    path = PATCHES[1].path(tree, "s2", "B04")
    content = path.read_bytes()
    path.write_bytes({"cut": content[:300], "empty": b"", "text": b"hello"}[damage])
    found = [p for p in document("info", tree)["problems"] if p["kind"] == "unreadable"]
    assert [(p["count"], p["examples"]) for p in found] == [(1, [PATCHES[1].id])]
    assert "Sentinel-2" in found[0]["sentence"]


def test_damaged_file_of_a_large_copy_is_found_when_asked_or_indexed(
    tree, document, said, monkeypatch
):
    monkeypatch.setattr(info, "SMALL", 1)
    PATCHES[1].path(tree, "s1", "VH").write_bytes(b"")

    def unreadable(*words):
        return [p["count"] for p in document(*words)["problems"] if p["kind"] == "unreadable"]

    assert unreadable("info", tree) == []
    assert unreadable("info", tree, "--check-files") == [1]
    assert said("index", tree, "--workers", 1)[0] == 0
    assert unreadable("info", tree) == [1]


def test_part_of_a_tree(tmp_path, document):
    root = builders.write_tree(tmp_path / "part", PATCHES[:2], layers=("s2",))
    (root / "metadata.parquet").unlink()
    found = document("info", root)
    assert found["samples"] == 2
    assert found["by_split"] == {"unknown": 2}
    assert found["layers"] == {"s2": 2, "s1": 0, "reference_map": 0}
    assert {"missing_table", "missing_s1", "missing_reference_map"} <= {
        problem["kind"] for problem in found["problems"]
    }


def test_no_dataset(tmp_path, said):
    (tmp_path / "photos").mkdir()
    status, out, err = said("info", tmp_path / "photos", "--json")
    assert (status, out) == (1, "")
    assert "metadata.parquet" in err
    assert "BigEarthNet-S2" in err


@pytest.mark.parametrize("text", ["nowhere", "{{7*7}}", "<img onerror>", "../../" * 40])
def test_no_folder(said, text):
    status, out, err = said("info", text)
    assert (status, out) == (1, "")
    assert "no folder" in err or "not recognised" in err


def test_known_name(tree, document):
    catalog.add(tree)
    assert document("info", "reben-small")["samples"] == 3


def test_vrt_named_tif_is_refused_and_what_it_names_stays_unread(tree, tmp_path, process):
    secret = tmp_path / "secret.bin"
    secret.write_bytes(b"TOPSECRET" * 1600 * 2)
    path = PATCHES[0].path(tree, "s2", "B02")
    path.write_text(
        '<VRTDataset rasterXSize="120" rasterYSize="120">'
        '<VRTRasterBand dataType="UInt16" band="1" subClass="VRTRawRasterBand">'
        f'<SourceFilename relativeToVRT="0">{secret}</SourceFilename>'
        "<ImageOffset>0</ImageOffset><PixelOffset>2</PixelOffset><LineOffset>240</LineOffset>"
        "</VRTRasterBand></VRTDataset>"
    )
    done = process("info", tree, "--json", "--check-files")
    assert done.returncode == 0, done.stderr
    found = [p for p in json.loads(done.stdout)["problems"] if p["kind"] == "unreadable"]
    assert [(p["count"], p["examples"]) for p in found] == [(1, [PATCHES[0].id])]
    assert "SECRET" not in done.stdout + done.stderr
    assert str(secret) not in done.stdout + done.stderr


def test_this_package_leaves_gdal_without_vrt():
    code = "import eoexplore, rasterio; print('VRT' in rasterio.drivers.raster_driver_extensions()"
    code += (
        ".values(), end=' '); rasterio.open('<VRTDataset rasterXSize=\"1\" rasterYSize=\"1\"/>')"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stdout == "False "
    assert "RasterioIOError" in done.stderr


@pytest.mark.real_data
def test_real_mini(real_data, document):
    found = document("info", real_data / "reben_mini")
    assert found["samples"] == 24
    assert found["layers"] == {"s2": 24, "s1": 24, "reference_map": 1}
    assert found["by_split"] == {"test": 8, "train": 8, "validation": 8}


@pytest.mark.real_data
def test_real_metadata(real_data, document):
    """Numbers of the released tables, counted independently of this project."""
    found = document("info", real_data / "reben" / "metadata")
    assert found["samples"] == 549_488
    assert found["by_split"] == {"train": 272_544, "validation": 139_577, "test": 137_367}
    assert found["by_country"] == {
        "Austria": 45_891, "Belgium": 11_314, "Finland": 211_949, "Ireland": 51_705,
        "Kosovo": 2_200, "Lithuania": 51_538, "Luxembourg": 3_623, "Portugal": 89_855,
        "Serbia": 76_525, "Switzerland": 4_888,
    }  # fmt: skip
    assert list(found["classes"].values()) == [
        67_661, 12_120, 200_642, 29_733, 100_130, 103_169, 139_036, 33_206, 145_479, 201_537,
        205_952, 13_691, 14_637, 165_511, 1_351, 28_148, 1_620, 89_249, 70_301,
    ]  # fmt: skip
    assert found["layers"] == {"s2": 0, "s1": 0, "reference_map": 0}


@pytest.mark.real_data
def test_real_lmdb(real_data, document):
    found = document("info", real_data / "reben" / "ben_v2_lmdb")
    assert "LMDB" in found["layout"]
    assert found["layers"] == {"s2": 1, "s1": 1, "reference_map": 0}


@pytest.mark.real_data
def test_real_partial_download(real_data, document):
    found = document("info", real_data / "reben" / "ben_v2_tiffs")
    assert found["layers"] == {"s2": 1, "s1": 1, "reference_map": 1}
    assert {"missing_table", "missing_s1"} <= {p["kind"] for p in found["problems"]}
    assert found["checked"] == "every file"


def test_what_cannot_be_read_file_by_file_is_not_called_read(tree, tmp_path, document):
    root = pack(tree, tmp_path / "copy", dict.fromkeys(FOLDERS, ".tar.zst"))
    found = document("info", root, "--check-files")
    assert found["checked"] == "names, but not of archives that have not been read yet"
    kinds = {problem["kind"] for problem in found["problems"]}
    assert {"packed_only", "not_read"} <= kinds
    assert found["layout"] == "released archives (.tar.zst) + metadata"
