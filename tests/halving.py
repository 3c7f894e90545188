"""A small dataset of two halves, and masks that disagree with its map in known places."""

import contextlib
from dataclasses import dataclass

import numpy as np
import pytest

from eoexplore.evidence.kind import Asked
from eoexplore.store import catalog, mosaic, prediction_mosaics
from eoexplore.store.catalog import Opened
from eoexplore.store.prediction_sets import PredictionSet, folder_of
from tests import builders, indexing, predicting

CLASSES = ("Arable land", "Pastures", "Marine waters")
CODES = (211, 231, 523)
SIDE = 3
"""Patches along a side: the western ones are arable land, the eastern ones pastures."""


@dataclass(frozen=True)
class Halves:
    """The dataset and its predictions."""

    opened: Opened
    land: PredictionSet

    def asked(self, **more) -> Asked:
        return Asked(self.opened, self.land, **more)


class Patch(builders.Patch):
    """A patch of one class."""

    def pixels(self, layer, band):
        if layer == "reference_map":
            west = self.x == min(patch.x for patch in PATCHES)
            return np.full((120, 120), 211 if west else 231, np.uint16)
        return super().pixels(layer, band)


PATCHES = tuple(
    Patch(one.tile, one.x, one.y, labels=("Arable land", "Pastures"))
    for one in builders.block("33UUP", 13.1, 48.2, side=SIDE)
)


def masks_of(patch, other=0):
    """Return percents of each class on cells of 60 m: right, but for two places.

    In the larger one the model sees another class, the arable land of the other half unless said.
    """
    west, north = (min(getattr(one, side) for one in PATCHES) for side in ("x", "y"))
    seen = np.full((20, 20), 0 if patch.x == west else 1)
    if patch.x > west and patch.y == north:
        # Across the border of two patches, ten cells high and twelve wide: 43.2 ha.
        seen[5:15, slice(14, None) if patch.x == west + 1 else slice(None, 6)] = other
    if (patch.x, patch.y) == (west, north + 2):
        seen[8:12, 8:12] = 1
    percents = np.where(np.arange(3)[:, None, None] == seen, 90, 5)
    return percents.astype(np.uint8)


@contextlib.contextmanager
def opened_halves(folder):
    """Write the dataset, index it in a cache folder of its own, and write its masks as "land"."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EOEXPLORE_CACHE", str(folder / "cache"))
        patch.setattr(mosaic, "GRID", 60)
        catalog.add(builders.write_tree(folder / "reben-halves", PATCHES))
        opened = indexing.build("reben-halves")
        yield Halves(opened, write_masks(opened, "land", trained_on_split="none"))


def write_masks(opened, name, of=masks_of, classes=CLASSES, **more):
    """Write a set of masks with the percents of each patch."""
    patch = pytest.MonkeyPatch()
    patch.setitem(mosaic._COG, "overviews", "NONE")
    shares = np.array([of(one).mean((1, 2)) / 100 for one in sorted(PATCHES, key=lambda p: p.id)])
    found = predicting.write_set(
        opened, name, range(len(PATCHES)), shares, classes, task="segmentation", codes=CODES,
        key=name, **more,
    )  # fmt: skip
    product = str(opened.samples.frame["product"].iloc[0])
    group = prediction_mosaics.groups(classes)[prediction_mosaics.PROBABILITY]
    path = folder_of(opened.fingerprint, name) / prediction_mosaics.path_of(group.name, product)
    mosaic.write(path, group, "33UUP", {(one.x, one.y): of(one) for one in PATCHES})
    patch.undo()
    return found
