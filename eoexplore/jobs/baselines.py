"""Plain baselines of a dataset, trained in seconds from the pixels that its index has kept."""

import numpy as np
import numpy.typing as npt

from eoexplore.core.errors import ModelError
from eoexplore.core.model_card import CardClass
from eoexplore.models import pixel
from eoexplore.render import indices
from eoexplore.store import spectra
from eoexplore.store.catalog import Opened
from eoexplore.store.spectra import ClassPixels

LEAST = 20
"""Training pixels without which a class is left out."""


def name_of(slug: str, kind: str) -> str:
    """Return the name of a dataset's baseline among the models that were trained here."""
    return f"{slug}-{kind.replace('_', '-')}"


def train(opened: Opened, kind: str) -> pixel.LoadedPixels:
    """Train a baseline on the train split; its scores are of the validation split.

    Pixels of the test split are not looked at.

    Args:
        opened: a dataset with spectra in its index.
        kind: one of `eoexplore.models.pixel.TITLES`.

    Raises:
        ModelError: the index has no spectra, or they do not suffice.
    """
    found = spectra.class_pixels(opened.folder)
    if found is None:
        raise ModelError(
            f"The index of {opened.dataset.title} has no spectra yet, from which a baseline is "
            "trained. Build the index."
        )
    split = opened.samples.frame["split"].astype(str).to_numpy()[found.samples]
    numbers, classes = _classes(opened, found, split == "train")
    known = numbers >= 0
    rows = {name: np.flatnonzero(known & (split == name)) for name in ("train", "validation")}
    bands = _bands(found, rows["train"])
    part = {
        name: pixel.Pixels(
            np.column_stack([found.values(band, chosen) for band in bands]),
            numbers[chosen],
            found.stands_for[chosen],
        )
        for name, chosen in rows.items()
        if bands
    }
    if len(classes) < 2 or not part:
        raise ModelError(
            f"The train split of {opened.dataset.title} has fewer than two classes with {LEAST} "
            "pixels or more, from which a baseline could learn. Choose a dataset with label maps."
        )
    return pixel.train(kind, _subject(opened, bands, classes), part["train"], part["validation"])


def _classes(
    opened: Opened, found: ClassPixels, training: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.intp], tuple[CardClass, ...]]:
    """Return the number of the class of each pixel, -1 for none, and the classes."""
    numbers = np.full(len(found.codes), -1, np.intp)
    classes: list[CardClass] = []
    for item in opened.dataset.classes.classes:
        own = found.codes == item.codes[0] if item.codes else np.zeros(len(numbers), bool)
        if (own & training).sum() >= LEAST:
            numbers[own] = len(classes)
            classes.append(CardClass(int(item.codes[0]), item.name, item.colour.lower()))
    return numbers, tuple(classes)


def _bands(found: ClassPixels, rows: npt.NDArray[np.intp]) -> tuple[str, ...]:
    """Return the bands of which some training pixel has a value."""
    return tuple(
        band
        for band, stored in found.stored.items()
        if (stored[rows] != found.codings[band].empty).any()
    )


def _subject(
    opened: Opened, bands: tuple[str, ...], classes: tuple[CardClass, ...]
) -> pixel.Subject:
    dataset = opened.dataset
    sizes = {
        f"{layer.name}/{band.name}": band.gsd_m for layer in dataset.layers for band in layer.bands
    }
    optical = {layer.name for layer in dataset.layers if layer.kind == "optical"}
    named = {band.partition("/")[2] for band in bands if band.partition("/")[0] in optical}
    return pixel.Subject(
        dataset=dataset.title,
        bands=bands,
        classes=classes,
        gsd_m=min(sizes[band] for band in bands),
        indices=tuple(
            name for name in pixel.INDICES if set(indices.catalogue()[name].bands) <= named
        ),
        synthetic=dataset.synthetic,
    )
