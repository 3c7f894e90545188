"""The queue of what speaks against labels over HTTP: pages of it, those of one place, a table."""

import itertools
import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from eoexplore.core.errors import UnknownName
from eoexplore.core.findings import FACTS
from eoexplore.core.selection import Selection
from eoexplore.core.types import Classes
from eoexplore.evidence import kind as evidence
from eoexplore.evidence.kind import Finding
from eoexplore.render import palettes
from eoexplore.store import prediction_mosaics, prediction_sets
from eoexplore.store.catalog import Opened
from eoexplore.store.issues import STATUS, Wanted
from eoexplore.tiles import answers, export, issue_table, layers, predicted
from eoexplore.tiles.issue_conditions import Notices, stated, wanted_of
from eoexplore.tiles.issue_pictures import Pictures
from eoexplore.tiles.issue_queue import (
    NO_SET,
    STEPS,
    Places,
    Queue,
    count,
    known_set,
    part,
    queue_of,
    stamp_of,
)
from eoexplore.tiles.pixel import day
from eoexplore.tiles.queries import Asked, Download, Found, Json, Noted, Query
from eoexplore.tiles.said import one_set

SIZES = (20, 50, 100, 200)
"""How many findings a page may have."""
USUAL_SIZE = 50
_MOST_HERE = 40
"""Findings of one place that are told."""
_UNSAID = ("spot", "lon", "lat", "other", "decidable", "rule")
"""Facts that are shown in another way, or that nobody reads."""
_BAD = answers.error(400, "a condition cannot be used, so nothing was exported")
_NOTHING = answers.error(404, "nothing was found that fits these conditions")


def describe(
    opened: Opened,
    selection: Selection,
    palette: str = palettes.OFFICIAL,
    predictions: str = "",
    limits: str = "",
) -> Json:
    """Return what the script of the page has to know as JSON; it asks for the findings itself.

    Args:
        opened: dataset and index.
        selection: which samples are looked at.
        palette: colours of the classes; "official" is left out of addresses.
        predictions: name of the set; empty for none.
        limits: thresholds instead of the measured ones, as `evidence.thresholds` reads them.
    """
    query, pictures = layers.pictures_of(opened, selection, palette)
    usable = sorted((item for item in pictures if not item["disabled"]), key=_is_hidden)
    first = next(iter(usable), None)
    shown = [] if first is None else [f"{first['id']}:{first['style']}:100"]
    sets = {item.name: item for item in prediction_sets.available(opened.fingerprint)}
    if predictions in sets and sets[predictions].task == "segmentation":
        shown.append(f"{predicted.PREFIX}{predictions}:{prediction_mosaics.MASK}:60")
    return {
        "dataset": opened.slug,
        "synthetic": opened.dataset.synthetic,
        "query": query,
        "limits": limits,
        "palette": palette,
        "set": predictions or NO_SET,
        "map_layers": ",".join(shown),
        "usual_size": USUAL_SIZE,
        "stamp": stamp_of(opened, predictions),
    }


def _is_hidden(layer: dict[str, Any]) -> bool:
    return not layer["visible"]


@dataclass(frozen=True)
class _Look:
    """What a request is about."""

    asked: Asked
    queue: Queue
    predictions: str
    classes: Classes
    """In the colours of the palette."""
    wanted: Wanted
    notices: Notices


def _look(asked: Asked) -> _Look:
    name = known_set(asked.opened, asked.query.get("set", ""))
    shown, notices = asked.shown()
    palette, strange = palettes.known(asked.query.get("palette", ""))
    classes = palettes.coloured(asked.opened.dataset.classes, palette)
    wanted, odd = wanted_of(asked.query, classes)
    limits, wrong = stated(asked)
    queue = queue_of(asked.scene, shown, name, limits)
    return _Look(asked, queue, name, classes, wanted, (*notices, *strange, *odd, *wrong))


def page(asked: Asked) -> Noted:
    """Answer /issues/{dataset}/page.json?set=&select=&reason=&class=&least=&status=&page=&size=."""
    look = _look(asked)
    queue = look.queue
    size, odd = _size(asked.query.get("size", ""))
    own = part(queue, look.wanted)
    number, pages, stray = _page(asked.query.get("page", ""), len(own), size)
    rank = _rank(look, own, asked.query.get("find", ""))
    if rank is not None:
        number = rank // size + 1
    first = (number - 1) * size
    said = (*look.notices, *odd, *stray)
    data = {
        "total": len(own),
        "all": len(queue),
        "page": number,
        "pages": pages,
        "size": size,
        "rank": rank,
        "looked": list(queue.issues.kinds),
        **_counts(look),
        "classes": [{"name": one.name, "colour": one.colour} for one in look.classes.classes],
        "items": _items(look, own[first : first + size], first),
        "cannot": _cannot(queue),
        "notices": list(said),
    }
    return Noted(data, said)


def _size(text: str) -> tuple[int, Notices]:
    if text in ("", *map(str, SIZES)):
        return int(text or USUAL_SIZE), ()
    known = ", ".join(map(str, SIZES))
    return USUAL_SIZE, (f"A page has {known} findings; {USUAL_SIZE} are shown.",)


def _page(text: str, total: int, size: int) -> tuple[int, int, Notices]:
    """Return the number of a page, from 1, how many there are, and what is wrong with it."""
    pages = max(1, -(-total // size))
    if not text:
        return 1, pages, ()
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < 1:
        return 1, pages, (f"There is no page {text[:20]!r}; the first one is shown.",)
    if int(text) > pages:
        return pages, pages, (f"There are {pages:,} pages; the last one is shown.",)
    return int(text), pages, ()


def _counts(look: _Look) -> Json:
    """Return how many findings each choice would leave, and the histogram of scores."""
    queue = look.queue
    found = count(queue, look.wanted, len(look.classes.classes))
    kinds = {item.name: item for item in evidence.kinds()}
    bars = [found.above[at] for at in range(0, STEPS + 1, 5)]
    return {
        "reasons": [
            {"name": name, "title": kinds[name].title, "help": kinds[name].help, "count": number}
            for name, number in zip(queue.issues.kinds, found.kinds, strict=True)
        ],
        "of_class": found.classes,
        "status": [
            {"name": name, "title": STATUS[name], "count": number}
            for name, number in found.status.items()
        ],
        "above": found.above,
        # A score of 1 belongs to the last bar.
        "scores": [
            low - (0 if at == len(bars) - 2 else high)
            for at, (low, high) in enumerate(itertools.pairwise(bars))
        ],
    }


def _cannot(queue: Queue) -> list[Json]:
    return [
        {"name": item.name, "title": item.title, "sentence": queue.issues.cannot[item.name]}
        for item in evidence.kinds()
        if item.name in queue.issues.cannot
    ]


# ---- one finding ----


def _items(look: _Look, own: Places, first: int | None = None) -> list[Json]:
    """Return what is shown of some entries of the queue.

    Args:
        look: what is asked.
        own: places in the queue.
        first: how many come before them; none where they have no rank.
    """
    palette = look.asked.query.get("palette", "")
    pictures = Pictures(look.asked.scene, look.predictions, palette)
    return [
        {"rank": None if first is None else first + at + 1, **_item(look, entry, pictures)}
        for at, entry in enumerate(own.tolist())
    ]


def _item(look: _Look, entry: int, pictures: Pictures) -> Json:
    queue = look.queue
    row = int(queue.rows[entry])
    kind = evidence.kind(queue.issues.kinds[queue.kinds[entry]])
    facts = facts_of(queue, entry)
    label, suspect = _class(look, queue.labels[entry]), _class(look, queue.suspects[entry])
    score = round(float(queue.scores[entry]), 4)
    return {
        "key": _key(look, entry),
        **_sample(look, row),
        "reason": {"name": kind.name, "title": kind.title},
        "label": label,
        "suspect": suspect,
        "score": score,
        "sentence": kind.sentence(Finding(_name(label), _name(suspect), score, facts)),
        "facts": _facts(facts),
        "decidable": bool(facts["decidable"]) if "decidable" in facts else None,
        "other": _other(look, facts),
        "lon": facts.get("lon"),
        "lat": facts.get("lat"),
        **pictures.of(row, facts.get("lon"), facts.get("lat")),
        "model": one_set(look.asked.opened, look.predictions, row, look.classes),
    }


def _name(item: Json | None) -> str:
    return "" if item is None else str(item["name"])


def _class(look: _Look, number: np.int16) -> Json | None:
    if number < 0:
        return None
    item = look.classes.classes[int(number)]
    return {"name": item.name, "colour": item.colour}


def facts_of(queue: Queue, entry: int) -> dict[str, float]:
    """Return the numbers behind an entry of a queue, without those that do not apply."""
    place = int(queue.places[entry])
    known = {name: float(own[place]) for name, own in queue.issues.findings.facts.items()}
    return {name: number for name, number in known.items() if math.isfinite(number)}


def _facts(facts: dict[str, float]) -> list[Json]:
    return [
        {
            "name": name,
            "title": item.title,
            "value": round(facts[name], item.digits),
            "digits": item.digits,
            "unit": item.unit,
        }
        for name, item in FACTS.items()
        if name in facts and name not in _UNSAID
    ]


def _sample(look: _Look, row: int) -> dict[str, Any]:
    samples = look.asked.opened.samples
    frame = samples.frame
    labels, date = int(frame["label_mask"].iloc[row]), frame["date"].iloc[row]
    return {
        "id": str(frame["id"].iloc[row]),
        "place": f"{frame['tile'].iloc[row]} · {samples.x[row]}, {samples.y[row]}"
        if samples.located[row]
        else None,
        "centre": [round(float(samples.lon[row]), 6), round(float(samples.lat[row]), 6)]
        if samples.located[row]
        else None,
        "date": day(date),
        "day": f"{date:%Y-%m-%d}" if pd.notna(date) else None,
        "split": str(frame["split"].iloc[row] or "") or None,
        "country": str(frame["country"].iloc[row] or "") or None,
        "labels": [n for n in range(len(look.classes.classes)) if labels >> n & 1],
    }


def _other(look: _Look, facts: dict[str, float]) -> str | None:
    """Return the id of another sample that a finding is about."""
    row = int(facts.get("other", -1))
    samples = look.asked.opened.samples
    return str(samples.frame["id"].iloc[row]) if 0 <= row < len(samples) else None


# ---- the same finding again ----


def _key(look: _Look, entry: int) -> str:
    """Return what a link names a finding by: kind, classes, spot and sample."""
    queue = look.queue
    spot = queue.issues.findings.facts.get("spot")
    number = np.nan if spot is None else spot[queue.places[entry]]
    sample = look.asked.opened.samples.frame["id"].iloc[int(queue.rows[entry])]
    parts = (
        queue.issues.kinds[queue.kinds[entry]],
        int(queue.labels[entry]),
        int(queue.suspects[entry]),
        -1 if np.isnan(number) else int(number),
        sample,
    )
    return "~".join(map(str, parts))


_KEY = re.compile(r"([^~]*)~(-?[0-9]{1,5})~(-?[0-9]{1,5})~(-?[0-9]{1,9})~((?s:.+))")


def _rank(look: _Look, own: Places, key: str) -> int | None:
    """Return the place of the finding of a link among some entries, from 0; none if it has none."""
    match = _KEY.fullmatch(key)
    try:
        row = look.asked.opened.samples.row(match[5] if match else "")
    except UnknownName:
        return None
    # The sample may be another date of the place, by another selection.
    for at in np.flatnonzero(_here(look, own, row)).tolist():
        if match and _key(look, int(own[at])).split("~", 4)[:4] == list(match.groups()[:4]):
            return at
    return None


def _here(look: _Look, own: Places, row: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Tell which of some entries are about the place of a sample."""
    places = look.asked.opened.samples.places
    return np.asarray(places[look.queue.rows[own]] == places[row])


def here(asked: Asked) -> Noted:
    """Answer /issues/{dataset}/{id}/here.json?set=&select=: all that is found at a place."""
    row = asked.opened.samples.row(asked.parts["id"])
    look = _look(asked)
    own = np.flatnonzero(_here(look, np.arange(len(look.queue)), row))
    data = {"total": len(own), "items": _items(look, own[:_MOST_HERE])}
    return Noted(data, look.notices)


def table(asked: Asked) -> Found:
    """Answer /issues/{dataset}/findings.csv with the conditions of a page."""
    look = _look(asked)
    if look.notices:
        # A page goes on without what it cannot use; a table must not hold other rows than asked.
        return _BAD
    own = part(look.queue, look.wanted)
    if not len(own):
        return _NOTHING
    path = export.new_file("csv")
    issue_table.write(path, asked.opened, look.queue, own)
    name = f"{asked.opened.slug}-{len(own)}-findings.csv"
    return Download(path, "text/csv; charset=utf-8", name)


QUERIES = (
    Query("issues", re.compile(r"page\.json"), page),
    Query("issues", re.compile(r"findings\.csv"), table, "export"),
    Query("issues", re.compile(r"(?P<id>(?s:.+))/here\.json"), here),
)
