"""Separability of classes against normal distributions of which it is known."""

import math

import numpy as np
import pytest

from eoexplore.charts import separability
from eoexplore.charts.chart import CannotTell
from tests.charts.conftest import FOREST, MARINE, PASTURES, Row, asked_of, opened_of
from tests.charts.made_spectra import with_spectra

SIGMA = 100


def normal(random, mean):
    return np.rint(random.normal(mean, SIGMA, (120, 120)))


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Forest at 2000, pastures two deviations beside it in training, eight in the test split."""
    random = np.random.default_rng(5)
    rows, images = [], []
    for number in range(24):
        test = number % 2
        rows.append(Row((FOREST, PASTURES), x=number, split="test" if test else "train"))
        pastures = 2000 + SIGMA * (8 if test else 2)
        images.append(
            {
                311: {"s2/B04": normal(random, 2000), "s2/B08": normal(random, 3000), "s1/VV": -9},
                231: {
                    "s2/B04": normal(random, pastures),
                    "s2/B08": normal(random, 3000),
                    "s1/VV": -9,
                },
            }
        )
    # Two pixels of the sea: less than bands.
    sea = {523: {"s2/B04": 300, "s2/B08": 300, "pixels": 2}}
    rows.append(Row((MARINE,), x=60))
    images.append(sea)
    return with_spectra(tmp_path_factory.mktemp("index"), rows, images)


def distance(shift):
    """Of two normal distributions of one covariance, so many deviations apart in one band."""
    return 2 * (1 - math.exp(-(shift**2) / 8))


def test_distance_of_normal_distributions(opened):
    chart = separability.CHART(asked_of(opened, "split=train"))
    line = chart.table.iloc[0]
    assert {line["Class"], line["Other class"]} == {FOREST, PASTURES}
    # 768 pixels of each.
    assert line["Distance"] == pytest.approx(distance(2), abs=0.1)
    assert (line["Pixels"], line["Pixels of the other class"]) == (768, 768)
    assert "Of 1 pair 0 reach 1.9 of 2, and 1 stay below 1." in chart.sentence
    assert chart.facts["bands"] == 2
    assert (chart.figure.data[0].zmin, chart.figure.data[0].zmax) == (0, 2)


def test_a_class_of_too_few_pixels_has_no_distance(opened, monkeypatch):
    chart = separability.CHART(asked_of(opened))
    sea = chart.table[(chart.table["Class"] == MARINE) | (chart.table["Other class"] == MARINE)]
    assert len(sea) == 2
    assert sea["Distance"].isna().all()
    assert any("at least 3" in note and MARINE in note for note in chart.notes)
    assert np.isnan(chart.figure.data[0].z[2]).all()
    said = chart.figure.data[1].text
    assert any("768" not in text and "too few pixels; 3 are needed" in text for text in said)
    monkeypatch.setattr(separability, "_PER_BAND", 1000)
    marked = separability.CHART(asked_of(opened))
    assert list(marked.figure.data[0].x) == [f"* {PASTURES}", f"* {FOREST}", f"* {MARINE}"]


def test_two_parts_share_a_matrix(opened):
    chart = separability.CHART(asked_of(opened, "split=train", "split=test"))
    line = chart.table.iloc[0]
    assert line["Selection: distance"] == pytest.approx(distance(2), abs=0.1)
    assert line["Compared with: distance"] == pytest.approx(distance(8), abs=0.01)
    assert line["Difference"] < -1
    z = np.array(chart.figure.data[0].z, float)
    assert z[1, 0] == pytest.approx(line["Selection: distance"])
    assert z[0, 1] == pytest.approx(line["Compared with: distance"])
    clicks = [item[0] for item in chart.figure.data[1].customdata]
    assert clicks[1] == f"class=all:{FOREST}|{PASTURES}&split=test"


def test_a_band_that_never_varies_gives_no_distance(opened):
    chart = separability.CHART(asked_of(opened, bands="both"))
    assert chart.facts["bands"] == 3
    assert chart.table["Distance"].isna().all()
    assert any("bands depend on each other" in text for text in chart.figure.data[1].text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("split=validation", "None of the selected patches has spectra"),
        (f"class=any:{MARINE}", "0 classes have as many"),
    ],
)
def test_without_pixels_it_says_so(opened, text, reason):
    with pytest.raises(CannotTell, match=reason):
        separability.CHART(asked_of(opened, text))


def test_without_images_it_says_so():
    with pytest.raises(CannotTell, match="no optical images"):
        separability.CHART(asked_of(opened_of([Row()])))
