"""Datasets in memory with spectra of made-up patches in an index folder."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from eoexplore.store import spectra_join, spectra_parts
from eoexplore.store.catalog import Opened
from eoexplore.store.folder import IndexFolder
from tests.charts.conftest import Row, opened_of

Image = Mapping[int, Mapping[str, float | np.ndarray]]
"""Values of each band, such as "s2/B04", by the code of the class; classes have equal areas.

With "pixels", only so many of them have the label.
"""


def with_spectra(
    folder: Path, rows: Sequence[Row], images: Sequence[Image | None], mapped: bool = True
) -> Opened:
    """Return a dataset of which the index knows the spectra.

    Args:
        folder: where the index is written.
        rows: the patches.
        images: of each patch; none for one without.
        mapped: whether there are label maps.
    """
    opened = opened_of(rows)
    part = spectra_parts.SpectraPart(opened.dataset)
    for sample, image in zip(opened.samples.frame["id"], images, strict=True):
        if image is not None:
            part.add(sample, _values(image, mapped))
    index = IndexFolder(folder)
    part.write(index.part("spectra", "a"))
    spectra_join.join(index, opened.dataset, ["a"], opened.samples.frame)
    for layer in ("s1", "s2"):
        opened.samples.frame[f"has_{layer}"] = [image is not None for image in images]
    return replace(opened, folder=index)


def _values(image: Image, mapped: bool) -> dict[tuple[str, str], np.ndarray]:
    side = 120 // len(image)
    found = {}
    labels = np.zeros((120, 120), np.uint16)
    for place, (code, bands) in enumerate(image.items()):
        own = slice(place * side, (place + 1) * side if place + 1 < len(image) else 120)
        labels[own].ravel()[: int(bands.get("pixels", 14400))] = code
        for name, value in bands.items():
            if name == "pixels":
                continue
            layer, _, band = name.partition("/")
            kind = np.float32 if layer == "s1" else np.uint16
            plane = found.setdefault((layer, band), np.zeros((120, 120), kind))
            plane[own] = value if np.ndim(value) == 0 else np.asarray(value)[own]
    if mapped:
        found["reference_map", "reference_map"] = labels
    return found
