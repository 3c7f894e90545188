"""A report as one HTML page: printable, with everything it needs inside."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly import offline

from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind

_ROWS = 30
_MANY, _MOST = 9, 14
"""Columns from which on a table is set in small print, and its headings upright."""
_WIDTH_PX = 900
_RULES = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
"""What the page may load: nothing. A browser keeps to it whatever stands in the page."""
# Paper of A4 has 703 px between margins of 12 mm: a figure of 900 px needs 0.78 or less.
_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, sans-serif; color: #1b2524; background: #fff; margin: 2rem auto;
  max-width: 940px; padding: 0 1rem; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; margin: 0 0 .3rem; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .4rem;
  border-top: 1px solid #c9d3d0; padding-top: 1rem; }
h3 { font-size: 1rem; margin: 1.2rem 0 .2rem; }
table { border-collapse: collapse; font-size: .85rem; margin: .6rem 0; width: 100%; }
th, td { text-align: left; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid #e3e9e7;
  vertical-align: top; }
td:not(.n) { overflow-wrap: anywhere; min-width: 6rem; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
.facts th { white-space: nowrap; }
.many { font-size: .68rem; } .many th, .many td { padding-right: .3rem; }
.most th.n { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left;
  max-height: 11rem; padding: .3rem 0; }
.wide { overflow-x: auto; }
.note { color: #4b5856; font-size: .85rem; margin: .2rem 0; }
.warning { background: #fff3d1; border-left: 5px solid #b45309; padding: .5rem .8rem;
  margin: .8rem 0; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.warning p { margin: .2rem 0; }
details > summary { cursor: pointer; color: #0f6b5c; }
@page { size: A4; margin: 12mm; }
@media print {
  body { margin: 0; padding: 0; max-width: none; zoom: .77; }
  section, tr, .warning { break-inside: avoid; } h2, h3 { break-after: avoid; }
  .wide { overflow: visible; } .modebar, .screen { display: none; }
  details:not([open]) { display: none; } summary { list-style: none; }
}
"""


@dataclass(frozen=True)
class Head:
    """What stands above the charts."""

    title: str
    """What the report is."""
    subject: str
    """What it is about, for the title of the window."""
    facts: Mapping[str, str]
    """What was asked, by what a reader calls it."""
    tables: Sequence[pd.DataFrame] = field(default_factory=tuple)
    """Further tables, before the charts."""
    synthetic: str = ""
    """Sentence in bold where something is made up."""
    warnings: Sequence[str] = ()
    """What must be read before any number; one sentence each."""


def html(head: Head, kinds: Sequence[Kind], asked: Asked, options: Mapping[str, str]) -> bytes:
    """Return a report as an HTML page in UTF-8.

    Args:
        head: what stands above the charts.
        kinds: the charts, in the order of the page.
        asked: what they are asked.
        options: chosen values of the charts by CHART.NAME.
    """
    body, section = [_head(head)], ""
    for kind in kinds:
        first = f"<h2>{escape(kind.section)}</h2>" if kind.section != section else ""
        section = kind.section
        body.append(_chart(kind, asked, options, first))
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_RULES}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(f'{head.title}: {head.subject}')}</title><style>{_STYLE}</style>"
        f"<script>{offline.get_plotlyjs()}</script></head><body>{''.join(body)}</body></html>"
    )
    return page.encode()


def _head(head: Head) -> str:
    rows = "".join(
        f"<tr><th>{escape(key)}</th><td>{escape(text)}</td></tr>"
        for key, text in head.facts.items()
    )
    synthetic = f"<p><strong>{escape(head.synthetic)}</strong></p>" if head.synthetic else ""
    said = "".join(f"<p>{escape(sentence)}</p>" for sentence in head.warnings)
    return (
        f"<h1>{escape(head.title)}</h1>{synthetic}"
        f"{f'<div class=warning role=note>{said}</div>' if said else ''}"
        f"<table class=facts>{rows}</table>{''.join(map(_table, head.tables))}"
        "<p class='note screen'>To print: tables are on paper if they are open here.</p>"
    )


def _chart(kind: Kind, asked: Asked, options: Mapping[str, str], first: str) -> str:
    try:
        found = kind(asked.choosing(kind.name, options))
    except CannotTell as reason:
        said = f"<p class=note>{escape(str(reason))}</p>"
        return f"<section>{first}<h3>{escape(kind.title)}</h3>{said}</section>"
    notes = "".join(f"<p class=note>{escape(note)}</p>" for note in found.notes)
    is_open = " open" if found.figure is None or found.tabular else ""
    return (
        f"<section>{first}<h3>{escape(found.title)}</h3>{_figure(kind, found)}"
        f"<p>{escape(found.sentence)}</p>{notes}</section>"
        f"<details{is_open}><summary>Table</summary>{_table(found.table)}</details>"
    )


def _figure(kind: Kind, found: Chart) -> str:
    if found.figure is None:
        return ""
    figure = go.Figure(found.figure)
    figure.update_layout(width=_WIDTH_PX, template="plotly_white")
    text: str = figure.to_html(
        full_html=False,
        include_plotlyjs=False,
        div_id=f"figure-{kind.name}",
        config={"displaylogo": False, "responsive": False},
    )
    label = escape(found.sentence, quote=True)
    return f'<div class="wide" role="img" aria-label="{label}">{text}</div>'


def _table(frame: pd.DataFrame) -> str:
    numbers = [kind.kind in "iuf" for kind in frame.dtypes]
    names = [str(name) for name in frame.columns]
    head = "".join(
        f"<th{' class=n' if number else ''}>{escape(name)}</th>"
        for name, number in zip(names, numbers, strict=True)
    )
    lines = []
    for row in frame.head(_ROWS).itertuples(index=False):
        cells = "".join(
            f"<td{' class=n' if number else ''}>{escape(_cell(cell, name))}</td>"
            for cell, name, number in zip(row, names, numbers, strict=True)
        )
        lines.append(f"<tr>{cells}</tr>")
    left = len(frame) - _ROWS
    more = f"<p class=note>and {left:,} more rows</p>" if left > 0 else ""
    size = "many most" if len(names) >= _MOST else "many" if len(names) >= _MANY else "few"
    return (
        f'<div class=wide><table class="{size}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>{more}"
    )


def _cell(cell: object, name: str) -> str:
    cell = cell.item() if isinstance(cell, np.generic) else cell
    if cell is None or cell is pd.NA or (isinstance(cell, float) and math.isnan(cell)):
        return "–"
    if isinstance(cell, float):
        return f"{cell:.1%}" if "share" in name.lower() else f"{cell:,.4g}"
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)
