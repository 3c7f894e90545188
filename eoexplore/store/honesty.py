"""Whose scores are out of sample: of which samples a model speaks without having learnt them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from eoexplore.store.prediction_sets import About

if TYPE_CHECKING:
    from eoexplore.store.catalog import Opened

NONE = "none"
"""Part of the split that somebody states of a model that has learnt from none of the samples."""


@dataclass(frozen=True)
class Honesty:
    """Which scores of a set are out of sample."""

    mask: npt.NDArray[np.bool_]
    """Samples of the dataset whose scores come from a model that has not seen them, shape (n,)."""
    sentence: str
    """What is to be said of the others; empty where there are none."""


def of(opened: "Opened", about: About) -> Honesty:
    """Return which scores of a set are out of sample, as far as anybody states it.

    Args:
        opened: the dataset.
        about: what the set is.
    """
    every = np.ones(len(opened.samples), bool)
    stated = about.trained_on_split
    if is_out_of_fold(about) or stated == NONE or _elsewhere(opened, about):
        return Honesty(every, "")
    if not stated:
        return Honesty(
            ~every,
            f"Nobody states what {about.name} was trained on: it may know these. State it when "
            "predictions are imported (--trained-on, or none where it learnt from none of them).",
        )
    part = (opened.samples.frame["split"] == stated).to_numpy(bool)
    if not part.any():
        return Honesty(
            ~every,
            f"{about.name} was trained on “{stated}”, which is no part of the split of this "
            "dataset: it may know these.",
        )
    return Honesty(
        ~part,
        f"{about.name} was trained on the split “{stated}”: nothing is said of "
        f"{int(part.sum()):,} of {len(part):,} patches.",
    )


def is_out_of_fold(about: About) -> bool:
    """Tell whether each sample was predicted by a model of its own fold, which learnt elsewhere."""
    return about.trained_on.get("out_of_fold") is True


def _elsewhere(opened: "Opened", about: About) -> bool:
    """Tell whether it is certain that a model was trained on another dataset.

    Made-up imagery is no genuine imagery, and the demo of one seed shows other land than the next.
    """
    if not about.synthetic:
        return False
    if not opened.dataset.synthetic:
        return True
    seed = getattr(opened.dataset, "seed", None)
    seeds = about.trained_on.get("seeds")
    return seed is not None and isinstance(seeds, list) and seed not in seeds
