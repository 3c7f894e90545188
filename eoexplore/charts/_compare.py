"""What tells two selections apart, in sentences: tests, with what they take for granted."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import stats

from eoexplore.analysis import divergence
from eoexplore.charts.chart import Asked

Numbers = npt.NDArray[np.integer] | npt.NDArray[np.float64]
Floats = npt.NDArray[np.float64]
_DRAWS, _SEED = 1_000, 0
_LEAST_EXPECTED = 5
"""Below it the chi-square distribution does not describe a cell's counts (Cochran 1954)."""
NOTHING = "One of the two selections has none of it, so they cannot be compared."


def shared(asked: Asked) -> list[str]:
    """Return what two selections that share patches mean for a test; nothing if they do not."""
    if not (asked.parts[0].mask & asked.parts[1].mask).any():
        return []
    return [
        "The two selections share patches: a test takes them for different ones, and so "
        "finds less difference than there is between the rest."
    ]


def chi_square(one: Numbers, other: Numbers, of: str, caution: str) -> str:
    """Return the chi-square test of two rows of counts as a sentence.

    Args:
        one: counts of the selection, shape (k,), not all 0.
        other: of the other one, shape (k,), not all 0.
        of: what is counted, such as "label counts".
        caution: why the counts are not independent.
    """
    cells = np.stack([one, other])[:, (one + other) > 0]
    if cells.shape[1] < 2:
        return "Both selections have one and the same group, so there is nothing to test."
    test = stats.chi2_contingency(cells, correction=False)
    # Cramér 1946: 0 where shares are equal, 1 where no class is in both.
    effect = np.sqrt(test.statistic / cells.sum())
    said = f"Chi-square test of the {of} (Pearson 1900): χ² = {test.statistic:,.1f}, "
    said += f"{test.dof} degrees of freedom, p {_p(float(test.pvalue))}, "
    said += f"Cramér's V = {effect:.3f}."
    if (test.expected_freq < _LEAST_EXPECTED).any():
        said += " Some expected counts are below 5, where the test is not to be relied on."
    return f"{said} {caution}"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def jensen_shannon(one: Numbers, other: Numbers, tiles: Sequence[Floats] | None) -> str:
    """Return the Jensen-Shannon divergence of two distributions as a sentence.

    Args:
        one: counts of the selection, shape (k,), not all 0.
        other: of the other one, shape (k,), not all 0.
        tiles: counts per tile of both, shape (tiles, k) each, or an empty list where the patches
            do not lie on several; none if no interval is wanted.
    """
    value = float(divergence.jensen_shannon(one, other))
    said = f"Jensen-Shannon divergence {value:.4f} nats (0 equal, 0.6931 nothing in common)"
    if tiles is None:
        return said + "."
    if not tiles:
        return said + "; no interval, since the patches do not lie on several tiles."
    drawn = divergence.between(tiles[0], tiles[1], draws=_DRAWS, seed=_SEED)
    return said + (
        f", 95 % interval {drawn.low:.4f} to {drawn.high:.4f} by bootstrap over tiles "
        f"({drawn.draws:,} draws, seed {drawn.seed})."
    )


def by_tile(
    asked: Asked, number: npt.NDArray[np.integer], counts: Numbers | npt.NDArray[np.bool_]
) -> list[Floats]:
    """Return what the samples of each tile add up to, for both selections.

    Args:
        asked: two parts.
        number: row of `counts` of each sample, shape (n,).
        counts: what a sample of each kind counts, shape (kinds, k).

    Returns:
        Shape (tiles, k) each; an empty list where there are no two tiles to draw.
    """
    tiles, names = asked.opened.samples.tiles
    found = []
    for part in asked.parts[:2]:
        rows = part.mask & (tiles >= 0)
        cell = tiles[rows].astype(np.int64) * len(counts) + number[rows]
        times = np.bincount(cell, minlength=len(names) * len(counts)).reshape(-1, len(counts))
        found.append(times.astype(np.float64) @ counts.astype(np.float64))
    there = found[0].any(1) | found[1].any(1)
    return [own[there] for own in found] if there.sum() > 1 else []
