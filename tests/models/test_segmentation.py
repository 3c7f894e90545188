import dataclasses
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from eoexplore import models
from eoexplore.core.errors import ModelError, UnknownName
from eoexplore.core.model_card import CardClass, ModelCard
from eoexplore.models import segmentation

CARD = ModelCard(
    name="Small",
    task="segmentation",
    architecture="unet",
    encoder="mobilenet_v2",
    bands=("s2/B02", "s2/B8A", "s1/VV"),
    input_size=64,
    resample="nearest",
    mean=(100.0, 2000.0, -12.0),
    std=(50.0, 1000.0, 5.0),
    classes=tuple(CardClass(number, f"class {number}", f"#00000{number}") for number in range(4)),
    activation="softmax",
    gsd_m=(5.0, 20.0),
    licence="MIT",
    source="a test",
    options={"encoder_depth": 3, "decoder_channels": [32, 16, 8]},
)


@pytest.fixture(scope="module")
def made():
    import torch

    torch.manual_seed(1)
    return segmentation.build(CARD).eval()


def write(folder: Path, made, card: ModelCard = CARD) -> Path:
    import safetensors.torch

    folder.mkdir(parents=True)
    safetensors.torch.save_file(made.state_dict(), folder / "model.safetensors")
    (folder / "card.json").write_text(card.to_json(), encoding="utf-8")
    return folder


@pytest.fixture
def own(made, tmp_path, monkeypatch) -> Path:
    write(tmp_path / "own" / "mine", made)
    monkeypatch.setenv("EOEXPLORE_MODELS", str(tmp_path / "own"))
    return tmp_path / "own"


def test_two_files_in_a_folder_are_a_model(own, made):
    import torch

    (offer,) = [offer for offer in models.available() if offer.origin == "own"]
    assert (offer.name, offer.card) == ("mine", CARD)
    loaded = models.load("mine")
    weights = (own / "mine" / "model.safetensors").read_bytes()
    assert loaded.card.sha256 == hashlib.sha256(weights).hexdigest()
    assert len(weights) * 0.9 < loaded.bytes < len(weights)
    random = np.random.default_rng(2)
    batch = random.normal(size=(2, 3, 64, 64)) * 300
    found = loaded.predict(batch.astype(np.float32))
    scaled = (batch - np.array(CARD.mean)[:, None, None]) / np.array(CARD.std)[:, None, None]
    with torch.no_grad():
        logits = made(torch.from_numpy(scaled.astype(np.float32))).numpy().astype(np.float64)
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    assert np.abs(found - shares / shares.sum(axis=1, keepdims=True)).max() < 1e-5
    assert found.dtype == np.float32
    assert found.std() > 1e-3


def test_a_folder_of_the_setting_may_be_a_model_itself(own, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_MODELS", str(own / "mine"))
    assert [offer.name for offer in models.available() if offer.origin == "own"] == ["mine"]


def test_a_batch_of_another_shape_is_refused(own):
    loaded = models.load("mine")
    for shape in [(1, 2, 64, 64), (1, 3, 120, 120), (3, 64, 64)]:
        with pytest.raises(ModelError, match="3 bands and 64 × 64 pixels"):
            loaded.predict(np.zeros(shape, np.float32))


def test_other_weights_than_the_card_says_are_refused(own, made):
    write(own / "other", made, dataclasses.replace(CARD, sha256="1" * 64))
    with pytest.raises(ModelError, match="SHA-256"):
        models.load("other")


def test_a_folder_that_cannot_be_used_is_told_and_does_not_hide_the_others(own, made):
    write(own / "bad", made, dataclasses.replace(CARD, architecture="nonet"))
    (own / "worse").mkdir()
    (own / "worse" / "card.json").write_text("{")
    (own / "empty").mkdir()
    assert [offer.name for offer in models.available() if offer.origin == "own"] == ["mine"]
    problems = models.refused()
    assert "nonet" in problems["bad"]
    assert "JSON" in problems["worse"]
    assert "empty" not in problems
    with pytest.raises(ModelError, match="nonet"):
        models.load("bad")
    with pytest.raises(UnknownName, match="mine"):
        models.load("empty")


def test_two_models_of_one_name_are_not_mixed_up(own, made, tmp_path, monkeypatch):
    write(tmp_path / "more" / "mine", made, dataclasses.replace(CARD, name="Another"))
    monkeypatch.setenv("EOEXPLORE_MODELS", os.pathsep.join([str(own), str(tmp_path / "more")]))
    (offer,) = [offer for offer in models.available() if offer.origin == "own"]
    assert offer.card.name == "Small"
    assert "two models called mine" in models.refused()["mine"]


@pytest.mark.parametrize(
    "changes",
    [
        {"encoder": "tu-hf-hub:somebody/something"},
        {"encoder": "../resnet18"},
        {"encoder": ""},
        {"options": {"encoder_weights": "imagenet"}},
        {"options": {"encoder_name": "resnet18"}},
        {"options": {"decoder_channels": [10**9]}},
        {"options": {"decoder_channels": {"a": 1}}},
    ],
)
def test_a_card_cannot_ask_for_a_download_or_for_anything_else(tmp_path, changes):
    (tmp_path / "card.json").write_text(dataclasses.replace(CARD, **changes).to_json())
    with pytest.raises(ModelError, match=r"encoder|cannot be set"):
        models.open_folder(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"encoder": "resnet_of_nobody"},
        {"options": {"encoder_depth": 3}},
        {"options": {"encoder_depth": 99}},
    ],
)
def test_what_the_library_does_not_build_is_one_sentence(tmp_path, made, changes):
    folder = write(tmp_path / "mine", made, dataclasses.replace(CARD, **changes))
    with pytest.raises(ModelError, match="cannot be built"):
        models.open_folder(folder).load("cpu")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"architecture": "manet", "input_size": 60}, "does not take 3 bands of 60 × 60 pixels"),
        ({"architecture": "fpn", "options": {"upsampling": 2}}, "answers in the shape"),
    ],
)
def test_a_network_that_cannot_do_what_its_card_says_is_refused(tmp_path, made, changes, says):
    card = dataclasses.replace(CARD, **{"options": {}, **changes})
    folder = write(tmp_path / "mine", made, card)
    with pytest.raises(ModelError, match=says):
        models.open_folder(folder).load("cpu")


def test_weights_of_another_network_are_refused(tmp_path, made):
    card = dataclasses.replace(CARD, classes=CARD.classes[:3])
    folder = write(tmp_path / "mine", made, card)
    with pytest.raises(ModelError, match="belong to another network"):
        models.open_folder(folder).load("cpu")


def test_every_listed_architecture_is_known_to_the_library():
    from eoexplore.models import _torchvision

    _torchvision.ready()
    import segmentation_models_pytorch as smp

    assert set(segmentation.ARCHITECTURES) <= set(smp.MODEL_ARCHITECTURES_MAPPING)


def test_listing_models_imports_no_torch():
    code = (
        "import sys; from eoexplore import models; models.available(); list(models.REGISTRY); "
        "print(*({'torch', 'timm', 'torchvision', 'huggingface_hub'} & sys.modules.keys()))"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr


def test_every_family_has_its_row_in_the_documentation():
    page = Path(__file__).resolve().parents[2] / "docs" / "models.md"
    text = page.read_text(encoding="utf-8")
    assert [name for name in models.REGISTRY if f"\n| `{name}` |" not in text] == []
