"""Pixels of the classes for the charts of spectra: which there are, and of which patches."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoexplore.analysis.spectra import SAMPLED
from eoexplore.charts.chart import Asked, CannotTell, Option, Part
from eoexplore.core.dates import SEASONS
from eoexplore.core.types import Layer
from eoexplore.store import spectra
from eoexplore.store.spectra import ClassPixels
from eoexplore.store.spectra_join import PER_STRATUM

FEW = 30
"""Pixels below which figures of a class are marked: their percentiles rest on three or less."""
ALL, EACH = "all", "each"
_CODES = 1 << 16
DRAWN = (
    f"Of each class in each patch up to {SAMPLED} pixels are kept, and of each class in each "
    f"season of the whole dataset up to {PER_STRATUM:,} of them, drawn with equal chances; each "
    "counts for the pixels that it stands for. Pixels of one patch resemble each other, so their "
    "number overstates how sure a figure is; the number of patches understates it less."
)
NO_TEST = (
    "No test tells the two apart: pixels of one patch, and of patches beside each other, resemble "
    "each other, so that a test would find a difference between any two selections."
)


@dataclass(frozen=True)
class Pixels:
    """The pixels of a dataset's classes."""

    found: ClassPixels
    """As the index has them."""
    places: npt.NDArray[np.intp]
    """Number of the class of each pixel in the dataset's order, -1 for none; shape (n,)."""


def optical(asked: Asked) -> Layer:
    """Return the layer whose stored values are reflectances.

    Raises:
        CannotTell: the dataset has none, or this copy has no images of it.
    """
    layers = asked.opened.dataset.layers
    found = next((item for item in layers if item.kind == "optical" and item.reflectance), None)
    if found is None or not asked.opened.samples.has(found.name).any():
        raise CannotTell("This copy has no optical images, so there are no spectra of classes.")
    return found


def radar(asked: Asked) -> Layer:
    """Return the layer of backscatter.

    Raises:
        CannotTell: the dataset has none, or this copy has no images of it.
    """
    found = next((item for item in asked.opened.dataset.layers if item.kind == "sar"), None)
    if found is None or not asked.opened.samples.has(found.name).any():
        raise CannotTell("This copy has no radar images, so nothing is known of backscatter.")
    return found


def pixels(asked: Asked) -> Pixels:
    """Return the pixels of the classes.

    Raises:
        CannotTell: the index has none, or no label map tells the class of a pixel.
    """
    found = spectra.class_pixels(asked.opened.folder)
    if found is None or found.samples.max(initial=-1) >= len(asked.opened.samples):
        raise CannotTell(not_computed(asked))
    number = np.full(_CODES, -1, np.intp)
    for place, item in enumerate(asked.classes):
        number[[code for code in item.codes if 0 <= code < _CODES]] = place
    places = number[found.codes]
    if not (places >= 0).any():
        raise CannotTell(
            "No label map tells the class of a pixel in this copy, so there are no spectra of "
            "classes. Scene labels do not say where in a patch a class is."
        )
    return Pixels(found, places)


def known(own: Pixels, layers: Sequence[Layer]) -> list[str]:
    """Return the bands of some layers that any pixel has, such as "s2/B04"."""
    keys = [f"{layer.name}/{band.name}" for layer in layers for band in layer.bands]
    found = own.found
    return [key for key in keys if (found.stored[key] != found.codings[key].empty).any()]


def not_computed(asked: Asked) -> str:
    """Return why the index has no spectra, and what would help."""
    if asked.opened.dataset.streams:
        return (
            "Spectra need all layers of a patch at once, which archives (.tar.zst) do not give: "
            "extract the archives."
        )
    return (
        "Spectra are a part of the index that is still to be computed: it is built in the "
        "background; Home shows how far it is."
    )


def chosen(asked: Asked, own: Pixels, part: Part, season: str = ALL) -> npt.NDArray[np.intp]:
    """Return which pixels lie in patches of a part, and in a season; shape (m,)."""
    mask = part.mask
    if season != ALL:
        mask = mask & (asked.frame["season"] == season).to_numpy(bool)
    return np.flatnonzero(mask[own.found.samples] & (own.places >= 0))


def patches(own: Pixels, rows: npt.NDArray[np.intp], classes: int) -> npt.NDArray[np.int64]:
    """Return how many patches the pixels of each class come from, shape (classes,)."""
    samples = int(own.found.samples.max(initial=0)) + 1
    pairs = np.unique(own.places[rows] * samples + own.found.samples[rows])
    return np.bincount(pairs // samples, minlength=classes).astype(np.int64)


def seasons(asked: Asked) -> list[str]:
    """Return the seasons that the dataset has, in their order; none where it has no dates."""
    there = set(asked.frame["season"].astype("category").cat.categories)
    return [season for season in SEASONS if season in there]


def season_option(asked: Asked, *, apart: bool = False) -> tuple[Option, ...]:
    """Return the choice of a season; none where no date is known.

    Args:
        asked: tells the seasons.
        apart: whether all can be seen apart as well.
    """
    found = seasons(asked)
    if not found:
        return ()
    values = {ALL: "All together"} | {season: season.capitalize() for season in found}
    return (Option("season", "Season", values | ({EACH: "Each apart"} if apart else {})),)


def left_out(asked: Asked, layer: Layer) -> list[str]:
    """Return how many of the selected patches have an image and no label map, if there are any."""
    samples = asked.opened.samples
    maps = [item.name for item in asked.opened.dataset.layers if item.kind == "categorical"]
    bare = samples.has(layer.name) & ~np.logical_or.reduce([samples.has(name) for name in maps])
    counts = [int((part.mask & bare).sum()) for part in asked.parts]
    said = " and ".join(f"{number:,}" for number in counts)
    return [f"Patches without a label map are left out: {said}."] if any(counts) else []


def nothing(season: str) -> str:
    """Return that no pixel of a class is selected."""
    when = "" if season in (ALL, EACH) else f" in {season}"
    return (
        f"None of the selected patches has spectra of a class{when}: their images or label maps "
        "are not there, or were not drawn. Drop a condition or choose another season."
    )
