"""Other thresholds than the measured ones."""

import numpy as np
import pytest

from eoexplore.core.errors import UnknownName
from eoexplore.core.findings import Findings
from eoexplore.evidence import spots, thresholds
from eoexplore.store.issues import Issues, Looked

NAMES = ("Arable land", "Pastures", "Marine waters")
LOOKED = Looked(np.array([0.8, 0.4, np.nan]), np.zeros((3, 2)))


def found():
    own = Findings.of(
        [0, 1, 2], [0, 1, 1], [1, 0, 0], [0.3, 0.2, 0.1],
        margin=[3.0, 3.0, 2.0], area_ha=[9.0, 9.0, 9.0],
    )  # fmt: skip
    return Issues(("spots",), np.zeros(3, np.int8), own, {}, "stamp")


def test_texts_are_read_as_they_are_written():
    stated = thresholds.parse("Pastures=0.25|Arable land=0.5", NAMES)
    assert stated == {1: 0.25, 0: 0.5}
    assert thresholds.write(stated, NAMES) == "Arable land=0.5|Pastures=0.25"
    assert thresholds.parse("", NAMES) == {}


@pytest.mark.parametrize(
    "text", ["Lava=0.5", "Pastures", "Pastures=much", "Pastures=0", "Pastures=2"]
)
def test_bad_input_is_one_sentence(text):
    with pytest.raises(UnknownName):
        thresholds.parse(text, NAMES)


def test_a_higher_threshold_speaks_against_the_label_and_for_others_less():
    changed = thresholds.apply(found(), LOOKED, {1: 0.8})
    own = {row: place for place, row in enumerate(changed.findings.rows.tolist())}
    margins = changed.findings.facts["margin"]
    # Twice the threshold: by the logarithm of two, up where it is the label, down where suspected.
    assert margins[own[0]] == pytest.approx(3 - np.log(2))
    assert margins[own[1]] == pytest.approx(3 + np.log(2))
    assert changed.findings.scores[own[1]] == pytest.approx(spots.chance(np.array(3 + np.log(2))))
    assert (np.diff(changed.findings.scores) <= 0).all()
    assert changed.findings.rows[0] == 1
    assert changed.stamp != "stamp"


def test_measured_thresholds_change_nothing():
    whole = found()
    assert thresholds.apply(whole, LOOKED, {}) is whole
    assert thresholds.apply(whole, None, {1: 0.5}) is whole
    same = thresholds.apply(whole, LOOKED, {1: 0.4, 2: 0.9})
    np.testing.assert_array_equal(same.findings.scores, whole.findings.scores)
