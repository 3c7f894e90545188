"""A small encoder and decoder with two heads; imports torch, so import it inside functions."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import nn
from torch.nn import functional

_LARGEST = 5.0
"""Normalised values beyond it are cut: snow, cloud and metal roofs say no more than that."""


class Trunk(nn.Module):
    """From normalised bands to one number per class on half the input's rows and columns.

    A U-Net (Ronneberger et al. 2015, arXiv:1505.04597) of three levels with residual blocks (He et
    al. 2015, arXiv:1512.03385) and additions instead of concatenations. The deepest level looks
    farther with seven by seven pixels per channel (Liu et al. 2022, arXiv:2201.03545), and is
    weighted per channel by its own mean (Hu et al. 2017, arXiv:1709.01507).
    """

    def __init__(self, bands: int, classes: int, widths: Sequence[int]) -> None:
        """Build it with random weights.

        Args:
            bands: of the input.
            classes: of the output.
            widths: channels of the three levels.
        """
        super().__init__()
        fine, middle, coarse = widths
        self.stem = nn.Sequential(_convolution(bands, fine, 4, 2), _Block(fine))
        self.down = nn.Sequential(_convolution(fine, middle, 2, 2), _Block(middle))
        self.deep = nn.Sequential(
            _convolution(middle, coarse, 2, 2), _Block(coarse), _Wide(coarse), _Wide(coarse)
        )
        self.context = nn.Linear(coarse, coarse)
        self.from_deep = nn.Conv2d(coarse, middle, 1, bias=False)
        self.join_middle = _convolution(middle, middle, 3)
        self.from_middle = nn.Conv2d(middle, fine, 1, bias=False)
        self.join_fine = _convolution(fine, fine, 3)
        self.classify = nn.Conv2d(fine, classes, 1)

    def forward(self, bands: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return numbers per class and the deepest level.

        Args:
            bands: shape (n, band, row, column).

        Returns:
            Shapes (n, class, row / 2, column / 2) and (n, channel, row / 8, column / 8).
        """
        fine = self.stem(bands.clamp(-_LARGEST, _LARGEST))
        middle = self.down(fine)
        deep = self.deep(middle)
        share = torch.sigmoid(self.context(deep.mean((2, 3))))
        deep = deep * share[:, :, None, None]
        middle = self.join_middle(functional.relu(middle + twice(self.from_deep(deep))))
        fine = self.join_fine(functional.relu(fine + twice(self.from_middle(middle))))
        return self.classify(fine), deep


class Segmenter(nn.Module):
    """The trunk, on the input's own grid."""

    def __init__(self, bands: int, classes: int, widths: Sequence[int]) -> None:
        """Build it; see `Trunk`."""
        super().__init__()
        self.trunk = Trunk(bands, classes, widths)

    def forward(self, bands: torch.Tensor) -> torch.Tensor:
        """Return numbers per class before softmax, shape (n, class, row, column)."""
        return twice(self.trunk(bands)[0])


class Labeller(nn.Module):
    """The trunk, and whether a class is anywhere in the patch.

    A class is where its number is greatest over four by four pixels of the trunk's grid; what the
    deepest level says of the whole patch is added.
    """

    def __init__(self, bands: int, classes: int, widths: Sequence[int]) -> None:
        """Build it; see `Trunk`."""
        super().__init__()
        self.trunk = Trunk(bands, classes, widths)
        self.scale = nn.Parameter(torch.ones(classes))
        self.whole = nn.Linear(2 * widths[2], classes)

    def forward(self, bands: torch.Tensor) -> torch.Tensor:
        """Return numbers per class before the sigmoid, shape (n, class)."""
        return self.labels(*self.trunk(bands))

    def labels(self, pixels: torch.Tensor, deep: torch.Tensor) -> torch.Tensor:
        """Return numbers per class from what the trunk gives, shape (n, class)."""
        strongest = functional.avg_pool2d(pixels, 4).amax((2, 3))
        whole = torch.cat([deep.mean((2, 3)), deep.amax((2, 3))], 1)
        return cast(torch.Tensor, self.scale * strongest + self.whole(whole))


class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _convolution(width, width, 3)
        self.second = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        )

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return functional.relu(values + self.second(self.first(values)))


class _Wide(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.change = nn.Sequential(
            nn.Conv2d(width, width, 7, padding=3, groups=width, bias=False),
            nn.BatchNorm2d(width),
            nn.Conv2d(width, 2 * width, 1),
            nn.GELU(),
            nn.Conv2d(2 * width, width, 1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return values + cast(torch.Tensor, self.change(values))


def _convolution(before: int, after: int, size: int, stride: int = 1) -> nn.Sequential:
    padding = (size - stride + 1) // 2
    return nn.Sequential(
        nn.Conv2d(before, after, size, stride, padding, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
    )


def twice(values: torch.Tensor) -> torch.Tensor:
    """Return values on twice the rows and columns, interpolated."""
    return functional.interpolate(values, scale_factor=2.0, mode="bilinear", align_corners=False)
