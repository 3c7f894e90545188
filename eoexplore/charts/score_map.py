"""Where predictions are wrong: per tile, hexagon or country."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from eoexplore.analysis import multilabel
from eoexplore.charts import _areas, _figures, _judged, _maps
from eoexplore.charts._areas import Areas
from eoexplore.charts._judged import Judged
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option

Floats = npt.NDArray[np.float64]
_LABELS = {
    "errors": "Wrong labels per patch",
    "missed": "Missed labels per patch",
    "extra": "Labels too many per patch",
}
_PIXELS = {"wrong": "Share of the pixels that are wrong", "accuracy": "Share that is right"}
_SHORT = {**_LABELS, "wrong": "Share of wrong pixels", "accuracy": "Share of right pixels"}
_FEW = 5
"""Patches below which an area says little."""


@dataclass(frozen=True)
class _Mapped:
    """What a set has in each area."""

    patches: npt.NDArray[np.int64]
    """Patches that count, shape (areas,)."""
    value: Floats
    """Errors per patch, or share of the pixels; NaN where nothing counts; shape (areas,)."""
    whole: float
    """The same of all judged samples."""


def make(asked: Asked) -> Chart:
    """Work out the errors of each area for one set, or the difference of two."""
    several = _judged.several(asked)
    measure = asked.options["measure"]
    areas = _areas.areas(asked, asked.options["by"], int(asked.options.get("width") or 0))
    found = [_of(asked, own, areas, measure) for own in several]
    known = np.flatnonzero(np.isfinite(np.sum([item.value for item in found], axis=0)))
    shown = [at for at in known.tolist() if areas.rings[at]]
    if not shown:
        raise CannotTell(
            "None of the judged patches has a place and something to judge, so there is no map. "
            "Choose a wider selection."
        )
    first = found[0]
    return Chart(
        title=_title(areas, several, first, measure, known),
        sentence=_sentence(areas, several, found, measure, known),
        table=_table(areas, several, found, measure, known),
        figure=_figure(asked, areas, several, found, shown),
        notes=(
            *_judged.warnings(asked),
            *_notes(asked, areas, several[0], first, known),
        ),
        facts={
            "set": several[0].name,
            "measure": measure,
            "of_all": first.whole,
            "areas": {areas.names[at]: float(first.value[at]) for at in known},
        },
    )


def _of(asked: Asked, own: Judged, areas: Areas, measure: str) -> _Mapped:
    way = f"{asked.options['by']} {asked.options.get('width', '')}"
    return _judged.kept(own, f"map {measure} {way}", lambda: _measure(own, areas, measure))


def _measure(own: Judged, areas: Areas, measure: str) -> _Mapped:
    wrong, of = (_of_pixels if measure in _PIXELS else _of_labels)(own, measure)
    codes = areas.codes[own.rows]
    counts = (codes >= 0) & (of > 0)
    size = len(areas.names)
    above, below = (np.bincount(codes[counts], each[counts], size) for each in (wrong, of))
    value = np.divide(above, below, out=np.full(size, np.nan), where=below > 0)
    whole = float(wrong.sum() / of.sum()) if of.any() else float("nan")
    return _Mapped(np.bincount(codes[counts], minlength=size), value, whole)


def _of_labels(own: Judged, measure: str) -> tuple[Floats, Floats]:
    """Return the wrong labels of each sample, and one for each."""
    predicted = multilabel.decided(own.scores, own.threshold)
    which = {"errors": predicted ^ own.truth, "missed": own.truth & ~predicted}
    wrong = which.get(measure, predicted & ~own.truth)
    return np.count_nonzero(wrong, axis=1).astype(np.float64), np.ones(len(wrong))


def _of_pixels(own: Judged, measure: str) -> tuple[Floats, Floats]:
    """Return the wrong or right pixels of each sample, and its labelled ones."""
    counted = own.read.confusion
    if counted is None:
        raise CannotTell(
            f"The set {own.name} has no pixels that were compared with label maps. Choose labels."
        )
    own.need_every_class()
    size = len(own.read.rows)
    hit = (counted.reference == counted.predicted) == (measure == "accuracy")
    pixels = counted.pixels.astype(np.float64)
    found, of = (np.bincount(counted.sample, each, size)[own.at] for each in (pixels * hit, pixels))
    return found.astype(np.float64), of.astype(np.float64)


def _written(measure: str, value: float) -> str:
    return f"{value:{_digits(measure)}}"


def _digits(measure: str) -> str:
    return ".1%" if measure in _PIXELS else ".2f"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _title(
    areas: Areas,
    several: tuple[Judged, ...],
    found: _Mapped,
    measure: str,
    known: npt.NDArray[np.intp],
) -> str:
    if len(several) > 1:
        return f"{_SHORT[measure]}: {several[0].name} minus {several[1].name}"
    if len(known) < 2:
        return f"{_SHORT[measure]}, by {_lower(areas.title)}"
    pick = np.argmin if measure == "accuracy" else np.argmax
    worst = int(known[pick(found.value[known])])
    return f"{_SHORT[measure]}: {_written(measure, found.value[worst])} in {areas.names[worst]}"


def _sentence(
    areas: Areas,
    several: tuple[Judged, ...],
    found: list[_Mapped],
    measure: str,
    known: npt.NDArray[np.intp],
) -> str:
    first = found[0].value[known]
    low, high = (int(known[pick(first)]) for pick in (np.argmin, np.argmax))
    noun = f"{len(known):,} areas" if len(known) > 1 else "one area"
    said = (
        f"{_SHORT[measure]} of {several[0].name} in {noun} ({_lower(areas.title)}): "
        f"{_written(measure, found[0].whole)} on the whole, from "
        f"{_written(measure, found[0].value[low])} ({areas.names[low]}) to "
        f"{_written(measure, found[0].value[high])} ({areas.names[high]})"
    )
    if len(found) < 2:
        return f"{said}."
    apart = first - found[1].value[known]
    more, fewer = int((apart > 0).sum()), int((apart < 0).sum())
    return (
        f"{said}; {several[1].name} has {_written(measure, found[1].whole)}. The first has more "
        f"in {more:,} of them and less in {fewer:,}."
    )


def _table(
    areas: Areas,
    several: tuple[Judged, ...],
    found: list[_Mapped],
    measure: str,
    known: npt.NDArray[np.intp],
) -> pd.DataFrame:
    order = known[np.argsort(-found[0].value[known], kind="stable")]
    table = pd.DataFrame(
        {
            areas.title: [areas.names[at] for at in order],
            "patches": found[0].patches[order],
        }
    )
    for own, item in zip(several, found, strict=True):
        before = f"{own.name}: " if len(several) > 1 else ""
        table[f"{before}{_lower(_SHORT[measure])}"] = item.value[order]
    if len(several) > 1:
        table["difference"] = found[0].value[order] - found[1].value[order]
    return table


def _figure(
    asked: Asked,
    areas: Areas,
    several: tuple[Judged, ...],
    found: list[_Mapped],
    shown: list[int],
) -> go.Figure:
    measure = asked.options["measure"]
    marks = [
        _maps.Mark(
            at, _said(areas, several, found, measure, at), _areas.selection(asked, areas, at)
        )
        for at in shown
    ]
    if len(found) < 2:
        shade = _figures.Shade(_SHORT[measure], _digits(measure))
        return _maps.steps(areas, marks, found[0].value[shown], shade)
    apart = found[0].value[shown] - found[1].value[shown]
    most = float(np.abs(apart).max()) or 1.0
    shade = _figures.Shade.around_zero(f"Difference: {_SHORT[measure]}", _digits(measure), most)
    return _maps.steps(areas, marks, apart, shade)


def _said(
    areas: Areas, several: tuple[Judged, ...], found: list[_Mapped], measure: str, at: int
) -> str:
    lines = [areas.names[at], _SHORT[measure]]
    for own, item in zip(several, found, strict=True):
        before = f"{own.name}: " if len(several) > 1 else ""
        value = _written(measure, item.value[at])
        lines.append(f"{before}{value} ({item.patches[at]:,} patches)")
    return "<br>".join(lines)


def _notes(
    asked: Asked, areas: Areas, own: Judged, found: _Mapped, known: npt.NDArray[np.intp]
) -> tuple[str, ...]:
    notes = list(_areas.notes(areas))
    if asked.options["measure"] in _PIXELS:
        notes.append("Of the labelled pixels of an area, all patches and dates added up.")
    lacking = len(own.rows) - int(found.patches.sum())
    if lacking:
        notes.append(f"{lacking:,} judged patches lie in no such area, or have nothing to judge.")
    few = int((found.patches[known] < _FEW).sum())
    if few:
        notes.append(
            f"{few:,} of the areas have fewer than {_FEW} patches: chance decides their number."
        )
    return tuple(notes)


def _options(asked: Asked) -> tuple[Option, ...]:
    """Offer pixels for masks only, first."""
    masks = bool(asked.predictions) and all(
        read.about.task == "segmentation" for read in asked.predictions
    )
    return (
        Option("measure", "What", (_PIXELS if masks else {}) | _LABELS),
        *_areas.options(asked),
    )


CHART = Kind(
    name="score_map",
    page="evaluation",
    section="Where",
    order=410,
    title="Where are the predictions wrong?",
    make=make,
    options=_options,
)
