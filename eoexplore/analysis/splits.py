"""Rules that give each sample a split.

Rings follow from a sample's column and row in its tile. All others deal out samples or blocks of
them (places, tiles, cells of a grid, regions) in a random order. What is dealt out has numbers:
those of `core.split.SPLITS`, or those of folds from 0 on; -1 is for samples without a block.
"""

import numpy as np
import numpy.typing as npt
from scipy.cluster.vq import kmeans
from scipy.spatial import cKDTree

from eoexplore.core.split import SPLITS, TEST, TRAIN, VALIDATION

Names = npt.NDArray[np.str_]
Numbers = npt.NDArray[np.int8]
Codes = npt.NDArray[np.integer]
Floats = npt.NDArray[np.float64]
_ORDERS, _STEPS = 64, 20_000
"""Random orders of the blocks of which the best counts, and blocks that are dealt in all of them:
with many blocks, one order comes as near to the wanted shares as another."""
_PLACES = 20_000
"""Places from which the middles of regions are worked out."""
_RUNS = 2


def rings(
    x: npt.NDArray[np.integer],
    y: npt.NDArray[np.integer],
    *,
    train: float = 0.5,
    validation: float = 0.25,
    tile_m: float = 109_800.0,
    patch_m: float = 1_200.0,
) -> Names:
    """Return the split by concentric square rings of a tile: the outer one is for training.

    The rule of reBEN (Clasen et al. 2024, arXiv:2407.03653, and its published pipeline): the tile
    shrinks to the square that leaves the share for training outside, and that one to the square for
    testing; a patch belongs where its centre lies. Neighbouring tiles overlap in their outer rings.

    Args:
        x: column of the patch in the tile's grid, from the left; shape (n,).
        y: row of the patch, from the top; shape (n,).
        train: share of the tile's area, 0 to 1.
        validation: share of the tile's area; what is left is for testing.
        tile_m: side of a tile in metres; that of Sentinel-2 by default.
        patch_m: side of a patch in metres.

    Returns:
        "train", "validation" or "test"; shape (n,).

    Raises:
        ValueError: the shares are negative, or more than 1 together.
    """
    if min(train, validation) < 0 or train + validation > 1 + 1e-12:
        raise ValueError("The shares for training and validation are 0 to 1, also together.")
    across, down = (np.asarray(place) * patch_m + patch_m / 2 for place in (x, y))
    # How far the centre lies from the nearest edge of its tile.
    inside = np.minimum(np.minimum(across, tile_m - across), np.minimum(down, tile_m - down))
    outer, inner = (_margin(tile_m, share) for share in (train, train + validation))
    return np.where(inside < outer, TRAIN, np.where(inside < inner, VALIDATION, TEST))


def _margin(side_m: float, outside: float) -> float:
    """Return the width of the frame that has a share of a square's area, in metres."""
    return float(side_m * (1 - np.sqrt(max(0.0, 1 - outside))) / 2)


def random(count: int, shares: tuple[float, ...], seed: int) -> Numbers:
    """Deal out samples one by one.

    Args:
        count: number of samples.
        shares: wanted share of each part; together 1.
        seed: the same one gives the same parts.

    Returns:
        Number of the part of each sample, shape (count,); shares differ by less than a sample.
    """
    _check(shares)
    ends = np.round(np.cumsum(shares) * count).astype(int)
    found = np.empty(count, np.int8)
    found[np.random.default_rng(seed).permutation(count)] = np.searchsorted(
        ends, np.arange(count), side="right"
    )
    return found


def blocks(codes: Codes, shares: tuple[float, ...], seed: int) -> Numbers:
    """Deal out whole blocks, greedily: in a random order, each to the part that lacks most samples.

    Of up to 64 random orders, the one counts whose shares come nearest to the wanted ones.

    Args:
        codes: block of each sample, shape (n,); a negative one for samples without a block.
        shares: wanted share of each part; together 1.
        seed: the same one gives the same parts.

    Returns:
        Number of the part of each sample, shape (n,); -1 for samples without a block.
    """
    _check(shares)
    found = np.full(len(codes), -1, np.int8)
    there = codes >= 0
    _, block, sizes = np.unique(codes[there], return_inverse=True, return_counts=True)
    if not len(sizes):
        return found
    generator = np.random.default_rng(seed)
    wanted = np.asarray(shares) * sizes.sum()
    best, least = np.zeros(len(sizes), np.int8), np.inf
    for _ in range(max(1, min(_ORDERS, _STEPS // len(sizes)))):
        dealt, lacking = _dealt(sizes, wanted, generator.permutation(len(sizes)))
        if np.abs(lacking).sum() < least:
            best, least = dealt, np.abs(lacking).sum()
    found[there] = best[block]
    return found


def _dealt(
    sizes: npt.NDArray[np.intp], wanted: Floats, order: npt.NDArray[np.intp]
) -> tuple[Numbers, Floats]:
    """Return the part of each block, and the samples that each part lacks in the end."""
    # Plain numbers: there are few parts, and many blocks.
    lacking = wanted.tolist()
    dealt = []
    for size in sizes[order].tolist():
        part = lacking.index(max(lacking))
        lacking[part] -= size
        dealt.append(part)
    found = np.empty(len(sizes), np.int8)
    found[order] = dealt
    return found, np.array(lacking)


def of_fold(folds: Numbers, fold: int, count: int) -> Numbers:
    """Return the split of a fold: it is the test part, the next one is for validation.

    Args:
        folds: fold of each sample from 0 on, shape (n,); -1 for none.
        fold: which of them, from 0 on.
        count: number of folds, 3 or more; after the last one comes the first.

    Returns:
        Number in SPLITS of each sample, shape (n,); -1 for samples in no fold.
    """
    found = np.full(len(folds), SPLITS.index(TRAIN), np.int8)
    found[folds == (fold + 1) % count] = SPLITS.index(VALIDATION)
    found[folds == fold] = SPLITS.index(TEST)
    found[folds < 0] = -1
    return found


def cells(places: Floats, side_m: float) -> npt.NDArray[np.intp]:
    """Return the cell of a square grid in which each place lies.

    Args:
        places: metres, shape (n, 2) in a projection or (n, 3) from the middle of the Earth; NaN
            where a sample has no place.
        side_m: side of a cell in metres.

    Returns:
        Numbers from 0 on, shape (n,); -1 where there is no place.
    """
    there = np.isfinite(places).all(axis=1)
    found = np.full(len(places), -1, np.intp)
    code = np.zeros(int(there.sum()), np.int64)
    for axis in np.floor(places[there] / side_m).astype(np.int64).T:
        own = axis - axis.min(initial=0)
        code = code * (int(own.max(initial=0)) + 1) + own
    found[there] = np.unique(code, return_inverse=True)[1]
    return found


def regions(places: Floats, count: int, seed: int) -> npt.NDArray[np.intp]:
    """Return the region of each place, by k-means.

    Lloyd's algorithm (scipy.cluster.vq.kmeans) on at most 20,000 places chosen at random: the
    better of two runs; every place then belongs to the nearest middle.

    Args:
        places: metres, shape (n, 2) or (n, 3), each place once; NaN where one is not known.
        count: number of regions wanted; there are fewer where there are fewer places.
        seed: the same one gives the same regions.

    Returns:
        Numbers from 0 on, shape (n,); -1 where there is no place.
    """
    there = np.isfinite(places).all(axis=1)
    found = np.full(len(places), -1, np.intp)
    known = places[there] / 1000
    if len(known):
        generator = np.random.default_rng(seed)
        few = generator.choice(known, min(_PLACES, len(known)), replace=False)
        middles, _ = kmeans(few, min(count, len(few)), iter=_RUNS, rng=generator)
        found[there] = cKDTree(middles).query(known)[1]
    return found


def _check(shares: tuple[float, ...]) -> None:
    if min(shares) < 0 or abs(sum(shares) - 1) > 1e-9:
        raise ValueError("The shares of the parts are 0 to 1, and 1 together.")
