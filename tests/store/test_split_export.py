"""A split as a file: what is in it, what it says of itself, and that it can be read again."""

import io
import json
import zipfile

import numpy as np
import pyarrow.parquet as pq
import pytest

from eoexplore import datasets
from eoexplore.core.errors import SplitError
from eoexplore.core.split import Split
from eoexplore.store import catalog, split_export, split_files
from eoexplore.store.splits import split_of
from tests import builders
from tests.charts.conftest import grid, opened_of

OPENED = opened_of(grid(4))
EVERY = np.ones(len(OPENED.samples), bool)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("rule", ["random:seed=3", "rings", "place:folds=4,fold=2"])
def test_a_split_can_be_read_again(kind, rule):
    split = split_of(OPENED, rule)
    data = split_export.data(OPENED, split, EVERY, "", kind)
    again, report = split_files.read(OPENED, [(f"mine.{kind}", data)])
    assert (again.parts == split.parts).all()
    assert (report.matched, report.unknown, report.words) == (16, 0, ())


def test_a_csv_says_how_it_was_made():
    split = split_of(OPENED, "random:seed=3")
    mask = np.arange(16) < 10
    lines = split_export.data(OPENED, split, mask, "country=Austria", "csv").decode().splitlines()
    head = [line for line in lines if line.startswith("#")]
    said = dict(line.removeprefix("# ").split(": ", 1) for line in head if ": " in line)
    assert said["split"] == "random:seed=3"
    assert said["made"] == split.made
    assert (said["selection"], said["samples"], said["of"]) == ("country=Austria", "10", "16")
    assert said["fingerprint"] == "0" * 16
    assert said["written"].endswith("+00:00")
    assert lines[len(head)] == '"id","split"'
    assert len(lines) == len(head) + 11


def test_parquet_says_it_in_its_metadata():
    split = split_of(OPENED, "random:seed=3")
    data = split_export.data(OPENED, split, EVERY, "", "parquet")
    table = pq.read_table(io.BytesIO(data))
    said = json.loads(table.schema.metadata[b"eoexplore"])
    assert (said["split"], said["made"], said["samples"]) == (split.rule, split.made, 16)
    assert table.column_names == ["id", "split"]


def test_samples_outside_the_selection_or_the_parts_are_left_out():
    parts = np.array([0, 1, 2, -1] * 4, np.int8)
    split = Split("mine", "Mine", "Made here.", parts)
    mask = np.arange(16) < 6
    data = split_export.data(OPENED, split, mask, "", "parquet")
    table = pq.read_table(io.BytesIO(data)).to_pydict()
    assert table["split"] == ["train", "validation", "test", "train", "validation"]
    assert table["id"] == [f"patch_{number:05d}" for number in (0, 1, 2, 4, 5)]


def test_nothing_from_a_file_makes_a_line_or_a_formula_of_its_own():
    opened = opened_of(grid(2))
    opened.samples.frame["id"] = ["+1", "-b", "=SUM(1)", "@x"]
    made = "Read from =a\n=cmd()\r+b"
    split = Split("file:0123456789abcdef", "Mine", made, np.array([0, 1, 2, 0], np.int8))
    data = split_export.data(opened, split, np.ones(4, bool), "", "csv")
    lines = data.decode().splitlines()
    assert not [line for line in lines if line.strip('"')[:1] in ("=", "+", "-", "@")]
    again, _ = split_files.read(opened, [("a.csv", data)])
    assert again.parts.tolist() == [0, 1, 2, 0]


@pytest.mark.parametrize(
    ("kind", "mask", "said"),
    [
        ("metadata", EVERY, "has no table with a split"),
        ("xlsx", EVERY, "not written as 'xlsx'. Endings: .csv, .parquet, .zip"),
        ("csv", ~EVERY, "nothing to write"),
    ],
)
def test_what_cannot_be_written_is_said(kind, mask, said):
    with pytest.raises(SplitError) as raised:
        split_export.data(OPENED, split_of(OPENED, "rings"), mask, "", kind)
    assert said in str(raised.value)


def test_the_ending_chooses_the_format(tmp_path):
    split = split_of(OPENED, "rings")
    split_export.write(tmp_path / "a.CSV", OPENED, split, EVERY, "")
    assert (tmp_path / "a.CSV").read_bytes().startswith(b"# split: rings")
    with pytest.raises(SplitError, match="Endings"):
        split_export.write(tmp_path / "a.txt", OPENED, split, EVERY, "")
    assert [path.name for path in tmp_path.iterdir()] == ["a.CSV"]


def test_a_name_for_the_file_is_plain():
    split = split_of(OPENED, "tile:seed=3,train=0.6")
    assert split_export.name_of(OPENED, split, "csv") == "made-tile-seed-3-train-0-6.csv"


# -- the released layout --------------------------------------------------------------------------

PATCHES = builders.block("33UUP", 13.1, 48.2, side=3)


def test_the_released_tables_with_another_split(tmp_path):
    root = tmp_path / "reben-tiny"
    builders.write_metadata(root, tuple(sorted(PATCHES, key=lambda patch: patch.id)))
    released = pq.read_table(root / "metadata.parquet")
    # One patch is in the table of those with snow.
    flagged = released.slice(4, 1).set_column(6, "contains_seasonal_snow", [[True]])
    rest = [0, 1, 2, 3, 5, 6, 7, 8]
    pq.write_table(released.take(rest), root / "metadata.parquet")
    snow = "metadata_for_patches_with_snow_cloud_or_shadow.parquet"
    pq.write_table(flagged, root / snow)
    opened = catalog.add(root)
    assert split_export.kinds_of(opened) == {"csv": "", "parquet": "", "metadata": ""}
    split = split_of(opened, "random:seed=3")
    target = tmp_path / "split.zip"
    split_export.write(target, opened, split, np.ones(9, bool), "")
    with zipfile.ZipFile(target) as packed:
        assert sorted(packed.namelist()) == ["metadata.parquet", snow, "split.json"]
        packed.extractall(tmp_path / "again")
    again = pq.read_table(tmp_path / "again" / "metadata.parquet")
    assert again.schema.remove_metadata() == released.schema.remove_metadata()
    others = [name for name in released.column_names if name != "split"]
    assert again.select(others).to_pydict() == released.take(rest).select(others).to_pydict()
    assert json.loads(again.schema.metadata[b"eoexplore"])["split"] == "random:seed=3"
    # It opens as a dataset whose own split is this one.
    frame = datasets.open_dataset(tmp_path / "again").samples()
    names = np.array(["train", "validation", "test"])[split.parts]
    assert frame["split"].tolist() == names.tolist()
    assert frame["flags"].map(len).sum() == 1


def test_tables_without_a_sample_are_left_out(tmp_path):
    root = tmp_path / "reben-tiny"
    builders.write_metadata(root, tuple(sorted(PATCHES, key=lambda patch: patch.id)))
    opened = catalog.add(root)
    mask = opened.samples.frame["id"].to_numpy() == PATCHES[0].id
    data = split_export.data(opened, split_of(opened, "random"), mask, "", "metadata")
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        assert pq.read_table(io.BytesIO(packed.read("metadata.parquet"))).num_rows == 1
