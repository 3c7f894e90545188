"""What a physical rule of a class is, and which there are."""

import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoexplore.analysis import rules

Floats = npt.NDArray[np.float64]
Bands = Mapping[str, Floats]
"""Reflectance of each band of Sentinel-2, and VV and VH in decibels, by name; shape (n,) each."""

WATER = (511, 512, 521, 522, 523)
"""Codes of open water in CORINE Land Cover."""
FOREST = (311, 312, 313)
"""Codes of forest in CORINE Land Cover."""
GROWING = ("spring", "summer", "autumn")
"""Seasons without frost that changes what radar sees."""


@dataclass(frozen=True)
class Rule:
    """One physical rule: what the mean of a class in a patch cannot well be."""

    name: str
    """Name of its module."""
    title: str
    """What a user reads: what was found that cannot well be."""
    source: str
    """Where the thresholds come from, or what they follow from."""
    codes: tuple[int, ...]
    """Codes of CORINE Land Cover that it is about: a class of which all codes are among these."""
    bands: tuple[str, ...]
    """Bands that it needs."""
    excess: Callable[[Bands], Floats]
    """How far the rule is broken, in steps that a class hardly varies by; 0 or less: it is kept."""
    seasons: tuple[str, ...] = ()
    """Seasons that it holds in; empty for all."""


@functools.cache
def every() -> tuple[Rule, ...]:
    """Return the rules, sorted by name: a rule's number is its place here."""
    found = []
    for module in pkgutil.iter_modules(rules.__path__):
        loaded = importlib.import_module(f"{rules.__name__}.{module.name}")
        found += [loaded.RULE] if hasattr(loaded, "RULE") else []
    return tuple(sorted(found, key=lambda one: one.name))


def contrast(one: Floats, other: Floats) -> Floats:
    """Return the normalised difference of two bands, -1 to 1; 0 where both are 0."""
    total = one + other
    return np.divide(one - other, total, out=np.zeros_like(total), where=total > 0)


def ndvi(bands: Bands) -> Floats:
    """Return the normalised difference vegetation index (Rouse and others 1974)."""
    return contrast(bands["B08"], bands["B04"])


def ndwi(bands: Bands) -> Floats:
    """Return the water index of green and near infrared (McFeeters 1996)."""
    return contrast(bands["B03"], bands["B08"])


def mndwi(bands: Bands) -> Floats:
    """Return the modified water index of green and short-wave infrared (Xu 2006).

    It is the snow index NDSI as well (Hall, Riggs and Salomonson 1995).
    """
    return contrast(bands["B03"], bands["B11"])
