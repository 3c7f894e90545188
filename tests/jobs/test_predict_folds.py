"""Out-of-sample predictions: no model sees its own fold, and kills do no harm."""

import dataclasses
import os
import random
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest

from eoexplore import models
from eoexplore.core.errors import JobError, ModelError
from eoexplore.jobs import fold_models, fold_pixels, predict, predict_folds, predict_part
from eoexplore.jobs.predict_folds import Asked
from eoexplore.jobs.progress import Cancelled
from eoexplore.store import catalog, honesty, mosaic, prediction_sets
from tests import archives, builders, predicting
from tests.charts.conftest import Row, opened_of
from tests.jobs.test_predict_stopped import contents

SLUG = "reben-folds"
SITES = ((5, 5), (6, 5), (20, 5), (35, 5), (5, 20), (20, 20), (35, 20))
"""Columns and rows: two neighbours, and five places far from each other."""
AGAIN = "20170813T101031"
PATCHES = (
    *(builders.Patch("33UUP", x, y, split="test") for x, y in SITES),
    *(builders.Patch("33UUP", x, y, date=AGAIN) for x, y in SITES[:3]),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A dataset; nothing is written to it."""
    return builders.write_tree(tmp_path_factory.mktemp("folded") / SLUG, PATCHES)


@pytest.fixture
def opened(made, tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("EOEXPLORE_DEVICE", "cpu")
    monkeypatch.setattr(predict, "_run", predicting.run_here)
    monkeypatch.setattr(mosaic, "GRID", 60)
    monkeypatch.setitem(mosaic._COG, "overviews", "NONE")
    monkeypatch.setattr(fold_models, "EPOCHS", 1)
    predict_part._engine.cache_clear()
    yield catalog.add(made)
    if predict_part._engine.cache_info().currsize:
        predict_part._engine(1).close()


def folds_of(opened, count=3):
    return predict_folds.deal(opened, Asked(opened.slug, folds=count)).fold


def test_every_sample_is_predicted_and_said_to_be_out_of_sample(opened):
    made = predict_folds.predict_folds(Asked(opened.slug, folds=3, name="folds", chunk=4))
    about = made.about
    assert (made.predicted, about.name, about.model) == (10, "folds", "k-fold small_context")
    assert about.trained_on_split == ""
    told = {"folds": 3, "block_km": 6.0, "buffer_km": 1.2, "out_of_fold": True}
    assert told.items() <= about.trained_on.items()
    assert about.trained_on["dataset"] == opened.dataset.title
    assert about.synthetic is opened.dataset.synthetic
    found = prediction_sets.read(opened, "folds")
    assert found.rows.tolist() == list(range(10))
    np.testing.assert_allclose(found.scores.sum(1), 1, atol=1e-5)
    assert set(found.confusion.sample.tolist()) == set(range(10))
    assert honesty.of(opened, about).mask.all()
    folder = prediction_sets.folder_of(opened.fingerprint, "folds")
    assert not [*folder.glob("parts-*")]
    assert {path.name for path in folder.iterdir()} >= {"mask", "confidence", "prob"}
    again = predict_folds.predict_folds(Asked(opened.slug, folds=3, name="folds"))
    assert (again.predicted, again.about) == (0, about)


def test_dates_of_a_place_and_neighbours_in_a_block_are_in_one_fold(opened):
    fold = folds_of(opened)
    frame = opened.samples.frame
    for _, rows in frame.groupby(["x", "y"]).groups.items():
        assert len(set(fold[list(rows)].tolist())) == 1
    beside = frame["x"].isin([5, 6]) & (frame["y"] == 5)
    assert len(set(fold[beside].tolist())) == 1
    assert set(fold.tolist()) == {0, 1, 2}


def test_labels_of_a_fold_change_none_of_its_predictions(opened, made, tmp_path):
    """The one law: whatever a map says, the model that predicts there has not seen it."""
    first = predict_folds.predict_folds(Asked(opened.slug, folds=3, name="folds")).about
    one = prediction_sets.read(opened, first.name)
    fold = folds_of(opened)
    other_folder = tmp_path / "other" / SLUG
    shutil.copytree(made, other_folder)
    wrong = np.full((120, 120), 523, np.uint16)
    for patch in PATCHES:
        if fold[opened.samples.row(patch.id)] == 1:
            path = patch.path(other_folder, "reference_map", "reference_map")
            path.unlink()
            builders.write_raster(path, wrong, patch, 0)
    other = catalog.add(other_folder)
    assert other.fingerprint == opened.fingerprint
    second = predict_folds.predict_folds(Asked(other.slug, folds=3, name="other")).about
    assert second.key != first.key
    two = prediction_sets.read(other, second.name)
    own = fold == 1
    np.testing.assert_array_equal(one.scores[own], two.scores[own])
    assert not np.allclose(one.scores[~own], two.scores[~own])


def test_a_model_learns_neither_its_fold_nor_what_is_near_to_it(opened):
    dealt = predict_folds.deal(opened, Asked(opened.slug, folds=3, block_km=1.2))
    frame = opened.samples.frame
    place = {(x, y): (frame["x"] == x) & (frame["y"] == y) for x, y in SITES}
    # Blocks of one patch: the neighbours need not be in one fold, and are never learnt then.
    for number in range(3):
        learnt = dealt.learnt(number, 1.2)
        assert not (learnt & (dealt.fold == number)).any()
        if number in dealt.fold[place[5, 5] | place[6, 5]]:
            assert not learnt[place[5, 5] | place[6, 5]].any()
        far = (dealt.fold != number) & ~place[5, 5] & ~place[6, 5]
        assert learnt[far].all()


def test_all_parts_of_the_split_are_learnt_from(opened, monkeypatch):
    rows = []
    train = fold_models.train

    def watched(pixels, learn, *rest):
        rows.append(set(pixels.rows[learn].tolist()))
        return train(pixels, learn, *rest)

    monkeypatch.setattr(fold_models, "train", watched)
    predict_folds.predict_folds(Asked(opened.slug, folds=3))
    split, fold = opened.samples.frame["split"].astype(str).to_numpy(), folds_of(opened)
    assert len(rows) == 3
    for number, learnt in enumerate(rows):
        assert set(split[list(learnt)].tolist()) == {"train", "test"}
        assert learnt == set(np.flatnonzero(fold != number).tolist())


def test_other_folds_blocks_or_buffers_are_another_set(opened):
    asked = Asked(opened.slug, folds=3)
    others = [
        asked,
        dataclasses.replace(asked, folds=2),
        dataclasses.replace(asked, block_km=7.0),
        dataclasses.replace(asked, buffer_km=2.0),
    ]
    keys = {predict_folds.predict_folds(one).about.name for one in others}
    assert len(keys) == 4
    assert all(name.startswith("folds-") for name in keys)
    predict_folds.predict_folds(dataclasses.replace(asked, name="mine"))
    with pytest.raises(JobError, match="There is a prediction set mine already"):
        predict_folds.predict_folds(dataclasses.replace(others[1], name="mine"))


def test_what_was_cancelled_goes_on_with_the_models_that_there_are(opened, monkeypatch):
    trained, train = [], fold_models.train

    def watched(*arguments):
        trained.append(1)
        return train(*arguments)

    monkeypatch.setattr(fold_models, "train", watched)
    asked = Asked(opened.slug, folds=3, name="folds", chunk=4)
    with pytest.raises(Cancelled):
        predict_folds.predict_folds(asked, cancelled=lambda: len(trained) == 2)
    assert len(trained) == 2
    looks = []

    def soon():
        looks.append(len(trained) == 4)
        return sum(looks) > 2 and trained_all(opened)

    with pytest.raises(Cancelled):
        predict_folds.predict_folds(asked, cancelled=soon)
    assert len(trained) == 4
    made = predict_folds.predict_folds(asked)
    assert len(trained) == 4
    assert 0 < made.predicted <= 10


def trained_all(opened):
    folder = prediction_sets.folder_of(opened.fingerprint, "folds")
    return len([*folder.glob("parts-*/fold-*/card.json")]) == 3


_SCRIPT = """
import sys, time
from eoexplore.jobs import fold_models, predict, predict_folds, predict_part
from eoexplore.store import mosaic
from tests import predicting
mosaic.GRID = 60
mosaic._COG["overviews"] = "NONE"
fold_models.EPOCHS = 1
predict._run = predicting.run_here
def slow(make):
    def slowly(*arguments):
        time.sleep(0.3)
        return make(*arguments)
    return slowly
predict_part.make = slow(predict_part.make)
fold_models.train = slow(fold_models.train)
print("begins", flush=True)
predict_folds.predict_folds(predict_folds.Asked(sys.argv[1], 3, name="folds", chunk=1))
print("done", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_kills_do_no_harm(opened, made, tmp_path, monkeypatch):
    asked = Asked(opened.slug, 3, name="folds", chunk=1)
    predict_folds.predict_folds(asked)
    undisturbed = contents(prediction_sets.folder_of(opened.fingerprint, "folds"))
    script, cache = tmp_path / "run.py", tmp_path / "other"
    script.write_text(_SCRIPT)
    environment = os.environ | {
        "EOEXPLORE_CACHE": str(cache), "PYTHONPATH": os.pathsep.join(sys.path),
    }  # fmt: skip
    monkeypatch.setenv("EOEXPLORE_CACHE", str(cache))
    catalog.add(made)
    command, moments = [sys.executable, str(script), SLUG], random.Random(5)
    for _ in range(3):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)
        process.stdout.readline()
        time.sleep(moments.uniform(1, 4))
        process.kill()
        process.wait()
        process.stdout.close()
    last = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert last.stdout.endswith("done\n")
    folder = prediction_sets.folder_of(opened.fingerprint, "folds")
    assert contents(folder) == undisturbed


# -- what cannot be -------------------------------------------------------------------------------


def refused(asked):
    with pytest.raises(ModelError) as caught:
        predict_folds.predict_folds(asked)
    assert prediction_sets.available(catalog.open_slug(asked.slug).fingerprint) == ()
    return str(caught.value)


def test_fewer_blocks_than_folds_are_a_sentence(opened):
    said = refused(Asked(opened.slug, folds=7))
    assert "lies in 6 blocks of 6 km, too few for 7 folds" in said
    said = refused(Asked(opened.slug, folds=2, block_km=5_000))
    assert "1 block of 5,000 km" in said


@pytest.mark.parametrize(
    "odd",
    [
        {"folds": 1}, {"folds": 101}, {"block_km": 0}, {"block_km": float("nan")},
        {"block_km": float("inf")}, {"buffer_km": -1}, {"buffer_km": float("nan")},
    ],
)  # fmt: skip
def test_numbers_that_cannot_be_are_a_sentence(opened, odd):
    assert "Folds are 2 to 100" in refused(Asked(opened.slug, **odd))


@pytest.mark.parametrize(
    ("layers", "said"),
    [(("s2", "s1"), "has no label maps here"), (("reference_map",), "No imagery of")],
)
def test_without_maps_or_imagery_it_is_a_sentence(opened, tmp_path, layers, said):
    folder = builders.write_tree(tmp_path / "reben-part", PATCHES[:2], layers=layers)
    assert said in refused(Asked(catalog.add(folder).slug))


def test_label_maps_in_a_compressed_archive_are_refused(opened, made, tmp_path):
    packed = catalog.add(archives.pack(made, tmp_path / "reben-zst", archives.ZST))
    assert "learn from single label maps" in refused(Asked(packed.slug, folds=3))


def test_reading_is_cancelled_too(opened):
    with pytest.raises(Cancelled):
        predict_folds.predict_folds(Asked(opened.slug, folds=3), cancelled=lambda: True)
    card = fold_models.card(opened)
    with pytest.raises(Cancelled):
        fold_pixels.draw(opened, np.arange(10), card, lambda *_: None, lambda: True)


def test_one_class_alone_is_a_sentence(opened, tmp_path):
    folder = builders.write_tree(tmp_path / "reben-plain", PATCHES[:4], layers=("s2",))
    for patch in PATCHES[:4]:
        path = patch.path(folder, "reference_map", "reference_map")
        builders.write_raster(path, np.full((120, 120), 523, np.uint16), patch, 0)
    said = refused(Asked(catalog.add(folder).slug, folds=2))
    assert "fewer than two classes with 20 pixels" in said


def test_a_fold_that_has_all_of_all_but_one_class_is_a_sentence(opened, tmp_path):
    few = (PATCHES[0], PATCHES[2])
    folder = builders.write_tree(tmp_path / "reben-apart", few, layers=("s2",))
    for patch, codes in zip(few, ((523, 311), (523, 523)), strict=True):
        values = np.repeat(np.array(codes, np.uint16), 60)[:, None].repeat(120, 1)
        builders.write_raster(
            patch.path(folder, "reference_map", "reference_map"), values, patch, 0
        )
    assert "Beside one of the folds" in refused(Asked(catalog.add(folder).slug, folds=2))


# -- samples without a place, and what is learnt --------------------------------------------------


def test_samples_without_a_place_are_dealt_out_and_it_is_said():
    rows = [Row(tile="", product=f"P{number % 4}") for number in range(400)]
    dealt = predict_folds.deal(opened_of(rows), Asked("made"))
    assert "400 samples without a place are dealt out by their id" in dealt.unlocated
    assert (np.bincount(dealt.fold, minlength=5) > 60).all()
    many = [Row(tile="", product=f"P{number % 40}") for number in range(400)]
    opened = opened_of(many)
    dealt = predict_folds.deal(opened, Asked("made"))
    assert "by their product" in dealt.unlocated
    for _, own in opened.samples.frame.groupby("product", observed=True).groups.items():
        assert len(set(dealt.fold[list(own)].tolist())) == 1
    learnt = dealt.learnt(2, 1.2)
    assert np.array_equal(learnt, dealt.fold != 2)


def test_a_place_beside_samples_without_one():
    rows = [*(Row(x=10 * x) for x in range(6)), *(Row(tile="") for _ in range(6))]
    dealt = predict_folds.deal(opened_of(rows), Asked("made", folds=3))
    assert dealt.place.tolist() == [*range(6), *[-1] * 6]
    for number in range(3):
        assert not (dealt.learnt(number, 1.2) & (dealt.fold == number)).any()


def test_rare_labels_are_learnt_from_first(monkeypatch):
    monkeypatch.setattr(fold_pixels, "PATCHES", 20)
    monkeypatch.setattr(fold_pixels, "OF_CLASS", 4)
    rows = [Row(pixels={231: 14_400}) for _ in range(200)]
    for place in (3, 77, 150):
        rows[place] = Row(labels=("Marine waters",), pixels={523: 14_400})
    rows[9] = Row(labels=("Marine waters",))
    opened = opened_of(rows)
    found = fold_pixels.chosen(opened, np.arange(200))
    assert len(found) == 20
    assert {3, 77, 150} <= set(found.tolist())
    assert 9 not in found
    assert np.array_equal(found, fold_pixels.chosen(opened, np.arange(200)))


def made_pixels(counts, seed=0):
    """Return pixels of classes that their first feature tells apart."""
    classes = np.repeat(np.arange(len(counts)), counts)
    lot = np.random.default_rng(seed)
    features = lot.normal(0, 0.3, (len(classes), 7)).astype(np.float16)
    features[:, 0] += 2 * classes
    count = len(classes)
    return fold_pixels.Pixels(features, classes, np.arange(count), np.ones(count))


CARD = dataclasses.replace(
    predicting.MASKS, architecture="small_context", bands=("s2/B02",), mean=(0.0,), std=(1.0,),
    options={},
)  # fmt: skip


def test_what_a_pixel_shows_is_learnt_the_same_each_time():
    pixels = made_pixels((3_000, 3_000, 3_000))
    every = np.ones(9_000, bool)
    one, two = (fold_models.train(pixels, every, CARD, lambda: False) for _ in range(2))
    import torch

    with torch.inference_mode():
        own = one.network.head(torch.from_numpy(pixels.features).float())
        other = two.network.head(torch.from_numpy(pixels.features).float())
    assert torch.equal(own, other)
    assert (own.argmax(1).numpy() == pixels.classes).mean() > 0.95
    assert one.unlearnt == ()


def test_a_class_with_too_few_pixels_is_left_out_and_named():
    pixels = made_pixels((400, 19, 400))
    found = fold_models.train(pixels, np.ones(819, bool), CARD, lambda: False)
    assert found.unlearnt == ("Pastures",)
    learn = pixels.classes == 0
    with pytest.raises(ModelError, match="fewer than two classes with 20 pixels"):
        fold_models.train(pixels, learn, CARD, lambda: False)
    with pytest.raises(Cancelled):
        fold_models.train(pixels, np.ones(819, bool), CARD, lambda: True)


def test_a_model_of_a_fold_lies_in_no_list_of_models(opened):
    before = {offer.name for offer in models.available()}
    predict_folds.predict_folds(Asked(opened.slug, folds=3))
    assert {offer.name for offer in models.available()} == before
