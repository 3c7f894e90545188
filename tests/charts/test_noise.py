"""Charts of the noise of a label map, on a dataset of two halves with two spots."""

import dataclasses

import numpy as np
import pytest

from eoexplore.charts import (
    _noise,
    chart,
    class_limits,
    noise_by_class,
    noise_by_group,
    noise_matrix,
)
from eoexplore.charts.chart import Asked, CannotTell, Part
from eoexplore.core.selection import parse
from eoexplore.evidence import kind as evidence
from eoexplore.evidence import labels, spots
from eoexplore.jobs import label_issues
from eoexplore.store import issues
from tests.halving import SIDE, opened_halves

HALF_HA = {"Arable land": 3 * 144.0, "Pastures": 6 * 144.0}


@pytest.fixture(scope="module")
def halves(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evidence, "kinds", lambda: (spots.KIND, labels.KIND))
        with opened_halves(tmp_path_factory.mktemp("noise")) as found:
            label_issues.look(found.opened, found.land)
            yield found


def question(halves, select="", **more):
    selection, _ = parse(select)
    mask = halves.opened.samples.table(halves.opened.dataset.classes).select(selection).mask()
    part = Part("Selection", selection, mask)
    return dataclasses.replace(Asked(halves.opened, (part,), predictions=(halves.land,)), **more)


def test_each_class_has_the_share_of_its_spots(halves):
    made = noise_by_class.CHART(question(halves))
    found = {line["Class"]: line for line in made.table.to_dict("records")}
    assert set(found) == set(HALF_HA)
    kept = issues.together(halves.opened, ("spots",), "land").findings
    chance = kept.scores[kept.facts["area_ha"] > 40][0]
    known = spots.KNOWN
    expected = 43.2 * chance * known.share / HALF_HA["Pastures"] + known.unseen
    assert found["Pastures"]["Share that is wrong"] == pytest.approx(expected, rel=1e-4)
    assert found["Pastures"]["Area, ha"] == HALF_HA["Pastures"]
    assert found["Pastures"]["Patches"] == 2 * SIDE
    # Nine patches are fewer than thirty: both classes stand apart.
    assert not any(line["Enough patches"] for line in found.values())
    assert "too few patches" in made.title
    # Whole percents would write 0.5 % and 1 % alike.
    assert made.figure.layout.xaxis.tickformat == ".3~%"
    for line in found.values():
        assert 0 <= line["from"] <= line["Share that is wrong"] <= line["to"] <= 1


def test_rows_of_the_matrix_add_up(halves):
    made = noise_matrix.CHART(question(halves))
    values = made.table.drop(columns="On the map").to_numpy(float)
    np.testing.assert_allclose(values.sum(1), 1)
    names = list(made.table["On the map"])
    west, east = names.index("Arable land"), names.index("Pastures")
    assert values[east, west] > 0
    assert made.facts["columns"][-1] == "another class"


@pytest.mark.parametrize("by", ["country", "season", "split", "tile", "border"])
def test_groups_have_an_interval_each(halves, by):
    made = noise_by_group.CHART(question(halves, options={"by": by}))
    assert len(made.table) >= 1
    values = made.table[["from", "Share that is wrong", "to"]].to_numpy(float)
    assert (np.diff(values) >= -1e-9).all()
    area = made.table["Area, ha"].sum()
    assert area == pytest.approx(sum(HALF_HA.values()), abs=2)


def test_a_selection_without_the_spot_has_only_what_is_not_seen(halves):
    ids = halves.opened.samples.frame["id"]
    kept = issues.together(halves.opened, ("spots",), "land").findings
    clean = sorted(set(range(len(ids))) - set(kept.rows.tolist()))
    text = "ids=" + "|".join(ids.iloc[clean])
    made = noise_by_class.CHART(question(halves, text))
    assert made.facts["overall"] == pytest.approx(spots.KNOWN.unseen, rel=1e-3)


def test_thresholds_are_shown(halves):
    made = class_limits.CHART(question(halves))
    found = dict(zip(made.table["Class"], made.table["Threshold"], strict=True))
    looked = issues.read_looked(issues.folder_of(halves.opened, "land"))
    names = halves.opened.dataset.classes.names
    for name in HALF_HA:
        assert found[name] == looked.thresholds[names.index(name)]
    assert any("Marine waters" in note for note in made.notes)


def test_what_cannot_be_told_is_a_sentence(halves):
    asked = question(halves)
    about = halves.land.about
    scores = dataclasses.replace(halves.land, about=dataclasses.replace(about, task="multilabel"))
    unknown = dataclasses.replace(halves.land, about=dataclasses.replace(about, name="other"))
    for predictions, why in (
        ((), "Without predictions"),
        ((scores,), "scores of whole patches"),
        ((unknown,), "Nobody has looked"),
    ):
        for kind in chart.kinds("quality"):
            with pytest.raises(CannotTell, match=why):
                kind(dataclasses.replace(asked, predictions=predictions))
    nothing = np.zeros(len(halves.opened.samples), bool)
    with pytest.raises(CannotTell, match="wider selection"):
        _noise.estimate(asked, nothing)
