"""Pictures of what a model says of the pixels of a patch: its class, and numbers from 0 to 1."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from eoexplore.render.colours import rgb
from eoexplore.render.ramps import RampName, ramp

Floats = npt.NDArray[np.floating]
Levels = npt.NDArray[np.uint8]


def classes(probabilities: Floats, colours: Sequence[str]) -> Levels:
    """Return the colour of the most probable class of each pixel, shape (row, column, 4).

    Args:
        probabilities: shape (class, row, column), 0 to 1.
        colours: of the classes, #rrggbb.
    """
    table = np.array([(*rgb(colour), 255) for colour in colours], np.uint8)
    return np.asarray(table[probabilities.argmax(0)], np.uint8)


def differing(one: Floats, other: Floats, ink: str = "#d55e00") -> Levels:
    """Return where two models choose different classes in one colour, shape (row, column, 4).

    Args:
        one: probabilities of the first, shape (class, row, column).
        other: of the second, of the same classes and shape.
        ink: colour of the pixels that differ, #rrggbb; the others are transparent.
    """
    found = np.zeros((*one.shape[1:], 4), np.uint8)
    found[one.argmax(0) != other.argmax(0)] = (*rgb(ink), 255)
    return found


def shades(values: Floats, name: RampName = "rising") -> Levels:
    """Return numbers from 0 to 1 as colours, NaN as transparent; shape (row, column, 4).

    Args:
        values: shape (row, column).
        name: of a ramp.
    """
    known = np.isfinite(values)
    places = np.rint(np.clip(np.where(known, values, 0), 0, 1) * 255).astype(np.uint8)
    alpha = np.where(known, np.uint8(255), np.uint8(0))
    return np.dstack([ramp(name)[places], alpha])


def blended(ground: Levels, over: Levels, share: float) -> Levels:
    """Return a picture laid over another, shape (row, column, 4).

    Args:
        ground: shape (row, column, 4).
        over: of the same shape.
        share: how much of it counts where it is opaque, 0 to 1.
    """
    alpha = over[..., 3:] / 255 * share
    mixed = np.rint(ground[..., :3] * (1 - alpha) + over[..., :3] * alpha).astype(np.uint8)
    return np.dstack([mixed, ground[..., 3]])
