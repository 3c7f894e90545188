"""The mean spectrum of each class, and the band between its 10th and 90th percentile, as JSON.

/spectra/{dataset}?palette= answers for the whole dataset, whatever is selected: reflectance from
0 to 1 at the wavelengths of its optical bands.
"""

import math
import re

import numpy as np
import numpy.typing as npt

from eoexplore.analysis.spectra import UNKNOWN
from eoexplore.core.nomenclature import key_of
from eoexplore.core.types import LabelClass, Layer
from eoexplore.render import palettes
from eoexplore.store import spectra
from eoexplore.store.catalog import Opened
from eoexplore.store.spectra import Summary
from eoexplore.tiles.queries import Asked, Json, Noted, Query

_BUILDING = (
    "Mean spectra of the classes are a part of the index that is still to be computed: "
    "it is built in the background."
)
_STREAMED = (
    "Mean spectra need all layers of a patch at once, which archives (.tar.zst) do not give: "
    "extract the archives."
)
_NO_IMAGES = "This copy has no optical images, so there are no spectra."
_GREY = "#808080"


def class_spectra(asked: Asked) -> Noted:
    """Answer /spectra/{dataset}."""
    palette, notices = palettes.known(asked.query.get("palette", ""))
    return Noted(spectra_of(asked.opened, palette), notices)


def spectra_of(opened: Opened, palette: str = palettes.OFFICIAL) -> Json:
    """Return the spectra of the classes of a dataset.

    Args:
        opened: the dataset and its index.
        palette: decides the colours of the classes.
    """
    layer = _optical(opened)
    if layer is None or not opened.samples.has(layer.name).any():
        return _unavailable(_NO_IMAGES)
    found = spectra.summary(opened.folder)
    if found is None:
        return _unavailable(_STREAMED if opened.dataset.streams else _BUILDING)
    keys = [f"{layer.name}/{band.name}" for band in layer.bands]
    columns = [found.bands.index(key) for key in keys if key in found.bands]
    return {
        "available": True,
        "sentence": "",
        "bands": [
            {"name": band.name, "wavelength_nm": band.wavelength_nm, "title": band.title}
            for band, key in zip(layer.bands, keys, strict=True)
            if key in found.bands
        ],
        "classes": [
            _line(found, row, columns, _class_of(opened, code, palette), layer.reflectance or 1.0)
            for row, code in enumerate(found.codes)
            if found.pixels[row, columns].any()
        ],
    }


def _optical(opened: Opened) -> Layer | None:
    """Return the layer whose stored values are reflectances."""
    layers = (layer for layer in opened.dataset.layers if layer.kind == "optical")
    return next((layer for layer in layers if layer.reflectance), None)


def _unavailable(sentence: str) -> Json:
    return {"available": False, "sentence": sentence, "bands": [], "classes": []}


def _class_of(opened: Opened, code: int, palette: str) -> tuple[str, LabelClass]:
    """Return the key of a class in answers, and the class in the palette's colours."""
    schema = palettes.coloured(opened.dataset.classes, palette)
    if code == UNKNOWN:
        return str(code), LabelClass("Without a reference map", _GREY, ())
    item = schema.class_of(code)
    return key_of(item), item


def _line(
    found: Summary, row: int, columns: list[int], named: tuple[str, LabelClass], scale: float
) -> dict[str, object]:
    key, item = named
    return {
        "key": key,
        "label": item.name,
        "colour": item.colour,
        "pixels": int(found.pixels[row, columns].max()),
        "mean": _numbers(found.mean[row, columns] * scale),
        "p10": _numbers(found.p10[row, columns] * scale),
        "p90": _numbers(found.p90[row, columns] * scale),
    }


def _numbers(values: npt.NDArray[np.float64]) -> list[float | None]:
    """Return reflectances; none where no pixel has a value in a band."""
    return [None if math.isnan(value) else round(value, 5) for value in values.tolist()]


QUERIES = (Query("spectra", re.compile(""), class_spectra),)
