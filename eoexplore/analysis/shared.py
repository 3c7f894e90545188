"""What the samples of two parts of a split have in common: a place, an acquisition, ground."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.integer]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Shared:
    """How many samples share something with the other part."""

    of: int
    """Samples of the one part that share it."""
    to: int
    """Samples of the other part that share it."""


def same(codes: Ints, of: Mask, to: Mask) -> Shared:
    """Count the samples of two parts whose code, such as that of a place, is in the other part.

    Args:
        codes: 0 or more, shape (n,); below 0 where it is not known, which nobody shares.
        of: samples of the one part, shape (n,).
        to: samples of the other part, shape (n,).
    """
    ones, others = (codes[part & (codes >= 0)] for part in (of, to))
    most = int(codes.max(initial=0)) + 1
    one, other = (np.bincount(part, minlength=most) for part in (ones, others))
    return Shared(int(one[other > 0].sum()), int(other[one > 0].sum()))


def meeting(place: Ints, pairs: Ints, of: Mask, to: Mask) -> Shared:
    """Count the samples of two parts whose place forms a pair with a place of the other part.

    Args:
        place: number of each sample's place, shape (n,); below 0 for none.
        pairs: two places each, such as those that overlap; shape (pairs, 2).
        of: samples of the one part, shape (n,).
        to: samples of the other part, shape (n,).
    """
    most = int(max(place.max(initial=0), pairs.max(initial=0))) + 1
    ones, others = (np.bincount(place[part & (place >= 0)], minlength=most) for part in (of, to))
    both = np.concatenate([pairs, pairs[:, ::-1]])
    found = both[(ones[both[:, 0]] > 0) & (others[both[:, 1]] > 0)]
    return Shared(
        *(int(n[np.unique(p)].sum()) for n, p in zip((ones, others), found.T, strict=True))
    )
