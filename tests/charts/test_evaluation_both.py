"""Two prediction sets on what both have: patches, and classes by their names."""

import numpy as np
import pytest
from sklearn import metrics as sk

from eoexplore.charts import (
    pixel_scores,
    precision_recall,
    score_map,
    scores_by_class,
    scores_by_group,
    scores_overview,
)
from eoexplore.charts.chart import CannotTell
from tests.charts.conftest import FOREST, MARINE, PASTURES, Row, opened_of
from tests.charts.judging import answer, confusion, question, write

CLASSES = (FOREST, PASTURES, MARINE)
LABELS = [(FOREST,), (PASTURES, MARINE), (MARINE,), (FOREST, MARINE), (PASTURES,), (MARINE,)]
TRUTH = np.array([[name in labels for name in CLASSES] for labels in LABELS])
ONE = np.random.default_rng(1).random((6, 3)).round(3)
TWO = np.random.default_rng(2).random((6, 3)).round(3)


@pytest.fixture(scope="module")
def opened():
    return opened_of([Row(labels, x=place) for place, labels in enumerate(LABELS)])


@pytest.fixture
def one(opened):
    return write(opened, "one", range(6), ONE, CLASSES)


@pytest.fixture
def other(opened):
    """A set that knows two of the three classes, in another order, and one patch less."""
    return write(opened, "other", range(1, 6), TWO[1:, [2, 0]], (MARINE, FOREST))


def macro(scores, columns, rows):
    return sk.average_precision_score(TRUTH[rows][:, columns], scores[rows][:, columns])


def test_figures_are_of_the_classes_and_patches_that_both_have(opened, one, other):
    rows = slice(1, 6)
    for first, second in ((one, other), (other, one)):
        found = answer(scores_overview.CHART, opened, first, second)
        sets = found.facts["sets"]
        for name, scores in (("one", ONE), ("other", TWO)):
            value = sets[name]["metrics"]["average_precision_macro"]["value"]
            assert value == pytest.approx(macro(scores, [0, 2], rows))
        text = " ".join(found.notes)
        assert f"side by side, it is without {PASTURES}, which other does not know." in text
    alone = answer(scores_overview.CHART, opened, one)
    value = alone.facts["metrics"]["average_precision_macro"]["value"]
    assert value == pytest.approx(macro(ONE, [0, 1, 2], slice(0, 6)))


def test_classes_stand_beside_themselves_in_any_order(opened, one, other):
    found = answer(scores_by_class.CHART, opened, one, other).table.set_index("Class")
    assert set(found.index) == {FOREST, MARINE}
    for name, column in ((FOREST, 0), (MARINE, 2)):
        for own, scores in (("one", ONE), ("other", TWO)):
            said = found.filter(regex=f"^{own}").loc[name].iloc[0]
            assert said == pytest.approx(
                sk.average_precision_score(TRUTH[1:, column], scores[1:, column])
            )


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_curve_is_of_the_class_that_was_chosen(opened, one, other, order):
    sets = [(one, other)[place] for place in order]
    found = answer(precision_recall.CHART, opened, *sets, **{"class": MARINE})
    text = f"{found.sentence} {found.facts}"
    for scores in (ONE, TWO):
        assert f"{sk.average_precision_score(TRUTH[1:, 2], scores[1:, 2]):.3f}" in text


def test_groups_are_of_the_classes_that_both_have(opened, one, other):
    found = answer(scores_by_group.CHART, opened, one, other, by="split")
    said = [float(value) for value in found.table.select_dtypes("float").iloc[0]]
    for scores in (ONE, TWO):
        assert pytest.approx(macro(scores, [0, 2], slice(1, 6)), abs=1e-9) in said


def test_sets_without_a_common_class_are_a_sentence(opened, one):
    strange = write(opened, "strange", range(6), TWO[:, :1], ("Lava",))
    with pytest.raises(CannotTell, match="have no class in common"):
        answer(scores_overview.CHART, opened, one, strange)


def test_masks_of_other_classes_are_not_averaged_together(opened):
    pixels = confusion((0, 0, 0, 90), (0, 0, 1, 10))
    masks = {"task": "segmentation", "confusion": pixels}
    one = write(opened, "one", range(6), ONE, CLASSES, **masks)
    fewer = write(opened, "fewer", range(6), ONE[:, :2], CLASSES[:2], **masks)
    with pytest.raises(CannotTell, match="not of the same classes"):
        answer(pixel_scores.CHART, opened, one, fewer)


def test_a_curve_is_offered_of_classes_that_both_have(opened, one, other):
    offered = {
        item.name: item for item in precision_recall.CHART.offered(question(opened, one, other))
    }
    assert set(offered["class"].values) == {FOREST, MARINE}
    found = answer(precision_recall.CHART, opened, one, other, **{"class": PASTURES})
    assert found.facts["class"] in (FOREST, MARINE)


def test_groups_and_maps_of_masks_need_the_same_classes(opened):
    pixels = confusion((0, 0, 0, 90), (0, 0, 1, 10))
    masks = {"task": "segmentation", "confusion": pixels}
    one = write(opened, "one", range(6), ONE, CLASSES, **masks)
    fewer = write(opened, "fewer", range(6), ONE[:, :2], CLASSES[:2], **masks)
    for kind, options in (
        (scores_by_group.CHART, {"figure": "mean_iou", "by": "split"}),
        (score_map.CHART, {"measure": "accuracy", "by": "tile"}),
    ):
        names = {item.name for item in kind.offered(question(opened, one, fewer))}
        assert options.keys() <= names
        with pytest.raises(CannotTell, match="not of the same classes"):
            answer(kind, opened, one, fewer, **options)


def test_masks_beside_scores_are_judged_alone(opened, other):
    pixels = confusion((0, 0, 0, 90), (0, 0, 1, 10))
    masks = write(opened, "m", range(6), ONE, CLASSES, task="segmentation", confusion=pixels)
    found = answer(pixel_scores.CHART, opened, masks, other)
    assert found.facts["metrics"]["accuracy"]["value"] == 0.9
    assert "Of m alone." in found.notes
    with pytest.raises(CannotTell, match="other has no pixels"):
        answer(pixel_scores.CHART, opened, other, masks)


def test_masks_with_classes_in_another_order_are_the_same(opened):
    pixels = confusion((0, 0, 0, 90), (0, 0, 1, 10), (1, 2, 2, 70), (1, 1, 2, 30))
    turned = confusion((0, 2, 2, 90), (0, 2, 1, 10), (1, 0, 0, 70), (1, 1, 0, 30))
    one = write(opened, "one", range(6), ONE, CLASSES, task="segmentation", confusion=pixels)
    other = write(
        opened, "other", range(6), ONE[:, ::-1], CLASSES[::-1], task="segmentation",
        confusion=turned,
    )  # fmt: skip
    found = answer(pixel_scores.CHART, opened, one, other)
    columns = [found.table.filter(regex=f"^{own}").iloc[:, 0] for own in ("one", "other")]
    np.testing.assert_array_equal(columns[0], columns[1])
    expected = {FOREST: 0.9, PASTURES: 0, MARINE: 0.7}
    assert dict(zip(found.table["Class"], columns[0], strict=True)) == pytest.approx(expected)
