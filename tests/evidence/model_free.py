"""Datasets in memory of which the index knows spectra, for evidence that needs no model."""

from pathlib import Path

import numpy as np
import pandas as pd

from eoexplore.evidence.kind import Asked, Finding, Kind
from tests.charts.conftest import Row
from tests.charts.made_spectra import Image, with_spectra

FOREST, WATER, BEACH = "Broad-leaved forest", "Inland waters", "Beaches, dunes, sands"
BANDS = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
LOOKS = {
    311: (250, 480, 270, 750, 2500, 3200, 3300, 3400, 1500, 650, -9.5, -15.5),
    512: (280, 290, 150, 120, 95, 90, 85, 75, 45, 35, -18.0, -27.0),
    331: (1200, 1640, 1980, 2220, 2360, 2470, 2600, 2700, 3400, 3050, -15.0, -24.0),
}
"""Digital numbers of the bands of 20 m and finer, then VV and VH in decibels, by code."""


def image(*codes: int, as_code: int | None = None, seed: int = 0, pixels: int | None = None):
    """Return an image of classes side by side, with a little noise.

    Args:
        codes: of the label map.
        as_code: the first one looks like this code instead.
        seed: of the noise.
        pixels: so many of each class have the label.
    """
    random = np.random.default_rng(seed)
    found: dict[int, dict[str, float]] = {}
    for number, code in enumerate(codes):
        look = LOOKS[as_code if as_code and number == 0 else code]
        light = random.normal(1, 0.05)
        keys = [*(f"s2/{band}" for band in BANDS), "s1/VV", "s1/VH"]
        own = {}
        for key, value in zip(keys, look, strict=True):
            radar = key.startswith("s1")
            own[key] = value + random.normal(0, 0.3) if radar else value * light
            own[key] *= 1.0 if radar else random.normal(1, 0.02)
        found[code] = own | ({"pixels": pixels} if pixels else {})
    return found


def asked_of(folder: Path, rows: list[Row], images: list[Image | None], mapped: bool = True):
    """Return what is asked of a dataset whose index has spectra, in one product."""
    opened = with_spectra(folder, rows, images, mapped)
    opened.samples.frame["product"] = pd.Categorical(["a"] * len(rows))
    return Asked(opened)


def said(asked: Asked, kind: Kind, number: int = 0) -> str:
    """Return the sentence of one finding."""
    found = kind.find(asked)
    names = [*asked.opened.dataset.classes.names, ""]
    facts = {name: float(values[number]) for name, values in found.facts.items()}
    facts = {name: value for name, value in facts.items() if np.isfinite(value)}
    label, suspect = names[found.labels[number]], names[found.suspects[number]]
    return kind.sentence(Finding(label, suspect, float(found.scores[number]), facts))
