"""Draws of whole clusters: against rows that are really repeated, and by laws that must hold."""

import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import ndtri

from eoexplore.analysis import bootstrap, multilabel, pixels
from eoexplore.analysis.bootstrap import Clusters


def simulated(clusters=12, each=20, classes=4, seed=0):
    rng = np.random.default_rng(seed)
    names = np.repeat([f"T{number:02d}" for number in range(clusters)], each)
    truth = rng.random((len(names), classes)) < 0.3
    scores = np.round(np.clip(rng.random(truth.shape) * 0.7 + 0.3 * truth, 0, 1), 2)
    order = rng.permutation(len(names))
    return names[order], truth[order], scores[order]


def rows_of(clusters, times):
    """Return the rows of a draw, repeated as often as their cluster is drawn."""
    return np.repeat(np.arange(len(clusters.codes)), times[clusters.codes])


def test_draws_take_as_many_clusters_as_there_are_and_repeat_with_the_seed():
    clusters = Clusters.of(np.array(["b", "a", "b", "c"]))
    assert (clusters.codes.tolist(), clusters.count) == ([1, 0, 1, 2], 3)
    draws = clusters.draws(500, 4)
    assert draws.shape == (500, 3)
    assert (draws.sum(1) == 3).all()
    assert draws.mean(0) == pytest.approx([1, 1, 1], abs=0.15)
    assert (draws == clusters.draws(500, 4)).all()
    assert (draws != clusters.draws(500, 5)).any()


def test_sums_and_holding():
    clusters = Clusters.of(np.array([7, 3, 7, 9]))
    values = np.arange(8).reshape(4, 2)
    assert clusters.sums(values).tolist() == [[2, 3], [4, 6], [6, 7]]
    assert clusters.sums(values[:, 0]).tolist() == [2, 4, 6]
    truth = np.array([[1, 0], [1, 0], [1, 0], [0, 0]], np.bool_)
    assert clusters.holding(truth).tolist() == [2, 0]


def test_samples_without_clusters_are_one_each_or_dealt_out_evenly():
    few = Clusters.alone(7)
    assert (few.codes.tolist(), few.count) == (list(range(7)), 7)
    many = Clusters.alone(6_500)
    sizes = np.bincount(many.codes)
    assert (many.count, len(sizes)) == (2_000, 2_000)
    assert set(sizes.tolist()) == {3, 4}
    # Sorted values would be alike in clusters of neighbours, and the interval too wide.
    values = np.sort(np.random.default_rng(0).normal(size=6_500))
    spread = bootstrap.mean_replicates(values, many, 500, seed=0).std()
    assert spread == pytest.approx(values.std() / np.sqrt(6_500), rel=0.1)


def test_average_precision_is_that_of_repeated_rows():
    names, truth, scores = simulated()
    truth[:, 3] = (names == "T03") & truth[:, 3]
    clusters = Clusters.of(names)
    found = bootstrap.average_precision_replicates(truth, scores, clusters, 30, seed=1)
    draws = clusters.draws(30, seed=1)
    lost = 0
    for number, times in enumerate(draws):
        rows = rows_of(clusters, times)
        have = truth[rows].any(0)
        lost += not have[3]
        each = sk.average_precision_score(truth[rows][:, have], scores[rows][:, have], average=None)
        assert found.by_class[number, have] == pytest.approx(each, abs=1e-12)
        assert np.isnan(found.by_class[number, ~have]).all()
        assert found.macro[number] == pytest.approx(each.mean(), abs=1e-12)
        for average in ("micro", "weighted"):
            wanted = sk.average_precision_score(
                truth[rows][:, have], scores[rows][:, have], average=average
            )
            if average == "weighted" or have.all():
                assert getattr(found, average)[number] == pytest.approx(wanted, abs=1e-12)
        wanted = multilabel.average_precision(truth[rows].ravel(), scores[rows].ravel())
        assert found.micro[number] == pytest.approx(wanted, abs=1e-12)
    # The class that one cluster has is missing in about a third of the draws.
    assert 0 < lost < 30


LISTS = st.integers(1, 25).flatmap(
    lambda n: st.tuples(
        arrays(np.bool_, n),
        arrays(np.float64, n, elements=st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])),
        arrays(np.intp, n, elements=st.integers(0, 3)),
        arrays(np.int64, (3, 4), elements=st.integers(0, 3)),
    )
)


@given(drawn=LISTS)
@settings(max_examples=100)
def test_repeats_weigh_as_rows_do(drawn):
    truth, scores, codes, times = drawn
    found = bootstrap.repeated_average_precision(truth, scores, codes, times)
    for value, often in zip(found, times, strict=True):
        rows = np.repeat(np.arange(len(truth)), often[codes])
        if truth[rows].any():
            wanted = sk.average_precision_score(truth[rows], scores[rows])
            assert value == pytest.approx(wanted, abs=1e-12)
        else:
            assert np.isnan(value)


@pytest.mark.parametrize("share", [0.5, 0.03])
def test_parts_of_a_long_list_hardly_change_its_replicates(share, monkeypatch):
    chance = np.random.default_rng(2)
    codes = chance.integers(0, 40, 60_000)
    truth = chance.random(60_000) < share * chance.uniform(0.5, 1.5, 40)[codes]
    scores = np.round(np.clip(0.3 * truth + chance.normal(0.4, 0.2, 60_000), 0, 1), 4)
    times = Clusters(codes, 40).draws(50, seed=0)
    found = bootstrap.repeated_average_precision(truth, scores, codes, times)
    once = bootstrap.repeated_average_precision(truth, scores, codes, np.ones((1, 40), np.int64))
    assert once[0] == pytest.approx(sk.average_precision_score(truth, scores), abs=1e-12)
    # With a part for each hit it is that of repeated rows.
    monkeypatch.setattr(bootstrap, "_PARTS", int(truth.sum()))
    exact = bootstrap.repeated_average_precision(truth, scores, codes, times)
    assert 0 < np.abs(found - exact).max() < 0.02 * exact.std()


def test_rates_and_means_are_those_of_repeated_rows():
    names, truth, scores = simulated()
    clusters = Clusters.of(names)
    said = scores >= 0.5
    totals = multilabel.counts(truth, said, clusters.codes, clusters.count)
    rates = multilabel.rates(bootstrap.resampled(totals, clusters, 20, seed=3))
    samples = multilabel.per_sample(truth, scores, 0.5)
    assert np.isnan(samples["f1_samples"]).any()
    means = {
        name: bootstrap.mean_replicates(values, clusters, 20, seed=3)
        for name, values in samples.items()
    }
    for number, times in enumerate(clusters.draws(20, seed=3)):
        rows = rows_of(clusters, times)
        wanted = multilabel.measure(truth[rows], scores[rows], 0.5)
        found = {name: values[number] for name, values in (rates | means).items()}
        assert found == pytest.approx({name: wanted[name] for name in found}, abs=1e-12)


def test_figures_of_masks_are_those_of_repeated_samples():
    rng = np.random.default_rng(6)
    clusters = Clusters.of(rng.integers(0, 9, 40))
    sample = np.repeat(np.arange(40), 3)
    pairs = (rng.integers(-1, 3, 120), rng.integers(0, 3, 120), rng.integers(1, 50, 120))
    totals = pixels.counts(pairs, 3, clusters.codes[sample], clusters.count)
    found = pixels.measures(bootstrap.resampled(totals, clusters, 15, seed=2))
    for number, times in enumerate(clusters.draws(15, seed=2)):
        rows = np.concatenate([np.flatnonzero(sample == row) for row in rows_of(clusters, times)])
        own = pixels.counts(tuple(part[rows] for part in pairs), 3)[0]
        wanted = pixels.measure(own)
        assert {name: found[name][number] for name in found} == pytest.approx(wanted, abs=1e-12)


def test_identical_clusters_leave_no_doubt():
    truth = np.tile([[1, 0], [0, 1], [1, 1]], (12, 1)).astype(np.bool_)
    scores = np.tile([[0.7, 0.6], [0.8, 0.5], [0.3, 0.9]], (12, 1))
    clusters = Clusters.of(np.repeat(np.arange(12), 3))
    drawn = bootstrap.average_precision_replicates(truth, scores, clusters, 200, seed=0)
    value = multilabel.by_class(truth, scores, 0.5).average_precision
    found = bootstrap.intervals(value, drawn.by_class, clusters)
    assert found.low == pytest.approx(value, abs=1e-12)
    assert found.high == pytest.approx(value, abs=1e-12)
    assert not found.few.any()


def test_a_model_does_not_differ_from_itself_and_does_from_a_worse_one():
    names, truth, scores = simulated(clusters=20)
    clusters = Clusters.of(names)
    noise = np.random.default_rng(8).random(scores.shape)
    worse = scores * 0.3 + noise * 0.7

    def drawn(of):
        return bootstrap.average_precision_replicates(truth, of, clusters, 200, seed=5).macro

    def value(of):
        return multilabel.measure(truth, of, 0.5)["average_precision_macro"]

    same = bootstrap.paired((value(scores),) * 2, (drawn(scores), drawn(scores)), clusters)
    assert (same.value, same.low, same.high) == (0, 0, 0)
    found = bootstrap.paired((value(scores), value(worse)), (drawn(scores), drawn(worse)), clusters)
    assert 0 < found.low < found.value < found.high
    other = bootstrap.paired((value(worse), value(scores)), (drawn(worse), drawn(scores)), clusters)
    assert other.value == -found.value
    assert (other.low, other.high) == pytest.approx((-found.high, -found.low), abs=1e-12)


@pytest.mark.parametrize(("clusters", "student"), [(4, 3.1824463), (15, 2.1447867)])
def test_the_interval_of_a_mean_of_normal_clusters_is_that_of_student(clusters, student):
    # Means of draws vary by the variance of the clusters divided by k, not by k - 1.
    spread = np.sqrt((clusters - 1) / clusters) / np.sqrt(clusters)
    drawn = spread * ndtri((np.arange(100_000) + 0.5) / 100_000)
    found = bootstrap.intervals(0.0, drawn, Clusters.of(np.arange(clusters)))
    wanted = student / np.sqrt(clusters)
    assert (found.low, found.high) == pytest.approx((-wanted, wanted), rel=0.01)
    narrow = bootstrap.intervals(0.0, drawn, Clusters.of(np.arange(clusters)), level=0.5)
    assert found.low < narrow.low < narrow.high < found.high
    assert (found.level, found.replicates, found.clusters) == (0.95, 100_000, clusters)


def test_few_clusters_are_told_and_one_has_no_interval():
    drawn = np.tile(np.random.default_rng(0).random((50, 1)), 3)
    many = Clusters.of(np.arange(30))
    found = bootstrap.intervals(np.array([0.5, 0.5, 0.5]), drawn, many, holding=[30, 9, 1])
    assert found.few.tolist() == [False, True, True]
    assert np.isnan(found.low).tolist() == np.isnan(found.high).tolist() == [False, False, True]
    # The fewer, the wider.
    assert found.high[1] - found.low[1] > found.high[0] - found.low[0]
    one = Clusters.of(np.zeros(20, int))
    alone = bootstrap.intervals(0.5, np.full(50, 0.5), one)
    assert np.isnan([alone.low, alone.high]).all()
    assert alone.few


def test_nothing_to_draw_is_nan():
    none = Clusters.of(np.array([], str))
    assert none.count == 0
    truth, scores = np.zeros((0, 2), np.bool_), np.zeros((0, 2))
    drawn = bootstrap.average_precision_replicates(truth, scores, none, 5, seed=0)
    for values in (drawn.by_class, drawn.macro, drawn.micro, drawn.weighted):
        assert np.isnan(values).all()
    assert np.isnan(bootstrap.mean_replicates(np.zeros(0), none, 5)).all()
    found = bootstrap.intervals(np.nan, drawn.macro, none)
    assert np.isnan([found.low, found.high]).all()
    assert found.few
