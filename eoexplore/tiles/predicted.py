"""Layers of predicted masks: `pred:SET:mask`, `confidence`, `disagreement` and `prob.CLASS`.

A set has one mosaic per product, as the index has, so they are put together as those are.
"""

import math
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from eoexplore.core.errors import EOExploreError, UnknownName
from eoexplore.core.types import Layer
from eoexplore.evidence import spots
from eoexplore.render import palettes
from eoexplore.render.colours import UNKNOWN, Palette, rgb
from eoexplore.render.composites import styles_of
from eoexplore.render.ramps import ramp
from eoexplore.render.warp import View
from eoexplore.store import issues, prediction_mosaics, prediction_sets
from eoexplore.store.catalog import Opened
from eoexplore.store.folder import file_stamp
from eoexplore.store.mosaic import Group
from eoexplore.store.prediction_mosaics import CONFIDENCE, MASK, NOTHING, PROBABILITY
from eoexplore.store.prediction_sets import ABOUT, About, PredictionSet
from eoexplore.tiles import mosaics
from eoexplore.tiles.imagery import MOSAIC_ZOOM, ORIGINALS_ZOOM, Picture, empty, label_picture
from eoexplore.tiles.mosaics import Canvas
from eoexplore.tiles.originals import Originals
from eoexplore.tiles.packed import Packed
from eoexplore.tiles.places import Metres, Tops
from eoexplore.tiles.scene import Scene, Shown
from eoexplore.tiles.source import nearest

PREFIX = "pred:"
DISAGREEMENT, SPOTS = "disagreement", issues.SPOTS.name
_DIFFERS = "#d55e00"
_WORDS = {
    MASK: "Predicted class",
    CONFIDENCE: "Confidence",
    DISAGREEMENT: "Where map and mask differ",
    SPOTS: "Chance that the map is wrong",
}
Floats = npt.NDArray[np.float32]


def layers_of(opened: Opened) -> list[dict[str, Any]]:
    """Return the layers of the sets of masks, without their addresses, from bottom to top."""
    sets = prediction_sets.available(opened.fingerprint)
    return [
        {
            "id": f"{PREFIX}{item.name}",
            "title": f"Predicted: {item.name}",
            "kind": "predicted",
            "visible": False,
            "opacity": 1.0,
            "styles": _styles(opened, item),
            "style": MASK,
            "controls": [],
        }
        for item in sets
        if item.task == "segmentation"
    ]


def path_of(slug: str, layer: str) -> str:
    """Return the path of a layer's tiles; the map puts the style where it stands in braces."""
    return f"/tiles/{quote(slug, safe='')}/{layer}:{{style}}/{{z}}/{{x}}/{{y}}{{r}}.png"


def _styles(opened: Opened, item: About) -> list[dict[str, Any]]:
    mapped = any(layer.kind == "categorical" for layer in opened.dataset.layers)
    word = "synthetic" if item.synthetic else ""
    plain = {"group": "", "help": word, "disabled": None}
    found = [{"id": name, "title": _WORDS[name], **plain} for name in _names(item)]
    for style in found:
        if style["id"] == DISAGREEMENT and not mapped:
            style["disabled"] = "This dataset has no label maps."
    own = item.keys() if PROBABILITY in item.layers else {}
    return found + [
        {"id": f"prob.{key}", "title": name, "group": "Probability of", "help": word,
         "disabled": None}
        for key, name in own.items()
    ]  # fmt: skip


def _names(item: About) -> list[str]:
    """Return what a set of masks can show, without the probabilities of its classes."""
    there = {*item.layers, DISAGREEMENT}
    folder = issues.of_set(item.dataset_fingerprint, item.name)
    return [
        name for name in _WORDS if name in there or (name == SPOTS and (folder / SPOTS).is_dir())
    ]


@dataclass(frozen=True)
class Asked:
    """What of a set a tile or a legend shows."""

    found: PredictionSet
    """The set."""
    what: str
    """MASK, CONFIDENCE, DISAGREEMENT, SPOTS or PROBABILITY."""
    place: int = 0
    """Of PROBABILITY, the number of the class."""


def asked_of(opened: Opened, layer: str) -> Asked:
    """Return what the name of a layer means.

    Raises:
        UnknownName: there is no such set, or it has no such layer.
    """
    name, _, what = layer.removeprefix(PREFIX).partition(":")
    found = prediction_sets.read(opened, name)
    classes = found.about.classes
    if found.about.task != "segmentation":
        raise UnknownName(f"The predictions {name} have no layer: they are scores of patches.")
    own = _names(found.about)
    if what in own:
        return Asked(found, what)
    word, _, key = what.partition(".")
    known = found.about.keys().get(key, key)
    if word == PROBABILITY and word in found.about.layers and known in classes:
        return Asked(found, PROBABILITY, classes.index(known))
    raise UnknownName(f"The predictions {name} have no such layer. They have: {', '.join(own)}.")


class _Predicted(Packed):
    """A tile from the mosaics of a set."""

    def __init__(
        self, scene: Scene, shown: Shown, asked: Asked, group: Group, band: str, view: View
    ) -> None:
        """Find the topmost predicted patches of a view."""
        self.scene, self.view, self.samples = scene, view, scene.samples
        self._folder, self._name = asked.found.folder, group.name
        self.tops = _tops(scene, shown, asked.found)
        self.seen = scene.places.look(view, self.tops, 0)
        self.rows = self.seen.patches
        self._groups = [(group.name, group, (band,))]
        product = self.samples.frame["product"].array
        self._products, self._codes = product.categories, product.codes

    def _read(
        self, name: str, product: int, bands: list[int], level: int, east: Metres, north: Metres
    ) -> Canvas | None:
        own = str(self._products[product])
        path = self._folder / prediction_mosaics.path_of(name, own)
        if name == SPOTS:
            path = issues.spots_of(self._folder / issues.FOLDER, own)
        return mosaics.read(path, bands, level, east, north)

    def values(self) -> Floats:
        """Return the mosaic pixel under each pixel's centre, NaN where there is none."""
        found = np.full((self.view.side, self.view.side), np.nan, np.float32)
        for (canvas,), epsg, here, _ in self._canvases():
            plane = nearest(canvas.pixels[0], canvas.transform, self.seen.located[epsg])
            np.copyto(found, plane.astype(np.float32), where=here)
        return found


def _tops(scene: Scene, shown: Shown, found: PredictionSet) -> Tops:
    """Return the topmost of the shown patches that the set is about."""
    key = (shown, found.about.name, file_stamp(found.folder / ABOUT))
    kept = scene.ground.tops.get(key)
    if kept is None:
        mask = np.zeros(len(scene.samples), bool)
        mask[found.rows] = True
        kept = scene.places.tops(mask & shown.mask, shown.order)
        scene.ground.tops.put(key, kept, kept.nbytes)
    return kept


def draw(scene: Scene, shown: Shown, layer: str, view: View, palette: str) -> Picture:
    """Draw a layer of a set.

    Args:
        scene: the dataset.
        shown: which patches.
        layer: its name, such as "pred:mine:mask".
        view: the pixels of the tile.
        palette: colours of the classes.

    Raises:
        UnknownName: there is no such set or layer.
    """
    asked = asked_of(scene.opened, layer)
    if view.z < MOSAIC_ZOOM:
        return empty(view.size)
    if asked.what == DISAGREEMENT:
        return _disagreement(scene, shown, asked, view)
    groups = prediction_mosaics.groups(asked.found.about.classes)
    group = issues.SPOTS if asked.what == SPOTS else groups[asked.what]
    values = _Predicted(scene, shown, asked, group, group.bands[asked.place], view).values()
    if asked.what == MASK:
        codes = np.where(np.isnan(values), NOTHING, values).astype(np.uint16)
        return label_picture(codes, None, palette_of(scene.opened, asked.found.about, palette))
    known = np.isfinite(values)
    if asked.what == SPOTS:
        known &= values >= spots.DRAWN
        values = spots.chance(values)
    shade = np.rint(np.clip(np.where(known, values, 0), 0, 1) * 255).astype(np.uint8)
    rgba = np.dstack([ramp("rising")[shade], np.where(known, 255, 0).astype(np.uint8)])
    return Picture(np.ascontiguousarray(rgba, np.uint8))


def _disagreement(scene: Scene, shown: Shown, asked: Asked, view: View) -> Picture:
    """Mark where the mask has another class than the label map, as far as both have one."""
    maps = _maps(scene.opened)
    if maps is None:
        return empty(view.size)
    group = prediction_mosaics.groups(asked.found.about.classes)[MASK]
    predicted = _Predicted(scene, shown, asked, group, group.bands[0], view).values()
    near = view.z >= ORIGINALS_ZOOM and not scene.opened.dataset.streams
    tile = (Originals if near else Packed)(scene, shown, maps, styles_of(maps)[0], view)
    schema, classes = scene.opened.dataset.classes, asked.found.about.classes
    numbers = {name: number for number, name in enumerate(classes)}
    codes = tile.codes()
    table = np.full(65536, -1, np.int16)
    for code in np.unique(codes).tolist():
        table[code] = numbers.get(schema.class_of(code).name, -1)
    known = table[codes]
    both = (known >= 0) & np.isfinite(predicted) & (predicted != NOTHING)
    found = np.zeros((*codes.shape, 4), np.uint8)
    found[both] = (*rgb(UNKNOWN), 70)
    found[both & (known != predicted)] = (*rgb(_DIFFERS), 255)
    return Picture(found)


def _maps(opened: Opened) -> Layer | None:
    return next((item for item in opened.dataset.layers if item.kind == "categorical"), None)


def _colours(opened: Opened, about: About, palette: str) -> list[str]:
    schema = palettes.coloured(opened.dataset.classes, palette)
    known = {item.name: item.colour for item in schema.classes}
    return [known.get(name, UNKNOWN) for name in about.classes]


def palette_of(opened: Opened, about: About, palette: str) -> Palette:
    """Return the colours of the numbers of a set's classes; any other number is transparent."""
    rows = [(0, 0, 0, 0), *((*rgb(one), 255) for one in _colours(opened, about, palette))]
    index = np.zeros(65536, np.uint8)
    index[: len(about.classes)] = np.arange(1, len(about.classes) + 1)
    return Palette(np.array(rows, np.uint8), index)


def legend_of(opened: Opened, layer: str, style: str, palette: str) -> dict[str, Any] | None:
    """Return title, note, kind and content of a legend; none where there is no such layer.

    Args:
        opened: dataset and index.
        layer: "pred:SET", as the map calls it.
        style: what of it is shown.
        palette: colours of the classes.
    """
    try:
        asked = asked_of(opened, f"{layer}:{style or MASK}")
    except EOExploreError:
        return None
    about = asked.found.about
    note = f"By {about.model}" + (", trained on synthetic imagery" if about.synthetic else "")
    if asked.what == MASK:
        pairs = zip(about.classes, _colours(opened, about, palette), strict=True)
        entries = [_entry(name, colour) for name, colour in pairs]
        return {"title": _WORDS[MASK], "note": note, "kind": "classes", "entries": entries}
    if asked.what == DISAGREEMENT:
        entries = [_entry("Another class than on the map", _DIFFERS), _entry("The same", UNKNOWN)]
        return {"title": _WORDS[DISAGREEMENT], "note": note, "kind": "classes", "entries": entries}
    table = ramp("rising")
    shades = ["#{:02x}{:02x}{:02x}".format(*table[math.floor(n * 255 / 8)][:3]) for n in range(9)]
    title = _WORDS.get(asked.what) or f"Probability of {about.classes[asked.place]}"
    scale = {"colours": shades, "low": 0, "high": 1}
    return {"title": title, "note": note, "kind": "ramp", "ramp": scale}


def _entry(name: str, colour: str) -> dict[str, str]:
    return {"key": name, "label": name, "colour": colour, "help": ""}
