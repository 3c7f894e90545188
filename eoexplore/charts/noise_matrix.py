"""What wrong areas of the label map are instead: a matrix of transitions."""

import numpy as np
import pandas as pd

from eoexplore.charts import _figures, _noise
from eoexplore.charts.chart import Asked, Chart, Kind

_OTHER = "another class"


def make(asked: Asked) -> Chart:
    """Estimate which share of each class (row) is which other one (column)."""
    found = _noise.estimate(asked, asked.part.mask)
    names = asked.opened.dataset.classes.names
    own = found.noise
    there = np.flatnonzero(found.area_ha > 0)
    columns = np.append(there, len(names))
    matrix = own.matrix[np.ix_(there, columns)]
    low, high = (ends[np.ix_(there, columns)] for ends in (own.matrix_low, own.matrix_high))
    rows = [names[number] for number in there]
    heads = [*rows, _OTHER]
    # What is right is nearly all, and would hide the rest.
    shown = np.where(np.eye(*matrix.shape) > 0, np.nan, matrix)
    said = _said(matrix, low, high)
    figure = _figures.heatmap(
        rows, heads, shown, _figures.Shade("Share of the class on the map", ".1%"), said=said
    )
    figure.update_layout(yaxis={"title": "On the map"}, xaxis={"title": "Seems to be"})
    table = pd.DataFrame(matrix, columns=heads)
    table.insert(0, "On the map", rows)
    return Chart(
        title=_title(rows, heads, shown),
        sentence=_sentence(rows, heads, shown, low, high),
        table=table,
        figure=figure,
        notes=(
            *_noise.notes(asked),
            "Rows add up to one; what is right, on the diagonal, is left out of the picture.",
            f"“{_OTHER}” is what no spot names: errors that are not seen, and spots in which the "
            "model is wrong about the class too.",
        ),
        facts={
            "classes": rows,
            "columns": heads,
            "matrix": matrix.tolist(),
            "low": low.tolist(),
            "high": high.tolist(),
        },
    )


def _said(matrix: np.ndarray, low: np.ndarray, high: np.ndarray) -> list[list[str]]:
    return [
        [f"{value:.2%} ({a:.2%} to {b:.2%})" for value, a, b in zip(*line, strict=True)]
        for line in zip(matrix, low, high, strict=True)
    ]


def _title(rows: list[str], heads: list[str], shown: np.ndarray) -> str:
    named = np.nan_to_num(shown[:, : len(rows)])
    if not named.any():
        return "No class seems to be another one"
    row, column = np.unravel_index(int(named.argmax()), named.shape)
    return f"{rows[row]} most often seems to be {heads[column]}"


def _sentence(
    rows: list[str], heads: list[str], shown: np.ndarray, low: np.ndarray, high: np.ndarray
) -> str:
    named = np.nan_to_num(shown[:, : len(rows)])
    listed = []
    for place in np.argsort(-named.ravel(), kind="stable")[:3].tolist():
        row, column = divmod(place, len(rows))
        if named[row, column]:
            ends = f"{low[row, column]:.1%} to {high[row, column]:.1%}"
            listed.append(f"{rows[row]} is {heads[column]} ({named[row, column]:.1%}, {ends})")
    return f"Largest: {'; '.join(listed)}." if listed else "No spot speaks against any class."


CHART = Kind(
    name="noise_matrix",
    page="quality",
    section="Noise",
    order=20,
    title="What are wrong areas instead?",
    make=make,
)
