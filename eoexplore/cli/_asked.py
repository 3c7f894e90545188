"""What the commands ask the charts, and how they print what comes back."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eoexplore.charts import report
from eoexplore.charts.chart import Asked, Page, Part
from eoexplore.cli import _text
from eoexplore.core.errors import SelectionError
from eoexplore.core.selection import Selection
from eoexplore.jobs import export
from eoexplore.store import selections
from eoexplore.store.catalog import Opened
from eoexplore.store.folder import atomic

_ROWS = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that both commands of charts have."""
    parser.add_argument("--select", metavar="SELECTION", default="", help="which patches")
    parser.add_argument(
        "--chart",
        dest="charts",
        action="append",
        default=[],
        metavar="NAME",
        help="only this chart of the page; an unknown name lists all",
    )
    parser.add_argument(
        "--option",
        dest="options",
        action="append",
        default=[],
        metavar="CHART.NAME=VALUE",
        help="a choice of a chart, as on the page",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def part(opened: Opened, name: str, text: str) -> Part:
    """Return the samples of a selection that was typed.

    Raises:
        SelectionError: it cannot be read, or cannot be answered.
    """
    selection = selected(text)
    table = opened.samples.table(opened.dataset.classes)
    return Part(name, selection, table.select(selection).mask())


def selected(text: str) -> Selection:
    """Return a selection that was typed.

    Raises:
        SelectionError: it cannot be read.
    """
    selection, notices = selections.parse(text)
    if notices:
        # A page goes on without what it cannot use; a script must not get other numbers.
        raise SelectionError(f"Nothing was counted. {' '.join(notices)}")
    return selection


def write_report(page: Page, asked: Asked, options: Mapping[str, str], to: str) -> None:
    """Write a page with all its charts as one HTML file.

    Raises:
        NotAllowed: it would lie inside the dataset, or a folder has this name.
    """
    target = Path(to).expanduser()
    export.check_target(asked.opened, target)
    with atomic(target) as partial:
        partial.write_bytes(report.html(page, asked, options))


def show(found: dict[str, Any]) -> None:
    """Print charts as text: what each says, its table, its notes."""
    for name, item in found.items():
        if "cannot_tell" in item:
            print(_text.clean(f"{name}: {item['cannot_tell']}\n"))
            continue
        print(_text.clean(f"{item['title']}  [{name}]\n{item['sentence']}"))
        rows = item["table"]
        if rows:
            cells = [tuple(_cell(cell) for cell in row.values()) for row in rows[:_ROWS]]
            print(_text.table(cells, tuple(rows[0])))
        if len(rows) > _ROWS:
            print(f"  and {len(rows) - _ROWS:,} more; --json has all")
        print(_text.clean("".join(f"  {note}\n" for note in item["notes"])))


def _cell(cell: Any) -> _text.Cell:  # noqa: ANN401 (plain JSON)
    if isinstance(cell, float):
        return f"{cell:,.4g}" if abs(cell) < 1000 else f"{cell:,.0f}"
    return cell if isinstance(cell, str | int) or cell is None else str(cell)
