"""How much a label is to be expected of a place, by its neighbours and by its other labels.

An autologistic model: whether a place has a class depends on how many of its neighbours have it
(Besag 1972; Augustin, Mugglestone and Buckland 1996, doi:10.2307/2404755), and here also on the
classes that it has besides. It is fitted to the dataset itself by pseudo-likelihood (Besag 1975,
doi:10.2307/2987782), which is a logistic regression over all places and classes.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer]
Mask = npt.NDArray[np.bool_]

SMOOTH = 3.0
"""Neighbours with the class's frequency that are added: few neighbours say little."""
LEAST_TOGETHER = 2.0
"""Places that are added to how often two classes occur together, and to how often by chance."""
MOST = 20_000
"""Places that the model is fitted to at most."""
_AROUND = [(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1) if x or y]


@dataclass(frozen=True)
class Expected:
    """How much labels are to be expected."""

    chance: npt.NDArray[np.float32]
    """Chance that the place has the class, by its surroundings; shape (places, class)."""
    neighbours: npt.NDArray[np.int8]
    """Neighbouring places that there are, 0 to 8, shape (places,)."""
    with_class: npt.NDArray[np.int8]
    """Neighbouring places that have the class, shape (places, class)."""


def around(tile: Ints, x: Ints, y: Ints, labels: Mask) -> tuple[Ints, Ints]:
    """Count the neighbours of places on the grids of their tiles.

    Args:
        tile: number of each place's tile, 0 or more, shape (places,); no place occurs twice.
        x: column in the tile, 0 or more, shape (places,).
        y: row in the tile, 0 or more, shape (places,).
        labels: which classes each has, shape (places, class).

    Returns:
        Neighbours of each, shape (places,); neighbours with each class, shape (places, class).
    """
    wide, high = int(x.max(initial=0)) + 3, int(y.max(initial=0)) + 3

    def key(right: int, down: int) -> npt.NDArray[np.int64]:
        return (tile.astype(np.int64) * high + y + 1 + down) * wide + x + 1 + right

    own = key(0, 0)
    order = np.argsort(own)
    known = own[order]
    count = np.zeros(len(own), np.int8)
    having = np.zeros(labels.shape, np.int8)
    for right, down in _AROUND:
        wanted = key(right, down)
        place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        there = known[place] == wanted
        count += there
        having += labels[order[place]] & there[:, None]
    return count, having


def expected(tile: Ints, x: Ints, y: Ints, labels: Mask, seed: int = 0) -> Expected:
    """Return how much each class is to be expected of each place.

    Args:
        tile: as for `around`.
        x: as for `around`.
        y: as for `around`.
        labels: which classes each has, shape (places, class).
        seed: decides to which places the model is fitted, where there are many.

    Raises:
        ValueError: every place has all classes, or none has any.
    """
    if labels.all() or not labels.any():
        raise ValueError("Where labels do not differ, none is rare; leave such a dataset out.")
    count, having = around(tile, x, y, labels)
    total = len(labels)
    usual = (labels.sum(axis=0) + 0.5) / (total + 1)
    lift = _lift(labels)
    chosen = np.arange(total)
    if total > MOST:
        chosen = np.random.default_rng(seed).choice(total, MOST, replace=False)
    values = _values(labels[chosen], count[chosen], having[chosen], usual, lift)
    there = labels.any(axis=0)
    model = LogisticRegression(max_iter=1000)
    model.fit(values[:, there].reshape(-1, values.shape[2]), labels[chosen][:, there].ravel())
    weights, start = model.coef_[0], model.intercept_[0]
    chance = np.empty(labels.shape, np.float32)
    for first in range(0, total, MOST):
        part = slice(first, first + MOST)
        found = _values(labels[part], count[part], having[part], usual, lift)
        chance[part] = expit(found @ weights + start)
    return Expected(chance, count.astype(np.int8), having.astype(np.int8))


def _lift(labels: Mask) -> Floats:
    """Return the logarithm of how many times as often as by chance classes occur together."""
    own = labels.astype(np.float64)
    both = own.T @ own
    alone = np.diagonal(both)
    chance = np.outer(alone, alone) / len(labels)
    found = np.log((both + LEAST_TOGETHER) / (chance + LEAST_TOGETHER))
    np.fill_diagonal(found, 0)
    return np.asarray(found)


def _values(labels: Mask, count: Ints, having: Ints, usual: Floats, lift: Floats) -> Floats:
    """Return what the model knows of each place and class, shape (places, class, 4)."""
    share = (having + SMOOTH * usual) / (count[:, None] + SMOOTH)
    own = labels.astype(np.float64)
    others = own.sum(axis=1, keepdims=True) - own
    columns = (logit(share), own @ lift, logit(usual), others)
    return np.stack([np.broadcast_to(column, labels.shape) for column in columns], axis=-1)


def contradicted(
    pixels: Floats, total: Floats, other: Mask, common: Floats, tolerance: float = 0.02
) -> Mask:
    """Tell which classes must lie on ground that another patch covers too, and are no label there.

    A class that covers more of a patch than what the two do not share lies partly on what they
    share, wherever it is.

    Args:
        pixels: of each class on the patch's label map, shape (pairs, class).
        total: pixels of the map, shape (pairs,); 0 without one.
        other: labels of the other patch, shape (pairs, class).
        common: share of the patch that both have in common, 0 to 1, shape (pairs,).
        tolerance: share of the patch that rounding and other grids may shift.
    """
    share = np.divide(pixels, total[:, None], out=np.zeros(pixels.shape), where=total[:, None] > 0)
    return np.asarray(~other & (share > 1 - common[:, None] + tolerance), bool)
