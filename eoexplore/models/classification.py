"""Networks of timm that give scores of a patch, built from their card."""

from dataclasses import dataclass
from pathlib import Path

from eoexplore.core.errors import ModelError
from eoexplore.core.model_card import ModelCard
from eoexplore.models import REGISTRY, _network, _timm

ARCHITECTURE = "timm"
"""Architecture in the card; the network's name in timm is the card's encoder."""


@dataclass(frozen=True)
class ClassificationModel:
    """A network of timm and its card, in a folder."""

    card: ModelCard
    """What it states about itself."""
    folder: Path
    """Folder with card.json and model.safetensors."""

    def load(self, device: str) -> _network.LoadedNetwork:
        """Build the network, fill it strictly and put it onto a device."""
        card = self.card
        size = (len(card.bands), len(card.classes), card.input_size)
        return _network.load(card, self.folder, lambda: _timm.build(card.encoder, *size), device)


@REGISTRY.register("classification")
class Classification:
    """Networks of timm with a card of one's own."""

    title = "Classifiers of patches"

    @classmethod
    def open(cls, folder: Path, card: ModelCard | None) -> ClassificationModel | None:
        """Return the model of a folder whose card names timm as its architecture."""
        if card is None or card.architecture != ARCHITECTURE:
            return None
        if card.task != "multilabel":
            raise ModelError(f"A network of timm gives scores of patches, not {card.task}.")
        if card.options:
            raise ModelError("A network of timm takes no options; leave them out of the card.")
        _timm.check_name(card.encoder)
        return ClassificationModel(card, folder)
