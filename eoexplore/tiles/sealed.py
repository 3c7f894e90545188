"""Layers of which single files cannot be read: their pictures come from the index at every zoom."""

from eoexplore.core.types import Dataset
from eoexplore.tiles.imagery import ORIGINALS_ZOOM

NOTE = "Packed pictures only: extract the archives for full resolution"

NO_VALUES = "Extract the archives for values."
"""In the narrow columns of a card."""


def sentence(dataset: Dataset, layer: str) -> str | None:
    """Return why the files of a layer are out of reach, and what to do; none where they are not."""
    return next((item.sentence for item in dataset.streams if item.layer == layer), None)


def notices(dataset: Dataset, layer: str, z: int) -> tuple[str, ...]:
    """Return what to say of a tile that is drawn from the index where files would be finer."""
    found = sentence(dataset, layer) if z >= ORIGINALS_ZOOM else None
    return (found,) if found else ()
