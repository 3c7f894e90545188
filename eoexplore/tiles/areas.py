"""How much of each class the shown patches have: sampled and ground area, as JSON.

/areas/{dataset}?select=&date= answers for the classes of the dataset, for CORINE level 3
("codes"), and for every schema of `nomenclature.levels` by its name ("levels").
"""

import re
import threading
import weakref
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from eoexplore.analysis import ground
from eoexplore.core import nomenclature
from eoexplore.core.types import Classes
from eoexplore.tiles.colourings import NO_AREAS, class_pixels
from eoexplore.tiles.queries import Asked, Noted, Query
from eoexplore.tiles.scene import Ground, Scene, Shown

NOTE = (
    "Sampled: all patches added up. Ground: each place once, overlaps left out; a patch that is "
    "partly covered by another counts each class with the same share."
)
_NOWHERE: dict[str, Any] = {
    "available": False,
    "samples": 0,
    "places": 0,
    "sampled_km2": 0.0,
    "ground_km2": 0.0,
    "sentence": "These samples have no place on the ground, so no area is known.",
}
_overlaps: "weakref.WeakKeyDictionary[Ground, ground.Overlaps]" = weakref.WeakKeyDictionary()
_answers: "weakref.WeakKeyDictionary[Shown, dict[str, Any]]" = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def areas(asked: Asked) -> Noted:
    """Answer /areas/{dataset}."""
    shown, notices = asked.shown()
    return Noted(areas_of(asked.scene, shown), notices)


def areas_of(scene: Scene, shown: Shown) -> dict[str, Any]:
    """Return samples, places and areas (km²) of what is shown; kept as long as the selection is.

    `low_km2` and `high_km2` are the least and the largest ground area that is possible, as the
    table says how much of a class a patch has, not where.
    """
    with _lock:
        found = _answers.get(shown)
        if found is None:
            found = _answers[shown] = _work_out(scene, shown)
    return found


def _work_out(scene: Scene, shown: Shown) -> dict[str, Any]:
    areas = scene.samples.areas
    if not scene.samples.located.any():
        return _NOWHERE
    mask = shown.mask & scene.samples.located
    known = np.asarray(class_pixels(scene).any(axis=0), bool)
    counted = ground.count_once(overlaps_of(scene.ground), mask, shown.rank, known)
    samples = int(mask.sum())
    result: dict[str, Any] = {
        "available": areas,
        "samples": samples,
        "places": len(counted.rows),
        "sampled_km2": _km2(samples * ground.PATCH_KM2),
        "ground_km2": _km2(float(counted.share.sum()) * ground.PATCH_KM2),
    }
    if not areas:
        maps = any(
            layer.kind == "categorical" and scene.samples.has(layer.name).any()
            for layer in scene.opened.dataset.layers
        )
        return result | {"sentence": NO_AREAS if maps else "This copy has no reference maps."}
    result["without_map"] = int((mask & ~known).sum())
    result["note"] = NOTE
    levels = nomenclature.levels(scene.opened.dataset.classes)
    codes = [*scene.opened.dataset.classes.codes]
    tally = ground.tally((_pixels(scene, code) for code in codes), mask, counted)
    listed = {name: _listed(schema, tally, codes) for name, schema in levels.items()}
    first = next(iter(listed.values()))
    return result | {"classes": first, "codes": listed.get("clc3", first), "levels": listed}


def overlaps_of(where: Ground) -> ground.Overlaps:
    """Return the places of a table and their overlaps; samples without a place have -1 for it."""
    found = _overlaps.get(where)
    if found is None:
        samples = where.samples
        there = samples.placed
        columns = (samples.tiles[0], samples.epsg, samples.left, samples.top)
        found = ground.overlaps(ground.Table(*(values[there] for values in columns)))
        place = np.full(len(samples), -1, np.int64)
        place[there] = found.place
        found = _overlaps[where] = replace(found, place=place)
    return found


def _listed(schema: Classes, tally: ground.Tally, codes: list[int]) -> list[dict[str, Any]]:
    entries = []
    for item in (*schema.classes, schema.unlabelled):
        area = tally.area([codes.index(code) for code in item.codes if code in codes])
        entries.append(
            {
                "key": nomenclature.key_of(item),
                "label": item.name,
                "sampled_km2": _km2(area.sampled),
                "ground_km2": _km2(area.ground),
                "low_km2": _km2(area.low),
                "high_km2": _km2(area.high),
            }
        )
    return entries


def _pixels(scene: Scene, code: int) -> npt.NDArray[np.generic]:
    frame, name = scene.samples.frame, f"area_{code}"
    if name not in frame.columns:
        return np.zeros(len(frame), np.int32)
    # Missing where a patch has no reference map.
    column = frame[name]
    return (column if column.dtype.kind in "iu" else column.fillna(0)).to_numpy()


def _km2(value: float) -> float:
    # A pixel has a ten-thousandth of a square kilometre.
    return round(value, 4)


QUERIES = (Query("areas", re.compile(""), areas),)
