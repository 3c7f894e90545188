"""Pictures of a patch for whoever judges a finding: what there is, why not, the mask, the spots."""

import re
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlencode

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from eoexplore.core import mgrs
from eoexplore.core.types import Layer
from eoexplore.evidence.spots import DRAWN
from eoexplore.render import palettes
from eoexplore.render.composites import styles_of
from eoexplore.render.encode import MEDIA_TYPES
from eoexplore.render.outlines import outlines
from eoexplore.store import issues, prediction_mosaics, prediction_sets
from eoexplore.store.prediction_mosaics import COARSE_M, MASK, MASK_M, NOTHING
from eoexplore.store.prediction_sets import PredictionSet
from eoexplore.tiles import layers, mosaics
from eoexplore.tiles.imagery import Picture
from eoexplore.tiles.issue_queue import known_set
from eoexplore.tiles.predicted import palette_of
from eoexplore.tiles.queries import Asked, Query
from eoexplore.tiles.scene import Scene
from eoexplore.tiles.tile import Answer, encode

Slot = Literal["optical", "radar", "map", "prediction"]
_KINDS: dict[str, Slot] = {
    "optical": "optical", "picture": "optical", "sar": "radar", "categorical": "map",
}  # fmt: skip
_TITLES: dict[Slot, str] = {
    "optical": "Sentinel-2", "radar": "Sentinel-1", "map": "Label map", "prediction": "Prediction",
}  # fmt: skip
_LACKING: dict[Slot, str] = {
    "optical": "This dataset has no optical images.",
    "radar": "This dataset has no radar images.",
    "map": "This dataset has no label maps.",
}
_SPOT, _OTHERS = (255, 225, 77, 255), (255, 255, 255, 255)
"""Colour of the outline of the spot that is looked at, and of the others."""
_TIMES = 24
"""Pixels of the picture of spots along a cell of 60 m: lines stay thin where it is enlarged."""
_LINE_SCALE = 2.6
Json = dict[str, Any]


class Pictures:
    """The addresses of the pictures of samples."""

    def __init__(self, scene: Scene, predictions: str, palette: str) -> None:
        """Look at the layers of the dataset, and at the set of predictions of that name."""
        self._scene, self._samples = scene, scene.samples
        self._palette = palettes.known(palette)[0]
        self._found = prediction_sets.read(scene.opened, predictions) if predictions else None
        gaps = layers.missing_bands(scene.opened)
        self._layers: dict[Slot, tuple[Layer, str, str]] = {}
        for layer in scene.opened.dataset.layers:
            styles = styles_of(layer)
            if styles and layer.kind in _KINDS:
                whole = (s for s in styles if not set(s.bands) & set(gaps.get(layer.name, ())))
                style = next(whole, styles[0])
                self._layers.setdefault(_KINDS[layer.kind], (layer, style.id, style.title))

    def of(self, row: int, lon: float | None, lat: float | None) -> Json:
        """Return the pictures of a sample in their order, and where in it a place lies.

        Args:
            row: of the sample table.
            lon: longitude of what is looked at, none for nothing particular.
            lat: its latitude.
        """
        at = None if lon is None or lat is None else self._pixel(row, lon, lat)
        return {
            "at": at,
            "pictures": [self._stored(slot, row) for slot in _LACKING] + [self._mask(row)],
            "thumb": self._thumb(row),
            "spots": self._spots(row, at),
        }

    def _address(self, row: int, what: str, **query: str) -> str:
        sample = quote(str(self._samples.frame["id"].iloc[row]), safe="")
        slug = quote(self._scene.opened.slug, safe="")
        values = {name: value for name, value in query.items() if value}
        prefix, _, name = what.partition("/")
        return f"/{prefix}/{slug}/{sample}/{name}?{urlencode(values, quote_via=quote)}"

    @property
    def _look(self) -> dict[str, str]:
        return {"palette": "" if self._palette == palettes.OFFICIAL else self._palette}

    def _stored(self, slot: Slot, row: int) -> Json:
        """Return a picture that the dataset has, or why it has none."""
        if slot not in self._layers:
            return _without(slot, _TITLES[slot], _LACKING[slot])
        layer, style, title = self._layers[slot]
        if not self._samples.has(layer.name)[row]:
            noun = layer.title.lower() if slot == "map" else f"{layer.title} image"
            return _without(slot, layer.title, f"This patch has no {noun}.")
        name = quote(layer.name, safe="")
        query = {"style": style, **self._look, "v": self._scene.opened.version}
        url = self._address(row, f"patch/{name}.png", **query)
        return {"slot": slot, "title": layer.title, "caption": title, "url": url, "reason": None}

    def _mask(self, row: int) -> Json:
        """Return the picture of what the set says of each pixel, or why there is none."""
        found = self._found
        if found is None:
            return _without("prediction", _TITLES["prediction"], "No predictions are chosen above.")
        name = found.about.name
        if found.about.task != "segmentation" or MASK not in found.about.layers:
            why = f"The predictions {name} are scores of patches: they have no mask."
            return _without("prediction", _TITLES["prediction"], why)
        if not _says(found, row):
            why = f"The predictions {name} say nothing of this patch."
            return _without("prediction", _TITLES["prediction"], why)
        url = self._address(row, "issues/prediction.png", set=name, **self._look)
        title = _TITLES["prediction"]
        return {"slot": "prediction", "title": title, "caption": name, "url": url, "reason": None}

    def _spots(self, row: int, at: list[int] | None) -> str | None:
        found = self._found
        if found is None or not _spot_file(self._scene, row, found.about.name).is_file():
            return None
        place = "" if at is None else ",".join(map(str, at))
        return self._address(row, "issues/spots.png", set=found.about.name, at=place)

    def _thumb(self, row: int) -> str | None:
        known = next(iter(self._layers.values()), None)
        if known is None or not self._samples.has(known[0].name)[row]:
            return None
        layer, style, _ = known
        ending = "png" if layer.kind == "categorical" else "webp"
        query = {"style": style, **self._look, "v": self._scene.opened.version}
        return self._address(row, f"gallery/{quote(layer.name, safe='')}.{ending}", **query)

    def _pixel(self, row: int, lon: float, lat: float) -> list[int] | None:
        """Return row and column of a place in pixels of 10 m; none outside the patch."""
        samples = self._samples
        if not samples.located[row]:
            return None
        east, north = mgrs.to_utm(int(samples.epsg[row])).transform(lon, lat)
        at = [int(samples.top[row] - north) // MASK_M, int(east - samples.left[row]) // MASK_M]
        return at if all(0 <= part < mgrs.PATCH_M // MASK_M for part in at) else None


def _without(slot: Slot, title: str, why: str) -> Json:
    return {"slot": slot, "title": title, "caption": "", "url": None, "reason": why}


def _says(found: PredictionSet, row: int) -> bool:
    place = int(np.searchsorted(found.rows, row))
    return place < len(found.rows) and int(found.rows[place]) == row


def _product(scene: Scene, row: int) -> str:
    return str(scene.samples.frame["product"].iloc[row])


def _spot_file(scene: Scene, row: int, predictions: str) -> Path:
    return issues.spots_of(issues.folder_of(scene.opened, predictions), _product(scene, row))


def _plane(scene: Scene, row: int, path: Path, pixel_m: int) -> npt.NDArray[np.generic] | None:
    """Return the pixels of a mosaic over one patch, shape (row, column); none where it ends."""
    left, top = int(scene.samples.left[row]), int(scene.samples.top[row])
    inner = np.array([pixel_m / 2, mgrs.PATCH_M - pixel_m / 2])
    canvas = mosaics.read(path, [1], 0, left + inner, top - inner)
    if canvas is None:
        return None
    places = (np.arange(mgrs.PATCH_M // pixel_m) + 0.5) * pixel_m
    columns = np.floor((left + places - canvas.transform.c) / canvas.transform.a).astype(int)
    rows = np.floor((top - places - canvas.transform.f) / canvas.transform.e).astype(int)
    return np.asarray(canvas.pixels[0][np.ix_(rows, columns)])


def prediction(asked: Asked) -> Answer | None:
    """Answer /issues/{dataset}/{id}/prediction.png?set=&palette=: the mask in colours."""
    scene, row = asked.scene, asked.opened.samples.row(asked.parts["id"])
    name = known_set(asked.opened, asked.query.get("set", ""))
    found = prediction_sets.read(asked.opened, name) if name else None
    if found is None or not _says(found, row) or MASK not in found.about.layers:
        return None
    if found.about.task != "segmentation" or not scene.samples.located[row]:
        return None
    path = found.folder / prediction_mosaics.path_of(MASK, _product(scene, row))
    codes = _plane(scene, row, path, MASK_M)
    if codes is None:
        return None
    palette, notices = palettes.known(asked.query.get("palette", ""))
    colours = palette_of(asked.opened, found.about, palette)
    known = np.where(codes == NOTHING, 65535, codes).astype(np.uint16)
    return _png(Picture(colours.index[known], colours.rgba), notices)


def spots(asked: Asked) -> Answer | None:
    """Answer /issues/{dataset}/{id}/spots.png?set=&at=: outlines of spots, transparent elsewhere.

    `at`, row and column in pixels of 10 m, is in the spot that is looked at.
    """
    scene, row = asked.scene, asked.opened.samples.row(asked.parts["id"])
    name = known_set(asked.opened, asked.query.get("set", ""))
    if not name or not scene.samples.located[row]:
        return None
    strength = _plane(scene, row, _spot_file(scene, row, name), COARSE_M)
    if strength is None:
        return None
    at = _at(asked.query.get("at", ""), len(strength))
    return _png(Picture(_outlined(np.nan_to_num(strength), at)), ())


def _png(picture: Picture, notices: tuple[str, ...]) -> Answer:
    return Answer(encode(picture, "png"), MEDIA_TYPES["png"], notices)


def _at(text: str, side: int) -> tuple[int, int] | None:
    """Return the cell of a pixel; none for what is no pixel of a patch."""
    match = re.fullmatch(r"([0-9]{1,3}),([0-9]{1,3})", text)
    if match is None:
        return None
    row, column = (int(part) * MASK_M // COARSE_M for part in match.groups())
    return (row, column) if max(row, column) < side else None


def _outlined(
    strength: npt.NDArray[np.floating], at: tuple[int, int] | None
) -> npt.NDArray[np.uint8]:
    """Return the outlines of spots; cells of one strength beside each other are one spot.

    The chosen spot is outlined whatever its strength.
    """
    # 0 is "no data" to whoever draws outlines, so that what is no spot is area 1.
    areas = np.unique(strength, return_inverse=True)[1].reshape(strength.shape) + 2
    areas = np.where(strength >= DRAWN, areas, 1).astype(np.uint8)
    colours = np.array([(0, 0, 0, 0)] * 2 + [_OTHERS] * 254, np.uint8)
    if at is not None and strength[at] > 0:
        pieces = ndimage.label(strength == strength[at])[0]
        areas[pieces == pieces[at]] = 255
        colours[255] = _SPOT
    fine = areas.repeat(_TIMES, 0).repeat(_TIMES, 1)
    return outlines(fine, colours, scale=_LINE_SCALE)


QUERIES = (
    Query("issues", re.compile(r"(?P<id>(?s:.+))/prediction\.png"), prediction),
    Query("issues", re.compile(r"(?P<id>(?s:.+))/spots\.png"), spots),
)
