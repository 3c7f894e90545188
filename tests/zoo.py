"""Models as the published zoo saves them, with random weights."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

# Every key that the published files have, with the values of a classifier of images.
CONFIG = {
    "timm_model_name": "resnet50",
    "hf_model_name": None,
    "image_size": 120,
    "channels": 12,
    "classes": 19,
    "class_names": [str(number) for number in range(19)],
    "network_type": 0,
    "visual_features_out": 512,
    "fusion_in": 512,
    "fusion_out": 512,
    "fusion_hidden": 256,
    "v_dropout_rate": 0.25,
    "t_dropout_rate": 0.25,
    "fusion_dropout_rate": 0.25,
    "_fusion_method": "torch.mul",
    "_fusion_activation": "nn.Tanh()",
    "drop_rate": 0.15,
    "drop_path_rate": 0.15,
    "use_pooler_output": True,
    "max_sequence_length": 32,
    "load_pretrained_timm_if_available": False,
    "load_pretrained_hf_if_available": True,
    "custom_fusion_method": None,
    "custom_fusion_activation": None,
}
PREFIX = "model.vision_encoder."
MODALITIES = {2: "s1", 10: "s2", 12: "all"}
# Copied from the publisher's description, not from the code that is tested.
BANDS = {
    "s1-v0.2.0": "VV VH",
    "s2-v0.2.0": "B02 B03 B04 B05 B06 B07 B08 B8A B11 B12",
    "all-v0.2.0": "VV VH B02 B03 B04 B05 B06 B07 B08 B8A B11 B12",
    "s1-v0.1.1": "VH VV",
    "s2-v0.1.1": "B02 B03 B04 B08 B05 B06 B07 B11 B12 B8A",
    "all-v0.1.1": "B02 B03 B04 B08 B05 B06 B07 B11 B12 B8A VH VV",
}
STATISTICS = {
    "VV": (-12.643864, 5.133494),
    "VH": (-19.352558, 5.590506),
    "B02": (438.372070, 607.026855),
    "B03": (614.055664, 603.296814),
    "B04": (588.409607, 684.568848),
    "B05": (942.843323, 738.432678),
    "B06": (1769.931641, 1100.456055),
    "B07": (2049.551514, 1275.805420),
    "B08": (2193.291992, 1369.371704),
    "B8A": (2235.556641, 1356.544067),
    "B11": (1568.226807, 1070.161255),
    "B12": (997.732483, 813.527649),
}
TAKES_IMG_SIZE = re.compile("vit|(?<!conv)mixer_")


def network(architecture: str, channels: int = 12) -> Any:
    """Return the plain timm network as the publisher's training built it, with random weights."""
    from eoexplore.models import _torchvision

    _torchvision.ready()
    import timm
    import torch

    torch.manual_seed(3)
    size = {"img_size": 120} if TAKES_IMG_SIZE.search(architecture) else {}
    made = timm.create_model(architecture, in_chans=channels, num_classes=19, **size)
    # Fresh networks leave out whole branches (scales of zero) and answer nearly the same to
    # anything: scales are drawn, statistics taken from a pass, logits brought to a few units.
    with torch.no_grad():
        for name, value in made.named_parameters():
            if value.ndim == 1:
                value.normal_(0, 0.1) if name.endswith("bias") else value.uniform_(0.5, 1.5)
        norms = [m for m in made.modules() if isinstance(m, torch.nn.BatchNorm2d)]
        for module in norms:
            module.momentum = 1.0
        head = next(m for m in made.modules() if getattr(m, "out_features", 0) == 19)
        head.weight.normal_(0, 0.2)
        bands = BANDS[f"{MODALITIES[channels]}-v0.2.0"]
        batch = torch.from_numpy(normalised(patches(bands), bands))
        if norms:
            made.train()(batch)
        head.weight.mul_(2 / made.eval()(batch).std())
        head.bias.normal_()
    return made


def patches(bands: str, seed: int = 7) -> dict[str, np.ndarray]:
    """Return stored values of two patches by name of the band, shape (patch, row, column).

    Each band of each patch is on another level, as fields and forests are; noise alone would be
    gone once a network averages over the patch.
    """
    random = np.random.default_rng(seed)
    found = {}
    for band in bands.split():
        mean, std = STATISTICS[band]
        level = random.normal(size=(2, 1, 1)) + 0.3 * random.normal(size=(2, 120, 120))
        found[band] = (mean + std * level).astype(np.float32)
    return found


def normalised(values: dict[str, np.ndarray], bands: str) -> np.ndarray:
    """Return the input of the plain network, shape (patch, band, row, column)."""
    scaled = [(values[band] - STATISTICS[band][0]) / STATISTICS[band][1] for band in bands.split()]
    return np.stack(scaled, axis=1).astype(np.float32)


def save(folder: Path, made: Any, architecture: str, channels: int = 12, **config: Any) -> Path:
    """Write config.json and model.safetensors as the zoo has them, and return the folder."""
    import safetensors.torch

    folder.mkdir(parents=True, exist_ok=True)
    text = {**CONFIG, "timm_model_name": architecture, "channels": channels, **config}
    (folder / "config.json").write_text(json.dumps(text, indent=2))
    tensors = {PREFIX + name: value for name, value in made.state_dict().items()}
    safetensors.torch.save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    return folder
