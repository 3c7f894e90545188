"""Where the patches of one part of a split lie near those of another: per tile or hexagon."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from eoexplore.charts import _areas, _figures, _leakage, _maps, _parts
from eoexplore.charts._areas import Areas
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option
from eoexplore.store import distances
from eoexplore.store.distances import Between

Floats = npt.NDArray[np.float64]
_MEASURES = {
    "median": ("Median distance in km", ",.1f"),
    "minimum": ("Least distance in km", ",.1f"),
    "near": ("Share within 1.3 km", ".1%"),
}


@dataclass(frozen=True)
class _Measured:
    """The distances in each area that has patches."""

    area: npt.NDArray[np.intp]
    """Number of the area, shape (m,)."""
    patches: npt.NDArray[np.int64]
    """Patches in it, shape (m,)."""
    values: dict[str, Floats]
    """Each of _MEASURES, shape (m,)."""


def make(asked: Asked) -> Chart:
    """Measure the distances area by area."""
    of, to = _parts.pair(asked.options["pair"])
    found = _leakage.nearest_of(asked, asked.split, of, to)
    areas = _areas.areas(asked, asked.options["by"], int(asked.options.get("width") or 0))
    measured = _measured(found, areas)
    if not len(measured.area):
        raise CannotTell(
            f"No {of} patch lies in one of these areas. Choose another way to cut the ground."
        )
    title, digits = _MEASURES[asked.options["measure"]]
    values = measured.values[asked.options["measure"]]
    names = [areas.names[number] for number in measured.area]
    low, high = int(np.argmin(values)), int(np.argmax(values))
    columns: dict[str, object] = {areas.title: names, f"{of} patches": measured.patches}
    columns |= {_MEASURES[key][0].lower(): own for key, own in measured.values.items()}
    lacking = len(found.rows) - int(measured.patches.sum())
    notes = [f"{lacking:,} patches lie in no such area."] if lacking else []
    return Chart(
        title=f"{title} from {of} to {_parts.WORDS[to]}, by {areas.title.lower()}",
        sentence=f"{title} from {of} patches to the nearest {_parts.WORDS[to]} patch, in "
        f"{len(names):,} areas: from {values[low]:{digits}} ({names[low]}) to "
        f"{values[high]:{digits}} ({names[high]}).",
        table=pd.DataFrame(columns),
        figure=_figure(asked, areas, measured, of),
        notes=(distances.places(asked.opened.samples).note, *notes),
        facts={"of": of, "to": to, "areas": dict(zip(names, values.tolist(), strict=True))},
    )


def _measured(found: Between, areas: Areas) -> _Measured:
    code = areas.codes[found.rows]
    there = np.array([bool(rings) for rings in areas.rings] + [False])
    inside = np.flatnonzero(there[code])
    order = inside[np.lexsort((found.distance_m[inside], code[inside]))]
    area, begins, patches = np.unique(code[order], return_index=True, return_counts=True)
    kilometres = found.distance_m[order] / 1_000
    # Sorted within each area: the middle one, or the mean of the two in the middle.
    median = (kilometres[begins + (patches - 1) // 2] + kilometres[begins + patches // 2]) / 2
    near = np.cumsum(np.append(0, kilometres <= _leakage.STEPS_KM[0]))
    share = (near[begins + patches] - near[begins]) / patches
    return _Measured(
        area, patches, {"median": median, "minimum": kilometres[begins], "near": share}
    )


def _figure(asked: Asked, areas: Areas, measured: _Measured, of: str) -> go.Figure:
    title, digits = _MEASURES[asked.options["measure"]]
    values = measured.values[asked.options["measure"]]
    marks = [
        _maps.Mark(
            area,
            f"{areas.names[area]}<br>{title}: {value:{digits}}<br>{count:,} {of} patches",
            _selection(asked, areas, area, of),
        )
        for area, value, count in zip(
            measured.area.tolist(), values.tolist(), measured.patches.tolist(), strict=True
        )
    ]
    return _maps.steps(areas, marks, values, _figures.Shade(title, digits))


def _selection(asked: Asked, areas: Areas, area: int, of: str) -> str | None:
    """Return what a click on an area selects; none where no condition says it."""
    value = areas.values[area]
    drawn = areas.key == "poly" and asked.part.selection.get("poly") is not None
    if value is None or drawn or asked.split.rule != _parts.RELEASED:
        return None
    return asked.part.only(**{areas.key: value, "split": (of,)})


def _options(asked: Asked) -> tuple[Option, ...]:
    found = [
        Option("pair", "From", _parts.PAIRS),
        Option("measure", "Measure", {name: title for name, (title, _) in _MEASURES.items()}),
        Option("by", "By", _areas.WAYS),
    ]
    if asked.opened.samples.located.any():
        sizes = {str(width): f"{width} km" for width in _areas.widths(asked)}
        found.append(Option("width", "Hexagons of", sizes, when={"by": ("hexagon",)}))
    return tuple(found)


CHART = Kind(
    name="leakage_map",
    page="splits",
    section="Leakage",
    order=205,
    title="Where do test patches lie near training patches?",
    make=make,
    options=_options,
)
