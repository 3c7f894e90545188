"""Training, validation and test side by side: their samples, their classes, their colours."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from eoexplore.charts import _figures, _labels, _stacks
from eoexplore.charts.chart import SPLITS, Asked, CannotTell, Mask, Split
from eoexplore.core import split_rule
from eoexplore.render import colours

Counts = npt.NDArray[np.int64]
RELEASED = split_rule.RELEASED
"""Rule of the split that the sample table has: its parts can be selected."""
PAIRS = {
    "test-train": "Test to training",
    "validation-train": "Validation to training",
    "test-validation": "Test to validation",
}
"""Which part is held against which, by the value of an option."""
OUTSIDE = "no part"
WORDS = {"train": "training", "validation": "validation", "test": "test"}
"""How the patches of a part are called in a sentence."""
_ROW_PX, _FRAME_PX = 26, 110
_SYMBOLS = {"train": "circle", "validation": "square", "test": "diamond"}
_FILLS = {"train": "", "validation": "/", "test": "x", OUTSIDE: "."}
_MARGIN = {"color": "#374151", "width": 0.8}


def pair(value: str) -> tuple[str, str]:
    """Return the names of the two parts of a value in PAIRS."""
    of, _, to = value.partition("-")
    return of, to


def rows_of(asked: Asked, split: Split, name: str) -> Mask:
    """Return which samples of the selection are in a part, shape (n,).

    Raises:
        CannotTell: none is.
    """
    found = np.asarray(split.of(name) & asked.part.mask)
    if not found.any():
        raise CannotTell(
            f"In the selection, no patch is in the {name} part of the split “{split.title}”. "
            "Choose a wider selection or another split."
        )
    return found


def sizes(asked: Asked, split: Split) -> Counts:
    """Return the samples of the selection in each part and, last, in none; shape (4,)."""
    return np.bincount(_codes(asked, split), minlength=len(SPLITS) + 1).astype(np.int64)


def classes(asked: Asked, split: Split) -> Counts:
    """Return the samples of each part that have each class, shape (3, classes)."""
    number, has = _labels.label_sets(asked)
    cell = _codes(asked, split) * len(has) + number[asked.part.mask]
    counts = np.bincount(cell, minlength=(len(SPLITS) + 1) * len(has))
    found = counts.reshape(-1, len(has))[: len(SPLITS)] @ has
    return np.asarray(found, np.int64)


def _codes(asked: Asked, split: Split) -> npt.NDArray[np.intp]:
    own = split.parts[asked.part.mask].astype(np.intp)
    return np.where(own < 0, len(SPLITS), own)


def selection_of(asked: Asked, split: Split, name: str, *having: str) -> str | None:
    """Return what a click on a part selects; none where no condition says it.

    Args:
        asked: dataset and selection.
        split: the split: only the released one is in the sample table.
        name: of the part.
        having: classes that samples must have.
    """
    if split.rule != RELEASED or name not in SPLITS:
        return None
    return asked.part.only(*having, split=(name,))


def pieces(
    labels: Sequence[str],
    series: Mapping[str, npt.ArrayLike],
    *,
    digits: str,
    selections: Mapping[str, Sequence[str | None]],
) -> list[_stacks.Piece]:
    """Return the parts of a split as pieces of bars.

    Args:
        labels: one per bar.
        series: values by the name of the part, shape (labels,) each.
        digits: how numbers are written.
        selections: what a click selects, by the name of the part; none for nothing.
    """
    return [
        _stacks.Piece(
            name,
            colours.SPLITS.get(name, colours.UNKNOWN),
            _FILLS[name],
            values,
            [format(value, digits) for value in np.asarray(values)],
            selections.get(name, [None] * len(labels)),
        )
        for name, values in series.items()
    ]


def dots(
    labels: Sequence[str],
    series: Mapping[str, npt.ArrayLike],
    *,
    quantity: str,
    digits: str,
    selections: Mapping[str, Sequence[str | None]],
) -> go.Figure:
    """Return a line of marks per label, one for each part, the first label on top.

    Args:
        labels: one per line.
        series: values by the name of the part, shape (labels,) each.
        quantity: title of the axis, with the unit.
        digits: how numbers are written.
        selections: what a click selects, by the name of the part; none for nothing.
    """
    figure = go.Figure()
    for name, values in series.items():
        figure.add_scatter(
            y=list(labels),
            x=np.asarray(values),
            name=name,
            mode="markers",
            marker={
                "color": colours.SPLITS[name],
                "symbol": _SYMBOLS[name],
                "size": 11,
                "line": _MARGIN,
            },
            customdata=_figures.clicks(selections.get(name, ())),
            hovertemplate=f"%{{y}}<br>{name}: %{{x:{digits}}}<extra></extra>",
        )
    figure.update_layout(
        height=_FRAME_PX + _ROW_PX * len(labels),
        xaxis={"title": quantity, "tickformat": digits, "rangemode": "tozero"},
        yaxis=_figures.names_axis(labels),
    )
    return _figures.plain(figure, legend=True)
