"""Scene labels as bits and as names."""

import numpy as np
import numpy.typing as npt

from eoexplore.core.types import Classes


def names_of(masks: npt.NDArray[np.uint64], classes: Classes) -> list[list[str]]:
    """Return the class names of each sample, in alphabetical order.

    Args:
        masks: label_mask, shape (n,); bit i is the schema's class i.
        classes: label schema.

    Returns:
        One list per sample; samples of the same labels share theirs, for the distinct sets are few.
    """
    sets, inverse = np.unique(masks, return_inverse=True)
    lists = [
        sorted(name for bit, name in enumerate(classes.names) if int(bits) >> bit & 1)
        for bits in sets
    ]
    return [lists[i] for i in inverse]
