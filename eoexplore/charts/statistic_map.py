"""A statistic of the labels on the map: per tile, hexagon or country."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from eoexplore.analysis import imbalance
from eoexplore.charts import _areas, _compare, _figures, _labels, _maps, _predicted
from eoexplore.charts._areas import Areas
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option, Part

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
_COMMON = "common"
_DIGITS = {"confidence": ".3f", "accuracy": ".1%"}
"""How means of columns of prediction sets are written, where they are no counts."""
_SAME = (("The same class", "#f0e442"), ("Another class", "#0072b2"))
_ALONE = "Patches near each other are not independent: p is too small."


@dataclass(frozen=True)
class _Counted:
    """What is counted in each area."""

    patches: Counts
    """Patches, shape (areas,)."""
    labels: Counts
    """Labels of all patches, shape (areas,)."""
    classes: Counts
    """Patches with each class, shape (areas, classes)."""


@dataclass(frozen=True)
class _Statistic:
    """One number per area."""

    title: str
    """What a user reads."""
    digits: str
    """How it is written."""
    note: str
    """Definition; may be empty."""
    of: Callable[[Asked, Part, Areas, _Counted], Floats]
    """Works it out, shape (areas,); NaN where it is not known."""


def _divided(above: npt.ArrayLike, below: Counts) -> Floats:
    found: Floats = np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0)
    return found


def _share_of_patches(asked: Asked, _: Part, __: Areas, counted: _Counted) -> Floats:
    return _divided(counted.classes[:, _class(asked)], counted.patches)


def _share_of_pixels(asked: Asked, part: Part, areas: Areas, _: _Counted) -> Floats:
    own, mapped = _pixels(asked, part, areas)
    return _divided(own[:, _class(asked)], mapped)


def _unlabelled(asked: Asked, part: Part, areas: Areas, _: _Counted) -> Floats:
    own, mapped = _pixels(asked, part, areas)
    return _divided(mapped - own.sum(1), mapped)


def _pixels(asked: Asked, part: Part, areas: Areas) -> tuple[Counts, Counts]:
    """Return label pixels of each class in each area, and all of them."""
    there = Part(part.name, part.selection, part.mask & (areas.codes >= 0))
    return _labels.pixels_by_group(asked, there, areas)


def _effective(_: Asked, __: Part, ___: Areas, counted: _Counted) -> Floats:
    return np.array([imbalance.effective_classes(own) for own in counted.classes], np.float64)


_STATISTICS: Mapping[str, _Statistic] = {
    "patches": _Statistic(
        "Patches", ",.0f", "", lambda _, __, ___, own: own.patches.astype(np.float64)
    ),
    "labels": _Statistic(
        "Labels per patch",
        ".2f",
        "Label cardinality: mean number of labels of a patch (Tsoumakas and Katakis 2007).",
        lambda _, __, ___, own: _divided(own.labels, own.patches),
    ),
    "distinct": _Statistic(
        "Classes that occur",
        ".0f",
        "More patches find more classes, whatever the land is like.",
        lambda _, __, ___, own: (own.classes > 0).sum(1).astype(np.float64),
    ),
    "effective": _Statistic(
        "Effective number of classes",
        ".1f",
        "So many classes of equal size would be as diverse (Hill 1973, doi:10.2307/1934352).",
        _effective,
    ),
    _COMMON: _Statistic(
        "Most common class",
        "",
        "The class that most patches of an area have.",
        lambda _, __, ___, own: np.where(
            own.classes.any(1), own.classes.argmax(1).astype(np.float64), np.nan
        ),
    ),
    "class": _Statistic(
        "Share of the patches with the class", ".1%", "Of the chosen class.", _share_of_patches
    ),
    "pixels": _Statistic(
        "Share of the label pixels",
        ".1%",
        "Of the chosen class, of all pixels of the label maps, sampled: all dates added up.",
        _share_of_pixels,
    ),
    "unlabelled": _Statistic(
        "Unlabelled share of the label pixels",
        ".2%",
        "Pixels of the label maps that belong to no class, all dates added up.",
        _unlabelled,
    ),
}


def _statistic(asked: Asked) -> _Statistic:
    name = asked.options["statistic"]
    return _mean(name) if _predicted.is_one(name) else _STATISTICS[name]


def _mean(name: str) -> _Statistic:
    """Return the mean of a column of a prediction set."""

    def of(asked: Asked, part: Part, areas: Areas, _: _Counted) -> Floats:
        numbers = _predicted.numbers(asked, name)[1]
        rows = part.mask & (areas.codes >= 0) & ~np.isnan(numbers)
        own, size = areas.codes[rows], len(areas.names)
        patches = np.bincount(own, minlength=size)
        return _divided(np.bincount(own, numbers[rows], size), patches)

    note = "Mean over the patches that have this number."
    return _Statistic(_mean_of(name), _DIGITS.get(_predicted.parts(name)[1], ".2f"), note, of)


def _mean_of(name: str) -> str:
    return f"{_predicted.title(name)}, mean of the patches"


def make(asked: Asked) -> Chart:
    """Work out the statistic of each area in each part, and draw it."""
    if not any(len(part) for part in asked.parts):
        raise CannotTell("No patch is selected, so there is nothing on the map. Drop a condition.")
    options = asked.options
    areas = _areas.areas(asked, options["by"], int(options.get("width") or 0))
    counted = [_count(asked, part, areas) for part in asked.parts]
    statistic = _statistic(asked)
    values = [
        statistic.of(asked, part, areas, own)
        for part, own in zip(asked.parts, counted, strict=True)
    ]
    some = np.any([item.patches > 0 for item in counted], axis=0)
    for own, item in zip(values, counted, strict=True):
        # That there are none is known; what they are like is not.
        own[~some if options["statistic"] == "patches" else item.patches == 0] = np.nan
    shown = np.flatnonzero(some)
    shown = shown[[bool(areas.rings[number]) for number in shown]] if len(shown) else shown
    if not len(shown):
        raise CannotTell("None of the selected patches has a place, so there is no map of them.")
    if not np.isfinite(np.concatenate(values)).any():
        raise CannotTell("Of the selected patches this is not known. Choose another statistic.")
    return Chart(
        title=_title(asked, areas),
        sentence=_sentence(asked, areas, values[0], counted[0]),
        table=_table(asked, areas, values, counted),
        figure=_figure(asked, areas, values, counted, shown),
        notes=_notes(asked, areas, counted),
        facts=_facts(asked, areas, values[0], counted[0]),
    )


def _count(asked: Asked, part: Part, areas: Areas) -> _Counted:
    number, has = _labels.label_sets(asked)
    rows = part.mask & (areas.codes >= 0)
    cell = areas.codes[rows] * len(has) + number[rows]
    times = np.bincount(cell, minlength=len(areas.names) * len(has)).reshape(-1, len(has))
    classes = (times.astype(np.float64) @ has).astype(np.int64)
    return _Counted(times.sum(1), classes.sum(1), classes)


def _class(asked: Asked) -> int:
    return [item.name for item in asked.classes].index(asked.options["class"])


def _titled(asked: Asked) -> str:
    """Return what the statistic is, with the class that it is of."""
    statistic = _statistic(asked).title
    chosen = asked.options["class"]
    return {
        "class": f"Share of the patches with {chosen}",
        "pixels": f"Share of the label pixels that are {chosen}",
    }.get(asked.options["statistic"], statistic)


def _written(asked: Asked, value: float) -> str:
    name = asked.options["statistic"]
    if not np.isfinite(value):
        return "unknown"
    return asked.classes[int(value)].name if name == _COMMON else f"{value:{_digits(asked)}}"


def _digits(asked: Asked) -> str:
    return _statistic(asked).digits


def _title(asked: Asked, areas: Areas) -> str:
    return f"{_figures.short(_titled(asked), 70)}, by {_lower(areas.title)}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _sentence(asked: Asked, areas: Areas, values: Floats, counted: _Counted) -> str:
    there = np.flatnonzero(np.isfinite(values))
    noun = f"{len(there):,} areas ({_lower(areas.title)})" if len(there) != 1 else "one area"
    if not len(there):
        return "The selection has no patch of which this is known."
    if asked.options["statistic"] == _COMMON:
        kinds, times = np.unique(values[there].astype(int), return_counts=True)
        best = int(np.argmax(times))
        return (
            f"In {times[best]:,} of {noun}, {asked.classes[kinds[best]].name} is the most common "
            f"class; {len(kinds)} classes are it somewhere."
        )
    high, low = (int(there[pick(values[there])]) for pick in (np.argmax, np.argmin))
    return (
        f"{_titled(asked)}, in {noun} with {counted.patches.sum():,} patches: from "
        f"{_written(asked, values[low])} ({areas.names[low]}) to {_written(asked, values[high])} "
        f"({areas.names[high]})."
    )


def _said(
    asked: Asked, areas: Areas, values: list[Floats], counted: list[_Counted], at: int
) -> str:
    patches = asked.options["statistic"] == "patches"
    lines = [areas.names[at], *([] if patches else [_figures.short(_titled(asked), 60)])]
    for part, own, item in zip(asked.parts, values, counted, strict=True):
        before = f"{part.name}: " if len(values) > 1 else ""
        # The number itself says how many patches, where patches are counted.
        count = f"{item.patches[at]:,} patches"
        said = count if patches else f"{_written(asked, own[at])} ({count})"
        lines.append(f"{before}{said}")
    if len(values) > 1 and asked.options["statistic"] != _COMMON:
        lines.append(f"Difference: {_written(asked, values[0][at] - values[1][at])}")
    return "<br>".join(lines)


def _figure(
    asked: Asked,
    areas: Areas,
    values: list[Floats],
    counted: list[_Counted],
    shown: npt.NDArray[np.intp],
) -> go.Figure:
    several, common = len(values) > 1, asked.options["statistic"] == _COMMON
    plotted = values[0] - values[1] if several else values[0]
    shown = shown[np.isfinite(plotted[shown])]
    if not len(shown):
        raise CannotTell(
            "The two selections have no area in common, so no difference can be drawn."
        )
    marks = [
        _maps.Mark(at, _said(asked, areas, values, counted, at), _areas.selection(asked, areas, at))
        for at in shown.tolist()
    ]
    if several and common:
        return _maps.named(areas, marks, _SAME, (plotted[shown] != 0).astype(int).tolist())
    if common:
        found = np.unique(plotted[shown].astype(int))
        kinds = [(asked.classes[n].name, asked.classes[n].colour) for n in found]
        return _maps.named(
            areas, marks, kinds, np.searchsorted(found, plotted[shown].astype(int)).tolist()
        )
    title = _figures.short(_titled(asked), 60)
    shade = _figures.Shade(title, _digits(asked))
    if several:
        most = float(np.abs(plotted[shown]).max()) or 1.0
        shade = _figures.Shade.around_zero(f"Difference: {title}", _digits(asked), most)
    return _maps.steps(areas, marks, plotted[shown], shade)


def _table(
    asked: Asked, areas: Areas, values: list[Floats], counted: list[_Counted]
) -> pd.DataFrame:
    there = np.flatnonzero(np.any([item.patches > 0 for item in counted], axis=0))
    common = asked.options["statistic"] == _COMMON
    columns: dict[str, object] = {areas.title: [areas.names[at] for at in there]}
    for part, own, item in zip(asked.parts, values, counted, strict=True):
        before = f"{part.name}: " if len(values) > 1 else ""
        columns[f"{before}patches"] = item.patches[there]
        if asked.options["statistic"] != "patches":
            columns[f"{before}{_lower(_titled(asked))}"] = (
                [_written(asked, value) for value in own[there]] if common else own[there]
            )
    if len(values) > 1 and not common:
        columns[f"Difference of {_lower(_titled(asked))}"] = (values[0] - values[1])[there]
    order = np.argsort(-np.nan_to_num(values[0][there], nan=-np.inf), kind="stable")
    return pd.DataFrame(columns).iloc[order].reset_index(drop=True)


def _notes(asked: Asked, areas: Areas, counted: list[_Counted]) -> tuple[str, ...]:
    notes = [note] if (note := _statistic(asked).note) else []
    notes += [*_lacking(asked), *_areas.notes(areas)]
    lacking = len(asked.part) - int(counted[0].patches.sum())
    if lacking:
        notes.append(f"{lacking:,} patches lie in no such area, or have no place.")
    if len(counted) > 1 and asked.options["statistic"] == "patches":
        one, other = (item.patches for item in counted[:2])
        if one.any() and other.any():
            notes += [
                *_compare.shared(asked),
                _compare.chi_square(one, other, "patches per area", _ALONE),
                _compare.jensen_shannon(one, other, None),
            ]
    notes += _predicted.notes(asked, asked.options["statistic"])
    notes.append("Few patches make a number that chance decides: point at an area for how many.")
    return tuple(notes)


def _lacking(asked: Asked) -> list[str]:
    """Say how many patches have no number in the prediction set that is mapped."""
    name = asked.options["statistic"]
    if not _predicted.is_one(name):
        return []
    _, numbers = _predicted.numbers(asked, name)
    count = int(np.isnan(numbers[asked.part.mask]).sum())
    return [f"{count:,} of {len(asked.part):,} patches have none, and count nothing."] * (count > 0)


def _facts(asked: Asked, areas: Areas, values: Floats, counted: _Counted) -> dict[str, object]:
    there = np.flatnonzero(counted.patches)
    common = asked.options["statistic"] == _COMMON
    return {
        "statistic": _titled(asked),
        "areas": {
            areas.names[at]: None
            if not np.isfinite(values[at])
            else (_written(asked, values[at]) if common else float(values[at]))
            for at in there
        },
    }


def _options(asked: Asked) -> tuple[Option, ...]:
    """Offer what can be mapped; one class is chosen from the dataset's own."""
    titles = {name: item.title for name, item in _STATISTICS.items()}
    predicted = _predicted.columns(asked)
    return (
        Option("statistic", "Statistic", titles | {name: _mean_of(name) for name in predicted}),
        *_areas.options(asked),
        Option(
            "class",
            "Class",
            {item.name: item.name for item in asked.classes},
            when={"statistic": ("class", "pixels")},
        ),
    )


CHART = Kind(
    name="statistic_map",
    page="statistics",
    section="On the map",
    order=700,
    title="Where do the labels differ?",
    make=make,
    options=_options,
)
