import numpy as np

from eoexplore.analysis.labels import names_of
from eoexplore.datasets._reben_facts import classes as reben_classes


def test_bits_follow_the_order_of_the_paper_and_names_the_alphabet():
    classes = reben_classes()
    # Paper order: 0 Urban fabric, 2 Arable land, 18 Marine waters.
    masks = np.array([1 << 18 | 1 << 0, 0, 1 << 2, 1 << 18 | 1 << 0], np.uint64)
    assert names_of(masks, classes).tolist() == [
        ["Marine waters", "Urban fabric"],
        [],
        ["Arable land"],
        ["Marine waters", "Urban fabric"],
    ]
