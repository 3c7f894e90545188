"""`export` as users start it."""

import json

import geopandas
import pandas as pd
import pytest
import rasterio

from tests import builders
from tests.cli.conftest import PATCHES


@pytest.mark.parametrize("ending", ["parquet", "geojson", "csv"])
def test_a_table_by_its_ending(document, tree, tmp_path, ending):
    target = tmp_path / f"some.{ending}"
    found = document("export", tree, "--select", "split=test|validation", "--to", target)
    size = target.stat().st_size
    assert found == {
        "path": str(target),
        "format": ending,
        "samples": 2,
        "bytes": size,
        "left_out": [],
    }
    if ending == "csv":
        rows = pd.read_csv(target)
        beside = json.loads((tmp_path / "some.csv.json").read_text(encoding="utf-8"))
        assert beside["selection"] == "split=test|validation"
    else:
        read = geopandas.read_parquet if ending == "parquet" else geopandas.read_file
        rows = read(target)
    assert set(rows["id"]) == {PATCHES[1].id, PATCHES[2].id}


@pytest.mark.parametrize("kind", ["tree", "lmdb"])
def test_a_dataset_of_its_own(said, document, tree, tmp_path, kind):
    target = tmp_path / "part"
    status, out, _ = said("export", tree, "--select", "split=test", "--as", kind, "--to", target)
    assert status == 0
    assert out.startswith("The export needs about ")
    assert "1 sample," in out
    assert document("info", target)["by_split"] == {"test": 1}


def test_one_patch_as_a_geotiff(said, tree, tmp_path):
    target = tmp_path / "patch.tif"
    patch = PATCHES[0]
    words = ("--select", f"ids={patch.id}", "--layer", "s1", "--to", target)
    assert said("export", tree, *words)[0] == 0
    epsg, left, top = patch.corner
    with rasterio.open(target) as file:
        assert file.crs.to_epsg() == epsg
        assert file.bounds == (left, top - 1200, left + 1200, top)
        assert file.descriptions == ("VV", "VH")
        assert (file.read(1) == patch.pixels("s1", "VV")).all()
    assert str(tree).encode() not in target.read_bytes()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--to", "x.xyz"), "has none of the endings"),
        (("--to", "x"), "--as tree or --as lmdb"),
        (("--to", "x.csv", "--select", "colour=red"), "Nothing was written"),
        (("--to", "x.csv", "--select", "class=any:Lava"), "There is no class"),
        (("--to", "x.csv", "--select", "country=Mars"), "No sample matches"),
        (("--to", "x.tif"), "holds one patch, and 3 are selected"),
        (("--to", "x.tif", "--select", "split=test", "--layer", "s9"), "no layer 's9'"),
        (("--to", "there.csv"), "already"),
    ],
)
def test_what_cannot_be_written_is_one_sentence(said, tree, tmp_path, monkeypatch, words, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.csv").mkdir()
    before = sorted(tmp_path.iterdir())
    status, out, err = said("export", tree, *words)
    assert (status, out) == (1, "")
    assert sentence in err
    assert err.count("\n") == 1
    assert [path for path in sorted(tmp_path.iterdir()) if path not in before] in (
        [],
        [tmp_path / "cache"],
    )


def test_the_dataset_itself_is_never_written_to(said, tree):
    before = sorted(tree.rglob("*"))
    for words in (("--to", tree / "x.csv"), ("--to", tree / "part", "--as", "tree")):
        status, _, err = said("export", tree, *words)
        assert status == 1
        assert "inside the dataset's folder" in err
    assert sorted(tree.rglob("*")) == before


def test_a_layer_that_a_patch_lacks_is_said(said, tmp_path):
    root = builders.write_tree(tmp_path / "radar", PATCHES[:1], layers=("s1",))
    status, _, err = said("export", root, "--to", tmp_path / "x.tif")
    assert status == 1
    assert "no s2 that can be read" in err
