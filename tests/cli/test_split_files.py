"""`splits` writes a split as a file, and reads files of the user."""

import pandas as pd

from tests.cli.conftest import PATCHES


def test_a_split_is_written_and_read_again(said, document, tree, tmp_path):
    target = tmp_path / "mine.csv"
    status, out, err = said("splits", tree, "--split", "rings", "--to", target)
    assert (status, err) == (0, "")
    assert out.startswith("mine.csv: Rings of the Sentinel-2 tile.\n")
    written = pd.read_csv(target, comment="#").set_index("id")["split"]
    assert set(written.index) == {patch.id for patch in PATCHES}
    found = document("splits", tree, "--split", target)
    assert found["split"].startswith("file:")
    assert found["by_split"] == {
        name: int((written == name).sum()) for name in ("train", "validation", "test")
    }
    assert found["agreement"]["same"] == 3
    assert found["files"][0].startswith("3 patches in a part, by their patch id")


def test_files_of_one_split_have_commas_between(document, tree, tmp_path):
    for patch, name in zip(PATCHES, ("train", "val", "test"), strict=True):
        (tmp_path / f"{name}.txt").write_text(patch.s1_id)
    files = ",".join(str(tmp_path / f"{name}.txt") for name in ("train", "val", "test"))
    found = document("splits", tree, "--split", files)
    assert found["by_split"] == {"train": 1, "validation": 1, "test": 1}


def test_what_cannot_be_written_or_read_is_said(said, tree, tmp_path):
    for words, expected in (
        (("--to", tmp_path / "mine.doc"), "Endings: .csv, .parquet, .zip"),
        (("--to", tree / "mine.csv"), "never written to"),
        (("--split", "tile:sede=1"), "no parameter 'sede'"),
        (("--split", "nowhere.csv"), "There is no file 'nowhere.csv'"),
        (("--compare", "file:0123456789abcdef"), "not kept on this machine"),
    ):
        status, out, err = said("splits", tree, *words)
        assert status != 0
        assert out == ""
        assert expected in err
    assert not (tree / "mine.csv").exists()
