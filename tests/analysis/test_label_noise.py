"""How much of each class of a map is wrong."""

import dataclasses

import numpy as np
import pytest

from eoexplore.analysis import label_noise
from eoexplore.analysis.label_noise import Calibration, Spots

KNOWN = Calibration(share=1.0, named=1.0, unseen=0.0, unseen_ha=5.0, spread=1e-3, source="a test")
AREA = np.array([100.0, 50.0, 0.0])


def spots(*lines):
    labels, suspects, area, chances = (np.array(column) for column in zip(*lines, strict=True))
    return Spots(labels.astype(np.int16), suspects.astype(np.int16), area, chances)


def test_certain_spots_are_the_share_that_is_wrong():
    found = label_noise.estimate(spots((0, 1, 10.0, 1.0), (0, 1, 5.0, 1.0)), AREA, KNOWN)
    assert found.wrong[0] == pytest.approx(0.15)
    assert (found.low[0], found.high[0]) == pytest.approx((0.15, 0.15))
    assert found.wrong[1] == 0
    assert np.isnan(found.wrong[2])
    assert found.matrix[0].tolist() == pytest.approx([0.85, 0.15, 0, 0])
    assert found.overall == pytest.approx((0.1, 0.1, 0.1))


def test_an_uncertain_spot_counts_with_its_chance_and_may_be_none():
    found = label_noise.estimate(spots((0, 1, 10.0, 0.5)), AREA, KNOWN)
    assert found.wrong[0] == pytest.approx(0.05)
    assert (found.low[0], found.high[0]) == pytest.approx((0.0, 0.1))


def test_rows_of_the_matrix_add_up_to_one():
    own = spots((0, 1, 10.0, 0.7), (1, 0, 4.0, 0.2), (1, 2, 3.0, 0.005), (0, 2, 8.0, 0.001))
    known = dataclasses.replace(KNOWN, named=0.6, unseen=0.01, spread=0.4)
    found = label_noise.estimate(own, AREA, known)
    np.testing.assert_allclose(found.matrix[:2].sum(1), 1)
    np.testing.assert_allclose(1 - found.wrong[:2], np.diag(found.matrix)[:2])
    assert ((found.matrix_low[:2] <= found.matrix[:2] + 1e-9) | (found.matrix[:2] < 0.02)).all()


def test_what_no_spot_shows_is_added():
    none = Spots(np.empty(0, np.int16), np.empty(0, np.int16), np.empty(0), np.empty(0))
    known = dataclasses.replace(KNOWN, unseen=0.1, unseen_ha=1.0)
    found = label_noise.estimate(none, AREA, known)
    assert found.wrong[0] == pytest.approx(0.1)
    assert found.low[0] < 0.1 < found.high[0]
    # It is not known what it is.
    assert found.matrix[0].tolist() == pytest.approx([0.9, 0, 0, 0.1])


def test_many_unlikely_spots_are_drawn_together_as_if_one_by_one():
    own = Spots(
        np.zeros(2000, np.int16), np.ones(2000, np.int16), np.full(2000, 1.0), np.full(2000, 0.005)
    )
    found = label_noise.estimate(own, np.array([1000.0, 1.0]), KNOWN)
    # Ten errors of a hectare are expected: Poisson, with sizes that differ.
    assert found.wrong[0] == pytest.approx(0.01)
    assert 0.003 < found.low[0] < 0.008
    assert 0.013 < found.high[0] < 0.021


def test_intervals_hold_as_often_as_they_say():
    rng = np.random.default_rng(1)
    held = []
    for _ in range(60):
        chance = rng.uniform(0, 0.6, 12)
        area = rng.exponential(5, 12)
        truth = (area * (rng.random(12) < chance)).sum() / 100
        own = Spots(np.zeros(12, np.int16), np.ones(12, np.int16), area, chance)
        found = label_noise.estimate(own, np.array([100.0, 1.0]), KNOWN)
        held.append(found.low[0] - 1e-9 <= truth <= found.high[0] + 1e-9)
    assert 0.8 <= np.mean(held) <= 0.98


def test_the_same_question_has_the_same_answer():
    own = spots((0, 1, 10.0, 0.5), (0, 1, 2.0, 0.3))
    one, other = (label_noise.estimate(own, AREA, KNOWN) for _ in range(2))
    np.testing.assert_array_equal(one.high, other.high)
