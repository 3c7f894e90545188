"""Means of classes in patches, and of patches, for evidence from spectra without a model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoexplore.analysis.spectra import UNKNOWN
from eoexplore.core.types import Layer
from eoexplore.evidence.kind import Asked, CannotTell
from eoexplore.store import spectra, spectra_patches

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
LEAST_HA = 3.0
"""Area of a class in a patch whose mean is judged: of less, pixels at the border of the class are
mostly mixed."""
_HA = 1e-2
"""Hectares of a pixel of 10 m."""
_FINE_M = 20
"""Coarser bands of an optical layer are there for the atmosphere, and mix classes."""


@dataclass(frozen=True)
class Classes:
    """Classes in patches; entry i of every array is one class in one patch."""

    rows: npt.NDArray[np.integer]
    """Row of the patch, shape (n,)."""
    numbers: npt.NDArray[np.intp]
    """Number of the class in the dataset, shape (n,)."""
    pixels: npt.NDArray[np.int32]
    """Pixels of the class, shape (n,)."""
    shares: Floats
    """Share of the patch, 0 to 1, shape (n,)."""
    values: npt.NDArray[np.float32]
    """Reflectance of optical bands, decibels of radar; finite, shape (n, band)."""


def optical(asked: Asked) -> Layer | None:
    """Return the layer whose values are reflectances, if this copy has images of it."""
    return _layer(asked, lambda layer: layer.kind == "optical" and bool(layer.reflectance))


def radar(asked: Asked) -> Layer | None:
    """Return the layer of backscatter, if this copy has images of it."""
    return _layer(asked, lambda layer: layer.kind == "sar")


def _layer(asked: Asked, fits: Callable[[Layer], bool]) -> Layer | None:
    layers = (item for item in asked.opened.dataset.layers if fits(item))
    return next((item for item in layers if asked.opened.samples.has(item.name).any()), None)


def fine_bands(asked: Asked) -> list[str]:
    """Return the bands that tell classes apart, such as "s2/B04": those of 20 m or finer.

    Raises:
        CannotTell: this copy has no images whose values mean the same everywhere.
    """
    layers = [layer for layer in (optical(asked), radar(asked)) if layer is not None]
    if not layers:
        raise CannotTell(
            "This copy has no images with reflectances or backscatter, so nothing can be compared. "
            "Add the folder of the images."
        )
    bands = [(layer, band) for layer in layers for band in layer.bands]
    return [f"{layer.name}/{band.name}" for layer, band in bands if band.gsd_m <= _FINE_M]


def of_patches(asked: Asked, bands: Sequence[str]) -> Floats:
    """Return the mean of bands over each patch, shape (n, band); NaN without a value.

    Optical bands are reflectances, radar is in decibels.

    Raises:
        CannotTell: the index has no spectra.
    """
    columns = []
    for band in bands:
        found = spectra.means(asked.opened.folder, band)
        if found is None or len(found) != len(asked.opened.samples):
            raise CannotTell(_not_computed(asked))
        columns.append(found * _unit(asked, band))
    return np.column_stack(columns).astype(np.float64)


def of_classes(asked: Asked, bands: Sequence[str], chosen: Mask) -> Classes:
    """Return the means of the classes that cover at least `LEAST_HA` of a patch.

    A patch without a label map counts as a whole where it has one label alone.

    Args:
        asked: what is looked at.
        bands: layer and band, such as "s2/B04"; what lacks one is left out.
        chosen: which patches, shape (n,).

    Raises:
        CannotTell: the index has no spectra, or nothing tells where the classes are.
    """
    samples, classes = asked.opened.samples, asked.opened.dataset.classes.classes
    found = spectra_patches.read(asked.opened.folder, samples.frame, bands)
    if found is None:
        raise CannotTell(_not_computed(asked))
    number = np.full(1 << 16, -1, np.intp)
    for place, item in enumerate(classes):
        number[list(item.codes)] = place
    numbers = number[found.codes]
    masks = samples.frame["label_mask"].to_numpy(np.uint64)[found.rows]
    alone = (found.codes == UNKNOWN) & (np.bitwise_count(masks) == 1)
    numbers[alone] = np.log2(masks[alone].astype(np.float64)).astype(np.intp)
    total = np.bincount(found.rows, found.pixels, len(samples))[found.rows]
    if not (numbers >= 0).any():
        raise CannotTell(
            "No label map tells where the classes are, and no patch has one label alone, so "
            "spectra of classes are not known."
        )
    values = found.values * np.array([_unit(asked, band) for band in bands], np.float32)
    own = (numbers >= 0) & (found.pixels * _HA >= LEAST_HA) & chosen[found.rows]
    own &= np.isfinite(values).all(axis=1)
    shares = found.pixels / np.maximum(total, 1)
    return Classes(found.rows[own], numbers[own], found.pixels[own], shares[own], values[own])


def without_flag(asked: Asked) -> Mask:
    """Tell which patches have no flag, such as that of snow or cloud; shape (n,)."""
    lists = asked.opened.samples.frame["flags"].to_numpy(object)
    return np.asarray(np.fromiter(map(len, lists), np.intp, len(lists)) == 0)


def decibels(values: npt.NDArray[np.floating], bands: Sequence[str], asked: Asked) -> Floats:
    """Return reflectances in decibels, 10 log10, and radar as it is; shape (n, band).

    In logarithms a slope that halves the light moves all bands by the same, and dark bands, of
    water for one, weigh as much as bright ones.

    Args:
        values: of `of_classes` or `of_patches`.
        bands: their names.
        asked: what is looked at.
    """
    found = np.array(values, np.float64)
    layer = optical(asked)
    for column, band in enumerate(bands):
        if layer is not None and band.startswith(f"{layer.name}/"):
            found[:, column] = 10 * np.log10(np.maximum(found[:, column], 1e-4))
    return found


def _unit(asked: Asked, band: str) -> float:
    name = band.partition("/")[0]
    layers = asked.opened.dataset.layers
    return next((item.reflectance or 1.0 for item in layers if item.name == name), 1.0)


def _not_computed(asked: Asked) -> str:
    if asked.opened.dataset.streams:
        return (
            "Spectra need all layers of a patch at once, which archives (.tar.zst) do not give: "
            "extract the archives."
        )
    return "The spectra of the classes are not in the index yet. Build the index first."
