"""Scene labels as bits and as names."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from eoexplore.core.types import Classes


def names_of(masks: npt.NDArray[np.uint64], classes: Classes) -> npt.NDArray[np.object_]:
    """Return the class names of each sample, in alphabetical order.

    Args:
        masks: label_mask, shape (n,); bit i is the schema's class i.
        classes: label schema.

    Returns:
        One list per sample, shape (n,); samples of the same labels share theirs, for the distinct
        sets are few.
    """
    codes, sets = pd.factorize(masks)
    alphabet = sorted(enumerate(classes.names), key=lambda item: item[1])
    lists = np.empty(len(sets), object)
    for place, bits in enumerate(sets.tolist()):
        lists[place] = [name for bit, name in alphabet if bits >> bit & 1]
    return lists[codes]
