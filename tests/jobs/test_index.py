import collections
import os
import random
import shutil
import subprocess
import sys
import time

import dask
import numpy as np
import pandas as pd
import psutil
import pytest
import rasterio

from eoexplore.core.errors import JobError
from eoexplore.jobs import index, parts
from eoexplore.jobs.progress import Cancelled
from eoexplore.store import catalog, mosaic, versions
from eoexplore.store import samples as sample_table
from tests.builders import Patch, write_metadata, write_raster, write_tree

PATCHES = (
    Patch("33UUP", 2, 5),
    Patch("33UUP", 3, 5, split="test", labels=("Mixed forest",)),
    Patch("33UUP", 2, 5, date="20170813T101031"),
    Patch("32TMT", 0, 7, country="Switzerland", split="validation"),
)
PRODUCTS = sorted({patch.id.rsplit("_", 2)[0] for patch in PATCHES})


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return write_tree(tmp_path_factory.mktemp("reben"), PATCHES)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def root(whole, tmp_path):
    shutil.copytree(whole, tmp_path / "reben")
    return tmp_path / "reben"


def leftovers(folder):
    return [item.name for item in folder.path.rglob("*") if "partial" in item.name]


def column(opened, name, patch):
    return opened.samples.frame[name].iloc[opened.samples.row(patch.id)]


@pytest.fixture(scope="module")
def built(whole, tmp_path_factory, preload):
    """An index built as users build it, with two processes, and what it reported."""
    reports = []
    with (
        pytest.MonkeyPatch.context() as patch,
        dask.config.set({"distributed.worker.preload": [str(preload)]}),
    ):
        patch.setenv("EOEXPLORE_CACHE", str(tmp_path_factory.mktemp("cache")))
        slug = catalog.add(whole).slug
        opened = index.build(slug, workers=2, progress=lambda *said: reports.append(said))
        yield opened, reports


def test_the_index_of_a_small_copy_is_complete(built):
    opened, reports = built
    assert opened.state.complete
    assert (opened.state.done, opened.state.total) == (21, 21)
    assert opened.samples.areas
    assert sample_table.groups(opened.folder.samples) == {"base": 1, "areas": 1}
    assert reports[0] == (0, 4, "reading patches")
    assert reports[-1] == (4, 4, "reading patches")
    assert [done for done, _, _ in reports] == sorted(done for done, _, _ in reports)
    assert leftovers(opened.folder) == []


def test_areas_are_the_pixels_of_the_maps(built):
    opened, _ = built
    codes = opened.dataset.classes.codes
    unlabelled = {142, 999}
    for patch in PATCHES:
        pixels = collections.Counter(
            patch.pixels("reference_map", "reference_map").ravel().tolist()
        )
        found = {code: int(column(opened, f"area_{code}", patch)) for code in codes}
        assert {code: n for code, n in found.items() if n} == dict(pixels)
        assert sum(found.values()) == 120 * 120
        share = sum(pixels[code] for code in unlabelled) / 14400
        assert column(opened, "unlabelled_share", patch) == pytest.approx(share, abs=1e-6)
    types = opened.samples.frame.dtypes
    assert {str(types[f"area_{code}"]) for code in codes} == {"int32"}
    assert str(types["unlabelled_share"]) == "float32"


@pytest.mark.parametrize("name", mosaic.GROUPS)
def test_mosaics_hold_the_packed_patches_at_their_places(built, name):
    opened, _ = built
    files = sorted((opened.folder.path / "mosaics" / name).iterdir())
    assert [file.stem for file in files] == PRODUCTS
    group = mosaic.GROUPS[name]
    size, px = group.pixel_m, group.patch_px
    for patch in PATCHES:
        path = opened.folder.mosaic(name, patch.id.rsplit("_", 2)[0])
        epsg, left, top = patch.corner
        with rasterio.open(path) as file:
            assert file.crs.to_epsg() == epsg
            row, down = divmod(round(file.transform.f - top), size)
            across, right = divmod(round(left - file.transform.c), size)
            assert (down, right) == (0, 0)
            found = file.read(window=rasterio.windows.Window(across, row, px, px))
        for plane, band in zip(found, group.bands, strict=True):
            np.testing.assert_array_equal(
                plane, mosaic.pack(patch.pixels(group.layer, band), group)
            )


def test_a_build_that_is_complete_changes_nothing(root, in_this_process):
    opened = index.build(catalog.add(root).slug)
    before = opened.folder.samples.stat().st_mtime_ns
    again = index.build(opened.slug)
    assert again.version == opened.version
    assert opened.folder.samples.stat().st_mtime_ns == before


def test_the_fingerprint_stays_and_the_version_moves_on(root, in_this_process):
    opened = catalog.add(root)
    built = index.build(opened.slug)
    assert built.fingerprint == opened.fingerprint
    assert built.version != opened.version
    index.rebuild(opened.slug)
    assert not catalog.open_slug(opened.slug).state.complete
    again = index.build(opened.slug)
    assert again.version != built.version
    pd.testing.assert_frame_equal(again.samples.frame, built.samples.frame)


def test_a_file_that_cannot_be_read_is_a_flag_and_one_line(root, in_this_process):
    for patch, layer, band in ((PATCHES[0], "s2", "B02"), (PATCHES[0], "s2", "B12"),
                               (PATCHES[1], "reference_map", "reference_map")):  # fmt: skip
        path = patch.path(root, layer, band)
        path.write_bytes(path.read_bytes()[:200])
    opened = index.build(catalog.add(root).slug)
    assert opened.state.complete
    assert column(opened, "flags", PATCHES[0]) == ["unreadable"]
    assert column(opened, "unreadable", PATCHES[0]) == ["s2/B02", "s2/B12"]
    assert column(opened, "flags", PATCHES[3]) == []
    lines = {p.sentence: p for p in opened.health().problems if p.kind == "unreadable"}
    assert len(lines) == 2
    assert {p.count for p in lines.values()} == {1}
    # No map, no areas: zeros and an unknown share.
    areas = [name for name in opened.samples.frame if name.startswith("area_")]
    assert opened.samples.frame[areas].iloc[opened.samples.row(PATCHES[1].id)].sum() == 0
    assert np.isnan(column(opened, "unlabelled_share", PATCHES[1]))


def test_a_file_that_was_repaired_loses_its_flag(root, in_this_process):
    path = PATCHES[0].path(root, "s2", "B02")
    data = path.read_bytes()
    path.write_bytes(data[:200])
    slug = catalog.add(root).slug
    assert column(index.build(slug), "flags", PATCHES[0]) == ["unreadable"]
    path.write_bytes(data)
    index.rebuild(slug)
    opened = index.build(slug)
    assert column(opened, "flags", PATCHES[0]) == []
    assert column(opened, "unreadable", PATCHES[0]) == []
    assert not [p for p in opened.health().problems if p.kind == "unreadable"]


def test_the_index_of_one_copy_says_nothing_of_another(root, tmp_path, in_this_process):
    shutil.copytree(root, tmp_path / "damaged")
    file = next((tmp_path / "damaged" / "BigEarthNet-S2").rglob("*_B04.tif"))
    os.truncate(file, 300)
    reports = [
        index.build(catalog.add(folder).slug).health().problems
        for folder in (root, tmp_path / "damaged")
    ]
    assert [[p.count for p in found if p.kind == "unreadable"] for found in reports] == [[], [1]]


def test_a_band_that_is_missing_leaves_the_others_in_the_mosaic(root, in_this_process):
    # True colour needs no B08, and must not go from the map with it.
    for patch in PATCHES:
        patch.path(root, "s2", "B08").unlink()
    opened = index.build(catalog.add(root).slug)
    group = mosaic.GROUPS["optical"]
    with rasterio.open(opened.folder.mosaic("optical", PRODUCTS[0])) as file:
        found = {band: file.read(n) for n, band in enumerate(file.descriptions, 1)}
    assert (found["B08"] == group.nodata).all()
    assert (found["B04"] != group.nodata).sum() == 60 * 60


def test_radar_alone_is_indexed_too(tmp_path, in_this_process):
    for patch in PATCHES[:2]:
        for band in ("VV", "VH"):
            path = patch.path(tmp_path / "reben", "s1", band)
            write_raster(path, patch.pixels("s1", band), patch, None)
    opened = index.build(catalog.add(tmp_path / "reben").slug)
    assert opened.state.complete
    (path,) = (opened.folder.path / "mosaics" / "sar").iterdir()
    assert path.stem == f"{PATCHES[0].s1_id.rsplit('_', 3)[0]}_T33UUP"
    with rasterio.open(path) as file:
        assert (file.read(1) != file.nodata).sum() == 2 * 60 * 60


def test_patches_without_files_have_no_areas(root, in_this_process):
    extra = Patch("33UUP", 6, 6)
    write_metadata(root, (*PATCHES, extra))
    opened = index.build(catalog.add(root).slug)
    assert np.isnan(column(opened, "unlabelled_share", extra))
    assert column(opened, "area_211", extra) == 0
    assert len(opened.samples) == 5


def test_cancelling_keeps_what_is_finished(root, in_this_process):
    slug = catalog.add(root).slug
    with pytest.raises(Cancelled):
        index.build(slug, cancelled=lambda: catalog.open_slug(slug).state.done > 0)
    opened = catalog.open_slug(slug)
    assert (opened.state.done, opened.state.total, opened.state.complete) == (7, 21, False)
    assert opened.samples.areas is False
    (chunk,) = (opened.folder.path / "chunks").iterdir()
    before = chunk.stat().st_mtime_ns
    assert index.build(slug).state.complete
    assert chunk.stat().st_mtime_ns == before


def test_cancelling_stops_the_processes(root, small_mosaics):
    slug = catalog.add(root).slug
    began = time.monotonic()
    with pytest.raises(Cancelled):
        index.build(slug, workers=1, cancelled=lambda: True)
    assert time.monotonic() - began < 20
    assert not catalog.open_slug(slug).state.complete


def test_areas_of_an_older_version_are_counted_again(root, in_this_process, monkeypatch):
    opened = index.build(catalog.add(root).slug)
    monkeypatch.setitem(versions.VERSIONS, "areas", 2)
    catalog._is_current.cache_clear()  # another version is another process
    assert not catalog.open_slug(opened.slug).state.complete
    times = {path: path.stat().st_mtime_ns for path in opened.folder.path.glob("chunks/*")}
    fresh = index.build(opened.slug)
    assert fresh.state.complete
    assert sample_table.groups(fresh.folder.samples) == {"base": 1, "areas": 2}
    assert all(path.stat().st_mtime_ns > before for path, before in times.items())


def test_a_second_builder_is_sent_away(root, in_this_process):
    slug = catalog.add(root).slug
    refused = []

    def meanwhile(*_):
        if not refused:
            with pytest.raises(JobError) as caught:
                index.build(slug)
            refused.append(str(caught.value))

    assert index.build(slug, progress=meanwhile).state.complete
    assert refused == ["Another process is building this index already."]


def test_a_disk_that_is_too_small_is_said_before_the_work(root, in_this_process, monkeypatch):
    slug = catalog.add(root).slug
    needed = 4 * sum(index.BYTES_PER_PATCH.values()) + 21 * index.BYTES_PER_PART
    assert index.bytes_needed(catalog.open_slug(slug)) == needed
    usage = shutil.disk_usage(root)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(JobError, match=r"needs about .* GB free.*EOEXPLORE_CACHE"):
        index.build(slug)
    assert not (catalog.open_slug(slug).folder.path / "chunks").exists()
    monkeypatch.undo()


@pytest.mark.parametrize("where", ["mosaic", "chunk", "state", "join"])
def test_a_disk_that_fills_up_is_a_sentence_and_the_next_start_goes_on(
    root, in_this_process, monkeypatch, where
):
    slug = catalog.add(root).slug
    calls = []

    def fail_on_second(real):
        def write(*args, **more):
            calls.append(1)
            if len(calls) == 2 or where == "join":
                raise OSError(28, "No space left on device")
            return real(*args, **more)

        return write

    module, name = {
        "mosaic": (mosaic, "write"),
        "chunk": (parts.pq, "write_table"),
        "state": (index.IndexFolder, "write_state"),
        "join": (sample_table, "write"),
    }[where]
    with monkeypatch.context() as patch:
        patch.setattr(module, name, fail_on_second(getattr(module, name)))
        with pytest.raises(JobError) as caught:
            index.build(slug)
    assert "finished parts are kept. (No space left on device)" in str(caught.value)
    opened = catalog.open_slug(slug)
    assert not opened.state.complete
    assert len(opened.samples) == 4
    assert leftovers(opened.folder) == []
    times = {p: p.stat().st_mtime_ns for p in opened.folder.path.glob("chunks/*")}
    assert index.build(slug).state.complete
    assert times == {path: path.stat().st_mtime_ns for path in times}


def test_an_error_without_a_number_is_a_sentence_too(root, in_this_process, monkeypatch):
    slug = catalog.add(root).slug

    def fail(*_):
        raise OSError("out of order")

    with monkeypatch.context() as patch:
        patch.setattr(mosaic, "write", fail)
        with pytest.raises(JobError, match=r"\(out of order\)"):
            index.build(slug)


def die(work, run):
    os._exit(1)


def test_a_worker_that_dies_is_a_sentence(root, small_mosaics, monkeypatch):
    slug = catalog.add(root).slug
    monkeypatch.setattr(parts, "make", die)
    with pytest.raises(JobError, match="EOEXPLORE_WORKERS"):
        index.build(slug, workers=1)


_BUILD = """
import sys
from eoexplore.jobs import index, parts
if __name__ == "__main__":
    index.build(sys.argv[1], workers=1, progress=lambda done, *_: print(done, flush=True))
"""


# Workers that take long between two parts of a product: so that kills fall there.
_SLOW = """
import time
write = mosaic.write
mosaic.write = lambda *arguments: time.sleep(0.4) or write(*arguments)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_three_kills_do_no_harm(root, built, tmp_path, preload):
    # Each start is killed a moment after a chunk was finished, or in the middle of one.
    slow = tmp_path / "slow_mosaics.py"
    slow.write_text(preload.read_text() + _SLOW)
    slug = catalog.add(root).slug
    script = tmp_path / "build.py"
    script.write_text(_BUILD)
    moments = random.Random(4)
    finished = {}
    folder = catalog.open_slug(slug).folder
    for _ in range(3):
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(sys.path),
            "DASK_DISTRIBUTED__WORKER__PRELOAD": str([str(slow)]),
        }
        command = [sys.executable, str(script), slug]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
        process.stdout.readline()
        time.sleep(moments.uniform(1, 2.5))
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait()
        process.stdout.close()
        # Its workers notice, and end with it.
        assert not psutil.wait_procs(family, timeout=30)[1]
        # Nothing half-written is read: what is called done is whole.
        opened = catalog.open_slug(slug)
        assert len(opened.samples) == 4
        for path in (*folder.path.glob("*/*.parquet"), *folder.path.glob("mosaics/*/*.tif")):
            # Lists of what parts are made from are written before each reading, finished or not.
            if "partial" not in path.name and path.parent != folder.contents:
                assert finished.setdefault(path, path.stat().st_mtime_ns) == path.stat().st_mtime_ns
    with dask.config.set({"distributed.worker.preload": [str(preload)]}):
        opened = index.build(slug, workers=1)
    assert opened.state.complete
    assert {path: path.stat().st_mtime_ns for path in finished} == finished
    undisturbed = built[0]
    pd.testing.assert_frame_equal(opened.samples.frame, undisturbed.samples.frame)
    for path in undisturbed.folder.path.rglob("*.tif"):
        other = folder.path / path.relative_to(undisturbed.folder.path)
        with rasterio.open(path) as one, rasterio.open(other) as two:
            np.testing.assert_array_equal(one.read(), two.read())
    for path in undisturbed.folder.path.rglob("spectra*.parquet"):
        assert path.read_bytes() == (folder.path / path.name).read_bytes()
    assert leftovers(folder) == []
