"""Questions about prediction sets that are written by hand."""

import itertools
from dataclasses import replace
from typing import Any

import numpy as np

from eoexplore.charts.chart import Asked, Kind
from eoexplore.store import prediction_sets
from eoexplore.store.catalog import Opened
from eoexplore.store.prediction_sets import Confusion, PredictionSet
from tests import predicting
from tests.charts.conftest import asked_of

_KEYS = itertools.count()


def write(opened: Opened, name: str, *rest: Any, **more: Any) -> PredictionSet:
    """Write a set by hand, as `predicting.write_set`; one of the same name is another set."""
    prediction_sets.remove(opened, name)
    return predicting.write_set(opened, name, *rest, key=f"made {next(_KEYS)}", **more)


def question(
    opened: Opened, *predictions: PredictionSet, select: str = "", **options: str
) -> Asked:
    """Return what the evaluation page asks a chart about some sets."""
    return replace(asked_of(opened, select, **options), predictions=predictions)


def answer(kind: Kind, opened: Opened, *predictions: PredictionSet, **more: str):
    """Return the chart of some sets; `select` is the selection, all else are options."""
    return kind(question(opened, *predictions, **more))


def confusion(*pairs: tuple[int, int, int, int]) -> Confusion:
    """Return pixels as sample, reference class, predicted class and how many."""
    columns = np.array(pairs, np.int32).reshape(-1, 4).T
    return Confusion(
        columns[0], columns[1].astype(np.int16), columns[2].astype(np.int16), columns[3]
    )
