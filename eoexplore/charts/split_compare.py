"""Splits side by side: sizes, class balance, and how near their test patches are to training."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from eoexplore.analysis import divergence, rare, shared
from eoexplore.charts import _figures, _leakage, _parts
from eoexplore.charts.chart import SPLITS, Asked, CannotTell, Chart, Kind, Mask, Split
from eoexplore.core.memory import ByteCache
from eoexplore.core.split import agreement
from eoexplore.store import distances

_TRAIN, _VALIDATION, _TEST = range(len(SPLITS))
_KEPT_BYTES = 500_000
_ROW_BYTES = 3_000
_NEAR_M = _leakage.STEPS_KM[0] * 1_000
_MARKS = (("#d55e00", 7), ("#f0c27b", 13), ("#8fb8dc", 19), ("#dce9f5", 26))
"""Colour and size of each distance: the nearest lies on top, so that equal ones are rings."""
_LONGEST = 60
"""Letters of a title beside the figure."""


@dataclass(frozen=True)
class Row:
    """What is told of one split; None where it cannot be told."""

    sizes: tuple[int, ...]
    """Patches for training, validation and test, and in no part."""
    same: float | None
    """Share of the patches in a part of both that are in the same part of the audited split."""
    test_apart: float | None
    """Jensen-Shannon divergence of the labels of training and test, in nats."""
    validation_apart: float | None
    """The same of training and validation."""
    minimum_m: float | None
    """Least distance from a test patch to a training patch."""
    median_m: float | None
    """Median distance from a test patch to the nearest training patch."""
    within: tuple[float | None, ...]
    """Share of the test patches within each of STEPS_KM of a training patch."""
    validation_near: float | None
    """Share of the validation patches within 1.3 km of a training patch."""
    test_near: float | None
    """Share of the test patches within 1.3 km of a validation patch."""
    same_place: float | None
    """Share of the test patches whose place is in training on another date."""
    rare: int | None
    """Classes that are too rare in test for a score worth comparing."""


def make(asked: Asked) -> Chart:
    """Work out the measures of each split, on the samples of the selection."""
    if not len(asked.part):
        raise CannotTell("No patch is selected, so there is no split of it. Drop a condition.")
    rows = {name: _row(asked, split) for name, split in _titles(asked.splits).items()}
    located = bool(asked.opened.samples.located[asked.part.mask].any())
    return Chart(
        title=_title(rows),
        sentence=_sentence(rows),
        table=_table(rows),
        figure=_figure(rows) if located else None,
        notes=_notes(asked, located),
        tabular=True,
        facts={
            "splits": [
                {"split": split.rule, "title": name, "made": split.made, **_facts(row)}
                for split, (name, row) in zip(asked.splits, rows.items(), strict=True)
            ]
        },
    )


def _titles(found: Sequence[Split]) -> dict[str, Split]:
    """Return the splits by their titles, numbered where two have the same."""
    named: dict[str, Split] = {}
    for split in found:
        name, number = split.title, 2
        while name in named:
            name, number = f"{split.title} ({number})", number + 1
        named[name] = split
    return named


def _row(asked: Asked, split: Split) -> Row:
    """Return the measures of a split; kept, since others are added to it one by one."""
    cache: ByteCache[Row] = asked.opened.samples.keep(
        "compared splits", lambda: ByteCache(_KEPT_BYTES)
    )
    mask = np.packbits(asked.part.mask).tobytes()
    parts = (item.parts.tobytes() for item in (split, asked.split))
    key = hashlib.sha256(b"".join([mask, *parts])).hexdigest()
    found = cache.get(key)
    if found is None:
        found = _measured(asked, split)
        cache.put(key, found, _ROW_BYTES)
    return found


def _measured(asked: Asked, split: Split) -> Row:
    counts = _parts.classes(asked, split)
    same, both = agreement(split, asked.split, asked.part.mask)
    far = _distances(asked, split, "test", "train")
    steps = tuple(far.share_within(km * 1_000) if far else None for km in _leakage.STEPS_KM)
    tested = counts[_TEST].any()
    return Row(
        sizes=tuple(_parts.sizes(asked, split).tolist()),
        same=same / both if both else None,
        test_apart=_apart(counts, _TEST),
        validation_apart=_apart(counts, _VALIDATION),
        minimum_m=float(far.distance_m.min()) if far else None,
        median_m=float(np.median(far.distance_m)) if far else None,
        within=steps,
        validation_near=_near(asked, split, "validation", "train"),
        test_near=_near(asked, split, "test", "validation"),
        same_place=_same_place(asked, split) if far else None,
        rare=int(rare.too_rare(counts[_TEST]).sum()) if tested else None,
    )


def _apart(counts: _parts.Counts, part: int) -> float | None:
    if not (counts[_TRAIN].any() and counts[part].any()):
        return None
    return float(divergence.jensen_shannon(counts[_TRAIN], counts[part]))


def _distances(asked: Asked, split: Split, of: str, to: str) -> distances.Between | None:
    try:
        return _leakage.nearest_of(asked, split, of, to)
    except CannotTell:
        return None


def _near(asked: Asked, split: Split, of: str, to: str) -> float | None:
    found = _distances(asked, split, of, to)
    return found.share_within(_NEAR_M) if found else None


def _same_place(asked: Asked, split: Split) -> float:
    places = distances.places(asked.opened.samples).of
    test, train = (_own(asked, split, name) for name in ("test", "train"))
    return shared.same(places, test, train).of / max(1, int(test.sum()))


def _own(asked: Asked, split: Split, name: str) -> Mask:
    return np.asarray(split.of(name) & asked.part.mask)


# -- what is said of them -------------------------------------------------------------------------


def _table(rows: Mapping[str, Row]) -> pd.DataFrame:
    own = list(rows.values())
    totals = [max(1, sum(row.sizes[: len(SPLITS)])) for row in own]
    counts = {
        name: [row.sizes[number] for row in own]
        for number, name in enumerate((*SPLITS, "in no part"))
    }
    measures: dict[str, list[float | None]] = {
        "least distance, m": [_whole(row.minimum_m) for row in own],
        "median distance, m": [_whole(row.median_m) for row in own],
        **{
            f"share within {km:g} km": [row.within[number] for row in own]
            for number, km in enumerate(_leakage.STEPS_KM)
        },
        "share at a place of train": [row.same_place for row in own],
        "share of validation within 1.3 km of train": [row.validation_near for row in own],
        "share of test within 1.3 km of validation": [row.test_near for row in own],
        "divergence of test and train": [row.test_apart for row in own],
        "divergence of validation and train": [row.validation_apart for row in own],
        "share as in the audited split": [row.same for row in own],
        **{
            f"share of {name}": [
                row.sizes[number] / total for row, total in zip(own, totals, strict=True)
            ]
            for number, name in enumerate(SPLITS)
        },
    }
    table = pd.DataFrame({"Split": list(rows), **counts})
    for name, values in measures.items():
        # All None would be a column of objects.
        table[name] = np.array(values, np.float64)
    table["classes too rare in test"] = pd.array([row.rare for row in own], "Int64")
    return table


def _whole(metres: float | None) -> float | None:
    return None if metres is None else float(round(metres))


def _figure(rows: Mapping[str, Row]) -> go.Figure:
    """Return the share of test within each distance, a line of marks per split."""
    names = [_short(name) for name in rows]
    figure = go.Figure()
    for number, km in reversed([*enumerate(_leakage.STEPS_KM)]):
        shares = [row.within[number] for row in rows.values()]
        colour, size = _MARKS[number]
        figure.add_scatter(
            x=[None if share is None else round(share, 5) for share in shares],
            y=names,
            mode="markers",
            name=f"within {km:g} km",
            marker={
                "color": colour,
                "size": size,
                "line": {"color": "#374151", "width": 0.8},
            },
            hovertemplate=f"%{{y}}<br>%{{x:.2%}} within {km:g} km<extra></extra>",
        )
    figure.update_layout(
        height=120 + 38 * len(names),
        xaxis={
            "title": "Share of the test patches within the distance of a training patch",
            "tickformat": _figures.PERCENT_TICKS,
            "range": [-0.03, 1.03],
        },
        yaxis={
            "type": "category",
            "autorange": "reversed",
            "automargin": True,
            "categoryorder": "array",
            "categoryarray": names,
        },
    )
    return _figures.plain(figure, legend=True).update_layout(
        legend={"traceorder": "reversed", "itemsizing": "trace"}
    )


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _title(rows: Mapping[str, Row]) -> str:
    name, audited = next(iter(rows.items()))
    near = _near_ones(rows)
    if audited.within[0] is None:
        return f"{len(rows)} splits side by side" if len(rows) > 1 else _short(name)
    others = {key: share for key, share in near.items() if key != name}
    worst = max(others, key=others.__getitem__, default=name)
    said = f"“{_short(name)}”: {_percent(near[name])} of test within 1.3 km of training"
    if near[worst] < near[name]:
        return f"{said}, the most of {len(near)} splits"
    if near[worst] == near[name]:
        return said
    return f"{said}; “{_short(worst)}”: {_percent(near[worst])}"


def _near_ones(rows: Mapping[str, Row]) -> dict[str, float]:
    """Return the share of test within 1.3 km of training, of the splits that have such."""
    found = {name: row.within[0] for name, row in rows.items()}
    return {name: share for name, share in found.items() if share is not None}


def _sentence(rows: Mapping[str, Row]) -> str:
    name, audited = next(iter(rows.items()))
    others = {key: share for key, share in _near_ones(rows).items() if key != name}
    said = _said(name, audited)
    if not others:
        return said
    least, most = min(others, key=others.__getitem__), max(others, key=others.__getitem__)
    ends = " to ".join(
        f"{_percent(others[key])} with “{key}”" for key in dict.fromkeys((least, most))
    )
    return f"{said} Test patches within 1.3 km of training beside it: {ends}."


def _said(name: str, row: Row) -> str:
    whole = max(1, sum(row.sizes[: len(SPLITS)]))
    shares = " / ".join(f"{size / whole:.0%}" for size in row.sizes[: len(SPLITS)])
    if row.minimum_m is None or row.median_m is None:
        return f"“{name}”: {shares} for training, validation and test."
    return (
        f"“{name}”: {shares} for training, validation and test; test is at least "
        f"{row.minimum_m:,.0f} m from training, {row.median_m / 1_000:,.1f} km in the median, and "
        f"{_percent(row.within[0])} of it within 1.3 km."
    )


def _percent(share: float | None) -> str:
    # A few patches are not none.
    return "< 0.1%" if 0 < (share or 0) < 0.0005 else f"{share or 0:.1%}"


def _notes(asked: Asked, located: bool) -> tuple[str, ...]:
    return (
        distances.places(asked.opened.samples).note
        if located
        else "No patch of the selection has a location, so distances are left out.",
        "Without other words, distances are those from each test patch to the nearest training "
        "patch, and shares those of the test patches; at a place of train is the same place on "
        "another date.",
        "Divergence is that of Jensen and Shannon between the labels, in nats: 0 where their "
        "shares are equal, 0.693 where no class is in both (Lin 1991).",
        f"Too rare: fewer than {rare.LEAST} test patches, or an F1 of {rare.F1:g} known no better "
        f"than within {rare.WIDEST:g}.",
    )


def _facts(row: Row) -> dict[str, Any]:
    """Return the measures as plain JSON data."""
    steps = (f"{km:g}" for km in _leakage.STEPS_KM)
    return {
        "sizes": dict(zip((*SPLITS, "none"), row.sizes, strict=True)),
        "same_as_audited": row.same,
        "jensen_shannon": {"test-train": row.test_apart, "validation-train": row.validation_apart},
        "minimum_m": row.minimum_m,
        "median_m": row.median_m,
        "shares_within_km": dict(zip(steps, row.within, strict=True)),
        "validation_within_1.3_km": row.validation_near,
        "test_within_1.3_km_of_validation": row.test_near,
        "test_at_a_place_of_train": row.same_place,
        "too_rare": row.rare,
    }


CHART = Kind(
    name="split_compare",
    page="splits",
    section="Compare",
    order=500,
    title="How do the splits compare?",
    make=make,
)
