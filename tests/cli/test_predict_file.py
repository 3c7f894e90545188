import dataclasses
import json

import numpy as np
import pytest
import rasterio

from eoexplore import models
from eoexplore.core.model_card import CardClass, ModelCard
from eoexplore.models import small
from tests import tiffs

CARD = ModelCard(
    name="A small one", task="segmentation", architecture="small_unet", encoder="",
    bands=("s2/B02", "s2/B03"), input_size=24, resample="nearest",
    mean=(1500.0, 1500.0), std=(900.0, 900.0),
    classes=(CardClass(3, "Dry", "#aa0000"), CardClass(5, "Wet", "#0000aa")),
    activation="softmax", gsd_m=(8.0, 12.5), licence="MIT", source="a test", synthetic=True,
    options={"widths": [4, 6, 8]},
)  # fmt: skip


@pytest.fixture
def own_models(tmp_path, monkeypatch):
    """Write a model of random weights, and one of patches, into a folder of models."""
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    labels = dataclasses.replace(
        CARD, task="multilabel", architecture="small_labels", activation="sigmoid"
    )
    for name, card in {"pixels": CARD, "patches": labels}.items():
        torch.manual_seed(0)
        folder = tmp_path / "models" / name
        folder.mkdir(parents=True)
        folder.joinpath("card.json").write_text(card.to_json(), encoding="utf-8")
        save_file(small.build(card).state_dict(), folder / "model.safetensors")
    monkeypatch.setenv("EOEXPLORE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("EOEXPLORE_DEVICE", "cpu")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def scene(tmp_path):
    pixels = tiffs.picture(2, 24, 24)
    path = tmp_path / "scene.tif"
    path.write_bytes(tiffs.tif(pixels, names=("B2", "B3")))
    return path, pixels


def test_a_file_is_predicted_as_the_model_says(own_models, scene, document, tmp_path):
    path, pixels = scene
    said = document("predict-file", path, "--model", "pixels", "--out", tmp_path / "out")
    assert said["files"] == ["classes.tif", "confidence.tif"]
    assert [(match["band"], match["number"]) for match in said["matches"]] == [
        ("s2/B02", 1), ("s2/B03", 2),
    ]  # fmt: skip
    # One window, so nothing is blended: what the network says of these pixels itself.
    loaded = models.load("pixels")
    (wanted,) = loaded.predict(pixels[None].astype(np.float32))
    with rasterio.open(tmp_path / "out" / "classes.tif") as file:
        assert (file.read(1) == np.array([3, 5])[wanted.argmax(axis=0)]).all()
        assert file.tags()["MODEL_SHA256"] == loaded.card.sha256 != ""
    assert sum(said["hectares"].values()) == pytest.approx(24 * 24 * 0.01 / 0.9996**2, rel=1e-5)
    assert said["details"]["synthetic"] is True
    assert json.loads((tmp_path / "out" / "result.json").read_text())["hectares"]


def test_what_is_done_is_said_in_words(own_models, scene, said, tmp_path):
    status, out, _ = said(
        "predict-file", scene[0], "--model", "patches", "--out", tmp_path / "out",
        "--bands", "s2/B02=2,s2/B03=1",
    )  # fmt: skip
    assert status == 0
    assert "s2/B02 is band 2 of the file (chosen)" in out
    assert "synthetic" in out
    assert "scores.tif" in out


def test_what_cannot_be_is_one_sentence(own_models, scene, said, tmp_path):
    path = tmp_path / "no.tif"
    for words, sentence in (
        ((scene[0], "--model", "other"), "No model 'other'. Known: "),
        ((path, "--model", "pixels"), "The file cannot be read"),
        ((scene[0], "--model", "pixels", "--bands", "s2/B02=9"), "The file has no band 9"),
    ):
        status, out, err = said("predict-file", *words, "--out", tmp_path / "out")
        assert (status, out) == (1, "")
        assert err.startswith(sentence)
        assert err.count("\n") == 1
