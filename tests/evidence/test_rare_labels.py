"""Rare labels, and labels that other dates and tiles contradict."""

from dataclasses import replace

import numpy as np
import pytest

from eoexplore.evidence import rare_labels
from eoexplore.evidence.kind import Asked, CannotTell
from tests.charts.conftest import FOREST, MARINE, PASTURES, Row, grid, opened_of
from tests.evidence.model_free import said

MIDDLE = 5 * 12 + 8


def halves(**more):
    """West pastures, east forest; one patch in the east says sea."""
    rows = [replace(row, labels=(PASTURES if row.x < 6 else FOREST,)) for row in grid(12, **more)]
    rows[MIDDLE] = replace(rows[MIDDLE], labels=(FOREST, MARINE), pixels={311: 12000, 523: 2400})
    return rows


def test_a_label_alone_among_others_is_the_rarest():
    asked = Asked(opened_of(halves()))
    found = rare_labels.find(asked)
    best = int(found.scores.argmax())
    assert found.rows[best] == MIDDLE
    assert asked.opened.dataset.classes.names[found.labels[best]] == MARINE
    assert (found.rows == MIDDLE).sum() == 1
    assert found.facts["neighbours"][best] == 8
    assert found.facts["expected"][best] < rare_labels.RARE
    assert found.facts["share"][best] == pytest.approx(1 / 6)
    assert 0.02 < found.scores[best] < 0.1
    assert said(asked, rare_labels.KIND, best).startswith(
        "Of 8 neighbours 0 have the label Marine waters"
    )


def test_a_place_with_few_neighbours_is_not_judged():
    # The patch that says sea lies in a tile of its own.
    rows = halves()
    rows[MIDDLE] = replace(rows[MIDDLE], tile="34VFM")
    assert MIDDLE not in rare_labels.find(Asked(opened_of(rows))).rows


def test_a_label_of_one_date_alone_is_found():
    rows = halves()
    rows[MIDDLE] = replace(rows[MIDDLE], labels=(FOREST,))
    rows.append(replace(rows[0], date="2018-01-10", labels=(PASTURES, FOREST)))
    asked = Asked(opened_of(rows))
    found = rare_labels.find(asked)
    own = np.isfinite(found.facts["dates"])
    assert found.rows[own].tolist() == [144]
    assert found.facts["dates"][own].tolist() == [2]
    assert found.scores[own].tolist() == [0.5]
    assert "Of the 2 dates" in said(asked, rare_labels.KIND, int(np.flatnonzero(own)[0]))


def test_an_overlapping_patch_that_lacks_a_label_contradicts_it():
    # 33UVP begins 100 km east of 33UUP and its patches are 240 m off: they share a strip.
    rows = halves()
    rows[MIDDLE] = replace(rows[MIDDLE], labels=(FOREST,))
    own, other = len(rows), len(rows) + 1
    rows.append(Row(labels=(PASTURES,), x=84, y=40, pixels={231: 14400}))
    rows.append(Row(labels=(FOREST,), x=0, y=40, tile="33UVP", pixels={311: 14400}))
    asked = Asked(opened_of(rows))
    found = rare_labels.find(asked)
    against = np.isfinite(found.facts["other"])
    assert dict(zip(found.rows[against], found.facts["other"][against], strict=True)) == {
        own: other,
        other: own,
    }
    assert "which has no such label" in said(asked, rare_labels.KIND, int(against.argmax()))


def test_what_lies_beside_the_common_ground_contradicts_nothing():
    rows = halves()
    rows[MIDDLE] = replace(rows[MIDDLE], labels=(FOREST,))
    small = {231: 300, 311: 14100}
    rows.append(Row(labels=(PASTURES, FOREST), x=84, y=40, pixels=small))
    rows.append(Row(labels=(FOREST,), x=0, y=40, tile="33UVP", pixels={311: 14400}))
    facts = rare_labels.find(Asked(opened_of(rows))).facts
    assert not np.isfinite(facts.get("other", np.array([np.nan]))).any()


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (grid(12, tile=""), "no location"),
        (grid(3), "has 9 places"),
        (grid(12, labels=()), "same labels"),
    ],
)
def test_what_cannot_be_told_is_said(rows, why):
    with pytest.raises(CannotTell, match=why):
        rare_labels.find(Asked(opened_of(rows)))
