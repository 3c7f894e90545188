"""Colours of a number: even steps to the eye, and apart for every kind of colour vision."""

import functools
from typing import Literal

import numpy as np
import numpy.typing as npt

from eoexplore.render.colours import rgb

RampName = Literal["grey", "rising", "diverging"]
RGB = npt.NDArray[np.uint8]

# Nine colours of matplotlib's viridis (public domain), an eighth of its length apart.
_RISING = (
    "#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30",
    "#fde725",
)  # fmt: skip
# Brown below, teal above. In CIELAB both halves rise from lightness 28 to 96 in steps of 17, so
# that the same distance from the middle is equally dark on either side.
_DIVERGING = (
    "#5d3b16", "#935f28", "#c38a51", "#e5bc97", "#f7f3f0", "#92cece", "#3ea4a5", "#057778",
    "#034a4b",
)  # fmt: skip
_STOPS: dict[RampName, tuple[str, ...]] = {
    "grey": ("#000000", "#ffffff"),
    "rising": _RISING,
    "diverging": _DIVERGING,
}


def stops(name: RampName) -> tuple[str, ...]:
    """Return the colours (#rrggbb) that a ramp goes through, evenly spaced."""
    return _STOPS[name]


@functools.lru_cache(maxsize=128)
def ramp(name: RampName, low: float = 0.0, high: float = 1.0) -> RGB:
    """Return 256 colours for the values from low to high, shape (256, 3).

    The diverging ramp keeps its middle at value 0 and the same colours for the same distance on
    either side, however unequal the range is.
    """
    colours = np.array([rgb(colour) for colour in stops(name)], float)
    at = np.linspace(0, 1, 256)
    if name == "diverging":
        reach = max(abs(low), abs(high)) or 1.0
        at = 0.5 + 0.5 * np.linspace(low, high, 256) / reach
    places = at * (len(colours) - 1)
    channels = [np.interp(places, np.arange(len(colours)), colours[:, k]) for k in range(3)]
    table: RGB = np.rint(np.stack(channels, axis=1)).astype(np.uint8)
    table.setflags(write=False)
    return table
