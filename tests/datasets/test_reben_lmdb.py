"""A rico-hdl database, whole and damaged."""

import lmdb
import numpy as np
import pytest
import safetensors.numpy

from eoexplore import datasets
from eoexplore.core.errors import DataMissing, DatasetNotRecognised, FileUnreadable
from tests.builders import Patch, bands_of, lacking, write_metadata

PATCHES = tuple(Patch("33UUP", 20 + number, 40) for number in range(5))


def write_lmdb(folder, patches, change=None):
    """Write patches as rico-hdl does; `change` gets the entries before they are stored."""
    entries = {}
    for patch in patches:
        for layer, key in (
            ("s2", patch.id),
            ("s1", patch.s1_id),
            ("reference_map", f"{patch.id}_reference_map"),
        ):
            names = {"reference_map": "Data"}
            tensors = {names.get(b, b): patch.pixels(layer, b) for b in bands_of(layer)}
            entries[key] = safetensors.numpy.save(tensors)
    if change:
        change(entries)
    folder.mkdir(parents=True, exist_ok=True)
    environment = lmdb.open(str(folder), map_size=2**28)
    with environment, environment.begin(write=True) as transaction:
        for key, blob in entries.items():
            transaction.put(key.encode() if isinstance(key, str) else key, blob)
    return folder


def problems(dataset):
    return {problem.kind: problem for problem in dataset.health().problems}


def test_all_entries_are_samples_and_read_as_stored(tmp_path):
    dataset = datasets.open_dataset(write_lmdb(tmp_path / "db", PATCHES))
    assert dataset.layout == "rico-hdl LMDB"
    frame = dataset.samples()
    assert frame["id"].tolist() == [patch.id for patch in PATCHES]
    assert frame["s1_id"].tolist() == [patch.s1_id for patch in PATCHES]
    assert dict(dataset.health().layers) == {"s2": 5, "s1": 5, "reference_map": 5}
    assert lacking(dataset) == {}
    for patch in PATCHES:
        for layer in ("s2", "s1", "reference_map"):
            key = patch.s1_id if layer == "s1" else patch.id
            for band in bands_of(layer):
                found = dataset.read(key, layer, band)
                np.testing.assert_array_equal(found, patch.pixels(layer, band))


def test_bands_of_one_entry_are_unpacked_together(tmp_path, monkeypatch):
    dataset = datasets.open_dataset(write_lmdb(tmp_path / "db", PATCHES[:2]))
    load, unpacked = safetensors.numpy.load, []
    monkeypatch.setattr(
        safetensors.numpy, "load", lambda data: unpacked.append(len(data)) or load(data)
    )
    first, second = (patch.id for patch in PATCHES[:2])
    for key, band in ((first, "B02"), (first, "B03"), (second, "B02"), (first, "B02")):
        patch = PATCHES[0] if key == first else PATCHES[1]
        found = dataset.read(key, "s2", band)
        np.testing.assert_array_equal(found, patch.pixels("s2", band))
        # Somebody else may get the same one.
        assert not found.flags.writeable
    assert len(unpacked) == 3


def test_a_database_that_goes_away_lacks_no_band(tmp_path):
    dataset = datasets.open_dataset(write_lmdb(tmp_path / "db", PATCHES))
    dataset.samples()
    (tmp_path / "db" / "data.mdb").unlink()
    # The map asks this for its list of styles, and says of each picture that it cannot be read.
    wanted = {"B02", "B8A"}
    assert wanted < dataset.bands_found("s2", [PATCHES[0].id])


def test_a_table_beside_it_gives_the_labels(tmp_path):
    write_lmdb(tmp_path / "db", PATCHES[:3])
    write_metadata(tmp_path, PATCHES)
    dataset = datasets.open_dataset(tmp_path)
    assert dataset.layout == "rico-hdl LMDB + metadata"
    assert dataset.samples()["has_s2"].tolist() == [True] * 3 + [False] * 2
    assert dataset.samples()["labels"].tolist()[0] == ["Arable land", "Pastures"]


def test_the_database_file_stands_for_the_folder(tmp_path):
    folder = write_lmdb(tmp_path / "db", PATCHES[:1])
    assert len(datasets.open_dataset(folder / "data.mdb").samples()) == 1


def test_entries_that_are_damaged_or_missing_are_errors_in_sentences(tmp_path):
    def change(entries):
        entries[PATCHES[0].id] = entries[PATCHES[0].id][:5000]
        entries[PATCHES[1].id] = b"\0" * 100
        entries[PATCHES[2].id] = b""
        entries[PATCHES[3].id] = safetensors.numpy.save({"B02": np.ones((60, 60), np.uint16)})
        del entries[PATCHES[4].s1_id]

    dataset = datasets.open_dataset(write_lmdb(tmp_path / "db", PATCHES, change))
    for patch in PATCHES[:4]:
        with pytest.raises(FileUnreadable) as caught:
            dataset.read(patch.id, "s2", "B02")
        assert str(caught.value).endswith(".")
    with pytest.raises(DataMissing):
        dataset.read(PATCHES[3].id, "s2", "B03")
    with pytest.raises(DataMissing):
        dataset.read(PATCHES[4].s1_id, "s1", "VV")
    assert dataset.read(PATCHES[4].id, "s2", "B02").shape == (120, 120)
    # An entry cut in its pixels still says which bands it has; an unreadable one has none.
    assert lacking(dataset)["s2", "B08"] == 3
    assert lacking(dataset)["s2", "B02"] == 2


def test_entries_that_are_no_patches_are_left_out_and_said(tmp_path):
    def change(entries):
        entries["S2_nothing"] = b"x"

    dataset = datasets.open_dataset(write_lmdb(tmp_path / "db", PATCHES, change))
    assert len(dataset.samples()) == 5
    assert problems(dataset)["malformed_name"].examples == ("S2_nothing",)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_database_cut_short_is_refused_in_a_sentence(tmp_path, share):
    # Read through the memory map, it would end the process.
    file = write_lmdb(tmp_path / "db", PATCHES) / "data.mdb"
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(DatasetNotRecognised, match="damaged, cut short or no LMDB"):
        datasets.open_dataset(tmp_path / "db")


def test_with_a_table_beside_it_a_damaged_database_is_one_line_of_the_report(tmp_path):
    file = write_lmdb(tmp_path / "db", PATCHES) / "data.mdb"
    file.write_bytes(b"no database" * 1000)
    write_metadata(tmp_path, PATCHES)
    dataset = datasets.open_dataset(tmp_path)
    assert dataset.layout == "metadata"
    assert "data.mdb is a database that cannot be read" in (
        problems(dataset)["unreadable_database"].sentence
    )


def test_keys_that_are_no_text_are_no_rico_hdl(tmp_path):
    def change(entries):
        entries[b"\xff\xfe"] = b"x"

    folder = write_lmdb(tmp_path / "db", PATCHES[:1], change)
    with pytest.raises(DatasetNotRecognised):
        datasets.open_dataset(folder)


def test_the_stamp_changes_with_the_file(tmp_path):
    before = datasets.open_dataset(write_lmdb(tmp_path / "db", PATCHES[:1])).stamp()
    assert datasets.open_dataset(tmp_path / "db").stamp() == before
    other = write_lmdb(tmp_path / "other", PATCHES[:2])
    (other / "data.mdb").replace(tmp_path / "db" / "data.mdb")
    assert datasets.open_dataset(tmp_path / "db").stamp() != before
