"""Which labels occur together, and whether more often than chance has it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Together:
    """Samples with each pair of classes; arrays of shape (k, k), a row and a column per class."""

    counts: npt.NDArray[np.int64]
    """Samples that have both classes; on the diagonal, those that have the one."""
    samples: int
    """All samples."""

    @property
    def alone(self) -> npt.NDArray[np.int64]:
        """Samples that have each class, shape (k,)."""
        return np.diagonal(self.counts)

    @property
    def conditional(self) -> Floats:
        """Share of the samples of the row's class that have the column's; NaN without samples."""
        return _divided(self.counts, self.alone[:, None])

    @property
    def lift(self) -> Floats:
        """How many times as often as if both were independent: 1 if they are, 0 if never together.

        P(a, b) / (P(a) P(b)) (Brin et al. 1997, doi:10.1145/253260.253325); NaN for a class that
        never occurs.
        """
        return _divided(self.counts * self.samples, np.outer(self.alone, self.alone))

    @property
    def phi(self) -> Floats:
        """Correlation of having one class with having the other, -1 to 1 (Yule 1912).

        NaN for a class that no sample has, or every sample.
        """
        n, own = self.samples, self.alone.astype(np.float64)
        spread = own * (n - own)
        return _divided(self.counts * n - np.outer(own, own), np.sqrt(np.outer(spread, spread)))


def together(masks: npt.NDArray[np.uint64], classes: int) -> Together:
    """Count the samples that have each pair of classes.

    Args:
        masks: label_mask, shape (n,); bit i is the schema's class i.
        classes: number of classes, at most 64.
    """
    # Sets of labels are few, samples are many.
    sets, times = np.unique(masks, return_counts=True)
    bits = (sets[:, None] >> np.arange(classes, dtype=np.uint64) & np.uint64(1)).astype(np.int64)
    return Together((bits * times[:, None]).T @ bits, len(masks))


def clustered(phi: Floats) -> npt.NDArray[np.intp]:
    """Return the classes in an order in which those that occur together are neighbours, shape (k,).

    Average linkage of the distance 1 - φ (Sokal and Michener 1958); of all orders of its tree the
    one whose neighbours are closest (Bar-Joseph et al. 2001, doi:10.1093/bioinformatics/17.suppl_1
    .S22), and of that and its reverse the one that begins with the earlier class.

    Args:
        phi: correlation of each pair, shape (k, k); NaN counts as 0.
    """
    if len(phi) < 3:
        return np.arange(len(phi))
    distance = 1 - np.nan_to_num(phi)
    np.fill_diagonal(distance, 0)
    tree = hierarchy.linkage(squareform(distance, checks=False), "average", optimal_ordering=True)
    order: npt.NDArray[np.intp] = hierarchy.leaves_list(tree).astype(np.intp)
    return order if order[0] < order[-1] else order[::-1]


def _divided(above: npt.ArrayLike, below: npt.ArrayLike) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.asarray(above, np.float64) / np.asarray(below, np.float64)
    return np.where(np.isfinite(found), found, np.nan)
