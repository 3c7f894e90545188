"""The CORINE hierarchy, against pixels and labels by hand."""

import pytest

from eoexplore.charts import class_hierarchy
from eoexplore.charts.chart import CannotTell
from eoexplore.core.types import Classes, LabelClass
from eoexplore.render import palettes
from tests.charts.conftest import FOREST, MARINE, PASTURES, Row, asked_of, opened_of

ROWS = [
    Row((FOREST, PASTURES), pixels={311: 4_400, 312: 3_000, 231: 7_000}),
    Row((MARINE,), x=1, split="test", pixels={523: 14_000, 999: 400}),
]


@pytest.fixture(scope="module")
def opened():
    return opened_of(ROWS)


def nodes(trace):
    return dict(zip(trace.ids, trace.values, strict=True))


def test_the_tree_adds_up_from_level_3(opened):
    chart = class_hierarchy.CHART(asked_of(opened))
    found = nodes(chart.figure.data[0])
    assert found["All"] == 28_800
    wood = "All/Forest and semi natural areas"
    assert (found[wood], found[f"{wood}/Forests"]) == (7_400, 7_400)
    assert found[f"{wood}/Forests/{FOREST}"] == 4_400
    assert found["All/Unlabelled"] == 400
    assert chart.facts["level 1"]["Water bodies"] == 14_000
    assert chart.table["pixels"].sum() == 28_800
    assert set(chart.table["Code"]) == {"311", "312", "231", "523", "999"}


@pytest.mark.parametrize("palette", palettes.PALETTES)
def test_colours_are_those_of_the_palette(opened, palette):
    trace = class_hierarchy.CHART(asked_of(opened, palette=palette)).figure.data[0]
    colours = dict(zip(trace.ids, trace.marker.colors, strict=True))
    expected = {"official": ("#00ffa6", "#e6f2ff"), "safe": ("#00d2ff", "#8787d2")}[palette]
    water = "All/Water bodies"
    assert colours[f"{water}/Marine waters/Sea and ocean"] == expected[1]
    assert (colours[f"{water}"] == expected[0]) == (palette == "safe")


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("clc3", {FOREST: 4_400, "Coniferous forest": 3_000, PASTURES: 7_000}),
        ("clc2", {"Forests": 7_400, PASTURES: 7_000}),
        ("clc1", {"Forest and semi natural areas": 7_400, "Agricultural areas": 7_000}),
    ],
)
def test_bars_of_a_level(opened, level, expected):
    chart = class_hierarchy.CHART(asked_of(opened, "split=train", show=level))
    assert dict(zip(chart.table["Class"], chart.table["pixels"], strict=True)) == expected


def test_without_label_maps_labels_stand_below_level_1():
    rows = [Row((FOREST, PASTURES, "Mixed forest")), Row((FOREST,), x=1)]
    opened = opened_of(rows)
    found = nodes(class_hierarchy.CHART(asked_of(opened)).figure.data[0])
    wood = "All/Forest and semi natural areas"
    # Three labels of two patches, and level 2 is not told.
    assert (found[wood], found[f"{wood}/{FOREST}"], found["All"]) == (3, 2, 4)
    bars = class_hierarchy.CHART(asked_of(opened, show="clc1"))
    counts = dict(zip(bars.table["Class"], bars.table["patches"], strict=True))
    assert counts == {"Forest and semi natural areas": 2, "Agricultural areas": 1}
    for level in ("clc2", "clc3"):
        with pytest.raises(CannotTell, match="levels 2 and 3 cannot be told"):
            class_hierarchy.CHART(asked_of(opened, show=level))


def test_two_selections_stand_side_by_side(opened):
    chart = class_hierarchy.CHART(asked_of(opened, "split=train", "split=test"))
    one, other = chart.figure.data
    assert one.domain.x[1] <= other.domain.x[0]
    assert (nodes(one)["Selection"], nodes(other)["Compared with"]) == (14_400, 14_400)
    shares = chart.table.set_index("Level 3")["Difference of shares"]
    assert shares[PASTURES] == pytest.approx(7_000 / 14_400)
    assert "0.6931" in " ".join(chart.notes)


def test_classes_without_corine_codes_have_no_hierarchy():
    own = tuple(LabelClass(name, "#112233", ()) for name in ("Barn", "Silo"))
    schema = Classes("farm", own, {}, LabelClass("none", "#000000", ()))
    opened = opened_of([Row(("Barn",))], classes=schema)
    with pytest.raises(CannotTell, match="no CORINE codes"):
        class_hierarchy.CHART(asked_of(opened))
