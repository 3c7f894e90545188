"""The same place on different dates: how its image changes while its labels do not."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from eoexplore.analysis import revisits
from eoexplore.analysis.revisits import Visits
from eoexplore.charts import _boxes, _changes, _figures, _spectra
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option, Part
from eoexplore.render import indices
from eoexplore.render.indices import Index

_INDICES = {"ndvi": "NDVI", "brightness": "BITM"}
"""Of the spyndex catalogue, by the value of the option."""
_CALLED = {"ndvi": "NDVI", "brightness": "brightness"}
_LEAST = 10
"""Pairs below which a class or pair of seasons is not named, where others have as many."""


@dataclass(frozen=True)
class _Places:
    """The places of one part."""

    part: Part
    """The part."""
    visits: Visits
    """Its samples that have a place and a date."""
    by_dates: npt.NDArray[np.int64]
    """Places by their number of dates, from 0; shape (most dates + 1,)."""
    differ: npt.NDArray[np.int64]
    """Places whose labels are not the same on all dates, by number of dates; the same shape."""

    @property
    def all(self) -> int:
        """Number of places."""
        return int(self.by_dates.sum())

    @property
    def again(self) -> int:
        """Number of places with two or more dates."""
        return int(self.by_dates[2:].sum())


def make(asked: Asked) -> Chart:
    """Count the places and their dates, and measure how their images change."""
    found = [_places(asked, part) for part in asked.parts]
    if not any(own.all for own in found):
        raise CannotTell(_no_places(asked))
    if asked.options["of"] == "labels" or not any(own.again for own in found):
        return _dates(asked, found)
    return _change(asked, found)


def _visits(asked: Asked) -> Visits:
    """Return all samples that have a place and a date."""

    def make() -> Visits:
        samples = asked.opened.samples
        days = asked.frame["date"].to_numpy().astype("datetime64[D]")
        dated = ~np.isnat(days)
        return revisits.visits(samples.tiles[0], samples.x, samples.y, days.astype(np.int64), dated)

    return asked.opened.samples.keep("visits of places", make)


def _places(asked: Asked, part: Part) -> _Places:
    own = _visits(asked).of(part.mask)
    dates = revisits.dates(own)
    differ = revisits.differ(own, asked.masks) & (dates > 1)
    most = int(dates.max(initial=1)) + 1
    counts = np.bincount(dates, minlength=most).astype(np.int64)
    return _Places(part, own, counts, np.bincount(dates[differ], minlength=most).astype(np.int64))


def _no_places(asked: Asked) -> str:
    if not any(len(part) for part in asked.parts):
        return "No patch is selected, so there is no place to look at. Drop a condition."
    lacking = "place" if not asked.opened.samples.located.any() else "date"
    return (
        f"None of the selected patches has a {lacking}, so it is not known which of them show the "
        "same place on different dates."
    )


def _dates(asked: Asked, found: list[_Places]) -> Chart:
    """Show the places by their number of dates."""
    most = max(len(own.by_dates) for own in found)
    by_dates = [np.pad(own.by_dates, (0, most - len(own.by_dates)))[1:] for own in found]
    labels = [_counted(number, "date", "dates") for number in range(1, most)]
    columns: dict[str, object] = {"Dates": np.arange(1, most)}
    for own, counts in zip(found, by_dates, strict=True):
        before = f"{own.part.name}: " if len(found) > 1 else ""
        columns[_cased(before, "places")] = counts
        columns[_cased(before, "share of places")] = counts / max(1, own.all)
        differ = np.pad(own.differ, (0, most - len(own.differ)))[1:]
        columns[_cased(before, "places with other labels")] = differ
    return Chart(
        title="Do labels change between dates of a place?",
        sentence=_said_of_labels(asked, found),
        table=pd.DataFrame(columns),
        figure=_figures.bars(
            labels,
            {own.part.name: counts for own, counts in zip(found, by_dates, strict=True)},
            quantity="Places",
        ),
        notes=(*_notes(found), *_without_images(asked)),
        facts=_facts(found[0]),
    )


def _facts(own: _Places) -> dict[str, object]:
    there = np.flatnonzero(own.by_dates)
    return {
        "places": own.all,
        "revisited": own.again,
        "labels_differ": int(own.differ.sum()),
        "by_dates": {str(number): int(own.by_dates[number]) for number in there},
    }


def _said_of_labels(asked: Asked, found: list[_Places]) -> str:
    known = bool(asked.masks.any())
    said = []
    for own in found:
        text = f"{own.part.name}: " if len(found) > 1 else ""
        text += f"{own.again:,} of {_counted(own.all, 'place', 'places')} "
        text += "was" if own.all == 1 else "were"
        text += " taken on two or more dates"
        text += f", up to {len(own.by_dates) - 1}" if own.again else ""
        if own.again and not known:
            text += "; the dataset has no labels."
        elif own.again:
            differ = int(own.differ.sum())
            text += (
                f"; the labels differ between dates at {'none' if not differ else f'{differ:,}'}"
            )
            text += " of them."
        else:
            text += "."
        said.append(text)
    return " ".join(said)


def _notes(found: list[_Places]) -> list[str]:
    notes = [
        "A place is a cell of the grid of an MGRS tile: the same tile, column and row. Places that "
        "lie in two overlapping tiles count for each."
    ]
    without = [len(own.part) - len(own.visits) for own in found]
    if any(without):
        said = " and ".join(f"{number:,}" for number in without)
        notes.append(f"Left out, for lack of a place or a date: {said} patches.")
    return notes


def _change(asked: Asked, found: list[_Places]) -> Chart:
    """Show how much an index changes between two dates of a place."""
    index = indices.catalogue()[_INDICES[asked.options["of"]]]
    values = _changes.values(asked, index)
    by_season = asked.options.get("by") == "seasons"
    names = _changes.season_pairs(asked) if by_season else [item.name for item in asked.classes]
    grouped = _changes.by_season if by_season else _changes.by_class
    boxes = []
    for own in found:
        groups, change = grouped(asked, values, *revisits.pairs(own.visits))
        boxes.append(_boxes.boxes(own.part.name, groups, change, len(names)))
    shown = np.flatnonzero(np.sum([own.counts for own in boxes], axis=0))
    if not len(shown):
        raise CannotTell(_nothing(by_season))
    boxes = [_boxes.Boxes(own.name, own.counts[shown], own.shares[shown]) for own in boxes]
    names = [names[number] for number in shown]
    called = _CALLED[asked.options["of"]]
    quantity = f"Change of {called}" + ("" if by_season else ", without its sign")
    said = _said_of_change(called, names, boxes, "between" if by_season else "in")
    return Chart(
        title=f"How does {called} change between dates of a place?",
        sentence=f"{_said_of_labels(asked, found)} {said}",
        table=_table("Seasons" if by_season else "Class", names, boxes),
        figure=_boxes.figure(
            _marked(names, boxes), boxes, quantity, _clicks(found, names, by_season)
        ),
        notes=(*_defined(called, index, by_season), *_notes(found)),
        facts={
            **_facts(found[0]),
            "median_change": _medians(names, boxes[0]),
        },
    )


def _marked(names: Sequence[str], boxes: Sequence[_boxes.Boxes]) -> list[str]:
    """Return names, marked where a box rests on few pairs."""
    few = np.logical_or.reduce([(own.counts > 0) & (own.counts < _LEAST) for own in boxes])
    return [f"* {name}" if mark else name for name, mark in zip(names, few, strict=True)]


def _medians(names: Sequence[str], boxes: _boxes.Boxes) -> dict[str, float | None]:
    middle = boxes.shares[:, 2]
    return {
        name: None if np.isnan(value) else round(float(value), 4)
        for name, value in zip(names, middle, strict=True)
    }


def _clicks(found: list[_Places], names: list[str], by_season: bool) -> list[list[str]]:
    if by_season:
        return [
            [own.part.only(season=tuple(sorted(set(name.split(" and "))))) for name in names]
            for own in found
        ]
    return [[own.part.only(name) for name in names] for own in found]


def _nothing(by_season: bool) -> str:
    lacking = "a season" if by_season else "one class that it is mostly of"
    return (
        f"Of no place that was taken twice both dates have an image and {lacking}. "
        "Drop a condition."
    )


def _said_of_change(called: str, names: list[str], boxes: list[_boxes.Boxes], where: str) -> str:
    own = next(part for part in boxes if part.counts.any())
    there = np.flatnonzero(own.counts >= min(_LEAST, int(own.counts.max())))
    middle = own.shares[there, 2]
    most, least = (int(pick(np.abs(middle))) for pick in (np.argmax, np.argmin))
    digits = "+.3f" if where == "between" else ".3f"
    said = " and ".join(
        f"{middle[number]:{digits}} {where} {names[there[number]]}"
        for number in dict.fromkeys((most, least))
    )
    before = f"{own.name}: the" if len(boxes) > 1 else "The"
    pairs = _counted(int(own.counts.sum()), "pair", "pairs")
    return f"{before} median change of {called} is {said}, from {pairs} of dates."


def _defined(called: str, index: Index, by_season: bool) -> list[str]:
    named = index.name if called == index.name else f"{called.capitalize()}: {index.name}"
    notes = [
        f"{named} ({index.title}) = {index.explained}, "
        f"of the mean reflectances of a patch ({index.reference}; as in the spyndex catalogue).",
        "A place of three dates has three pairs; pairs of one place, and places beside each other, "
        "resemble each other. Clouds and snow are in it unless the selection leaves them out.",
    ]
    if by_season:
        notes.append(
            "Between two seasons, the one that is named second less the first, whatever the year; "
            "within one season, the later date less the earlier."
        )
    else:
        notes.append(
            "A pair counts for the class that covers more than half of the label map on both "
            "dates, or, without maps, that is the only label; changes count without their sign."
        )
    notes.append(
        "Boxes reach from the 25th to the 75th percentile, lines from the 10th to the 90th; "
        f"* fewer than {_LEAST} pairs of dates."
    )
    return notes


def _table(title: str, names: list[str], boxes: list[_boxes.Boxes]) -> pd.DataFrame:
    columns: dict[str, object] = {title: names}
    for own in boxes:
        before = f"{own.name}: " if len(boxes) > 1 else ""
        columns[_cased(before, "pairs of dates")] = own.counts
        for share, values in zip(_boxes.SHARES, own.shares.T, strict=True):
            title = "median" if share == 0.5 else f"{share:.0%} quantile".replace("%", " %")
            columns[_cased(before, title)] = values
    if len(boxes) > 1:
        columns["Difference of medians"] = boxes[0].shares[:, 2] - boxes[1].shares[:, 2]
    return pd.DataFrame(columns)


def _cased(before: str, name: str) -> str:
    return before + name if before else name[0].upper() + name[1:]


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _without_images(asked: Asked) -> list[str]:
    """Return why nothing is known of images, if that is so."""
    try:
        _changes.values(asked, indices.catalogue()[_INDICES["ndvi"]])
    except CannotTell as reason:
        return [f"How images change is not known. {reason}"]
    return []


def options(asked: Asked) -> tuple[Option, ...]:
    """Return what can be chosen: labels alone where nothing is known of images."""
    labels = {"labels": "Dates and labels"}
    if not asked.opened.folder.spectra_samples.is_file():
        return (Option("of", "Of", labels),)
    change = {"ndvi": "Change of NDVI", "brightness": "Change of brightness"}
    by = [Option("by", "By", {"class": "Class", "seasons": "Pair of seasons"})]
    return (Option("of", "Of", change | labels), *(by if _spectra.seasons(asked) else []))


CHART = Kind(
    name="revisits",
    page="statistics",
    section="Dates",
    order=600,
    title="How do images of a place change while its labels do not?",
    make=make,
    options=options,
)
