"""Spatial folds: blocks of ground dealt out to folds, and what lies too near to be learnt from.

Labels of neighbours resemble each other, and so do their errors: a model that has learnt the patch
beside says little of how it does elsewhere. Whole blocks are therefore held out, with a margin
around them (Roberts et al. 2017, doi 10.1111/ecog.02881).
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

PATCH_M = 1_200.0
"""Side of a patch in metres."""
OVERLAPPING_M = 1_100.0
"""Two patches overlap for sure if their middles are nearer; those side by side are 1,200 m apart,
less 2 % in EPSG:3035 far from its middle."""
TOUCHING_M = 1.02 * 2**0.5 * PATCH_M
"""Two patches can touch, however their grids are turned, if their middles are nearer."""


def blocks(places: Floats, side_m: float) -> Codes:
    """Return the square block of ground of each place; places that overlap share one.

    Patches of neighbouring tiles overlap, and lie on other grids. What overlaps is kept together
    as long as it fits into a block; where tiles of two UTM zones meet, it may go on for a hundred
    kilometres, and is cut: `near` then keeps either side from being learnt.

    Args:
        places: the middle of each, in metres; shape (n, 2) in a projection, or (n, 3) from the
            middle of the Earth.
        side_m: side of a block in metres.

    Returns:
        Numbers from 0 on, shape (n,).

    Raises:
        ValueError: the side is not above zero, or a place is not finite.
    """
    if not side_m > 0:
        raise ValueError("The side of a block has to be above zero.")
    if not np.isfinite(places).all():
        raise ValueError("Blocks need places; leave samples without a location out.")
    if not len(places):
        return np.zeros(0, np.intp)
    cells = np.floor(places / side_m).astype(np.int64)
    codes = np.unique(cells, axis=0, return_inverse=True)[1].ravel().astype(np.intp)
    groups = _overlapping(places)
    # In the order of groups, each one's places are neighbours.
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    low, high = (kind.reduceat(places[order], starts) for kind in (np.minimum, np.maximum))
    fits = np.all(high - low <= side_m, axis=1, keepdims=True)[:, 0]
    return np.where(fits[groups], codes[order[starts]][groups], codes)


def _overlapping(places: Floats) -> Codes:
    """Return a number for all places that overlap each other, one after the other; shape (n,)."""
    pairs = cKDTree(places).query_pairs(OVERLAPPING_M, output_type="ndarray")
    ones = np.ones(len(pairs), np.int8)
    graph = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(len(places), len(places)))
    return np.asarray(connected_components(graph, directed=False)[1], np.intp)


def named(names: Sequence[str], count: int) -> Codes:
    """Return a block for each sample without a place: by its name, in an order of no meaning.

    Args:
        names: what keeps samples together, such as a product; or the id of each.
        count: blocks at most: names are put together by their SHA-256.

    Returns:
        Numbers from 0 on, without gaps; shape (n,).
    """
    found = [int.from_bytes(hashlib.sha256(n.encode()).digest()[:8]) % count for n in names]
    return np.unique(np.array(found, np.int64), return_inverse=True)[1].astype(np.intp)


def deal(codes: Codes, count: int) -> npt.NDArray[np.int8]:
    """Deal whole blocks out to folds: the largest first, each to the fold with fewest samples.

    No fold then has more than its share and one block (Graham 1969, doi 10.1137/0117039).

    Args:
        codes: block of each sample, 0 or more; shape (n,).
        count: number of folds, 2 or more.

    Returns:
        Fold of each sample from 0 on, shape (n,); the same for the same blocks.

    Raises:
        ValueError: there are fewer blocks than folds.
    """
    _, block, sizes = np.unique(codes, return_inverse=True, return_counts=True)
    if not 2 <= count <= len(sizes):
        raise ValueError("Each fold needs a block, and there have to be two folds.")
    fold_of = np.zeros(len(sizes), np.int8)
    # Plain numbers: there are few folds, and many blocks.
    held = [0] * count
    for place in np.argsort(-sizes, kind="stable").tolist():
        fold = held.index(min(held))
        fold_of[place] = fold
        held[fold] += int(sizes[place])
    return fold_of[block.ravel()]


def near(places: Floats, own: npt.NDArray[np.bool_], buffer_m: float) -> npt.NDArray[np.bool_]:
    """Tell which places are too near to those of a fold to be learnt from; its own are.

    Args:
        places: as for `blocks`.
        own: which of them are in the fold, shape (n,).
        buffer_m: ground that has to lie between two patches side by side, in metres; what can
            touch is too near in any case.
    """
    found = own.copy()
    others = np.flatnonzero(~own)
    if own.any() and len(others):
        reach = max(buffer_m + PATCH_M, TOUCHING_M)
        distance, _ = cKDTree(places[own]).query(places[others], distance_upper_bound=reach)
        # Patches a whole number of steps away have the buffer between them.
        found[others] = distance < reach - 1.0
    return found
