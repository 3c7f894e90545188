"""Colours: label palettes from a schema's own colours, splits, and the density ramp."""

import functools
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from eoexplore.core.nomenclature import safe_colours
from eoexplore.core.types import Classes
from eoexplore.render.palettes import OFFICIAL, coloured

RGBA = npt.NDArray[np.uint8]

UNREADABLE = (128, 128, 128, 200)
"""A patch whose file cannot be read: it is there, but nobody can see it."""

SPLITS = MappingProxyType(
    {"train": "#56b4e9", "validation": "#f0e442", "test": "#e8590c", "": "#bdbdbd"}
)
"""Split colours that stay apart for colour-blind readers and stand out on dark imagery."""

UNKNOWN = "#bdbdbd"
"""A patch of which the asked thing is not known, or which has none of it."""
PRESENT = "#e8590c"
"""A patch that has the asked thing."""

SEASONS = MappingProxyType(
    {"winter": "#4575b4", "spring": "#7fbf7b", "summer": "#ffe066", "autumn": "#b2432f"}
)
"""Season colours that stay apart for colour-blind readers, in the order of the year."""

DENSITY = ("#fdf0c4", "#fdca6b", "#f68d45", "#d8483e", "#96195d", "#3b0f50")
"""From few patches to many: light to dark, so that it reads in grey too."""
DENSITY_ALPHA = 225


def rgb(colour: str) -> tuple[int, int, int]:
    """Return red, green and blue (0..255) of a colour written #rrggbb."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@dataclass(frozen=True)
class Palette:
    """Up to 256 colours, and which of them each stored code gets."""

    rgba: RGBA
    """Colours, shape (n, 4); row 0 is transparent and means nodata."""
    index: npt.NDArray[np.uint8]
    """Row of the colour of each code, shape (65536,)."""


@functools.lru_cache(maxsize=16)
def _label_palette(
    colours: tuple[str, ...], codes: tuple[tuple[int, ...], ...], nodata: int | None
) -> Palette:
    rows = [(0, 0, 0, 0), *((*rgb(colour), 255) for colour in colours)]
    # Codes of no class are shown as unlabelled, the last colour, not left out.
    index = np.full(65536, len(colours), np.uint8)
    for row, members in enumerate(codes, start=1):
        index[list(members)] = row
    if nodata is not None:
        index[nodata] = 0
    table = np.array(rows, np.uint8)
    for array in (table, index):
        array.setflags(write=False)
    return Palette(table, index)


def label_palette(schema: Classes, nodata: float | None, palette: str = OFFICIAL) -> Palette:
    """Return the palette of a label map: one colour per class, unlabelled last.

    Args:
        schema: a dataset's classes, or one of `nomenclature.levels` of them.
        nodata: code that means "nothing here", shown transparent.
        palette: one of `palettes.PALETTES`; legends and cards get the same colours from
            `palettes.coloured`.
    """
    classes = coloured(schema, palette)
    items = (*classes.classes, classes.unlabelled)
    return _label_palette(
        tuple(item.colour for item in items),
        tuple(tuple(item.codes) for item in items),
        None if nodata is None else int(nodata),
    )


def steps(count: int) -> tuple[str, ...]:
    """Return colours from few to many, #rrggbb, evenly along the density ramp.

    Any two of up to seven look at least 7 apart (CIEDE2000) to every reader.
    """
    places = np.linspace(1, 255, count).round().astype(int)
    return tuple("#{:02x}{:02x}{:02x}".format(*density_ramp()[place, :3]) for place in places)


def listed(count: int) -> tuple[str, ...]:
    """Return colours for things that have none of their own, such as countries.

    Ten of them look at least 14 apart (CIEDE2000) to every reader; after thirty they come again.
    """
    order = list(safe_colours()["any"].values())
    return tuple(order[number % len(order)] for number in range(count))


@functools.cache
def density_ramp() -> RGBA:
    """Return 256 colours from few to many, shape (256, 4); row 0 is transparent: no patch."""
    stops = np.array([rgb(colour) for colour in DENSITY], float)
    at = np.linspace(0, len(stops) - 1, 255)
    ramp = np.zeros((256, 4), np.uint8)
    for channel in range(3):
        ramp[1:, channel] = np.rint(np.interp(at, np.arange(len(stops)), stops[:, channel]))
    ramp[1:, 3] = DENSITY_ALPHA
    ramp.setflags(write=False)
    return ramp
