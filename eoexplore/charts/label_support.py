"""How much of each patch stands behind its labels, and what a threshold on it would drop."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from eoexplore.analysis import label_support
from eoexplore.analysis.label_support import Labels
from eoexplore.charts import _compare, _figures, _labels, _stacks
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option, Part
from eoexplore.core.selection import Comparison
from eoexplore.render import colours

Counts = npt.NDArray[np.int64]
_LIMITS = (0.01, 0.05, 0.1, 0.25)
_STEPS = ("no pixel at all", "under 1 %", "1 to 5 %", "5 to 10 %", "10 to 25 %", "25 % or more")
_ANY = float(np.nextafter(0, 1))
"""The least share that is one."""
_FILLS = ("x", "/", "\\", ".", "", "")
_CAUTION = "Labels of one patch, and patches near each other, are not independent: p is too small."


@dataclass(frozen=True)
class _Found:
    """The labels of one part."""

    part: Part
    labels: Labels
    counts: Counts
    """Labels of each class at each step, shape (classes, steps)."""
    mapped: int
    """Patches with a label map."""

    @property
    def each(self) -> Counts:
        """Labels of each class, shape (classes,)."""
        return np.asarray(self.counts.sum(1), np.int64)

    def under(self, limit: float) -> Counts:
        """Labels of each class on less than one of the limits, shape (classes,)."""
        return np.asarray(self.counts[:, : _LIMITS.index(limit) + 2].sum(1), np.int64)


def make(asked: Asked) -> Chart:
    """Look up the pixels behind each label."""
    found = [_find(asked, part) for part in asked.parts]
    if not any(item.each.any() for item in found):
        raise CannotTell(
            "None of the selected patches has a label whose class its label map could show. "
            "Select other patches."
        )
    limit = float(asked.options["under"]) / 100
    under = found[0].under(limit)
    share = under / np.maximum(found[0].each, 1)
    there = np.sum([item.each for item in found], axis=0) > 0
    order = np.lexsort((-found[0].each, -share, ~there))
    shown = order[: int(there.sum())]
    if asked.options["show"] == "steps" and len(found) == 1:
        figure = _steps(asked, found[0], shown)
    else:
        figure = _dropped(asked, found, shown, limit)
    labels = int(found[0].each.sum())
    return Chart(
        title=f"{_share(int(under.sum()), labels)} on under {limit:.0%} of their patch",
        sentence=_sentence(found[0], limit),
        table=_table(asked, found, order, limit),
        figure=figure,
        notes=_notes(asked, found),
        facts=_facts(asked, found[0], limit),
    )


def _share(some: int, labels: int) -> str:
    return f"{some / labels:.1%} of the labels rest" if some else "None of the labels rests"


def _find(asked: Asked, part: Part) -> _Found:
    table = asked.opened.samples.table(asked.opened.dataset.classes)
    if not table.areas or not table.mapped[0].any():
        raise CannotTell(_labels.no_maps(asked))
    total = table.mapped[0][part.rows]
    labels = label_support.of_patches(
        asked.masks[part.rows],
        {number: own[part.rows] for number, own in table.areas.items()},
        total,
        len(asked.classes),
    )
    counts = labels.counts((_ANY, *_LIMITS)).astype(np.int64)
    return _Found(part, labels, counts, int(np.count_nonzero(total)))


def _steps(asked: Asked, found: _Found, shown: npt.NDArray[np.intp]) -> go.Figure:
    """Return one bar per class, made up of its labels from little to much."""
    names = [asked.classes[number].name for number in shown]
    conditions = [("=", 0.0), *(("<", limit) for limit in _LIMITS), (">=", _LIMITS[-1])]
    shares = found.counts / np.maximum(found.each, 1)[:, None]
    pieces = [
        _stacks.Piece(
            step,
            colour,
            fill,
            shares[shown, place],
            [f"{found.counts[n, place]:,} labels ({shares[n, place]:.1%})" for n in shown],
            [found.part.only(name, share=Comparison(name, *condition)) for name in names],
        )
        for place, (step, colour, fill, condition) in enumerate(
            zip(_STEPS, colours.steps(len(_STEPS)), _FILLS, conditions, strict=True)
        )
        if found.counts[:, place].any()
    ]
    quantity = "Share of the labels of the class, by the part of the patch that it covers"
    return _stacks.stacked(names, pieces, quantity=quantity, digits=_figures.PERCENT_TICKS)


def _dropped(
    asked: Asked, found: list[_Found], shown: npt.NDArray[np.intp], limit: float
) -> go.Figure:
    """Return the share of labels under a threshold, of one part or two."""
    names = [asked.classes[number].name for number in shown]
    return _figures.bars(
        names,
        {item.part.name: (item.under(limit) / np.maximum(item.each, 1))[shown] for item in found},
        quantity=f"Share of the labels of the class that rest on under {limit:.0%} of the patch",
        colours=[asked.classes[number].colour for number in shown],
        digits=".1%",
        selections=[asked.part.only(name, share=Comparison(name, "<", limit)) for name in names],
    )


def _sentence(found: _Found, limit: float) -> str:
    labels, under = int(found.each.sum()), int(found.under(limit).sum())
    if not labels:
        return f"None of the {len(found.part):,} patches has a label that its label map could show."
    nothing, unsaid = int(found.counts[:, 0].sum()), int(found.labels.unsaid.sum())
    bare = found.labels.bare(limit)
    said = (
        f"Of {labels:,} labels of {_labels.patches(found.mapped)} with a label map, {under:,} "
        f"({under / labels:.1%}) rest on under {limit:.0%} of their patch, "
        f"{nothing:,} of them on no pixel at all. Without "
        f"them, {_labels.patches(bare)} would have no label left. "
    )
    return said + (
        f"{unsaid:,} times a class has pixels in a patch and is none of its labels."
        if unsaid
        else "Every class that has pixels in a patch is one of its labels."
    )


def _table(
    asked: Asked, found: list[_Found], order: npt.NDArray[np.intp], limit: float
) -> pd.DataFrame:
    columns: dict[str, object] = {"Class": [asked.classes[number].name for number in order]}
    rates = []
    for item in found:
        before = f"{item.part.name}: " if len(found) > 1 else ""
        columns[f"{before}labels"] = item.each[order]
        columns[f"{before}median share of the patch"] = item.labels.medians()[order]
        columns[f"{before}on no pixel"] = item.counts[order, 0]
        for own in _LIMITS:
            columns[f"{before}under {own:.0%}"] = item.under(own)[order]
        rates.append(item.under(limit) / np.maximum(item.each, 1))
        columns[f"{before}share under {limit:.0%}"] = rates[-1][order]
        columns[f"{before}patches with pixels and without the label"] = item.labels.unsaid[order]
    if len(rates) > 1:
        columns[f"Difference of shares under {limit:.0%}"] = (rates[0] - rates[1])[order]
    return pd.DataFrame(columns)


def _notes(asked: Asked, found: list[_Found]) -> tuple[str, ...]:
    notes = [
        "The share is that of the class in all pixels of the patch's label map, the unlabelled "
        "ones among them.",
        *_labels.without_map(asked),
    ]
    absent = [
        item.name
        for number, item in enumerate(asked.classes)
        if number not in asked.opened.samples.table(asked.opened.dataset.classes).areas
    ]
    if absent:
        notes.append(f"Not on the label maps, and left out: {', '.join(absent)}.")
    if len(found) > 1:
        if asked.options["show"] == "steps":
            notes.append("While two selections are compared, the threshold alone is shown.")
        return (*notes, *_compared(asked, found))
    if asked.options["show"] == "steps":
        notes.append(
            "A click on a step selects its patches and those on less: all labels under its end."
        )
    return tuple(notes)


def _compared(asked: Asked, found: list[_Found]) -> list[str]:
    one, other = (item.counts.sum(0) for item in found[:2])
    if not one.any() or not other.any():
        return [_compare.NOTHING]
    tiles = [_by_tile(asked, item) for item in found[:2]]
    there = tiles[0].any(1) | tiles[1].any(1)
    blocks = [own[there] for own in tiles] if there.sum() > 1 else []
    return [
        *_compare.shared(asked),
        _compare.chi_square(one, other, "labels at the steps of the figure", _CAUTION),
        _compare.jensen_shannon(one, other, blocks),
    ]


def _by_tile(asked: Asked, found: _Found) -> npt.NDArray[np.float64]:
    tiles, names = asked.opened.samples.tiles
    own = tiles[found.part.rows[found.labels.patches]]
    step = np.searchsorted((_ANY, *_LIMITS), found.labels.shares, side="right")
    cells = own[own >= 0].astype(np.int64) * len(_STEPS) + step[own >= 0]
    counts = np.bincount(cells, minlength=len(names) * len(_STEPS))
    return counts.reshape(-1, len(_STEPS)).astype(np.float64)


def _facts(asked: Asked, found: _Found, limit: float) -> dict[str, object]:
    names = [item.name for item in asked.classes]
    under = found.under(limit).tolist()
    return {
        "labels": int(found.each.sum()),
        "on_no_pixel": int(found.counts[:, 0].sum()),
        **{f"under_{own * 100:.0f}_percent": int(found.under(own).sum()) for own in _LIMITS},
        "pixels_without_label": int(found.labels.unsaid.sum()),
        "threshold_percent": limit * 100,
        "dropped": int(sum(under)),
        "dropped_by_class": dict(zip(names, under, strict=True)),
        "patches_left_without_label": found.labels.bare(limit),
    }


CHART = Kind(
    name="label_support",
    page="statistics",
    section="Labels against maps",
    order=400,
    title="How much of the patch is behind a label?",
    make=make,
    options=(
        Option(
            "under",
            "Labels on under",
            {"1": "1 %", "5": "5 %", "10": "10 %", "25": "25 %"},
            ordered=True,
        ),
        Option("show", "Show", {"steps": "All steps", "dropped": "What a threshold drops"}),
    ),
)
