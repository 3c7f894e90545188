"""A copy that changes: what was added, replaced or removed is found, and only that is read."""

import os
import shutil

import lmdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import rasterio

from eoexplore.core.errors import JobError
from eoexplore.datasets._reben_files import _environment
from eoexplore.datasets.reben import Reben
from eoexplore.jobs import index, parts
from eoexplore.store import catalog, contents, mosaic, spectra, versions
from tests.builders import Patch, write_metadata, write_tree
from tests.datasets.test_reben_lmdb import write_lmdb

PATCHES = (
    Patch("33UUP", 2, 5),
    Patch("33UUP", 3, 5),
    Patch("33UUP", 2, 6),
    Patch("33UUP", 2, 5, date="20170813T101031"),
)
ADDED = Patch("33UUP", 5, 6)
ELSEWHERE = Patch("32TMT", 0, 7, country="Switzerland")
FIRST, SECOND = (PATCHES[row].id.rsplit("_", 2)[0] for row in (0, 3))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A copy, and a cache folder with its index."""
    folder = tmp_path_factory.mktemp("finished")
    write_tree(folder / "reben", PATCHES)
    return folder


@pytest.fixture
def root(finished, tmp_path, monkeypatch, in_this_process):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))
    shutil.copytree(finished / "reben", tmp_path / "reben")
    return tmp_path / "reben"


@pytest.fixture
def opened(root):
    return index.build(catalog.add(root).slug)


@pytest.fixture
def reads(monkeypatch):
    """Keys of the patches that are read from now on."""
    found = []
    read = Reben.read

    def spy(self, key, layer, band):
        found.append(key)
        return read(self, key, layer, band)

    monkeypatch.setattr(Reben, "read", spy)
    return found


def patches_of(reads):
    return {key.replace("S1A_IW_GRDH_1SDV_", "") for key in reads}


def names_of(*patches):
    return {patch.id for patch in patches} | {
        patch.s1_id.replace("S1A_IW_GRDH_1SDV_", "") for patch in patches
    }


def replace(root, patch, layer, band, source):
    """Put the pixels of another patch into a file."""
    path = patch.path(root, layer, band)
    with rasterio.open(path, "r+") as file:
        file.write(source.pixels(layer, band), 1)
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000))


def content(opened):
    """Everything in an index, by the name of the file."""
    folder = opened.folder
    found = {"samples": opened.samples.frame}
    for path in sorted(folder.path.rglob("*.tif")):
        with rasterio.open(path) as file:
            found[path.relative_to(folder.path)] = [
                file.read(),
                *(
                    file.read(out_shape=(file.count, file.height // n, file.width // n))
                    for n in file.overviews(1)
                ),
            ]
    for path in (*folder.path.rglob("*.parquet"),):
        if path != folder.samples:
            found[path.relative_to(folder.path)] = pq.read_table(path)
    return found


def assert_same(one, two):
    one, two = content(one), content(two)
    assert one.keys() == two.keys()
    for name, value in one.items():
        if name == "samples":
            pd.testing.assert_frame_equal(value, two[name])
        elif isinstance(value, list):
            for level, other in zip(value, two[name], strict=True):
                np.testing.assert_array_equal(level, other)
        else:
            assert value.equals(two[name], check_metadata=False), name


def afresh(root, tmp_path, monkeypatch):
    """Build the same copy in an empty cache."""
    with monkeypatch.context() as patch:
        patch.setenv("EOEXPLORE_CACHE", str(tmp_path / "other"))
        return index.build(catalog.add(root).slug)


def times(opened, product):
    return {
        group: opened.folder.part(group, product).stat().st_mtime_ns for group in versions.BUILT
    }


def test_a_replaced_file_shows_and_only_its_patch_is_read(
    root, opened, reads, tmp_path, monkeypatch
):
    other = times(opened, SECOND)
    replace(root, PATCHES[1], "s2", "B04", PATCHES[2])
    replace(root, PATCHES[1], "reference_map", "reference_map", PATCHES[2])
    new = index.build(opened.slug)
    assert patches_of(reads) == names_of(PATCHES[1])
    assert times(new, SECOND) == other
    assert new.version != opened.version
    with rasterio.open(new.folder.mosaic("optical", FIRST)) as file:
        px = mosaic.GROUPS["optical"].patch_px
        place = rasterio.windows.Window(3 * px, 5 * px, px, px)
        plane = file.read(file.descriptions.index("B04") + 1, window=place)
    expected = mosaic.pack(PATCHES[2].pixels("s2", "B04"), mosaic.GROUPS["optical"])
    np.testing.assert_array_equal(plane, expected)
    assert_same(new, afresh(root, tmp_path, monkeypatch))
    reads.clear()
    assert index.build(opened.slug).state.complete
    assert not reads


def test_what_changed_is_found_by_opening_the_copy_again(root, opened, reads):
    path = PATCHES[0].path(root, "s2", "B02")
    data = path.read_bytes()
    path.unlink()
    lacking = catalog.refresh(opened.slug)
    assert not lacking.state.complete
    assert lacking.pictured
    lacking = index.build(opened.slug)
    assert lacking.state.complete
    assert patches_of(reads) == names_of(PATCHES[0])
    path.write_bytes(data[:100])
    damaged = index.build(catalog.refresh(opened.slug).slug)
    assert damaged.health().problems[0].examples == (PATCHES[0].id,)


def test_added_patches_are_read_and_the_others_taken_over(
    root, opened, reads, tmp_path, monkeypatch
):
    before = opened.folder.path
    other = times(opened, SECOND)
    write_tree(root, (ADDED, ELSEWHERE))
    write_metadata(root, tuple(sorted((*PATCHES, ADDED, ELSEWHERE), key=lambda patch: patch.id)))
    added = catalog.refresh(opened.slug)
    assert added.folder.path != before
    assert added.folder.mosaic("optical", FIRST) is not None
    assert spectra.summary(added.folder) is not None
    new = index.build(opened.slug)
    assert patches_of(reads) == names_of(ADDED, ELSEWHERE)
    assert times(new, SECOND) == other
    assert not before.exists()
    assert_same(new, afresh(root, tmp_path, monkeypatch))


def test_removed_patches_leave_their_places_empty(root, opened, reads, tmp_path, monkeypatch):
    for patch in (PATCHES[1], PATCHES[3]):
        for layer, band in (("s2", "B02"), ("s1", "VV"), ("reference_map", "reference_map")):
            shutil.rmtree(patch.path(root, layer, band).parent)
    write_metadata(root, (PATCHES[0], PATCHES[2]))
    new = index.build(catalog.refresh(opened.slug).slug)
    assert not reads
    assert new.folder.mosaic("optical", SECOND) is None
    assert_same(new, afresh(root, tmp_path, monkeypatch))


def test_a_new_group_of_changed_patches_reads_all_for_itself_alone(root, opened, monkeypatch):
    replace(root, PATCHES[1], "s2", "B04", PATCHES[2])
    monkeypatch.setitem(versions.VERSIONS, "sar", 9)
    found = []
    read = Reben.read

    def spy(self, key, layer, band):
        found.append((key, layer))
        return read(self, key, layer, band)

    monkeypatch.setattr(Reben, "read", spy)
    index.build(opened.slug)
    assert {key for key, layer in found if layer == "s2"} == {PATCHES[1].id}
    assert {key for key, layer in found if layer == "s1"} == {patch.s1_id for patch in PATCHES}


def test_parts_of_an_earlier_release_are_taken_for_what_is_there(root, opened, reads):
    shutil.rmtree(opened.folder.contents)
    for group in ("areas", "spectra", "components"):
        path = opened.folder.part(group, FIRST)
        table = pq.read_table(path)
        metadata = {**table.schema.metadata}
        del metadata[b"eoexplore.contents"]
        pq.write_table(table.replace_schema_metadata(metadata), path)
    for group in mosaic.GROUPS:
        with rasterio.open(
            opened.folder.part(group, FIRST), "r+", IGNORE_COG_LAYOUT_BREAK="YES"
        ) as file:
            file.update_tags(EOEXPLORE_CONTENTS="")
    index.build(opened.slug)
    assert names_of(PATCHES[3]) >= patches_of(reads)
    reads.clear()
    replace(root, PATCHES[1], "s2", "B04", PATCHES[2])
    index.build(opened.slug)
    assert patches_of(reads) == names_of(PATCHES[1])


def test_a_break_in_an_update_goes_on_from_there(root, opened, reads, tmp_path, monkeypatch):
    replace(root, PATCHES[1], "s2", "B04", PATCHES[2])
    write = parts.Spectra.write

    def fail(self, made_from):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(parts.Spectra, "write", fail)
        with pytest.raises(JobError, match="No space left"):
            index.build(opened.slug)
    assert write is parts.Spectra.write
    kept = times(opened, FIRST)
    reads.clear()
    new = index.build(opened.slug)
    assert patches_of(reads) == names_of(PATCHES[1])
    # What comes after the part that could not be written is made with it.
    made = {group: times(new, FIRST)[group] for group in ("spectra", "components")}
    assert times(new, FIRST) == kept | made
    assert len([*new.folder.contents.glob(f"{FIRST}.*")]) == 1
    assert_same(new, afresh(root, tmp_path, monkeypatch))


def test_what_changes_while_a_build_goes_on_is_for_the_next(root, in_this_process):
    slug = catalog.add(root).slug

    def meanwhile(done, total, what):
        if done == total and what == "reading patches":
            (PATCHES[0].path(root, "s2", "B02").parent / "note.txt").touch()
            catalog.refresh(slug)

    assert not index.build(slug, progress=meanwhile).state.complete
    assert index.build(slug).state.complete


@pytest.mark.parametrize("damage", [b"", b"PAR1 half of it"])
def test_a_damaged_list_means_reading_again(root, opened, reads, damage):
    (path,) = opened.folder.contents.glob(f"{FIRST}.*")
    path.write_bytes(damage)
    replace(root, PATCHES[1], "s2", "B04", PATCHES[2])
    new = index.build(opened.slug)
    assert patches_of(reads) == names_of(*PATCHES[:3])
    assert new.state.complete
    assert contents.stored(new.folder, "areas", FIRST).mark != path.name.split(".")[-2]
    assert not path.exists()


def test_changed_entries_of_a_database_are_found(tmp_path, monkeypatch, in_this_process, reads):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "db"
    write_lmdb(root, PATCHES)
    write_metadata(root, PATCHES)
    slug = index.build(catalog.add(root).slug).slug
    reads.clear()
    # One look at the file tells that nothing changed, without reading any of it.
    with monkeypatch.context() as patch:
        patch.setattr(Reben, "signature", None)
        assert index.build(slug).state.complete
    # One environment per process is all that LMDB allows.
    _environment(root.resolve()).close()
    _environment.cache_clear()
    with lmdb.open(str(root)) as database, database.begin(write=True) as transaction:
        other = transaction.get(PATCHES[2].id.encode())
        transaction.put(PATCHES[1].id.encode(), other)
    new = index.build(catalog.refresh(slug).slug)
    assert patches_of(reads) == names_of(PATCHES[1])
    with rasterio.open(new.folder.mosaic("optical", FIRST)) as file:
        found = file.read(1)
    px = mosaic.GROUPS["optical"].patch_px
    one, two = found[5 * px : 6 * px, 3 * px : 4 * px], found[6 * px : 7 * px, 2 * px : 3 * px]
    np.testing.assert_array_equal(one, two)
