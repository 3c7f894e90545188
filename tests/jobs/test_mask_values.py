"""What values of masks can mean, for datasets whose codes are small numbers themselves."""

import pytest

from eoexplore.core.errors import PredictionError
from eoexplore.core.types import Classes, LabelClass
from eoexplore.jobs import mask_values

CLASSES = Classes(
    name="Three",
    classes=(
        LabelClass("water", "#0000ff", (1,)), LabelClass("forest", "#00ff00", (2, 3)),
        LabelClass("built", "#ff0000", (4,)),
    ),
    codes={code: (str(code), "#000000") for code in range(5)},
    unlabelled=LabelClass("unlabelled", "#000000", (0,)),
)  # fmt: skip


def test_codes_that_could_be_numbers_are_asked_for():
    found = mask_values.mean(CLASSES, {1: 10, 2: 5}, "", "")
    assert not found.certain
    assert "whether they are codes or numbers or numbers-from-1" in found.sentence
    # An order alone does not say where they begin.
    found = mask_values.mean(CLASSES, {1: 10, 2: 5}, "", "alphabet")
    assert not found.certain
    assert "the order" not in found.sentence


def test_what_only_codes_can_be_is_certain():
    found = mask_values.mean(CLASSES, {1: 6, 4: 3, 0: 1}, "", "")
    assert (found.kind, found.certain) == ("codes", True)
    assert found.sentence == (
        "The values are codes of the dataset: 1 is water (60.0%), 4 is built (30.0%), "
        "0 is no class: nothing is predicted (10.0%)."
    )
    assert found.classes == {0: -1, 1: 0, 2: 1, 3: 1, 4: 2}


@pytest.mark.parametrize(
    ("kind", "order", "expected"),
    [
        ("codes", "", {0: -1, 1: 0, 2: 1, 3: 1, 4: 2}),
        # What is said to be numbers from 0 has a class for 0, though the code 0 has none.
        ("numbers", "dataset", {0: 0, 1: 1, 2: 2}),
        ("numbers", "alphabet", {0: 2, 1: 1, 2: 0}),
        ("numbers-from-1", "dataset", {0: -1, 1: 0, 2: 1, 3: 2}),
        ("numbers-from-1", "alphabet", {0: -1, 1: 2, 2: 1, 3: 0}),
    ],
)
def test_each_value_has_the_class_that_was_said(kind, order, expected):
    found = mask_values.mean(CLASSES, {0: 1, 1: 1, 2: 1}, kind, order)
    assert found.certain
    assert found.classes == expected


def test_no_order_is_asked_for_where_both_are_one():
    in_order = Classes(
        "Two", (LabelClass("a", "#000000", (10,)), LabelClass("b", "#000000", (20,))),
        {10: ("a", "#000000"), 20: ("b", "#000000")}, LabelClass("none", "#000000", ()),
    )  # fmt: skip
    found = mask_values.mean(in_order, {0: 1, 1: 1}, "numbers", "")
    assert (found.certain, found.classes) == (True, {0: 0, 1: 1})


def test_strange_values_are_counted_beside_what_most_are():
    with pytest.raises(PredictionError) as error:
        mask_values.mean(CLASSES, {4: 990, 3: 5, 255: 4, 99: 0.5}, "", "")
    assert "2 values of the masks are neither codes of Three nor numbers" in str(error.value)
    assert "255 (0.4%), 99 (less than 0.1%)" in str(error.value)
