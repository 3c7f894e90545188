"""CORINE codes and levels."""

import dataclasses

import pytest

from eoexplore.core import nomenclature
from eoexplore.core.types import Classes, LabelClass
from eoexplore.datasets._reben_facts import classes

LEVELS = nomenclature.levels(classes())


def test_reben_has_four_schemas_in_a_fixed_order():
    assert list(LEVELS) == ["clc19", "clc3", "clc2", "clc1"]
    assert [len(schema.classes) for schema in LEVELS.values()] == [19, 44, 15, 5]


@pytest.mark.parametrize("level", LEVELS)
def test_each_code_belongs_to_exactly_one_class(level):
    schema = LEVELS[level]
    codes = [code for item in (*schema.classes, schema.unlabelled) for code in item.codes]
    assert sorted(codes) == sorted(nomenclature.corine())


@pytest.mark.parametrize(("level", "digits"), [("clc3", 3), ("clc2", 2), ("clc1", 1)])
def test_levels_are_the_first_digits_of_the_codes(level, digits):
    for item in LEVELS[level].classes:
        assert len({str(code)[:digits] for code in item.codes}) == 1
    assert LEVELS[level].unlabelled.codes == (999,)


@pytest.mark.parametrize(
    ("level", "code", "name"),
    [
        ("clc19", 333, "Natural grassland and sparsely vegetated areas"),
        ("clc19", 142, "Unlabelled"),
        ("clc3", 142, "Sport and leisure facilities"),
        ("clc2", 243, "Heterogeneous agricultural areas"),
        ("clc2", 423, "Maritime wetlands"),
        ("clc1", 141, "Artificial surfaces"),
        ("clc1", 335, "Forest and semi natural areas"),
        ("clc1", 999, "Unlabelled"),
    ],
)
def test_names(level, code, name):
    assert LEVELS[level].class_of(code).name == name


def test_a_class_has_the_official_colour_of_its_first_code():
    corine = nomenclature.corine()
    for schema in LEVELS.values():
        for item in (*schema.classes, schema.unlabelled):
            assert item.colour == corine[item.codes[0]][1]


@pytest.mark.parametrize("level", LEVELS)
def test_keys_stand_for_one_class_each(level):
    schema = LEVELS[level]
    keys = [nomenclature.key_of(item) for item in (*schema.classes, schema.unlabelled)]
    assert len(set(keys)) == len(keys)
    assert keys[-1] == "999"


def test_unlabelled_has_one_key_wherever_its_code_stands():
    own = classes().unlabelled
    assert own.codes[0] != nomenclature.UNLABELLED
    assert nomenclature.key_of(own) == "999"
    assert nomenclature.key_of(LabelClass("none", "#000000", ())) == "999"
    assert nomenclature.key_of(LabelClass("water", "#0000ff", (523, 511))) == "523"


def test_a_dataset_without_corine_codes_has_its_own_classes_only():
    own = Classes(
        "Two", (LabelClass("a", "#000000", (1,)),), {1: ("a", "#000000"), 0: ("none", "#111111")},
        LabelClass("None", "#111111", (0,)),
    )  # fmt: skip
    assert dict(nomenclature.levels(own)) == {"classes": own}
    scene_labels_only = dataclasses.replace(own, codes={})
    assert dict(nomenclature.levels(scene_labels_only)) == {"classes": scene_labels_only}


def test_safe_colours_have_one_row_for_each_class():
    table = nomenclature.safe_colours()
    for level, schema in LEVELS.items():
        keys = {" ".join(str(code) for code in sorted(item.codes)) for item in schema.classes}
        assert set(table[level]) == {*keys, "999"}
