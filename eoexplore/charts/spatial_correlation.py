"""Whether patches that lie side by side have the same classes: Moran's I and join counts."""

import numpy as np
import pandas as pd

from eoexplore.analysis import autocorrelation
from eoexplore.charts import _figures, _grid
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option

_STEPS = {"rook": autocorrelation.ROOK, "queen": autocorrelation.QUEEN}
_SAID = {"rook": "an edge", "queen": "an edge or a corner"}


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
    counted = {k: autocorrelation.joins(grid.has[k], pairs) for k in grid.order}
    own = {k: int(grid.has[k].sum()) for k in grid.order}
    found = {k: autocorrelation.moran_of(counted[k], places, own[k]) for k in grid.order}
    order = sorted(grid.order, key=lambda k: -found[k])
    moran = np.array([found[k] for k in order])
    names = [asked.classes[k].name for k in order]
    joins, having = [counted[k] for k in order], [own[k] for k in order]
    chance = [autocorrelation.by_chance(places, count, number) for count in having]
    table = pd.DataFrame(
        {
            "Class": names,
            "places with it": having,
            "Moran's I": moran,
            "pairs: both have it": [item.both for item in joins],
            "both, by chance": [round(both, 1) for both, _, _ in chance],
            "pairs: one has it": [item.one for item in joins],
            "one, by chance": [round(one, 1) for _, one, _ in chance],
            "pairs: none has it": [item.neither for item in joins],
            "none, by chance": [round(neither, 1) for _, _, neither in chance],
        }
    )
    return Chart(
        title=f"Neighbouring patches resemble each other most in {names[0]}"
        if moran[0] > 0
        else "Neighbouring patches do not resemble each other",
        sentence=f"Over {number:,} pairs of places that share {_SAID[near]}, Moran's I lies "
        f"between {moran[-1]:.2f} ({names[-1]}) and {moran[0]:.2f} ({names[0]}); without any "
        f"pattern it would be {_written(-1 / (places - 1))}.",
        table=table,
        figure=_figures.bars(
            names,
            {"Moran's I": moran},
            quantity=f"Moran's I of presence, between places that share {_SAID[near]}",
            colours=[asked.classes[k].colour for k in order],
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
            "moran": dict(zip(names, moran.tolist(), strict=True)),
        },
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
