"""The gallery: pages of samples in an order, with the addresses of their thumbnails."""

import math
import re
from dataclasses import asdict, dataclass
from typing import Any, Literal
from urllib.parse import quote, urlencode

import numpy as np

from eoexplore.core.nomenclature import key_of
from eoexplore.core.selection import Selection
from eoexplore.core.types import Layer
from eoexplore.render import palettes
from eoexplore.render.composites import styles_of
from eoexplore.store import selections
from eoexplore.store.catalog import Opened
from eoexplore.tiles import layers
from eoexplore.tiles.pixel import day
from eoexplore.tiles.queries import Asked, Json, Noted, Query
from eoexplore.tiles.ranges import look
from eoexplore.tiles.sorts import (
    Chosen,
    Ints,
    chosen,
    known_sort,
    order_of,
    shared_class,
    sorts,
    values_of,
)

SIZES = (24, 48, 96, 200)
"""How many samples a page may have."""
USUAL_SIZE = 48
_EXTENSIONS = {"optical": "webp", "sar": "webp", "picture": "webp", "categorical": "png"}
_ALONG = ("next", "previous")
_COLUMNS = ("id", "date", "split", "country", "tile", "label_mask")


_PLAIN_FILES = (
    ("parquet", "Parquet", "all columns; pandas, DuckDB"),
    ("csv", "CSV", "all columns; spreadsheets"),
)
"""What picked samples are taken away as where none has a place: ending, title, what it is for."""


def describe(opened: Opened, selection: Selection, palette: str = palettes.OFFICIAL) -> Json:
    """Return what the gallery's script has to know as JSON; it asks for the samples itself.

    Args:
        opened: dataset and index.
        selection: which samples are shown.
        palette: colours of the classes; "official" is left out of addresses.
    """
    query, pictures = layers.pictures_of(opened, selection, palette)
    return {
        "dataset": opened.slug,
        "synthetic": opened.dataset.synthetic,
        "query": query,
        "palette": palette,
        "layers": pictures,
        "sorts": [asdict(sort) for sort in sorts(opened)],
        "sizes": list(SIZES),
        "usual_size": USUAL_SIZE,
        "total": len(opened.samples),
        **({} if opened.samples.located.any() else {"files": _PLAIN_FILES}),
        "pictureless": _pictureless(opened),
    }


def _pictureless(opened: Opened) -> str | None:
    """Return why there is no picture at all, or none."""
    if any(opened.samples.has(layer.name).any() for layer in opened.dataset.layers):
        return None
    return (
        "This copy has metadata only, so there are no pictures: each tile shows its labels. "
        "Open the folder with the images on Home to see them."
    )


@dataclass(frozen=True)
class _Look:
    """How the samples of a page are shown."""

    layer: Layer | None
    """Layer of the thumbnails; none where the dataset has none that can be shown."""
    query: str
    """Query of a thumbnail's address."""
    mask: Layer | None
    """Layer that is shown over it on hovering."""
    mask_query: str
    """Query of its address."""


def page(asked: Asked) -> Noted:
    """Answer /gallery/{dataset}/page.json?select=&sort=&page=&size=&layer=&style=&palette=."""
    opened, query = asked.opened, asked.query
    selection, notices = selections.parse(query.get("select", ""))
    name, turned, more = known_sort(opened, query.get("sort", ""))
    found = chosen(opened, selection, name, turned)
    size, odd = _size(query.get("size", ""))
    number, pages, stray = _page(query.get("page", ""), len(found.rows), size)
    shown, strange = _look(asked)
    rows = found.rows[(number - 1) * size : number * size]
    said = notices + more + found.notices + odd + stray + strange
    palette = palettes.known(query.get("palette", ""))[0]
    classes = palettes.coloured(opened.dataset.classes, palette).classes
    data = {
        "total": len(found.rows),
        "page": number,
        "pages": pages,
        "size": size,
        "sort": f"{'-' if turned else ''}{name}",
        "classes": [
            {
                "key": str(key_of(item)) if item.codes else None,
                "name": item.name,
                "colour": item.colour,
            }
            for item in classes
        ],
        "items": _items(opened, rows, name, shown),
        "notices": list(said),
    }
    return Noted(data, said)


def _size(text: str) -> tuple[int, tuple[str, ...]]:
    if text in ("", *map(str, SIZES)):
        return int(text or USUAL_SIZE), ()
    known = ", ".join(map(str, SIZES))
    return USUAL_SIZE, (f"A page has {known} patches; {USUAL_SIZE} are shown.",)


def _page(text: str, total: int, size: int) -> tuple[int, int, tuple[str, ...]]:
    """Return the number of a page, from 1, how many there are, and what is wrong with it."""
    pages = max(1, -(-total // size))
    if not text:
        return 1, pages, ()
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < 1:
        return 1, pages, (f"There is no page {text[:20]!r}; the first one is shown.",)
    if int(text) > pages:
        return pages, pages, (f"There are {pages:,} pages; the last one is shown.",)
    return int(text), pages, ()


def _look(asked: Asked) -> tuple[_Look, tuple[str, ...]]:
    opened, query = asked.opened, asked.query
    known = {layer.name: layer for layer in opened.dataset.layers if styles_of(layer)}
    palette = palettes.known(query.get("palette", ""))[0]
    wanted = query.get("layer", "")
    notices: tuple[str, ...] = ()
    layer = known.get(wanted) or _usual_layer(opened, known)
    if wanted and wanted not in known:
        notices = (f"There is no layer {wanted[:40]!r}; {_title(layer)} is shown.",)
    common = {
        "palette": "" if palette == palettes.OFFICIAL else palette,
        "v": opened.version,
    }
    style = query.get("style", "") if not notices else ""
    complaints: tuple[str, ...] = ()
    if layer is not None:
        found, complaints = look(opened, layer.name, style)
        style = found.text
    maps = (item for item in known.values() if item.kind == "categorical")
    mask = None if layer is not None and layer.kind == "categorical" else next(maps, None)
    picked = _Look(layer, _query({"style": style, **common}), mask, _query(common))
    return picked, (*notices, *complaints)


def _usual_layer(opened: Opened, known: dict[str, Layer]) -> Layer | None:
    """Return what the map shows by default: the optical pictures, or what there is."""
    there = [item for item in known.values() if opened.samples.has(item.name).any()]
    optical = [item for item in there if item.kind in ("optical", "picture")]
    return next(iter([*optical, *there, *known.values()]), None)


def _title(layer: Layer | None) -> str:
    return "nothing" if layer is None else layer.title


def _query(values: dict[str, str]) -> str:
    return urlencode({name: value for name, value in values.items() if value}, quote_via=quote)


def _items(opened: Opened, rows: Ints, sort: str, shown: _Look) -> list[Json]:
    """Return what a page shows of some samples."""
    samples, frame = opened.samples, opened.samples.frame
    # Column by column: a frame of these rows would copy all of them.
    known = {name: frame[name].iloc[rows].tolist() for name in _COLUMNS if name in frame.columns}
    known |= {"x": samples.x[rows].tolist(), "y": samples.y[rows].tolist()}
    known["located"] = samples.located[rows].tolist()
    known["value"] = _values(opened, sort, rows)
    known["picture"] = _addresses(opened, rows, shown.layer, shown.query)
    known["mask"] = _addresses(opened, rows, shown.mask, shown.mask_query)
    lacks = None if shown.layer is None else f"No {shown.layer.title} image"
    records = (dict(zip(known, row, strict=True)) for row in zip(*known.values(), strict=True))
    return [_item(opened, record, lacks) for record in records]


def _item(opened: Opened, record: dict[str, Any], lacks: str | None) -> Json:
    labels = int(record.get("label_mask", 0))
    return {
        "id": str(record["id"]),
        "place": f"{record['tile']} · {record['x']}, {record['y']}" if record["located"] else None,
        "date": day(record.get("date")),
        "split": str(record.get("split") or "") or None,
        "country": str(record.get("country") or "") or None,
        "labels": [n for n in range(len(opened.dataset.classes.classes)) if labels >> n & 1],
        "value": record["value"],
        "picture": record["picture"],
        "reason": lacks if record["picture"] is None else None,
        "mask": record["mask"],
    }


def _values(opened: Opened, sort: str, rows: Ints) -> list[float | None]:
    """Return the number that the samples are sorted by, where it says more than the rest."""
    if shared_class(opened, sort) is None and not sort.startswith("pred."):
        return [None] * len(rows)
    numbers = values_of(opened, sort, rows).tolist()
    return [None if math.isnan(number) else round(number, 6) for number in numbers]


def _addresses(opened: Opened, rows: Ints, layer: Layer | None, query: str) -> list[str | None]:
    """Return the address of each sample's picture of a layer, none where it has no such layer."""
    if layer is None:
        return [None] * len(rows)
    extension = _EXTENSIONS[layer.kind]
    there = opened.samples.has(layer.name)[rows].tolist()
    names = opened.samples.frame["id"].iloc[rows].tolist()
    folder, name = quote(opened.slug, safe=""), quote(layer.name, safe="")
    return [
        f"/gallery/{folder}/{quote(str(sample), safe='')}/{name}.{extension}?{query}"
        if has
        else None
        for sample, has in zip(names, there, strict=True)
    ]


def step(asked: Asked) -> Noted | None:
    """Answer /gallery/{dataset}/{id}/step.json?by=next|previous&select=&sort=.

    The order is a ring, as on the map. A sample outside the selection steps to the one that
    follows, or precedes, where it would be.
    """
    by = asked.query.get("by", "")
    if by not in _ALONG:
        return None
    opened = asked.opened
    row = opened.samples.row(asked.parts["id"])
    selection, notices = selections.parse(asked.query.get("select", ""))
    name, turned, more = known_sort(opened, asked.query.get("sort", ""))
    found = chosen(opened, selection, name, turned)
    place = int(np.flatnonzero(order_of(opened, name, turned) == row)[0])
    said = notices + more + found.notices
    return Noted(_along(opened, found, place, by), said)


def _along(opened: Opened, found: Chosen, place: int, by: str) -> Json:
    count = len(found.rows)
    if not count:
        return {"id": None, "position": None, "of": 0, "wrapped": False}
    side: Literal["left", "right"] = "right" if by == "next" else "left"
    at = int(np.searchsorted(found.places, place, side)) - (by == "previous")
    wrapped = not 0 <= at < count
    at %= count
    sample = str(opened.samples.frame["id"].iloc[int(found.rows[at])])
    return {"id": sample, "position": at + 1, "of": count, "wrapped": wrapped}


QUERIES = (
    Query("gallery", re.compile(r"page\.json"), page),
    Query("gallery", re.compile(r"(?P<id>(?s:.+))/step\.json"), step),
)
