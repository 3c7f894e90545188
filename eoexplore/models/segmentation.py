"""Networks of segmentation-models-pytorch, built from their card."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from eoexplore.core.errors import ModelError
from eoexplore.core.model_card import ModelCard
from eoexplore.models import REGISTRY, _network, _torchvision

if TYPE_CHECKING:
    import torch

ARCHITECTURES = (
    "unet", "unetplusplus", "manet", "linknet", "fpn", "pspnet", "pan", "deeplabv3",
    "deeplabv3plus", "upernet", "segformer", "dpt",
)  # fmt: skip
"""Names of the architectures, as `segmentation_models_pytorch.create_model` takes them."""
OPTIONS = (
    "encoder_depth", "encoder_output_stride", "decoder_channels", "decoder_use_norm",
    "decoder_attention_type", "decoder_interpolation", "decoder_pyramid_channels",
    "decoder_segmentation_channels", "decoder_merge_policy", "decoder_dropout",
    "decoder_atrous_rates", "decoder_aspp_separable", "decoder_pab_channels", "upsampling",
    "psp_out_channels", "psp_use_norm", "psp_dropout",
)  # fmt: skip
"""Arguments of an architecture that a card may set; none of them names a file or an address."""
# No colon and no slash: timm would take what stands before them for a place to download from.
_ENCODER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-]{0,80}")


@dataclass(frozen=True)
class SegmentationModel:
    """A segmentation network and its card, in a folder."""

    card: ModelCard
    """What it states about itself."""
    folder: Path
    """Folder with card.json and model.safetensors."""

    def load(self, device: str) -> _network.LoadedNetwork:
        """Build the network, fill it strictly and put it onto a device."""
        return _network.load(self.card, self.folder, lambda: build(self.card), device)


@REGISTRY.register("segmentation")
class Segmentation:
    """Networks of segmentation-models-pytorch."""

    title = "Segmentation networks"

    @classmethod
    def open(cls, folder: Path, card: ModelCard | None) -> SegmentationModel | None:
        """Return the model of a folder whose card names one of the architectures."""
        if card is None or card.task != "segmentation" or card.architecture not in ARCHITECTURES:
            return None
        _arguments(card)
        return SegmentationModel(card, folder)


def build(card: ModelCard) -> "torch.nn.Module":
    """Return the network of a card with random weights; nothing is downloaded.

    Raises:
        ModelError: the library does not build what the card says.
    """
    _torchvision.ready()
    import segmentation_models_pytorch as smp

    arguments = _arguments(card)
    try:
        network = smp.create_model(
            card.architecture,
            encoder_name=card.encoder,
            encoder_weights=None,
            in_channels=len(card.bands),
            classes=len(card.classes),
            **arguments,
        )
    except _network.FAILURES as error:
        raise ModelError(
            f"The network {card.architecture} with the encoder {card.encoder} cannot be built: "
            f"{_network.first_line(error)}."
        ) from None
    return cast("torch.nn.Module", network)


def _arguments(card: ModelCard) -> Mapping[str, Any]:
    if not _ENCODER.fullmatch(card.encoder):
        raise ModelError(f"The card's encoder {card.encoder[:80]!r} is no name of an encoder.")
    wrong = [key for key, value in card.options.items() if key not in OPTIONS or not _plain(value)]
    if wrong:
        raise ModelError(
            f"The card's options hold {wrong[0][:80]!r}, which cannot be set. "
            f"Known: {', '.join(OPTIONS)}; numbers up to 4096, words, or lists of these."
        )
    return {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in card.options.items()
    }


def _plain(value: object) -> bool:
    if isinstance(value, list | tuple):
        return len(value) <= 16 and all(_plain(item) for item in value)
    if isinstance(value, str):
        return len(value) <= 80
    return value is None or (isinstance(value, bool | int | float) and -4096 <= value <= 4096)
