"""Small networks of our own, such as those of the demo: one for pixels, one for whole patches."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eoexplore.core.errors import ModelError
from eoexplore.core.model_card import ModelCard
from eoexplore.models import REGISTRY, _network

if TYPE_CHECKING:
    import torch

CONTEXT = "small_context"
ARCHITECTURES = {
    "small_unet": "segmentation",
    "small_labels": "multilabel",
    CONTEXT: "segmentation",
}
"""Names of the networks in a card, and the task of each."""
WIDTHS = (24, 48, 96)
"""Channels of the three levels where the card's options say nothing of `widths`."""
CONTEXT_WIDTHS = (128, 64)
"""Units of the two layers of `small_context`, likewise."""
_WIDEST = 1024
_HALVED = 8


@dataclass(frozen=True)
class SmallModel:
    """A small network and its card, in a folder."""

    card: ModelCard
    """What it states about itself."""
    folder: Path
    """Folder with card.json and model.safetensors."""

    def load(self, device: str) -> _network.LoadedNetwork:
        """Build the network, fill it strictly and put it onto a device."""
        return _network.load(self.card, self.folder, lambda: build(self.card), device)


@REGISTRY.register("small")
class Small:
    """Small networks of our own."""

    title = "Small networks"

    @classmethod
    def open(cls, folder: Path, card: ModelCard | None) -> SmallModel | None:
        """Return the model of a folder whose card names one of the architectures."""
        if card is None or ARCHITECTURES.get(card.architecture) != card.task:
            return None
        _widths(card)
        if card.architecture != CONTEXT and card.input_size % _HALVED:
            raise ModelError(
                f"The card's input_size is {card.input_size}; {card.architecture} takes multiples "
                f"of {_HALVED}, for it halves rows and columns three times."
            )
        return SmallModel(card, folder)


def build(card: ModelCard) -> "torch.nn.Module":
    """Return the network of a card with random weights."""
    if card.architecture == CONTEXT:
        from eoexplore.models._context_network import Context

        return Context(len(card.bands), len(card.classes), _widths(card))
    from eoexplore.models import _small_networks

    kind = _small_networks.Segmenter if card.task == "segmentation" else _small_networks.Labeller
    return kind(len(card.bands), len(card.classes), _widths(card))


def _widths(card: ModelCard) -> tuple[int, ...]:
    """Return the channels of the levels, or units of the layers, of a network."""
    usual = CONTEXT_WIDTHS if card.architecture == CONTEXT else WIDTHS
    given = card.options.get("widths", list(usual))
    whole = isinstance(given, list | tuple) and len(given) == len(usual)
    if not whole or not all(type(width) is int and 1 <= width <= _WIDEST for width in given):
        number = {2: "two", 3: "three"}[len(usual)]
        raise ModelError(
            f"The card's options need 'widths': {number} whole numbers from 1 to "
            f"{_WIDEST}, the channels of the network's levels."
        )
    return tuple(given)
