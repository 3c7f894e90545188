"""How far the samples of one part lie from those of another: the distance that tells of leakage."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Nearest:
    """The nearest sample of another part, for each sample of one."""

    distance_m: Floats
    """Metres between the two, shape (n,); infinite where the other part is empty."""
    row: npt.NDArray[np.intp]
    """Row of the nearest one in the other part, shape (n,); -1 where it is empty."""

    def share_within(self, metres: float) -> float:
        """Return the share of samples with a neighbour within a distance; NaN without samples."""
        found = self.distance_m
        return float((found <= metres).mean()) if len(found) else float("nan")


def nearest(samples: Floats, others: Floats) -> Nearest:
    """Find the nearest of some places, for each of other places.

    Args:
        samples: metres east and north in a metric projection, shape (n, 2).
        others: in the same projection, shape (m, 2).

    Raises:
        ValueError: a place is not finite: samples without a location have no distance.
    """
    if not (np.isfinite(samples).all() and np.isfinite(others).all()):
        raise ValueError("Distances need places; leave samples without a location out.")
    if not len(others):
        return Nearest(np.full(len(samples), np.inf), np.full(len(samples), -1))
    # Median splits cost much where half a million places lie on grids, and gain nothing there.
    tree = cKDTree(others, balanced_tree=False, compact_nodes=False)
    distance, row = tree.query(samples, workers=-1)
    return Nearest(np.atleast_1d(distance), np.atleast_1d(row).astype(np.intp))
