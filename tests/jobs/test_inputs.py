"""What a model is given of a patch: by hand, and from the files of a tiny dataset."""

from dataclasses import replace

import numpy as np
import pytest

from eoexplore.core.errors import DataMissing, FileUnreadable
from eoexplore.core.model_card import CardClass, ModelCard
from eoexplore.datasets._reben_facts import LAYERS
from eoexplore.jobs import inputs
from tests.charts.conftest import Row, opened_of

CARD = ModelCard(
    name="tiny",
    task="multilabel",
    architecture="none",
    encoder="",
    bands=("s2/B12", "s1/VV", "s2/B02"),
    input_size=120,
    resample="nearest",
    mean=(0, 0, 0),
    std=(1, 1, 1),
    classes=(CardClass(1, "one", "#000000"),),
    activation="sigmoid",
    gsd_m=(8, 12),
    licence="MIT",
    source="here",
)
VALUES = {"B02": 2.0, "B12": 12.0, "VV": -7.5}


def fetch(key, layer, band):
    side = {"B02": 120, "B12": 60, "VV": 120}[band]
    values = np.full((side, side), VALUES[band], np.float32 if layer == "s1" else np.uint16)
    values[0, 0] = 0
    return values


@pytest.fixture
def opened():
    found = opened_of([Row(), Row(x=1), Row(x=2)])
    frame = found.samples.frame
    frame["s1_id"] = ["a", "b", "c"]
    frame["has_s1"], frame["has_s2"] = [True, True, False], True
    return found


def test_bands_are_taken_by_name_in_the_models_order(opened):
    found = inputs.read(opened, [1, 0], CARD, fetch)
    assert found.rows.tolist() == [1, 0]
    assert found.batch.shape == (2, 3, 120, 120)
    assert found.batch.dtype == np.float32
    assert found.batch[0, :, 60, 60].tolist() == [12.0, -7.5, 2.0]


def test_nodata_is_missing_and_zero_decibels_are_not(opened):
    found = inputs.read(opened, [0], CARD, fetch).batch[0]
    # The corner pixel of a band of 20 m covers four of the model's.
    assert np.isnan(found[0]).sum() == 4
    assert np.isnan(found[2]).sum() == 1
    assert not np.isnan(found[1]).any()
    assert found[1, 0, 0] == 0


def test_patches_that_lack_something_are_left_out_in_words(opened):
    def broken(key, layer, band):
        if key == "b":
            raise FileUnreadable("b, band VV, cannot be read.")
        return fetch(key, layer, band)

    found = inputs.read(opened, [0, 1, 2], CARD, broken)
    assert found.rows.tolist() == [0]
    assert found.left_out[1] == "b, band VV, cannot be read."
    assert "no Sentinel-1" in found.left_out[2]
    assert inputs.read(opened, [2], CARD, fetch).batch.shape == (0, 3, 120, 120)


def test_a_model_that_does_not_fit_is_refused_in_words(opened):
    dataset = opened.dataset
    assert inputs.misfit(dataset, CARD) == ""
    said = inputs.misfit(dataset, replace(CARD, bands=("s2/B02", "aerial/red", "s2/B10")))
    assert "aerial/red, s2/B10" in said
    assert "s1/VV" in said
    assert "reference_map" not in said
    said = inputs.misfit(dataset, replace(CARD, gsd_m=(0.1, 1.0)))
    assert "0.1 to 1 m" in said
    assert "10 m" in said


def test_the_bands_that_a_model_takes_tell_what_its_imagery_is(opened):
    coarse = replace(CARD, bands=("s2/B12",), mean=(0,), std=(1,), gsd_m=(15, 25), input_size=60)
    assert inputs.misfit(opened.dataset, coarse) == ""
    assert inputs.stretched(coarse) == ""
    assert "5.36 m" in inputs.stretched(replace(CARD, input_size=224))
    assert inputs.stretched(CARD) == ""


def test_other_grids_and_resampling():
    values = np.array([[1, 3], [1, 3]], np.uint16)
    small = replace(CARD, input_size=4)
    assert inputs.on_grid(values, 0, small)[0].tolist() == [1, 1, 3, 3]
    smooth = inputs.on_grid(values, 0, replace(small, resample="bilinear"))
    assert smooth[0].tolist() == [1, 1.5, 2.5, 3]
    assert inputs.ground_m(CARD) == 10


def test_the_layers_of_the_facts_hold_the_bands_of_the_card():
    assert {layer.name for layer in LAYERS} >= set(CARD.layers)
    with pytest.raises(DataMissing):
        inputs._planes({"s2": "", "s1": "a"}, {item.name: item for item in LAYERS}, CARD, fetch)
