"""`index` and `datasets`: build, resume, refuse."""

import re
import shutil
import time

import filelock

from eoexplore.datasets.reben import Reben
from eoexplore.jobs import background
from eoexplore.store import catalog, mosaic
from tests.cli.conftest import PATCHES
from tests.jobs.conftest import in_one_process


def test_index_is_built_once_and_the_dataset_is_not_written_to(tree, said, document):
    before = sorted((path, path.stat().st_mtime_ns) for path in tree.rglob("*"))
    status, out, _ = said("index", tree, "--workers", 1)
    assert status == 0
    needs = (
        r"The index needs up to \d+ kB of disk in the cache folder \([\d.]+ [GM]B free\) and, with "
    )
    assert re.match(needs + r"one process, \d+ MB of memory \([\d.]+ [GM]B free\)\.\n", out)
    assert "The index of reben-small is complete: 3 samples" in out
    found = document("index", "reben-small")
    assert set(found) == {"dataset", "fingerprint", "samples", "complete", "bytes", "needed"}
    assert found["needed"] is None
    assert (found["complete"], found["samples"]) == (True, 3)
    assert found["bytes"] > 0
    assert document("datasets")["datasets"][0]["index"] == "complete"
    assert "reben-small        3  complete" in said("datasets")[1]
    assert sorted((path, path.stat().st_mtime_ns) for path in tree.rglob("*")) == before


def test_index_as_a_background_job_from_any_folder(tree, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    slug = catalog.add(tree).slug
    job = background.start("index", "Indexing", ["index", str(tree), "--workers", "1"], slug)
    end = time.monotonic() + 60
    while background.job(job.id).state == "running":
        assert time.monotonic() < end, background.log_tail(job.id)
        time.sleep(0.05)
    ended = background.job(job.id)
    assert (ended.state, ended.done, ended.total) == ("done", 3, 3), background.log_tail(job.id)
    assert catalog.open_slug(slug).state.complete
    # Its last word is written a moment before its end.
    background._children[job.id].wait(30)


def test_rebuild_reads_every_file_again(tree, said, document, monkeypatch):
    in_one_process(monkeypatch)
    monkeypatch.setattr(mosaic, "GRID", 91)
    # Every file is read, though its name, size and time say that it is the same.
    monkeypatch.setattr(Reben, "signature", lambda *_: "as it was")
    said("index", tree, "--workers", 1)
    PATCHES[0].path(tree, "s2", "B02").write_bytes(b"")
    assert not catalog.open_slug("reben-small").samples.unreadable("s2", ("B02",)).any()
    said("index", tree, "--workers", 1, "--rebuild")
    assert catalog.open_slug("reben-small").samples.unreadable("s2", ("B02",)).any()


def test_small_disk_is_refused_with_a_sentence(tree, said, monkeypatch):
    usage = shutil.disk_usage(tree)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    status, _, err = said("index", tree, "--workers", 1)
    assert status == 1
    assert "the disk of the cache has" in err
    assert "EOEXPLORE_CACHE" in err


def test_second_build_is_refused(tree, said):
    with filelock.FileLock(catalog.add(tree).folder.lock):
        status, _, err = said("index", tree, "--workers", 1)
    assert (status, err) == (1, "Another process is building this index already.\n")


def test_datasets_lists_readers_and_what_is_known(tree, said, document):
    nothing = document("datasets")
    assert nothing["datasets"] == []
    (reader,) = (item for item in nothing["readers"] if item["name"] == "reben")
    assert set(reader) == {"name", "title", "layouts", "licence", "citation", "url"}
    assert "none yet" in said("datasets")[1]
    catalog.add(tree)
    (entry,) = document("datasets")["datasets"]
    assert (entry["name"], entry["samples"], entry["index"]) == ("reben-small", 3, "not built")
    assert entry["path"] == str(tree)
