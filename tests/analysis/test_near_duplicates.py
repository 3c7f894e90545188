"""Samples of one part of a split that another part has as well."""

import numpy as np
import pytest

from eoexplore.analysis import near_duplicates

NOTHING = (np.zeros((0, 2), int), np.zeros((0, 2)))


def test_twins_are_of_another_part_and_near_in_every_band():
    values = np.array([[0.0, 0.0], [0.0, 0.0], [0.01, -0.01], [0.0, 0.5], [np.nan, 0.0]])
    found = near_duplicates.twins(values, np.array([0, 0, 1, 1, 1]), 0.02)
    assert found.rows.tolist() == [0, 1, 2]
    assert found.others[:2].tolist() == [2, 2]
    assert found.others[2] in (0, 1)
    assert found.values == pytest.approx([0.01] * 3)


def test_samples_of_no_part_and_of_one_part_have_no_twins():
    same = np.zeros((4, 2))
    assert len(near_duplicates.twins(same, np.array([0, 0, 0, 0]), 1.0).rows) == 0
    assert len(near_duplicates.twins(same, np.array([0, -1, -1, -1]), 1.0).rows) == 0


def test_a_place_on_two_dates_in_two_parts():
    place, parts = np.array([0, 0, 1, 2, -1]), np.array([0, 1, 1, 0, 1])
    found = near_duplicates.overlapping(place, parts, *NOTHING)
    assert found.rows.tolist() == [0, 1]
    assert found.others.tolist() == [1, 0]
    assert found.values.tolist() == [1.0, 1.0]


def test_of_several_overlaps_that_with_most_ground_counts():
    place, parts = np.array([0, 1, 2, 3]), np.array([0, 1, 1, 0])
    pairs = np.array([[0, 1], [0, 2], [0, 3], [1, 3]])
    shares = np.array([[0.3, 0.3], [0.6, 0.5], [0.9, 0.9], [0.01, 0.01]])
    found = near_duplicates.overlapping(place, parts, pairs, shares)
    # Place 3 is of the same part as place 0, and shares a hundredth with place 1: too little.
    assert found.rows.tolist() == [0, 1, 2]
    assert found.others.tolist() == [2, 0, 0]
    assert found.values.tolist() == [0.6, 0.3, 0.5]


def test_a_picture_is_like_itself_whatever_its_brightness():
    picture = np.random.default_rng(2).normal(500, 30, (3, 24, 24))
    assert near_duplicates.similarity(picture, picture * 1.1 + 40) == pytest.approx(1.0)


def test_pictures_with_one_slope_and_no_detail_in_common_are_not_alike():
    random = np.random.default_rng(2)
    slope = np.linspace(0, 4000, 40)[None, None].repeat(40, 1).repeat(3, 0)
    one, other = (slope + random.normal(0, 20, slope.shape) for _ in range(2))
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.99
    assert abs(near_duplicates.similarity(one, other)) < 0.2


def test_flat_pictures_tell_nothing():
    flat = np.full((2, 12, 12), 7.0)
    assert np.isnan(near_duplicates.similarity(flat, flat))
