"""Curves, calibration, thresholds, abstention and sets, with answers worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from eoexplore.charts import (
    abstention,
    calibration,
    class_thresholds,
    conformal_sets,
    precision_recall,
)
from eoexplore.charts.chart import CannotTell
from eoexplore.store.truth import Truth
from tests.charts.conftest import FOREST, MARINE, PASTURES, Row, opened_of
from tests.charts.judging import answer, question, write

TEST = "split=test"


def dataset(validation, test, **more):
    """Return a dataset of patches with, or without, Pastures."""
    rows = [
        Row((PASTURES,) if has else (), x=place, split=split, **more)
        for split, own in (("validation", validation), ("test", test))
        for place, has in enumerate(own)
    ]
    return opened_of(rows)


def scored(opened, scores, name="mine", classes=(PASTURES,), **more):
    columns = np.asarray(scores, float)
    columns = columns[:, None] if columns.ndim == 1 else columns
    return write(opened, name, range(len(columns)), columns, classes, **more)


# -- curves ----------------------------------------------------------------------------------------

RANKED = ([1, 0, 1, 0], [0.9, 0.8, 0.6, 0.2])


def test_precision_over_recall():
    opened = dataset([], RANKED[0])
    found = answer(precision_recall.CHART, opened, scored(opened, RANKED[1]))
    assert found.facts["class"] == PASTURES
    assert found.facts["area"] == {"mine": pytest.approx(0.5 + 0.5 * 2 / 3)}
    assert found.facts["at_threshold"] == {"mine": [1, pytest.approx(2 / 3)]}
    assert "0.833 (at its threshold, 0.5: recall 1.000, precision 0.667)" in found.sentence
    # Of points with one recall, the most precise is kept.
    assert found.table["score from"].to_list() == pytest.approx([0.9, 0.6])
    assert found.table["Precision"].to_list() == pytest.approx([1, 2 / 3])


def test_receiver_operating_characteristic():
    opened = dataset([], RANKED[0])
    found = answer(precision_recall.CHART, opened, scored(opened, RANKED[1]), curve="roc")
    assert found.facts["area"] == {"mine": 0.75}
    assert found.facts["at_threshold"] == {"mine": [0.5, 1]}
    assert found.table["False positive rate"].to_list() == [0, 0, 0.5, 0.5, 1]


def test_the_point_of_a_threshold_that_misses_some():
    opened = dataset([], RANKED[0])
    mine = scored(opened, RANKED[1], threshold=0.7)
    found = answer(precision_recall.CHART, opened, mine, curve="roc")
    assert found.facts["at_threshold"] == {"mine": [0.5, 0.5]}


def test_two_sets_have_two_curves_and_points():
    opened = dataset([], RANKED[0])
    sets = scored(opened, RANKED[1]), scored(opened, [0.4, 0.1, 0.3, 0.2], "other")
    found = answer(precision_recall.CHART, opened, *sets)
    assert found.facts["area"] == {"mine": pytest.approx(5 / 6), "other": 1}
    assert found.facts["at_threshold"]["other"] is None
    assert "other 1.000 (at its threshold, 0.5, nothing is predicted)" in found.sentence
    assert set(found.table["Predictions"]) == {"mine", "other"}


def test_a_class_that_nobody_or_everybody_has_is_no_curve():
    opened = dataset([], [1, 1])
    mine = scored(opened, [[0.2, 0.3], [0.1, 0.6]], classes=(PASTURES, MARINE))
    with pytest.raises(CannotTell, match="None of the 2"):
        answer(precision_recall.CHART, opened, mine, **{"class": MARINE})
    with pytest.raises(CannotTell, match="All 2"):
        answer(precision_recall.CHART, opened, mine, curve="roc")


# -- calibration -----------------------------------------------------------------------------------


def test_a_temperature_of_two_makes_these_scores_right():
    # Of scores of 0.8, logit ln 4, two thirds are right, logit ln 2: so T = 2.
    opened = dataset([1, 1, 0], [1, 0, 1])
    found = answer(calibration.CHART, opened, scored(opened, [0.8] * 6), select=TEST)
    assert found.facts["temperature"] == pytest.approx(2, rel=1e-4)
    assert found.facts["calibration_error"] == {
        "as they are": pytest.approx(0.8 - 2 / 3), "scaled": pytest.approx(0, abs=1e-4)
    }  # fmt: skip
    assert found.facts["brier"] == {
        "as they are": pytest.approx((0.04 + 0.64 + 0.04) / 3), "scaled": pytest.approx(2 / 9)
    }  # fmt: skip
    assert found.title.startswith("Scores are too high")
    assert found.table["how many"].to_list() == [3, 3]
    assert not any("looks better" in note for note in found.notes)


def test_one_class_has_its_own_diagram_and_the_same_temperature():
    opened = dataset([1, 1, 0], [1, 0, 1])
    scores = np.column_stack([[0.8] * 6, [1e-3] * 6])
    mine = scored(opened, scores, classes=(PASTURES, MARINE))
    found = answer(calibration.CHART, opened, mine, select=TEST, **{"class": MARINE})
    assert found.facts["calibration_error"]["as they are"] == pytest.approx(1e-3, rel=1e-4)
    assert any("No judged patch has Marine waters" in note for note in found.notes)
    both = answer(calibration.CHART, opened, mine, select=TEST)
    assert both.facts["temperature"] == found.facts["temperature"]
    assert both.facts["class_wise_error"]["as they are"] == pytest.approx(
        (0.8 - 2 / 3 + 1e-3) / 2, rel=1e-4
    )


def test_without_validation_scores_are_only_looked_at():
    opened = dataset([], [1, 0])
    found = answer(calibration.CHART, opened, scored(opened, [0.5, 0.5]))
    assert found.facts["calibration_error"] == {"as they are": 0}
    assert found.facts["temperature"] is None
    assert any(note.startswith("Not scaled: ") for note in found.notes)


def test_patches_that_fit_and_are_judged_are_told():
    opened = dataset([1, 1, 0], [1, 0, 1])
    mine = scored(opened, np.linspace(0.1, 0.9, 6))
    for kind in (calibration.CHART, class_thresholds.CHART):
        assert any("3 of the 6 judged" in note for note in answer(kind, opened, mine).notes)


# -- thresholds ------------------------------------------------------------------------------------


def test_thresholds_of_validation_change_the_judged_scores():
    opened = dataset([1, 1, 0, 0], [1, 0, 0])
    own = [0.3, 0.4, 0.2, 0.1, 0.35, 0.32, 0.1]
    mine = scored(opened, np.column_stack([own, [0.1] * 7]), classes=(PASTURES, MARINE))
    found = answer(class_thresholds.CHART, opened, mine, select=TEST)
    assert found.facts["thresholds"] == {PASTURES: pytest.approx(0.3), MARINE: 0.5}
    # One hit, one too many.
    assert found.facts["stated"] == {"f1_macro": 0, "f1_micro": 0}
    assert found.facts["chosen"] == {
        "f1_macro": pytest.approx(2 / 3), "f1_micro": pytest.approx(2 / 3)
    }  # fmt: skip
    assert found.facts["gained"]["f1_macro"]["low"] is None
    assert found.table["change"].to_list()[0] == pytest.approx(2 / 3)
    assert any("keep the stated threshold: Marine waters" in note for note in found.notes)


@pytest.mark.parametrize("kind", [class_thresholds.CHART, conformal_sets.CHART])
def test_without_validation_nothing_is_fitted(kind):
    opened = dataset([], [1, 0])
    with pytest.raises(CannotTell, match="split=validation"):
        answer(kind, opened, scored(opened, [0.5, 0.5]))


def test_labels_of_a_file_are_fitted_to_and_judged_by():
    opened = dataset([0, 0, 0, 0], [0, 0])
    mine = scored(opened, [0.3, 0.4, 0.2, 0.1, 0.35, 0.1])
    bit = np.uint64(1) << np.uint64(opened.dataset.classes.names.index(PASTURES))
    labels = np.array([1, 1, 0, 0, 1, 0], np.uint64) * bit
    asked = question(opened, mine, select=TEST)
    truth = Truth("mine.parquet", labels, np.ones(6, bool))
    found = class_thresholds.CHART(replace(asked, truth=truth))
    assert found.facts["chosen"]["f1_macro"] == 1
    only_test = replace(truth, known=np.arange(6) >= 4)
    with pytest.raises(CannotTell, match="no patch of the validation split"):
        class_thresholds.CHART(replace(asked, truth=only_test))


# -- abstention ------------------------------------------------------------------------------------

SURE = ([1] * 5 + [0] * 5, [0.99] * 5 + [0.6] * 5)


@pytest.mark.parametrize(("coverage", "risk", "left"), [("100", 0.5, 0), ("50", 0, 5)])
def test_leaving_out_what_is_least_sure(coverage, risk, left):
    opened = dataset([], SURE[0])
    found = answer(abstention.CHART, opened, scored(opened, SURE[1]), coverage=coverage)
    assert found.facts["risk"] == {"mine": risk}
    assert found.facts["left_out"] == left
    assert f"{left} of 10 patches are left out" in found.sentence
    assert found.facts["aurc"]["mine"] == pytest.approx(
        sum((kept - 5) / kept for kept in range(6, 11)) / 10
    )


def test_missing_f1_is_a_risk_too():
    opened = dataset([], SURE[0])
    found = answer(abstention.CHART, opened, scored(opened, SURE[1]), measure="f1")
    # All are predicted: 5 hits, 5 too many.
    assert found.facts["risk_of_all"] == {"mine": pytest.approx(1 / 3)}
    # At 90 %, four of the five.
    assert found.facts["risk"] == {"mine": pytest.approx(4 / 14)}


def test_masks_do_not_say_how_sure_they_are():
    opened = dataset([], SURE[0])
    masks = scored(opened, SURE[1], "masks", task="segmentation")
    for kind in (abstention.CHART, calibration.CHART):
        with pytest.raises(CannotTell, match="of masks"):
            answer(kind, opened, masks)
    beside = answer(abstention.CHART, opened, scored(opened, SURE[1]), masks)
    assert list(beside.facts["risk"]) == ["mine"]
    assert any("masks is of masks" in note for note in beside.notes)


# -- sets ------------------------------------------------------------------------------------------

NINE = np.arange(1, 10) / 10
FOUR = [0.05, 0.15, 0.5, 0.95]


@pytest.mark.parametrize(("nominal", "threshold", "covered"), [("90", 0.1, 3), ("80", 0.2, 2)])
def test_coverage_of_sets(nominal, threshold, covered):
    # Of nine scores, 90 % asks for the rank 10 × 0.9 from above, 80 % for 10 × 0.8.
    opened = dataset([1] * 9, [1] * 4)
    mine = scored(opened, [*NINE, *FOUR])
    found = answer(conformal_sets.CHART, opened, mine, coverage=nominal)
    assert found.facts["coverage"] == covered / 4
    assert found.facts["classes"] == {PASTURES: covered / 4}
    assert found.facts["size"] == covered / 4
    assert found.facts["groups"] == {"Austria": {"coverage": covered / 4, "size": covered / 4}}
    assert found.table["score from"][0] == pytest.approx(threshold)
    assert found.table["coverage, Austria"].to_list() == [covered / 4] * 2
    assert any("9 selected patches are validation" in note for note in found.notes)


def test_a_class_with_few_validation_patches_is_in_every_set():
    opened = dataset([1] * 9, [1] * 4)
    scores = np.column_stack([[*NINE, *FOUR], [0.01] * 13])
    mine = scored(opened, scores, classes=(PASTURES, FOREST))
    found = answer(conformal_sets.CHART, opened, mine)
    assert any("every set has them: Broad-leaved forest" in note for note in found.notes)
    assert found.facts["size"] == 1 + 3 / 4
    strict = answer(conformal_sets.CHART, opened, mine, coverage="95")
    assert strict.facts["coverage"] == 1
    assert "no class has enough" in strict.sentence


def test_validation_alone_is_not_checked():
    opened = dataset([1] * 9, [1] * 4)
    with pytest.raises(CannotTell, match="split=test"):
        answer(conformal_sets.CHART, opened, scored(opened, [*NINE, *FOUR]),
               select="split=validation")  # fmt: skip


def test_without_seasons_there_is_a_coverage_still():
    opened = dataset([1] * 9, [1] * 4, date="")
    found = answer(conformal_sets.CHART, opened, scored(opened, [*NINE, *FOUR]), by="season")
    assert (found.facts["coverage"], found.facts["groups"]) == (0.75, {})


def test_the_most_frequent_class_is_offered_first():
    opened = opened_of([Row((MARINE,)), Row((MARINE,), x=1), Row((PASTURES,), x=2)])
    mine = scored(opened, np.eye(3)[:, :2], classes=(PASTURES, MARINE))
    asked = question(opened, mine)
    assert precision_recall.CHART.offered(asked)[0].initial == MARINE
