"""The group `spectra`: what is stored equals what numpy says of the files."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from eoexplore.datasets import open_dataset
from eoexplore.store import spectra, spectra_join, spectra_parts
from eoexplore.store.folder import IndexFolder
from tests.builders import S2_GSD, Patch, bands_of, write_metadata

PATCHES = (Patch("33UUP", 2, 5), Patch("33UUP", 3, 5), Patch("33UUP", 40, 41))
KEYS = [f"{layer}/{band}" for layer in ("s2", "s1") for band in bands_of(layer)]
FIRST = {112: 111, 211: 211, 231: 231, 312: 312, 313: 313, 411: 411, 512: 512, 523: 523,
         142: 999, 999: 999}  # fmt: skip


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    root = tmp_path_factory.mktemp("reben")
    write_metadata(root, PATCHES)
    return open_dataset(root)


def values_of(patch, layers=("s2", "s1", "reference_map")):
    return {
        (layer, band): patch.pixels(layer, band) for layer in layers for band in bands_of(layer)
    }


def stack_of(patch):
    """All bands at 10 m, shape (band, pixel), and the code that stands for each pixel's class."""
    planes = []
    for key in KEYS:
        pixels = patch.pixels(*key.split("/")).astype(float)
        times = 120 // len(pixels)
        planes.append(np.kron(pixels, np.ones((times, times))).ravel())
    codes = patch.pixels("reference_map", "reference_map").ravel()
    return np.stack(planes), np.array([FIRST[code] for code in codes.tolist()])


def frame_of(products, season="summer"):
    """The sample table: all samples that have a table, and one that has none."""
    ids = sorted([sample for patches in products.values() for sample in patches] + ["none"])
    return pd.DataFrame({"id": ids, "season": season})


def write(dataset, folder, products):
    """Write tables of products, each a dict of values by id, and join them."""
    for name, patches in products.items():
        part = spectra_parts.SpectraPart(dataset)
        for sample, values in patches.items():
            part.add(sample, values)
        part.write(folder.part("spectra", name))
    spectra_join.join(folder, dataset, list(products), frame_of(products))


@pytest.fixture(scope="module")
def folder(dataset, tmp_path_factory):
    folder = IndexFolder(tmp_path_factory.mktemp("index"))
    patches = {patch.id: values_of(patch) for patch in PATCHES}
    ids = list(patches)
    write(
        dataset,
        folder,
        {"a": {key: patches[key] for key in ids[:2]}, "b": {ids[2]: patches[ids[2]]}},
    )
    return folder


def test_a_table_has_what_numpy_finds_in_each_class(folder):
    table = pq.read_table(folder.part("spectra", "a")).to_pandas()
    assert table["id"].unique().tolist() == [patch.id for patch in PATCHES[:2]]
    for patch in PATCHES[:2]:
        stack, codes = stack_of(patch)
        own = table[table["id"] == patch.id].set_index("code")
        assert sorted(own.index) == sorted(np.unique(codes))
        for code, row in own.iterrows():
            pixels = stack[:, codes == code]
            assert row["pixels"] == pixels.shape[1]
            for key, plane in zip(KEYS, pixels, strict=True):
                assert row[f"{key}_count"] == len(plane)
                assert row[f"{key}_mean"] == pytest.approx(plane.mean(), rel=1e-6)
                assert row[f"{key}_std"] == pytest.approx(plane.std(), rel=1e-5)
                assert len(row[key]) == 64
            # The sample is made of pixels of the class, each the same one in all bands.
            sample = np.stack([row[key] / (100 if key.startswith("s1") else 1) for key in KEYS])
            assert _all_in(sample, pixels)


def _all_in(sample, pixels):
    exact = [number for number, key in enumerate(KEYS) if key.startswith("s2")]
    there = set(map(tuple, pixels[exact].T.tolist()))
    assert set(map(tuple, sample[exact].T.tolist())) <= there
    order = np.sort(pixels[-1])
    near = order[np.clip(np.searchsorted(order, sample[-1]), 0, len(order) - 1)]
    return np.abs(near - sample[-1]).max() < 0.2


def test_the_summary_is_that_of_all_pixels(folder):
    found = spectra.summary(folder)
    stacks, codes = zip(*(stack_of(patch) for patch in PATCHES), strict=True)
    stack, codes = np.concatenate(stacks, axis=1), np.concatenate(codes)
    assert found.bands == tuple(KEYS)
    assert sorted(found.codes) == sorted(np.unique(codes))
    for row, code in enumerate(found.codes):
        own = stack[:, codes == code]
        assert found.pixels[row].tolist() == [own.shape[1]] * len(KEYS)
        np.testing.assert_allclose(found.mean[row], own.mean(axis=1), rtol=1e-6)
        # Percentiles come from 64 pixels of each patch: as good as such a sample is.
        spread = np.quantile(own, 0.9, axis=1) - np.quantile(own, 0.1, axis=1)
        for share, column in ((0.1, found.p10), (0.9, found.p90)):
            assert (np.abs(column[row] - np.quantile(own, share, axis=1)) < 0.25 * spread).all()


def test_percentiles_weigh_each_sampled_pixel_with_what_it_stands_for(dataset, tmp_path):
    # A patch full of 1000, and one of the same class on 100 pixels with 3000: 0.7 % of all.
    def flat(value, class_pixels):
        values = {("s2", "B04"): np.full((120, 120), value, np.uint16)}
        label_map = np.full(14400, 523, np.uint16)
        label_map[:class_pixels] = 312
        return values | {("reference_map", "reference_map"): label_map.reshape(120, 120)}

    write(dataset, IndexFolder(tmp_path), {"a": {"x": flat(1000, 14400), "y": flat(3000, 100)}})
    found = spectra.summary(IndexFolder(tmp_path))
    row, column = found.codes.index(312), found.bands.index("s2/B04")
    assert found.pixels[row, column] == 14500
    assert found.mean[row, column] == pytest.approx((14400 * 1000 + 100 * 3000) / 14500)
    assert (found.p10[row, column], found.p90[row, column]) == (1000, 1000)
    assert found.pixels[row, found.bands.index("s1/VV")] == 0
    assert np.isnan(found.p90[row, found.bands.index("s1/VV")])


def test_the_pixels_are_joint_rows_of_the_files(folder):
    found = spectra.pixels(folder)
    assert list(found) == KEYS
    assert {(values.dtype.name, values.shape) for values in found.values()} == {
        ("float32", found["s1/VV"].shape)
    }
    stack = np.concatenate([stack_of(patch)[0] for patch in PATCHES], axis=1)
    rows = np.stack([found[key] for key in KEYS])
    assert rows.shape[1] > 900
    assert _all_in(rows.astype(float), stack)
    # Each stands for the same area, so plain figures are those of all pixels.
    np.testing.assert_allclose(rows.mean(axis=1), stack.mean(axis=1), rtol=0.03)


def test_the_pixels_cannot_be_changed_by_who_reads_them(folder):
    with pytest.raises(ValueError, match="read-only"):
        spectra.pixels(folder)["s2/B04"][0] = 1


def test_there_are_never_more_pixels_than_stated(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(spectra_join, "PIXELS", 500)
    products = {"a": {patch.id: values_of(patch) for patch in PATCHES}}
    write(dataset, IndexFolder(tmp_path), products)
    assert len(spectra.pixels(IndexFolder(tmp_path))["s2/B04"]) == 500


def test_nodata_never_counts(dataset, tmp_path):
    red = np.full((120, 120), 500, np.uint16)
    red[:60] = 0
    coarse = np.full((60, 60), 800, np.uint16)
    coarse[0, 0] = 0
    radar = np.full((120, 120), -12.345, np.float32)
    radar[5], radar[6] = np.nan, -np.inf
    values = {("s2", "B04"): red, ("s2", "B05"): coarse, ("s1", "VV"): radar}
    write(dataset, IndexFolder(tmp_path), {"a": {"x": values}})
    found = spectra.summary(IndexFolder(tmp_path))
    # No reference map: all pixels are of an unknown class.
    assert found.codes == (0,)
    counts = dict(zip(found.bands, found.pixels[0].tolist(), strict=True))
    assert (counts["s2/B04"], counts["s2/B05"], counts["s1/VV"]) == (7200, 14396, 14160)
    means = dict(zip(found.bands, found.mean[0].tolist(), strict=True))
    assert (means["s2/B04"], means["s2/B05"]) == (500, 800)
    assert means["s1/VV"] == pytest.approx(-12.345, abs=1e-5)
    p10 = dict(zip(found.bands, found.p10[0].tolist(), strict=True))
    assert (p10["s2/B04"], p10["s1/VV"]) == (500, -12.35)
    pixels = spectra.pixels(IndexFolder(tmp_path))
    assert set(pixels["s2/B04"][~np.isnan(pixels["s2/B04"])].tolist()) == {500}
    assert np.isnan(pixels["s2/B04"]).any()
    assert np.isnan(pixels["s2/B12"]).all()


def test_extreme_values_stay_values(dataset, tmp_path):
    radar = np.full((120, 120), -4000, np.float32)
    red = np.full((120, 120), 65535, np.uint16)
    write(dataset, IndexFolder(tmp_path), {"a": {"x": {("s2", "B04"): red, ("s1", "VH"): radar}}})
    pixels = spectra.pixels(IndexFolder(tmp_path))
    assert np.unique(pixels["s2/B04"]).tolist() == [65535]
    assert np.unique(pixels["s1/VH"]).tolist() == [pytest.approx(-327.67)]


def test_a_patch_without_an_image_has_no_spectra(dataset, tmp_path):
    label_map = {("reference_map", "reference_map"): np.full((120, 120), 211, np.uint16)}
    nothing = {
        ("s2", band): np.zeros((1200 // gsd,) * 2, np.uint16) for band, gsd in S2_GSD.items()
    }
    write(dataset, IndexFolder(tmp_path), {"a": {"x": label_map, "y": {}, "z": nothing}, "b": {}})
    found = spectra.summary(IndexFolder(tmp_path))
    assert found.codes == ()
    assert found.mean.shape == (0, 0)
    assert {len(values) for values in spectra.pixels(IndexFolder(tmp_path)).values()} == {0}


def test_nothing_is_known_before_it_is_computed(tmp_path):
    assert spectra.summary(IndexFolder(tmp_path)) is None
    assert spectra.pixels(IndexFolder(tmp_path)) is None
    assert spectra.class_pixels(IndexFolder(tmp_path)) is None
    assert spectra.means(IndexFolder(tmp_path), "s2/B04") is None


@pytest.mark.parametrize("content", [b"", b"PAR1 half of it"])
def test_damaged_files_are_as_if_not_computed(dataset, tmp_path, content):
    folder = IndexFolder(tmp_path)
    write(dataset, folder, {"a": {PATCHES[0].id: values_of(PATCHES[0])}})
    assert spectra.summary(folder) is not None
    good = folder.spectra_pixels.read_bytes()
    folder.spectra_summary.write_bytes(content)
    folder.spectra_pixels.write_bytes(good[:100] + content + good[-400:])
    assert spectra.summary(folder) is None
    assert spectra.pixels(folder) is None
    assert not spectra_join.is_joined(folder)


def test_an_older_version_is_as_if_not_computed(folder, monkeypatch):
    assert spectra.summary(folder) is not None
    monkeypatch.setitem(spectra_parts.VERSIONS, "spectra", 2)
    spectra._summary.cache_clear()
    assert spectra.summary(folder) is None
    assert not spectra_join.is_joined(folder)
    monkeypatch.undo()
    spectra._summary.cache_clear()
    assert spectra.summary(folder) is not None


def test_class_pixels_are_joint_rows_of_their_sample_and_class(folder):
    found = spectra.class_pixels(folder)
    assert list(found.stored) == KEYS
    ids = sorted([*(patch.id for patch in PATCHES), "none"])
    by_id = {patch.id: patch for patch in PATCHES}
    for row in np.unique(found.samples):
        stack, codes = stack_of(by_id[ids[row]])
        assert set(np.unique(found.codes[found.samples == row])) == set(np.unique(codes))
        for code in np.unique(codes):
            own = np.flatnonzero((found.samples == row) & (found.codes == code))
            values = np.stack([found.values(key, own) for key in KEYS])
            assert _all_in(values.astype(float), stack[:, codes == code])
            # Few enough to be all of the 64.
            assert len(own) == 64
            np.testing.assert_allclose(found.stands_for[own], (codes == code).sum() / 64, rtol=1e-6)


def flat(value, label=312, pixels=14400):
    """A patch of one value, of which so many pixels have a label, and the others none."""
    labels = np.full(14400, 999, np.uint16)
    labels[:pixels] = label
    return {
        ("s2", "B04"): np.full((120, 120), value, np.uint16),
        ("reference_map", "reference_map"): labels.reshape(120, 120),
    }


def test_a_common_class_gets_as_many_pixels_as_a_rare_one_and_that_of_another_season(
    dataset, tmp_path, monkeypatch
):
    monkeypatch.setattr(spectra_join, "PER_STRATUM", 30)
    folder = IndexFolder(tmp_path)
    part = spectra_parts.SpectraPart(dataset)
    for number in range(6):
        part.add(f"s{number}", flat(1000 + number))
    part.add("w", flat(2000))
    part.add("x", flat(3000, 211, pixels=10))
    part.write(folder.part("spectra", "a"))
    seasons = {"id": [*(f"s{number}" for number in range(6)), "w", "x"]}
    frame = pd.DataFrame(seasons | {"season": ["summer"] * 6 + ["winter", "summer"]})
    spectra_join.join(folder, dataset, ["a"], frame)
    found = spectra.class_pixels(folder)
    # Of six patches in summer five pixels each; of winter 30; of the rare class all 10.
    forest = found.codes == 312
    assert np.bincount(found.samples[forest]).tolist() == [5] * 6 + [30]
    assert (found.samples[found.codes == 211] == 7).all()
    assert (found.codes == 211).sum() == 10
    # All pixels of a class and season are stood for, whatever was drawn.
    assert found.stands_for[forest & (found.samples < 6)].sum() == pytest.approx(6 * 14400)
    assert found.stands_for[found.samples == 6].sum() == pytest.approx(14400)
    assert found.stands_for[found.codes == 211].tolist() == [1] * 10
    everything = np.arange(len(found.codes))
    values = found.values("s2/B04", everything)
    by_sample = np.array([1000, 1001, 1002, 1003, 1004, 1005, 2000, 3000])
    assert (values == by_sample[found.samples]).all()
    assert np.isnan(found.values("s1/VV", everything)).all()
    assert found.stored["s2/B04"].dtype == np.uint16
    assert found.codings["s1/VH"].scale == 100
    again = IndexFolder(tmp_path / "again")
    part.write(again.part("spectra", "a"))
    spectra_join.join(again, dataset, ["a"], frame)
    assert again.spectra_classes.read_bytes() == folder.spectra_classes.read_bytes()


def test_the_mean_of_a_sample_is_that_of_its_whole_patch(folder):
    ids = sorted([*(patch.id for patch in PATCHES), "none"])
    for number, key in enumerate(KEYS):
        found = spectra.means(folder, key)
        assert (found.dtype, found.shape) == (np.float32, (4,))
        for patch in PATCHES:
            wanted = stack_of(patch)[0][number].mean()
            assert found[ids.index(patch.id)] == pytest.approx(wanted, rel=1e-5)
        assert np.isnan(found[ids.index("none")])
    assert spectra.means(folder, "s2/B10") is None


def test_samples_that_the_table_lacks_are_in_no_draw(dataset, tmp_path):
    folder = IndexFolder(tmp_path)
    part = spectra_parts.SpectraPart(dataset)
    part.add("gone", flat(1000))
    part.add("there", flat(2000))
    part.write(folder.part("spectra", "a"))
    frame = pd.DataFrame({"id": ["there"], "season": [""]})
    spectra_join.join(folder, dataset, ["a"], frame)
    assert np.unique(spectra.class_pixels(folder).samples).tolist() == [0]
    assert spectra.means(folder, "s2/B04").tolist() == [2000]
