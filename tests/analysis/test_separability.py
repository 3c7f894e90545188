import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from eoexplore.analysis.separability import jeffries_matusita, matrix


def test_equal_and_far_apart():
    mean, spread = np.array([0.1, 0.3]), np.diag([0.01, 0.02])
    assert jeffries_matusita(mean, spread, mean, spread) == pytest.approx(0, abs=1e-12)
    assert jeffries_matusita(mean, spread, mean + 9, spread) == pytest.approx(2)


def test_one_band_by_hand():
    # Equal variances: B = d² / 8 in units of the deviation.
    one = np.array([[4.0]])
    found = jeffries_matusita(np.array([0.0]), one, np.array([2.0]), one)
    assert found == pytest.approx(2 * (1 - np.exp(-1 / 8)))
    # Equal means, variances 1 and 4: B = ln((1 + 4) / 2 / 2) / 2.
    found = jeffries_matusita(np.zeros(1), np.eye(1), np.zeros(1), one)
    assert found == pytest.approx(2 * (1 - np.exp(-np.log(1.25) / 2)))


def test_it_is_the_distance_of_the_densities():
    a, b = norm(0.2, 0.5), norm(1.0, 1.3)
    squared, _ = quad(lambda x: (np.sqrt(a.pdf(x)) - np.sqrt(b.pdf(x))) ** 2, -12, 12)
    found = jeffries_matusita(
        np.array([0.2]), np.array([[0.25]]), np.array([1.0]), np.array([[1.69]])
    )
    assert found == pytest.approx(squared, rel=1e-8)


def test_units_do_not_matter():
    draw = np.random.default_rng(8)
    means = draw.normal(size=(2, 12))
    roots = draw.normal(size=(2, 12, 12)) * 1e-3
    spreads = roots @ roots.transpose(0, 2, 1) + 1e-6 * np.eye(12)
    scale = draw.uniform(0.1, 1e4, 12)
    one = jeffries_matusita(means[0], spreads[0], means[1], spreads[1])
    other = jeffries_matusita(
        means[0] * scale,
        spreads[0] * np.outer(scale, scale),
        means[1] * scale,
        spreads[1] * np.outer(scale, scale),
    )
    assert other == pytest.approx(one, rel=1e-6)


def test_classes_of_too_few_pixels():
    spreads = np.stack([np.eye(2), np.ones((2, 2)), np.full((2, 2), np.nan)])
    found = matrix(np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]), spreads)
    assert found[0, 0] == pytest.approx(0, abs=1e-12)
    assert np.isnan(found[1]).all()
    assert np.isnan(found[:, 2]).all()


def test_a_matrix_is_symmetric():
    spreads = np.stack([np.eye(1), 4 * np.eye(1)])
    found = matrix(np.array([[0.0], [2.0]]), spreads)
    assert found[0, 1] == found[1, 0]
    assert 0 < found[0, 1] < 2
