"""The index of archives that can only be read front to back is the index of the tree."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import rasterio

from eoexplore import datasets
from eoexplore.core.errors import JobError
from eoexplore.datasets._reben_stream import Zst
from eoexplore.jobs import index, passed, stream
from eoexplore.jobs.progress import Cancelled
from eoexplore.store import catalog, components, mosaic
from tests import archives
from tests.archives import FOLDERS, ZST, pack
from tests.builders import write_tree
from tests.jobs.conftest import in_one_process

# With a second date of the first place, because an index of two dates has more to mix up.
AGAIN = replace(archives.PATCHES[0], date="20170813T101031")
PATCHES = (*archives.PATCHES[:2], AGAIN, *archives.PATCHES[2:])


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return write_tree(tmp_path_factory.mktemp("reben"), PATCHES)


@pytest.fixture(scope="module")
def wanted(tree, tmp_path_factory):
    """The index of the tree."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EOEXPLORE_CACHE", str(tmp_path_factory.mktemp("cache")))
        in_one_process(patch)
        yield index.build(catalog.add(tree).slug)


def shuffled(members):
    return random.Random(7).sample(members, len(members))


def frame_of(opened):
    return opened.samples.frame.drop(columns=["geometry"], errors="ignore")


def assert_same(opened, wanted, groups=tuple(mosaic.GROUPS)):
    pd.testing.assert_frame_equal(frame_of(opened), frame_of(wanted))
    for name in groups:
        files = sorted((wanted.folder.path / "mosaics" / name).iterdir())
        assert files
        mine = opened.folder.path / "mosaics" / name
        for file in set(mine.iterdir()) - {mine / file.name for file in files}:
            # Expected, and nothing of it came.
            with rasterio.open(file) as empty:
                assert (empty.read() == empty.nodata).all()
        for file in files:
            with rasterio.open(file) as one, rasterio.open(mine / file.name) as two:
                np.testing.assert_array_equal(one.read(), two.read())
                assert one.descriptions == two.descriptions
    mine, theirs = (components.read(item.folder, item.fingerprint) for item in (opened, wanted))
    assert mine is not None
    for name in ("rows", "codes", "pixels", "width_m", "wholes", "cut"):
        np.testing.assert_array_equal(getattr(mine, name), getattr(theirs, name))


@pytest.mark.parametrize("change", [lambda members: members, shuffled], ids=["in-order", "mixed"])
def test_an_index_from_streams_is_the_index_of_the_tree(
    tree, wanted, tmp_path, in_this_process, change
):
    root = pack(tree, tmp_path / "copy", ZST, change)
    reports = []
    opened = index.build(catalog.add(root).slug, progress=lambda *said: reports.append(said))
    assert opened.state.complete
    assert_same(opened, wanted)
    assert {what for _, _, what in reports} >= {
        f"reading {folder}.tar.zst, in MB" for folder in FOLDERS.values()
    }
    assert not list(opened.folder.path.rglob("*.partial*"))
    # Opened again it is the same dataset, complete.
    assert catalog.add(root).state.complete
    assert catalog.add(root).fingerprint == opened.fingerprint
    before = opened.folder.samples.stat().st_mtime_ns
    index.build(opened.slug)
    assert opened.folder.samples.stat().st_mtime_ns == before


@pytest.mark.parametrize("layer", FOLDERS)
def test_a_stream_beside_folders_and_a_tar(tree, wanted, tmp_path, in_this_process, layer):
    others = [name for name in FOLDERS if name != layer]
    root = pack(tree, tmp_path / "copy", {layer: ".tar.zst", others[0]: ".tar"}, shuffled)
    shutil.copytree(tree / FOLDERS[others[1]], root / FOLDERS[others[1]])
    assert_same(index.build(catalog.add(root).slug), wanted)


def test_what_is_missing_or_damaged_is_as_in_the_tree(tree, tmp_path, in_this_process):
    first = min(PATCHES, key=lambda patch: patch.id)
    other = tmp_path / "tree"
    shutil.copytree(tree, other)
    damaged = first.path(other, "s2", "B05")
    damaged.write_bytes(damaged.read_bytes()[:300])
    first.path(other, "reference_map", "reference_map").write_bytes(b"II*\0nothing")
    PATCHES[1].path(other, "s2", "B08").unlink()
    shutil.rmtree(PATCHES[2].path(other, "s1", "VV").parent)
    root = pack(other, tmp_path / "copy", ZST)
    from_stream, from_tree = (index.build(catalog.add(path).slug) for path in (root, other))
    assert_same(from_stream, from_tree)
    assert from_stream.samples.frame["has_s1"].sum() == 3
    lines = {problem.sentence for problem in from_stream.health().problems}
    assert {problem.sentence for problem in from_tree.health().problems} <= lines
    # Built again, nothing is read again.
    before = from_stream.folder.samples.stat().st_mtime_ns
    assert index.build(from_stream.slug).folder.samples.stat().st_mtime_ns == before
    # A page that has had it open all the time says the same.
    assert from_stream.dataset.health().layers == {"s2": 4, "s1": 3, "reference_map": 4}


@pytest.mark.parametrize("share", [0.5])
def test_an_archive_cut_short_gives_what_there_is_and_is_read_anew_when_replaced(
    tree, wanted, tmp_path, in_this_process, share
):
    root = pack(tree, tmp_path / "copy", ZST)
    path = root / "BigEarthNet-S2.tar.zst"
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    opened = index.build(catalog.add(root).slug)
    assert opened.state.complete
    assert "archive_cut" in {problem.kind for problem in opened.health().problems}
    assert opened.samples.frame["has_s2"].sum() < 4
    path.write_bytes(data)
    assert_same(index.build(catalog.add(root).slug), wanted)


def test_a_stream_that_disappears_is_a_sentence(tree, tmp_path, in_this_process, monkeypatch):
    root = pack(tree, tmp_path / "copy", ZST)
    slug = catalog.add(root).slug

    def lose(done, total, what):
        (root / "Reference_Maps.tar.zst").unlink(missing_ok=True)

    with pytest.raises((JobError, Exception)) as caught:
        index.build(slug, progress=lose)
    assert "finished parts are kept" in str(caught.value)


def test_cancelled_and_resumed_it_reads_what_is_missing(
    tree, wanted, tmp_path, in_this_process, monkeypatch
):
    slug = catalog.add(pack(tree, tmp_path / "copy", ZST)).slug
    folder = catalog.open_slug(slug).folder
    with pytest.raises(Cancelled):
        index.build(slug, cancelled=lambda: bool(list(folder.path.glob("passed/*/*.npz"))))
    times = {path: path.stat().st_mtime_ns for path in folder.path.glob("mosaics/*/*.tif")}
    assert 0 < len(times) < 12
    assert not catalog.open_slug(slug).state.complete
    decoded = []
    decode = type(catalog.open_slug(slug).dataset.streams[0]).decode

    def noted(self, passing):
        decoded.append(passing.key)
        return decode(self, passing)

    monkeypatch.setattr("eoexplore.datasets._reben_stream.Zst.decode", noted)
    opened = index.build(slug)
    assert_same(opened, wanted)
    assert {path: path.stat().st_mtime_ns for path in times} == times
    assert 0 < len(decoded) < 4 * 15


_BUILD = """
import sys
from eoexplore.jobs import index
from eoexplore.store import mosaic
if __name__ == "__main__":
    mosaic.GRID = 8
    index.build(sys.argv[1], workers=1, progress=lambda done, *_: print(done, flush=True))
"""


def test_killed_it_leaves_nothing_half_done(tree, wanted, tmp_path, in_this_process):
    slug = catalog.add(pack(tree, tmp_path / "copy", ZST, shuffled)).slug
    folder = catalog.open_slug(slug).folder
    script = tmp_path / "build.py"
    script.write_text(_BUILD)
    process = subprocess.Popen(
        [sys.executable, str(script), slug],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    for _ in range(1000):
        if list(folder.path.glob("passing/*")):
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    opened = index.build(slug)
    assert_same(opened, wanted)
    assert not list(opened.folder.path.rglob("*.partial*"))


def test_room_is_counted_before(tree, tmp_path, in_this_process, monkeypatch):
    opened = catalog.add(pack(tree, tmp_path / "copy", ZST))
    works = index._missing(index._products(opened))
    sizes = [
        sum(stream._slot(group) for group in mosaic.GROUPS.values() if group.layer == layer)
        for layer in FOLDERS
    ]
    # The largest product of Sentinel-2 has two patches, and its archive is in order.
    assert stream.room(opened.dataset, works) == 2 * max(sizes)
    assert stream.room(datasets.open_dataset(tree), works) == 0
    usage = shutil.disk_usage(tree)._replace(free=index.bytes_needed(opened) - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(JobError, match="GB free"):
        index.build(opened.slug)


def test_what_passed_that_is_damaged_is_read_again(tree, wanted, tmp_path, in_this_process):
    opened = index.build(catalog.add(pack(tree, tmp_path / "copy", ZST)).slug)
    for path in opened.folder.path.glob("passed/*/*.npz"):
        path.write_bytes(b"PK\3\4 damaged")
        assert passed.read(opened.folder, path.parent.name, path.stem) is None
    for path in opened.folder.path.glob("chunks/*"):
        path.unlink()
    assert_same(index.build(opened.slug), wanted)


def as_before(path, codes):
    """Write what passed as a release without components did: of label maps the counts of codes."""
    with np.load(path) as file:
        kept = {name: file[name] for name in ("keys", "seen", "bad", "mark")}
    np.savez(path, counts=np.zeros((len(kept["keys"]), codes), np.int32), **kept)


def test_components_of_an_index_without_them_read_the_label_maps_alone(
    tree, wanted, tmp_path, in_this_process, monkeypatch
):
    opened = index.build(catalog.add(pack(tree, tmp_path / "copy", ZST)).slug)
    for path in opened.folder.path.glob("passed/*/*.npz"):
        as_before(path, 45 if path.parent.name == "reference_map" else 0)
    shutil.rmtree(opened.folder.path / "components")
    opened.folder.components.unlink()
    read = set()
    passing = Zst.passing

    def noted(self, wanted):
        read.add(self.layer)
        return passing(self, wanted)

    monkeypatch.setattr(Zst, "passing", noted)
    assert_same(index.build(opened.slug), wanted)
    assert read == {"reference_map"}
    # The others are still known to be there when areas are joined again.
    for path in opened.folder.path.glob("chunks/*"):
        path.unlink()
    assert_same(index.build(opened.slug), wanted)
    assert read == {"reference_map"}
