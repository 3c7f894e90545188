"""What is gained if the least sure patches are left to a human: coverage against risk."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from eoexplore.analysis import abstention, multilabel
from eoexplore.analysis.abstention import RiskCoverage
from eoexplore.charts import _figures, _judged
from eoexplore.charts._judged import Judged
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option

_MEASURES = {"labels": "Wrong labels", "f1": "1 − micro F1"}
_RISKS = {
    "labels": "share of wrong labels (Hamming loss)",
    "f1": "share missing in micro F1 (1 − F1)",
}
_COVERAGES = (50, 70, 80, 90, 95, 100)
_HEIGHT_PX = 420


@dataclass(frozen=True)
class _Line:
    """What is left of the risk in one set."""

    name: str
    """Name of the set."""
    found: RiskCoverage
    """Risk at each coverage."""

    def at(self, per_cent: int) -> float:
        """Return the risk at a coverage; NaN where there is none."""
        return float(self.found.risk[per_cent])


def make(asked: Asked) -> Chart:
    """Draw the risk over the share of the patches that are kept, for one set or for two."""
    several = _judged.several(asked)
    kept = [own for own in several if not own.masks]
    if not kept:
        raise CannotTell(
            f"The set {several[0].name} is of masks: its numbers are shares of the mask and do not "
            "say how sure it is. Choose a set of scores."
        )
    measure, coverage = asked.options["measure"], int(asked.options["coverage"])
    lines = [_Line(own.name, _of(own, measure)) for own in kept]
    if np.isnan(lines[0].at(100)):
        raise CannotTell(
            "No judged patch has a label or is given one, so there is no F1. Choose wrong labels."
        )
    count = len(kept[0].rows)
    return Chart(
        title=_title(lines[0], coverage),
        sentence=_sentence(lines, measure, coverage, count),
        table=_table(lines, measure, count),
        figure=_figure(lines, measure, coverage),
        notes=(
            *_judged.warnings(asked),
            *(f"The set {own.name} is of masks and is left out." for own in several if own.masks),
            "A patch is as sure as the share of its labels that it expects to have right: the mean "
            "over the classes of the score where it is predicted, else of 1 − score.",
            "Risk and coverage as of Geifman and El-Yaniv 2017 (arXiv:1705.08500); AURC is the "
            "mean risk over all coverages. A curve that does not fall says that scores do not tell "
            "which patches are wrong.",
        ),
        facts={
            "measure": measure,
            "coverage": coverage / 100,
            "patches": count,
            "left_out": count - _kept(count, coverage),
            "risk": {line.name: _known(line.at(coverage)) for line in lines},
            "risk_of_all": {line.name: line.at(100) for line in lines},
            "aurc": {line.name: _known(line.found.area) for line in lines},
        },
    )


def _of(own: Judged, measure: str) -> RiskCoverage:
    return _judged.kept(own, f"abstention {measure}", lambda: _measure(own, measure))


def _measure(own: Judged, measure: str) -> RiskCoverage:
    predicted = multilabel.decided(own.scores, own.threshold)
    count = abstention.wrong_labels if measure == "labels" else abstention.missed_f1
    sure = abstention.confidence(own.scores, own.threshold)
    return abstention.risk_coverage(count(own.truth, predicted), sure)


def _kept(count: int, per_cent: int) -> int:
    return round(count * per_cent / 100)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def _title(line: _Line, coverage: int) -> str:
    risk, whole = line.at(coverage), line.at(100)
    if coverage == 100 or np.isnan(risk):
        half = line.at(50)
        if np.isnan(half):
            return f"The risk is {whole:.1%} if no patch is left out"
        return f"The risk is {whole:.1%} for all patches, {half:.1%} for the surer half"
    return (
        f"Without the least sure {100 - coverage} %, the risk is {risk:.1%} instead of {whole:.1%}"
    )


def _sentence(lines: list[_Line], measure: str, coverage: int, count: int) -> str:
    said = "; ".join(
        f"{line.name} "
        + (
            "unknown, since none of the kept patches has a label or is given one"
            if np.isnan(line.at(coverage))
            else f"{line.at(coverage):.3f} (of all patches {line.at(100):.3f})"
        )
        for line in lines
    )
    left = count - _kept(count, coverage)
    return (
        f"At a coverage of {coverage} %, where {left:,} of {count:,} patches are left out, the "
        f"{_RISKS[measure]} is: {said}."
    )


def _table(lines: list[_Line], measure: str, count: int) -> pd.DataFrame:
    steps = [*range(100, 0, -1)]
    table = pd.DataFrame(
        {
            "Coverage": [step / 100 for step in steps],
            "patches kept": [_kept(count, step) for step in steps],
        }
    )
    for line in lines:
        before = f"{line.name}: " if len(lines) > 1 else ""
        table[f"{before}{_RISKS[measure]}"] = line.found.risk[steps]
    return table


def _figure(lines: list[_Line], measure: str, coverage: int) -> go.Figure:
    figure = go.Figure()
    for number, line in enumerate(lines):
        colour = (_figures.FIRST, _figures.SECOND)[number % 2]
        figure.add_scatter(
            x=line.found.coverage[1:],
            y=np.round(line.found.risk[1:], 5),
            mode="lines",
            name=line.name,
            line={"color": colour, "dash": ("solid", "dash")[number % 2], "width": 2.5},
            hovertemplate=f"{line.name}<br>coverage %{{x:.0%}}, risk %{{y:.4f}}<extra></extra>",
        )
        figure.add_scatter(
            x=[coverage / 100],
            y=[line.at(coverage)],
            mode="markers",
            showlegend=False,
            hoverinfo="skip",
            marker={"color": colour, "size": 11, "symbol": ("circle", "diamond")[number % 2]},
        )
    figure.add_vline(x=coverage / 100, line={"color": _figures.THIRD, "width": 1, "dash": "dot"})
    risk = _RISKS[measure]
    figure.update_xaxes(
        title="Coverage: share of the patches that are kept, the surest first",
        range=[0, 1.02],
        tickformat=_figures.PERCENT_TICKS,
    )
    figure.update_yaxes(title=f"Risk: {risk}", rangemode="tozero")
    return _figures.plain(figure, legend=len(lines) > 1).update_layout(height=_HEIGHT_PX)


CHART = Kind(
    name="abstention",
    page="evaluation",
    section="Curves and thresholds",
    order=330,
    title="What if the least sure patches are left out?",
    make=make,
    options=(
        Option("measure", "Risk", _MEASURES),
        Option(
            "coverage",
            "Coverage",
            {str(step): f"{step} %" for step in _COVERAGES},
            ordered=True,
            default="90",
        ),
    ),
)
