"""Which labels occur together, and whether more often than chance has it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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


def _divided(above: npt.ArrayLike, below: npt.ArrayLike) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.asarray(above, np.float64) / np.asarray(below, np.float64)
    return np.where(np.isfinite(found), found, np.nan)
