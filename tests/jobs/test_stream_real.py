"""Real files, packed into archives as they are released."""

import numpy as np
import pytest

from eoexplore import datasets
from eoexplore.core.errors import DataMissing
from eoexplore.jobs import index
from eoexplore.store import catalog, mosaic
from eoexplore.store import samples as sample_table
from tests.archives import FOLDERS, members_of, pack
from tests.jobs.test_stream import assert_same

pytestmark = pytest.mark.real_data


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize("name", ["reben_mini", "reben/ben_v2_tiffs"])
def test_a_tar_of_real_files_is_read_like_the_files(real_data, tmp_path, name):
    tree = real_data / name
    layers = [layer for layer in FOLDERS if (tree / FOLDERS[layer]).is_dir()]
    copy = datasets.open_dataset(pack(tree, tmp_path / "copy", dict.fromkeys(layers, ".tar")))
    original = datasets.open_dataset(tree)
    frame = copy.samples()
    assert frame.equals(original.samples())
    read = 0
    for layer in copy.layers:
        for key in frame[frame[f"has_{layer.name}"]][layer.key]:
            for band in layer.bands:
                try:
                    pixels = original.read(key, layer.name, band.name)
                except DataMissing:
                    continue
                np.testing.assert_array_equal(copy.read(key, layer.name, band.name), pixels)
                read += 1
    assert read == sum(len(members_of(tree, layer)) for layer in layers)


def test_real_archives_give_the_index_of_the_real_files(
    real_data, tmp_path, in_this_process, monkeypatch
):
    monkeypatch.setattr(mosaic, "GRID", 91)
    all_of_it = datasets.open_dataset(real_data / "reben_mini")
    frame = sample_table.with_places(all_of_it.samples())
    some = frame[frame["has_reference_map"] | (frame.index < 2)]
    tree = tmp_path / "tree"
    tree.mkdir()
    assert all_of_it.part(some).write("tree", tree, lambda *_: None) == ()
    root = pack(tree, tmp_path / "copy", dict.fromkeys(FOLDERS, ".tar.zst"))
    from_archives = index.build(catalog.add(root).slug)
    assert from_archives.samples.frame["has_s2"].sum() == len(some)
    assert from_archives.samples.frame["has_reference_map"].sum() == 1
    assert_same(from_archives, index.build(catalog.add(tree).slug))
