"""Patches and label pixels of each class, and what tells two selections apart."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from eoexplore.charts import _compare
from eoexplore.charts.chart import Asked, CannotTell, Part

Counts = npt.NDArray[np.int64]
_NOT_INDEPENDENT = (
    "Labels of one patch, and patches near each other, are not independent: p is too small."
)


class Groups(Protocol):
    """Samples in groups that do not overlap."""

    @property
    def names(self) -> tuple[str, ...]:
        """What a user reads for each group."""

    @property
    def codes(self) -> npt.NDArray[np.intp]:
        """Group of each sample, shape (n,)."""


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


def counts_of(asked: Asked, *, pixels: bool) -> list[Counts]:
    """Return the patches, or label pixels, of each class in each part; shape (classes,) each.

    Raises:
        CannotTell: nothing is selected, or no label map of the selection has been read.
    """
    if not any(len(part) for part in asked.parts):
        raise CannotTell("No patch is selected, so there is nothing to count. Drop a condition.")
    if not pixels:
        return [patches_of(asked, part) for part in asked.parts]
    found = [pixels_of(asked, part) for part in asked.parts]
    if not mapped_pixels(asked, asked.part):
        raise CannotTell(
            "None of the selected patches has a label map, so areas of classes are not known. "
            "Count patches, or select others."
        )
    return found


def without_map(asked: Asked) -> list[str]:
    """Return how many selected patches count for nothing where pixels are counted; a sentence."""
    total = asked.opened.samples.table(asked.opened.dataset.classes).mapped[0]
    lacking = int((total[asked.part.mask] == 0).sum())
    if not lacking:
        return []
    return [f"{lacking:,} of {len(asked.part):,} patches have no label map, and count nothing."]


def patches(count: int) -> str:
    """Return a number of patches in words."""
    return f"{count:,} patch{'' if count == 1 else 'es'}"


def patches_of(asked: Asked, part: Part) -> Counts:
    """Return the patches that have each class, shape (classes,)."""
    number, has = label_sets(asked)
    return np.asarray(np.bincount(number[part.mask], minlength=len(has)) @ has, np.int64)


def patches_by_group(asked: Asked, part: Part, groups: Groups) -> tuple[Counts, Counts]:
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


def pixels_where(asked: Asked, part: Part) -> Counts:
    """Return the label pixels, of whatever class, of all patches in which each class lies.

    Returns:
        Shape (classes,).

    Raises:
        CannotTell: no label map has been read.
    """
    areas, total = _areas(asked), asked.opened.samples.table(asked.opened.dataset.classes).mapped[0]
    mapped = total[part.mask]
    return np.array(
        [
            mapped[areas[n][part.mask] > 0].sum(dtype=np.int64) if n in areas else 0
            for n in range(len(asked.classes))
        ],
        np.int64,
    )


def pixels_by_group(asked: Asked, part: Part, groups: Groups) -> tuple[Counts, Counts]:
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


def compared(asked: Asked, totals: list[Counts], *, pixels: bool) -> list[str]:
    """Return what tells two selections apart, one sentence for each test.

    Args:
        asked: two parts.
        totals: counts per class of each part, shape (classes,) each.
        pixels: whether they are pixels: those of a patch resemble each other, so nothing can be
            worked out from chance.
    """
    one, other = totals[:2]
    if not one.any() or not other.any():
        return [_compare.NOTHING]
    if pixels:
        tiles = [_pixels_by_tile(asked, part) for part in asked.parts[:2]]
        there = tiles[0].any(1) | tiles[1].any(1)
        blocks = [own[there] for own in tiles] if there.sum() > 1 else []
        return [*_compare.shared(asked), _compare.jensen_shannon(one, other, blocks)]
    number, has = label_sets(asked)
    return [
        *_compare.shared(asked),
        _compare.chi_square(one, other, "label counts", _NOT_INDEPENDENT),
        _compare.jensen_shannon(one, other, _compare.by_tile(asked, number, has)),
    ]


def _pixels_by_tile(asked: Asked, part: Part) -> npt.NDArray[np.float64]:
    tiles, names = asked.opened.samples.tiles
    rows = part.mask & (tiles >= 0)
    counts = np.zeros((len(names), len(asked.classes)))
    for number, own in _areas(asked).items():
        counts[:, number] = np.bincount(tiles[rows], own[rows], len(names))
    return counts
