"""Patches and label pixels of each class, and what tells two selections apart."""

import numpy as np
import numpy.typing as npt
from scipy import stats

from eoexplore.analysis import divergence
from eoexplore.charts._groups import Grouping
from eoexplore.charts.chart import Asked, CannotTell, Part

Counts = npt.NDArray[np.int64]
_DRAWS, _SEED = 1_000, 0
_LEAST_EXPECTED = 5
"""Below it the chi-square distribution does not describe a cell's counts (Cochran 1954)."""


def label_sets(asked: Asked) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """Return the set of labels of each sample as a number, and what is in each; of all samples.

    Returns:
        Shape (n,), and whether a set has a class, shape (sets, classes).
    """

    def make() -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
        sets, number = np.unique(asked.masks, return_inverse=True)
        bits = np.arange(len(asked.classes), dtype=np.uint64)
        return number, (sets[:, None] >> bits & np.uint64(1)).astype(bool)

    return asked.opened.samples.keep("label sets", make)


def patches_of(asked: Asked, part: Part) -> Counts:
    """Return the patches that have each class, shape (classes,)."""
    number, has = label_sets(asked)
    return np.asarray(np.bincount(number[part.mask], minlength=len(has)) @ has, np.int64)


def patches_by_group(asked: Asked, part: Part, groups: Grouping) -> tuple[Counts, Counts]:
    """Return the patches of each group that have each class, and all of each group.

    Returns:
        Shapes (groups, classes) and (groups,).
    """
    number, has = label_sets(asked)
    cell = groups.codes[part.mask] * len(has) + number[part.mask]
    counts = np.bincount(cell, minlength=len(groups.names) * len(has))
    counts = counts.reshape(len(groups.names), len(has))
    return np.asarray(counts @ has, np.int64), np.asarray(counts.sum(1), np.int64)


def pixels_of(asked: Asked, part: Part) -> Counts:
    """Return the label pixels of each class, all dates added up; shape (classes,).

    Raises:
        CannotTell: no label map has been read.
    """
    areas = _areas(asked)
    return np.array(
        [
            areas[n][part.mask].sum(dtype=np.int64) if n in areas else 0
            for n in range(len(asked.classes))
        ],
        np.int64,
    )


def pixels_by_group(asked: Asked, part: Part, groups: Grouping) -> tuple[Counts, Counts]:
    """Return the label pixels of each class in each group, and all label pixels of each group.

    Returns:
        Shapes (groups, classes) and (groups,).

    Raises:
        CannotTell: no label map has been read.
    """
    areas, codes = _areas(asked), groups.codes[part.mask]
    counts = np.zeros((len(groups.names), len(asked.classes)), np.int64)
    for number, own in areas.items():
        # Exact up to 2^53 pixels, which is more than there is land.
        counts[:, number] = np.bincount(codes, own[part.mask], len(groups.names))
    mapped = asked.opened.samples.table(asked.opened.dataset.classes).mapped[0]
    return counts, np.bincount(codes, mapped[part.mask], len(groups.names)).astype(np.int64)


def mapped_pixels(asked: Asked, part: Part) -> int:
    """Return the pixels of all label maps, the unlabelled among them."""
    total = asked.opened.samples.table(asked.opened.dataset.classes).mapped[0]
    return int(total[part.mask].sum(dtype=np.int64))


def _areas(asked: Asked) -> dict[int, npt.NDArray[np.integer]]:
    table = asked.opened.samples.table(asked.opened.dataset.classes)
    if not table.areas or not table.mapped[0].any():
        raise CannotTell(no_maps(asked))
    return table.areas


def no_maps(asked: Asked) -> str:
    """Return why nothing is known of label maps, and what would help."""
    layers = [item for item in asked.opened.dataset.layers if item.kind == "categorical"]
    if not any(asked.opened.samples.has(item.name).any() for item in layers):
        return "This copy has no label maps, so areas of classes are not known; labels are."
    return (
        "The index has not read the label maps yet, so areas of classes are not known. It is "
        "built in the background; Home shows how far it is."
    )


def compared(asked: Asked, totals: list[Counts], *, independent: bool) -> list[str]:
    """Return what tells two selections apart, one sentence for each test.

    Args:
        asked: two parts.
        totals: counts per class of each part, shape (classes,) each.
        independent: whether counts are of patches, so that chance can be worked out from them;
            pixels of a patch are not independent of each other.
    """
    one, other = totals[:2]
    if not one.any() or not other.any():
        return ["One of the two selections has no labels, so they cannot be compared."]
    found = []
    if (asked.parts[0].mask & asked.parts[1].mask).any():
        found.append(
            "The two selections share patches: a test takes them for different ones, and so "
            "finds less difference than there is between the rest."
        )
    if independent:
        found.append(_chi_square(one, other))
    found.append(_jensen_shannon(asked, one, other))
    return found


def _chi_square(one: Counts, other: Counts) -> str:
    cells = np.stack([one, other])[:, (one + other) > 0]
    if cells.shape[1] < 2:
        return "Both selections have one and the same class, so there is nothing to test."
    test = stats.chi2_contingency(cells, correction=False)
    # Cramér 1946: 0 where shares are equal, 1 where no class is in both.
    effect = np.sqrt(test.statistic / cells.sum())
    said = f"Chi-square test of the label counts (Pearson 1900): χ² = {test.statistic:,.1f}, "
    said += f"{test.dof} degrees of freedom, p {_p(float(test.pvalue))}, "
    said += f"Cramér's V = {effect:.3f}."
    if (test.expected_freq < _LEAST_EXPECTED).any():
        said += " Some expected counts are below 5, where the test is not to be relied on."
    return said + (
        " Labels of one patch, and patches near each other, are not independent: p is too small."
    )


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def _jensen_shannon(asked: Asked, one: Counts, other: Counts) -> str:
    value = float(divergence.jensen_shannon(one, other))
    said = f"Jensen-Shannon divergence {value:.4f} nats (0 equal, 0.6931 nothing in common)"
    blocks = _by_tile(asked)
    if blocks is None:
        return said + "; no interval, since the patches have no tiles to draw."
    drawn = divergence.between(*blocks, draws=_DRAWS, seed=_SEED)
    return said + (
        f"; of labels per patch {drawn.value:.4f}, 95 % interval {drawn.low:.4f} to "
        f"{drawn.high:.4f} by bootstrap over tiles ({drawn.draws:,} draws, seed {drawn.seed})."
    )


def _by_tile(asked: Asked) -> tuple[Counts, Counts] | None:
    tiles, names = asked.opened.samples.tiles
    known = tiles >= 0
    if len(names) < 2 or not known.any():
        return None
    number, has = label_sets(asked)
    found = []
    for part in asked.parts[:2]:
        rows = part.mask & known
        cell = tiles[rows].astype(np.int64) * len(has) + number[rows]
        counts = np.bincount(cell, minlength=len(names) * len(has)).reshape(len(names), -1)
        found.append(np.asarray(counts @ has, np.int64))
    return found[0], found[1]
