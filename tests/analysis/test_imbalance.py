import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eoexplore.analysis import imbalance

COUNTS = arrays(np.int64, st.integers(1, 30), elements=st.integers(0, 10**6))


def test_equal_classes():
    counts = np.full(19, 700)
    assert imbalance.imbalance_ratio(counts) == 1
    assert imbalance.effective_classes(counts) == pytest.approx(19)
    assert imbalance.gini(counts) == pytest.approx(0)
    for weights in (
        imbalance.inverse_frequency(counts),
        imbalance.effective_number(counts),
        imbalance.median_frequency(counts, np.full(19, 7_000)),
    ):
        assert weights == pytest.approx(np.ones(19))


def test_unequal_classes_by_hand():
    counts = np.array([1, 3, 4, 0])
    assert imbalance.imbalance_ratio(counts) == 4
    # Shares 1/8, 3/8, 4/8.
    assert imbalance.effective_classes(counts) == pytest.approx(
        8 ** (1 / 8) * (8 / 3) ** (3 / 8) * 2 ** (1 / 2)
    )
    # Mean absolute difference of all 16 pairs: (1 + 3 + 4 + 2 + 3 + 1) × 2 / 16; the mean is 2.
    assert imbalance.gini(counts) == pytest.approx(28 / 16 / 2 / 2)
    assert imbalance.inverse_frequency(counts)[:3] == pytest.approx([8 / 3, 8 / 9, 8 / 12])
    assert np.isnan(imbalance.inverse_frequency(counts)[3])


def test_one_class_has_everything():
    counts = np.array([0, 0, 9, 0, 0])
    assert imbalance.effective_classes(counts) == pytest.approx(1)
    assert imbalance.gini(counts) == pytest.approx(1 - 1 / 5)


def test_no_class_occurs():
    counts = np.zeros(3, int)
    figures = (imbalance.imbalance_ratio, imbalance.effective_classes, imbalance.gini)
    assert all(np.isnan(figure(counts)) for figure in figures)
    assert np.isnan(imbalance.inverse_frequency(counts)).all()
    assert np.isnan(imbalance.effective_number(counts)).all()
    assert np.isnan(imbalance.median_frequency(counts, counts)).all()
    assert np.isnan(imbalance.cardinality(np.array([], np.uint64)))


def test_effective_number_between_equal_and_inverse():
    counts = np.array([10, 1_000])
    assert imbalance.effective_number(counts, 0.0) == pytest.approx([1, 1])
    rare, common = imbalance.effective_number(counts, 1 - 1e-12)
    assert rare / common == pytest.approx(100, rel=1e-6)
    # 1 - 0.9^10 = 0.6513…, 1 - 0.9^1000 = 1; their weights are 1 / these.
    rare, common = imbalance.effective_number(counts, 0.9)
    assert rare / common == pytest.approx(1 / (1 - 0.9**10))
    for beta in (-0.1, 1.0, 2.0):
        with pytest.raises(ValueError, match="beta"):
            imbalance.effective_number(counts, beta)


def test_median_frequency_by_hand():
    # Frequencies 1/2, 1/4, 1/10: the median is 1/4.
    weights = imbalance.median_frequency(np.array([50, 25, 10, 0]), np.array([100, 100, 100, 0]))
    assert weights[:3] == pytest.approx([0.5, 1, 2.5])
    assert np.isnan(weights[3])


def test_labels_of_samples():
    masks = np.array([0b1, 0b11, 0b11, 0b10110], np.uint64)
    assert imbalance.cardinality(masks) == 2
    assert imbalance.distinct_sets(masks) == 3


@given(COUNTS, st.integers(2, 9))
def test_figures_do_not_depend_on_size_or_order(counts, times):
    other = counts[::-1] * times
    for figure in (imbalance.imbalance_ratio, imbalance.effective_classes, imbalance.gini):
        assert figure(other) == pytest.approx(figure(counts), nan_ok=True)
    weights = imbalance.inverse_frequency(counts)
    assert imbalance.inverse_frequency(other)[::-1] == pytest.approx(weights, nan_ok=True)


@given(COUNTS)
def test_figures_stay_within_their_bounds(counts):
    there = np.count_nonzero(counts)
    if there:
        assert 1 - 1e-9 <= imbalance.effective_classes(counts) <= there * (1 + 1e-9)
        assert -1e-9 <= imbalance.gini(counts) <= 1 - 1 / len(counts) + 1e-9
        # What a sample weighs on average is what it weighs without weights.
        weights = np.nan_to_num(imbalance.inverse_frequency(counts))
        assert (weights * counts).sum() == pytest.approx(counts.sum())


def test_the_released_labels(metadata_table):
    names, numbers = np.unique(
        np.concatenate(metadata_table["labels"].to_numpy()), return_inverse=True
    )
    counts = np.bincount(numbers)
    assert dict(zip(names.tolist(), counts.tolist(), strict=True))["Coastal wetlands"] == 1_620
    masks = np.zeros(len(metadata_table), np.uint64)
    rows = np.repeat(np.arange(len(masks)), metadata_table["labels"].str.len())
    np.bitwise_or.at(masks, rows, np.uint64(1) << numbers.astype(np.uint64))
    assert imbalance.imbalance_ratio(counts) == 205_952 / 1_351
    assert imbalance.cardinality(masks) == pytest.approx(2.95, abs=5e-3)
    assert imbalance.distinct_sets(masks) == 5_452
