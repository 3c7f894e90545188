"""Quick models of single pixels and what lies around them, one for each fold of a dataset.

All learn from the same drawn pixels, less those of their fold and of what is too near to it. torch
is imported inside functions.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from eoexplore.core.errors import ModelError
from eoexplore.core.model_card import CardClass, ModelCard
from eoexplore.core.types import Layer
from eoexplore.jobs import fold_pixels
from eoexplore.jobs.fold_pixels import LEAST, Bools, Pixels
from eoexplore.jobs.progress import Cancelled
from eoexplore.models import small
from eoexplore.store.catalog import Opened

if TYPE_CHECKING:
    import torch

VERSION = 1
"""Of the features, the drawn pixels and the recipe: another one makes other sets."""
SIDE = 120
"""Rows and columns of the input."""
MOST = 4_000
"""Pixels of a class that a model learns from at most."""
EPOCHS, BATCH, RATE, DECAY = 12, 512, 4e-3, 1e-3
"""AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101) with one cycle of the learning rate up to RATE
(Smith & Topin 2018, arXiv:1708.07120)."""


def card(opened: Opened) -> ModelCard:
    """Return what the models of a dataset take and say; deviations are not measured yet.

    Bands are those of the layers that half of the mapped samples have, or more.

    Raises:
        ModelError: there are no label maps, or no imagery beside them.
    """
    dataset = opened.dataset
    layers = _layers(opened)
    bands = tuple(f"{layer.name}/{band.name}" for layer in layers for band in layer.bands)
    finest = min(band.gsd_m for layer in layers for band in layer.bands)
    return ModelCard(
        name=f"Pixels and their surroundings{' (synthetic)' if dataset.synthetic else ''}",
        task="segmentation",
        architecture=small.CONTEXT,
        encoder="",
        bands=bands,
        input_size=SIDE,
        resample="nearest",
        mean=(0.0,) * len(bands),
        std=(1.0,) * len(bands),
        classes=tuple(
            CardClass(int(item.codes[0]), item.name, item.colour.lower())
            for item in dataset.classes.classes
            if item.codes
        ),
        activation="softmax",
        gsd_m=(0.8 * finest, 1.25 * finest),
        licence="that of the dataset",
        source="trained here, one for each fold",
        options={"widths": list(small.CONTEXT_WIDTHS)},
        synthetic=dataset.synthetic,
    )


def _layers(opened: Opened) -> list[Layer]:
    """Return the layers that a model learns from; errors as for `card`."""
    dataset, title = opened.dataset, opened.dataset.title
    mapped = fold_pixels.mapped(opened)
    if not mapped.any():
        raise ModelError(
            f"{title} has no label maps here, from which a model of each fold could learn the "
            "class of a pixel. Open a copy with label maps, or import predictions of a model that "
            "has not seen the labels."
        )
    maps = {layer.name for layer in dataset.layers if layer.kind == "categorical"}
    closed = [stream.sentence for stream in dataset.streams if stream.layer in maps]
    if closed:
        raise ModelError(f"{closed[0]} Models of folds learn from single label maps.")
    layers = [
        layer
        for layer in dataset.layers
        if layer.kind != "categorical"
        and 2 * opened.samples.has(layer.name)[mapped].sum() >= mapped.sum()
    ]
    if not layers:
        raise ModelError(
            f"No imagery of {title} covers half of its label maps, so no model can learn from it. "
            "Open a copy with imagery."
        )
    return layers


@dataclass(frozen=True)
class Trained:
    """The model of a fold."""

    network: "torch.nn.Module"
    """Its network, in evaluation mode."""
    unlearnt: tuple[str, ...]
    """Classes with too few pixels beside the fold, which it never says."""


def train(pixels: Pixels, learn: Bools, own: ModelCard, cancelled: Callable[[], bool]) -> Trained:
    """Train the model of a fold.

    A class counts by the root of its area: by the area itself, rare ones would never be answered;
    all alike, they would be answered too often.

    Args:
        pixels: drawn from the whole dataset.
        learn: which of them may be learnt from, shape (n,).
        own: card of the model.
        cancelled: asked before each step.

    Raises:
        Cancelled: as asked.
        ModelError: not two classes are left.
    """
    import torch

    rows, weights, unlearnt = _balanced(pixels, learn, own.class_names)
    given = torch.from_numpy(pixels.features[rows])
    wanted = torch.from_numpy(pixels.classes[rows])
    counts = torch.from_numpy(weights.astype(np.float32))
    with _reproducible():
        network = small.build(own)
        head = network.get_submodule("head").train()
        steps = EPOCHS * -(-len(rows) // BATCH)
        doing = torch.optim.AdamW(head.parameters(), weight_decay=DECAY)
        rate = torch.optim.lr_scheduler.OneCycleLR(doing, RATE, steps)
        for _ in range(EPOCHS):
            for batch in torch.split(torch.randperm(len(rows)), BATCH):
                if cancelled():
                    raise Cancelled
                found = head(given[batch].float())
                each = torch.nn.functional.cross_entropy(found, wanted[batch], reduction="none")
                doing.zero_grad()
                torch.autograd.backward((each * counts[batch]).mean())
                doing.step()
                rate.step()
    return Trained(network.eval(), unlearnt)


def _balanced(
    pixels: Pixels, learn: Bools, names: tuple[str, ...]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64], tuple[str, ...]]:
    """Return pixels to learn from, how much each counts, and classes that are left out."""
    lot = np.random.default_rng(0)
    chosen: list[npt.NDArray[np.intp]] = []
    weights: list[npt.NDArray[np.float64]] = []
    unlearnt = []
    for number, name in enumerate(names):
        own = np.flatnonzero(learn & (pixels.classes == number))
        if len(own) < LEAST:
            unlearnt.append(name)
            continue
        chosen.append(lot.permutation(own)[:MOST])
        part = pixels.stands_for[chosen[-1]]
        weights.append(part / part.sum() * np.sqrt(pixels.stands_for[own].sum()))
    if len(chosen) < 2:
        raise ModelError(
            f"Beside one of the folds there are fewer than two classes with {LEAST} pixels, so its "
            "model has nothing to tell apart. Take more folds, or smaller blocks (--block-km)."
        )
    weight = np.concatenate(weights)
    return np.concatenate(chosen), weight / weight.mean(), tuple(unlearnt)


@contextlib.contextmanager
def _reproducible() -> Iterator[None]:
    """Let torch do the same each time; leave it as it was."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield
