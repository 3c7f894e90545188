import gc
import json
import shutil
import threading
import weakref

import pytest

from eoexplore.core.errors import DatasetNotRecognised, MetadataError, UnknownName
from eoexplore.core.memory import SMALL_BYTES, ByteCache
from eoexplore.store import catalog, versions
from eoexplore.store import samples as sample_table
from eoexplore.store.folder import BuildState, IndexFolder, atomic
from tests.builders import Patch, write_metadata, write_raster, write_tree

PATCHES = (Patch("33UUP", 26, 57), Patch("33UUP", 27, 57, split="test"))


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def root(tmp_path):
    return write_tree(tmp_path / "My Data" / "reBEN (part 1)", PATCHES)


def slugs():
    return [entry.slug for entry in catalog.entries()]


def test_nothing_is_known_at_first():
    assert catalog.entries() == ()
    with pytest.raises(UnknownName, match="Known: none yet"):
        catalog.open_slug("reben")


def test_a_folder_becomes_an_entry_with_a_slug_of_its_name(root):
    opened = catalog.add(root)
    assert opened.slug == "reben-part-1"
    (entry,) = catalog.entries()
    assert entry.path == str(root)
    assert (entry.name, entry.layout) == ("reben", "released tree + metadata")
    assert (entry.samples, entry.synthetic) == (2, False)
    assert len(opened.samples) == 2
    assert sample_table.groups(opened.folder.samples) == {"base": 1}
    assert opened.state == BuildState()
    with pytest.raises(UnknownName, match="Known: reben-part-1"):
        catalog.open_slug("other")


def test_the_same_folder_twice_is_one_entry(root, tmp_path):
    (tmp_path / "link").symlink_to(root)
    first = catalog.add(root)
    again = [catalog.add(path) for path in (str(root), root / ".", tmp_path / "link")]
    assert slugs() == ["reben-part-1"]
    assert {opened.slug for opened in again} == {first.slug}
    assert catalog.entries()[0].added > 0


def test_slugs_are_unique_and_plain(tmp_path):
    names = [
        "a/reben",
        "b/reben",
        "c/reBEN",
        "d/Östliche <b>{Teile}</b>",
        "e/???",
        "f/" + "x" * 200,
    ]
    opened = [catalog.add(write_tree(tmp_path / name, PATCHES[:1], ("s1",))) for name in names]
    found = [item.slug for item in opened]
    assert found[:3] == ["reben", "reben-2", "reben-3"]
    assert len(set(found)) == len(names)
    for slug in found:
        assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        assert len(slug) <= 50


def test_copies_of_one_content_have_an_index_each(root, tmp_path):
    # One of them may have a damaged file, of which the other's index knows nothing.
    shutil.copytree(root, tmp_path / "copy")
    first, second = catalog.add(root), catalog.add(tmp_path / "copy")
    assert first.slug != second.slug
    assert first.fingerprint == second.fingerprint
    assert first.folder.path != second.folder.path
    assert catalog.add(root).folder.path == first.folder.path


def test_a_forgotten_dataset_is_still_where_it_was(root):
    opened = catalog.add(root)
    catalog.forget(opened.slug)
    assert slugs() == []
    assert root.is_dir()
    assert opened.folder.samples.is_file()


def test_many_changes_within_a_tick_of_the_clock_are_all_seen(root):
    for _ in range(20):
        slug = catalog.add(root).slug
        assert slugs() == [slug]
        catalog.forget(slug)
        assert slugs() == []


def test_a_new_patch_is_seen_after_a_refresh_only(root):
    opened = catalog.add(root)
    new = Patch("33UUP", 28, 57)
    write_raster(new.path(root, "s2", "B02"), new.pixels("s2", "B02"), new, 0)
    assert len(catalog.open_slug(opened.slug).samples) == 2
    fresh = catalog.refresh(opened.slug)
    assert fresh.slug == opened.slug
    assert len(fresh.samples) == len(catalog.open_slug(opened.slug).samples) == 3
    assert fresh.fingerprint != opened.fingerprint
    assert fresh.version != opened.version
    assert catalog.entry(opened.slug).samples == 3


def test_a_refresh_without_a_change_does_no_work(root, monkeypatch):
    opened = catalog.add(root)
    time = opened.folder.samples.stat().st_mtime_ns
    monkeypatch.setattr(sample_table, "write", None)
    assert catalog.refresh(opened.slug).fingerprint == opened.fingerprint
    assert opened.folder.samples.stat().st_mtime_ns == time


def test_a_file_that_was_repaired_is_read_again_by_the_next_build(root):
    path = PATCHES[0].path(root, "s2", "B02")
    data = path.read_bytes()
    path.unlink()
    opened = catalog.add(root)
    # As after a build.
    opened.folder.part("areas", "product").parent.mkdir()
    opened.folder.part("areas", "product").touch()
    opened.folder.write_state(BuildState(1, 1, complete=True, finished=1234))
    before = catalog.open_slug(opened.slug)
    path.write_bytes(data)
    fresh = catalog.refresh(opened.slug)
    assert fresh.fingerprint == opened.fingerprint
    # What is there can be shown until the build has found what changed.
    assert fresh.folder.part("areas", "product").exists()
    assert fresh.pictured
    assert not fresh.state.complete
    assert fresh.version != before.version


def test_an_index_that_was_removed_is_written_again(root):
    opened = catalog.add(root)
    shutil.rmtree(opened.folder.path)
    assert len(catalog.open_slug(opened.slug).samples) == 2
    assert opened.folder.samples.is_file()


@pytest.mark.parametrize("content", [b"", b"PAR1 half of it"])
def test_a_damaged_table_is_written_again(root, content):
    opened = catalog.add(root)
    opened.folder.samples.write_bytes(content)
    assert len(catalog.open_slug(opened.slug).samples) == 2


def test_a_table_of_an_older_version_is_written_again_and_the_build_begins_anew(root, monkeypatch):
    opened = catalog.add(root)
    opened.folder.write_state(BuildState(1, 1, complete=True, finished=5))
    monkeypatch.setitem(versions.VERSIONS, "base", 2)
    catalog._is_current.cache_clear()  # another version is another process
    fresh = catalog.open_slug(opened.slug)
    assert sample_table.groups(fresh.folder.samples)["base"] == 2
    assert not fresh.state.complete


def test_a_folder_that_is_gone_is_said_in_a_sentence(root):
    opened = catalog.add(root)
    shutil.rmtree(root)
    with pytest.raises(DatasetNotRecognised, match=r"no such folder.*\."):
        catalog.refresh(opened.slug)
    assert slugs() == [opened.slug]


def test_what_is_no_dataset_is_not_remembered(tmp_path):
    (tmp_path / "photos").mkdir()
    with pytest.raises(DatasetNotRecognised):
        catalog.add(tmp_path / "photos")
    write_metadata(tmp_path / "broken", PATCHES)
    (tmp_path / "broken" / "metadata.parquet").write_bytes(b"")
    with pytest.raises(MetadataError):
        catalog.add(tmp_path / "broken")
    assert slugs() == []


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[1]", '[{"slug": "x"}]', '{"a": 1}', "[[]]", "\xff"],
)
def test_a_damaged_catalog_is_an_empty_one(root, cache, text):
    opened = catalog.add(root)
    (cache / "catalog.json").write_bytes(text.encode("latin-1"))
    assert catalog.entries() == ()
    assert catalog.add(root).slug == opened.slug
    assert slugs() == [opened.slug]


def test_the_catalog_is_plain_json(root, cache):
    catalog.add(root)
    (row,) = json.loads((cache / "catalog.json").read_text())
    assert row["slug"] == "reben-part-1"
    assert sorted(item.name for item in cache.iterdir()) == [
        "catalog.json",
        "catalog.lock",
        "index",
    ]


def test_metadata_alone_is_whole_at_once(tmp_path):
    write_metadata(tmp_path / "reben", PATCHES)
    opened = catalog.add(tmp_path / "reben")
    assert opened.state.complete
    assert catalog.add(tmp_path / "reben").version == opened.version


def test_the_version_changes_with_every_build(root):
    opened = catalog.add(root)
    versions = {opened.version}
    for state in (
        BuildState(1, 3),
        BuildState(2, 3),
        BuildState(3, 3, complete=True, finished=100),
        BuildState(3, 3, complete=True, finished=200),
    ):
        opened.folder.write_state(state)
        versions.add(catalog.open_slug(opened.slug).version)
    assert len(versions) == 5
    assert all(version.startswith(opened.fingerprint) for version in versions)


@pytest.mark.parametrize("text", ["", "{}", '{"done": 1, "extra": 2}', "[", "3"])
def test_a_damaged_state_means_that_nothing_is_known(tmp_path, text):
    folder = IndexFolder(tmp_path)
    (tmp_path / "build.json").write_text(text)
    assert folder.state() == BuildState()


def test_the_health_tells_what_the_index_could_not_read(root):
    opened = catalog.add(root)
    assert opened.health().checked == "all file names"
    frame = opened.samples.frame.assign(area_111=0, unreadable=[["s2/B02"], []])
    sample_table.write(opened.folder.samples, frame, opened.dataset.classes, opened.fingerprint)
    health = catalog.open_slug(opened.slug).health()
    assert health.checked == "every file"
    first = health.problems[0]
    assert (first.kind, first.count, first.examples) == ("unreadable", 1, (PATCHES[0].id,))
    assert first.sentence.startswith("1 patch has a Sentinel-2 file that is damaged")


def test_many_threads_that_open_at_once_share_one_table(root, monkeypatch):
    slug = catalog.add(root).slug
    reads = []
    read = sample_table.read
    monkeypatch.setattr(sample_table, "read", lambda *args: reads.append(1) or read(*args))
    catalog.tables.clear()
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(catalog.open_slug(slug).samples))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reads) == 1
    assert all(samples is found[0] for samples in found)


def test_tables_are_bounded_by_bytes_and_the_last_one_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(catalog, "tables", ByteCache(20_000_000, least=1))
    roots = [write_tree(tmp_path / f"d{n}", PATCHES[: n + 1], ("s1",)) for n in range(2)]
    names = [catalog.add(root).slug for root in roots]
    first = weakref.ref(catalog.open_slug(names[0]).samples)
    second = catalog.open_slug(names[1]).samples
    gc.collect()
    assert first() is None
    assert catalog.open_slug(names[1]).samples is second
    # What may be kept with a table counts from the start.
    assert catalog.tables.used > 4 * second.nbytes + 4 * SMALL_BYTES


def test_several_additions_at_once_lose_no_entry(tmp_path):
    roots = [write_tree(tmp_path / f"d{n}", PATCHES[:1], ("s1",)) for n in range(4)]
    threads = [threading.Thread(target=catalog.add, args=(root,)) for root in roots]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(slugs())) == 4


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "deep" / "file.txt"
    with atomic(path) as partial:
        partial.write_text("one")
        assert not path.exists()
    assert path.read_text() == "one"

    def fail():
        with atomic(path) as partial:
            partial.write_text("tw")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "one"
    assert [item.name for item in path.parent.iterdir()] == ["file.txt"]
