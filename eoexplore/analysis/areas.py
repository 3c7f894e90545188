"""How much of a label map each class covers."""

import numpy as np
import numpy.typing as npt


def count_codes(values: npt.NDArray[np.generic], codes: tuple[int, ...]) -> npt.NDArray[np.int32]:
    """Count the pixels of each code.

    Args:
        values: label map, any shape.
        codes: codes to count; pixels of other codes are counted nowhere.

    Returns:
        Pixels per code, shape (len(codes),).
    """
    found, counts = np.unique(values, return_counts=True)
    by_code = dict(zip(found.tolist(), counts.tolist(), strict=True))
    return np.array([by_code.get(code, 0) for code in codes], np.int32)
