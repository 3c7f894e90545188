"""How images of a place change between two dates: an index of each patch, and groups of pairs."""

import itertools

import numpy as np
import numpy.typing as npt

from eoexplore.charts import _labels, _spectra
from eoexplore.charts.chart import Asked, CannotTell
from eoexplore.render import indices
from eoexplore.render.indices import Index
from eoexplore.store import spectra

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
_MOSTLY = 0.5
"""Share of a patch's label pixels that makes a class the one that it is mostly of."""


def values(asked: Asked, index: Index) -> Floats:
    """Return an index of the mean reflectances of each patch, NaN without them; shape (n,).

    Raises:
        CannotTell: the index of the dataset has no means of the bands.
    """
    layer = _spectra.optical(asked)
    short = {band: name for name, band in indices.BANDS.items() if band in index.bands}
    there = {band.name for band in layer.bands}
    if not there.issuperset(short):
        lacking = ", ".join(sorted(set(short) - there))
        raise CannotTell(f"{index.name} needs bands that this dataset does not have: {lacking}.")
    names: dict[str, npt.ArrayLike] = dict(index.constants)
    for band, name in short.items():
        means = spectra.means(asked.opened.folder, f"{layer.name}/{band}")
        if means is None or len(means) != len(asked.opened.samples):
            raise CannotTell(_spectra.not_computed(asked))
        names[name] = means * np.float32(layer.reflectance or 1)
    return indices.evaluate(index.formula, names).astype(np.float64)


def by_class(asked: Asked, values: Floats, earlier: Rows, later: Rows) -> tuple[Rows, Floats]:
    """Return the class that both dates are mostly of, and the size of the change."""
    mostly = _mostly(asked)
    groups = np.where(mostly[earlier] == mostly[later], mostly[earlier], -1)
    return groups, np.abs(values[later] - values[earlier])


def _mostly(asked: Asked) -> Rows:
    """Return the class that each patch is mostly of, or its only label; -1 for none."""

    def make() -> Rows:
        number, has = _labels.label_sets(asked)
        only = np.where(has.sum(1) == 1, has.argmax(1), -1) if has.size else np.zeros(0, np.intp)
        found = only[number].astype(np.intp)
        table = asked.opened.samples.table(asked.opened.dataset.classes)
        if not table.areas:
            return found
        mapped = table.mapped[0]
        found[mapped > 0] = -1
        for place, area in table.areas.items():
            found[(mapped > 0) & (area > _MOSTLY * mapped)] = place
        return found

    return asked.opened.samples.keep("class that a patch is mostly of", make)


def season_pairs(asked: Asked) -> list[str]:
    """Return the names of the groups of `by_season`, in their order."""
    seasons = _spectra.seasons(asked)
    pairs = itertools.combinations_with_replacement(seasons, 2)
    return [f"{one} and {other}" for one, other in pairs]


def by_season(asked: Asked, values: Floats, earlier: Rows, later: Rows) -> tuple[Rows, Floats]:
    """Return the pair of seasons of each pair, and how the later season differs from the first."""
    seasons = _spectra.seasons(asked)
    column = asked.frame["season"].astype("category").cat.set_categories(seasons)
    codes = column.cat.codes.to_numpy().astype(np.intp)
    one, other = codes[earlier], codes[later]
    change = values[later] - values[earlier]
    turned = one > other
    low, high = np.minimum(one, other), np.maximum(one, other)
    count = len(seasons)
    # Pairs are in the order of combinations: (0, 0), (0, 1) … (1, 1) …
    groups = low * count - low * (low - 1) // 2 + high - low
    return np.where(low < 0, -1, groups), np.where(turned, -change, change)
