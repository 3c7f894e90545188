"""The audit of one split as one HTML page: printable, with everything it needs inside."""

import datetime as dt
from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly import offline

from eoexplore import __version__
from eoexplore.charts import chart
from eoexplore.charts.audit import audit
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind
from eoexplore.core.words import phrases

_ROWS = 30
_WIDTH_PX = 900
_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, sans-serif; color: #1b2524; background: #fff; margin: 2rem auto;
  max-width: 940px; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 0 0 .3rem; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .4rem;
  border-top: 1px solid #c9d3d0; padding-top: 1rem; }
h3 { font-size: 1rem; margin: 1.2rem 0 .2rem; }
table { border-collapse: collapse; font-size: .85rem; margin: .6rem 0; width: 100%; }
th, td { text-align: left; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid #e3e9e7;
  vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
.note { color: #4b5856; font-size: .85rem; margin: .2rem 0; }
details > summary { cursor: pointer; color: #0f6b5c; }
@media print { section { break-inside: avoid; } body { margin: 0; } .modebar { display: none; } }
"""


def html(asked: Asked, options: Mapping[str, str]) -> bytes:
    """Return the audit of `asked.split` as an HTML page in UTF-8.

    Args:
        asked: dataset, selection, the audited split and those beside it.
        options: chosen values of the charts by CHART.NAME.
    """
    body, section = [_head(asked), _audit(asked)], ""
    for kind in chart.kinds("splits"):
        if kind.section != section:
            section = kind.section
            body.append(f"<h2>{escape(section)}</h2>")
        body.append(_chart(kind, asked, options))
    title = f"Audit of a split: {asked.opened.dataset.title}"
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>"
        f"<script>{offline.get_plotlyjs()}</script></head><body>{''.join(body)}</body></html>"
    )
    return page.encode()


def _head(asked: Asked) -> str:
    opened, part = asked.opened, asked.part
    words = "; ".join(phrase.text for phrase in phrases(part.selection)) or "all patches"
    now = dt.datetime.now(dt.UTC).strftime("%d %b %Y, %H:%M UTC")
    facts = {
        "Dataset": f"{opened.dataset.title}, {len(opened.samples):,} patches "
        f"(fingerprint {opened.fingerprint})",
        "Selection": f"{words}: {len(part):,} patches",
        "Split": f"{asked.split.title} ({asked.split.rule})",
        "How it was made": asked.split.made,
        "Beside it": "; ".join(split.title for split in asked.splits[1:]) or "no other split",
        "This report": f"EOExplore {__version__}, {now}",
    }
    rows = "".join(
        f"<tr><th>{escape(key)}</th><td>{escape(text)}</td></tr>" for key, text in facts.items()
    )
    synthetic = "<p><strong>Synthetic data.</strong></p>" if opened.dataset.synthetic else ""
    return f"<h1>Audit of a split</h1>{synthetic}<table>{rows}</table>"


def _audit(asked: Asked) -> str:
    """Return sizes and distances of the audited split, and of those beside it."""
    rows = []
    for split in asked.splits:
        found = audit(asked, split)
        pairs = {f"{pair['from']}-{pair['to']}": pair for pair in found["pairs"]}
        row: dict[str, Any] = {"Split": split.title, **found["by_split"]}
        for of, to in (("test", "train"), ("validation", "train"), ("test", "validation")):
            pair = pairs.get(f"{of}-{to}")
            row[f"{of} to {to}: minimum (km)"] = pair["min_m"] / 1000 if pair else None
            row[f"share of {of} within 1.3 km of {to}"] = (
                pair["share_within"]["1300"] if pair else None
            )
        rows.append(row)
    return _table(pd.DataFrame(rows))


def _chart(kind: Kind, asked: Asked, options: Mapping[str, str]) -> str:
    try:
        found = kind(asked.choosing(kind.name, options))
    except CannotTell as reason:
        said = f"<p class=note>{escape(str(reason))}</p>"
        return f"<section><h3>{escape(kind.title)}</h3>{said}</section>"
    notes = "".join(f"<p class=note>{escape(note)}</p>" for note in found.notes)
    return (
        f"<section><h3>{escape(found.title)}</h3>{_figure(kind, found)}"
        f"<p>{escape(found.sentence)}</p>{notes}</section>"
        f"<details><summary>Table</summary>{_table(found.table)}</details>"
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
    return f'<div role="img" aria-label="{escape(found.sentence, quote=True)}">{text}</div>'


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
    return f"<table><tr>{head}</tr>{''.join(lines)}</table>{more}"


def _cell(cell: object, name: str) -> str:
    if cell is None or cell != cell:  # noqa: PLR0124 (NaN is not itself)
        return "–"
    if isinstance(cell, float):
        return f"{cell:.1%}" if "share" in name.lower() else f"{cell:,.4g}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
