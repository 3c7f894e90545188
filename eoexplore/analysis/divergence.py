"""How far two distributions of classes lie apart, and how sure that is."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.integer]
LARGEST = float(np.log(2))
"""Divergence of two distributions that have no class in common."""


@dataclass(frozen=True)
class Interval:
    """An estimate and where it lies under resampling."""

    value: float
    """Of the data as they are."""
    low: float
    """Lower end."""
    high: float
    """Upper end."""
    draws: int
    """Resamples behind the ends."""
    seed: int
    """Of the draws: the same seed draws the same."""


def jensen_shannon(one: Counts | Floats, other: Counts | Floats) -> Floats:
    """Return the Jensen-Shannon divergence in nats: 0 where equal, ln 2 where disjoint.

    Lin 1991, doi:10.1109/18.61115, both with weight 1/2. NaN where one of the two is empty.

    Args:
        one: counts or shares per class, shape (..., k).
        other: of the same classes, a shape that goes with it.

    Returns:
        One figure per pair of distributions, shape (...).
    """
    p, q = (np.asarray(item, np.float64) for item in (one, other))
    with np.errstate(invalid="ignore"):
        p, q = (item / item.sum(-1, keepdims=True) for item in (p, q))
    middle = (p + q) / 2
    found: Floats = (_entropy(middle) - (_entropy(p) + _entropy(q)) / 2).clip(0, LARGEST)
    return found


def _entropy(shares: Floats) -> Floats:
    # 0 × ln 0 is 0: what never occurs adds nothing.
    logs = np.log(shares, where=shares > 0, out=np.zeros_like(shares))
    found: Floats = -(shares * logs).sum(-1)
    return found


def between(
    one: Counts | Floats,
    other: Counts | Floats,
    *,
    draws: int = 1_000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Return the divergence of two parts, with an interval by bootstrap over blocks.

    Samples of one place resemble each other, so whole blocks are drawn, such as tiles, each as
    often as chance has it (Efron and Tibshirani 1993, chapter 8.5). Divergence cannot be negative
    and chance adds to it, so the interval may lie above the value where blocks are few.

    Args:
        one: counts per block and class of one part, shape (blocks, k).
        other: of the other part, shape (blocks, k), the same blocks: one tile, one row.
        draws: resamples.
        seed: of the draws.
        level: probability that the interval covers, between 0 and 1.
    """
    value = float(jensen_shannon(one.sum(0), other.sum(0)))
    blocks = len(one)
    random = np.random.default_rng(seed)
    # How often each block is drawn; a product of matrices then adds up all draws at once.
    times = random.multinomial(blocks, np.full(blocks, 1 / max(1, blocks)), draws)
    found = jensen_shannon(times @ one, times @ other)
    found = found[np.isfinite(found)]
    if not len(found):
        return Interval(value, float("nan"), float("nan"), 0, seed)
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high), len(found), seed)
