"""Which spots of the label maps are smaller or thinner than their map can show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from eoexplore.analysis.components import DECIDABLE, TOO_SMALL, TOO_THIN, UNKNOWN
from eoexplore.charts import _compare, _examples, _figures, _labels, _stacks
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option, Part
from eoexplore.core.types import Classes
from eoexplore.store import components
from eoexplore.store.components import Components

Counts = npt.NDArray[np.int64]
_LOOKS = {
    DECIDABLE: ("decidable", "#0072b2", ""),
    TOO_SMALL: ("too small", "#e69f00", "/"),
    TOO_THIN: ("too thin", "#cc79a7", "x"),
    UNKNOWN: ("unknown, cut by a border", "#c9ced6", "."),
}
"""Name, colour and fill of each verdict; the colours are of Okabe and Ito 2008."""
_CAUTION = "Spots near each other are not independent: p is too small."


@dataclass(frozen=True)
class _Found:
    """The spots of one part."""

    part: Part
    spots: Counts
    """Spots of each class with each verdict, shape (classes, verdicts)."""
    pixels: Counts
    """Pixels of them that lie in the patches of the part, shape (classes, verdicts)."""
    patches: int
    """Patches with a label map."""
    selections: Mapping[tuple[int, int], str]
    """What a click selects, by class and verdict."""

    def counts(self, of: str) -> Counts:
        """Return spots or pixels."""
        return self.spots if of == "number" else self.pixels


def make(asked: Asked) -> Chart:
    """Count the spots of each class by what the map can tell of them."""
    table = _table_of(asked)
    verdicts = asked.opened.samples.keep(
        f"verdicts {asked.opened.state.finished}", lambda: table.verdicts(asked.opened.dataset)
    )
    places = _places(asked.opened.dataset.classes)
    found = [_find(asked, part, table, verdicts, places) for part in asked.parts]
    if not any(item.spots.any() for item in found):
        raise CannotTell(
            "None of the selected patches has a label map with a class on it. Select others."
        )
    of = asked.options["of"]
    whole = found[0].counts(of)
    order = np.lexsort((-whole.sum(1), -_lost(whole)))
    there = np.sum([item.spots.sum(1) for item in found], axis=0) > 0
    shown = order[there[order]]
    return Chart(
        title=_title(found[0]),
        sentence=_sentence(asked, found[0]),
        table=_table(asked, found, order),
        figure=_single(asked, found[0], shown) if len(found) == 1 else _both(asked, found, shown),
        notes=_notes(asked, found),
        facts=_facts(asked, found[0]),
    )


def _table_of(asked: Asked) -> Components:
    dataset = asked.opened.dataset
    if components.label_map_of(dataset) is None:
        raise CannotTell(
            "No smallest area or width is stated for the label maps of this dataset, so nothing "
            "can be said to be too small for them."
        )
    found = components.read(asked.opened.folder, asked.opened.fingerprint)
    if found is not None:
        return found
    if not asked.opened.samples.areas:
        raise CannotTell(_labels.no_maps(asked))
    raise CannotTell(
        "The index does not have the connected spots of the label maps yet. They are added in the "
        "background; Home shows how far it is."
    )


def _places(classes: Classes) -> npt.NDArray[np.int16]:
    """Return the number of the class of each code, -1 for unlabelled ones; shape (65536,)."""
    found = np.full(1 << 16, -1, np.int16)
    for number, item in enumerate(classes.classes):
        found[[code for code in item.codes if 0 <= code < len(found)]] = number
    return found


def _find(
    asked: Asked,
    part: Part,
    table: Components,
    verdicts: npt.NDArray[np.uint8],
    places: npt.NDArray[np.int16],
) -> _Found:
    number = places[table.codes]
    own = part.mask[table.rows] & (number >= 0)
    cells = number[own].astype(np.int64) * len(_LOOKS) + verdicts[table.wholes[own]]
    shape = len(asked.classes), len(_LOOKS)
    size = shape[0] * shape[1]
    pixels = np.bincount(cells, table.pixels[own], size).astype(np.int64).reshape(shape)
    # A spot in several patches counts once: all its pieces have one class and one verdict.
    cell_of = np.full(len(table.cut), -1, np.int64)
    cell_of[table.wholes[own]] = cells
    spots = np.bincount(cell_of[cell_of >= 0], minlength=size).astype(np.int64).reshape(shape)
    patches = np.zeros(len(part.mask), bool)
    patches[table.rows] = True
    mapped = int(np.count_nonzero(patches & part.mask))
    return _Found(part, spots, pixels, mapped, _by_cell(asked, part, table.rows[own], cells))


def _by_cell(
    asked: Asked, part: Part, rows: npt.NDArray[np.int32], cells: Counts
) -> dict[tuple[int, int], str]:
    """Return what a click on each class and verdict selects.

    Args:
        asked: the dataset.
        part: the selection.
        rows: patch of each piece of a spot, shape (m,).
        cells: class times the number of verdicts, and verdict, of each; shape (m,).
    """
    size = len(asked.classes) * len(_LOOKS)
    # Numbers of 16 bits are put in order by counting.
    order = np.argsort(cells.astype(np.int16), kind="stable")
    ends = np.cumsum(np.bincount(cells, minlength=size)).tolist()
    found = {}
    for cell, (first, end) in enumerate(pairwise([0, *ends])):
        number, verdict = divmod(cell, len(_LOOKS))
        # No condition says what is too small: patches by name stand for it.
        found[number, verdict] = (
            part.only(asked.classes[number].name)
            if verdict == DECIDABLE
            else _examples.selection(asked, part, rows[order[first:end]])
        )
    return found


def _title(found: _Found) -> str:
    spots = found.spots.sum(0)
    lost = int(spots[TOO_SMALL] + spots[TOO_THIN])
    if not spots.sum():
        return "No patch of the selection has a label map with a class on it"
    if not lost:
        return "No spot is too small or too thin for its map"
    return f"{lost / spots.sum():.1%} of the spots are too small or too thin for their map"


def _sentence(asked: Asked, found: _Found) -> str:
    spots, pixels = found.spots.sum(0), found.pixels.sum(0)
    if not spots.sum():
        return f"None of the {len(found.part):,} patches has a label map with a class on it."
    classes = asked.opened.dataset.classes
    shares = pixels / pixels.sum()
    lost = shares[TOO_SMALL] + shares[TOO_THIN]
    return (
        f"Of {spots.sum():,} connected spots in {_labels.patches(found.patches)}, "
        f"{spots[TOO_SMALL]:,} are below {_hectares(classes)} ha and {spots[TOO_THIN]:,} thinner "
        f"than {classes.least_width_m:.0f} m ({lost:.2%} of the area): "
        "whether they are there cannot be decided at the map's own resolution. "
        f"{spots[UNKNOWN]:,} ({shares[UNKNOWN]:.1%} of the area) are cut by a border, and "
        f"{spots[DECIDABLE]:,} ({shares[DECIDABLE]:.1%} of the area) are decidable."
    )


def _hectares(classes: Classes) -> str:
    assert classes.mapping_unit_m2 is not None
    return f"{classes.mapping_unit_m2 / 10_000:g}"


def _single(asked: Asked, found: _Found, shown: npt.NDArray[np.intp]) -> go.Figure:
    names = [asked.classes[number].name for number in shown]
    of, shares = asked.options["of"], asked.options["as"] == "share"
    counts = found.counts(of)
    values = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    if not shares:
        values = counts if of == "number" else counts / _pixels_per_km2(asked)
    noun = "spots" if of == "number" else "pixels"
    pieces = [
        _stacks.Piece(
            name,
            colour,
            fill,
            values[shown, verdict],
            [_said(counts[number], verdict, noun) for number in shown],
            [found.selections[number, verdict] for number in shown],
        )
        for verdict, (name, colour, fill) in _LOOKS.items()
    ]
    quantity = ("Share of the " if shares else "") + (
        "spots of the class" if of == "number" else "area of the class, sampled"
    )
    unit = "" if shares or of == "number" else " (km²)"
    quantity = quantity[0].upper() + quantity[1:] + unit
    return _stacks.stacked(
        names, pieces, quantity=quantity, digits=_figures.PERCENT_TICKS if shares else ","
    )


def _said(counts: Counts, verdict: int, noun: str) -> str:
    return f"{counts[verdict]:,} {noun} ({counts[verdict] / max(1, counts.sum()):.1%})"


def _pixels_per_km2(asked: Asked) -> float:
    return 1e6 / components.pixel_m(asked.opened.dataset) ** 2


def _both(asked: Asked, found: Sequence[_Found], shown: npt.NDArray[np.intp]) -> go.Figure:
    names = [asked.classes[number].name for number in shown]
    of = asked.options["of"]
    return _figures.bars(
        names,
        {item.part.name: _lost(item.counts(of))[shown] for item in found},
        quantity="Share of the "
        + ("spots" if of == "number" else "area")
        + " of the class that is too small or too thin",
        digits=".1%",
        selections=[asked.part.only(name) for name in names],
    )


def _lost(counts: Counts) -> npt.NDArray[np.float64]:
    """Return the share of each class that is too small or too thin, shape (classes,)."""
    lost = counts[:, TOO_SMALL] + counts[:, TOO_THIN]
    return np.asarray(lost / np.maximum(counts.sum(1), 1), np.float64)


def _table(asked: Asked, found: list[_Found], order: npt.NDArray[np.intp]) -> pd.DataFrame:
    columns: dict[str, object] = {"Class": [asked.classes[number].name for number in order]}
    unit = _pixels_per_km2(asked)
    for item in found:
        before = f"{item.part.name}: " if len(found) > 1 else ""
        columns[f"{before}spots"] = item.spots.sum(1)[order]
        for verdict, (name, _, _) in _LOOKS.items():
            columns[f"{before}{name}"] = item.spots[order, verdict]
        areas = item.pixels / unit
        columns[f"{before}area (km², sampled)"] = areas.sum(1)[order]
        for verdict, (name, _, _) in _LOOKS.items():
            columns[f"{before}area {name} (km²)"] = areas[order, verdict]
    if len(found) > 1:
        one, other = (_lost(item.counts(asked.options["of"])) for item in found[:2])
        columns["Difference of shares too small or too thin"] = (one - other)[order]
    return pd.DataFrame(columns)


def _notes(asked: Asked, found: list[_Found]) -> tuple[str, ...]:
    classes = asked.opened.dataset.classes
    notes = [
        "A spot is made of pixels of one code that share sides: CORINE's level 3, which is finer "
        "than the classes here. A pixel that touches others at corners only is one of its own. "
        "Unlabelled pixels are left out.",
        f"Decidable: at least {_hectares(classes)} ha and {classes.least_width_m:.0f} m wide, the "
        "mapping unit and least width of CORINE Land Cover (Bossard, Feranec and Otahel 2000, EEA "
        "Technical report 40). The width is the diameter of the largest disc that fits.",
        "Spots that the border of a patch cuts are joined with those of the neighbouring patches "
        "of the same date and tile; they count once, and their area as far as it lies in the "
        "selection. Where no neighbour shows the rest, a spot that is not yet large and wide "
        "enough is unknown; so is one in several patches of which no disc is wide enough.",
        *_labels.without_map(asked),
    ]
    if len(found) == 1:
        notes.append(f"{_examples.CLICK}; on decidable spots, to all patches with the label.")
    else:
        one, other = (item.spots.sum(0) for item in found[:2])
        if one.any() and other.any():
            notes += _compare.shared(asked)
            notes.append(_compare.chi_square(one, other, "numbers of spots", _CAUTION))
        else:
            notes.append(_compare.NOTHING)
    return tuple(notes)


def _facts(asked: Asked, found: _Found) -> dict[str, object]:
    unit = _pixels_per_km2(asked)
    names = {DECIDABLE: "decidable", TOO_SMALL: "too_small", TOO_THIN: "too_thin"}
    names[UNKNOWN] = "unknown"
    return {
        "spots": int(found.spots.sum()),
        "patches_with_map": found.patches,
        **{name: int(found.spots[:, verdict].sum()) for verdict, name in names.items()},
        **{
            f"{name}_km2": float(found.pixels[:, verdict].sum() / unit)
            for verdict, name in names.items()
        },
    }


CHART = Kind(
    name="components",
    page="statistics",
    section="Labels against maps",
    order=440,
    title="Which spots are too small or too thin for their map?",
    make=make,
    options=(
        Option("of", "Count", {"number": "Spots", "area": "Area"}),
        Option("as", "As", {"share": "Shares", "number": "Numbers"}),
    ),
)
