import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoexplore.analysis import revisits


def made(*samples):
    """Visits of (tile, x, y, day) each; a day of None is unknown."""
    tile, x, y, day = (list(column) for column in zip(*samples, strict=True))
    dated = np.array([value is not None for value in day])
    days = np.array([value or 0 for value in day])
    return revisits.visits(np.array(tile), np.array(x), np.array(y), days, dated)


SAMPLES = (
    (0, 1, 2, 30),  # a place on days 10, 20, 30
    (0, 2, 1, 10),  # once
    (0, 1, 2, 10),
    (1, 1, 2, 10),  # of another tile, twice on one day and once on another
    (1, 1, 2, 10),
    (0, 1, 2, 20),
    (1, 1, 2, 40),
    (-1, 0, 0, 10),  # no place
    (0, 5, 5, None),  # no date
)


def test_dates_of_each_place():
    found = made(*SAMPLES)
    assert len(found) == 7
    assert revisits.dates(found).tolist() == [3, 1, 2]
    assert found.rows[:3].tolist() == [2, 5, 0]


def test_labels_that_differ():
    found = made(*SAMPLES)
    labels = np.array([1, 2, 1, 4, 4, 1, 4, 9, 9], np.uint64)
    assert revisits.differ(found, labels).tolist() == [False, False, False]
    labels[4] = 1 << 63
    assert revisits.differ(found, labels).tolist() == [False, False, True]


def test_pairs_are_of_one_place_and_two_days_the_earlier_first():
    earlier, later = revisits.pairs(made(*SAMPLES))
    pairs = set(zip(earlier.tolist(), later.tolist(), strict=True))
    assert pairs == {(2, 5), (5, 0), (2, 0), (3, 6), (4, 6)}
    assert len(earlier) == 5


def test_a_part_of_the_samples():
    mask = np.ones(9, bool)
    mask[[5, 6]] = False
    found = made(*SAMPLES).of(mask)
    assert revisits.dates(found).tolist() == [2, 1, 1]
    assert [rows.tolist() for rows in revisits.pairs(found)] == [[2], [0]]


@pytest.mark.parametrize("mask", [np.zeros(9, bool)])
def test_of_nothing_nothing_follows(mask):
    found = made(*SAMPLES).of(mask)
    assert len(revisits.dates(found)) == len(revisits.differ(found, np.zeros(9))) == 0
    assert [len(rows) for rows in revisits.pairs(found)] == [0, 0]


def test_long_series_are_paired_with_those_that_follow():
    found = made(*((0, 0, 0, day) for day in range(6)))
    assert len(revisits.pairs(found)[0]) == 15
    earlier, later = revisits.pairs(found, most_apart=2)
    assert set((later - earlier).tolist()) == {1, 2}
    assert len(earlier) == 9


@given(
    st.lists(
        st.tuples(*(st.integers(low, 2) for low in (-1, 0, 0)), st.none() | st.integers(1, 4)),
        min_size=1,
        max_size=12,
    )
)
def test_every_two_samples_of_a_place_on_two_days_are_a_pair(samples):
    earlier, later = revisits.pairs(made(*samples))
    wanted = {
        (one, other)
        for one, (*place, day) in enumerate(samples)
        for other, (*place2, day2) in enumerate(samples)
        if place == place2 and place[0] >= 0 and day and day2 and day < day2
    }
    assert set(zip(earlier.tolist(), later.tolist(), strict=True)) == wanted
    assert len(earlier) == len(wanted)
