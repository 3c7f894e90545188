"""A split: which samples are for training, validation and test, and how that came about."""

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
TRAIN, VALIDATION, TEST = SPLITS = ("train", "validation", "test")
"""Names of the parts of a split; a position here is the number in `Split.parts`."""
NONE = -1
"""Number of a sample that is in no part."""
_WORDS = {
    TRAIN: ("train", "training", "trn", "tr"),
    VALIDATION: ("validation", "validate", "valid", "val", "dev", "development"),
    TEST: ("test", "testing", "tst", "eval", "evaluation"),
}
"""What datasets call the parts."""
_NUMBERS = {word: SPLITS.index(name) for name, words in _WORDS.items() for word in words}


def part_of(word: str) -> int:
    """Return the number in SPLITS of a part by any of its usual names; -1 for other words."""
    return _NUMBERS.get(word.strip().lower(), NONE)


@dataclass(frozen=True)
class Split:
    """One way to give samples to training, validation and test."""

    rule: str
    """What stands for it in addresses and on the command line, such as "released"."""
    title: str
    """What a user reads."""
    made: str
    """How it was made, one sentence with all parameters; the header of a download."""
    parts: npt.NDArray[np.int8]
    """Number in SPLITS of each sample of the dataset, -1 for none; shape (n,)."""

    def of(self, name: str) -> Mask:
        """Return which samples are in the part of a name, shape (n,)."""
        return cast(Mask, self.parts == SPLITS.index(name))


def agreement(one: Split, other: Split, among: Mask | None = None) -> tuple[int, int]:
    """Return how many samples two splits give to the same part, and how many both give to any.

    Args:
        one: a split.
        other: a split of the same dataset.
        among: samples that count, shape (n,); else all.
    """
    both = (one.parts != NONE) & (other.parts != NONE)
    both = both if among is None else both & among
    return int((one.parts == other.parts)[both].sum()), int(both.sum())
