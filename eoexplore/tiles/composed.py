"""A view of the map as pictures: what a browser would show of it, layer by layer.

The tiles of the map are put together. At a whole zoom they stand pixel by pixel as in the browser;
in between they are resampled once, from the zoom that a browser would take its tiles from.
"""

import io
import math
import re
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from eoexplore.core import dates, mercator
from eoexplore.store import selections
from eoexplore.store.catalog import Opened
from eoexplore.tiles import layers
from eoexplore.tiles.queries import Asked
from eoexplore.tiles.tile import TileRequest, render

MOST_PIXELS = 6_000_000
"""Width times height of the largest view: 24 MB per layer while it is put together."""
WIDTHS = (64, 4000)
"""Least and most pixels along a side."""
_NUMBER = r"-?\d{1,3}(?:\.\d{1,12})?"
_PLACE = re.compile(rf"({_NUMBER}),({_NUMBER}),(\d{{1,2}}(?:\.\d{{1,12}})?)", re.ASCII)
_LAYERS = 4000
_DEEPEST = 22


@dataclass(frozen=True)
class Pile:
    """One visible layer."""

    id: str
    """Name in addresses."""
    title: str
    """What a user reads."""
    style: str
    """Style text; the layer's first style when empty."""
    opacity: float
    """0 to 1."""
    zooms: tuple[int, int]
    """Least and deepest zoom at which it has pictures."""
    crisp: bool
    """Whether its pixels are codes or lines, which are never mixed."""


@dataclass(frozen=True)
class Sight:
    """What is looked at, and how large."""

    opened: Opened
    """The dataset."""
    lat: float
    """Latitude of the centre in degrees."""
    lon: float
    """Longitude of the centre in degrees."""
    zoom: float
    """Zoom of web maps; need not be whole."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    piles: tuple[Pile, ...]
    """Visible layers, bottom to top; also those that have no picture at this zoom."""
    select: str = ""
    """Selection as it stands in addresses."""
    date: str = ""
    """Date rule as it stands in addresses."""
    palette: str = ""
    """Colours of classes; the official ones when empty."""
    notices: tuple[str, ...] = field(default=(), compare=False)
    """One sentence for each part of the request that could not be used."""

    @property
    def whole(self) -> int:
        """The zoom whose tiles a browser takes."""
        return math.floor(self.zoom + 0.5)

    @property
    def drawn(self) -> tuple[Pile, ...]:
        """The layers that have a picture at this zoom."""
        return tuple(p for p in self.piles if p.zooms[0] <= self.whole <= p.zooms[1])

    @property
    def corner(self) -> tuple[float, float]:
        """Left and top edge in pixels of the world at the view's zoom."""
        x, y = _world(self.lon, self.lat, self.zoom)
        left, top = x - self.width / 2, y - self.height / 2
        # Browsers put a map on whole pixels.
        return (round(left), round(top)) if self.zoom == self.whole else (left, top)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        left, top = self.corner
        size = mercator.TILE * 2**self.zoom
        metres = [
            ((x / size - 0.5) * 2 * mercator.HALF_WORLD, (0.5 - y / size) * 2 * mercator.HALF_WORLD)
            for x, y in ((left, top + self.height), (left + self.width, top))
        ]
        (west, south), (east, north) = (mercator.to_degrees(*pair) for pair in metres)
        return float(west), float(south), float(east), float(north)

    @property
    def ground_m(self) -> float:
        """Side of a pixel on the ground in metres, at the latitude of the centre."""
        equator = 2 * mercator.HALF_WORLD / (mercator.TILE * 2**self.zoom)
        return equator * math.cos(math.radians(self.lat))


def sight(asked: Asked, width: int = 1200, height: int = 800) -> Sight:
    """Read a view out of an address (`v`, `l`, `d`, `select`, `palette`, `width`, `height`).

    Args:
        asked: the request; what it leaves out, or what cannot be used, gets a default.
        width: pixels when it names none.
        height: pixels when it names none.
    """
    query = asked.query
    width = asked.number("width", width, *WIDTHS)
    height = min(asked.number("height", height, *WIDTHS), MOST_PIXELS // width)
    selection, notices = selections.parse(query.get("select", ""))
    rule, complaints = dates.parse(query.get("d", ""))
    palette = query.get("palette", "")
    described = layers.describe(asked.opened, selection, palette or "official")
    piles, lost = _piles(described["layers"], query.get("l"))
    place = _place(query.get("v", "")) or _fitting(asked, width, height)
    return Sight(
        asked.opened,
        *place,
        width,
        height,
        piles,
        selections.text_of(selection),
        rule.canonical(),
        palette,
        (*notices, *complaints, *lost),
    )


def _place(text: str) -> tuple[float, float, float] | None:
    match = _PLACE.fullmatch(text)
    if match is None:
        return None
    lat, lon, zoom = (float(part) for part in match.groups())
    good = abs(lat) <= mercator.MAX_LATITUDE and abs(lon) <= 180 and zoom <= _DEEPEST
    return (lat, lon, zoom) if good else None


def _fitting(asked: Asked, width: int, height: int) -> tuple[float, float, float]:
    """Return the place at which all of the selection is seen."""
    shown = asked.shown()[0].mask
    west, south, east, north = layers.good_bounds(asked.opened.samples, shown)
    left, bottom = _world(west, south, 0)
    right, top = _world(east, north, 0)
    room = min(width / max(right - left, 1e-9), height / max(bottom - top, 1e-9))
    zoom = float(min(max(math.floor(math.log2(room)), 0), layers.MAX_ZOOM))
    lon, lat = mercator.to_degrees(
        ((left + right) / 2 / mercator.TILE - 0.5) * 2 * mercator.HALF_WORLD,
        (0.5 - (top + bottom) / 2 / mercator.TILE) * 2 * mercator.HALF_WORLD,
    )
    return float(lat), float(lon), zoom


def _piles(
    known: list[dict[str, Any]], text: str | None
) -> tuple[tuple[Pile, ...], tuple[str, ...]]:
    """Return the layers that are asked for, else those that are visible at first."""
    by_id = {layer["id"]: layer for layer in known if not layer["disabled"]}
    if text is None or not text.strip():
        first = [layer for layer in by_id.values() if layer["visible"]]
        return tuple(_pile(layer, layer["style"], layer["opacity"]) for layer in first), ()
    piles: dict[str, Pile] = {}
    lost = []
    for part in text[:_LAYERS].split(",") if text != "none" else ():
        if part.startswith("!"):
            continue  # hidden: the link keeps its style for later
        # From the right, since the name of a layer may hold a colon.
        name, style, percent = (["", "", *part.rsplit(":", 2)])[-3:]
        if name not in by_id:
            lost.append(name[:40])
        else:
            good = re.fullmatch(r"\d{1,3}", percent, re.ASCII)
            opacity = min(int(percent), 100) / 100 if good else by_id[name]["opacity"]
            piles[name] = _pile(by_id[name], style, opacity)
    sentence = f"Left out, since it is not there: {', '.join(lost)}."
    return tuple(piles.values()), (sentence,) if lost else ()


def _pile(layer: dict[str, Any], style: str, opacity: float) -> Pile:
    return Pile(
        layer["id"],
        layer["title"],
        style,
        float(opacity),
        (layer["min_zoom"], layer["max_zoom"]),
        layer["kind"] not in ("optical", "sar"),
    )


def picture(view: Sight, pile: Pile) -> Image.Image:
    """Return one layer of a view, RGBA, without its opacity.

    Args:
        view: what is looked at.
        pile: one of its layers.
    """
    z = view.whole
    scale = 2 ** (view.zoom - z)
    left, top = (edge / scale for edge in view.corner)
    width, height = view.width / scale, view.height / scale
    # One pixel more on each side, so that a resampled edge has neighbours.
    columns = range(_tile(left - 1), _tile(left + width + 1) + 1)
    rows = range(_tile(top - 1), _tile(top + height + 1) + 1)
    whole = Image.new("RGBA", (len(columns) * mercator.TILE, len(rows) * mercator.TILE))
    for column in columns:
        for row in rows:
            # The world repeats itself to the west and east.
            if mercator.tile_exists(z, column % 2**z, row):
                drawn = _tile_picture(view, pile, z, column % 2**z, row)
                at = (column - columns[0]) * mercator.TILE, (row - rows[0]) * mercator.TILE
                whole.paste(drawn, at)
    left, top = left - columns[0] * mercator.TILE, top - rows[0] * mercator.TILE
    box = (left, top, left + width, top + height)
    if scale == 1:
        return whole.crop(
            (round(left), round(top), round(left) + view.width, round(top) + view.height)
        )
    how = Image.Resampling.NEAREST if pile.crisp else Image.Resampling.BILINEAR
    return whole.resize((view.width, view.height), how, box=box)


def _tile_picture(view: Sight, pile: Pile, z: int, x: int, y: int) -> Image.Image:
    wanted = TileRequest(
        pile.id,
        z,
        x,
        y,
        style=pile.style,
        select=view.select,
        date=view.date,
        palette=view.palette,
    )
    answer = render(view.opened, wanted)
    return Image.open(io.BytesIO(answer.body)).convert("RGBA")


def flat(view: Sight, ground: Image.Image) -> Image.Image:
    """Return all layers of a view over a ground, in their opacities, RGB.

    Args:
        view: what is looked at.
        ground: opaque picture of the view's size.
    """
    whole = ground.convert("RGBA")
    for pile in view.drawn:
        drawn = picture(view, pile)
        if pile.opacity < 1:
            drawn.putalpha(
                drawn.getchannel("A").point(lambda value, o=pile.opacity: round(value * o))
            )
        whole.alpha_composite(drawn)
    return whole.convert("RGB")


def _tile(pixel: float) -> int:
    return math.floor(pixel / mercator.TILE)


def _world(lon: float, lat: float, zoom: float) -> tuple[float, float]:
    x, y = mercator.to_metres(lon, lat)
    size = mercator.TILE * 2**zoom / (2 * mercator.HALF_WORLD)
    return float(x + mercator.HALF_WORLD) * size, float(mercator.HALF_WORLD - y) * size
