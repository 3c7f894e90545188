"""Counts of classes against counts by hand."""

import numpy as np
import pytest

from eoexplore.charts import class_counts
from eoexplore.charts.chart import CannotTell
from eoexplore.core.selection import parse
from tests.charts.conftest import FOREST, MARINE, PASTURES, Row, asked_of, opened_of

ROWS = [
    Row((PASTURES, FOREST), split="train", pixels={231: 10_000, 311: 4_400}),
    Row((PASTURES,), split="train", pixels={231: 14_400}, x=1),
    Row((FOREST,), split="test", pixels={311: 7_200, 999: 7_200}, x=2, country="Serbia"),
    Row((PASTURES,), split="test", pixels={231: 14_400}, x=3, date=""),
]


@pytest.fixture(scope="module")
def opened():
    return opened_of(ROWS)


def counts(chart, column="patches"):
    return {
        name: value
        for name, value in zip(chart.table["Class"], chart.table[column], strict=True)
        if value
    }


def test_patches(opened):
    chart = class_counts.CHART(asked_of(opened))
    assert counts(chart) == {PASTURES: 3, FOREST: 2}
    assert chart.table["Class"].iloc[0] == PASTURES
    assert "Of 4 patches, 3 (75.0%) have Pastures" in chart.sentence
    assert "17 of the 19 classes never occur" in chart.sentence


def test_pixels(opened):
    chart = class_counts.CHART(asked_of(opened, of="pixels"))
    assert counts(chart, "pixels") == {PASTURES: 38_800, FOREST: 11_600}


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("split", {"train": {PASTURES: 2, FOREST: 1}, "test": {PASTURES: 1, FOREST: 1}}),
        ("country", {"Austria": {PASTURES: 3, FOREST: 1}, "Serbia": {FOREST: 1}}),
        ("season", {"summer": {PASTURES: 2, FOREST: 2}, "unknown": {PASTURES: 1}}),
        ("month", {"unknown": {PASTURES: 1}, "June": {PASTURES: 2, FOREST: 2}}),
        ("tile", {"33UUP": {PASTURES: 3, FOREST: 2}}),
        ("satellite", {"S2A": {PASTURES: 3, FOREST: 2}}),
    ],
)
def test_by_group(opened, by, expected):
    chart = class_counts.CHART(asked_of(opened, by=by))
    assert {name: counts(chart, name) for name in expected} == expected
    # Groups stand in the order that their kind has.
    assert list(chart.table.columns[2:]) == list(expected)


def test_pixels_by_group(opened):
    chart = class_counts.CHART(asked_of(opened, of="pixels", by="split"))
    assert counts(chart, "train") == {PASTURES: 24_400, FOREST: 4_400}
    # The unlabelled half of a map belongs to the split, and to no class.
    assert chart.facts["sizes"] == {"train": 28_800, "test": 28_800}


def test_shares_are_of_the_patches_or_of_the_pixels_of_all_maps(opened):
    chart = class_counts.CHART(asked_of(opened, **{"as": "share"}))
    assert chart.figure.data[0].x[0] == 0.75
    chart = class_counts.CHART(asked_of(opened, of="pixels", **{"as": "share"}))
    assert chart.figure.data[0].x[0] == pytest.approx(38_800 / 57_600)


def test_a_click_on_a_bar_selects_the_patches_that_it_counts(opened):
    table = opened.samples.table(opened.dataset.classes)
    for by in ("none", "split", "country"):
        chart = class_counts.CHART(asked_of(opened, "nlabels=1", by=by))
        trace = chart.figure.data[-1]
        clicks = [table.select(parse(data[0])[0]).count() for data in trace.customdata]
        numbers = trace.x if by == "none" else np.ravel(chart.figure.data[0].z)
        assert clicks == [int(number) for number in numbers]


def test_a_group_that_no_selection_can_name_cannot_be_clicked(opened):
    chart = class_counts.CHART(asked_of(opened, by="satellite"))
    assert [trace.type for trace in chart.figure.data] == ["heatmap"]


def test_what_is_not_told_of_any_patch_cannot_be_grouped_by():
    opened = opened_of([Row(date="", split="")])
    for by in ("month", "season", "split"):
        with pytest.raises(CannotTell, match=f"does not tell the {by}"):
            class_counts.CHART(asked_of(opened, by=by))


def test_two_selections_against_numbers_by_hand(opened):
    chart = class_counts.CHART(asked_of(opened, "split=train", "split=test"))
    table = chart.table.set_index("Class")
    assert table.loc[PASTURES, "Difference of shares"] == 1 - 1 / 2
    said = " ".join(chart.notes)
    # χ² of ((2, 1), (1, 1)) is 5 (2 × 1 - 1 × 1)² / (3 × 2 × 3 × 2), V the root of it over 5.
    assert f"χ² = {5 / 36:.1f}, 1 degrees of freedom" in said
    assert f"V = {(1 / 36) ** 0.5:.3f}" in said
    assert "Some expected counts are below 5" in said
    assert "do not lie on several tiles" in said
    assert "share patches" not in said


def test_two_selections_of_pixels_and_of_shared_patches():
    rows = [
        Row((name,), tile=tile, x=x, pixels={code: 14_400})
        for x, (name, code) in enumerate(((PASTURES, 231), (MARINE, 523)))
        for tile in ("33UUP", "33UVP")
    ]
    chart = class_counts.CHART(
        asked_of(opened_of(rows), "class=any:Pastures", "class=any:Marine waters", of="pixels")
    )
    said = " ".join(chart.notes)
    assert "divergence 0.6931 nats" in said
    assert "95 % interval 0.6931 to 0.6931 by bootstrap over tiles (1,000 draws, seed 0)" in said
    assert "Chi-square" not in said
    same = class_counts.CHART(asked_of(opened_of(rows), "", ""))
    assert "share patches" in " ".join(same.notes)
    assert "divergence 0.0000 nats" in " ".join(same.notes)


def test_patches_without_a_map_are_told(opened):
    rows = [*ROWS, Row((PASTURES,), x=7, split="unmapped")]
    chart = class_counts.CHART(asked_of(opened_of(rows), of="pixels"))
    assert "1 of 5 patches have no label map, and count nothing." in chart.notes
    with pytest.raises(CannotTell, match="None of the selected patches has a label map"):
        class_counts.CHART(asked_of(opened_of(rows), "split=unmapped", of="pixels"))


def test_nothing_is_selected(opened):
    with pytest.raises(CannotTell, match="No patch is selected"):
        class_counts.CHART(asked_of(opened, "country=Atlantis"))


def test_no_maps():
    with pytest.raises(CannotTell, match="no label maps"):
        class_counts.CHART(asked_of(opened_of([Row((MARINE,))]), of="pixels"))


def test_an_indexed_dataset(indexed):
    chart = class_counts.CHART(asked_of(indexed, "split=test"))
    assert counts(chart) == {"Arable land": 4, PASTURES: 4}
