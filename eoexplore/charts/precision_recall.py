"""Precision over recall, or the receiver operating characteristic, of one class."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from eoexplore.analysis import curves, multilabel
from eoexplore.analysis.curves import Curves
from eoexplore.charts import _figures, _judged, _labels
from eoexplore.charts._judged import Judged
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option

Floats = npt.NDArray[np.float64]
_PR, _ROC = "pr", "roc"
_HEIGHT_PX = 480


@dataclass(frozen=True)
class _Line:
    """The curve of one set."""

    name: str
    """Name of the set."""
    x: Floats
    """Recall, or false positive rate, rising."""
    y: Floats
    """Precision, or true positive rate."""
    threshold: Floats
    """Scores from which the points count as predicted; infinite where nothing does."""
    area: float
    """Average precision, or area under the curve."""
    decided: tuple[float, float]
    """Where the set's own threshold lies; NaN where it predicts nothing."""
    stated: str
    """The set's own threshold in words."""


def make(asked: Asked) -> Chart:
    """Draw the curve of one class for one set, or for two."""
    several = _judged.several(asked)
    chosen, curve = asked.options["class"], asked.options["curve"]
    truth = several[0].truth[:, several[0].classes.index(chosen)]
    positive = int(truth.sum())
    if not positive:
        raise CannotTell(
            f"None of the {len(truth):,} judged patches has {chosen}, so there is no curve. Choose "
            "another class or a wider selection."
        )
    if curve == _ROC and positive == len(truth):
        raise CannotTell(
            f"All {len(truth):,} judged patches have {chosen}, so nothing can be a false positive. "
            "Choose precision over recall or a wider selection."
        )
    lines = [_line(own, chosen, curve) for own in several]
    share = positive / len(truth)
    return Chart(
        title=f"{_area(curve)} {lines[0].area:.3f} for {_figures.short(chosen)}",
        sentence=_sentence(chosen, curve, lines, positive, len(truth)),
        table=_table(lines, curve),
        figure=_figure(lines, curve, share),
        notes=(*_judged.warnings(asked), *_notes(list(several), curve, share)),
        facts={
            "class": chosen,
            "curve": curve,
            "patches": len(truth),
            "with_class": positive,
            **_facts(lines),
        },
    )


def _facts(lines: list[_Line]) -> dict[str, object]:
    return {
        "area": {line.name: line.area for line in lines},
        "at_threshold": {
            line.name: None if np.isnan(line.decided).any() else list(line.decided)
            for line in lines
        },
    }


def _line(own: Judged, chosen: str, curve: str) -> _Line:
    column = own.classes.index(chosen)
    truth, scores = own.truth[:, column], own.scores[:, column]
    found: Curves = _judged.kept(own, f"curves {chosen}", lambda: curves.curves(truth, scores))
    predicted = multilabel.decided(scores[:, None], own.threshold)
    tp, fp, fn = multilabel.counts(truth[:, None], predicted)[0, :, 0].tolist()
    recall = tp / (tp + fn)
    stated = "any pixel" if own.masks else f"{own.stated:g}"
    if curve == _PR:
        precision = tp / (tp + fp) if tp + fp else float("nan")
        parts = found.recall, found.precision, found.precision_threshold
        return _Line(own.name, *parts, found.average_precision, (recall, precision), stated)
    at = fp / (len(truth) - tp - fn), recall
    parts = found.false_positive_rate, found.true_positive_rate, found.rate_threshold
    return _Line(own.name, *parts, found.roc_auc, at, stated)


def _area(curve: str) -> str:
    return "Average precision" if curve == _PR else "Area under the ROC curve"


def _axes(curve: str) -> tuple[str, str]:
    if curve == _PR:
        return "Recall", "Precision"
    return "False positive rate", "True positive rate (recall)"


def _sentence(chosen: str, curve: str, lines: list[_Line], positive: int, count: int) -> str:
    said = "; ".join(f"{line.name} {line.area:.3f}{_at(line, curve)}" for line in lines)
    return (
        f"{_area(curve)} of {chosen}, which {positive:,} of {count:,} judged patches have: {said}."
    )


def _at(line: _Line, curve: str) -> str:
    words = ("recall", "precision") if curve == _PR else ("false positive rate", "recall")
    if np.isnan(line.decided[1]):
        return f" (at its threshold, {line.stated}, nothing is predicted)"
    return (
        f" (at its threshold, {line.stated}: {words[0]} {line.decided[0]:.3f}, {words[1]} "
        f"{line.decided[1]:.3f})"
    )


def _table(lines: list[_Line], curve: str) -> pd.DataFrame:
    x, y = _axes(curve)
    parts = []
    for line in lines:
        # Nothing reaches an infinite score.
        threshold = np.where(np.isfinite(line.threshold), line.threshold, np.nan)
        part = pd.DataFrame({"score from": threshold, x: line.x, y: line.y})
        if len(lines) > 1:
            part.insert(0, "Predictions", line.name)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _figure(lines: list[_Line], curve: str, share: float) -> go.Figure:
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1],
        y=[share, share] if curve == _PR else [0, 1],
        mode="lines",
        name="by chance",
        line={"color": _figures.THIRD, "dash": "dot"},
        hoverinfo="skip",
    )
    for number, line in enumerate(lines):
        colour = (_figures.FIRST, _figures.SECOND)[number % 2]
        figure.add_scatter(
            x=np.round(line.x, 5),
            y=np.round(line.y, 5),
            mode="lines",
            name=line.name,
            line={
                "color": colour,
                "dash": ("solid", "dash")[number % 2],
                "width": 2.5,
                # Average precision is the area under steps, that of ROC under straight lines.
                "shape": "vh" if curve == _PR else "linear",
            },
            # Not as custom data, which is what a click selects.
            hovertext=[
                f"from {value:.4g} on" if np.isfinite(value) else "nothing predicted"
                for value in line.threshold.tolist()
            ],
            hovertemplate=f"{line.name}<br>%{{x:.3f}}, %{{y:.3f}}<br>%{{hovertext}}<extra></extra>",
        )
        if not np.isnan(line.decided).any():
            _point(figure, line, colour, ("circle", "diamond")[number % 2])
    x, y = _axes(curve)
    figure.update_xaxes(title=f"{x}, 0 to 1", range=[-0.02, 1.02], tickformat=".1f")
    figure.update_yaxes(title=f"{y}, 0 to 1", range=[-0.02, 1.02], tickformat=".1f")
    return _figures.plain(figure, legend=True).update_layout(height=_HEIGHT_PX)


def _point(figure: go.Figure, line: _Line, colour: str, symbol: str) -> None:
    """Mark where the set's own threshold lies."""
    figure.add_scatter(
        x=[line.decided[0]],
        y=[line.decided[1]],
        mode="markers",
        name=f"{line.name}: threshold {line.stated}",
        marker={
            "color": colour,
            "symbol": symbol,
            "size": 12,
            "line": {"color": "#000000", "width": 1},
        },
        hovertemplate="%{x:.3f}, %{y:.3f}<extra></extra>",
    )


def _notes(known: list[Judged], curve: str, share: float) -> tuple[str, ...]:
    notes = []
    if curve == _PR:
        notes.append(f"Scores that say nothing would have a precision of {share:.3f} everywhere.")
        notes.append("Average precision: sum of the gains in recall times precision, as steps.")
    else:
        notes.append("Of a rare class this looks good even where most predictions of it are wrong.")
    if any(own.masks for own in known):
        notes.append("The score of a set of masks is the share of the class in the mask.")
    notes.append(f"At most {curves.MOST_POINTS} points are kept of a curve; the area is of all.")
    return tuple(notes)


def _options(asked: Asked) -> tuple[Option, ...]:
    """Offer the classes of the judged set, the most frequent one of the selection first chosen."""
    if not asked.predictions:
        return ()
    known = [read.about.classes for read in asked.predictions]
    names = [name for name in known[0] if all(name in own for own in known)] or known[0]
    counts = dict(
        zip(asked.opened.dataset.classes.names, _labels.patches_of(asked, asked.part), strict=True)
    )
    most = max(names, key=lambda name: counts.get(name, 0))
    return (
        Option("class", "Class", {name: name for name in names}, default=most),
        Option("curve", "Curve", {_PR: "Precision over recall", _ROC: "ROC"}),
    )


CHART = Kind(
    name="precision_recall",
    page="evaluation",
    section="Curves and thresholds",
    order=300,
    title="What does a threshold cost?",
    make=make,
    options=_options,
)
