"""Samples from the highest score down, those of one score taken in together."""

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.floating]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Steps:
    """What a threshold lets in, one entry for each score that occurs, the highest one first."""

    scores: Scores
    """Scores that occur, each once, shape (steps,)."""
    hits: Counts
    """Samples of at least that score that have the class, shape (steps,)."""
    taken: Counts
    """Samples of at least that score, shape (steps,)."""


def steps(truth: Bools, scores: Scores) -> Steps:
    """Return what each threshold lets in.

    Args:
        truth: whether a sample has the class, shape (n,).
        scores: 0 to 1, shape (n,).
    """
    exact = scores if scores.dtype == np.float64 else scores.astype(np.float32, copy=False)
    # The bits of floats from 0 to 1 rank as whole numbers do and leave the highest two free, so
    # score and truth are sorted as one number: far quicker than sorting an order. The sign of -0
    # is shifted out.
    bits = exact.view(f"u{exact.itemsize}")
    keys = np.sort(bits << 1 | truth)[::-1]
    ranked = keys >> 1
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)[: len(ranked)])
    hits = np.cumsum(keys & 1, dtype=np.int64)[last]
    return Steps(cast(Scores, ranked[last].view(exact.dtype)), hits, last + 1)


def check(truth: Bools, scores: Scores) -> None:
    """Refuse scores that are no probabilities or do not go with the truth.

    Args:
        truth: shape (n, class) or (n,).
        scores: of the same shape.

    Raises:
        ValueError: shapes differ, or a score is NaN or not within 0 to 1.
    """
    if truth.shape != scores.shape:
        raise ValueError(f"Truth {truth.shape} and scores {scores.shape} must have one shape.")
    if scores.size and not (scores.min() >= 0 and scores.max() <= 1):
        raise ValueError("Scores must lie within 0 to 1, none NaN: turn logits into probabilities.")
