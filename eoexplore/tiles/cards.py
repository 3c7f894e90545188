"""A patch's card as JSON data."""

import re
from collections import Counter
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd

from eoexplore.core import mgrs, words
from eoexplore.core.errors import DataMissing, FileUnreadable
from eoexplore.core.nomenclature import key_of
from eoexplore.core.types import Classes, LabelClass, Layer
from eoexplore.render import palettes
from eoexplore.render.composites import styles_of
from eoexplore.tiles.grids import grid_of
from eoexplore.tiles.originals import READER
from eoexplore.tiles.patches import BandFile
from eoexplore.tiles.pixel import day, same_place
from eoexplore.tiles.point import Json, outline
from eoexplore.tiles.queries import Asked, Noted, Query
from eoexplore.tiles.said import predictions_of
from eoexplore.tiles.scene import Scene, Shown
from eoexplore.tiles.steps import neighbours

SMALL_SHARE = 0.01
"""Share of the label map below which a label rests on little."""


def card(scene: Scene, row: int, shown: Shown, palette: str = palettes.OFFICIAL) -> Json:
    """Return everything the inspector shows of one patch.

    Args:
        scene: the dataset.
        row: the patch, as row of the sample table.
        shown: the selection; only its patches count as neighbours.
        palette: colours of the classes.
    """
    sample = scene.samples.frame.iloc[row]
    classes = palettes.coloured(scene.opened.dataset.classes, palette)
    codes = _codes(scene, row)
    grid = grid_of(scene, row)
    return {
        "id": sample["id"],
        "s1_id": sample.get("s1_id") or None,
        "title": _title(scene, row),
        "synthetic": scene.opened.dataset.synthetic,
        "split": sample["split"] or None,
        "country": sample["country"] or None,
        "date": day(sample["date"]),
        "s1_date": day(sample.get("s1_date")),
        "season": sample["season"] or None,
        "flags": list(sample["flags"]),
        "labels": _labels(classes, sample, codes),
        "pixel_classes": _pixel_classes(classes, codes),
        "unlabelled_share": _unlabelled(classes, codes),
        "predictions": predictions_of(scene.opened, row, classes),
        "times": _times(scene, row),
        "grid": {"rows": grid.rows, "columns": grid.columns},
        **_place(scene, row),
        "dates": _dates(scene, row),
        "layers": [_layer(layer) for layer in scene.opened.dataset.layers],
        "pictures": [_picture_link(scene, row, layer) for layer in scene.opened.dataset.layers],
        "neighbours": neighbours(scene, shown, row) if scene.samples.located[row] else None,
        "outline": outline(scene, row),
    }


def _title(scene: Scene, row: int) -> str:
    samples = scene.samples
    if not samples.located[row]:
        return str(samples.frame["id"].iloc[row])
    tile = samples.frame["tile"].iloc[row]
    return f"{tile} · column {samples.x[row]}, row {samples.y[row]}"


def _place(scene: Scene, row: int) -> Json:
    """Return where the middle of a sample lies, and its bounds; all null where it has no place."""
    samples = scene.samples
    if not samples.located[row]:
        return {"centre": None, "epsg": None, "bounds_utm": None}
    left, top = int(samples.left[row]), int(samples.top[row])
    return {
        "centre": [round(float(samples.lon[row]), 6), round(float(samples.lat[row]), 6)],
        "epsg": int(samples.epsg[row]),
        "bounds_utm": [left, top - mgrs.PATCH_M, left + mgrs.PATCH_M, top],
    }


def _codes(scene: Scene, row: int) -> dict[int, int]:
    """Return the pixels of each code of a patch's label map; empty if it has none."""
    sample, classes = scene.samples.frame.iloc[row], scene.opened.dataset.classes
    columns = {code: f"area_{code}" for code in classes.codes}
    known = {code: sample[name] for code, name in columns.items() if name in sample.index}
    counted = {code: int(pixels) for code, pixels in known.items() if not pd.isna(pixels)}
    return {code: pixels for code, pixels in counted.items() if pixels} or _read_codes(scene, row)


def _read_codes(scene: Scene, row: int) -> dict[int, int]:
    """Count the codes in the file, while the index has not come to them."""
    found: dict[int, int] = {}
    for layer in scene.opened.dataset.layers:
        if layer.kind == "categorical" and scene.samples.has(layer.name)[row]:
            key = str(scene.samples.frame[layer.key].iloc[row])
            (content,) = READER.fetch(
                scene.opened.dataset, [BandFile(key, layer.name, layer.bands[0].name)]
            )
            if not isinstance(content, Exception):
                codes, pixels = np.unique(content, return_counts=True)
                both = zip(codes.tolist(), pixels.tolist(), strict=True)
                found = {code: count for code, count in both if code != layer.nodata}
    return found


def _labels(classes: Classes, sample: "pd.Series[Any]", codes: dict[int, int]) -> list[Json]:
    """Return the scene labels, largest share of the label map first where it is known."""
    total = sum(codes.values())
    found: list[dict[str, Any]] = []
    for item in classes.classes:
        if item.name in sample["labels"]:
            pixels = sum(codes.get(code, 0) for code in item.codes)
            share = round(pixels / total, 6) if total else None
            found.append(
                {
                    "key": int(key_of(item)) if item.codes else None,
                    "name": item.name,
                    "colour": item.colour,
                    "share": share,
                    "small": share is not None and share < SMALL_SHARE,
                }
            )
    found.sort(key=lambda label: -(label["share"] or 0))
    return [*found]


def _pixel_classes(classes: Classes, codes: dict[int, int]) -> list[Json]:
    """Return the share of each class on the label map, unlabelled included, largest first."""
    total = sum(codes.values())
    pixels = Counter[LabelClass]()
    for code, count in codes.items():
        pixels[classes.class_of(code)] += count
    return [
        {
            "key": int(key_of(item)),
            "label": item.name,
            "colour": item.colour,
            "share": round(count / total, 6),
        }
        for item, count in pixels.most_common()
    ]


def _unlabelled(classes: Classes, codes: dict[int, int]) -> float | None:
    total = sum(codes.values())
    outside = sum(n for code, n in codes.items() if classes.class_of(code) is classes.unlabelled)
    return round(outside / total, 6) if total else None


def _times(scene: Scene, row: int) -> dict[str, str]:
    """Return when each image of a patch was taken (UTC), as far as its name tells."""
    found = {}
    for layer in scene.opened.dataset.layers:
        if layer.kind == "categorical" or not scene.samples.has(layer.name)[row]:
            continue
        key = str(scene.samples.frame[layer.key].iloc[row])
        for band in layer.bands:
            try:
                taken = scene.opened.dataset.source(key, layer.name, band.name).taken
            except (DataMissing, FileUnreadable):
                continue
            if taken:
                found[layer.name] = f"{words.day(taken)} {taken:%H:%M:%S} UTC"
            break
    return found


def _dates(scene: Scene, row: int) -> list[Json]:
    """Return all patches of the same place, earliest first."""
    frame = scene.samples.frame
    return [
        {
            "id": frame["id"].iloc[other],
            "date": day(frame["date"].iloc[other]),
            "current": other == row,
        }
        for other in same_place(scene, row)
    ]


def _layer(layer: Layer) -> Json:
    return {
        "layer": layer.name,
        "title": layer.title,
        "kind": layer.kind,
        "unit": layer.unit,
        "reflectance": layer.reflectance,
        "bands": [
            {
                "name": band.name,
                "title": band.title,
                "gsd_m": band.gsd_m,
                "wavelength_nm": band.wavelength_nm,
            }
            for band in layer.bands
        ],
    }


def _picture_link(scene: Scene, row: int, layer: Layer) -> Json:
    link: dict[str, object] = {"layer": layer.name, "title": layer.title, "url": None}
    if not scene.samples.has(layer.name)[row]:
        return link | {"reason": f"This patch has no {layer.title} image."}
    styles = styles_of(layer)
    if not styles:
        return link | {"reason": f"There is no style for {layer.title} yet."}
    opened = scene.opened
    sample = quote(str(scene.samples.frame["id"].iloc[row]), safe="")
    url = f"/patch/{quote(opened.slug, safe='')}/{sample}/{layer.name}.png"
    return link | {"url": f"{url}?style={styles[0].id}&v={opened.version}", "reason": None}


def _card(asked: Asked) -> Noted:
    row = asked.scene.samples.row(asked.parts["id"])
    shown, notices = asked.shown()
    palette, more = palettes.known(asked.query.get("palette", ""))
    return Noted(card(asked.scene, row, shown, palette), notices + more)


QUERIES = (Query("patch", re.compile(r"(?P<id>[^/]+)/card\.json"), _card),)
