"""What is estimated of the noise of a label map: spots of the selection, beside its area."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from eoexplore.analysis import label_noise
from eoexplore.analysis.label_noise import Noise, Spots
from eoexplore.charts import _figures
from eoexplore.charts.chart import Asked, CannotTell, Mask
from eoexplore.evidence import spots as evidence
from eoexplore.jobs import label_issues
from eoexplore.store import honesty, issues
from eoexplore.store.issues import Issues

Floats = npt.NDArray[np.float64]
LEAST = 30
"""Samples of a class without which its estimate stands apart: too few for an interval that holds.
"""
_PIXEL_HA = 1e-2
_KIND = evidence.KIND.name


@dataclass(frozen=True)
class Found:
    """The estimate of some samples."""

    noise: Noise
    """Of the classes of the dataset."""
    area_ha: Floats
    """Area of each class that was looked at, each place once, shape (class,)."""
    samples: npt.NDArray[np.int64]
    """Samples with each class on their maps that were looked at, shape (class,)."""


def all_of(asked: Asked) -> Issues:
    """Return what was found with the predictions of the page.

    Raises:
        CannotTell: nobody has looked, or spots of masks cannot be told.
    """
    if not asked.predictions:
        raise CannotTell(
            "Without predictions nobody knows how much of the map is wrong. Choose a set of masks, "
            "or predict the dataset with spatial folds."
        )
    about = asked.predictions[0].about
    if about.task != "segmentation":
        raise CannotTell(
            f"The set {about.name} has scores of whole patches, and how much of the map is wrong "
            "takes a class for each pixel. Choose a set of masks."
        )
    names = label_issues.names(asked.predictions[0])
    found = issues.together(asked.opened, names, about.name)
    if _KIND in found.cannot:
        raise CannotTell(found.cannot[_KIND])
    if _KIND not in found.kinds:
        raise CannotTell("Nobody has looked for wrong labels yet. Start it at the top of the page.")
    return found


def looked_at(asked: Asked) -> Mask:
    """Tell which samples were looked at: those with a map and scores out of sample, shape (n,)."""
    opened, read = asked.opened, asked.predictions[0]
    maps = next(layer.name for layer in opened.dataset.layers if layer.kind == "categorical")
    there = np.zeros(len(opened.samples), bool)
    there[read.rows] = True
    honest = honesty.of(opened, read.about).mask
    return there & honest & opened.samples.has(maps) & opened.samples.located


def estimate(asked: Asked, mask: Mask, edge: bool | None = None) -> Found:
    """Estimate the noise of some samples.

    Args:
        asked: the set of predictions.
        mask: which samples of the dataset, shape (n,).
        edge: only what lies at a border of classes, or only what does not; none for all.

    Raises:
        CannotTell: see `all_of`; or nothing of them was looked at.
    """
    found = all_of(asked)
    own = mask & looked_at(asked)
    if not own.any():
        raise CannotTell(
            "No sample of the selection has a label map and predictions of a model that has not "
            "seen it. Choose a wider selection."
        )
    area, samples = _areas(asked, own)
    if edge is not None:
        area = area * _edge_shares(asked, edge)
    spots = _spots(asked, found, own, edge)
    noise = label_noise.estimate(spots, area, evidence.KNOWN)
    return Found(noise, area, samples)


def _spots(asked: Asked, found: Issues, mask: Mask, edge: bool | None) -> Spots:
    """Return the spots of some samples; what lies of one in several is added up."""
    number = found.kinds.index(_KIND)
    places = asked.opened.samples.places
    selected = np.isin(places[found.findings.rows], places[mask])
    own = found.findings.take((found.numbers == number) & selected)
    inside, near = own.facts["inside_ha"].astype(np.float64), own.facts["edge_ha"]
    area = inside if edge is None else near if edge else inside - near
    _, first, of = np.unique(own.facts["spot"], return_index=True, return_inverse=True)
    return Spots(
        own.labels[first],
        own.suspects[first],
        np.bincount(of, area, len(first)).astype(np.float64),
        own.scores[first].astype(np.float64),
    )


def _areas(asked: Asked, mask: Mask) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return hectares of each class, each place once, and how many samples have it on their map."""
    rows = np.flatnonzero(mask)
    _, first = np.unique(asked.opened.samples.places[rows], return_index=True)
    area, samples = [], []
    for item in asked.opened.dataset.classes.classes:
        columns = [f"area_{code}" for code in item.codes if f"area_{code}" in asked.frame.columns]
        pixels = np.zeros(len(rows))
        for name in columns:
            pixels += np.nan_to_num(asked.frame[name].to_numpy(np.float64, na_value=np.nan)[rows])
        area.append(pixels[first].sum() * _PIXEL_HA)
        samples.append(int((pixels > 0).sum()))
    return np.array(area), np.array(samples, np.int64)


def _edge_shares(asked: Asked, edge: bool) -> Floats:
    """Return the share of each class that lies at a border of classes, or the rest of it."""
    folder = issues.folder_of(asked.opened, asked.predictions[0].about.name)
    looked = issues.read_looked(folder)
    if looked is None:
        raise CannotTell("What was looked at is not known any more. Look for wrong labels anew.")
    total = looked.ground_ha.sum(1)
    share = np.divide(looked.ground_ha[:, 1], total, out=np.zeros(len(total)), where=total > 0)
    return np.asarray(share if edge else 1 - share, np.float64)


def figure(
    names: Sequence[str],
    value: Floats,
    ends: tuple[Floats, Floats],
    selections: Sequence[str | None],
) -> go.Figure:
    """Return bars of shares that are wrong, with their intervals.

    Args:
        names: one per bar, the first on top.
        value: expected shares, 0 to 1.
        ends: lower and upper ends of the intervals.
        selections: what a click on each selects; none for nothing.
    """
    found = _figures.bars(
        names,
        {"Share that is wrong": value},
        quantity="Share of the area that is wrong",
        digits=".1%",
        selections=selections,
    )
    for trace in found.data:
        trace.error_x = _figures.whisker(ends[0], value, ends[1])
    found.update_xaxes(tickformat=_figures.PERCENT_TICKS, rangemode="tozero")
    return found


def notes(asked: Asked) -> tuple[str, ...]:
    """Return what stands beside every estimate."""
    about = asked.predictions[0].about
    own = [f"Each spot counts with its chance to be an error: {evidence.KNOWN.source}."]
    own.append(
        "Intervals of 90 % are those of a prediction: spots are drawn as errors or not, and errors "
        "that no spot shows are added. They hold as far as the chances do."
    )
    said = honesty.of(asked.opened, about).sentence
    return (*own, *((said,) if said else ()))
