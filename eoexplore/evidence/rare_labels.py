"""Labels that are rare given the neighbours of a place, or that a place has on some dates only."""

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from eoexplore.analysis import rare_labels
from eoexplore.core.findings import Findings
from eoexplore.evidence._places import Places, places
from eoexplore.evidence.kind import Asked, CannotTell, Finding, Kind

INTERCEPT, SLOPE = -3.6, 0.1
"""Of the chance by the surprise, which is the negative logarithm of what was expected.

In the synthetic demos of the seeds 1 to 6, 43 and 44, 3.6 % of the 1,085 labels that were expected
with less than 0.1 are wrong, 1 % of all, and no more of those that surprise most."""
RARE = 0.1
"""Chance of having a label from which on it does not surprise."""
LEAST_PLACES = 100
"""Places below which nobody knows what is rare."""
LEAST_NEIGHBOURS = 3
"""Neighbours that a place needs."""
EITHER = 0.5
"""Chance of a label that contradicts another one: one of the two is wrong."""


def chance(expected: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Return the chance that a label is wrong, 0 to 1.

    Args:
        expected: chance that the place has it, by its surroundings, above 0.
    """
    surprise = -np.log(np.maximum(expected, 1e-6))
    return np.asarray(expit(INTERCEPT + SLOPE * surprise), np.float32)


def find(asked: Asked) -> Findings:
    """Compare the labels of each place with its neighbours, its other dates and what overlaps."""
    samples = asked.opened.samples
    if not samples.located.any():
        raise CannotTell("The samples have no location, so nobody knows their neighbours.")
    known = places(asked)
    if len(known.first) < LEAST_PLACES:
        raise CannotTell(
            f"The dataset has {len(known.first)} places; to tell which labels are rare takes "
            f"{LEAST_PLACES}."
        )
    labels = _labels(asked)
    if labels.all() or not labels.any():
        raise CannotTell("All samples have the same labels, so none is rare.")
    pixels, total = _areas(asked)
    parts = [_rare(asked, known, labels), _dates(known, labels), _overlaps(known, labels, asked)]
    found = Findings.together([part for part in parts if len(part)])
    if not len(found):
        return found
    share = np.full(len(found), np.nan)
    mapped = total[found.rows] > 0
    own = found.rows[mapped], found.labels[mapped]
    share[mapped] = pixels[own] / total[own[0]]
    facts = {**found.facts, "share": share.astype(np.float32)}
    return Findings(found.rows, found.labels, found.suspects, found.scores, facts)


def _labels(asked: Asked) -> npt.NDArray[np.bool_]:
    masks = asked.opened.samples.frame["label_mask"].to_numpy(np.uint64)
    numbers = np.arange(len(asked.opened.dataset.classes.classes), dtype=np.uint64)
    return (masks[:, None] >> numbers & np.uint64(1)).astype(bool)


def _areas(asked: Asked) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return pixels of each class, shape (n, class), and of all that the maps have, shape (n,)."""
    frame, classes = asked.opened.samples.frame, asked.opened.dataset.classes
    pixels = np.zeros((len(frame), len(classes.classes)))
    number = {code: place for place, item in enumerate(classes.classes) for code in item.codes}
    total = np.zeros(len(frame))
    for code in classes.codes:
        if f"area_{code}" in frame.columns:
            values = frame[f"area_{code}"].fillna(0).to_numpy(np.float64)
            total += values
            if code in number:
                pixels[:, number[code]] += values
    return pixels, total


def _rare(asked: Asked, known: Places, labels: npt.NDArray[np.bool_]) -> Findings:
    samples, first = asked.opened.samples, known.first
    tile = samples.tiles[0][first]
    found = rare_labels.expected(tile, samples.x[first], samples.y[first], labels[first])
    own, place = known.rows, known.of
    scores = chance(found.chance)
    said = (found.chance < RARE) & (found.neighbours >= LEAST_NEIGHBOURS)[:, None]
    # A label beside a strange one would be strange too, though all neighbours have it.
    said &= 2 * found.with_class < found.neighbours[:, None]
    # A label that only another date has is no label of this one.
    at, label = np.nonzero(said[place] & labels[own])
    where = place[at]
    return Findings.of(
        own[at],
        label,
        -1,
        scores[where, label],
        neighbours=found.neighbours[where],
        expected=found.chance[where, label],
        value=found.with_class[where, label],
    )


def _dates(known: Places, labels: npt.NDArray[np.bool_]) -> Findings:
    """Return labels that a place has on some of its dates and not on others."""
    own = labels[known.rows]
    dates = np.bincount(known.of)
    having = np.zeros((len(dates), labels.shape[1]), np.int32)
    np.add.at(having, known.of, own)
    at, label = np.nonzero(own & (having < dates[:, None])[known.of])
    return Findings.of(known.rows[at], label, -1, EITHER, dates=dates[known.of[at]])


def _overlaps(known: Places, labels: npt.NDArray[np.bool_], asked: Asked) -> Findings:
    """Return labels that lie on ground that an overlapping patch covers too, without the label."""
    pixels, total = _areas(asked)
    parts = []
    for one, other in ((0, 1), (1, 0)):
        rows, others = (known.first[known.pairs[:, side]] for side in (one, other))
        against = rare_labels.contradicted(
            pixels[rows], total[rows], labels[others], known.shares[:, one]
        )
        at, label = np.nonzero(against & labels[rows])
        said = Findings.of(rows[at], label, -1, EITHER, other=others[at])
        parts.append(said)
    return Findings.together(parts)


def sentence(found: Finding) -> str:
    """Say one label in a sentence."""
    facts = found.facts
    share = f" It covers {facts['share']:.1%} of the patch." if "share" in facts else ""
    if "dates" in facts:
        return (
            f"Of the {facts['dates']:.0f} dates of this place, only some have the label "
            f"{found.label}.{share}"
        )
    if "other" in facts:
        return (
            f"{found.label} must lie on ground that another patch covers too, which has no such "
            f"label: one of the two is wrong.{share}"
        )
    return (
        f"Of {facts['neighbours']:.0f} neighbours {facts['value']:.0f} have the label "
        f"{found.label}; by them and by the other labels it was to be expected with a chance of "
        f"{facts['expected']:.1%}.{share}"
    )


KIND = Kind(
    name="rare_labels",
    title="Rare set of labels",
    help="Labels that are not to be expected of a place by its eight neighbours and its other "
    "labels (autologistic model, Augustin, Mugglestone and Buckland 1996), and labels that "
    "another date or an overlapping patch contradicts.",
    needs="index",
    about="label",
    version=1,
    order=50,
    find=find,
    sentence=sentence,
)
