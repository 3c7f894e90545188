"""Samples on which something is fitted to a prediction set, so that others can judge it."""

from dataclasses import replace

import numpy as np

from eoexplore.analysis.bootstrap import Clusters
from eoexplore.charts._judged import Judged
from eoexplore.charts.chart import VALIDATION, Asked, CannotTell
from eoexplore.store import prediction_columns


def validation(asked: Asked, own: Judged) -> Judged:
    """Return the validation samples of the set, whatever is selected, with what is true of them.

    Raises:
        CannotTell: there are none.
    """
    read = own.read
    inside = (asked.frame["split"] == VALIDATION).to_numpy(bool)[read.rows]
    masks = asked.masks
    if asked.truth is not None:
        masks = asked.truth.masks
        inside = inside & asked.truth.known[read.rows]
    at = np.flatnonzero(inside)
    if not len(at):
        raise CannotTell(
            f"The set {own.name} has no patch of the validation split, on which this is fitted. "
            "Predict the selection split=validation too."
        )
    rows = read.rows[at]
    truth = prediction_columns.labels_of(read, masks, asked.opened.dataset.classes)[at]
    clusters = Clusters.of(asked.opened.samples.tiles[0][rows])
    return replace(
        own, at=at, rows=rows, truth=truth, clusters=clusters, key=(*own.key, VALIDATION)
    )


def shared(own: Judged, fitting: Judged) -> int:
    """Return how many of the judged samples are among those that something is fitted on."""
    return int(np.isin(own.at, fitting.at, assume_unique=True).sum())


def apart(own: Judged, fitting: Judged) -> Judged:
    """Return the judged samples without those that something is fitted on.

    Raises:
        CannotTell: none is left.
    """
    kept = ~np.isin(own.at, fitting.at, assume_unique=True)
    if not kept.any():
        raise CannotTell(
            "All selected patches of the set are validation patches, on which this is fitted, so "
            "none is left to check it. Select others, such as split=test."
        )
    rows = own.rows[kept]
    return replace(
        own,
        at=own.at[kept],
        rows=rows,
        truth=own.truth[kept],
        clusters=Clusters.of(own.clusters.codes[kept]),
        key=(*own.key, f"without {VALIDATION}"),
    )


def first_of(asked: Asked) -> tuple[str, ...]:
    """Return what is said by a chart of one set where two are chosen."""
    if len(asked.predictions) < 2:
        return ()
    one, other = (read.about.name for read in asked.predictions[:2])
    return (f"This chart is of {one} alone; for {other}, choose it first.",)


def note(own: Judged, fitting: Judged, what: str) -> tuple[str, ...]:
    """Return what is said of samples that fit and are judged too.

    Args:
        own: what is judged.
        fitting: what is fitted on.
        what: what is fitted, as the beginning of a sentence.
    """
    found = [f"{what} on {len(fitting.rows):,} validation patches of the set."]
    if own.read.about.trained_on_split == VALIDATION:
        found.append(f"{own.name} was trained on these, so what is fitted on them is too bold.")
    if both := shared(own, fitting):
        found.append(
            f"{both:,} of the {len(own.rows):,} judged patches are among these: on them it looks "
            "better than it is. Select split=test to judge others."
        )
    return tuple(found)
