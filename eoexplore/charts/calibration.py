"""Whether scores mean what they say: reliability, before and after temperature scaling."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from eoexplore.analysis import calibration
from eoexplore.analysis.calibration import Reliability
from eoexplore.charts import _figures, _fitted, _judged
from eoexplore.charts._judged import Judged
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option

_ALL = "all"
_AS_IS, _SCALED = "as they are", "scaled"
_HEIGHT_PX = 520


@dataclass(frozen=True)
class _Calibrated:
    """How well scores are calibrated."""

    diagram: Reliability
    """Share that is right by score."""
    brier: float
    """Mean squared distance of score and truth."""
    by_class: float
    """Mean over the classes of their expected calibration error."""


def make(asked: Asked) -> Chart:
    """Draw the diagram of the judged scores, as they are and scaled."""
    own = _judged.judged(asked)
    if own.masks:
        raise CannotTell(
            f"The set {own.name} is of masks: its numbers are shares of the mask and no "
            "probabilities, so they cannot be calibrated. Choose a set of scores."
        )
    chosen = asked.options["class"]
    found = {_AS_IS: _measured(own, chosen, None)}
    temperature: float | None = None
    notes: tuple[str, ...]
    try:
        fitting = _fitted.validation(asked, own)
    except CannotTell as reason:
        notes = (f"Not scaled: {reason}",)
    else:
        temperature = _judged.kept(
            fitting, "temperature", lambda: calibration.temperature(fitting.truth, fitting.scores)
        )
        found[_SCALED] = _measured(own, chosen, temperature)
        notes = _scaling(own, fitting, temperature)
    return Chart(
        title=_title(found[_AS_IS]),
        sentence=_sentence(own, chosen, found, temperature),
        table=_table(found),
        figure=_figure(found),
        notes=(
            *_judged.warnings(asked),
            *_fitted.first_of(asked),
            *notes,
            *_notes(own, chosen, found),
        ),
        facts={
            "set": own.name,
            "class": None if chosen == _ALL else chosen,
            "scores": int(found[_AS_IS].diagram.count.sum()),
            "temperature": temperature,
            **_facts(found),
        },
    )


def _facts(found: dict[str, _Calibrated]) -> dict[str, object]:
    return {
        "calibration_error": {name: item.diagram.error for name, item in found.items()},
        "class_wise_error": {name: item.by_class for name, item in found.items()},
        "brier": {name: item.brier for name, item in found.items()},
    }


def _measured(own: Judged, chosen: str, temperature: float | None) -> _Calibrated:
    what = f"calibrated {chosen} {temperature}"
    return _judged.kept(own, what, lambda: _measure(own, chosen, temperature))


def _measure(own: Judged, chosen: str, temperature: float | None) -> _Calibrated:
    truth, scores = own.truth, own.scores
    if chosen in own.classes:
        column = own.classes.index(chosen)
        truth, scores = truth[:, [column]], scores[:, [column]]
    if temperature is not None:
        scores = calibration.rescaled(scores, temperature)
    return _Calibrated(
        calibration.reliability(truth.ravel(), scores.ravel()),
        float(calibration.brier_scores(truth, scores).mean()),
        float(calibration.calibration_errors(truth, scores).mean()),
    )


def _title(found: _Calibrated) -> str:
    own = found.diagram
    there = own.count > 0
    apart = (own.mean_score[there] - own.share[there]) @ own.count[there] / own.count.sum()
    if abs(apart) < own.error / 2:
        return f"Scores are off by {own.error:.3f} on average, in both directions"
    return f"Scores are too {'high' if apart > 0 else 'low'}: off by {own.error:.3f} on average"


def _sentence(
    own: Judged, chosen: str, found: dict[str, _Calibrated], temperature: float | None
) -> str:
    before = found[_AS_IS]
    of = "all classes" if chosen == _ALL else chosen
    said = (
        f"{own.name}, {of}, {before.diagram.count.sum():,} scores of {len(own.rows):,} patches: "
        f"expected calibration error {before.diagram.error:.3f}, Brier score {before.brier:.3f}"
    )
    if temperature is None:
        return f"{said}."
    after = found[_SCALED]
    return (
        f"{said}; scaled with temperature {temperature:.2f}, {after.diagram.error:.3f} and "
        f"{after.brier:.3f}."
    )


def _table(found: dict[str, _Calibrated]) -> pd.DataFrame:
    parts = []
    for name, item in found.items():
        own = item.diagram
        there = np.flatnonzero(own.count)
        parts.append(
            pd.DataFrame(
                {
                    "Scores": name,
                    "above": own.edges[there],
                    "up to": own.edges[there + 1],
                    "how many": own.count[there],
                    "mean score": own.mean_score[there],
                    "share with the class": own.share[there],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _figure(found: dict[str, _Calibrated]) -> go.Figure:
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.75, 0.25], vertical_spacing=0.04
    )
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", name="calibrated", hoverinfo="skip",
        line={"color": _figures.THIRD, "dash": "dot"}, row=1, col=1,
    )  # fmt: skip
    for number, (name, item) in enumerate(found.items()):
        own = item.diagram
        there = np.flatnonzero(own.count)
        colour = (_figures.FIRST, _figures.SECOND)[number]
        figure.add_scatter(
            x=own.mean_score[there],
            y=own.share[there],
            mode="lines+markers",
            name=name,
            line={"color": colour, "dash": ("solid", "dash")[number]},
            marker={"symbol": ("circle", "diamond")[number], "size": 8},
            hovertext=[f"{count:,} scores" for count in own.count[there].tolist()],
            hovertemplate=f"{name}<br>mean score %{{x:.3f}}, share %{{y:.3f}}<br>"
            "%{hovertext}<extra></extra>",
            row=1,
            col=1,
        )
        figure.add_bar(
            x=(own.edges[:-1] + own.edges[1:]) / 2,
            y=own.count,
            marker={"color": colour, "pattern": {"shape": ("", "/")[number]}},
            name=name,
            showlegend=False,
            hovertemplate=f"{name}<br>around %{{x:.2f}}: %{{y:,}} scores<extra></extra>",
            row=2,
            col=1,
        )
    _figures.plain(figure, legend=True)
    figure.update_xaxes(range=[-0.02, 1.02], tickformat=".1f")
    figure.update_xaxes(title="Score", row=2, col=1)
    figure.update_yaxes(range=[-0.02, 1.02], title="Share with the class", row=1, col=1)
    figure.update_yaxes(title="Scores (log.)", type="log", dtick=1, row=2, col=1)
    return figure.update_layout(height=_HEIGHT_PX, barmode="group", bargap=0.1)


def _scaling(own: Judged, fitting: Judged, temperature: float) -> tuple[str, ...]:
    notes = [
        *_fitted.note(own, fitting, f"The temperature {temperature:.2f} was fitted"),
        "Logits are divided by one temperature (Guo et al. 2017, arXiv:1706.04599, with a sigmoid "
        "for each class): above 1 the model was too sure, below 1 too unsure; the order of patches "
        "stays.",
    ]
    lowest, highest = calibration.COLDEST, calibration.HOTTEST
    if not lowest * 1.01 < temperature < highest * 0.99:
        notes.append(
            f"The temperature is at an end of what is tried ({lowest:g} to {highest:g}): on the "
            "validation patches hardly any score is wrong, or they say nothing."
        )
    return tuple(notes)


def _notes(own: Judged, chosen: str, found: dict[str, _Calibrated]) -> tuple[str, ...]:
    notes = [
        f"Expected calibration error: mean distance of score and share over {calibration.BINS} "
        "bins of equal width (Guo et al. 2017); Brier score: mean squared distance of score and "
        "truth (Brier 1950). 0 is best."
    ]
    if chosen == _ALL:
        each = ", ".join(f"{name} {item.by_class:.3f}" for name, item in found.items())
        notes.append(
            "All classes in one diagram hide errors that cancel out; the mean of the classes' own "
            f"errors (Nixon et al. 2019, arXiv:1904.01685): {each}."
        )
    elif not own.truth[:, own.classes.index(chosen)].any():
        notes.append(f"No judged patch has {chosen}: its scores should all be near 0.")
    return tuple(notes)


def _options(asked: Asked) -> tuple[Option, ...]:
    """Offer all classes together, or one of the set."""
    names = asked.predictions[0].about.classes if asked.predictions else ()
    return (Option("class", "Class", {_ALL: "All", **{name: name for name in names}}),)


CHART = Kind(
    name="calibration",
    page="evaluation",
    section="Curves and thresholds",
    order=310,
    title="Do scores mean what they say?",
    make=make,
    options=_options,
)
