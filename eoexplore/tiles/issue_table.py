"""Findings as a table to take away: CSV in UTF-8, written in blocks."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

from eoexplore.core.findings import FACTS
from eoexplore.evidence import kind as evidence
from eoexplore.store.catalog import Opened
from eoexplore.store.export import harmless_cells
from eoexplore.store.folder import atomic
from eoexplore.tiles.issue_queue import Places, Queue

_BLOCK = 65_536
_LEFT_OUT = ("spot", "other")
"""Facts that are numbers of ours."""
_DIGITS = 6


def write(path: Path, opened: Opened, queue: Queue, own: Places) -> None:
    """Write some entries of a queue, strongest first.

    Args:
        path: target; it appears when it is whole.
        opened: the dataset.
        queue: of the selection.
        own: places in the queue, at least one.
    """
    writer = None
    with atomic(path) as partial, partial.open("wb") as stream:
        for start in range(0, len(own), _BLOCK):
            block = _block(opened, queue, own[start : start + _BLOCK], start)
            if writer is None:
                stream.write(b"\xef\xbb\xbf")  # tells spreadsheets that it is UTF-8
                writer = arrow_csv.CSVWriter(stream, block.schema)
            writer.write_table(block)
        assert writer is not None  # there is at least one block
        writer.close()


def _block(opened: Opened, queue: Queue, own: Places, start: int) -> pa.Table:
    samples = opened.samples
    rows = queue.rows[own]
    titles = [_title(name) for name in queue.issues.kinds]
    columns: dict[str, pa.Array] = {
        "rank": pa.array(np.arange(start + 1, start + 1 + len(own))),
        **{name: _texts(samples.frame[name].iloc[rows]) for name in ("id", "split", "country")},
        "date": pa.array(samples.frame["date"].iloc[rows], from_pandas=True).cast(pa.date32()),
        "reason": _named(queue.kinds[own], titles),
        "label": _named(queue.labels[own], opened.dataset.classes.names),
        "instead": _named(queue.suspects[own], opened.dataset.classes.names),
        "score": _numbers(queue.scores[own]),
    }
    facts = queue.issues.findings.facts
    for name, item in FACTS.items():
        if name in facts and name not in _LEFT_OUT:
            title = f"{item.title} ({item.unit})" if item.unit else item.title
            columns[title] = _numbers(facts[name][queue.places[own]])
    return pa.table(columns)


def _title(name: str) -> str:
    return evidence.kind(name).title


def _texts(column: "pd.Series[str]") -> pa.Array:
    array = pa.array(column.astype(object), pa.string(), from_pandas=True)
    return harmless_cells(array)


def _named(numbers: npt.NDArray[np.integer], names: "list[str] | tuple[str, ...]") -> pa.Array:
    """Return names by their numbers; empty for -1."""
    return harmless_cells(
        pa.array([*names, ""], pa.string()).take(pa.array(numbers % (len(names) + 1)))
    )


def _numbers(values: npt.NDArray[np.floating]) -> pa.Array:
    """Return numbers as they are read, an empty cell for NaN."""
    return pa.array(np.round(values.astype(np.float64), _DIGITS), from_pandas=True)
