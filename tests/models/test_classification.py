import dataclasses

import numpy as np
import pytest
import scipy.special

from eoexplore import models
from eoexplore.core.errors import ModelError
from eoexplore.core.model_card import CardClass, ModelCard
from tests import zoo

CARD = ModelCard(
    name="Mine",
    task="multilabel",
    architecture="timm",
    encoder="test_resnet",
    bands=("s1/VV", "s1/VH"),
    input_size=120,
    resample="nearest",
    mean=(-12.643864, -19.352558),
    std=(5.133494, 5.590506),
    classes=tuple(CardClass(number, f"class {number}", "#000000") for number in range(19)),
    activation="sigmoid",
    gsd_m=(5.0, 20.0),
    licence="MIT",
    source="a test",
)


def test_a_classifier_of_ones_own_is_a_card_and_weights(tmp_path):
    import safetensors.torch
    import torch

    made = zoo.network("test_resnet", 2)
    safetensors.torch.save_file(made.state_dict(), tmp_path / "model.safetensors")
    (tmp_path / "card.json").write_text(CARD.to_json())
    loaded = models.open_folder(tmp_path).load("cpu")
    values = zoo.patches("VV VH")
    with torch.no_grad():
        logits = made(torch.from_numpy(zoo.normalised(values, "VV VH"))).numpy()
    found = loaded.predict(np.stack([values["VV"], values["VH"]], axis=1))
    assert np.abs(found - scipy.special.expit(logits.astype(np.float64))).max() < 1e-5


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"encoder": "hf-hub:somebody/something"}, "no name"),
        ({"task": "segmentation", "activation": "softmax"}, "scores of patches"),
        ({"options": {"pretrained": True}}, "no options"),
    ],
)
def test_a_card_that_asks_for_more_is_refused(tmp_path, changes, says):
    (tmp_path / "card.json").write_text(dataclasses.replace(CARD, **changes).to_json())
    with pytest.raises(ModelError, match=says):
        models.open_folder(tmp_path)
