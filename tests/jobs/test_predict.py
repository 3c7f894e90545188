"""A model over a selection: what is kept, what is not done twice, what kills do not harm."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import rasterio

from eoexplore import models
from eoexplore.core.errors import JobError, ModelError
from eoexplore.core.selection import Selection
from eoexplore.jobs import inputs, predict, predict_part
from eoexplore.jobs.predict import Asked
from eoexplore.store import catalog, prediction_sets
from tests import archives, builders, predicting
from tests.predicting import PATCHES, SLUG

RUN = predict._run


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A dataset and two models; nothing is written to either."""
    return predicting.write_small(tmp_path_factory.mktemp("predicted"))


@pytest.fixture
def opened(made, tmp_path, monkeypatch):
    with predicting.opened_small(made, tmp_path, monkeypatch) as found:
        yield found


def plain(opened, model, row):
    """Return what a model says of a sample, asked directly."""
    loaded = models.load(model)
    return loaded.predict(inputs.read(opened, [row], loaded.card).batch)[0]


def test_scores_are_what_the_model_says_of_each_sample(opened):
    said = predict.predict(Asked(SLUG, "labels", chunk=4))
    assert said.predicted == 13
    found = prediction_sets.read(opened, said.about.name)
    assert found.rows.tolist() == list(range(13))
    for row in (0, 5, 12):
        np.testing.assert_allclose(found.scores[row], plain(opened, "labels", row), atol=1e-5)
    assert found.confusion is None
    about = found.about
    assert (about.task, about.threshold, about.trained_on_split) == ("multilabel", 0.5, "train")
    assert about.classes == predicting.LABELS.class_names
    assert about.model_hash == models.load("labels").card.sha256
    assert [item.name for item in prediction_sets.available(opened.fingerprint)] == [about.name]


def test_masks_shares_and_confusions_are_those_of_the_pixels(opened):
    said = predict.predict(Asked(SLUG, "masks", chunk=5, name="mine")).about
    found = prediction_sets.read(opened, "mine")
    assert said.codes == (211, 231, 523)
    counts = np.zeros((13, 3, 3), int)
    own = found.confusion
    np.add.at(counts, (own.sample, own.reference, own.predicted), own.pixels)
    for row in range(13):
        chosen = plain(opened, "masks", row).argmax(0)
        share = np.bincount(chosen.ravel(), minlength=3) / chosen.size
        np.testing.assert_allclose(found.scores[row], share, atol=1e-6)
        key = str(opened.samples.frame["id"].iloc[row])
        codes = opened.dataset.read(key, "reference_map", "reference_map")[2::5, 2::5]
        for number, code in enumerate((211, 231, 523)):
            at = chosen[codes == code]
            np.testing.assert_array_equal(counts[row, number], np.bincount(at, minlength=3))


def test_mosaics_hold_the_masks_at_their_places(opened):
    predict.predict(Asked(SLUG, "masks", chunk=5, name="mine"))
    folder = prediction_sets.folder_of(opened.fingerprint, "mine")
    for row in (0, 7, 12):
        probabilities = plain(opened, "masks", row)
        product = str(opened.samples.frame["product"].iloc[row])
        x, y = int(opened.samples.x[row]), int(opened.samples.y[row])
        window = ((y * 120, (y + 1) * 120), (x * 120, (x + 1) * 120))
        with rasterio.open(folder / "mask" / f"{product}.tif") as file:
            mask = file.read(1, window=window)
            assert file.nodata == 255
        np.testing.assert_array_equal(mask[2::5, 2::5], probabilities.argmax(0))
        with rasterio.open(folder / "prob" / f"{product}.tif") as file:
            assert file.descriptions == predicting.MASKS.class_names
            window = ((y * 20, (y + 1) * 20), (x * 20, (x + 1) * 20))
            percent = file.read(window=window)
        # A pixel of 60 m is the one of 50 m in which its middle lies.
        place = ((np.arange(20) + 0.5) * 24 / 20).astype(int)
        expected = probabilities[:, place][:, :, place] * 100
        assert np.abs(percent - expected).max() <= 0.5 + 1e-3
    with rasterio.open(folder / "mask" / f"{product}.tif") as file:
        # Nothing was predicted beside the patches.
        assert (file.read(1) != 255).sum() == 14400 * 4


def test_a_selection_alone_is_predicted_and_kept_apart(opened):
    part = predict.predict(Asked(SLUG, "labels", Selection((("split", ("test",)),)))).about
    whole = predict.predict(Asked(SLUG, "labels")).about
    assert part.selection == "split=test"
    assert part.name != whole.name
    found = prediction_sets.read(opened, part.name)
    assert (opened.samples.frame["split"].iloc[found.rows] == "test").all()
    assert len(found.rows) == 4


def test_what_is_there_is_not_predicted_again(opened, monkeypatch):
    first = predict.predict(Asked(SLUG, "labels"))
    monkeypatch.setattr(predict, "_run", None)
    again = predict.predict(Asked(SLUG, "labels"))
    assert (again.predicted, again.about) == (0, first.about)


def test_a_name_that_another_set_has_is_not_overwritten(opened):
    predict.predict(Asked(SLUG, "labels", name="mine"))
    with pytest.raises(JobError, match="Choose another name"):
        predict.predict(Asked(SLUG, "masks", name="mine"))
    assert prediction_sets.read(opened, "mine").about.task == "multilabel"


def test_other_weights_are_another_set(opened, made, tmp_path, monkeypatch):
    first = predict.predict(Asked(SLUG, "labels")).about
    import torch
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "others" / "labels"
    folder.mkdir(parents=True)
    own = made / "models" / "labels"
    (folder / "card.json").write_bytes((own / "card.json").read_bytes())
    weights = {name: value + 0.1 for name, value in load_file(own / "model.safetensors").items()}
    assert any(torch.is_floating_point(value) for value in weights.values())
    save_file(weights, folder / "model.safetensors")
    monkeypatch.setenv("EOEXPLORE_MODELS", str(tmp_path / "others"))
    predict_part._engine(1).close()
    predict_part._engine.cache_clear()
    second = predict.predict(Asked(SLUG, "labels")).about
    assert second.key != first.key
    assert second.name != first.name


def test_what_lacks_a_layer_or_a_file_is_left_out_in_words(made, opened, tmp_path):
    folder = builders.write_tree(tmp_path / "reben-holes", PATCHES[:4])
    PATCHES[0].path(folder, "s2", "B03").write_bytes(b"nothing")
    holes = catalog.add(folder)
    said = predict.predict(Asked(holes.slug, "labels")).about
    assert sum(said.left_out.values()) == 1
    assert "B03" in next(iter(said.left_out))
    assert len(prediction_sets.read(holes, said.name).rows) == 3


def test_patches_without_a_layer_are_counted(opened, tmp_path):
    folder = builders.write_tree(tmp_path / "reben-less", PATCHES[:4])
    shutil.rmtree(PATCHES[0].path(folder, "s2", "B03").parent)
    less = catalog.add(folder)
    said = predict.predict(Asked(less.slug, "labels")).about
    assert list(said.left_out.values()) == [1]
    assert "Sentinel-2" in next(iter(said.left_out))
    assert prediction_sets.read(less, said.name).about == said


def test_what_was_damaged_is_predicted_once_it_is_mended(opened, tmp_path, monkeypatch):
    folder = builders.write_tree(tmp_path / "reben-holes", PATCHES[:4])
    band = PATCHES[0].path(folder, "s2", "B03")
    whole = band.read_bytes()
    band.write_bytes(b"nothing")
    holes = catalog.add(folder)
    assert predict.predict(Asked(holes.slug, "labels")).predicted == 4
    assert predict.predict(Asked(holes.slug, "labels")).predicted == 0
    band.write_bytes(whole)
    catalog.refresh(holes.slug)
    again = predict.predict(Asked(holes.slug, "labels"))
    assert again.about.left_out == {}
    assert len(prediction_sets.read(holes, again.about.name).rows) == 4


def test_a_card_that_says_more_of_the_training_is_believed(opened, made, tmp_path, monkeypatch):
    first = predict.predict(Asked(SLUG, "labels")).about
    others = tmp_path / "others"
    shutil.copytree(made / "models", others)
    card = others / "labels" / "card.json"
    said = json.loads(card.read_text(encoding="utf-8"))
    said["trained_on"] = {"dataset": "elsewhere", "split": "validation"}
    card.write_text(json.dumps(said), encoding="utf-8")
    monkeypatch.setenv("EOEXPLORE_MODELS", str(others))
    again = predict.predict(Asked(SLUG, "labels"))
    assert (again.predicted, again.about.key) == (0, first.key)
    stored = prediction_sets.read(opened, first.name).about
    assert (first.trained_on_split, stored.trained_on_split) == ("train", "validation")


def test_a_model_that_does_not_fit_or_finds_nothing_is_a_sentence(opened):
    with pytest.raises(ModelError, match="Choose a wider selection"):
        predict.predict(Asked(SLUG, "labels", Selection((("country", ("Nowhere",)),))))


def test_patches_in_a_tar_are_read_and_in_a_compressed_one_refused(made, opened, tmp_path):
    folders = dict.fromkeys(archives.FOLDERS, ".tar")
    whole = predict.predict(Asked(SLUG, "labels")).about.name
    plain = catalog.add(archives.pack(made / SLUG, tmp_path / "reben-tar", folders))
    said = predict.predict(Asked(plain.slug, "labels")).about
    assert said.left_out == {}
    found = [prediction_sets.read(one, name) for one, name in ((opened, whole), (plain, said.name))]
    np.testing.assert_allclose(found[0].scores, found[1].scores, atol=1e-6)
    packed = catalog.add(archives.pack(made / SLUG, tmp_path / "reben-zst", archives.ZST))
    with pytest.raises(ModelError, match="reads single patches"):
        predict.predict(Asked(packed.slug, "labels"))


def test_two_at_once_are_one(opened, monkeypatch):
    def meanwhile(done, total, what):
        if what == "predicting":
            with pytest.raises(JobError, match="Another process"):
                predict.predict(Asked(SLUG, "labels"))

    predict.predict(Asked(SLUG, "labels"), progress=meanwhile)


def test_a_damaged_set_is_a_sentence(opened):
    name = predict.predict(Asked(SLUG, "labels")).about.name
    folder = prediction_sets.folder_of(opened.fingerprint, name)
    (folder / prediction_sets.SCORES).write_bytes(b"PAR1")
    with pytest.raises(prediction_sets.PredictionError, match="predict again"):
        prediction_sets.read(opened, name)
    (folder / prediction_sets.ABOUT).write_text("{", encoding="utf-8")
    assert prediction_sets.available(opened.fingerprint) == ()


def test_a_process_of_its_own_says_the_same(opened, monkeypatch):
    here = predict.predict(Asked(SLUG, "labels", chunk=5, name="here")).about
    monkeypatch.setattr(predict, "_run", RUN)
    reports = []
    asked = Asked(SLUG, "labels", chunk=5, name="there")
    there = predict.predict(asked, progress=lambda *said: reports.append(said))
    assert there.predicted == 13
    assert reports[-2:] == [(13, 13, "predicting"), (13, 13, "putting it together")]
    assert dataclasses.replace(there.about, name="here", created=here.created) == here
    first, second = (prediction_sets.read(opened, name).scores for name in ("here", "there"))
    np.testing.assert_allclose(first, second, atol=1e-6)


def test_the_hash_of_the_preparation_changes_with_each_number():
    first = predict.preprocessing_hash(predicting.MASKS)
    others = [
        dataclasses.replace(predicting.MASKS, **change)
        for change in (
            {"mean": (900.0, 901.0)}, {"resample": "bilinear"}, {"input_size": 32},
            {"bands": ("s2/B03", "s2/B02")},
        )
    ]  # fmt: skip
    assert len({first, *map(predict.preprocessing_hash, others)}) == 5
