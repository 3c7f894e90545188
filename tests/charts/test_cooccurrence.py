"""Labels that occur together, against numbers by hand."""

import numpy as np
import pytest

from eoexplore.charts import cooccurrence
from eoexplore.charts.chart import CannotTell
from eoexplore.core.selection import parse
from tests.charts.conftest import FOREST, MARINE, PASTURES, Row, asked_of, opened_of

# Ten patches: pastures with forest in six, each alone in one, marine waters in two.
ROWS = [
    *[Row((PASTURES, FOREST), x=x) for x in range(6)],
    Row((PASTURES,), x=6, split="test"),
    Row((FOREST,), x=7, split="test"),
    *[Row((MARINE,), x=x, split="test") for x in (8, 9)],
]
BOTH = {"Label": PASTURES, "With": FOREST}


@pytest.fixture(scope="module")
def opened():
    return opened_of(ROWS)


def line(chart, one=PASTURES, other=FOREST):
    """Return the line of a pair in the table, whichever of the two stands first."""
    table = chart.table
    for a, b in ((one, other), (other, one)):
        found = table[(table["Label"] == a) & (table["With"] == b)]
        if len(found):
            return found.iloc[0]
    raise AssertionError


def test_a_pair_by_hand(opened):
    chart = cooccurrence.CHART(asked_of(opened))
    found = line(chart)
    assert found["patches with both"] == 6
    assert found["share of the first's patches"] == pytest.approx(6 / 7)
    assert found["lift"] == pytest.approx((6 / 10) / (7 / 10 * 7 / 10))
    assert found["φ"] == pytest.approx((6 * 10 - 49) / np.sqrt(7 * 3 * 7 * 3))
    assert line(chart, PASTURES, MARINE)["lift"] == 0
    assert "6 have both Pastures and Broad-leaved forest" in chart.sentence
    assert "16 of the 19 classes never occur and are left out." in chart.notes


def test_a_click_on_a_cell_selects_the_patches_with_both(opened):
    chart = cooccurrence.CHART(asked_of(opened, "split=train", order="dataset"))
    clicks = chart.figure.data[1].customdata
    table = opened.samples.table(opened.dataset.classes)
    # Row by row: pastures, forest.
    assert [table.select(parse(data[0])[0]).count() for data in clicks] == [6, 6, 6, 6]
    assert clicks[1][0] == "class=all:Broad-leaved forest|Pastures&split=train"


def test_the_diagonal_has_no_colour(opened):
    values = np.array(cooccurrence.CHART(asked_of(opened)).figure.data[0].z, float)
    assert np.isnan(np.diagonal(values)).all()
    assert np.isfinite(values[~np.eye(3, dtype=bool)]).all()


def test_colours_of_lift_double_and_end_where_labels_never_meet(opened):
    chart = cooccurrence.CHART(asked_of(opened, measure="lift", order="dataset"))
    values = np.array(chart.figure.data[0].z, float)
    assert values[0, 1] == pytest.approx(np.log2(60 / 49))
    assert values[0, 2] == -4
    # What is said is the lift itself.
    assert chart.figure.data[1].text[1].endswith("Lift: 1.22")


def test_orders(opened):
    def rows(order):
        return list(cooccurrence.CHART(asked_of(opened, order=order)).figure.data[0].y)

    assert rows("dataset") == [PASTURES, FOREST, MARINE]
    assert rows("size") == [PASTURES, FOREST, MARINE]
    clustered = rows("clustered")
    assert abs(clustered.index(PASTURES) - clustered.index(FOREST)) == 1


def test_two_selections_show_the_difference_of_shares(opened):
    chart = cooccurrence.CHART(asked_of(opened, "split=train", "split=test", order="dataset"))
    # All six of one have both, none of four of the other.
    assert np.array(chart.figure.data[0].z, float)[0, 1] == 1
    found = line(chart)
    assert (found["Selection: patches with both"], found["Compared with: patches with both"]) == (
        6,
        0,
    )
    assert "none of it" in " ".join(chart.notes)


def test_fewer_than_two_classes_cannot_occur_together(opened):
    with pytest.raises(CannotTell, match="Fewer than two classes"):
        cooccurrence.CHART(asked_of(opened, "class=any:Marine waters"))
