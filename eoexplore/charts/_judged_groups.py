"""Groups that judged samples can be looked at by: those of statistics, labels, nearness."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoexplore.charts import _groups, _leakage
from eoexplore.charts.chart import TRAIN, Asked, CannotTell
from eoexplore.store import distances, honesty

WAYS = {
    "country": "Country",
    "season": "Season",
    "month": "Month",
    "tile": "Tile",
    "split": "Split",
    "labels": "Number of labels",
    "distance": "Distance to the nearest training patch",
}
"""What a user reads for each way to group."""
_ENDS_M = tuple(km * 1_000 for km in _leakage.STEPS_KM)
_STEPS = ("up to 1.3 km", "1.3 to 5 km", "5 to 10 km", "10 to 20 km", "more than 20 km")


@dataclass(frozen=True)
class Groups:
    """The samples of a dataset in groups that do not overlap."""

    title: str
    """What they are grouped by."""
    names: tuple[str, ...]
    """What a user reads for each group."""
    conditions: tuple[Mapping[str, object] | None, ...]
    """Conditions that select a group, by their keys; none where the grammar cannot say it."""
    codes: npt.NDArray[np.intp]
    """Group of each sample, -1 for none, shape (n,)."""
    notes: tuple[str, ...] = ()
    """How they were made."""


def groups(asked: Asked, by: str) -> Groups:
    """Return the groups of all samples of the dataset.

    Args:
        asked: dataset, sets and, where labels are counted, the truth.
        by: one of WAYS.

    Raises:
        CannotTell: the dataset does not say it of any sample.
    """
    if by == "labels":
        return _labels(asked)
    if by == "distance":
        return _distance(asked)
    found = _groups.grouping(asked, by)
    conditions = tuple(None if value is None else {by: value} for value in found.values)
    return Groups(found.title, found.names, conditions, found.codes)


def _labels(asked: Asked) -> Groups:
    masks = asked.masks if asked.truth is None else asked.truth.masks
    codes = np.bitwise_count(masks).astype(np.intp)
    counts = range(int(codes.max(initial=0)) + 1)
    # A selection knows the stored labels only.
    conditions = tuple({"nlabels": (n, n)} if asked.truth is None else None for n in counts)
    names = tuple(f"{n} label{'' if n == 1 else 's'}" for n in counts)
    return Groups(WAYS["labels"], names, conditions, codes)


def _distance(asked: Asked) -> Groups:
    about = asked.predictions[0].about if asked.predictions else None
    stated = about.trained_on_split if about is not None else ""
    if about is not None and (honesty.is_out_of_fold(about) or stated == honesty.NONE):
        raise CannotTell(
            f"{about.name} learnt from no part of the split, so there are no training patches of "
            "which a distance could be told. Choose another way to group."
        )
    split = stated or TRAIN
    train = (asked.frame["split"] == split).to_numpy(bool)
    samples = asked.opened.samples
    if not (train & samples.located).any():
        raise CannotTell(
            f"No patch of the split “{split}” has a place, so distances to training patches are "
            "not known. Choose another way to group."
        )

    def make() -> npt.NDArray[np.intp]:
        near = distances.nearest(samples, np.arange(len(samples)), np.flatnonzero(train))
        found = np.full(len(samples), -1, np.intp)
        found[near.rows] = 1 + np.searchsorted(_ENDS_M, near.distance_m)
        found[train] = 0
        return found

    return Groups(
        WAYS["distance"],
        ("training patch", *_STEPS),
        ({"split": (split,)}, *(None for _ in _STEPS)),
        samples.keep(f"steps to the nearest of {split}", make),
        (
            f"Training patches are those of the split “{split}”, whether selected or not. Patches "
            "that share an edge lie 1.2 km apart.",
        ),
    )
