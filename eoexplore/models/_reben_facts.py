"""Facts of the published classifiers: band orders, normalisation, classes, scores."""

from collections.abc import Mapping
from typing import Any

from eoexplore.core import published
from eoexplore.core.model_card import CardClass
from eoexplore.core.nomenclature import corine

INPUT_SIZE = 120
"""Rows and columns of the input."""
PREFIX = "model.vision_encoder."
"""What every tensor's name begins with: the training module's `model`, its `vision_encoder`."""
GSD_M = (5.0, 20.0)
"""Pixels for which the models are offered: half and twice those of the training (10 m)."""
ORGANISATION = published.ORGANISATION
"""Publisher of the zoo on the hub."""

_S1 = {"v0.2.0": ("VV", "VH"), "v0.1.1": ("VH", "VV")}
_S2 = {
    "v0.2.0": ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"),
    "v0.1.1": ("B02", "B03", "B04", "B08", "B05", "B06", "B07", "B11", "B12", "B8A"),
}
VERSIONS = tuple(_S1)
"""Versions whose band order is known."""


def bands(version: str, modality: str) -> tuple[str, ...]:
    """Return the bands of a version as "layer/band", in the order of the network's input.

    Source: the page of the organisation BIFOLD-BigEarthNetv2-0 on the Hugging Face hub. With
    both sensors, v0.2.0 has radar first and v0.1.1 has it last.

    Args:
        version: one of `VERSIONS`.
        modality: "s1", "s2" or "all".
    """
    radar = tuple(f"s1/{name}" for name in _S1[version])
    optical = tuple(f"s2/{name}" for name in _S2[version])
    if modality == "s1":
        return radar
    if modality == "s2":
        return optical
    return radar + optical if version == "v0.2.0" else optical + radar


STATISTICS: Mapping[str, tuple[float, float]] = {
    "s1/VV": (-12.643864, 5.133494),
    "s1/VH": (-19.352558, 5.590506),
    "s2/B02": (438.372070, 607.026855),
    "s2/B03": (614.055664, 603.296814),
    "s2/B04": (588.409607, 684.568848),
    "s2/B05": (942.843323, 738.432678),
    "s2/B06": (1769.931641, 1100.456055),
    "s2/B07": (2049.551514, 1275.805420),
    "s2/B08": (2193.291992, 1369.371704),
    "s2/B8A": (2235.556641, 1356.544067),
    "s2/B11": (1568.226807, 1070.161255),
    "s2/B12": (997.732483, 813.527649),
}
"""Mean and deviation of each band over the training split, nearest resampling to 120 × 120.

Source: ConfigILM, configilm/extra/BENv2_utils.py, table "120_nearest"."""

# In the order of the alphabet, as the networks answer; the first CORINE code of each class, with
# the class's colour, as the dataset has it (eoexplore/datasets/_reben_facts.py; a test compares).
_CLASSES = (
    ("Agro-forestry areas", 244),
    ("Arable land", 211),
    ("Beaches, dunes, sands", 331),
    ("Broad-leaved forest", 311),
    ("Coastal wetlands", 421),
    ("Complex cultivation patterns", 242),
    ("Coniferous forest", 312),
    ("Industrial or commercial units", 121),
    ("Inland waters", 512),
    ("Inland wetlands", 411),
    (
        "Land principally occupied by agriculture, with significant areas of natural vegetation",
        243,
    ),
    ("Marine waters", 523),
    ("Mixed forest", 313),
    ("Moors, heathland and sclerophyllous vegetation", 322),
    ("Natural grassland and sparsely vegetated areas", 321),
    ("Pastures", 231),
    ("Permanent crops", 221),
    ("Transitional woodland, shrub", 324),
    ("Urban fabric", 111),
)


def classes() -> tuple[CardClass, ...]:
    """Return the 19 classes in the order in which the published networks answer."""
    codes = corine()
    return tuple(CardClass(code, name, codes[code][1]) for name, code in _CLASSES)


def scores(hub_id: str) -> Mapping[str, Any]:
    """Return the published scores of a repository, 0 to 1; empty where none are known."""
    found = published.SCORES.get(hub_id)
    return {} if found is None else {"split": "test", **found, "note": published.NOTE}
