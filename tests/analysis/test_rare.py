import numpy as np
import pytest

from eoexplore.analysis.rare import f1, too_rare, wilson


def test_the_interval_of_wilson():
    # Newcombe 1998 (doi 10.1002/(SICI)1097-0258(19980430)17:8<857), table I, method 3.
    for count, trials, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605)):
        found = wilson(count / trials, trials)
        assert (float(found.low), float(found.high)) == pytest.approx((low, high), abs=5e-5)
    nothing, all_of_it = wilson(0, 20), wilson(1, 29)
    assert (float(nothing.low), float(nothing.high)) == pytest.approx((0, 0.1611), abs=5e-5)
    assert (float(all_of_it.low), float(all_of_it.high)) == pytest.approx((0.8830, 1), abs=5e-5)


def test_f1_by_hand():
    # 117 positives, F1 0.7: 152.1 positive or called so, of which 7/13 are hits.
    share = wilson(7 / 13, 152.1)
    found = f1(117, 0.7)
    assert found.low == pytest.approx(2 * share.low / (1 + share.low))
    assert (float(found.low), float(found.high)) == pytest.approx((0.629, 0.763), abs=1e-3)


def test_drawn_scores_lie_within():
    # What the interval promises for the true score, a measured one keeps around it as well.
    draw = np.random.default_rng(2)
    positives, score = 400, 0.7
    hits = draw.binomial(positives, score, 4_000)
    alarms = draw.poisson(positives * (1 - score), 4_000)
    measured = 2 * hits / (hits + alarms + positives)
    ends = f1(positives, score)
    inside = ((measured >= ends.low) & (measured <= ends.high)).mean()
    assert inside == pytest.approx(0.95, abs=0.02)


def test_more_samples_are_surer_and_none_tell_nothing():
    width = f1(np.array([0, 10, 100, 1_000, 100_000])).width
    assert (np.diff(width) < 0).all()
    assert width[0] == 1
    assert width[-1] < 0.006


def test_too_rare():
    counts = np.array([0, 99, 117, 500, 50_000])
    assert too_rare(counts).tolist() == [True, True, True, False, False]
    assert too_rare(counts, widest=1).tolist() == [True, True, False, False, False]
    assert too_rare(counts, least=1_000, widest=1).tolist() == [True, True, True, True, False]
