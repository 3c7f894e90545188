"""Pixels that the models of folds learn from: drawn from the label maps of some patches.

What a model is given of a pixel is worked out from the patch around it, so patches are read; the
pixels that an index keeps have no surroundings. torch is imported inside functions.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from eoexplore.core.errors import ModelError
from eoexplore.core.model_card import ModelCard
from eoexplore.jobs import inputs, prediction_chunks
from eoexplore.jobs.progress import Cancelled, Report
from eoexplore.store.catalog import Opened

if TYPE_CHECKING:
    import torch

PATCHES = 3_000
"""Patches of a dataset that are learnt from at most: their drawn pixels take 150 MB."""
OF_CLASS = 150
"""Patches with a label that are taken before others, so that rare classes are learnt."""
PIXELS = 64
"""Pixels of a class that are drawn from a patch at most."""
LEAST = 20
"""Pixels without which a class is not learnt."""
_TOGETHER = 16
_MEASURED = 256
"""Patches of which means and deviations of the bands are taken."""

Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Pixels:
    """Drawn pixels of which the class is known."""

    features: npt.NDArray[np.float16]
    """What a model is given of each, shape (n, feature)."""
    classes: npt.NDArray[np.intp]
    """Number of the class of each, shape (n,)."""
    rows: npt.NDArray[np.intp]
    """Its sample's row in the sample table, shape (n,)."""
    stands_for: npt.NDArray[np.float64]
    """Pixels of its patch that each stands for, shape (n,)."""


def mapped(opened: Opened) -> Bools:
    """Tell which samples have a label map, shape (n,)."""
    found = np.zeros(len(opened.samples), bool)
    for layer in opened.dataset.layers:
        if layer.kind == "categorical":
            found |= opened.samples.has(layer.name)
    return found


def chosen(opened: Opened, rows: Rows) -> Rows:
    """Return the rows that are learnt from: by lot, after some of each label.

    Args:
        opened: the dataset.
        rows: of samples that can be predicted, shape (n,).

    Returns:
        PATCHES of them at most, with a label map, ascending; always the same.
    """
    order = np.random.default_rng(0).permutation(rows[mapped(opened)[rows]])
    masks = opened.samples.frame["label_mask"].to_numpy(np.uint64)[order]
    first = np.zeros(len(order), bool)
    for bit in range(len(opened.dataset.classes.classes)):
        first[np.flatnonzero(masks >> np.uint64(bit) & np.uint64(1))[:OF_CLASS]] = True
    return np.sort(order[np.argsort(~first, kind="stable")[:PATCHES]])


def measured(
    opened: Opened, rows: Rows, own: ModelCard, cancelled: Callable[[], bool]
) -> ModelCard:
    """Return a card with mean and deviation of each band, over some of the rows.

    No label is looked at, so that they are the same for all folds.

    Raises:
        Cancelled: as asked, before each few patches.
    """
    few = rows[np.unique(np.linspace(0, len(rows) - 1, _MEASURED).astype(np.intp))]
    total, squares, count = (np.zeros(len(own.bands)) for _ in range(3))
    for at in range(0, len(few), _TOGETHER):
        if cancelled():
            raise Cancelled
        batch = inputs.read(opened, few[at : at + _TOGETHER].tolist(), own).batch[:, :, ::4, ::4]
        values = batch.astype(np.float64)
        total += np.nansum(values, axis=(0, 2, 3))
        squares += np.nansum(values**2, axis=(0, 2, 3))
        count += np.isfinite(values).sum((0, 2, 3))
    mean = total / np.maximum(count, 1)
    std = np.sqrt(np.maximum(squares / np.maximum(count, 1) - mean**2, 0))
    # A band of one value tells nothing and is divided by anything.
    std = np.where(std > 0, std, 1.0)
    return replace(own, mean=tuple(map(float, mean)), std=tuple(map(float, std)))


def draw(
    opened: Opened,
    rows: Rows,
    own: ModelCard,
    report: Report,
    cancelled: Callable[[], bool],
) -> Pixels:
    """Read patches and draw pixels of each class from each of them.

    Args:
        opened: the dataset.
        rows: of patches with label maps, shape (n,).
        own: card of the models, with deviations.
        report: told (patches done, patches in all, what).
        cancelled: asked before each few patches.

    Raises:
        Cancelled: as asked.
        ModelError: there are not two classes to learn.
    """
    parts: list[Pixels] = []
    for at in range(0, len(rows), _TOGETHER):
        if cancelled():
            raise Cancelled
        report(at, len(rows), "reading what is learnt from")
        asked = inputs.read(opened, rows[at : at + _TOGETHER].tolist(), own)
        maps = prediction_chunks.maps_of(opened, asked.rows.tolist(), own)
        if len(asked.rows):
            seen = _features(asked.batch, own)
            pairs = zip(asked.rows.tolist(), seen, maps, strict=True)
            parts += [_drawn(row, own, map_) for row, own, map_ in pairs if map_ is not None]
    counts = np.bincount(np.concatenate([np.zeros(0, np.intp), *(part.classes for part in parts)]))
    if (counts >= LEAST).sum() < 2:
        raise ModelError(
            f"The label maps of {opened.dataset.title} have fewer than two classes with {LEAST} "
            "pixels or more, so that there is nothing to tell apart."
        )
    names = [field.name for field in fields(Pixels)]
    return Pixels(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _features(batch: npt.NDArray[np.float32], own: ModelCard) -> "torch.Tensor":
    """Return what a model is given of each pixel, shape (patch, feature, pixel)."""
    import torch

    from eoexplore.models import _context_network
    from eoexplore.models._network import LoadedNetwork

    with torch.inference_mode():
        # As a model that is loaded prepares it.
        values = LoadedNetwork(own, torch.nn.Identity(), "cpu", 0).prepare(batch)
        return _context_network.features(values).flatten(2)


def _drawn(row: int, seen: "torch.Tensor", map_: npt.NDArray[np.int16]) -> Pixels:
    """Return pixels of one patch.

    Args:
        row: of the patch; it decides which pixels are drawn.
        seen: shape (feature, pixel).
        map_: number of the class of each pixel, -1 for none.
    """
    lot, flat = np.random.default_rng((1, row)), map_.ravel()
    places, weights = [np.zeros(0, np.intp)], [np.zeros(0)]
    for number in np.unique(flat[flat >= 0]).tolist():
        there = np.flatnonzero(flat == number)
        places.append(lot.permutation(there)[:PIXELS])
        weights.append(np.full(len(places[-1]), len(there) / len(places[-1])))
    at = np.concatenate(places)
    return Pixels(
        seen.numpy()[:, at].T.astype(np.float16),
        flat[at].astype(np.intp),
        np.full(len(at), row, np.intp),
        np.concatenate(weights),
    )
