"""Robust distances of spectra from their class, and which other class is nearer."""

import numpy as np
import pytest

from eoexplore.analysis import spectral_outliers

CENTRES = np.array([[-14.0, -10.0, -8.0], [-12.0, -4.0, -9.0]])


def drawn(each=80, seed=3, spread=0.5):
    """Two classes of normal spectra, one after the other."""
    random = np.random.default_rng(seed)
    values = np.concatenate([centre + spread * random.normal(size=(each, 3)) for centre in CENTRES])
    labels = np.repeat([0, 1], each)
    return values, labels


def judge(values, labels, groups=None, present=None):
    groups = np.zeros(len(values), int) if groups is None else groups
    present = np.ones((len(values), 2), bool) if present is None else present
    return spectral_outliers.judge(values, labels, groups, present)


def test_a_spectrum_of_the_other_class_is_far_and_nearer_to_that():
    values, labels = drawn()
    values[0] = CENTRES[1]
    found = judge(values, labels)
    assert found.distances[0] > found.cut_off
    assert found.distances.argmax() == 0
    assert found.suspects[0] == 1
    assert found.margins[0] > 5
    assert (found.margins[1:] < 0).all()
    assert found.left_out == 0


def test_outliers_do_not_move_the_class():
    # A fifth of a class is of the other: a mean would lie between the two.
    values, labels = drawn(each=100)
    values[:20] = CENTRES[1] + 0.5 * np.random.default_rng(1).normal(size=(20, 3))
    found = judge(values, labels)
    assert (found.distances[:20] > found.cut_off).all()
    assert (found.suspects[:20] == 1).all()
    assert (found.margins[:20] > 0).all()
    assert (found.distances[20:100] < found.cut_off).mean() > 0.9


def test_distances_of_normal_spectra_are_those_of_chi_square():
    values, labels = drawn(each=400)
    found = judge(values, labels)
    assert found.cut_off == pytest.approx(9.348, abs=1e-3)  # 3 degrees, 97.5 %
    assert (found.distances > found.cut_off).mean() == pytest.approx(0.025, abs=0.03)


def test_classes_with_few_spectra_are_left_out_and_counted():
    values, labels = drawn()
    labels[-80:-8] = 0
    values[-80:-8] = values[:72]
    found = judge(values, labels)
    assert found.left_out == 8
    assert np.isnan(found.distances[-8:]).all()
    assert (found.suspects == -1).all()
    assert np.isneginf(found.margins).all()


def test_groups_are_apart():
    # What is usual in one country is far in another.
    values, labels = drawn(each=80)
    groups = labels.copy()
    same = judge(values, np.zeros(160, int), groups)
    assert (same.distances > same.cut_off).mean() < 0.1
    moved = values.copy()
    moved[0] = CENTRES[1]
    assert judge(moved, np.zeros(160, int), groups).distances.argmax() == 0


def test_a_class_that_is_no_label_of_the_patch_is_less_likely():
    values, labels = drawn()
    present = np.ones((160, 2), bool)
    usual = judge(values, labels, present=present).margins[0]
    present[0, 1] = False
    found = judge(values, labels, present=present).margins[0]
    assert found == pytest.approx(usual - spectral_outliers.ABSENT)


def test_a_band_that_never_changes_does_no_harm():
    values, labels = drawn()
    values[:, 1] = -40.0
    found = judge(values, labels)
    assert np.isfinite(found.distances).all()
    assert np.median(found.distances) < found.cut_off


def test_many_spectra_are_described_by_some(monkeypatch):
    values, labels = drawn(each=300)
    whole = judge(values, labels).distances
    monkeypatch.setattr(spectral_outliers, "MOST", 150)
    part = judge(values, labels).distances
    assert not np.array_equal(whole, part)
    assert np.corrcoef(whole, part)[0, 1] > 0.95


def test_values_that_are_missing_are_refused():
    values, labels = drawn()
    values[3, 1] = np.nan
    with pytest.raises(ValueError, match="each band"):
        judge(values, labels)
