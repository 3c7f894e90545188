"""Two sets of predictions of the demo: scores by chance, and masks that are wrong at one side."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from eoexplore.store import catalog, mosaic, prediction_mosaics, prediction_sets
from eoexplore.store.catalog import Opened
from eoexplore.store.prediction_sets import Confusion
from tests import predicting

DEMO = "reben-demo"
WRONG = 30
"""Columns of pixels at the left of each mask that are wrong."""


@contextmanager
def cache(shared: Path, folder: Path) -> Iterator[Path]:
    """Give a copy of a cache with both sets, which nobody else sees."""
    own = shutil.copytree(shared, folder / "cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EOEXPLORE_CACHE", str(own))
        patch.setitem(mosaic._COG, "overviews", "NONE")
        opened = catalog.open_slug(DEMO)
        _write_scores(opened)
        _write_masks(opened)
        yield own


def _write_scores(opened: Opened) -> None:
    """Write scores by chance, higher for the classes that a patch has."""
    names = opened.dataset.classes.names
    masks = opened.samples.frame["label_mask"].to_numpy(np.uint64)[:, None]
    truth = (masks >> np.arange(len(names), dtype=np.uint64) & np.uint64(1)).astype(bool)
    chance = np.random.default_rng(5).random(truth.shape)
    scores = np.where(truth, 0.3 + 0.7 * chance, 0.6 * chance)
    predicting.write_set(opened, "scores", range(len(truth)), scores, names, synthetic=True)


def _write_masks(opened: Opened) -> None:
    """Write the label maps as masks, with one class at the left of each patch."""
    schema, frame = opened.dataset.classes, opened.samples.frame
    number = np.full(65536, prediction_mosaics.NOTHING, np.uint8)
    for place, item in enumerate(schema.classes):
        number[list(item.codes)] = place
    pairs, cells, coarse, shares = [], {}, {}, np.zeros((len(frame), len(schema.names)))
    rows = np.flatnonzero(opened.samples.has("reference_map"))
    for place, row in enumerate(rows.tolist()):
        sample = frame.iloc[row]
        known = number[opened.dataset.read(sample["id"], "reference_map", "reference_map")]
        mask = known.copy()
        mask[:, :WRONG] = 0
        of, at = (sample["product"], sample["tile"]), (int(sample["x"]), int(sample["y"]))
        cells.setdefault(of, {})[at] = mask[None]
        sure = mask[3::6, 3::6] == np.arange(len(schema.names))[:, None, None]
        coarse.setdefault(of, {})[at] = np.where(sure, 100, 0).astype(np.uint8)
        shares[row] = np.bincount(mask.ravel(), minlength=256)[: shares.shape[1]] / mask.size
        both = np.stack([known, mask], -1)[known != prediction_mosaics.NOTHING]
        each, count = np.unique(both.reshape(-1, 2), axis=0, return_counts=True)
        pairs += [(place, *pair, n) for pair, n in zip(each.tolist(), count.tolist(), strict=True)]
    sample, reference, predicted, pixels = np.array(pairs, np.int32).T
    predicting.write_set(
        opened, "land", rows, shares[rows], schema.names, task="segmentation", synthetic=True,
        trained_on_split="train", layers=(prediction_mosaics.MASK, prediction_mosaics.PROBABILITY),
        confusion=Confusion(
            sample, reference.astype(np.int16), predicted.astype(np.int16), pixels
        ),
    )  # fmt: skip
    folder = prediction_sets.folder_of(opened.fingerprint, "land")
    groups = prediction_mosaics.groups(schema.names)
    for name, planes in (
        (prediction_mosaics.MASK, cells),
        (prediction_mosaics.PROBABILITY, coarse),
    ):
        for (product, tile), own in planes.items():
            path = folder / prediction_mosaics.path_of(name, str(product))
            mosaic.write(path, groups[name], str(tile), own)
