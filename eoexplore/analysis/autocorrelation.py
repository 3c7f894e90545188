"""Whether neighbours resemble each other: Moran's I and join counts over pairs of places.

A pair counts once, with weight 1, in whichever order; a place is in as many pairs as it has
neighbours.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.integer]
Pairs = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]
ROOK = ((1, 0), (0, 1))
"""Steps to half of the neighbours that share an edge; the other half follows."""
QUEEN = (*ROOK, (1, 1), (1, -1))
"""Of those that share an edge or a corner."""


@dataclass(frozen=True)
class Joins:
    """How many pairs of neighbours have a class."""

    both: int
    """Both places have it."""
    one: int
    """One of the two has it."""
    neither: int
    """None of the two has it."""


def neighbours(x: Ints, y: Ints, tile: Ints, steps: tuple[tuple[int, int], ...] = ROOK) -> Pairs:
    """Return the pairs of neighbouring places on the grids of tiles.

    Args:
        x: column in the tile's grid, shape (n,).
        y: row, shape (n,).
        tile: number of the tile, shape (n,); places of two tiles are no neighbours here.
        steps: (columns, rows) to the neighbours: ROOK or QUEEN.

    Returns:
        Rows of the one and of the other, shape (pairs,) each.

    Raises:
        ValueError: a place comes twice: of several dates, one is to be chosen first.
    """
    if not len(x):
        return np.empty(0, np.intp), np.empty(0, np.intp)
    # A margin of one on every side keeps a step off the edge from arriving in another row or tile.
    wide, high = int(np.ptp(x)) + 3, int(np.ptp(y)) + 3
    key = (tile.astype(np.int64) * high + (y - y.min() + 1)) * wide + (x - x.min() + 1)
    order = np.argsort(key)
    known = key[order]
    if (known[1:] == known[:-1]).any():
        raise ValueError("A place comes twice: choose one date of each first.")
    ones, others = [], []
    for across, down in steps:
        wanted = key + down * wide + across
        found = np.searchsorted(known, wanted)
        there = known[np.minimum(found, len(known) - 1)] == wanted
        ones.append(np.flatnonzero(there))
        others.append(order[found[there]])
    return np.concatenate(ones), np.concatenate(others)


def moran(values: npt.NDArray[np.floating | np.integer | np.bool_], pairs: Pairs) -> float:
    """Return Moran's I: towards 1 where neighbours are alike, below 0 where they differ.

    n / pairs × the sum over pairs of the products of deviations, over the sum of all squared
    deviations (Moran 1950, doi:10.2307/2332142; binary weights). Without any pattern it is
    -1 / (n - 1) on average. NaN where all values are equal, or there are no pairs.

    Args:
        values: one per place, shape (n,).
        pairs: neighbours.
    """
    one, other = pairs
    apart = np.asarray(values, np.float64) - np.mean(values) if len(values) else np.empty(0)
    squares = float(apart @ apart)
    if not len(one) or not squares:
        return float("nan")
    return float(len(apart) / len(one) * (apart[one] @ apart[other]) / squares)


def moran_of(found: Joins, places: int, having: int) -> float:
    """Return Moran's I of presence from its join counts: the same as `moran`, in less time.

    Of presence there are three products of deviations only. NaN where all or none have the class,
    or there are no pairs.

    Args:
        found: join counts of the class.
        places: all places.
        having: places that have the class.
    """
    pairs = found.both + found.one + found.neither
    if not pairs or having in (0, places):
        return float("nan")
    share = having / places
    products = found.both * (1 - share) ** 2 + found.neither * share**2
    products -= found.one * share * (1 - share)
    return products / pairs / (share * (1 - share))


def by_chance(places: int, having: int, pairs: int) -> tuple[float, float, float]:
    """Return the mean number of pairs of which both, one or none have a class, in any order.

    As if those that have it were shuffled among all places (non-free sampling; Cliff and Ord 1981,
    chapter 1.4).

    Args:
        places: all of them.
        having: those that have the class.
        pairs: pairs of neighbours.
    """
    ordered = places * (places - 1)
    if not ordered:
        return 0.0, 0.0, 0.0
    others = places - having
    both, neither = having * (having - 1), others * (others - 1)
    return pairs * both / ordered, 2 * pairs * having * others / ordered, pairs * neither / ordered


def crossing(ones: Ints, others: Ints, pairs: Pairs) -> int:
    """Count the pairs of samples of two parts that lie at neighbouring places.

    Args:
        ones: samples of the one part at each place, shape (n,).
        others: of the other part, shape (n,).
        pairs: neighbours.
    """
    one, other = pairs
    return int(ones[one] @ others[other] + ones[other] @ others[one])


def joins(has: npt.NDArray[np.bool_], pairs: Pairs) -> Joins:
    """Count the pairs of neighbours of which both, one or none have a class.

    Cliff and Ord 1981, Spatial Processes, chapter 1: BB, BW and WW.

    Args:
        has: whether each place has the class, shape (n,).
        pairs: neighbours.
    """
    one, other = has[pairs[0]], has[pairs[1]]
    both, differ = int(np.count_nonzero(one & other)), int(np.count_nonzero(one ^ other))
    return Joins(both, differ, len(one) - both - differ)
