"""Groups and means by columns of prediction sets, by hand; clicks select exactly their group."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eoexplore.charts import _groups, _predicted, class_counts, split_sizes, statistic_map
from eoexplore.charts.chart import CannotTell
from eoexplore.core.selection import parse
from eoexplore.datasets._reben_facts import classes as reben_classes
from eoexplore.store import prediction_sets
from tests.charts.conftest import PASTURES, Row, asked_of, opened_of, split_of
from tests.charts.judging import confusion, write

ROWS = [
    *[Row(x=x, country="Austria", split="train") for x in range(4)],
    *[Row(x=x, tile="29SNC", country="Portugal", split="test") for x in range(5)],
]
OTHERS = tuple(name for name in reben_classes().names if name != PASTURES)[:6]
CLASSES = (PASTURES, *OTHERS)
SAID = {0: (1, 0), 1: (0, 0), 2: (1, 1), 4: (0, 4), 5: (0, 6), 6: (1, 4), 7: (1, 5), 8: (0, 0)}
"""Whether Pastures, the label of all, is predicted, and how many others; row 3 is left out."""
BELOW = np.nextafter(np.float32([0.6, 0.9]), np.float32(0))
SURE = [0.5, BELOW[0], 0.6, 0.7, 0.8, BELOW[1], 0.9, 0.0]
"""Scores of one class; the last one is as sure as can be that the class is not there."""


@pytest.fixture
def opened():
    return opened_of(ROWS)


def counted(opened, name="mine"):
    scores = [[first, *[1] * more, *[0] * (6 - more)] for first, more in SAID.values()]
    return write(opened, name, list(SAID), scores, CLASSES)


def sure(opened, name="sure"):
    return write(opened, name, range(8), np.array(SURE, np.float32)[:, None], (PASTURES,))


def masks(opened, name="masks"):
    """Right are 0, 1, 2, 3, 4 and 5 pixels of 5; of the seventh none is labelled."""
    pixels = [(place, 0, 0, place) for place in range(1, 6)]
    pixels += [(place, 0, 1, 5 - place) for place in range(5)]
    scores = np.tile([0.5, 0.5], (7, 1))
    return write(
        opened, name, range(7), scores, CLASSES[:2], task="segmentation",
        confusion=confusion(*pixels),
    )  # fmt: skip


def sizes(opened, by, select=""):
    return class_counts.CHART(asked_of(opened, select, by=by)).facts["sizes"]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("errors", {"0 wrong": 1, "1 wrong": 3, "4 wrong": 1, "5 or more wrong": 3}),
        ("missed", {"0 missed": 4, "1 missed": 4}),
        ("extra", {"0 extra": 3, "1 extra": 1, "4 extra": 2, "5 or more extra": 2}),
    ],
)
def test_whole_numbers_are_groups_and_the_tail_is_one(opened, column, expected):
    counted(opened)
    found = sizes(opened, f"pred.mine.{column}")
    assert list(found.items()) == [*expected.items(), ("not predicted", 1)]


def test_steps_of_confidence_have_their_lower_end(opened):
    sure(opened)
    assert sizes(opened, "pred.sure.confidence") == {
        "0.5 to below 0.6": 2, "0.6 to below 0.7": 1, "0.7 to below 0.8": 1,
        "0.8 to below 0.9": 2, "0.9 to 1": 2, "not predicted": 1,
    }  # fmt: skip


def test_steps_of_accuracy_and_patches_without_labelled_pixels(opened):
    masks(opened)
    assert sizes(opened, "pred.masks.accuracy") == {
        "0 to below 0.2": 1, "0.2 to below 0.4": 1, "0.4 to below 0.6": 1, "0.6 to below 0.8": 1,
        "0.8 to 1": 2, "without labelled pixels": 1, "not predicted": 2,
    }  # fmt: skip


def rows_of_clicks(opened, by, select=""):
    """Return what a click on each group selects, as rows; none where it selects nothing."""
    asked = asked_of(opened, select, by=by)
    found = _groups.grouping(asked, by)
    table = opened.samples.table(opened.dataset.classes)
    rows = {}
    for number, name in enumerate(found.names):
        if not (asked.part.mask & (found.codes == number)).any():
            continue
        own = _groups.condition(asked, by, found.values[number])
        if own is None:
            rows[name] = None
            continue
        selection, notices = parse(asked.part.only(**own))
        assert notices == ()
        rows[name] = table.select(selection).rows().tolist()
        of = np.flatnonzero(asked.part.mask & (found.codes == number))
        assert rows[name] == of.tolist()
    return rows


def test_a_click_selects_the_patches_of_the_group(opened):
    counted(opened)
    assert rows_of_clicks(opened, "pred.mine.errors") == {
        "0 wrong": [0], "1 wrong": [1, 2, 8], "4 wrong": [6], "5 or more wrong": [4, 5, 7],
        "not predicted": None,
    }  # fmt: skip


def test_only_the_ends_of_steps_can_be_clicked(opened):
    sure(opened)
    found = rows_of_clicks(opened, "pred.sure.confidence")
    # A patch on the boundary is in the upper step.
    assert found.pop("0.5 to below 0.6") == [0, 1]
    assert found.pop("0.9 to 1") == [6, 7]
    assert set(found.values()) == {None}
    masks(opened)
    assert rows_of_clicks(opened, "pred.masks.accuracy")["0.8 to 1"] == [4, 5]


def test_a_bound_that_holds_already_is_not_lost(opened):
    counted(opened)
    by = "pred.mine.errors"
    assert rows_of_clicks(opened, by, f"{by}=<=5") == {
        "0 wrong": [0], "1 wrong": [1, 2, 8], "4 wrong": [6], "5 or more wrong": None,
    }  # fmt: skip
    assert rows_of_clicks(opened, by, f"{by}=>=5") == {"5 or more wrong": [4, 5, 7]}
    # Other conditions stay.
    assert rows_of_clicks(opened, by, "split=test")["1 wrong"] == [8]


@settings(max_examples=15)
@given(
    st.lists(
        st.lists(st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.35, 0.4, 0.5, 0.6, 0.65, 0.8, 1.0]),
                 min_size=3, max_size=3),
        min_size=5, max_size=5,
    )
)  # fmt: skip
def test_groups_part_the_patches_and_clicks_never_mix_them(scores):
    opened = opened_of(ROWS)
    write(opened, "any", [0, 2, 4, 6, 8], scores, CLASSES[:3])
    for column in ("errors", "missed", "extra", "confidence"):
        rows_of_clicks(opened, f"pred.any.{column}")
        found = sizes(opened, f"pred.any.{column}")
        assert found.pop("not predicted") == 4
        assert sum(found.values()) == 5


def test_the_chart_has_a_mark_for_each_cell_that_leads_on(opened):
    sure(opened)
    chart = class_counts.CHART(asked_of(opened, by="pred.sure.confidence"))
    heat, marks = chart.figure.data
    assert heat.x[0] == "0.5 to below 0.6"
    row = list(heat.y).index(PASTURES) * len(heat.x)
    assert [data and data[0] for data in marks.customdata[row : row + len(heat.x)]] == [
        "class=all:Pastures&pred.sure.confidence=<0.6", None, None, None,
        "class=all:Pastures&pred.sure.confidence=>=0.9", None,
    ]  # fmt: skip
    assert chart.title == "Patches with the label, by sure: mean confidence of the classes"
    (note,) = chart.notes
    assert note.startswith("Nobody states what sure was trained on: it may know these.")


def test_a_set_that_is_made_anew_has_new_groups(opened):
    counted(opened)
    assert sizes(opened, "pred.mine.errors")["1 wrong"] == 3
    write(opened, "mine", range(9), np.eye(9, 7) * 0, CLASSES)
    assert sizes(opened, "pred.mine.errors") == {"1 wrong": 9}
    asked = asked_of(opened, by="country", statistic="pred.mine.errors")
    assert statistic_map.CHART(asked).facts["areas"] == {"Austria": 1, "Portugal": 1}


def test_a_set_that_is_deleted_is_offered_no_more(opened):
    counted(opened)
    assert sizes(opened, "pred.mine.errors")
    asked = asked_of(opened, by="pred.mine.errors")
    before = _predicted.stamps(asked)
    prediction_sets.remove(opened, "mine")
    assert _predicted.stamps(asked) != before
    assert class_counts.CHART.choose(asked)["by"] == "none"
    # Somebody deletes it while a chart is being made.
    with pytest.raises(CannotTell, match="There is no prediction set 'mine'"):
        class_counts.CHART.make(type(asked)(opened, asked.parts, {
            "by": "pred.mine.errors", "of": "patches", "as": "number", "scale": "linear"
        }))  # fmt: skip


def offered(kind, opened, option):
    asked = asked_of(opened, splits=(split_of(opened),))
    return next(item for item in kind.offered(asked) if item.name == option).values


def test_choices_name_set_and_column_and_are_there_where_sets_are(opened):
    def of(kind, option="by"):
        return {k: v for k, v in offered(kind, opened, option).items() if k.startswith("pred.")}

    kinds = ((class_counts.CHART, "by"), (statistic_map.CHART, "statistic"))
    assert [of(*kind) for kind in kinds] == [{}, {}]
    counted(opened, "labels-2")
    masks(opened)
    assert of(class_counts.CHART) == {
        "pred.labels-2.errors": "labels-2: classes that are wrong",
        "pred.labels-2.missed": "labels-2: labels that are not predicted",
        "pred.labels-2.extra": "labels-2: predicted classes that are no label",
        "pred.labels-2.confidence": "labels-2: mean confidence of the classes",
        "pred.masks.errors": "masks: classes that are wrong",
        "pred.masks.missed": "masks: labels that are not predicted",
        "pred.masks.extra": "masks: predicted classes that are no label",
        "pred.masks.accuracy": "masks: share of the labelled pixels that are right",
    }
    assert of(split_sizes.CHART) == of(class_counts.CHART)
    assert list(of(statistic_map.CHART, "statistic")) == list(of(class_counts.CHART))


def test_names_that_are_no_column_of_a_set(opened):
    for name in ("split", "pred.x", "pred..errors", "pred.../../x.errors", "pred.x.Pastures"):
        assert not _predicted.is_one(name)
    # What lies beside the sets under a name that no set can have is none of them.
    folder = prediction_sets.folder_of(opened.fingerprint, "mine").with_name("My set.errors")
    folder.mkdir(parents=True)
    (folder / prediction_sets.ABOUT).write_text('{"name": "My set.errors"}', encoding="utf-8")
    assert _predicted.columns(asked_of(opened)) == {}


def test_a_class_with_the_name_of_a_column_hides_it(opened):
    write(opened, "odd", range(9), np.full((9, 1), 0.25), ("errors",))
    found = list(_predicted.columns(asked_of(opened)))
    assert found == ["pred.odd.missed", "pred.odd.extra", "pred.odd.confidence"]


def test_masks_without_pixels_cannot_be_grouped_by_accuracy(opened):
    scores = np.full((9, 1), 0.5)
    write(opened, "bare", range(9), scores, (PASTURES,), task="segmentation")
    with pytest.raises(CannotTell, match="set bare says this of no patch"):
        sizes(opened, "pred.bare.accuracy")


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        ("pred.mine.errors", {"Austria": (0 + 1 + 1) / 3, "Portugal": (5 + 7 + 4 + 5 + 1) / 5}),
        ("pred.mine.missed", {"Austria": 1 / 3, "Portugal": 3 / 5}),
        ("pred.mine.extra", {"Austria": 1 / 3, "Portugal": 19 / 5}),
        ("pred.sure.confidence", {"Austria": (0.5 + 0.6 + 0.6 + 0.7) / 4,
                                  "Portugal": (0.8 + 0.9 + 0.9 + 1) / 4}),
        ("pred.masks.accuracy", {"Austria": 6 / 20, "Portugal": 9 / 10}),
    ],
)  # fmt: skip
def test_means_on_the_map_are_over_the_patches_that_have_one(opened, statistic, expected):
    counted(opened)
    sure(opened)
    masks(opened)
    chart = statistic_map.CHART(asked_of(opened, by="country", statistic=statistic))
    assert chart.facts["areas"] == {key: pytest.approx(own) for key, own in expected.items()}
    lacking = {"mine": 1, "sure": 1, "masks": 3}[statistic.split(".")[1]]
    assert f"{lacking} of 9 patches have none, and count nothing." in chart.notes
    assert chart.figure is not None


def test_a_selection_without_predictions_has_no_mean(opened):
    sure(opened)
    ids = opened.samples.frame["id"]
    asked = asked_of(opened, f"ids={ids[8]}", by="country", statistic="pred.sure.confidence")
    with pytest.raises(CannotTell, match="this is not known"):
        statistic_map.CHART(asked)


def test_parts_of_a_split_by_errors(opened):
    counted(opened)
    asked = asked_of(opened, splits=(split_of(opened),), by="pred.mine.errors")
    chart = split_sizes.CHART(asked)
    table = chart.table.set_index("mine: classes that are wrong")
    assert table["train"].to_dict() == {
        "0 wrong": 1, "1 wrong": 2, "4 wrong": 0, "5 or more wrong": 0, "not predicted": 1
    }  # fmt: skip
    assert table["test"].tolist() == [0, 1, 1, 3, 0]
    test = next(trace for trace in chart.figure.data if trace.name == "test")
    assert [data and data[0] for data in test.customdata] == [
        *(f"pred.mine.errors=={count}&split=test" for count in (0, 1, 4)),
        "pred.mine.errors=>=5&split=test",
        None,
    ]


def test_what_the_set_was_trained_on_is_said(opened):
    write(opened, "known", range(6), np.zeros((6, 1)), (PASTURES,), trained_on_split="train")
    chart = class_counts.CHART(asked_of(opened, by="pred.known.errors"))
    assert "known was trained on the split “train”, to which 4 of the 6" in chart.notes[0]
    chart = statistic_map.CHART(asked_of(opened, by="country", statistic="pred.known.errors"))
    assert any("trained on the split “train”" in note for note in chart.notes)
