"""A patch's card as JSON data, and its pictures."""

import re
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd

from eoexplore.core import mgrs
from eoexplore.core.types import Layer
from eoexplore.render.colours import UNREADABLE, label_palette
from eoexplore.render.composites import Style, styles_of
from eoexplore.render.encode import MEDIA_TYPES
from eoexplore.render.stretch import linear
from eoexplore.tiles.imagery import Picture
from eoexplore.tiles.originals import READER, empty_value, enlarge
from eoexplore.tiles.patches import BandFile
from eoexplore.tiles.point import Json, outline
from eoexplore.tiles.queries import Asked, Query
from eoexplore.tiles.scene import Scene
from eoexplore.tiles.tile import Answer, encode, style_or_default


def card(scene: Scene, row: int) -> Json:
    """Return everything the inspector shows of one patch."""
    sample = scene.samples.frame.iloc[row]
    left, top = int(scene.samples.left[row]), int(scene.samples.top[row])
    return {
        "id": sample["id"],
        "title": f"{sample['tile']} · column {sample['x']}, row {sample['y']}",
        "synthetic": scene.opened.dataset.synthetic,
        "split": sample["split"] or None,
        "country": sample["country"] or None,
        "date": _day(sample["date"]),
        "s1_date": _day(sample.get("s1_date")),
        "season": sample["season"] or None,
        "flags": list(sample["flags"]),
        "labels": _labels(scene, sample),
        "unlabelled_share": _share(sample.get("unlabelled_share")),
        "centre": [
            round(float(scene.samples.lon[row]), 6),
            round(float(scene.samples.lat[row]), 6),
        ],
        "epsg": int(scene.samples.epsg[row]),
        "bounds_utm": [left, top - mgrs.PATCH_M, left + mgrs.PATCH_M, top],
        "dates": _dates(scene, sample),
        "pictures": [_picture_link(scene, row, layer) for layer in scene.opened.dataset.layers],
        "outline": outline(scene, row),
    }


def _day(value: pd.Timestamp | None) -> str | None:
    if value is None or pd.isna(value):
        return None
    day = pd.Timestamp(value)
    return f"{day.day} {day:%b %Y}"


def _share(value: float | None) -> float | None:
    if value is None or pd.isna(value):
        return None
    return round(float(value), 6)


def _labels(scene: Scene, sample: "pd.Series[Any]") -> list[Json]:
    """Return the scene labels, largest share of the label map first where it is known."""
    classes = scene.opened.dataset.classes
    areas = {
        code: int(sample[column])
        for code in classes.codes
        if (column := f"area_{code}") in sample.index and not pd.isna(sample[column])
    }
    total = sum(areas.values())
    found: list[dict[str, Any]] = []
    for item in classes.classes:
        if item.name in sample["labels"]:
            pixels = sum(areas.get(code, 0) for code in item.codes)
            share = round(pixels / total, 6) if total else None
            found.append({"name": item.name, "colour": item.colour, "share": share})
    found.sort(key=lambda label: -(label["share"] or 0))
    return [*found]


def _dates(scene: Scene, sample: "pd.Series[Any]") -> list[Json]:
    """Return all patches of the same place, earliest first."""
    frame = scene.samples.frame
    same = (frame["x"] == sample["x"]) & (frame["y"] == sample["y"])
    same &= frame["tile"] == sample["tile"]
    rows = frame.loc[same, ["id", "date"]].sort_values(["date", "id"])
    return [
        {"id": other, "date": _day(date), "current": other == sample["id"]}
        for other, date in rows.itertuples(index=False)
    ]


def _picture_link(scene: Scene, row: int, layer: Layer) -> Json:
    link: dict[str, object] = {"layer": layer.name, "title": layer.title, "url": None}
    if not scene.samples.has(layer.name)[row]:
        return link | {"reason": f"This patch has no {layer.title} image."}
    styles = styles_of(layer.name)
    if not styles:
        return link | {"reason": f"There is no style for {layer.title} yet."}
    opened = scene.opened
    sample = quote(str(scene.samples.frame["id"].iloc[row]), safe="")
    url = f"/patch/{quote(opened.slug, safe='')}/{sample}/{layer.name}.png"
    return link | {"url": f"{url}?style={styles[0].id}&v={opened.version}", "reason": None}


def patch_picture(scene: Scene, row: int, layer: str, style_id: str) -> Answer | None:
    """Return one patch as PNG at its own pixels, grey if it is unreadable.

    Args:
        scene: the dataset.
        row: the patch.
        layer: name of a layer.
        style_id: style of the layer; the default one, with a notice, if there is none of that id.

    Returns:
        The picture, or none if the patch lacks the layer.
    """
    found = scene.layer(layer)
    if found is None or not styles_of(layer) or not scene.samples.has(layer)[row]:
        return None
    style, notices = style_or_default(layer, style_id)
    picture = _picture(scene, row, found, style)
    return Answer(encode(picture, "png"), MEDIA_TYPES["png"], notices)


def _picture(scene: Scene, row: int, layer: Layer, style: Style) -> Picture:
    key = str(scene.samples.frame[layer.key].iloc[row])
    files = [BandFile(key, layer.name, band) for band in style.bands]
    arrays = enlarge(READER.fetch(scene.opened.dataset, files), style.gsd_m)
    if arrays is None:
        side = round(mgrs.PATCH_M / style.gsd_m)
        return Picture(np.zeros((side, side), np.uint8), np.array([UNREADABLE], np.uint8))
    if style.categorical:
        palette = label_palette(scene.opened.dataset.classes, layer.nodata)
        return Picture(palette.index[arrays[0]], palette.rgba)
    bands = dict(zip(style.bands, arrays, strict=True))
    rgba = np.zeros((*arrays[0].shape, 4), np.uint8)
    for place, channel in enumerate(style.channels):
        rgba[..., place] = linear(channel.values(bands), channel.low, channel.high)
    nodata = empty_value(layer, arrays[0].dtype)
    stack = np.stack(arrays)
    missing = np.isnan(stack) if np.isnan(nodata) else stack == nodata
    rgba[..., 3] = np.where(missing.any(axis=0), 0, 255)
    return Picture(rgba)


def _card(asked: Asked) -> Json:
    return card(asked.scene, asked.scene.samples.row(asked.parts["id"]))


def _patch_picture(asked: Asked) -> Answer | None:
    row = asked.scene.samples.row(asked.parts["id"])
    return patch_picture(asked.scene, row, asked.parts["layer"], asked.query.get("style", ""))


QUERIES = (
    Query("patch", re.compile(r"(?P<id>[^/]+)/card\.json"), _card),
    Query("patch", re.compile(r"(?P<id>[^/]+)/(?P<layer>[^/.]+)\.png"), _patch_picture),
)
