"""Training of the demo's models: that it learns, does the same twice, and writes whole files."""

import dataclasses
import shutil

import numpy as np
import pytest

from eoexplore import demo, models
from eoexplore.analysis import scores
from eoexplore.core import model_card
from eoexplore.core.errors import DataMissing, JobError, ModelError
from eoexplore.datasets import open_dataset
from eoexplore.jobs import train_data, train_demo, train_files, train_scores
from eoexplore.jobs.progress import Cancelled
from tests.e2e.small_demo import small_demo

RECIPE = train_demo.Recipe(
    widths=(4, 6, 8), epochs=12, batch=4, rate=0.03, balance=0.0, smoothing=0.0, seed=3
)


@pytest.fixture(scope="module")
def land(tmp_path_factory):
    """A few synthetic patches with their truth."""
    out = tmp_path_factory.mktemp("train") / "land"
    parameters = dataclasses.replace(small_demo(3), wrong=0.3)
    return demo.generate(out, seed=9, workers=1, parameters=parameters).path


@pytest.fixture(scope="module")
def patches(land):
    return train_data.read(land, None, truth=True)


def train(patches, recipe=RECIPE, cancelled=lambda: False):
    """Train on a few of the patches, a corner of each."""
    few = train_data.Patches(
        patches.bands[:8, :, :64, :64],
        patches.labels[:8],
        patches.map[:8, :64, :64],
        patches.true_labels[:8],
        patches.true_map[:8, :64, :64],
    )
    return train_demo.train(few, recipe, lambda *_: None, cancelled)


@pytest.fixture(scope="module")
def trained(patches):
    return train(patches)


def test_patches_are_the_datasets_own(land, patches):
    dataset = open_dataset(land)
    table = dataset.samples()
    assert patches.bands.shape == (len(table), 14, 120, 120)
    names = train_data.band_names(dataset)
    assert (names[0], names[3], names[-1]) == ("s2/B01", "s2/B04", "s1/VH")
    row = 5
    red = dataset.read(table["id"][row], "s2", "B04")
    assert patches.bands[row, 3] == pytest.approx(red.astype(float), rel=1e-3)
    far = dataset.read(table["id"][row], "s2", "B01")
    assert patches.bands[row, 0, ::6, ::6] == pytest.approx(far.astype(float), rel=1e-3)
    assert patches.bands[row, 13] == pytest.approx(
        dataset.read(table["s1_id"][row], "s1", "VH"), rel=1e-3
    )


def test_labels_are_the_classes_of_the_maps(patches):
    for labels, maps in (
        (patches.labels, patches.map),
        (patches.true_labels, patches.true_map),
    ):
        wanted = [[(one == number).any() for number in range(19)] for one in maps]
        assert np.array_equal(labels, wanted)
    assert (patches.map != patches.true_map).any()


def test_the_truth_is_not_looked_at(patches, trained):
    shuffled = dataclasses.replace(
        patches, true_labels=~patches.true_labels, true_map=patches.true_map[::-1]
    )
    assert train(shuffled).log[-1].map_loss == trained.log[-1].map_loss


def test_losses_fall(trained):
    first, last = trained.log[0], trained.log[-1]
    assert last.map_loss < 0.85 * first.map_loss
    assert last.label_loss < 0.5 * first.label_loss


def test_the_same_seed_trains_the_same_and_another_does_not(patches, trained):
    import torch

    torch.manual_seed(1234)  # What went before does not count.
    again, other = train(patches), train(patches, dataclasses.replace(RECIPE, seed=4))
    for one, two, three in zip(
        *(run.network.parameters() for run in (trained, again, other)), strict=True
    ):
        assert torch.equal(one, two)
        assert one.ndim < 2 or not torch.equal(one, three)


def test_torch_is_left_as_it_was(patches, monkeypatch):
    import torch

    threads = []
    monkeypatch.setattr(torch, "get_num_threads", lambda: 7)
    monkeypatch.setattr(torch, "set_num_threads", threads.append)
    before = torch.get_rng_state()
    train(patches, dataclasses.replace(RECIPE, epochs=1))
    assert torch.equal(torch.get_rng_state(), before)
    assert threads == [RECIPE.threads, 7]
    assert not torch.are_deterministic_algorithms_enabled()


def test_it_stops_when_asked(patches):
    answers = iter([False, False, True])
    with pytest.raises(Cancelled):
        train(patches, cancelled=lambda: next(answers))


def test_files_hold_what_was_trained(land, patches, trained, tmp_path):
    origin = train_files.Origin(open_dataset(land), RECIPE, len(patches))
    labels, maps = train_scores.both(trained, patches.bands[:2])
    for task, network in train_files.networks(trained).items():
        folder = tmp_path / train_files.NAMES[task]
        stated = train_files.card(task, trained, origin, {"synthetic": {"mean_iou": 0.1}})
        written = train_files.write(folder, stated, network)
        assert model_card.read(folder / "card.json").to_json() == written.to_json()
        assert sorted(path.name for path in folder.iterdir()) == ["card.json", "model.safetensors"]
        found = models.open_folder(folder).load("cpu").predict(patches.bands[:2].astype(np.float32))
        if task == "multilabel":
            assert found == pytest.approx(labels, abs=1e-4)
        else:
            assert np.mean(found.argmax(1) == maps) > 0.999


def test_weights_without_their_card_are_refused(land, patches, trained, tmp_path):
    """Stopped between its two files, a model does not pass for the one that was there."""
    origin = train_files.Origin(open_dataset(land), RECIPE, len(patches))
    network = train_files.networks(trained)["multilabel"]
    stated = train_files.card("multilabel", trained, origin, {})
    train_files.write(tmp_path, stated, network)
    card = (tmp_path / "card.json").read_bytes()
    network.scale.data += 1
    train_files.write(tmp_path, stated, network)
    network.scale.data -= 1
    (tmp_path / "card.json").write_bytes(card)
    with pytest.raises(ModelError, match="not those of the card"):
        models.open_folder(tmp_path).load("cpu")


def test_rare_classes_count_more_and_one_on_average():
    maps = np.array([[0] * 90 + [1] * 10 + [-1] * 20], np.int8)
    labels = np.zeros((1, 3), np.bool_)
    even = train_demo.class_weights(maps, 0.0, labels)
    weighted = train_demo.class_weights(maps, 0.5, labels)
    assert even == pytest.approx([1, 1, 1])
    assert weighted[1] / weighted[0] == pytest.approx(3, rel=1e-3)
    assert 0.9 * weighted[0] + 0.1 * weighted[1] == pytest.approx(1)


def test_a_linear_model_tells_water_from_land(patches):
    """On the pixels that it learnt from; numbers of classes that it never saw do not come up."""
    predict = train_scores.linear(patches, 30, 0.0)
    found = train_scores.classes(predict, patches.bands)
    assert set(np.unique(found)) <= set(np.unique(patches.map))
    known = patches.map >= 0
    assert np.mean(found[known] == patches.map[known]) > 0.4


def test_what_is_not_there_is_said(land, tmp_path):
    with pytest.raises(JobError, match="no patches of the split holdout"):
        train_data.read(land, "holdout")
    bare = tmp_path / "bare"
    shutil.copytree(land, bare)
    with pytest.raises(DataMissing, match="Make the demo anew"):
        train_data.read(bare, "test", truth=True)


def test_the_models_that_come_with_us_are_better_than_chance(patches):
    found, prediction = {}, patches.bands.astype(np.float32)
    for name in ("demo-labels", "demo-landcover"):
        found[name] = models.load(name).predict(prediction)
    present = patches.true_labels.any(0) & ~patches.true_labels.all(0)
    precision = scores.average_precision(patches.true_labels, found["demo-labels"])[present]
    # By lot, the average precision of a class is the share of the patches that have it.
    assert precision.mean() > patches.true_labels.mean(0)[present].mean() + 0.2
    maps = found["demo-landcover"].argmax(1)
    known = patches.true_map >= 0
    commonest = np.bincount(patches.true_map[known]).max() / known.sum()
    assert np.mean(maps[known] == patches.true_map[known]) > commonest + 0.1
