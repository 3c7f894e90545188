"""Columns of prediction sets: in filters and orders, and gone with the set."""

import numpy as np
import pytest

from eoexplore.core.errors import SelectionError
from eoexplore.store import catalog, prediction_sets, selections
from eoexplore.store.prediction_columns import Source
from eoexplore.store.prediction_sets import Confusion
from eoexplore.tiles.scene import scene_of, shown_of
from tests import builders, predicting

CLASSES = ("Pastures", "Arable land", "Unheard of")
LABELS = (("Pastures",), ("Arable land", "Pastures"), ("Arable land",), ("Inland waters",))


@pytest.fixture
def opened(tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))
    patches = [builders.Patch("33UUP", x, 5, labels=own) for x, own in enumerate(LABELS)]
    builders.write_metadata(tmp_path / "small", tuple(patches))
    return catalog.add(tmp_path / "small")


def selected(opened, text):
    selection, notices = selections.parse(text)
    assert not notices
    return opened.samples.table(opened.dataset.classes).select(selection).mask().tolist()


def column(opened, name):
    return Source(opened.fingerprint, opened.samples, opened.dataset.classes)(name)[1].tolist()


@pytest.fixture
def scores(opened):
    """Nothing is known of the third sample."""
    values = [[0.9, 0.1, 0.0], [0.5, 0.25, 0.75], [0.2, 0.3, 0.4]]
    return predicting.write_set(opened, "mine", [0, 1, 3], values, CLASSES)


def test_scores_are_numbers_of_samples(opened, scores):
    found = column(opened, "mine.Pastures")
    assert found[:2] == [np.float32(0.9), 0.5]
    assert np.isnan(found[2])
    assert selected(opened, "pred.mine.Pastures=>=0.5") == [True, True, False, False]
    # As it was stored, in 32 bits.
    assert selected(opened, "pred.mine.Pastures=<=0.9") == [True, True, False, True]
    assert selected(opened, "pred.mine.Arable land=<0.2") == [True, False, False, False]


def test_a_class_has_a_key_that_an_address_can_hold(opened):
    names = ("Beaches, dunes, sands", "beaches dunes sands", "水", "Forêt: claire")
    found = predicting.write_set(opened, "keys", [0], [[0.1, 0.2, 0.3, 0.4]], names)
    keys = found.about.keys()
    assert list(keys) == ["beaches-dunes-sands", "beaches-dunes-sands-1", "class", "for-t-claire"]
    assert tuple(keys.values()) == names
    for key, name in keys.items():
        assert column(opened, f"keys.{key}")[0] == column(opened, f"keys.{name}")[0]


def test_agreement_with_the_labels(opened, scores):
    # The second has Pastures, rightly, misses Arable land, and has a class that is no label.
    assert column(opened, "mine.errors")[:2] == [0, 2]
    assert column(opened, "mine.missed")[:2] == [0, 1]
    assert column(opened, "mine.extra")[:2] == [0, 1]
    # No class of the model is a label of the last sample, and none is predicted.
    assert column(opened, "mine.errors")[3] == 0
    assert column(opened, "mine.confidence")[1] == pytest.approx((0.5 + 0.75 + 0.75) / 3)
    assert selected(opened, "pred.mine.errors=>=1&split=train") == [False, True, False, False]


def test_masks_count_pixels(opened):
    confusion = Confusion(
        np.array([0, 0, 1], np.int32), np.array([0, 1, 1], np.int16),
        np.array([0, 0, 1], np.int16), np.array([30, 10, 5], np.int32),
    )  # fmt: skip
    shares = [[1.0, 0.0, 0.0], [0.0, 0.75, 0.25], [0.0, 0.0, 1.0]]
    predicting.write_set(
        opened, "land", [0, 1, 2], shares, CLASSES, task="segmentation", confusion=confusion
    )
    found = column(opened, "land.accuracy")
    assert found[:2] == [0.75, 1]
    assert np.isnan(found[2:]).all()
    assert column(opened, "land.extra")[:3] == [0, 1, 1]
    assert column(opened, "land.missed")[:3] == [0, 1, 1]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("yours.Pastures", "There are: mine"),
        ("mine.Forest", "It has: errors, missed, extra, confidence, Pastures"),
        ("Mine!.Pastures", "cannot be the name"),
    ],
)
def test_what_is_not_there_is_said(opened, scores, name, says):
    with pytest.raises(SelectionError, match=says):
        column(opened, name)


def test_a_set_that_is_made_anew_is_asked_anew(opened, scores):
    selection, _ = selections.parse("pred.mine.Pastures=>=0.5")
    scene = scene_of(opened)
    assert shown_of(scene, selection)[0].mask.tolist() == [True, True, False, False]
    prediction_sets.remove(opened, "mine")
    shown, notices = shown_of(scene, selection)
    assert shown.mask.all()
    assert "There are: none yet" in notices[0]
    predicting.write_set(opened, "mine", [2], [[1, 0, 0]], CLASSES)
    assert shown_of(scene, selection)[0].mask.tolist() == [False, False, True, False]
    assert selected(opened, "pred.mine.Pastures=>=0.5") == [False, False, True, False]


def test_ids_that_the_dataset_does_not_have_are_no_part_of_it(opened, scores):
    folder = prediction_sets.folder_of(opened.fingerprint, "wider")
    ids = np.array(sorted(["a", *opened.samples.frame["id"].iloc[[1, 3]], "zz"]), object)
    confusion = Confusion(
        np.array([0, 1, 2], np.int32), np.array([0, 1, 2], np.int16),
        np.array([0, 0, 0], np.int16), np.array([7, 8, 9], np.int32),
    )  # fmt: skip
    at = {name: number for number, name in enumerate(ids)}
    own = [at[name] for name in opened.samples.frame["id"].iloc[[1, 3]]]
    about = scores.about.__class__(**{**scores.about.__dict__, "name": "wider"})
    values = np.arange(12, dtype=np.float32).reshape(4, 3)
    prediction_sets.write(folder, about, ids, values, confusion)
    found = prediction_sets.read(opened, "wider")
    assert found.rows.tolist() == [1, 3]
    assert found.scores.tolist() == values[own].tolist()
    kept = [7 + sample for sample in range(3) if sample in own]
    assert found.confusion.pixels.tolist() == kept
