"""Spots that a map cannot decide on, on drawn maps of four patches, counted by hand."""

from dataclasses import replace

import numpy as np
import pytest

from eoexplore.charts import components
from eoexplore.charts.chart import CannotTell
from eoexplore.store import catalog
from tests import builders, indexing
from tests.builders import Patch
from tests.charts.conftest import PASTURES, Row, asked_of, opened_of

WEST = Patch("33UUP", 2, 5, split="train", country="Austria")
EAST = Patch("33UUP", 3, 5, split="test", country="Austria")
LATER = Patch("33UUP", 2, 5, date="20170813T101031", split="validation", country="Austria")
ARABLE, URBAN, INLAND = "Arable land", "Urban fabric", "Inland waters"


def drawn(*boxes):
    label_map = np.full((120, 120), 231, np.uint16)
    for code, rows, columns in boxes:
        label_map[rows, columns] = code
    return label_map


MAPS = {
    # Arable land of 50 x 90 pixels across both; a pond of 9; a river of 5 rows that goes on in the
    # west where there is no patch, and ends in the east.
    WEST: drawn(
        (211, slice(10, 60), slice(90, 120)),
        (512, slice(70, 73), slice(10, 13)),
        (511, slice(100, 105), slice(0, 120)),
    ),
    EAST: drawn(
        (211, slice(10, 60), slice(0, 60)),
        (511, slice(100, 105), slice(0, 20)),
        (999, slice(0, 5), slice(0, 5)),
    ),
    LATER: drawn((112, slice(20, 27), slice(5, 115)), (112, slice(40, 47), slice(5, 115))),
}


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    root = tmp_path_factory.mktemp("components")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EOEXPLORE_CACHE", str(root / "cache"))
        builders.write_tree(root / "reben", tuple(MAPS), layers=("reference_map",))
        for own, label_map in MAPS.items():
            path = own.path(root / "reben", "reference_map", "reference_map")
            builders.write_raster(path, label_map, own, 0)
        return indexing.build(catalog.add(root / "reben").slug)


def lines(chart):
    return chart.table.set_index("Class")


def test_spots_by_verdict(opened):
    chart = components.CHART(asked_of(opened))
    found = lines(chart)
    names = ["spots", "decidable", "too small", "too thin", "unknown, cut by a border"]
    # The pond, and a river that leaves towards the west.
    assert found.loc[INLAND, names].tolist() == [2, 0, 1, 0, 1]
    assert found.loc[ARABLE, names].tolist() == [1, 1, 0, 0, 0]
    # 110 x 7 pixels, twice: 7.7 ha.
    assert found.loc[URBAN, names].tolist() == [2, 0, 2, 0, 0]
    # The river cuts the pastures into a part above, across both, and one below on each side.
    assert found.loc[PASTURES, "decidable"] == found.loc[PASTURES, "spots"]
    assert found.loc[ARABLE, "area (km², sampled)"] == pytest.approx(0.45)
    assert found.loc[INLAND, "area too small (km²)"] == pytest.approx(0.0009)
    total = sum(found[f"area {name} (km²)"].sum() for name in names[1:])
    # Less 25 unlabelled pixels.
    assert total == pytest.approx((3 * 14_400 - 25) / 10_000)
    assert chart.facts["too_small"] == 3
    assert chart.facts["too_thin"] == 0
    assert chart.facts["unknown"] == 1
    assert chart.facts["patches_with_map"] == 3
    assert "cannot be decided at the map's own resolution" in chart.sentence


def test_a_joined_spot_counts_once_and_its_area_as_far_as_it_is_selected(opened):
    chart = components.CHART(asked_of(opened, "split=train"))
    row = lines(chart).loc[ARABLE]
    assert (row["spots"], row["decidable"]) == (1, 1)
    assert row["area (km², sampled)"] == pytest.approx(0.15)


@pytest.mark.parametrize("of", ["number", "area"])
@pytest.mark.parametrize("values", ["share", "number"])
def test_bars_are_the_table(opened, of, values):
    chart = components.CHART(asked_of(opened, of=of, **{"as": values}))
    found = lines(chart)
    for trace in chart.figure.data:
        for name, value in zip(trace.y, trace.x, strict=True):
            if values == "number":
                column = trace.name if of == "number" else f"area {trace.name} (km²)"
                assert value == found.loc[name, column]
    if values == "share":
        sums = np.sum([trace.x for trace in chart.figure.data], axis=0)
        np.testing.assert_allclose(sums, 1)


def test_a_click_leads_to_patches_with_such_spots(opened):
    chart = components.CHART(asked_of(opened, "country=Austria"))
    found = {
        (trace.name, name): text
        for trace in chart.figure.data
        for name, (text,) in zip(trace.y, trace.customdata, strict=True)
    }
    assert found["too small", URBAN] == f"country=Austria&ids={LATER.id}"
    # The river is in both patches.
    assert found["unknown, cut by a border", INLAND] == f"country=Austria&ids={WEST.id}|{EAST.id}"
    assert found["decidable", ARABLE] == "class=all:Arable land&country=Austria"
    assert found["too thin", ARABLE] == ""


def test_two_selections(opened):
    chart = components.CHART(asked_of(opened, "split=train", "split=validation"))
    found = lines(chart)
    assert found.loc[URBAN, "Difference of shares too small or too thin"] == -1
    assert [trace.name for trace in chart.figure.data] == ["Selection", "Compared with"]
    assert "Chi-square test" in " ".join(chart.notes)
    empty = components.CHART(asked_of(opened, "country=Atlantis", "split=train"))
    assert "cannot be compared" in " ".join(empty.notes)


def test_what_cannot_be_told(opened):
    with pytest.raises(CannotTell, match="None of the selected patches"):
        components.CHART(asked_of(opened, "country=Atlantis"))
    with pytest.raises(CannotTell, match="no label maps"):
        components.CHART(asked_of(opened_of([Row()])))
    # An index of an earlier release.
    with pytest.raises(CannotTell, match="does not have the connected spots"):
        components.CHART(asked_of(opened_of([Row(pixels={231: 14_400})])))
    classes = replace(opened.dataset.classes, mapping_unit_m2=None)
    with pytest.raises(CannotTell, match="No smallest area"):
        components.CHART(asked_of(opened_of([Row(pixels={231: 14_400})], classes)))
