"""Physical rules, and snow and cloud, out of an index."""

import numpy as np
import pytest

from eoexplore.analysis.rules.rule import every
from eoexplore.evidence import physics, snow_cloud
from eoexplore.evidence.kind import Asked, CannotTell
from tests.charts.conftest import Row, grid, opened_of
from tests.evidence.model_free import BEACH, FOREST, WATER, asked_of, image, said

DRY, SNOWY, WINTER, CLOUDY, MARKED = 1, 2, 3, 4, 5
SNOW = {f"s2/{band}": 6000.0 for band in ("B02", "B03", "B04", "B08")} | {"s2/B11": 500.0}
CLOUD = {f"s2/{band}": 4500.0 for band in ("B02", "B03", "B04", "B08")} | {"s2/B11": 3500.0}


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    rows = grid(3, labels=(WATER, FOREST))
    rows[WINTER] = Row(labels=(FOREST,), date="2018-01-10", y=1)
    rows[MARKED] = Row(labels=(FOREST,), x=2, y=1, flags=("snow",))
    images = [image(512, 311, seed=n) for n in range(9)]
    images[DRY] = image(512, 311, as_code=311)
    images[WINTER] = image(311, as_code=331)
    radar = {"s1/VV": -10.0, "s1/VH": -15.0}
    images[SNOWY] = {311: image(311)[311] | SNOW | radar}
    images[CLOUDY] = {311: image(311)[311] | CLOUD | radar}
    images[MARKED] = images[SNOWY]
    return asked_of(tmp_path_factory.mktemp("index"), rows, images)


def rules_of(asked, row):
    found = physics.find(asked)
    own = found.facts["rule"][found.rows == row].astype(int)
    return {every()[number].name for number in own.tolist()}


def test_water_that_looks_like_forest_breaks_the_rules_of_water(asked):
    assert rules_of(asked, DRY) == {"dry_water", "rough_water"}
    found = physics.find(asked)
    own = found.rows == DRY
    assert {asked.opened.dataset.classes.names[n] for n in found.labels[own]} == {WATER}
    assert (found.scores[own] > 0.5).all()
    assert (found.facts["share"][own] == 0.5).all()


def test_rules_of_other_seasons_do_not_count(asked):
    # Sand under the label of forest: neither green nor rough, but it is winter.
    assert rules_of(asked, WINTER) == {"bright_forest"}


def test_snow_cloud_and_flagged_patches_are_left_out(asked):
    assert set(physics.find(asked).rows.tolist()) == {DRY, WINTER}


def test_a_broken_rule_is_a_sentence(asked):
    found = physics.find(asked)
    sentence = said(asked, physics.KIND, found.rows.tolist().index(DRY))
    assert sentence.startswith("Water as bright in the infrared as land: Inland waters, 50% of")


def test_the_chance_has_an_end():
    found = physics.chance(np.array([0.0, 1.0, 100.0]))
    assert found[0] < found[1] < found[2] == np.float32(physics.MOST)


def test_without_the_classes_of_corine_no_rule_applies(asked, tmp_path):
    from dataclasses import replace

    classes = asked.opened.dataset.classes
    own = tuple(replace(item, codes=(number,)) for number, item in enumerate(classes.classes, 1))
    opened = opened_of(grid(2), replace(classes, classes=own))
    opened.samples.frame["has_s2"] = True
    with pytest.raises(CannotTell, match="No rule applies"):
        physics.find(Asked(opened))


def test_snow_and_cloud_without_a_flag_are_found(asked):
    found = snow_cloud.find(asked)
    assert found.rows.tolist() == [SNOWY, CLOUDY]
    assert found.facts["rule"].tolist() == [snow_cloud.SNOW, snow_cloud.CLOUD]
    assert (found.labels == -1).all()
    assert (found.scores > 0.5).all()
    assert "snow index 0.85" in said(asked, snow_cloud.KIND, 0)
    assert "cloudy" in said(asked, snow_cloud.KIND, 1)


def test_snow_and_cloud_need_images():
    with pytest.raises(CannotTell, match="B02, B03, B04, B08, B11"):
        snow_cloud.find(Asked(opened_of(grid(2, labels=(BEACH,)))))
