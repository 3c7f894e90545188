"""What stands behind the scene labels of patches: how much of each patch its class covers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Labels:
    """All labels of some patches; entry i of every array is one label of one patch."""

    classes: npt.NDArray[np.int8]
    """Number of the class, rising, shape (labels,)."""
    patches: npt.NDArray[np.int32]
    """Number of the patch, shape (labels,)."""
    shares: npt.NDArray[np.float64]
    """Share of the patch's label map that the class covers, 0 to 1, shape (labels,)."""
    unsaid: Counts
    """Patches in which a class has pixels and is no label, shape (classes,)."""

    def counts(self, limits: Sequence[float]) -> Counts:
        """Return how many labels of each class lie between limits of the share.

        Args:
            limits: rising; a share that equals one is above it.

        Returns:
            Shape (classes, limits + 1): below the first one, from the first to the second, ….
        """
        step = np.searchsorted(limits, self.shares, side="right")
        kinds = len(limits) + 1
        cells = np.bincount(self.classes * kinds + step, minlength=len(self.unsaid) * kinds)
        return cells.reshape(-1, kinds)

    def medians(self) -> npt.NDArray[np.float64]:
        """Return the median share of each class, NaN without a label; shape (classes,)."""
        found = np.full(len(self.unsaid), np.nan)
        ends = np.searchsorted(self.classes, np.arange(len(found) + 1))
        for number in np.flatnonzero(np.diff(ends)):
            found[number] = np.median(self.shares[ends[number] : ends[number + 1]])
        return found

    def bare(self, limit: float) -> int:
        """Return how many patches with a label keep none of at least some share."""
        labelled = np.zeros(int(self.patches.max(initial=-1)) + 1, bool)
        kept = labelled.copy()
        labelled[self.patches] = True
        kept[self.patches[self.shares >= limit]] = True
        return int(np.count_nonzero(labelled & ~kept))


def of_patches(
    masks: npt.NDArray[np.uint64],
    pixels: Mapping[int, npt.NDArray[np.integer]],
    total: npt.NDArray[np.integer],
    classes: int,
) -> Labels:
    """Look up what each label covers.

    Args:
        masks: labels of each patch, a bit for each class, shape (n,).
        pixels: pixels of each class on the label maps by its number, shape (n,) each; labels of
            classes that are not on the maps are left out.
        total: pixels of each label map, shape (n,); labels of patches without a map are left out.
        classes: how many there are.
    """
    mapped = total > 0
    rows, shares, counts = [], [], np.zeros(classes, np.int64)
    unsaid = np.zeros(classes, np.int64)
    for number in sorted(pixels):
        has = (masks >> np.uint64(number) & np.uint64(1)).astype(bool)
        unsaid[number] = np.count_nonzero(~has & mapped & (pixels[number] > 0))
        own = np.flatnonzero(has & mapped)
        rows.append(own.astype(np.int32))
        shares.append(pixels[number][own] / total[own])
        counts[number] = len(own)
    return Labels(
        np.repeat(np.arange(classes, dtype=np.int8), counts),
        np.concatenate([np.zeros(0, np.int32), *rows]),
        np.concatenate([np.zeros(0), *shares]),
        unsaid,
    )
