"""The lines that a reader gives read what the reader reads."""

from datetime import UTC, datetime

import pytest

from eoexplore import datasets
from eoexplore.core.errors import DataMissing
from tests.builders import Patch, bands_of, write_metadata, write_tree
from tests.datasets.test_reben_lmdb import write_lmdb

PATCH = Patch("33UUP", 26, 57, date="20170613T101031")
LAYERS = ("s2", "s1", "reference_map")


def key_of(layer):
    return PATCH.s1_id if layer == "s1" else PATCH.id


def run(source, row, column, monkeypatch, folder):
    """Run the lines in the dataset's folder, as their reader would."""
    monkeypatch.chdir(folder)
    names = {}
    exec("\n".join(source.setup), names)
    value = eval(f"read({', '.join(source.arguments)}, row={row}, column={column})", names)
    if "database" in names:
        names["database"].close()
    return value


@pytest.mark.parametrize("layer", LAYERS)
def test_lines_read_the_tree(tmp_path, monkeypatch, layer):
    dataset = datasets.open_dataset(write_tree(tmp_path / "tree", (PATCH,)))
    for band in bands_of(layer):
        pixels = dataset.read(key_of(layer), layer, band)
        source = dataset.source(key_of(layer), layer, band)
        assert (tmp_path / "tree" / source.file).is_file()
        assert source.taken == datetime(2017, 6, 13, 10, 10, 31, tzinfo=UTC)
        row, column = len(pixels) // 3, len(pixels) - 1
        assert run(source, row, column, monkeypatch, tmp_path / "tree") == pixels[row, column]


# LMDB may be opened once in a process, so these lines are run while the reader has not opened it.
@pytest.mark.parametrize("name", ["", "Encoded"])
def test_lines_read_the_database(tmp_path, monkeypatch, name):
    write_lmdb(tmp_path / "db" / name, (PATCH,))
    dataset = datasets.open_dataset(tmp_path / "db")
    found = {}
    for layer in LAYERS:
        for band in bands_of(layer):
            source = dataset.source(key_of(layer), layer, band)
            assert source.file == ("Encoded/data.mdb" if name else "data.mdb")
            found[layer, band] = source, dataset.read(key_of(layer), layer, band)[3, 17]
    folder = tmp_path / "copy"
    write_lmdb(folder / name, (PATCH,))
    for source, value in found.values():
        assert run(source, 3, 17, monkeypatch, folder) == value


def test_what_is_not_there_has_no_source(tmp_path):
    write_metadata(tmp_path / "table", (PATCH,))
    write_lmdb(tmp_path / "db", (PATCH,))
    write_tree(tmp_path / "tree", (PATCH,), layers=("s2",))
    for folder in ("table", "db", "tree"):
        dataset = datasets.open_dataset(tmp_path / folder)
        with pytest.raises(DataMissing):
            dataset.source(PATCH.id, "s2", "B10")
