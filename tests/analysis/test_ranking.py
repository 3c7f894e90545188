"""How good an order of suspects is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoexplore.analysis import ranking


def test_a_perfect_order_finds_all_errors_first():
    wrong = np.array([True, False, True, False, False, False, False, False])
    found = ranking.measure(np.array([9.0, 1, 8, 2, 3, 4, 5, 0]), wrong, least=8.0, at=(1, 4))
    assert (found.errors, found.base) == (2, 0.25)
    assert found.precision_at == {1: 1.0, 4: 0.5}
    assert (found.at_errors, found.lift) == (1.0, 4.0)
    assert (found.precision, found.recall) == (1.0, 1.0)


def test_precision_and_recall_are_of_what_is_called_wrong():
    wrong = np.array([True, False, True, False])
    found = ranking.measure(np.array([0.9, 0.8, 0.2, -np.inf]), wrong, least=0.5)
    assert (found.precision, found.recall, found.suspects) == (0.5, 0.5, 3)


def test_equal_scores_gain_nothing():
    wrong = np.array([True, False, False, False])
    found = ranking.measure(np.zeros(4), wrong, at=(2,))
    assert found.precision_at[2] == pytest.approx(0.25)
    assert found.lift == pytest.approx(1.0)


def test_without_errors_there_is_no_lift():
    found = ranking.measure(np.arange(3.0), np.zeros(3, bool), least=5)
    assert found.errors == 0
    assert np.isnan([found.at_errors, found.lift, found.recall, found.precision]).all()
    assert np.isnan(ranking.measure(np.empty(0), np.empty(0, bool)).base)


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=20))
def test_an_order_of_all_has_the_precision_of_the_lot_at_its_end(cells):
    scores = np.array([cell[0] for cell in cells], float)
    wrong = np.array([cell[1] for cell in cells])
    found = ranking.measure(scores, wrong, at=(len(cells),))
    assert found.precision_at[len(cells)] == pytest.approx(wrong.mean())


def test_the_strongest_finding_of_a_place_counts_for_all_of_its_dates():
    places = np.array([7, 7, 3, 9])
    found = ranking.strongest(np.array([0, 1, 2]), np.array([0.2, 0.6, 0.1]), places)
    assert found.tolist() == [0.6, 0.6, 0.1, -np.inf]
