"""Figures of imbalance, labels per patch, and class weights, against numbers by hand."""

import ast

import numpy as np
import pytest

from eoexplore.charts import class_weights, imbalance, labels_per_patch
from eoexplore.charts.chart import CannotTell
from eoexplore.core.selection import parse
from tests.charts.conftest import FOREST, MARINE, PASTURES, Row, asked_of, opened_of

# Six patches with pastures, two with forest, one without a label: 6 to 2, in three sets.
ROWS = [
    *[Row((PASTURES,), x=x, pixels={231: 14_400}) for x in range(4)],
    *[Row((PASTURES, FOREST), x=x, split="test", pixels={231: 3_600, 311: 10_800}) for x in (4, 5)],
    Row((), x=6),
]


@pytest.fixture(scope="module")
def opened():
    return opened_of(ROWS)


def test_figures_of_imbalance(opened):
    facts = imbalance.CHART(asked_of(opened)).facts
    assert facts["imbalance_ratio"] == 3
    # Shares 3/4 and 1/4.
    assert facts["effective_classes"] == pytest.approx(0.75**-0.75 * 0.25**-0.25)
    # 19 classes, of which 17 have nothing: mean difference of all pairs over twice the mean.
    pairs = 2 * (17 * 6 + 17 * 2 + 4) / 19**2
    assert facts["gini"] == pytest.approx(pairs / (2 * 8 / 19))
    assert facts["cardinality"] == pytest.approx(8 / 7)
    assert facts["density"] == pytest.approx(8 / 7 / 19)
    assert (facts["classes"], facts["distinct_sets"], facts["without_label"]) == (2, 3, 1)


def test_imbalance_of_pixels_and_of_two_selections(opened):
    asked = asked_of(opened, "split=train", "split=test", of="pixels")
    chart = imbalance.CHART(asked)
    assert chart.facts["imbalance_ratio"] == 1
    assert chart.facts["compared"]["imbalance_ratio"] == 3
    row = chart.table.set_index("Figure").loc["Imbalance ratio"]
    assert (row["Selection"], row["Compared with"], row["Difference"]) == (1, 3, -2)
    assert "1 of 5 patches have no label map" in " ".join(chart.notes)


def test_a_selection_without_labels_has_no_imbalance(opened):
    chart = imbalance.CHART(asked_of(opened, "nlabels=0"))
    assert chart.facts["imbalance_ratio"] is None
    assert chart.facts["cardinality"] == 0
    assert "No patch of the selection has a label" in chart.sentence


def copied(chart):
    """Return the weights that the text to copy holds."""
    name, _, text = chart.facts["copy"].partition("weights = ")
    assert name.startswith("# Class weights by ")
    return ast.literal_eval(text)


def test_weights_by_inverse_frequency(opened):
    chart = class_weights.CHART(asked_of(opened))
    found = copied(chart)
    assert list(found) == list(opened.dataset.classes.names)
    assert found[PASTURES] == pytest.approx(8 / (2 * 6), abs=1e-6)
    assert found[FOREST] == 2
    assert found[MARINE] == 0
    assert chart.facts["weights"][MARINE] is None
    assert "17 of the 19 classes never occur" in " ".join(chart.notes)
    assert chart.facts["copy"].count("# never occurs") == 17


def test_weights_by_effective_number(opened):
    chart = class_weights.CHART(asked_of(opened, method="effective", beta="0.9"))
    raw = np.array([1 / (1 - 0.9**6), 1 / (1 - 0.9**2)])
    own = raw / raw.mean()
    found = copied(chart)
    assert [found[PASTURES], found[FOREST]] == pytest.approx(own, abs=1e-6)


def test_weights_by_median_frequency(opened):
    chart = class_weights.CHART(asked_of(opened, method="median", of="pixels"))
    # Pastures have 64,800 of 86,400 pixels where they occur, forest 21,600 of 28,800.
    assert copied(chart)[PASTURES] == copied(chart)[FOREST] == 1
    with pytest.raises(CannotTell, match="defined for pixels"):
        class_weights.CHART(asked_of(opened, method="median"))


def test_the_text_to_copy_is_one_comment_and_one_dict_whatever_is_selected(opened):
    text = "country=%0Aimport os|Austria"
    assert copied(class_weights.CHART(asked_of(opened, text)))[FOREST] == 2


def test_numbers_of_labels(opened):
    chart = labels_per_patch.CHART(asked_of(opened))
    assert chart.facts["patches"] == {"0": 1, "1": 4, "2": 2}
    assert chart.facts["mean"] == pytest.approx(8 / 7)
    clicks = [data[0] for data in chart.figure.data[0].customdata]
    assert clicks == ["nlabels=0..0", "nlabels=1..1", "nlabels=2..2"]


def test_sets_of_labels(opened):
    asked = asked_of(opened, show="sets")
    chart = labels_per_patch.CHART(asked)
    expected = {PASTURES: 4, f"{PASTURES} + {FOREST}": 2, "no label": 1}
    assert dict(zip(chart.table["Labels"], chart.table["patches"], strict=True)) == expected
    # A click selects exactly the patches with this set.
    table = opened.samples.table(opened.dataset.classes)
    for data, count in zip(chart.figure.data[0].customdata, (4, 2, 1), strict=True):
        assert table.select(parse(data[0])[0]).count() == count
