"""Sets of classes with a stated coverage: fitted on validation, checked on other samples."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from eoexplore.analysis import conformal
from eoexplore.charts import _figures, _fitted, _groups, _judged
from eoexplore.charts._groups import Grouping
from eoexplore.charts._judged import Judged
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option

Found = tuple[conformal.Thresholds, conformal.Coverage]


def make(asked: Asked) -> Chart:
    """Fit the sets on the validation samples and count how often they hold what is true."""
    judged = _judged.judged(asked)
    fitting = _fitted.validation(asked, judged)
    own = _fitted.apart(judged, fitting)
    if not own.truth.any():
        raise CannotTell(
            "No judged patch has a class of the set, so there is nothing to cover. Select others."
        )
    nominal, by = int(asked.options["coverage"]), asked.options["by"]
    groups, lacking = _grouped(asked, by)
    limits, found = _judged.kept(
        own, f"conformal {nominal} {by}", lambda: _measure(own, fitting, groups, nominal)
    )
    order = np.lexsort((-found.support, -np.nan_to_num(found.by_class, nan=-1)))
    return Chart(
        title=f"Sets of {nominal} % hold {found.overall:.1%} of the labels, with {found.size:.1f} "
        "classes on average",
        sentence=_sentence(own, limits, found, nominal),
        table=_table(own, limits, found, groups, order),
        figure=_figure(asked, own, found, order, nominal),
        notes=(
            *_judged.warnings(asked),
            *_fitted.first_of(asked),
            *_notes(judged, fitting, limits, nominal),
            *lacking,
        ),
        facts=_facts(own, limits, found, groups),
    )


def _grouped(asked: Asked, by: str) -> tuple[Grouping | None, tuple[str, ...]]:
    try:
        return _groups.grouping(asked, by), ()
    except CannotTell as reason:
        return None, (str(reason),)


def _measure(own: Judged, fitting: Judged, groups: Grouping | None, nominal: int) -> Found:
    limits = conformal.fit(fitting.truth, fitting.scores, 1 - nominal / 100)
    codes = None if groups is None else groups.codes[own.rows]
    return limits, conformal.coverage(own.truth, own.scores, limits, codes)


def _sentence(
    own: Judged, limits: conformal.Thresholds, found: conformal.Coverage, nominal: int
) -> str:
    known = np.flatnonzero((found.support > 0) & limits.suffices)
    said = (
        f"On {len(own.rows):,} patches of {own.name}, sets that should hold {nominal} % of the "
        f"patches of each class hold {found.overall:.1%} of all labels, with {found.size:.1f} of "
        f"{len(own.classes)} classes in a set on average"
    )
    if not len(known):
        return f"{said}; no class has enough validation patches."
    low, high = (int(known[pick(found.by_class[known])]) for pick in (np.argmin, np.argmax))
    below = int((found.by_class[known] < nominal / 100).sum())
    return (
        f"{said}; from {found.by_class[low]:.1%} ({own.classes[low]}) to "
        f"{found.by_class[high]:.1%} ({own.classes[high]}), below {nominal} % for {below} of "
        f"{len(known)} classes."
    )


def _table(
    own: Judged,
    limits: conformal.Thresholds,
    found: conformal.Coverage,
    groups: Grouping | None,
    order: npt.NDArray[np.intp],
) -> pd.DataFrame:
    columns: dict[str, object] = {
        "Class": [*(own.classes[at] for at in order), "All labels"],
        "patches with it": [*found.support[order], found.support.sum()],
        "coverage": [*found.by_class[order], found.overall],
        "score from": [*limits.threshold[order], np.nan],
        "validation patches with it": [*limits.support[order], limits.support.sum()],
    }
    for number, code in enumerate(found.groups.tolist() if groups is not None else ()):
        name = f"coverage, {groups.names[code]}" if groups is not None else ""
        columns[name] = [*found.by_group_and_class[number][order], found.by_group[number]]
    return pd.DataFrame(columns)


def _figure(
    asked: Asked,
    own: Judged,
    found: conformal.Coverage,
    order: npt.NDArray[np.intp],
    nominal: int,
) -> go.Figure:
    names = [own.classes[at] for at in order]
    known = asked.opened.dataset.classes.names
    figure = _figures.bars(
        names,
        {"Coverage": found.by_class[order]},
        quantity="Share of the patches with the class whose set has it",
        digits=".1%",
        selections=[asked.part.only(name) if name in known else None for name in names],
    )
    figure.add_vline(
        x=nominal / 100,
        line={"color": _figures.SECOND, "width": 2, "dash": "dash"},
        annotation={"text": f"{nominal} %", "yanchor": "bottom", "y": 1},
    )
    return figure.update_xaxes(range=[0, 1.02])


def _notes(
    judged: Judged, fitting: Judged, limits: conformal.Thresholds, nominal: int
) -> tuple[str, ...]:
    notes = [
        f"Fitted on {len(fitting.rows):,} validation patches of the set: a class is in a set from "
        f"the score on that {nominal} % of its validation patches reach (split conformal "
        "prediction within each class, Vovk 2012, arXiv:1209.2673).",
        "The stated coverage holds, on average over draws, for patches that were drawn as the "
        "validation patches were (exchangeable). Those of other places, seasons or tiles are not: "
        "look at the coverage of groups in the table.",
    ]
    if both := _fitted.shared(judged, fitting):
        notes.append(f"{both:,} selected patches are validation patches and are not judged.")
    lacking = [name for name, enough in zip(judged.classes, limits.suffices, strict=True)
               if not enough]  # fmt: skip
    always = int(((limits.threshold <= 0) & limits.suffices).sum())
    if always:
        notes.append(
            f"{always} of the classes must be taken from a score of 0 on, so every set has them: "
            "too many of their validation patches get no score at all."
        )
    if lacking:
        notes.append(
            "These have too few validation patches for this coverage, so every set has them: "
            f"{', '.join(lacking)}."
        )
    return tuple(notes)


def _facts(
    own: Judged,
    limits: conformal.Thresholds,
    found: conformal.Coverage,
    groups: Grouping | None,
) -> dict[str, object]:
    codes = found.groups.tolist() if groups is not None else []
    names = [groups.names[code] for code in codes] if groups is not None else []
    return {
        "set": own.name,
        "nominal": 1 - limits.alpha,
        "coverage": found.overall,
        "size": found.size,
        "classes": {
            name: None if np.isnan(value) else value
            for name, value in zip(own.classes, found.by_class.tolist(), strict=True)
        },
        "groups": {
            name: {"coverage": None if np.isnan(cover) else cover, "size": size}
            for name, cover, size in zip(
                names, found.by_group.tolist(), found.group_size.tolist(), strict=True
            )
        }
        if names
        else {},
    }


CHART = Kind(
    name="conformal_sets",
    page="evaluation",
    section="Sets with stated coverage",
    order=500,
    title="Can a set of classes be trusted to hold the true ones?",
    make=make,
    options=(
        Option("coverage", "Stated coverage", {"80": "80 %", "90": "90 %", "95": "95 %"},
               ordered=True, default="90"),
        Option("by", "In the table by", {"country": "Country", "season": "Season"}),
    ),
)  # fmt: skip
