"""`train-demo`: which demos are made and removed, and what is written where."""

import argparse
import json

import numpy as np
import pytest

from eoexplore import models
from eoexplore.cli import train_demo as command
from eoexplore.core import model_card
from eoexplore.demo.generate import beside
from eoexplore.jobs import train_data, train_demo, train_files
from tests import builders
from tests.cli.conftest import PATCHES

PER_SEED = {"1": 0.2, "43": 0.4, "44": 0.6}
SCORES = {
    "true labels (synthetic)": {"average_precision_macro": PER_SEED, "mean_iou": PER_SEED},
    "24 real patches": {"average_precision_macro": {"real": 0.1}},
}


def trained():
    from eoexplore.models._small_networks import Labeller

    network = Labeller(14, 19, (4, 6, 8)).eval()
    return train_demo.Trained(network, np.zeros(14, np.float32), np.ones(14, np.float32), ())


@pytest.fixture
def worked(monkeypatch, tmp_path):
    """Do all but the work."""
    builders.write_tree(tmp_path / "land", PATCHES)
    dataset = command.open_dataset(tmp_path / "land")

    def train(work):
        return trained(), train_files.Origin(dataset, work._recipe, 7)

    monkeypatch.setattr(command._Work, "train", train)
    monkeypatch.setattr(command._Work, "scores", lambda *_: SCORES)


def test_both_models_and_the_log_are_written(worked, document, tmp_path, cache):
    out = tmp_path / "out"
    told = document("train-demo", "--out", out, "--seed", 5)
    assert told["scores"] == SCORES
    assert (told["recipe"]["seed"], told["patches"]) == (5, 7)
    log = json.loads((out / "training.json").read_text())
    assert {"path": str(out), **log} == told
    card = model_card.read(out / "demo-landcover" / "card.json")
    assert dict(card.scores) == {"true labels (synthetic)": {"mean_iou": 0.4}}
    assert card.synthetic
    assert set(card.trained_on["seeds"]).isdisjoint(told["recipe"]["unseen"])
    card = model_card.read(out / "demo-labels" / "card.json")
    assert card.scores["24 real patches"] == {"average_precision_macro": 0.1}
    for name in ("demo-labels", "demo-landcover"):
        assert models.open_folder(out / name).load("cpu").card.trained_on["patches"] == 7
    assert list(cache.glob("train-demo-*")) == []


def test_what_a_reader_sees_says_synthetic(worked, said, cache):
    status, out, _ = said("train-demo")
    assert status == 0
    assert "0.400" in out
    assert "synthetic models" in out
    assert (cache / "train-demo" / "demo-labels" / "card.json").is_file()


def test_demos_are_made_read_and_removed(monkeypatch, tmp_path):
    made, left = [], []

    def generate(path, *, seed, workers, progress, parameters):
        left.extend(tmp_path.iterdir())
        made.append((seed, parameters))
        for folder in (path, beside(path, ".truth")):
            folder.mkdir()

    def read(path, split, truth=False):
        assert path.is_dir()
        assert truth == (split == "test")
        return (path.name, split)

    seen = {}

    def train(patches, recipe, *rest):
        seen.update(patches=patches, recipe=recipe)
        return "trained"

    monkeypatch.setattr(command.demo, "generate", generate)
    monkeypatch.setattr(command, "open_dataset", lambda path: path.name)
    monkeypatch.setattr(train_data, "read", read)
    monkeypatch.setattr(train_data, "join", list)
    monkeypatch.setattr(train_demo, "train", train)
    monkeypatch.setattr(command.train_scores, "linear", lambda *_: "linear")
    monkeypatch.setattr(command._Work, "_measured", lambda *_: {"about": {"mean_iou": 0.5}})
    progress = argparse.Namespace(step=lambda *_: None, cancelled=lambda: False)
    args = argparse.Namespace(quick=False, workers=3, real=None, progress=progress)
    recipe = train_demo.Recipe(seeds=(7, 8), unseen=(9,))
    work = command._Work(tmp_path, args, recipe)
    result, origin = work.train()
    assert (result, origin.patches) == ("trained", 2)
    assert seen["patches"] == [("demo-7", "train"), ("demo-8", "train")]
    assert work.scores(result) == {"about": {"mean_iou": {"9": 0.5}}}
    assert [seed for seed, _ in made] == [7, 8, 9]
    assert left == []
    assert list(tmp_path.iterdir()) == []


def test_a_trial_is_made_of_little_land():
    blocks = command._little().blocks
    places = [
        (block.columns[1] - block.columns[0] + 1) * (block.rows[1] - block.rows[0] + 1)
        for block in blocks
    ]
    assert len({block.scene for block in blocks}) == 2
    assert sum(places) < 30
