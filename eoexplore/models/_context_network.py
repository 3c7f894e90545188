"""A small network of single pixels that sees what lies around each; imports torch."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import nn
from torch.nn import functional

WINDOWS = (3, 7, 15, 31)
"""Sides of the windows around a pixel of which the network is given the mean, in pixels."""
ROUGH = (7, 31)
"""Sides of those of which it is given the deviation too."""
PER_BAND = 1 + len(WINDOWS) + len(ROUGH)
"""Numbers for each band: the pixel itself, means and deviations."""
_LARGEST = 5.0
"""Normalised values beyond it are cut: snow, cloud and metal roofs say no more than that."""
_INPUT_DROPPED, _DROPPED = 0.1, 0.3
_LEAST = 1e-6
"""Added to a variance, so that a plain surface has a deviation, and its root a slope."""


class Context(nn.Module):
    """A perceptron of two layers on each pixel and on the means and deviations around it.

    What it sees is worked out and not learnt, so it learns from single pixels, in seconds. Dropout
    (Srivastava et al. 2014, jmlr.org/papers/v15/srivastava14a) keeps it from knowing them by heart;
    so does that it is not told what the patch is like as a whole.
    """

    def __init__(self, bands: int, classes: int, widths: Sequence[int]) -> None:
        """Build it with random weights.

        Args:
            bands: of the input.
            classes: of the output.
            widths: units of the two layers.
        """
        super().__init__()
        first, second = widths
        self.head = nn.Sequential(
            nn.Dropout(_INPUT_DROPPED),
            nn.Linear(PER_BAND * bands, first),
            nn.ReLU(),
            nn.Dropout(_DROPPED),
            nn.Linear(first, second),
            nn.ReLU(),
            nn.Linear(second, classes),
        )

    def forward(self, bands: torch.Tensor) -> torch.Tensor:
        """Return numbers per class before softmax, shape (n, class, row, column)."""
        found = self.head(features(bands).movedim(1, -1))
        return cast(torch.Tensor, found).movedim(-1, 1)


def features(bands: torch.Tensor) -> torch.Tensor:
    """Return what the network is given of each pixel.

    Args:
        bands: normalised, shape (n, band, row, column).

    Returns:
        Shape (n, PER_BAND * band, row, column).
    """
    bands = bands.clamp(-_LARGEST, _LARGEST)
    means = {side: _around(bands, side) for side in WINDOWS}
    rough = [_deviation(_around(bands**2, side), means[side]) for side in ROUGH]
    return torch.cat([bands, *means.values(), *rough], 1)


def _around(values: torch.Tensor, side: int) -> torch.Tensor:
    """Return the mean of the window around each pixel; beyond the patch there is nothing."""
    # Down, then across: a window of 31 x 31 takes 62 numbers for each pixel instead of 961.
    half = side // 2
    down = functional.avg_pool2d(values, (side, 1), 1, (half, 0), count_include_pad=False)
    return functional.avg_pool2d(down, (1, side), 1, (0, half), count_include_pad=False)


def _deviation(squares: torch.Tensor, mean: torch.Tensor) -> torch.Tensor:
    return (squares - mean**2).clamp_min(0).add(_LEAST).sqrt()
