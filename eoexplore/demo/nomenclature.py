"""The label rule of reBEN: from CORINE codes in a patch to the names of its 19 classes."""

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint16]
"""CORINE level-3 codes."""

CLASSES: dict[str, tuple[int, ...]] = {
    "Agro-forestry areas": (244,),
    "Arable land": (211, 212, 213),
    "Beaches, dunes, sands": (331,),
    "Broad-leaved forest": (311,),
    "Coastal wetlands": (421, 422),
    "Complex cultivation patterns": (242,),
    "Coniferous forest": (312,),
    "Industrial or commercial units": (121,),
    "Inland waters": (511, 512),
    "Inland wetlands": (411, 412),
    "Land principally occupied by agriculture, with significant areas of natural vegetation": (
        243,
    ),
    "Marine waters": (521, 522, 523),
    "Mixed forest": (313,),
    "Moors, heathland and sclerophyllous vegetation": (322, 323),
    "Natural grassland and sparsely vegetated areas": (321, 333),
    "Pastures": (231,),
    "Permanent crops": (221, 222, 223, 241),
    "Transitional woodland, shrub": (324,),
    "Urban fabric": (111, 112),
}
"""CORINE codes of each class, alphabetical; every other code is unlabelled."""
UNLABELLED_LIMIT = 0.25
"""A patch with this share of unlabelled pixels or more is not part of the dataset."""

_CLASS_OF = np.full(1000, -1, np.int8)
for _number, _codes in enumerate(CLASSES.values()):
    _CLASS_OF[list(_codes)] = _number


def labels(code: Codes) -> list[str]:
    """Return the classes that have any pixel in a map, alphabetical."""
    present = np.unique(_CLASS_OF[np.unique(code)])
    names = list(CLASSES)
    return [names[number] for number in present if number >= 0]


def unlabelled_share(code: Codes) -> float:
    """Return the share of pixels whose code belongs to none of the classes."""
    return float(np.mean(_CLASS_OF[code] < 0))


def split_of(x: int, y: int) -> str:
    """Return the split of patch column x, row y: three rings around the tile's centre."""
    if 23 <= x <= 68 and 23 <= y <= 68:
        return "test"
    return "train" if min(x, y) <= 12 or max(x, y) >= 78 else "validation"
