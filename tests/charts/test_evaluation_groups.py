"""Scores by group and on the map, of sets whose errors are known."""

import numpy as np
import pytest

from eoexplore.charts import _judged_groups, score_map, scores_by_group
from eoexplore.charts.chart import CannotTell
from eoexplore.core.selection import parse
from eoexplore.store.truth import Truth
from tests.charts.conftest import FOREST, MARINE, PASTURES, Row, opened_of
from tests.charts.judging import answer, confusion, question, write

CLASSES = (FOREST, PASTURES, MARINE)
# Austria in two tiles, Portugal in one; the last two are 1.2 and 12 km from the training patch.
ROWS = [
    Row((FOREST,), x=0, tile="33UUP", split="validation"),
    Row((PASTURES,), x=1, tile="33UVP", date="2018-01-10", split="validation"),
    Row((FOREST, PASTURES), x=40, tile="29SNC", country="Portugal", split="train"),
    Row((MARINE,), x=41, tile="29SNC", country="Portugal", split="test"),
    Row((MARINE,), x=50, tile="29SNC", country="Portugal", split="test"),
]
SAID = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0], [1, 0, 0], [1, 0, 1]])
"""Right, right, right, wrong twice (one missed, one extra), one extra."""


@pytest.fixture(scope="module")
def opened():
    return opened_of(ROWS)


@pytest.fixture(scope="module")
def labels(opened):
    return write(opened, "labels", range(5), SAID * 0.8 + 0.1, CLASSES)


@pytest.fixture(scope="module")
def masks(opened):
    """Austria: 150 of 200 right; Portugal: 30 of 100."""
    pixels = confusion((0, 0, 0, 100), (1, 1, 1, 50), (1, 1, 0, 50), (3, 2, 2, 30), (3, 2, 1, 70))
    return write(
        opened, "masks", range(5), SAID / 2, CLASSES, task="segmentation", confusion=pixels
    )


def groups(found, part="value"):
    return {name: own[part] for name, own in found.facts["groups"].items()}


def test_f1_of_each_country(opened, labels):
    found = answer(scores_by_group.CHART, opened, labels, figure="f1_micro", by="country")
    # Portugal: 3 hits, 2 extra, 1 missed.
    assert groups(found) == {"Austria": 1.0, "Portugal": pytest.approx(6 / 9)}
    assert groups(found, "patches") == {"Austria": 2, "Portugal": 3}
    assert groups(found, "tiles") == {"Austria": 2, "Portugal": 1}
    assert "0.667 for Portugal (3 patches)" in found.sentence


def test_only_groups_of_several_tiles_have_an_interval(opened, labels):
    found = answer(scores_by_group.CHART, opened, labels, figure="f1_micro", by="country")
    assert groups(found, "low") == {"Austria": 1.0, "Portugal": None}
    assert any("1 of the groups" in note for note in found.notes)


def test_macro_f1_is_over_the_classes_that_a_group_has(opened, labels):
    found = answer(scores_by_group.CHART, opened, labels, figure="f1_macro", by="country")
    # Portugal: forest 2/4, pastures 1, marine 2/3.
    assert groups(found)["Portugal"] == pytest.approx((0.5 + 1 + 2 / 3) / 3)


def test_average_precision_of_each_country(opened, labels):
    found = answer(scores_by_group.CHART, opened, labels, by="country")
    # Portugal: forest is ranked no better than chance (1 of 3), pastures at the top; of marine
    # waters one is at the top, and the other comes with all three.
    assert groups(found)["Portugal"] == pytest.approx((1 / 3 + 1 + (1 + 2 / 3) / 2) / 3)
    assert groups(found)["Austria"] == 1.0


def test_pixels_of_each_country(opened, masks):
    accuracy = answer(scores_by_group.CHART, opened, masks, figure="accuracy", by="country")
    assert groups(accuracy) == {"Austria": 0.75, "Portugal": 0.3}
    # Austria: forest 100 of 150 and pastures 50 of 100.
    iou = answer(scores_by_group.CHART, opened, masks, figure="mean_iou", by="country")
    assert groups(iou)["Austria"] == pytest.approx((100 / 150 + 0.5) / 2)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("season", {"winter": 1, "summer": 4}),
        ("month", {"January": 1, "June": 4}),
        ("tile", {"29SNC": 3, "33UUP": 1, "33UVP": 1}),
        ("split", {"train": 1, "validation": 2, "test": 2}),
        ("labels", {"1 label": 4, "2 labels": 1}),
        ("distance", {"training patch": 1, "up to 1.3 km": 1, "10 to 20 km": 1,
                      "more than 20 km": 2}),
    ],
)  # fmt: skip
def test_patches_of_each_group_and_what_a_click_selects(opened, labels, by, expected):
    asked = question(opened, labels, by=by, figure="f1_micro")
    found = scores_by_group.CHART(asked)
    assert groups(found, "patches") == expected
    table = opened.samples.table(opened.dataset.classes)
    clicks = found.figure.data[0].customdata
    assert any(click is not None for click in clicks)
    for click, count in zip(clicks, expected.values(), strict=True):
        if click is not None:
            assert table.select(parse(click[0])[0]).count() == count


def test_labels_of_a_file_cannot_be_selected(opened, labels):
    masks = opened.samples.frame["label_mask"].to_numpy(np.uint64)
    asked = question(opened, labels, by="labels")
    truth = Truth("mine", masks & ~masks, np.ones(5, bool))
    found = _judged_groups.groups(type(asked)(opened, asked.parts, truth=truth), "labels")
    assert (found.names, found.conditions) == (("0 labels",), (None,))


def test_two_sets_stand_side_by_side(opened, labels, masks):
    found = answer(scores_by_group.CHART, opened, labels, masks, figure="f1_micro", by="country")
    assert [trace.name for trace in found.figure.data] == ["labels", "masks"]
    # Shares above 0 are the same classes as scores above 0.5.
    columns = [f"{name}: F1, micro" for name in ("labels", "masks")]
    assert (found.table[columns[0]] == found.table[columns[1]]).all()


def test_without_training_patches_distances_are_not_known(opened, labels):
    stated = write(opened, "elsewhere", range(5), SAID, CLASSES, trained_on_split="fold-7")
    with pytest.raises(CannotTell, match="fold-7"):
        answer(scores_by_group.CHART, opened, stated, by="distance")


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("errors", {"Austria": 0, "Portugal": 1}),
        ("missed", {"Austria": 0, "Portugal": pytest.approx(1 / 3)}),
        ("extra", {"Austria": 0, "Portugal": pytest.approx(2 / 3)}),
    ],
)
def test_errors_on_the_map(opened, labels, measure, expected):
    found = answer(score_map.CHART, opened, labels, measure=measure, by="country")
    assert found.facts["areas"] == expected


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("wrong", {"33UUP": 0, "33UVP": 0.5, "29SNC": 0.7}),
        ("accuracy", {"33UUP": 1, "33UVP": 0.5, "29SNC": 0.3}),
    ],
)
def test_pixels_on_the_map(opened, masks, measure, expected):
    found = answer(score_map.CHART, opened, masks, measure=measure, by="tile")
    assert found.facts["areas"] == {name: pytest.approx(value) for name, value in expected.items()}
    assert "29SNC" in found.title
    assert any("2 judged patches" in note for note in found.notes)


def test_the_map_of_two_sets_shows_their_difference(opened, labels):
    other = write(opened, "none", range(5), SAID * 0, CLASSES)
    found = answer(score_map.CHART, opened, labels, other, measure="errors", by="tile")
    assert dict(zip(found.table["Tile"], found.table["difference"], strict=True)) == {
        "29SNC": pytest.approx(1 - 4 / 3), "33UUP": -1, "33UVP": -1
    }  # fmt: skip
    assert "more in 0 of them and less in 3" in found.sentence
