"""What footprints can be coloured by, and which colour each patch has then.

A style is `split`, `country`, `season`, `nlabels`, `near.train`, `has.CODE` and `share.CODE` with a
pixel code of a class of the dataset, one of any split (`ruled`), or one of a prediction set
(`scored`). Their colours are apart for colour-blind readers in both palettes.
"""

import functools
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from eoexplore.analysis.selection import PREDICTED
from eoexplore.core.memory import ByteCache
from eoexplore.core.nomenclature import key_of
from eoexplore.core.types import Classes, LabelClass
from eoexplore.render import colours
from eoexplore.store.catalog import Opened
from eoexplore.store.splits import split_of
from eoexplore.tiles import nearness, ruled, scored
from eoexplore.tiles.scene import Scene, Shown

Json = dict[str, Any]
Codes = npt.NDArray[np.uint8]

NEAR = "near.train"
NO_AREAS = "The index has not read the reference maps yet."
MOST_LABELS = 7
"""Patches of this number of labels or more share a colour."""
_SHARES = (0.0, 0.01, 0.1, 0.25, 0.5, 0.75, 1.0)
_MOST_NAMES = 254
_colourings: "ByteCache[Colouring]" = ByteCache(32_000_000)


@dataclass(frozen=True)
class Colouring:
    """One way to colour all patches of a table."""

    title: str
    """Title of its legend."""
    kind: str
    """"classes", or "steps" where the order of the colours means something."""
    entries: tuple[tuple[str, str, str], ...]
    """Key, label and colour (#rrggbb) of each colour."""
    codes: Codes
    """Number of the entry of each patch, shape (n,)."""

    @functools.cached_property
    def rgba(self) -> Codes:
        """Opaque colours of the entries, shape (entries, 4)."""
        table = [(*colours.rgb(colour), 255) for _, _, colour in self.entries]
        return np.array(table, np.uint8).reshape(-1, 4)


def footprint_styles(opened: Opened) -> list[Json]:
    """Return the styles of the footprints, as they stand in the description of the map."""
    areas = opened.samples.areas
    plain = {"help": "", "disabled": None}
    styles: list[Json] = [
        {"id": name, "title": title, "group": "Colour by", **plain}
        for name, title in (
            ("split", "by split"),
            ("country", "by country"),
            ("season", "by season"),
            ("nlabels", "by number of labels"),
        )
    ]
    near = {"title": "by distance to training", "group": "Colour by", "help": nearness.TITLE}
    reason = None if nearness.parted(opened) else nearness.NOT_PARTED
    styles.append({"id": NEAR, **near, "disabled": reason})
    for item in _labelled(opened.dataset.classes):
        one = {"title": item.name, "group": "Has the class", **plain}
        styles.append({"id": f"has.{key_of(item)}", **one})
    classes = opened.dataset.classes
    for item in (*_labelled(classes), classes.unlabelled):
        one = {"title": item.name, "group": "Share of the class", "help": "of the reference map"}
        reason = None if areas else NO_AREAS
        styles.append({"id": f"share.{key_of(item)}", **one, "disabled": reason})
    return styles + scored.styles(opened)


def _labelled(classes: Classes) -> tuple[LabelClass, ...]:
    return tuple(item for item in classes.classes if item.codes)


def footprint_style(opened: Opened, text: str) -> tuple[str, tuple[str, ...]]:
    """Return the style that an address names; the first one, and a sentence, if there is none.

    Args:
        opened: dataset and index.
        text: style of a tile or legend; options after `~` mean nothing here.
    """
    name = text.partition("~")[0]
    if name in ("", *_SIMPLE):
        return name or "split", ()
    if ruled.rule_of(name) is not None or name.startswith(PREDICTED):
        why = (scored if name.startswith(PREDICTED) else ruled).refused(opened, name)
        return ("split", (f"{why} Footprints are coloured by split.",)) if why else (name, ())
    known = {style["id"]: style["disabled"] for style in footprint_styles(opened)}
    name = _canonical(opened.dataset.classes, name)
    if name not in known:
        return "split", (f"Footprints have no style {text[:40]!r}. They are coloured by split.",)
    if known[name]:
        return "split", (f"{known[name]} Footprints are coloured by split.",)
    return name, ()


def _canonical(classes: Classes, name: str) -> str:
    """Return the name of a style with the key of the class, whichever of its codes is given."""
    kind, _, code = name.partition(".")
    number = int(code) if code.isascii() and code.isdigit() and len(code) < 6 else -1
    if number not in classes.codes:
        return name
    return f"{kind}.{key_of(classes.class_of(number))}"


def footprint_legend(scene: Scene, shown: Shown, style: str) -> Json:
    """Return title, note, kind and entries of a legend; entries say how many patches are shown.

    Args:
        scene: the dataset.
        shown: which patches.
        style: a style of `footprint_style`.
    """
    found = colouring(scene, style)
    counts = np.bincount(found.codes[shown.mask], minlength=len(found.entries)).tolist()
    there = np.bincount(found.codes, minlength=len(found.entries)).tolist()
    entries = [
        {"key": key, "label": label, "colour": colour, "help": _patches(count)}
        for (key, label, colour), count, some in zip(found.entries, counts, there, strict=True)
        if some
    ]
    return {"title": found.title, "note": None, "kind": found.kind, "entries": entries}


def _patches(count: int) -> str:
    return f"{count:,} patch{'' if count == 1 else 'es'} in the selection"


def colouring(scene: Scene, style: str) -> Colouring:
    """Return how a style colours the patches; kept for the tiles that follow."""
    stamp = scored.stamp(scene.opened, style) if style.startswith(PREDICTED) else None
    key = (scene.ground.number, style, scene.opened.dataset.classes.names, stamp)
    found = _colourings.get(key)
    if found is None:
        found = _make(scene, style)
        _colourings.put(key, found, found.codes.nbytes)
    return found


def _make(scene: Scene, style: str) -> Colouring:
    if style in _SIMPLE:
        return _SIMPLE[style](scene.samples.frame)
    if style == NEAR:
        codes = nearness.codes(scene.opened)
        return Colouring(nearness.TITLE, "steps", nearness.entries(), codes)
    if by := ruled.rule_of(style):
        return _ruled(scene.opened, *by)
    if style.startswith(PREDICTED):
        title, entries, codes = scored.parts(scene.opened, style)
        return Colouring(title, "steps", entries, codes)
    kind, _, code = style.partition(".")
    item = scene.opened.dataset.classes.class_of(int(code))
    if kind == "has":
        return _has(scene, item)
    return _share(scene, item)


def _ruled(opened: Opened, kind: str, rule: str) -> Colouring:
    if kind == ruled.NEAR:
        return Colouring(nearness.TITLE, "steps", nearness.entries(), nearness.codes(opened, rule))
    return Colouring(split_of(opened, rule).title, "classes", *ruled.parts(opened, rule))


def _splits(frame: pd.DataFrame) -> Colouring:
    table = {name: colour for name, colour in colours.SPLITS.items() if name}
    return _named(frame["split"], "Split", table)


def _countries(frame: pd.DataFrame) -> Colouring:
    names = sorted(str(name) for name in frame["country"].astype("category").cat.categories if name)
    return _named(
        frame["country"], "Country", dict(zip(names, colours.listed(len(names)), strict=True))
    )


def _seasons(frame: pd.DataFrame) -> Colouring:
    return _named(frame["season"], "Season", dict(colours.SEASONS))


def _named(column: "pd.Series[Any]", title: str, table: dict[str, str]) -> Colouring:
    """Colour by the words of a column; words that are not in the table are unknown."""
    words = column.astype("category").cat
    names = list(table)[:_MOST_NAMES]
    entries = [(name, name[:1].upper() + name[1:], table[name]) for name in names]
    entries.append(("", f"Unknown {title.lower()}", colours.UNKNOWN))
    place = {name: number for number, name in enumerate(names)}
    places = [place.get(str(word), len(names)) for word in words.categories]
    # Missing values have the code -1, the last place.
    return Colouring(title, "classes", tuple(entries), _codes([*places, len(names)], words.codes))


def _codes(places: list[int], numbers: "pd.Series[Any]") -> Codes:
    table: Codes = np.array(places, np.uint8)
    return table.take(numbers.to_numpy(), mode="wrap")


def _label_numbers(frame: pd.DataFrame) -> Colouring:
    count = np.bitwise_count(frame["label_mask"].to_numpy(np.uint64))
    shades = colours.steps(MOST_LABELS)
    entries = [("0", "None", colours.UNKNOWN)]
    entries += [(str(n), str(n), shade) for n, shade in enumerate(shades, start=1)]
    entries[-1] = (entries[-1][0], f"{MOST_LABELS} or more", shades[-1])
    codes = np.minimum(count, MOST_LABELS).astype(np.uint8)
    return Colouring("Labels per patch", "steps", tuple(entries), codes)


def _has(scene: Scene, item: LabelClass) -> Colouring:
    classes = scene.opened.dataset.classes
    masks = scene.samples.frame["label_mask"].to_numpy(np.uint64)
    bit = np.uint64(classes.names.index(item.name))
    codes = (masks >> bit & np.uint64(1)).astype(np.uint8)
    entries = (("0", "Other patches", colours.UNKNOWN), ("1", item.name, colours.PRESENT))
    return Colouring("Has the class", "classes", entries, codes)


def _share(scene: Scene, item: LabelClass) -> Colouring:
    pixels = class_pixels(scene)
    classes = scene.opened.dataset.classes
    own = pixels[(*classes.classes, classes.unlabelled).index(item)].astype(float)
    total = pixels.sum(axis=0, dtype=np.int64)
    share = own / np.maximum(total, 1)
    codes = np.searchsorted(_SHARES, share).astype(np.uint8)
    codes[total == 0] = len(_SHARES)
    shades = (colours.UNKNOWN, *colours.steps(len(_SHARES) - 1))
    entries = [("0", "None", shades[0])]
    for low, high, shade in zip(_SHARES, _SHARES[1:], shades[1:], strict=False):
        label = f"{low:.0%} to {high:.0%}" if low else f"up to {high:.0%}"
        entries.append((f"{high:g}", label.replace("%", "\N{NO-BREAK SPACE}%"), shade))
    entries.append(("", "No reference map", "#5f6b7a"))
    return Colouring(f"Share of {item.name}", "steps", tuple(entries), codes)


_SIMPLE: dict[str, Callable[[pd.DataFrame], Colouring]] = {
    "split": _splits,
    "country": _countries,
    "season": _seasons,
    "nlabels": _label_numbers,
}


@dataclass(frozen=True)
class ClassPixels:
    """How large each class is in each patch of a table."""

    pixels: npt.NDArray[np.uint16]
    """Label pixels, unlabelled last, shape (classes + 1, n)."""


_pixels: ByteCache[ClassPixels] = ByteCache(64_000_000)


def class_pixels(scene: Scene) -> npt.NDArray[np.uint16]:
    """Return the label pixels of each class, unlabelled last, shape (classes + 1, n).

    Patches whose reference map was not read have none.
    """
    number = scene.ground.number
    found = _pixels.get(number)
    return _kept(number, _sums(scene)) if found is None else found.pixels


def class_pixels_on_curve(scene: Scene) -> npt.NDArray[np.uint16]:
    """Return the same with patches in the order of `density.Points.curve`: neighbours together."""
    key = (scene.ground.number, "curve")
    found = _pixels.get(key)
    if found is not None:
        return found.pixels
    return _kept(key, class_pixels(scene).take(scene.ground.points.curve[1], axis=1))


def _kept(key: Hashable, pixels: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint16]:
    pixels.setflags(write=False)
    _pixels.put(key, ClassPixels(pixels), pixels.nbytes)
    return pixels


def _sums(scene: Scene) -> npt.NDArray[np.uint16]:
    frame, classes = scene.samples.frame, scene.opened.dataset.classes
    found = np.zeros((len(classes.classes) + 1, len(frame)), np.uint16)
    for place, item in enumerate((*classes.classes, classes.unlabelled)):
        for code in item.codes:
            if f"area_{code}" in frame.columns:
                found[place] += frame[f"area_{code}"].fillna(0).to_numpy(np.uint16)
    return found
