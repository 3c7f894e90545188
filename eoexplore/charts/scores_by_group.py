"""How good the predictions are in each country, season, tile, or distance to training."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from eoexplore.analysis import bootstrap, multilabel, pixels
from eoexplore.analysis.bootstrap import Clusters
from eoexplore.charts import _figures, _judged, _judged_groups, _measured
from eoexplore.charts._judged import Judged
from eoexplore.charts._judged_groups import Groups
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]


@dataclass(frozen=True)
class _Measured:
    """A figure of each group, shape (group,) each."""

    value: Floats
    """The figure; NaN where nothing can be measured."""
    low: Floats
    """Lower end of its interval; NaN of a group in one tile."""
    high: Floats
    """Upper end."""
    patches: npt.NDArray[np.int64]
    """Judged samples."""
    tiles: npt.NDArray[np.int64]
    """Tiles that these lie in."""


def make(asked: Asked) -> Chart:
    """Measure each group in one set, or in two."""
    several = _judged.several(asked)
    by, figure = asked.options["by"], asked.options["figure"]
    groups = _judged_groups.groups(asked, by)
    found = [_of(own, groups, by, figure) for own in several]
    patches = found[0].patches
    shown = np.flatnonzero(patches)
    if not len(shown):
        raise CannotTell(
            f"Of no judged patch the group ({groups.title.lower()}) is known. Choose another way "
            "to group."
        )
    if not np.isfinite(found[0].value).any():
        raise CannotTell(
            "In no group has a judged patch what this figure needs: a label, or a labelled pixel."
        )
    return Chart(
        title=_title(groups, found[0], figure),
        sentence=_sentence(groups, found[0], several[0], figure),
        table=_table(groups, found, several, shown, figure),
        figure=_figure(asked, groups, found, several, shown),
        notes=(*_judged.warnings(asked), *_notes(several[0], groups, found[0], figure)),
        facts=_facts(groups, found[0], several[0], figure, shown),
    )


def _of(own: Judged, groups: Groups, by: str, figure: str) -> _Measured:
    return _judged.kept(own, f"by {by} {figure}", lambda: _measure(own, groups, figure))


def _measure(own: Judged, groups: Groups, figure: str) -> _Measured:
    codes, tiles = groups.codes[own.rows], own.clusters.codes
    count = len(groups.names)
    # What is not in any group gets a number behind all of them.
    cells, place = np.unique(
        np.where(codes < 0, count, codes) * own.clusters.count + tiles, return_inverse=True
    )
    of = cells // max(1, own.clusters.count)
    measure = (
        _of_ranks
        if figure in _measured.MAIN_LABELS and figure.startswith("average")
        else _of_counts
    )
    each = measure(own, Clusters(place.astype(np.intp), len(cells)), of, figure)
    value, low, high = (np.full(count, np.nan) for _ in range(3))
    for group in np.unique(of[of < count]).tolist():
        ends = each(group)
        value[group], low[group], high[group] = ends.value, ends.low, ends.high
    return _Measured(
        value, low, high,
        np.bincount(codes[codes >= 0], minlength=count),
        np.bincount(of[of < count], minlength=count),
    )  # fmt: skip


def _of_counts(
    own: Judged, cells: Clusters, of: Codes, figure: str
) -> Callable[[int], bootstrap.Intervals]:
    """Return what measures a group by counts, which add up over its tiles."""
    if figure in _measured.MAIN_PIXELS:
        by_cell = replace(own, clusters=cells).by_tile
        figures: Callable[[npt.NDArray[np.generic]], dict[str, Floats]] = pixels.measures
    else:
        predicted = multilabel.decided(own.scores, own.threshold)
        by_cell = multilabel.counts(own.truth, predicted, cells.codes, cells.count)
        figures = multilabel.rates

    def measure(group: int) -> bootstrap.Intervals:
        totals = by_cell[of == group]
        tiles = Clusters(np.arange(len(totals)), len(totals))
        drawn = bootstrap.resampled(totals, tiles, _judged.REPLICATES, _judged.SEED)
        return bootstrap.intervals(figures(totals.sum(0))[figure], figures(drawn)[figure], tiles)

    return measure


def _of_ranks(
    own: Judged, cells: Clusters, of: Codes, _: str
) -> Callable[[int], bootstrap.Intervals]:
    """Return what measures a group by the order of its scores."""
    order = np.argsort(cells.codes, kind="stable")
    starts = np.searchsorted(cells.codes[order], np.arange(cells.count + 1))

    def measure(group: int) -> bootstrap.Intervals:
        mine = np.flatnonzero(of == group)
        # Cells of a group stand side by side, since their numbers begin with it.
        rows = order[starts[mine[0]] : starts[mine[-1] + 1]]
        truth, scores = own.truth[rows], own.scores[rows]
        tiles = Clusters.of(cells.codes[rows])
        value = multilabel.by_class(truth, scores, own.threshold).average_precision
        mean = float(value[~np.isnan(value)].mean()) if truth.any() else float("nan")
        if tiles.count < 2:
            return bootstrap.intervals(mean, np.full(1, np.nan), tiles)
        drawn = bootstrap.average_precision_replicates(
            truth, scores, tiles, _judged.REPLICATES, _judged.SEED
        )
        return bootstrap.intervals(mean, drawn.macro, tiles)

    return measure


def _titled(figure: str) -> str:
    return (_measured.MAIN_LABELS | _measured.MAIN_PIXELS)[figure]


def _ends(found: _Measured) -> tuple[int, int]:
    """Return the groups with the largest and the smallest value."""
    return int(np.nanargmax(found.value)), int(np.nanargmin(found.value))


def _title(groups: Groups, found: _Measured, figure: str) -> str:
    if np.isfinite(found.value).sum() < 2:
        return f"{_titled(figure)}, by {groups.title.lower()}"
    best, worst = _ends(found)
    return (
        f"{_titled(figure)} is {found.value[best]:.3f} at best ({groups.names[best]}) and "
        f"{found.value[worst]:.3f} at worst ({groups.names[worst]})"
    )


def _sentence(groups: Groups, found: _Measured, own: Judged, figure: str) -> str:
    best, worst = _ends(found)
    known = int(np.isfinite(found.value).sum())
    if known == 1:
        return (
            f"{_titled(figure)} of {own.name} is {_said(found, best)} in the only group, "
            f"{groups.names[best]}, of {found.patches[best]:,} patches."
        )
    return (
        f"{_titled(figure)} of {own.name} in {known} groups ({groups.title.lower()}): from "
        f"{_said(found, best)} for {groups.names[best]} ({found.patches[best]:,} patches) down to "
        f"{_said(found, worst)} for {groups.names[worst]} ({found.patches[worst]:,} patches)."
    )


def _said(found: _Measured, at: int) -> str:
    value = f"{found.value[at]:.3f}"
    if np.isnan(found.low[at]):
        return value
    return f"{value} ({found.low[at]:.3f} to {found.high[at]:.3f})"


def _table(
    groups: Groups,
    found: list[_Measured],
    several: tuple[Judged, ...],
    shown: Codes,
    figure: str,
) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            groups.title: [groups.names[at] for at in shown],
            "patches": found[0].patches[shown],
            "tiles": found[0].tiles[shown],
        }
    )
    for own, item in zip(several, found, strict=True):
        before = f"{own.name}: " if len(several) > 1 else ""
        table[f"{before}{_titled(figure)}"] = item.value[shown]
        table[f"{before}from"], table[f"{before}to"] = item.low[shown], item.high[shown]
    return table


def _figure(
    asked: Asked,
    groups: Groups,
    found: list[_Measured],
    several: tuple[Judged, ...],
    shown: Codes,
) -> object:
    figure = _figures.bars(
        [f"{groups.names[at]} ({found[0].patches[at]:,})" for at in shown],
        {own.name: item.value[shown] for own, item in zip(several, found, strict=True)},
        quantity=f"{_titled(asked.options['figure'])}, 0 to 1",
        digits=".3f",
        selections=[_selection(asked, groups, at) for at in shown],
    )
    for trace, item in zip(figure.data, found, strict=True):
        trace.error_x = _figures.whisker(item.low[shown], item.value[shown], item.high[shown])
    figure.update_xaxes(range=[0, 1.02], tickformat=".1f")
    return figure


def _selection(asked: Asked, groups: Groups, at: int) -> str | None:
    conditions = groups.conditions[at]
    return None if conditions is None else asked.part.only(**conditions)


def _notes(own: Judged, groups: Groups, found: _Measured, figure: str) -> tuple[str, ...]:
    notes = [*groups.notes]
    alone = int(((found.tiles == 1) & (found.patches > 0)).sum())
    notes.append(
        f"Intervals of 95 % by bootstrap over the tiles of a group, {_judged.REPLICATES:,} "
        "replicates; of fewer than ten tiles they say little"
        + (f", of one tile there is none ({alone} of the groups)." if alone else ".")
    )
    if "macro" in figure or figure == "mean_iou":
        notes.append(
            "The mean is over the classes that a group has, so groups differ by their classes too."
        )
    lacking = len(own.rows) - int(found.patches.sum())
    if lacking:
        notes.append(f"{lacking:,} judged patches are in no group: this is not known of them.")
    empty = int((np.isnan(found.value) & (found.patches > 0)).sum())
    if empty:
        notes.append(f"{empty} of the groups cannot be measured: no label, or no labelled pixel.")
    return tuple(notes)


def _facts(
    groups: Groups, found: _Measured, own: Judged, figure: str, shown: Codes
) -> dict[str, object]:
    return {
        "set": own.name,
        "figure": figure,
        "by": groups.title,
        "groups": {
            groups.names[at]: {
                "patches": int(found.patches[at]),
                "tiles": int(found.tiles[at]),
                **{
                    part: None if np.isnan(number) else float(number)
                    for part in ("value", "low", "high")
                    for number in (getattr(found, part)[at],)
                },
            }
            for at in shown.tolist()
        },
    }


def _options(asked: Asked) -> tuple[Option, ...]:
    """Offer figures of pixels for masks only."""
    masks = bool(asked.predictions) and asked.predictions[0].about.task == "segmentation"
    return (
        Option(
            "figure", "Figure", _measured.MAIN_LABELS | (_measured.MAIN_PIXELS if masks else {})
        ),
        Option("by", "By", _judged_groups.WAYS),
    )


CHART = Kind(
    name="scores_by_group",
    page="evaluation",
    section="Where",
    order=400,
    title="Where are the predictions good?",
    make=make,
    options=_options,
)
