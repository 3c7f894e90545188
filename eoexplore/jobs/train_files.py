"""The demo's two models as files: weights as safetensors, and the card beside them."""

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eoexplore.core.model_card import ACTIVATIONS, CardClass, ModelCard
from eoexplore.core.nomenclature import key_of
from eoexplore.core.types import Dataset
from eoexplore.jobs.train_data import SIDE, band_names
from eoexplore.jobs.train_demo import Recipe, Trained, is_kept_short
from eoexplore.store.folder import atomic

if TYPE_CHECKING:
    import torch

CARD, WEIGHTS = "card.json", "model.safetensors"
NAMES = {"multilabel": "demo-labels", "segmentation": "demo-landcover"}
"""Folder of each model, by its task."""
_TITLES = {
    "multilabel": "Demo: labels of a patch (synthetic)",
    "segmentation": "Demo: land cover of each pixel (synthetic)",
}
_ARCHITECTURES = {"multilabel": "small_labels", "segmentation": "small_unet"}
_SOURCE = "python -m eoexplore train-demo; invented land, not meant for genuine imagery"


@dataclass(frozen=True)
class Origin:
    """What a training says of itself in the cards.

    Attributes:
        dataset: one of those that were learnt from.
        recipe: every number of the training.
        patches: how many were learnt from.
    """

    dataset: Dataset
    recipe: Recipe
    patches: int


def card(task: str, trained: Trained, origin: Origin, scores: Mapping[str, Any]) -> ModelCard:
    """Return the card of one of the two models; the hash of its weights is not in it yet."""
    classes = origin.dataset.classes.classes
    return ModelCard(
        name=_TITLES[task],
        task=task,
        architecture=_ARCHITECTURES[task],
        encoder="",
        bands=band_names(origin.dataset),
        input_size=SIDE,
        resample="nearest",
        mean=tuple(float(value) for value in trained.mean),
        std=tuple(float(value) for value in trained.std),
        classes=tuple(CardClass(int(key_of(one)), one.name, one.colour.lower()) for one in classes),
        activation=ACTIVATIONS[task],
        gsd_m=(8.0, 12.5),
        licence="MIT",
        source=_SOURCE,
        trained_on={
            "dataset": "synthetic demo of EOExplore",
            "split": "train",
            "seeds": list(origin.recipe.seeds),
            "patches": origin.patches,
        },
        scores=scores,
        options={"widths": list(trained_widths(trained))},
        synthetic=True,
    )


def write(folder: Path, stated: ModelCard, network: "torch.nn.Module") -> ModelCard:
    """Write a model's two files, each whole or not at all, and return the card as written.

    The card comes last and holds the hash of the weights: a card of other weights is refused when
    the model is loaded.

    Args:
        folder: made if it is not there.
        stated: the card.
        network: whose weights are kept, in 16 bits.
    """
    import safetensors.torch

    values = {
        name: (value.half() if is_kept_short(value) else value).detach().cpu().contiguous()
        for name, value in network.state_dict().items()
    }
    data = safetensors.torch.save(values)
    full = dataclasses.replace(stated, sha256=hashlib.sha256(data).hexdigest())
    with atomic(folder / WEIGHTS) as partial:
        partial.write_bytes(data)
    with atomic(folder / CARD) as partial:
        partial.write_text(full.to_json(), encoding="utf-8", newline="\n")
    return full


def networks(trained: Trained) -> "dict[str, torch.nn.Module]":
    """Return the network of each task; both share their trunk."""
    from eoexplore.models._small_networks import Segmenter

    whole = trained.network
    of_pixels = Segmenter(len(trained.mean), whole.scale.numel(), trained_widths(trained))
    of_pixels.trunk.load_state_dict(whole.trunk.state_dict())
    return {"multilabel": whole, "segmentation": of_pixels.eval()}


def trained_widths(trained: Trained) -> tuple[int, int, int]:
    """Return the channels of the three levels of a network."""
    trunk = trained.network.trunk
    return (
        trunk.from_middle.out_channels,
        trunk.from_middle.in_channels,
        trunk.from_deep.in_channels,
    )
