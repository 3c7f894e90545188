"""Pictures that are the same, or nearly so, in two parts of a split."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter
from scipy.spatial import cKDTree

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Partners:
    """The best partner of some samples in another part; arrays of shape (m,)."""

    rows: npt.NDArray[np.intp]
    """The samples that have one."""
    others: npt.NDArray[np.intp]
    """Their partners."""
    values: Floats
    """How far apart they are (`twins`), or which share of the sample both cover (`overlapping`)."""


def twins(values: Floats, parts: Ints, most_apart: float) -> Partners:
    """Find, for each sample, the one of another part that it is most alike.

    Args:
        values: such as the means of the bands in decibels, shape (n, band); samples with a NaN are
            left out.
        parts: number of each sample's part, -1 for none, shape (n,).
        most_apart: in the band in which two are furthest apart.
    """
    there = np.isfinite(values).all(axis=1) & (parts >= 0)
    best = np.full(len(values), np.inf)
    other = np.full(len(values), -1, np.intp)
    for part in np.unique(parts[there]).tolist():
        inside = np.flatnonzero(there & (parts == part))
        rest = np.flatnonzero(there & (parts != part))
        if not len(rest):
            continue
        tree = cKDTree(values[inside], balanced_tree=False, compact_nodes=False)
        apart, place = tree.query(
            values[rest], p=np.inf, distance_upper_bound=most_apart, workers=-1
        )
        nearer = apart < best[rest]
        best[rest[nearer]] = apart[nearer]
        other[rest[nearer]] = inside[place[nearer]]
    found = np.flatnonzero(other >= 0)
    return Partners(found, other[found], best[found])


def overlapping(
    place: Ints, parts: Ints, pairs: Ints, shares: Floats, least: float = 0.05
) -> Partners:
    """Find, for each sample, the one of another part that covers most of its ground.

    Args:
        place: number of each sample's place, -1 for none, shape (n,).
        parts: number of each sample's part, -1 for none, shape (n,).
        pairs: two places that overlap, shape (pairs, 2).
        shares: which share of the first and of the second of a pair both have, (pairs, 2).
        least: share from which on they count.
    """
    places = int(max(place.max(initial=-1), pairs.max(initial=-1))) + 1
    kinds = int(parts.max(initial=-1)) + 1
    first = np.full((places, kinds), -1, np.intp)
    rows = np.flatnonzero((place >= 0) & (parts >= 0))[::-1]
    first[place[rows], parts[rows]] = rows
    both = np.concatenate([pairs, pairs[:, ::-1]])
    common = np.concatenate([shares[:, 0], shares[:, 1]])
    whole = np.arange(places)
    both = np.concatenate([both, np.column_stack([whole, whole])])
    common = np.concatenate([common, np.ones(places)])
    enough = common >= least
    both, common = both[enough], common[enough]
    # Of several the last assignment stays: the one that covers most.
    order = np.argsort(common, kind="stable")
    both, common = both[order], common[order]
    best, other = np.zeros((places, kinds)), np.full((places, kinds), -1, np.intp)
    for own in range(kinds):
        for part in set(range(kinds)) - {own}:
            there = (first[both[:, 0], own] >= 0) & (first[both[:, 1], part] >= 0)
            there &= common >= best[both[:, 0], own]
            best[both[there, 0], own] = common[there]
            other[both[there, 0], own] = first[both[there, 1], part]
    rows = rows[::-1]
    rows = rows[other[place[rows], parts[rows]] >= 0]
    at = place[rows], parts[rows]
    return Partners(rows, other[at], best[at])


def similarity(one: Floats, other: Floats, side: int = 9) -> float:
    """Return how alike two pictures are in their details, -1 to 1: the median of the bands.

    The correlation of each band after its local mean is taken away: two pictures of calm sea have
    the same means and no detail in common.

    Args:
        one: shape (band, row, column), more rows and columns than `side`.
        other: of the same shape.
        side: pixels along the side of the square that the local mean is over.

    Returns:
        NaN where no band of both has any detail.
    """
    found = []
    for first, second in zip(one, other, strict=True):
        details = [_detail(band.astype(np.float64), side) for band in (first, second)]
        spread = [float(detail.std()) for detail in details]
        if min(spread) > 0:
            product = (details[0] - details[0].mean()) * (details[1] - details[1].mean())
            found.append(float(product.mean()) / (spread[0] * spread[1]))
    return float(np.median(found)) if found else float("nan")


def _detail(band: Floats, side: int) -> Floats:
    """Return a band less its local mean, without the edge, where that is not known."""
    edge = slice(side // 2, -(side // 2) or None)
    return np.asarray((band - uniform_filter(band, side))[edge, edge])
