"""How well the spectra of two classes can be told apart, for every pair of classes."""

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from eoexplore.analysis import separability, spectra
from eoexplore.charts import _figures, _spectra
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option, Part

Floats = npt.NDArray[np.float64]
Names = dict[int, str]
_WELL, _HARDLY = 1.9, 1.0
"""Distances from which, and below which, a pair counts as well or hardly separable."""
_PER_BAND = 10
"""Pixels per band below which a covariance is poorly known (Swain and Davis 1978)."""
_NAMED = 3
_QUANTITY = "Jeffries–Matusita distance"
_MOST_CLICKS = 100_000
"""Characters of selections behind the cells; above it a click leads nowhere."""


@dataclass(frozen=True)
class _Found:
    """Distances of the classes in one part."""

    part: Part
    """The part."""
    pixels: npt.NDArray[np.int64]
    """Pixels of each class that have all bands, shape (classes,)."""
    distance: Floats
    """Of each pair, NaN where one has too few pixels, and of a class to itself."""


def make(asked: Asked) -> Chart:
    """Work out the distance of each pair of classes."""
    layers = [_spectra.optical(asked)]
    if asked.options["bands"] == "both":
        layers.append(_spectra.radar(asked))
    own = _spectra.pixels(asked)
    keys = _spectra.known(own, layers)
    season = asked.options.get("season", _spectra.ALL)
    found = [_measure(asked, own, keys, part, season) for part in asked.parts]
    shown = np.flatnonzero(np.sum([one.pixels for one in found], axis=0)).tolist()
    if not shown:
        raise CannotTell(_spectra.nothing(season))
    enough = [n for n in shown if any(one.pixels[n] > len(keys) for one in found)]
    if len(enough) < 2:
        raise CannotTell(
            f"To tell two classes apart by {len(keys)} bands takes at least {len(keys) + 1} "
            f"pixels of each, and {_counted(len(enough), 'class has', 'classes have')} as many "
            "here. Drop a condition, or choose all seasons."
        )
    names = {n: asked.classes[n].name for n in shown}
    pairs = _pairs(found, names)
    return Chart(
        title="How well can classes be told apart by their spectra?"
        + ("" if season == _spectra.ALL else f" In {season}."),
        sentence=_sentence(found, pairs),
        table=pairs,
        figure=_figure(found, names, len(keys)),
        notes=(*_notes(found, names, len(keys)), *_spectra.left_out(asked, layers[0])),
        facts={
            "bands": len(keys),
            "pixels": {name: int(found[0].pixels[n]) for n, name in names.items()},
            "pairs": int(np.isfinite(found[0].distance).sum()) // 2,
        },
    )


def _measure(
    asked: Asked, own: _spectra.Pixels, keys: list[str], part: Part, season: str
) -> _Found:
    rows = _spectra.chosen(asked, own, part, season)
    values = np.stack([own.found.values(key, rows) for key in keys]).astype(np.float64)
    weights = own.found.stands_for[rows].astype(np.float64)
    pixels, means, covariances = spectra.moments(
        own.places[rows], values, weights, len(asked.classes)
    )
    distance = separability.matrix(means, covariances)
    np.fill_diagonal(distance, np.nan)
    return _Found(part, pixels, distance)


def _pairs(found: list[_Found], names: Names) -> pd.DataFrame:
    """Return a line for each pair, the hardest to tell apart first."""
    one, other = np.array(list(itertools.combinations(names, 2)), np.intp).reshape(-1, 2).T
    columns: dict[str, object] = {
        "Class": [names[n] for n in one],
        "Other class": [names[n] for n in other],
    }
    for item in found:
        before = f"{item.part.name}: " if len(found) > 1 else ""
        columns[_cased(before, "distance")] = item.distance[one, other]
        columns[_cased(before, "pixels")] = item.pixels[one]
        columns[_cased(before, "pixels of the other class")] = item.pixels[other]
    if len(found) > 1:
        columns["Difference"] = found[0].distance[one, other] - found[1].distance[one, other]
    first = _cased(f"{found[0].part.name}: " if len(found) > 1 else "", "distance")
    return pd.DataFrame(columns).sort_values(first, kind="stable", ignore_index=True)


def _cased(before: str, name: str) -> str:
    return before + name if before else name.capitalize()


def _sentence(found: list[_Found], pairs: pd.DataFrame) -> str:
    column = next(name for name in pairs.columns if "istance" in name)
    known = pairs[pairs[column].notna()]
    if known.empty:
        return f"{found[0].part.name}: no two classes have enough pixels."
    said = "; ".join(
        f"{line['Class']} and {line['Other class']} ({line[column]:.2f})"
        for _, line in known.head(_NAMED).iterrows()
    )
    well, hardly = (known[column] >= _WELL).sum(), (known[column] < _HARDLY).sum()
    count = _counted(len(known), "pair", "pairs")
    text = f"Hardest to tell apart: {said}. Of {count} {well:,} reach {_WELL} of 2, "
    text += f"and {hardly:,} stay below {_HARDLY:g}."
    if len(found) > 1:
        text = f"{found[0].part.name}: {text[0].lower()}{text[1:]}" + _difference(pairs)
    return text


def _difference(pairs: pd.DataFrame) -> str:
    apart = pairs["Difference"].abs()
    if not apart.notna().any():
        return " No pair can be told of in both."
    line = pairs.iloc[int(np.nanargmax(apart))]
    own = [value for name, value in line.items() if str(name).endswith(": distance")]
    return (
        f" The two differ most in {line['Class']} and {line['Other class']}: "
        f"{own[0]:.2f} and {own[1]:.2f}."
    )


def _figure(found: list[_Found], names: Names, bands: int) -> go.Figure:
    """Return the matrix; of two parts, the first below the diagonal and the other above it."""
    order = list(names)
    labels = [("* " if _few(found, n, bands) else "") + names[n] for n in order]
    below = np.tri(len(order), dtype=bool)
    last = found[-1]
    each = [
        [found[0] if below[r, c] else last for c in range(len(order))] for r in range(len(order))
    ]
    values = np.where(
        below, found[0].distance[np.ix_(order, order)], last.distance[np.ix_(order, order)]
    )
    said = [
        [
            _said(own, row, column, bands, len(found) > 1)
            for own, column in zip(line, order, strict=True)
        ]
        for line, row in zip(each, order, strict=True)
    ]
    selections = [
        [
            own.part.only(*{names[row], names[column]})
            for own, column in zip(line, order, strict=True)
        ]
        for line, row in zip(each, order, strict=True)
    ]
    size = sum(len(text) for line in selections for text in line)
    return _figures.heatmap(
        labels,
        labels,
        values,
        _figures.Shade(_QUANTITY, ".2f", low=0, high=separability.MOST),
        selections=selections if size < _MOST_CLICKS else (),
        said=said,
    )


def _said(own: _Found, row: int, column: int, bands: int, several: bool) -> str:
    """Return what is said of a cell."""
    before = f"{own.part.name}<br>" if several else ""
    if row == column:
        return f"{before}{_counted(int(own.pixels[row]), 'pixel', 'pixels')}"
    pixels = f"{own.pixels[row]:,} and {own.pixels[column]:,} pixels"
    value = own.distance[row, column]
    if np.isfinite(value):
        return f"{before}{_QUANTITY}: {value:.3f}<br>{pixels}"
    short = min(own.pixels[row], own.pixels[column]) <= bands
    why = f"too few pixels; {bands + 1} are needed" if short else "bands depend on each other"
    return f"{before}{pixels}<br>{why}"


def _few(found: list[_Found], number: int, bands: int) -> bool:
    return any(0 < one.pixels[number] < _PER_BAND * bands for one in found)


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _notes(found: list[_Found], names: Names, bands: int) -> tuple[str, ...]:
    notes = [
        "Jeffries–Matusita distance: 2 (1 − e^−B) with the Bhattacharyya distance B = "
        "dᵀ S⁻¹ d / 8 + ln(|S| / √(|S₁| |S₂|)) / 2, where d is the difference of the means, S₁ and "
        "S₂ are the covariances of the bands, and S is their mean; 0 if both are equal, 2 if they "
        "never look alike (Richards and Jia 2006, Remote Sensing Digital Image Analysis, "
        f"chapter 10.2). Bands: {bands}.",
        f"{_WELL} or more is often taken as well separable, less than {_HARDLY:g} as a reason to "
        "join two classes (ENVI, ROI separability).",
        "It takes each class for one normal distribution. Reflectances of one class come from "
        "several kinds of surface and several dates, so that they are not: read it as an order of "
        "pairs, not as the accuracy of a model. Labels that are wrong or coarse lower it.",
    ]
    if len(found) > 1:
        one, other = (item.part.name for item in found)
        notes.insert(0, f"Below the diagonal: {one}; above it: {other}.")
        notes.append(_spectra.NO_TEST)
    lacking = [name for n, name in names.items() if all(one.pixels[n] <= bands for one in found)]
    if lacking:
        notes.append(
            f"Empty, for a class needs more pixels than there are bands (at least {bands + 1}): "
            f"{', '.join(lacking)}."
        )
    few = [name for n, name in names.items() if _few(found, n, bands) and name not in lacking]
    if few:
        notes.append(
            f"* Fewer than {_PER_BAND} pixels per band (Swain and Davis 1978), so that distances "
            f"are too large by chance: {', '.join(few)}."
        )
    return (*notes, _spectra.DRAWN)


def options(asked: Asked) -> tuple[Option, ...]:
    """Return what can be chosen: sensors, a season."""
    bands = {"optical": "Optical", "both": "Optical and radar"}
    return (Option("bands", "Bands", bands), *_spectra.season_option(asked))


CHART = Kind(
    name="separability",
    page="statistics",
    section="Spectra",
    order=520,
    title="How well can classes be told apart by their spectra?",
    make=make,
    options=options,
)
