"""Groups of the index that are computed on their own: added, changed, cut short, resumed."""

import dataclasses
import json
import os
import shutil

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import rasterio
from scipy import ndimage

from eoexplore.core.errors import JobError
from eoexplore.datasets.reben import Reben
from eoexplore.jobs import index, parts
from eoexplore.store import catalog, components, contents, mosaic, spectra, versions
from tests.builders import S2_GSD, Patch, write_metadata, write_tree
from tests.datasets.test_reben_lmdb import write_lmdb
from tests.jobs.conftest import in_one_process

PATCHES = (
    Patch("33UUP", 2, 5),
    Patch("33UUP", 3, 5),
    Patch("33UUP", 2, 5, date="20170813T101031"),
)
PRODUCTS = sorted({patch.id.rsplit("_", 2)[0] for patch in PATCHES})


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return write_tree(tmp_path_factory.mktemp("reben"), PATCHES)


@pytest.fixture(scope="module")
def finished(whole, tmp_path_factory):
    """A cache folder with a finished index."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EOEXPLORE_CACHE", str(folder))
        in_one_process(patch)
        index.build(catalog.add(whole).slug)
    return folder


@pytest.fixture
def opened(whole, finished, tmp_path, in_this_process):
    shutil.copytree(finished, tmp_path / "cache")
    return catalog.add(whole)


@pytest.fixture
def reads(monkeypatch):
    """Bands that are read from now on, by (layer, band)."""
    found = set()
    read = Reben.read

    def spy(self, key, layer, band):
        found.add((layer, band))
        return read(self, key, layer, band)

    monkeypatch.setattr(Reben, "read", spy)
    return found


def times(folder, *groups):
    """When each file of some groups was written, and the joined table."""
    files = [folder.part(group, product) for group in groups for product in PRODUCTS]
    return {path: path.stat().st_mtime_ns for path in (*files, folder.samples)}


def make_as_before(folder, old):
    """Store the mosaics of a group in another way."""
    group = mosaic.GROUPS[old.name]
    for product in PRODUCTS:
        path = folder.part(old.name, product)
        cells = mosaic.cells(path, group, [(patch.x, patch.y) for patch in PATCHES])
        for place, cell in cells.items():
            values = (cell * group.scale + group.offset - old.offset) / old.scale
            there = cell != group.nodata
            cells[place] = np.where(there, np.rint(values), old.nodata).astype(old.dtype)
        mosaic.write(path, old, "33UUP", cells)


def make_old(opened):
    """Turn an index into one of the first release: three mosaics, no versions, no spectra."""
    folder = opened.folder
    shutil.rmtree(folder.path / "mosaics" / "optical_coarse")
    shutil.rmtree(folder.path / "spectra")
    folder.spectra_pixels.unlink()
    folder.spectra_summary.unlink()
    # Hundredths of a decibel.
    decibels = {"dtype": "int16", "nodata": -32768, "scale": 0.01, "offset": 0}
    make_as_before(folder, dataclasses.replace(mosaic.GROUPS["sar"], **decibels))
    for path in folder.path.glob("mosaics/*/*.tif"):
        with rasterio.open(path, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as file:
            file.update_tags(EOEXPLORE_GROUP="")
            file.update_tags(ns="", EOEXPLORE_GROUP="1")
    state = {"done": 2, "total": 2, "complete": True, "finished": 1234}
    (folder.path / "build.json").write_text(json.dumps(state))
    return catalog.open_slug(opened.slug)


def test_an_index_of_the_first_release_opens_and_lacks_what_is_new(opened):
    old = make_old(opened)
    assert not old.state.complete
    assert old.pictured
    assert old.state.has("areas", "sar")
    assert not old.state.has("optical_coarse")
    assert not old.state.has("spectra")
    assert old.samples.areas
    assert spectra.summary(old.folder) is None
    assert spectra.pixels(old.folder) is None
    assert old.version != opened.version


def test_the_next_build_adds_what_is_new_and_leaves_the_rest(opened):
    wanted = spectra.summary(opened.folder)
    old = make_old(opened)
    kept = times(old.folder, "areas", "reference_map")
    made = []
    needed = index.bytes_needed(old)
    new = index.build(old.slug, progress=lambda *said: made.append(said))
    assert needed == sum(
        3 * index.BYTES_PER_PATCH[group] + 2 * index.BYTES_PER_PART
        for group in ("optical", "optical_coarse", "sar", "spectra")
    )
    assert made[0] == (2, 3, "looking for changes")
    assert next(said for said in made if said[2] == "reading patches")[:2] == (0, 3)
    assert new.state.complete
    assert new.state.groups == versions.VERSIONS
    assert new.state.done == new.state.total == 2 * len(versions.BUILT)
    assert times(old.folder, "areas", "reference_map") == kept
    with rasterio.open(new.folder.mosaic("sar", PRODUCTS[0])) as file:
        assert (file.scales, file.offsets) == ((0.25, 0.25), (-41, -41))
    found = spectra.summary(new.folder)
    assert (found.codes, found.bands) == (wanted.codes, wanted.bands)
    np.testing.assert_array_equal(found.mean, wanted.mean)


@pytest.mark.parametrize(
    ("group", "bands"),
    [
        ("optical_coarse", {("s2", band) for band, gsd in S2_GSD.items() if gsd > 10}),
        ("sar", {("s1", "VV"), ("s1", "VH")}),
        ("reference_map", {("reference_map", "reference_map")}),
        ("components", {("reference_map", "reference_map")}),
    ],
)
def test_one_changed_group_reads_its_own_bands_only(opened, reads, monkeypatch, group, bands):
    others = [name for name in versions.BUILT if name != group]
    kept = times(opened.folder, *others)
    monkeypatch.setitem(versions.VERSIONS, group, 7)
    changed = catalog.open_slug(opened.slug)
    assert not changed.state.complete
    assert changed.pictured
    new = index.build(opened.slug)
    assert reads == bands
    assert new.state.complete
    assert new.version != opened.version
    assert times(opened.folder, *others) == kept
    assert contents.stored(new.folder, group, PRODUCTS[1]).version == 7


def test_changed_areas_are_joined_again_and_mosaics_stay(opened, monkeypatch):
    kept = times(opened.folder, "optical", "spectra")
    kept.pop(opened.folder.samples)
    monkeypatch.setitem(versions.VERSIONS, "areas", 7)
    catalog._is_current.cache_clear()  # another version is another process
    changed = catalog.open_slug(opened.slug)
    assert not changed.samples.areas
    assert changed.pictured
    new = index.build(opened.slug)
    assert new.samples.areas
    pd.testing.assert_frame_equal(new.samples.frame, opened.samples.frame)
    found = times(opened.folder, "optical", "spectra")
    assert {path: found[path] for path in kept} == kept


def test_what_is_finished_when_it_breaks_off_is_never_made_again(whole, in_this_process, reads):
    # One part more at each start, as if the process had been killed after each.
    slug = catalog.add(whole).slug
    folder = catalog.open_slug(slug).folder
    finished = {}
    total = len(PRODUCTS) * len(versions.BUILT)
    for done in range(1, total + 1):
        with pytest.MonkeyPatch.context() as patch:
            _let_one_be_written(patch)
            if done < total:
                with pytest.raises(JobError, match="finished parts are kept"):
                    index.build(slug)
            else:
                assert index.build(slug).state.complete
        there = {
            path: path.stat().st_mtime_ns
            for product in PRODUCTS
            for group in versions.BUILT
            if (path := folder.part(group, product)).exists()
        }
        assert len(there) == done
        assert {path: there[path] for path in finished} == finished
        finished = there
        reads.clear()
    assert index.build(slug).state.complete
    assert not reads


def _let_one_be_written(patch):
    written = []
    for kind in (parts.Areas, parts.Mosaic, parts.Spectra, parts.Components):
        patch.setattr(kind, "write", _once(kind.write, written))


def _once(write, written):
    def first(self, made_from):
        if written:
            raise OSError(28, "No space left on device")
        written.append(1)
        write(self, made_from)

    return first


@pytest.mark.parametrize("group", ["areas", "spectra", "components", "optical_coarse"])
@pytest.mark.parametrize("content", [b"", b"PAR1", b"II*\0 cut"])
def test_a_part_that_is_damaged_is_made_again(opened, group, content):
    path = opened.folder.part(group, PRODUCTS[0])
    good = path.read_bytes()
    path.write_bytes(content)
    new = index.build(opened.slug)
    assert new.state.complete
    assert path.read_bytes() == good
    assert new.samples.areas
    assert spectra.summary(new.folder) is not None


@pytest.mark.parametrize(
    ("group", "column"), [("areas", 1), ("spectra", 2), ("spectra", 9), ("components", 1)]
)
def test_a_part_with_a_broken_middle_is_said_and_made_again(opened, group, column):
    path = opened.folder.part(group, PRODUCTS[0])
    good = path.read_bytes()
    start = pq.read_metadata(path).row_group(0).column(column).dictionary_page_offset
    path.write_bytes(good[:start] + b"\xff" * 30 + good[start + 30 :])
    # Joining is what reads it.
    opened.folder.part(group, PRODUCTS[1]).unlink()
    with pytest.raises(
        JobError, match=r"part of the index was damaged, and is removed\. Start again"
    ):
        index.build(opened.slug)
    assert not path.exists()
    assert index.build(opened.slug).state.complete
    assert path.read_bytes() == good


def test_a_joined_file_that_was_removed_is_joined_again(opened, reads):
    wanted = opened.folder.spectra_pixels.read_bytes()
    opened.folder.spectra_pixels.unlink()
    assert spectra.pixels(opened.folder) is None
    index.build(opened.slug)
    assert opened.folder.spectra_pixels.read_bytes() == wanted
    assert not reads


def test_an_index_that_an_earlier_release_joined_gets_the_new_files_without_reading(opened, reads):
    added = opened.folder.spectra_classes, opened.folder.spectra_samples
    wanted = [file.read_bytes() for file in added]
    for file in added:
        file.unlink()
    # Not complete, so that a page goes on with it in the background.
    assert not catalog.open_slug(opened.slug).state.complete
    assert index.build(opened.slug).state.complete
    assert [file.read_bytes() for file in added] == wanted
    assert not reads


def test_components_are_those_of_the_files(opened):
    found = components.read(opened.folder, opened.fingerprint)
    frame = opened.samples.frame
    for row, sample in enumerate(frame["id"]):
        own = found.rows == row
        label_map = opened.dataset.read(sample, "reference_map", "reference_map")
        for code in np.unique(label_map).tolist():
            labels, count = ndimage.label(label_map == code)
            sizes = np.bincount(labels.ravel())[1:]
            assert sorted(found.pixels[own & (found.codes == code)]) == sorted(sizes), count


def test_joined_components_that_were_removed_are_joined_again(opened, reads):
    wanted = opened.folder.components.read_bytes()
    opened.folder.components.unlink()
    assert components.read(opened.folder, opened.fingerprint) is None
    index.build(opened.slug)
    assert opened.folder.components.read_bytes() == wanted
    assert not reads


def test_rebuilding_throws_the_spectra_away_too(opened):
    index.rebuild(opened.slug)
    assert spectra.summary(opened.folder) is None
    assert not any((opened.folder.path / "spectra").glob("*"))
    assert index.build(opened.slug).state.complete
    assert spectra.summary(opened.folder) is not None


def test_metadata_alone_has_nothing_to_compute(tmp_path, in_this_process):
    write_metadata(tmp_path / "reben", PATCHES)
    opened = catalog.add(tmp_path / "reben")
    before = opened.folder.samples.stat().st_mtime_ns
    assert index.bytes_needed(opened) == 0
    opened = index.build(opened.slug)
    assert opened.state.complete
    assert opened.pictured
    assert spectra.summary(opened.folder) is None
    assert spectra.pixels(opened.folder) is None
    assert opened.folder.samples.stat().st_mtime_ns == before


def test_a_database_gives_the_same_spectra_as_files(opened, tmp_path):
    write_lmdb(tmp_path / "db", PATCHES)
    write_metadata(tmp_path / "db", PATCHES)
    other = index.build(catalog.add(tmp_path / "db").slug)
    for product in PRODUCTS:
        one, two = (pq.read_table(o.folder.part("spectra", product)) for o in (opened, other))
        assert one.equals(two)
    one, two = (spectra.pixels(o.folder) for o in (opened, other))
    assert one.keys() == two.keys()
    for band in one:
        np.testing.assert_array_equal(one[band], two[band])


def test_a_layer_without_files_keeps_the_others(whole, tmp_path, in_this_process):
    shutil.copytree(whole, tmp_path / "reben")
    shutil.rmtree(tmp_path / "reben" / "BigEarthNet-S1")
    for file in (tmp_path / "reben" / "BigEarthNet-S2").rglob("*_B0[5-9].tif"):
        file.unlink()
    damaged = next((tmp_path / "reben" / "BigEarthNet-S2").rglob("*_B12.tif"))
    os.truncate(damaged, 100)
    opened = index.build(catalog.add(tmp_path / "reben").slug)
    assert opened.state.complete
    assert index.bytes_needed(opened) == 0
    assert not (opened.folder.path / "mosaics" / "sar").exists()
    found = spectra.summary(opened.folder)
    pixels = dict(zip(found.bands, found.pixels.sum(axis=0).tolist(), strict=True))
    size = 120 * 120 * len(PATCHES)
    assert pixels["s1/VV"] == pixels["s2/B05"] == 0
    assert pixels["s2/B04"] == size
    assert pixels["s2/B12"] == size - 120 * 120
    assert np.isnan(spectra.pixels(opened.folder)["s1/VV"]).all()


def test_spectra_of_real_patches_are_those_of_their_files(real_data):
    opened = index.build(catalog.add(real_data / "reben_mini").slug, workers=1)
    found = spectra.summary(opened.folder)
    frame = opened.samples.frame
    for layer, band, unit in (("s2", "B11", 0.5), ("s2", "B01", 0.5), ("s1", "VH", 0.005)):
        own = next(item for item in opened.dataset.layers if item.name == layer)
        keys = frame.loc[frame[f"has_{layer}"], own.key]
        values = np.concatenate([opened.dataset.read(k, layer, band).ravel() for k in keys])
        column = found.bands.index(f"{layer}/{band}")
        pixels = found.pixels[:, column]
        assert pixels.sum() == len(keys) * 14400
        mean = (np.nan_to_num(found.mean[:, column]) * pixels).sum() / pixels.sum()
        assert mean == pytest.approx(values.mean(dtype=float), rel=1e-5)
        sample = spectra.pixels(opened.folder)[f"{layer}/{band}"]
        sample = sample[~np.isnan(sample)]
        for share in (0.1, 0.5, 0.9):
            near = np.quantile(values, [share - 0.05, min(share + 0.05, 1)])
            assert near[0] - unit <= np.quantile(sample, share) <= near[1] + unit
