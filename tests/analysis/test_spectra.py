"""Spectra of the classes of a patch, and what is put together from many."""

import numpy as np
import pytest

from eoexplore.analysis import spectra
from eoexplore.core.types import Classes, LabelClass

SCHEMA = Classes(
    "two",
    (LabelClass("Fields", "#ffff00", (211, 212)), LabelClass("Sea", "#0000ff", (523,))),
    {code: (str(code), "#000000") for code in (211, 212, 523, 999)},
    LabelClass("Unlabelled", "#000000", (999,)),
)


def test_each_code_belongs_to_the_first_code_of_its_class():
    legend = spectra.Legend(SCHEMA)
    label_map = np.array([[0, 211, 212], [523, 999, 142]], np.uint16)
    assert legend.codes[legend.places(label_map)].tolist() == [[0, 211, 211], [523, 999, 999]]


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int64", "float32"])
def test_odd_codes_are_unlabelled(dtype):
    legend = spectra.Legend(SCHEMA)
    odd = {"uint8": [7], "int16": [-3], "int64": [70_000, -1], "float32": [1e9, -5]}[dtype]
    codes = legend.codes[legend.places(np.array([odd], dtype))]
    assert (codes == 999).all()


def test_a_map_pixel_that_is_no_number_is_unknown():
    legend = spectra.Legend(SCHEMA)
    codes = legend.codes[legend.places(np.array([[np.nan, 211.0]]))]
    assert codes.tolist() == [[0, 211]]


def test_counts_means_and_deviations_of_known_pixels():
    values = np.array([[1, 2, 3, 10, 20], [np.nan, 5, 7, np.nan, np.nan]], np.float32)
    found = spectra.of_patch(values, np.array([4, 4, 4, 9, 9], np.uint8), seed=1)
    assert found.places.tolist() == [4, 9]
    assert found.pixels.tolist() == [3, 2]
    assert found.count.tolist() == [[3, 2], [2, 0]]
    np.testing.assert_allclose(found.mean, [[2, 6], [15, np.nan]])
    np.testing.assert_allclose(found.std, [[np.sqrt(2 / 3), 1], [5, np.nan]])
    assert found.sampled.tolist() == [3, 2]
    # All pixels are kept, and a column is one pixel in all bands.
    assert set(map(tuple, np.nan_to_num(found.sample.T).tolist())) == {
        (1, 0),
        (2, 5),
        (3, 7),
        (10, 0),
        (20, 0),
    }


def test_infinite_values_count_as_none():
    values = np.array([[np.inf, -np.inf, 4.0]], np.float32)
    found = spectra.of_patch(values, np.zeros(3, np.uint8), seed=1)
    assert found.count.tolist() == [[1]]
    assert found.mean.tolist() == [[4]]
    assert np.isfinite(found.sample).sum() == 1


def test_large_values_keep_their_deviation():
    values = np.full((1, 14400), 65535, np.float32)
    values[0, ::2] -= 1
    found = spectra.of_patch(values, np.zeros(14400, np.uint8), seed=1)
    assert found.mean[0, 0] == pytest.approx(65534.5, abs=1e-6)
    assert found.std[0, 0] == pytest.approx(0.5, rel=1e-4)


def sampled_positions(seed, size=14400):
    positions = np.arange(size, dtype=np.float32)[None]
    places = (np.arange(size) % 3 == 0).astype(np.uint8)
    return spectra.of_patch(positions, places, seed)


def test_the_sample_is_fixed_by_the_seed_and_lies_within_its_class():
    one, again, other = (sampled_positions(seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.sample, again.sample)
    assert not np.array_equal(one.sample, other.sample)
    assert one.sampled.tolist() == [64, 64]
    first, second = one.sample[0, :64], one.sample[0, 64:]
    assert (first % 3 != 0).all()
    assert (second % 3 == 0).all()
    assert len(set(first.tolist())) == 64


def test_the_sample_is_the_same_in_every_release():
    # Written down once: an index of today and one of tomorrow hold the same pixels.
    assert spectra.seed_of("S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP_26_57") == SEED
    assert sorted(sampled_positions(12345).sample[0, 64:70].tolist()) == SAMPLED


SEED = 8165619407349263872
SAMPLED = [6165, 7755, 8760, 9234, 10386, 10851]


def test_samples_spread_over_the_patch():
    found = np.concatenate([sampled_positions(seed).sample[0] for seed in range(200)])
    assert found.mean() == pytest.approx(7200, rel=0.02)
    counts, _ = np.histogram(found, 16, (0, 14400))
    assert counts.min() > 0.9 * counts.mean()


def test_percentiles_are_those_of_numpy():
    random = np.random.default_rng(3)
    histograms = spectra.Histograms(3)
    parts = [
        (random.integers(0, 2, 500), random.integers(low, low + 400, 500), random.random(500) + 0.1)
        for low in (1000, 300, 2000)
    ]
    for places, values, weights in parts:
        histograms.add(places, values, weights)
    places, values, weights = (np.concatenate(column) for column in zip(*parts, strict=True))
    for share in (0.1, 0.5, 0.9, 1.0):
        found = histograms.quantile(share)
        for place in (0, 1):
            own = places == place
            expected = np.quantile(values[own], share, weights=weights[own], method="inverted_cdf")
            assert found[place] == expected
        assert np.isnan(found[2])


def test_a_percentile_is_a_value_that_is_there():
    histograms = spectra.Histograms(1)
    histograms.add(np.zeros(2, int), np.array([-3000, 5]), np.array([1.0, 9.0]))
    assert histograms.quantile(0.1).tolist() == [-3000]
    assert histograms.quantile(0.11).tolist() == [5]
    histograms.add(np.zeros(0, int), np.zeros(0, int), np.zeros(0))
    assert histograms.quantile(0.9).tolist() == [5]


def test_without_values_there_is_no_percentile():
    assert np.isnan(spectra.Histograms(2).quantile(0.5)).all()


def test_each_drawn_pixel_stands_for_as_many():
    # 6400 pixels of which 64 are kept, 100 of which 64, and 10 that are all kept.
    pixels, sampled = np.array([6400, 100, 10]), np.array([64, 64, 10])
    drawn = spectra.draw(pixels, sampled, 1000)
    assert np.bincount(drawn.rows, minlength=3).tolist() == [64, 1, 0]
    pairs = list(zip(drawn.rows.tolist(), drawn.positions.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    assert (drawn.positions < sampled[drawn.rows]).all()


def test_no_more_are_drawn_than_asked_for():
    pixels = np.full(1000, 14400)
    drawn = spectra.draw(pixels, np.full(1000, 64), 500)
    assert len(drawn.rows) == 500
    assert len(set(drawn.rows.tolist())) == 500
    shares = np.bincount(drawn.rows // 250, minlength=4)
    assert shares.tolist() == [125] * 4


@pytest.mark.parametrize("rows", [0, 3])
def test_nothing_is_drawn_from_nothing(rows):
    drawn = spectra.draw(np.zeros(rows, int), np.zeros(rows, int), 10)
    assert len(drawn.rows) == len(drawn.positions) == 0


def test_of_each_stratum_as_many_are_drawn_and_all_of_a_rare_one():
    # Two strata: 100 rows of 14400 pixels, and 2 rows of 30 and 80; a row of none.
    strata = np.array([0, 1] + [0] * 50 + [1, -1] + [0] * 49)
    pixels = np.where(strata == 0, 14400, 80)
    pixels[1] = 30
    sampled = np.minimum(pixels, 64)
    drawn, weights = spectra.draw_each(strata, pixels, sampled, 200)
    assert (np.diff(drawn.rows) >= 0).all()
    of = strata[drawn.rows]
    # Of the first, two of 64 in each row; of the other all 30 and all 64.
    assert np.bincount(drawn.rows[of == 0]).max() == 2
    assert np.bincount(of).tolist() == [200, 94]
    pairs = set(zip(drawn.rows.tolist(), drawn.positions.tolist(), strict=True))
    assert len(pairs) == 294
    # Together they stand for all pixels.
    assert weights[of == 0].sum() == pytest.approx(100 * 14400)
    assert weights[drawn.rows == 1].tolist() == [1] * 30
    assert weights[drawn.rows == 52].tolist() == [80 / 64] * 64


@pytest.mark.parametrize("rows", [0, 3])
def test_nothing_is_drawn_of_no_stratum(rows):
    none = np.full(rows, -1)
    drawn, weights = spectra.draw_each(none, np.full(rows, 9), np.full(rows, 9), 10)
    assert len(drawn.rows) == len(weights) == 0


def test_a_signature_weighs_each_pixel():
    # Class 0: 9 pixels of 10 and 1 of 110; class 2: one pixel; class 1: none.
    found = spectra.signature(
        np.array([0, 0, 2]), np.array([10, 110, -7]), np.array([9.0, 1.0, 3.0]), 3
    )
    assert found.pixels.tolist() == [2, 0, 1]
    assert found.mean[[0, 2]].tolist() == [20, -7]
    assert (found.low[[0, 2]].tolist(), found.high[[0, 2]].tolist()) == ([10, -7], [10, -7])
    assert np.isnan([found.mean[1], found.low[1], found.high[1]]).all()


def test_moments_are_those_of_numpy_where_all_weigh_the_same():
    values = np.random.default_rng(1).normal(size=(3, 40))
    values[1, 5] = np.nan
    places = np.array([0] * 20 + [1] * 17 + [2] * 3)
    pixels, means, covariances = spectra.moments(places, values, np.full(40, 7.0), 4)
    assert pixels.tolist() == [19, 17, 3, 0]
    known = np.isfinite(values).all(0)
    for place in (0, 1):
        own = values[:, known & (places == place)]
        np.testing.assert_allclose(means[place], own.mean(axis=1))
        np.testing.assert_allclose(covariances[place], np.cov(own))
    # Three bands need four pixels.
    assert np.isnan(means[2:]).all()
    assert np.isnan(covariances[2:]).all()


def test_moments_weigh_pixels_as_repeated_ones():
    values = np.random.default_rng(2).normal(size=(2, 500))
    times = np.random.default_rng(3).integers(1, 5, 500)
    _, means, covariances = spectra.moments(np.zeros(500, int), values, times.astype(float), 1)
    repeated = np.repeat(values, times, axis=1)
    np.testing.assert_allclose(means[0], repeated.mean(axis=1))
    np.testing.assert_allclose(covariances[0], np.cov(repeated), rtol=0.01)
