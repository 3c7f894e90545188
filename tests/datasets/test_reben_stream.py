"""The archives as they are released: read once from front to back."""

import os
import random
import shutil

import numpy as np
import pytest

from eoexplore import datasets
from eoexplore.core.errors import DataMissing, DatasetNotRecognised, FileUnreadable
from eoexplore.datasets import _reben_stream
from eoexplore.store import samples as sample_table
from tests.archives import FOLDERS, PATCHES, ZST, members_of, pack, small_tree
from tests.builders import Patch, bands_of, lacking, write_tree
from tests.datasets.test_reben_archive import BY_ID, hostile, key_of, problems


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return small_tree(tmp_path_factory)


def stream_of(dataset, layer="s2"):
    return next(stream for stream in dataset.streams if stream.layer == layer)


def drain(dataset):
    """Read all streams; return the bands that passed, by layer, key and band."""
    found = {}
    for stream in dataset.streams:
        for item in stream.passing(lambda _: True):
            try:
                found[stream.layer, item.key, item.band] = stream.decode(item)
            except FileUnreadable as error:
                found[stream.layer, item.key, item.band] = str(error)
    return found


def test_a_stream_gives_every_band_once(tree, tmp_path):
    def shuffled(members):
        return random.Random(2).sample(members, len(members))

    dataset = datasets.open_dataset(pack(tree, tmp_path / "copy", ZST, shuffled))
    assert dataset.layout == "released archives (.tar.zst) + metadata"
    assert dataset.samples().equals(datasets.open_dataset(tree).samples())
    assert [stream.known for stream in dataset.streams] == [False] * 3
    assert "not of archives that have not been read" in dataset.health().checked
    found = drain(dataset)
    assert len(found) == len(PATCHES) * 15
    for patch in PATCHES:
        for layer in FOLDERS:
            for band in bands_of(layer):
                pixels = found[layer, key_of(patch, layer), band]
                np.testing.assert_array_equal(pixels, patch.pixels(layer, band))
    assert all(stream.known for stream in dataset.streams)
    assert dataset.health().checked == "all file names"
    assert "Extract the archives for full resolution." in problems(dataset)["packed_only"].sentence
    with pytest.raises(DataMissing, match=r"BigEarthNet-S2\.tar\.zst, of which single files"):
        dataset.read(PATCHES[0].id, "s2", "B02")
    with pytest.raises(DataMissing):
        dataset.source(PATCHES[0].id, "s2", "B02")


def test_what_a_stream_lacks_is_known_once_it_was_read(tree, tmp_path):
    root = pack(tree, tmp_path / "copy", ZST, lambda members: members[1:-1])
    dataset = datasets.open_dataset(root)
    assert dataset.samples()["has_s2"].all()
    drain(dataset)
    assert dataset.samples()["has_reference_map"].sum() == 1
    assert problems(dataset)["missing_reference_map"].count == 2
    assert lacking(dataset) == {
        ("s2", "B01"): 1,
        ("s2", "B8A"): 1,
        ("s1", "VH"): 1,
        ("s1", "VV"): 1,
    }


def test_skipped_patches_are_known_but_not_given(tree, tmp_path):
    dataset = datasets.open_dataset(pack(tree, tmp_path / "copy", ZST))
    dataset.samples()
    stream = stream_of(dataset)
    found = {item.key for item in stream.passing(lambda key: key == PATCHES[1].id)}
    assert found == {PATCHES[1].id}
    assert stream.keys("s2") == sorted(patch.id for patch in PATCHES)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.4, 0.9])
def test_a_stream_cut_short_gives_what_is_there(tree, tmp_path, share):
    root = pack(tree, tmp_path / "copy", {"s2": ".tar.zst"})
    path = root / "BigEarthNet-S2.tar.zst"
    os.truncate(path, int(path.stat().st_size * share))
    dataset = datasets.open_dataset(root)
    dataset.samples()
    found = drain(dataset)
    assert len(found) < 36
    sentence = problems(dataset)["archive_cut"].sentence
    assert sentence.startswith("BigEarthNet-S2.tar.zst ends too early")
    assert lacking(dataset) or problems(dataset)["missing_s2"].count
    there = {key for _, key, _ in found}
    assert dataset.samples()["has_s2"].tolist() == [p.id in there for p in BY_ID]


def test_a_stream_that_is_damaged_or_none_says_where(tree, tmp_path):
    root = pack(tree, tmp_path / "copy", {"s2": ".tar.zst"})
    path = root / "BigEarthNet-S2.tar.zst"
    data = path.read_bytes()
    half = len(data) // 2
    damaged = data[:half] + bytes(value ^ 0x5A for value in data[half : half + 3000])
    for content in (b"no archive at all" * 100, damaged + data[half + 3000 :]):
        path.write_bytes(content)
        dataset = datasets.open_dataset(root)
        dataset.samples()
        drain(dataset)
        assert "it is damaged or no zstd archive; what lies behind is missing" in (
            problems(dataset)["archive_cut"].sentence
        )


def test_a_window_that_is_too_large_is_said(tree, tmp_path, monkeypatch):
    monkeypatch.setattr(_reben_stream, "_WINDOW", 1 << 10)
    dataset = datasets.open_dataset(pack(tree, tmp_path / "copy", {"s2": ".tar.zst"}))
    dataset.samples()
    assert drain(dataset) == {}
    assert "window of more than 128 MB" in problems(dataset)["archive_cut"].sentence


def test_strange_members_of_a_stream_are_left_out_and_said(tree, tmp_path):
    stranger = Patch("33UUP", 1, 1)
    more = members_of(write_tree(tmp_path / "more", (stranger,), ("s2",)), "s2")
    root = pack(tree, tmp_path / "copy", {"s2": ".tar.zst"}, lambda m: [*hostile(m), *more])
    dataset = datasets.open_dataset(root)
    dataset.samples()
    drain(dataset)
    assert len(dataset.samples()) == len(PATCHES)
    assert problems(dataset)["not_listed"].examples == (stranger.id,)
    assert "3 with an absolute path" in problems(dataset)["archive_members"].sentence


def test_a_stream_without_tables_is_a_sentence(tree, tmp_path):
    root = pack(tree, tmp_path / "copy", {"s2": ".tar.zst"})
    (root / "metadata.parquet").unlink()
    with pytest.raises(DatasetNotRecognised, match=r"S2\.tar\.zst is read only with metadata"):
        datasets.open_dataset(root)
    shutil.copytree(tree / "Reference_Maps", root / "Reference_Maps")
    dataset = datasets.open_dataset(root)
    assert dataset.streams == ()
    assert "only with metadata.parquet" in problems(dataset)["unused_archive"].sentence


def test_a_stream_beside_its_files_is_not_read(tree, tmp_path):
    root = pack(tree, tmp_path / "copy", {"s2": ".tar.zst"})
    pack(tree, root, {"s2": ".tar"})
    dataset = datasets.open_dataset(root)
    assert dataset.streams == ()
    assert "in another form" in problems(dataset)["unused_archive"].sentence


def test_a_part_has_what_can_be_read_and_says_what_not(tree, tmp_path):
    root = pack(tree, tmp_path / "copy", {"s2": ".tar", "s1": ".tar.zst"})
    dataset = datasets.open_dataset(root)
    part = dataset.part(sample_table.with_places(dataset.samples()))
    (tmp_path / "part").mkdir()
    (sentence,) = part.write("tree", tmp_path / "part", lambda *_: None)
    assert sentence.startswith("Sentinel-1 lies in BigEarthNet-S1.tar.zst")
    written = datasets.open_dataset(tmp_path / "part")
    assert dict(written.health().layers) == {"s2": 3, "s1": 0, "reference_map": 0}
