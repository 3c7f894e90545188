"""Mosaics of predicted masks: one cloud-optimised GeoTIFF per product, as those of the index."""

from collections.abc import Sequence
from pathlib import Path

from eoexplore.store.mosaic import Group

NOTHING = 255
"""What masks, confidences and probabilities hold where nothing was predicted."""
MASK, CONFIDENCE, PROBABILITY = "mask", "confidence", "prob"
LAYERS = (MASK, CONFIDENCE, PROBABILITY)
"""What a model that says probabilities of classes gives; masks from elsewhere are masks alone."""
MASK_M, CONFIDENCE_M, COARSE_M = 10, 20, 60
"""Side of a pixel of masks, of confidences, and of the probabilities of all classes, in metres."""


def groups(classes: Sequence[str]) -> dict[str, Group]:
    """Return what is packed of masks, by the name of its folder.

    Args:
        classes: names, in the order of their numbers.
    """
    return {
        MASK: Group(MASK, "", ("class",), MASK_M, "uint8", NOTHING, "MODE"),
        CONFIDENCE: _shares(CONFIDENCE, ("confidence",), CONFIDENCE_M),
        PROBABILITY: _shares(PROBABILITY, tuple(classes), COARSE_M),
    }


def _shares(name: str, bands: tuple[str, ...], pixel_m: int) -> Group:
    """Return what holds shares as whole percents."""
    return Group(name, "", bands, pixel_m, "uint8", NOTHING, "AVERAGE", scale=0.01)


def path_of(name: str, product: str) -> Path:
    """Return where the mosaic of a product lies in the folder of a set."""
    return Path(name) / f"{product}.tif"
