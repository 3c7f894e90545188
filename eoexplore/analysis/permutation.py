"""Random splits of the same sizes: the same numbers of each part, given out anew."""

from typing import cast

import numpy as np
import numpy.typing as npt

Parts = npt.NDArray[np.int8]


def shuffled(parts: Parts, seed: int) -> Parts:
    """Return the parts in a random order: each sample gets one by itself.

    Args:
        parts: number of the part of each sample, shape (n,).
        seed: the same one draws the same.
    """
    return cast(Parts, np.random.default_rng(seed).permutation(parts))


def shuffled_together(parts: Parts, block: npt.NDArray[np.integer], seed: int) -> Parts:
    """Return the parts such that all samples of a block, such as a place, are in the same one.

    Blocks are put into a random order and filled into the parts one after the other; one that
    does not fit is in the part in which it begins, so sizes are right to within a block.

    Args:
        parts: number of the part of each sample, shape (n,).
        block: number of the block of each sample, 0 or more, shape (n,).
        seed: the same one draws the same.
    """
    if not len(parts):
        return parts
    sizes = np.bincount(block)
    order = np.random.default_rng(seed).permutation(len(sizes))
    begins = np.empty(len(sizes), np.intp)
    begins[order] = np.cumsum(sizes[order]) - sizes[order]
    # An empty block may begin where all others end.
    own = np.sort(parts)[np.minimum(begins, len(parts) - 1)]
    return cast(Parts, own[block])
