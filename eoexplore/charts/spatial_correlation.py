"""Whether patches that lie side by side have the same classes: Moran's I and join counts."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from eoexplore.analysis import autocorrelation
from eoexplore.charts import _figures, _grid
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option

_STEPS = {"rook": autocorrelation.ROOK, "queen": autocorrelation.QUEEN}
_SAID = {"rook": "an edge", "queen": "an edge or a corner"}


@dataclass(frozen=True)
class _Counted:
    """Classes and their neighbours, the most alike first."""

    classes: list[int]
    """Number of each class."""
    names: list[str]
    """What a user reads."""
    having: list[int]
    """Places with it."""
    joins: list[autocorrelation.Joins]
    """Pairs with and without it."""
    moran: list[float]
    """Moran's I."""


def make(asked: Asked) -> Chart:
    """Compare neighbouring places class by class."""
    grid = _grid.grid_of(asked)
    near = asked.options["near"]
    pairs = autocorrelation.neighbours(grid.x, grid.y, grid.tile, _STEPS[near])
    number, places = len(pairs[0]), len(grid.x)
    if not number:
        raise CannotTell(
            "No two places of the selection lie side by side in one tile, so neighbours cannot be "
            "compared. Choose a wider selection."
        )
    counted = _counted(asked, grid, pairs)
    names, moran = counted.names, counted.moran
    return Chart(
        title=_title(names[0], moran[0]),
        sentence=f"Over {number:,} pairs of places that share {_SAID[near]}, Moran's I lies "
        f"between {moran[-1]:.2f} ({names[-1]}) and {moran[0]:.2f} ({names[0]}); without any "
        f"pattern it would be {_written(-1 / (places - 1))}.",
        table=_table(counted, places, number),
        figure=_figures.bars(
            names,
            {"Moran's I": moran},
            quantity=f"Moran's I of presence, between places that share {_SAID[near]}",
            colours=[asked.classes[k].colour for k in counted.classes],
            digits=".3f",
            selections=[asked.part.only(name) for name in names],
        ),
        notes=(
            "Moran's I (1950, doi:10.2307/2332142): 1 where neighbours always agree, 0 without a "
            "pattern, below 0 where they differ more than by chance.",
            "Join counts: pairs of which both, one or none have the class; by chance, as if those "
            "that have it were shuffled among all places (Cliff and Ord 1981, Spatial Processes).",
            f"{_grid.ONE_DATE} Places of different tiles are not compared.",
        ),
        facts={
            "neighbours": near,
            "places": places,
            "pairs": number,
            "moran": dict(zip(names, moran, strict=True)),
        },
    )


def _title(name: str, most: float) -> str:
    if most <= 0:
        return "Neighbouring patches do not resemble each other"
    return f"Neighbouring patches resemble each other most in {name}"


def _counted(asked: Asked, grid: _grid.Grid, pairs: autocorrelation.Pairs) -> _Counted:
    joins = [autocorrelation.joins(grid.has[k], pairs) for k in grid.order]
    having = [int(grid.has[k].sum()) for k in grid.order]
    found = [
        autocorrelation.moran_of(own, len(grid.x), count)
        for own, count in zip(joins, having, strict=True)
    ]
    order = np.argsort(-np.array(found), kind="stable")
    classes = [int(grid.order[n]) for n in order]
    return _Counted(
        classes,
        [asked.classes[k].name for k in classes],
        [having[n] for n in order],
        [joins[n] for n in order],
        [found[n] for n in order],
    )


def _table(counted: _Counted, places: int, pairs: int) -> pd.DataFrame:
    chance = np.array(
        [autocorrelation.by_chance(places, count, pairs) for count in counted.having]
    ).round(1)
    return pd.DataFrame(
        {
            "Class": counted.names,
            "places with it": counted.having,
            "Moran's I": counted.moran,
            "pairs: both have it": [item.both for item in counted.joins],
            "both, by chance": chance[:, 0],
            "pairs: one has it": [item.one for item in counted.joins],
            "one, by chance": chance[:, 1],
            "pairs: none has it": [item.neither for item in counted.joins],
            "none, by chance": chance[:, 2],
        }
    )


def _written(value: float) -> str:
    return "almost 0" if abs(value) < 0.0005 else f"{value:.3f}"


CHART = Kind(
    name="spatial_correlation",
    page="splits",
    section="Spatial correlation",
    order=300,
    title="Do neighbouring patches have the same classes?",
    make=make,
    options=(
        Option(
            "near",
            "Neighbours",
            {"rook": "That share an edge", "queen": "That share an edge or a corner"},
        ),
    ),
)
