"""Rules that give each sample a split."""

import numpy as np
import numpy.typing as npt

Names = npt.NDArray[np.str_]
TRAIN, VALIDATION, TEST = "train", "validation", "test"


def rings(
    x: npt.NDArray[np.integer],
    y: npt.NDArray[np.integer],
    *,
    train: float = 0.5,
    validation: float = 0.25,
    tile_m: float = 109_800.0,
    patch_m: float = 1_200.0,
) -> Names:
    """Return the split by concentric square rings of a tile: the outer one is for training.

    The rule of reBEN (Clasen et al. 2024, arXiv:2407.03653, and its published pipeline): the tile
    shrinks to the square that leaves the share for training outside, and that one to the square for
    testing; a patch belongs where its centre lies. Neighbouring tiles overlap in their outer rings.

    Args:
        x: column of the patch in the tile's grid, from the left; shape (n,).
        y: row of the patch, from the top; shape (n,).
        train: share of the tile's area, 0 to 1.
        validation: share of the tile's area; what is left is for testing.
        tile_m: side of a tile in metres; that of Sentinel-2 by default.
        patch_m: side of a patch in metres.

    Returns:
        "train", "validation" or "test"; shape (n,).

    Raises:
        ValueError: the shares are negative, or more than 1 together.
    """
    if min(train, validation) < 0 or train + validation > 1 + 1e-12:
        raise ValueError("The shares for training and validation are 0 to 1, also together.")
    across, down = (np.asarray(place) * patch_m + patch_m / 2 for place in (x, y))
    # How far the centre lies from the nearest edge of its tile.
    inside = np.minimum(np.minimum(across, tile_m - across), np.minimum(down, tile_m - down))
    outer, inner = (_margin(tile_m, share) for share in (train, train + validation))
    return np.where(inside < outer, TRAIN, np.where(inside < inner, VALIDATION, TEST))


def _margin(side_m: float, outside: float) -> float:
    """Return the width of the frame that has a share of a square's area, in metres."""
    return float(side_m * (1 - np.sqrt(max(0.0, 1 - outside))) / 2)
