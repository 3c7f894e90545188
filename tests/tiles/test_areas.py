"""The answer of /areas: sampled and ground area of what is shown."""

import dataclasses

import numpy as np
import pytest
import shapely

from eoexplore.core import nomenclature
from eoexplore.core.selection import parse
from eoexplore.store.samples import Samples
from eoexplore.tiles import areas
from eoexplore.tiles.scene import Ground, Scene, shown_of
from tests.tiles.conftest import ALONE, EASTERN, PATCHES, WESTERN


def maps_of(patches):
    return np.stack([patch.pixels("reference_map", "reference_map") for patch in patches])


def shown_by(scene, text):
    return shown_of(scene, parse(text)[0])[0]


def by_key(entries, number="sampled_km2"):
    return {entry["key"]: entry[number] for entry in entries}


@pytest.fixture(scope="module")
def everything(data):
    return areas.areas_of(data.scene, data.shown)


def test_sampled_areas_are_the_pixels_of_all_maps(data, everything):
    maps = maps_of(PATCHES)
    levels = nomenclature.levels(data.opened.dataset.classes)
    assert everything["sampled_km2"] == pytest.approx(maps.size * 1e-4)
    for level, schema in levels.items():
        expected = {
            nomenclature.key_of(item): round(int(np.isin(maps, item.codes).sum()) * 1e-4, 4)
            for item in (*schema.classes, schema.unlabelled)
        }
        assert by_key(everything["levels"][level]) == expected
        assert sum(expected.values()) == pytest.approx(maps.size * 1e-4)
    assert everything["classes"] == everything["levels"]["clc19"]
    assert everything["codes"] == everything["levels"]["clc3"]


def test_ground_areas_leave_out_the_overlap_of_two_zones(data, everything):
    rows = [data.scene.samples.row(patch.id) for patch in (*WESTERN, *EASTERN)]
    shapes = shapely.polygons(data.scene.samples.outlines[rows])
    union = shapely.union_all(shapes).area / shapely.area(shapes).sum()
    expected = (len(ALONE) + len(rows) * union) * 1.44
    assert 0.5 < union < 0.9
    assert everything["ground_km2"] == pytest.approx(expected, rel=2e-3)
    assert everything["places"] == everything["samples"] == len(PATCHES)
    total = sum(by_key(everything["classes"], "ground_km2").values())
    assert total == pytest.approx(everything["ground_km2"], abs=2e-3)
    for entry in (*everything["classes"], *everything["codes"]):
        assert entry["low_km2"] <= entry["ground_km2"] <= entry["high_km2"] <= entry["sampled_km2"]


def test_where_nothing_overlaps_both_areas_are_equal(data):
    found = areas.areas_of(data.scene, shown_by(data.scene, "split=test"))
    assert found["samples"] == found["places"] == len(ALONE)
    assert found["ground_km2"] == found["sampled_km2"] == pytest.approx(1.44 * len(ALONE))
    assert by_key(found["classes"]) == by_key(found["classes"], "ground_km2")


def test_the_patch_that_is_drawn_above_counts_in_full(data):
    """The later date lies above: what it has is ground, the other one loses its part."""
    found = areas.areas_of(data.scene, shown_by(data.scene, "country=Austria"))
    maps = maps_of(EASTERN)
    for entry in found["codes"]:
        assert entry["high_km2"] >= round(float((maps == int(entry["key"])).sum()) * 1e-4, 4) - 1e-4


def test_the_address_answers(data, client):
    found = client.get(f"/areas/{data.opened.slug}?select=split%3Dtest").json()
    assert found["available"] is True
    assert found["sampled_km2"] == pytest.approx(1.44 * len(ALONE))
    assert found["classes"][-1]["key"] == "999"
    again = client.get(f"/areas/{data.opened.slug}?select=nonsense%3D1")
    assert again.json()["samples"] == len(PATCHES)
    assert "X-EOExplore-Notice" in again.headers
    assert client.get(f"/areas/{data.opened.slug}/more").status_code == 404
    assert client.get("/areas/unknown").status_code == 404


def test_a_selection_of_nothing(data):
    found = areas.areas_of(data.scene, shown_by(data.scene, "country=Atlantis"))
    assert (found["samples"], found["places"], found["ground_km2"]) == (0, 0, 0)
    assert {entry["ground_km2"] for entry in found["classes"]} == {0}


def test_without_an_index_a_sentence_says_so_and_the_footprints_are_counted(data):
    frame = data.scene.samples.frame
    frame = frame.drop(columns=[name for name in frame.columns if name.startswith("area_")])
    samples = Samples(frame)
    scene = Scene(dataclasses.replace(data.opened, samples=samples), Ground(samples))
    found = areas.areas_of(scene, shown_by(scene, ""))
    assert found["available"] is False
    assert "not read the reference maps" in found["sentence"]
    assert found["ground_km2"] < found["sampled_km2"] == pytest.approx(1.44 * len(PATCHES))


def test_patches_without_a_map_are_counted_and_said(data):
    """Columns joined by row have gaps where a patch has no map."""
    frame = data.scene.samples.frame.copy()
    columns = [name for name in frame.columns if name.startswith("area_")]
    frame[columns] = frame[columns].astype(float)
    frame.loc[data.scene.samples.row(ALONE[0].id), columns] = np.nan
    samples = Samples(frame)
    scene = Scene(dataclasses.replace(data.opened, samples=samples), Ground(samples))
    found = areas.areas_of(scene, shown_by(scene, "split=test"))
    assert found["without_map"] == 1
    assert sum(by_key(found["classes"]).values()) == pytest.approx(1.44 * (len(ALONE) - 1))


def test_the_answer_is_kept_for_the_selection(data):
    shown = shown_by(data.scene, "split=test")
    assert areas.areas_of(data.scene, shown) is areas.areas_of(data.scene, shown)
