"""What a model says of patches, as charts, by hand."""

from dataclasses import replace

import numpy as np
import pytest

from eoexplore.charts import prediction
from eoexplore.core.model_card import CardClass
from tests.jobs.test_inputs import CARD as ONE

CARD = replace(
    ONE,
    classes=(
        CardClass(1, "Forest", "#00ff00"),
        CardClass(2, "Water", "#0000ff"),
        CardClass(3, "Fields", "#ffff00"),
    ),
)
MASK = replace(CARD, task="segmentation", activation="softmax")


def test_scores_beside_labels():
    chart = prediction.scores(CARD, {"m": np.array([0.2, 0.9, 0.6])}, ["Water", "Forest"], 0.5)
    assert chart.table["Class"].tolist() == ["Water", "Fields", "Forest"]
    assert chart.table["label"].tolist() == [True, False, True]
    assert chart.title == "1 of 2 labels are predicted, and 1 other class is"
    assert chart.sentence == (
        "Label and predicted: Water. Predicted, no label: Fields. Label, not predicted: Forest."
    )
    assert chart.facts["predicted"] == ["Water", "Fields"]
    exact = prediction.scores(CARD, {"m": np.array([0.2, 0.9, 0.4])}, ["Water"], 0.5)
    assert exact.title == "The prediction has exactly the labels"
    nothing = prediction.scores(CARD, {"m": np.zeros(3)}, [], 0.5)
    assert "no labels" in nothing.sentence


def test_a_score_at_the_threshold_counts():
    chart = prediction.scores(CARD, {"m": np.array([0.5, 0.0, 0.0])}, [], 0.5)
    assert chart.facts["predicted"] == ["Forest"]


def test_areas_beside_the_label_map():
    # Two rows of two pixels: Forest, Water / Water, Water; the map knows three of them.
    values = np.zeros((3, 2, 2), np.float32)
    values[[0, 1, 1, 1], [0, 0, 1, 1], [0, 1, 0, 1]] = 1
    reference = np.array([[0, 0], [1, -1]])
    chart = prediction.areas(MASK, {"m": values}, reference)
    assert chart.table["Class"].tolist() == ["Water", "Forest"]
    assert chart.table["m: share"].tolist() == [0.75, 0.25]
    assert chart.table["Reference map: share"].tolist() == [0.25, 0.5]
    assert chart.sentence == "66.7% of the 3 labelled pixels have the class of the map."
    alone = prediction.areas(MASK, {"m": values}, None)
    assert list(alone.table.columns) == ["Class", "m: share"]
    assert "no label map" in alone.sentence


def test_many_patches_class_by_class():
    values = np.array([[0.9, 0.1, 0.6], [0.8, 0.7, 0.0]])
    has = {"Forest": np.array([True, False]), "Water": np.array([False, True])}
    chart = prediction.together(CARD, values, has, 0.5)
    rows = chart.table.set_index("Class")
    assert rows.loc["Forest", ["predicted", "labels", "both"]].tolist() == [2, 1, 1]
    assert rows.loc["Water", ["predicted", "labels", "both"]].tolist() == [1, 1, 1]
    assert rows.loc["Fields", ["predicted", "labels", "both"]].tolist() == [1, 0, 0]
    assert rows.loc["Forest", "share of the predicted that are labels"] == 0.5
    assert np.isnan(rows.loc["Fields", "share of the labels that are predicted"])
    assert chart.sentence.startswith(
        "Of 2 labels of 2 patches, 2 (100.0%) are predicted; 2 classes"
    )


def test_of_masks_any_pixel_counts():
    shares = np.array([[0.99, 0.01, 0.0]])
    chart = prediction.together(MASK, shares, {}, 0.5)
    assert chart.table.set_index("Class")["predicted"].to_dict() == {
        "Forest": 1,
        "Water": 1,
        "Fields": 0,
    }


def test_bands_that_mattered_are_sorted_by_size_whatever_the_sign():
    chart = prediction.bands(CARD.bands, np.array([0.1, -0.4, 0.2]), "Water")
    assert chart.table["Band"].tolist() == ["s1/VV", "s2/B02", "s2/B12"]
    assert chart.sentence == "With s1/VV at its mean, the score of Water changes by +0.400."
    assert chart.table["fall of the score"].tolist() == pytest.approx([-0.4, 0.2, 0.1])


def test_slopes_of_bands_say_what_they_are():
    slopes = np.array([0.1, -0.4, 0.2])
    chart = prediction.bands(CARD.bands, slopes, "Water {what}", prediction.GRADIENT)
    assert chart.sentence.endswith("changes the logit of Water {what} by -0.400.")
    assert "captum" in chart.notes[0]


def test_squares_of_a_file_are_counted_where_they_have_values():
    scores = np.full((3, 2, 2), np.nan)
    scores[:, 0, 0] = 0.9, 0.1, 0.5
    scores[:, 0, 1] = 0.2, 0.4, 0.7
    chart = prediction.squares(CARD.class_names, {}, scores)
    assert chart.title == "Fields is predicted in 2 of 2 squares"
    assert chart.sentence == "2 of 4 squares have values enough."
    table = chart.table.set_index("Class")
    assert table["squares"].to_dict() == {"Fields": 2, "Forest": 1, "Water": 0}
    assert table["mean score"].to_dict() == pytest.approx(
        {"Fields": 0.6, "Forest": 0.55, "Water": 0.25}
    )
    nothing = prediction.squares(CARD.class_names, {}, np.full((3, 1, 1), np.nan))
    assert nothing.title == "Nothing was predicted"
    assert nothing.figure is None
