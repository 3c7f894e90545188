"""The view as one picture: the map, what its colours mean, how long a kilometre is, whose it is."""

import functools
import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from eoexplore.core import dates, mercator, settings, words
from eoexplore.store import export, selections
from eoexplore.tiles import sheet
from eoexplore.tiles.composed import Sight, flat, sight
from eoexplore.tiles.legend import legend
from eoexplore.tiles.queries import Asked, Noted
from eoexplore.tiles.sheet import Pen
from eoexplore.tiles.tile import Answer

SEA, LAND, BORDER = "#dde6ec", "#f4f2ed", "#bdb7ab"
"""Colours under the layers, those of the map's light theme."""
BACKGROUND = "Natural Earth (public domain)"
_EDGE = 16
_LEGEND = 300
_FOOT = 12
_LONGEST = 600
"""Characters of a selection that are written out."""


def snapshot(asked: Asked) -> Answer:
    """Answer /export/{dataset}/view.png."""
    view = sight(asked)
    said, legends = texts(view), legends_of(view)
    picture = _sheet(view, flat(view, ground(view)), said, legends)
    inside = PngInfo()
    inside.add_itxt("Title", said["title"])
    inside.add_itxt("eoexplore", json.dumps(about(view).document(), ensure_ascii=False))
    body = io.BytesIO()
    picture.save(body, "PNG", pnginfo=inside)
    name = f"{view.opened.slug}-view.png"
    return Answer(body.getvalue(), "image/png", view.notices, name)


def about(view: Sight) -> export.About:
    """Return what a view is of."""
    shown = Asked(view.opened, {}, {"select": view.select, "date": view.date}).shown()[0]
    text = selections.parse(view.select)[0].canonical()
    return export.about(view.opened, text, int(shown.mask.sum()))


def texts(view: Sight) -> dict[str, str]:
    """Return the words around a view: title, layers, selection, dates, place, source."""
    said = about(view)
    warning = " · made-up pixels" if said.synthetic else ""
    phrases = words.phrases(selections.parse(view.select)[0])
    selected = " · ".join(phrase.text for phrase in phrases)
    if len(selected) > _LONGEST:
        selected = f"{selected[:_LONGEST]}…"
    samples = f"{said.samples:,} of {said.of:,} patches"
    north, east = _degrees(view.lat, "NS"), _degrees(view.lon, "EW")
    source = (
        f"{said.citation} Licence: {said.licence}."
        if said.synthetic
        else (
            f"{said.dataset}: {said.citation}. Licence: {said.licence}. "
            f"{said.url.partition('://')[2]}."
        )
    )
    return {
        "title": f"{said.dataset}{warning}",
        "layers": " · ".join(pile.title for pile in reversed(view.drawn)) or "No layer",
        "selection": f"{selected}: {samples}" if selected else samples,
        "dates": dates.parse(view.date)[0].sentence(),
        "place": f"Centre {north} {east} · zoom {view.zoom:g} · EPSG:3857",
        "source": f"{source} Background: {BACKGROUND}.",
        "made": f"EOExplore {said.eoexplore} · dataset {said.fingerprint}",
    }


def _degrees(value: float, signs: str) -> str:
    return f"{abs(value):.4f}° {signs[0] if value >= 0 else signs[1]}"


def legends_of(view: Sight) -> list[Mapping[str, Any]]:
    """Return the legends of the layers that are drawn, topmost first."""
    found = []
    for pile in reversed(view.drawn):
        query = {
            "style": pile.style,
            "palette": view.palette,
            "select": view.select,
            "date": view.date,
            "z": str(view.whole),
        }
        answer = legend(Asked(view.opened, {"layer": pile.id}, query))
        if isinstance(answer, Noted):
            found.append(answer.data)
    return found


def _sheet(
    view: Sight, drawn: Image.Image, said: Mapping[str, str], legends: list[Mapping[str, Any]]
) -> Image.Image:
    """Put a map, its legends and its words on one sheet."""
    beside = _LEGEND + _EDGE if legends else 0
    width = view.width + 2 * _EDGE + beside
    head, column = Pen(None, _EDGE, _EDGE, width - 2 * _EDGE), Pen(None, 0, 0, _LEGEND)
    _head(head, said)
    top = round(head.y) + 8
    _legends(column, legends)
    bottom = top + max(view.height, round(column.y)) + 8
    foot = Pen(None, _EDGE, bottom, width - 2 * _EDGE)
    _foot(foot, said, view.ground_m)
    whole = Image.new("RGB", (width, round(foot.y) + _EDGE), sheet.PAPER)
    _head(Pen(whole, _EDGE, _EDGE, width - 2 * _EDGE), said)
    whole.paste(drawn, (_EDGE, top))
    frame = (_EDGE - 1, top - 1, _EDGE + view.width, top + view.height)
    ImageDraw.Draw(whole).rectangle(frame, outline=sheet.FAINT)
    _legends(Pen(whole, view.width + 2 * _EDGE, top, _LEGEND), legends)
    _foot(Pen(whole, _EDGE, bottom, width - 2 * _EDGE), said, view.ground_m)
    return whole


def _head(pen: Pen, said: Mapping[str, str]) -> None:
    pen.text(said["title"], 20)
    pen.text(said["layers"], 14, sheet.FAINT)


def _legends(pen: Pen, legends: list[Mapping[str, Any]]) -> None:
    for found in legends:
        sheet.legend(pen, found)
        pen.space(14)


def _foot(pen: Pen, said: Mapping[str, str], ground_m: float) -> None:
    whole, pen.width = pen.width, min(pen.width, 260)
    pen.scale(ground_m)
    pen.width = whole
    for name in ("selection", "dates", "place", "source", "made"):
        colour = sheet.INK if name in ("selection", "dates") else sheet.FAINT
        pen.text(said[name], _FOOT, colour)


def ground(view: Sight) -> Image.Image:
    """Return the countries under a view."""
    picture = Image.new("RGB", (view.width, view.height), SEA)
    draw = ImageDraw.Draw(picture)
    left, top = view.corner
    size = mercator.TILE * 2**view.zoom
    for ring, (west, north, east, south) in _rings():
        if west * size > left + view.width or east * size < left:
            continue
        if north * size > top + view.height or south * size < top:
            continue
        points = (ring * size - (left, top)).ravel().tolist()
        draw.polygon(points, LAND)
        draw.line(points, BORDER, 1)
    return picture


Ring = tuple[npt.NDArray[np.float64], tuple[float, float, float, float]]


@functools.lru_cache(maxsize=1)
def _rings() -> tuple[Ring, ...]:
    """Return the outlines of countries as shares of the projected world, and their boxes."""
    file = settings.assets_folder() / "countries-50m.json"
    found = []
    for shape in json.loads(file.read_text(encoding="utf-8"))["features"]:
        geometry = shape["geometry"]
        lists = geometry["coordinates"]
        for polygon in lists if geometry["type"] == "MultiPolygon" else [lists]:
            for ring in polygon:
                x, y = mercator.to_metres(*np.array(ring, float).T)
                share = np.stack([x, -y], axis=1) / (2 * mercator.HALF_WORLD) + 0.5
                box = (*share.min(axis=0).tolist(), *share.max(axis=0).tolist())
                found.append((share, box))
    return tuple(found)
