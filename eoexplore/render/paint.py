"""From the bands of a style to the colours of a picture."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from eoexplore.render.ramps import ramp
from eoexplore.render.stretch import linear
from eoexplore.render.styles import Channel, Style

Levels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


def paint(
    style: Style, bands: Mapping[str, npt.NDArray[np.generic]]
) -> tuple[tuple[Levels, Levels, Levels], Mask | None]:
    """Return what a style makes of some pixels.

    Args:
        style: a style of pictures, not of classes.
        bands: values of its bands by name, of one shape.

    Returns:
        Red, green and blue, each of that shape; and where the style has a value at all, or none
        if it has one everywhere that its bands do.
    """
    if len(style.channels) > 1:
        red, green, blue = (_levels(style, item, item.values(bands)) for item in style.channels)
        return (red, green, blue), None
    (channel,) = style.channels
    values = channel.values(bands)
    levels = _levels(style, channel, values)
    there = None if channel.index is None else ~np.isnan(values)
    if style.ramp in (None, "grey"):
        return (levels, levels, levels), there
    table = ramp(style.ramp, channel.low, channel.high)
    return (table[levels, 0], table[levels, 1], table[levels, 2]), there


def _levels(style: Style, channel: Channel, values: npt.NDArray[np.generic]) -> Levels:
    options = style.options
    return linear(values, channel.low, channel.high, options.gamma, options.inverse)


def colours_of(style: Style, count: int = 33) -> list[str]:
    """Return the colours (#rrggbb) of evenly spaced values from low to high, for a legend.

    Args:
        style: a style of one channel.
        count: how many.
    """
    (channel,) = style.channels
    values = np.linspace(channel.low, channel.high, count).astype(np.float32)
    table = ramp(style.ramp or "grey", channel.low, channel.high)
    return ["#{:02x}{:02x}{:02x}".format(*rgb) for rgb in table[_levels(style, channel, values)]]
