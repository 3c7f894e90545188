"""Columns of prediction sets that charts group samples by, or map: what there is, and its numbers.

They are named as the condition of a selection is: `pred.SET.COLUMN`.
"""

from collections.abc import Hashable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from eoexplore.analysis.selection import PREDICTED
from eoexplore.charts import _judged
from eoexplore.charts.chart import Asked, CannotTell, Mask
from eoexplore.core.errors import EOExploreError
from eoexplore.store import prediction_columns, prediction_sets
from eoexplore.store.prediction_columns import ACCURACY, AGREEMENT, CONFIDENCE
from eoexplore.store.prediction_sets import PredictionSet

Numbers = npt.NDArray[np.float32]
_TITLES = {**AGREEMENT, **CONFIDENCE, **ACCURACY}


def columns(asked: Asked) -> dict[str, str]:
    """Return the columns of all sets that say how good or how sure a prediction is.

    Returns:
        What a user reads, by "pred.SET.COLUMN".
    """
    found = (
        f"{PREDICTED}{about.name}.{column}"
        for about in prediction_sets.available(asked.opened.fingerprint)
        for column in prediction_columns.names_of(about)
        # A class of the same name hides a column: its scores are something else.
        if column in _TITLES and column not in about.classes
    )
    return {name: title(name) for name in found}


def is_one(name: str) -> bool:
    """Tell whether the value of an option is a column of a prediction set."""
    own, _, column = name.removeprefix(PREDICTED).partition(".")
    named = prediction_sets.NAME.fullmatch(own) is not None
    return name.startswith(PREDICTED) and named and column in _TITLES


def title(name: str) -> str:
    """Return what a user reads for a column, such as "land: classes that are wrong"."""
    own, column = parts(name)
    text = _TITLES[column]
    return f"{own}: {text[0].lower()}{text[1:]}"


def parts(name: str) -> tuple[str, str]:
    """Return the set and the column of "pred.SET.COLUMN"."""
    own, _, column = name.removeprefix(PREDICTED).partition(".")
    return own, column


def numbers(asked: Asked, name: str) -> tuple[Hashable, Numbers]:
    """Return what changes when a set is made anew, and the number of each sample.

    Args:
        asked: which dataset.
        name: "pred.SET.COLUMN".

    Returns:
        Shape (n,); NaN where there is none.

    Raises:
        CannotTell: the set is gone, or its files are damaged.
    """
    opened = asked.opened
    source = prediction_columns.Source(opened.fingerprint, opened.samples, opened.dataset.classes)
    try:
        return source(name.removeprefix(PREDICTED))
    except EOExploreError as reason:
        raise CannotTell(str(reason)) from None


def about_it(asked: Asked, name: str) -> Mask:
    """Tell which samples the set of a column is about, shape (n,).

    Raises:
        CannotTell: the set is gone, or its files are damaged.
    """
    found = np.zeros(len(asked.opened.samples), bool)
    found[_read(asked, name).rows] = True
    return found


def notes(asked: Asked, name: str) -> tuple[str, ...]:
    """Return what stands beside every number of a set: what it was trained on.

    Args:
        asked: dataset and selection.
        name: of an option's value: none is said of those that are no column of a set.

    Raises:
        CannotTell: the set is gone, or its files are damaged.
    """
    if not is_one(name):
        return ()
    return _judged.warnings(replace(asked, predictions=(_read(asked, name),)))


def stamps(asked: Asked) -> tuple[Hashable, ...]:
    """Return what changes when a set is made anew that one of the chosen options asks for."""
    return tuple(
        prediction_columns.stamp_of(asked.opened.fingerprint, parts(value)[0])
        for value in asked.options.values()
        if is_one(value)
    )


def _read(asked: Asked, name: str) -> PredictionSet:
    try:
        return prediction_sets.read(asked.opened, parts(name)[0])
    except EOExploreError as reason:
        raise CannotTell(str(reason)) from None
