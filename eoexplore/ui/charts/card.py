"""One chart on a page."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from eoexplore.charts import chart
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option
from eoexplore.core.memory import ByteCache
from eoexplore.core.selection import parse
from eoexplore.core.words import phrases
from eoexplore.ui import address, long_work, pages, state
from eoexplore.ui.charts.pictures import picture_buttons
from eoexplore.ui.text import as_text

_FEW = 4
"""Values of an option up to which all of them are seen."""
_OPTION_PX = 230
_CHARTS_BYTES = 30_000_000
_TABLE_PX = 420
_THEMES = {"light": ("#ffffff", "#1b2524", "#d8dfdd"), "dark": ("#0e1416", "#e6ecea", "#3a484c")}
"""Background, text and lines, as in the app's themes: a picture that is taken away needs them."""
_made: ByteCache[Chart] = ByteCache(_CHARTS_BYTES)


@st.fragment
def card(kind: Kind, asked: Asked) -> None:
    """Show a chart with its options; a changed option makes this chart anew, and nothing else.

    Args:
        kind: which chart.
        asked: what it is asked.
    """
    with st.container(border=True, key=f"card_{kind.name}"):
        head = st.container()
        options = _options(kind, asked)
        asked = dataclasses.replace(asked, options=options)
        try:
            with st.spinner("Counting …", show_time=True):
                found = _chart(kind, asked)
        except CannotTell as reason:
            head.subheader(kind.title, anchor=False)
            st.info(as_text(str(reason)), icon=":material/info:")
            return
        head.subheader(as_text(found.title), anchor=False)
        _show(kind, asked, found)


def _options(kind: Kind, asked: Asked) -> dict[str, str]:
    offered = kind.offered(asked)
    if not offered:
        return {}
    chosen: dict[str, str] = {}
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"options_{kind.name}"):
        for option in offered:
            seen = option.counts(chosen)
            chosen[option.name] = _choice(kind, option) if seen else option.initial
    return chosen


def _choice(kind: Kind, option: Option) -> str:
    values, initial = list(option.values), option.initial
    given: dict[str, Any] = {
        "format_func": option.values.__getitem__,
        "key": f"{kind.name}.{option.name}",
        "bind": address.bind(),
    }
    if option.ordered:
        chosen = st.select_slider(option.title, values, initial, width=2 * _OPTION_PX, **given)
    elif len(values) <= _FEW:
        chosen = st.segmented_control(option.title, values, default=initial, required=True, **given)
    else:
        first = values.index(initial)
        chosen = st.selectbox(option.title, values, first, width=_OPTION_PX, **given)
    return str(chosen) if chosen in option.values else initial


def _chart(kind: Kind, asked: Asked) -> Chart:
    """Return a chart, from memory where it was made for the same question."""
    key = (
        kind.name,
        asked.opened.slug,
        asked.opened.version,
        tuple((part.name, part.selection.canonical()) for part in asked.parts),
        tuple(asked.options.items()),
        asked.palette,
        tuple(split.rule for split in asked.splits),
    )
    found = _made.get(key)
    if found is None:
        found = kind(asked)
        if not found.job:
            _made.put(key, found, _size(found))
    return found


def _size(found: Chart) -> int:
    figure = len(found.figure.to_json()) if found.figure is not None else 0
    return figure * 4 + int(found.table.memory_usage(deep=True).sum())


def _show(kind: Kind, asked: Asked, found: Chart) -> None:
    if found.figure is not None:
        _figure(kind, asked, found)
    st.markdown(as_text(found.sentence))
    if found.job:
        long_work.refine(asked.opened.slug, found.title, found.job)
    for sentence in found.notes:
        st.caption(as_text(sentence))
    if text := found.facts.get("copy"):
        st.code(str(text), language="python", wrap_lines=True)
    _files(kind, asked, found)
    is_open = found.figure is None or found.tabular
    with st.expander("The same as a table", icon=":material/table:", expanded=is_open):
        table(found.table, key=f"table_{kind.name}")


def table(frame: pd.DataFrame, *, key: str) -> None:
    """Show a table with grouped numbers, and shares with a sign of per cent.

    Args:
        frame: columns named "… share …" hold shares from 0 to 1.
        key: the same at every run of the page.
    """
    # What the rows are of stays in sight where the others have to be scrolled.
    columns: dict[str, Any] = {str(frame.columns[0]): st.column_config.Column(pinned=True)}
    for name, column in zip(map(str, frame.columns), frame.dtypes, strict=True):
        if column.kind == "f" and "share" in name.lower():
            columns[name] = st.column_config.NumberColumn(format="percent")
        elif column.kind == "f" and frame[name].abs().max() < 1:
            columns[name] = st.column_config.NumberColumn(format="%.5f")
        elif column.kind in "iuf":
            columns[name] = st.column_config.NumberColumn(format="localized")
    height = min(_TABLE_PX, 38 + 36 * max(1, len(frame)))
    st.dataframe(frame, hide_index=True, column_config=columns, key=key, height=height)


def _figure(kind: Kind, asked: Asked, found: Chart) -> None:
    # A copy: the chart is kept for others, who may have the other theme.
    figure = go.Figure(found.figure)
    paper, ink, lines = _THEMES["dark" if st.context.theme.type == "dark" else "light"]
    axis = {"gridcolor": lines, "linecolor": lines, "zerolinecolor": lines}
    figure.update_layout(
        paper_bgcolor=paper,
        plot_bgcolor=paper,
        font={"color": ink, "family": "Source Sans, sans-serif"},
        hoverlabel={"bgcolor": paper, "font": {"color": ink}},
    )
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    clicked = any(trace.customdata is not None for trace in figure.data)
    event: Any = st.plotly_chart(
        figure,
        key=f"figure_{kind.name}",
        on_select="rerun" if clicked else "ignore",
        selection_mode="points",
        theme=None,
        alt=f"{found.title}. {found.sentence}",
        config={
            "displaylogo": False,
            "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
            "toImageButtonOptions": {"filename": file_name(kind, asked), "scale": 2},
        },
    )
    if clicked:
        _clicked(kind, asked, event)


def _clicked(kind: Kind, asked: Asked, event: Mapping[str, Any]) -> None:
    """Offer the patches behind the mark that was clicked last."""
    points = event["selection"]["points"]
    texts = [point["customdata"][0] for point in points if point.get("customdata")]
    if not any(texts):
        st.caption("A click on a mark leads to its patches.")
        return
    text = str([text for text in texts if text][-1])
    selection, _ = parse(text)
    opened = asked.opened
    count = len(opened.samples.table(opened.dataset.classes).select(selection).rows())
    words = "; ".join(phrase.text for phrase in phrases(selection)) or "all"
    with st.container(horizontal=True, vertical_alignment="center", key=f"clicked_{kind.name}"):
        st.markdown(f"**{count:,} patches**: {as_text(words)}", width="content")
        if st.button("Keep only these", key=f"keep_{kind.name}", icon=":material/filter_alt:"):
            state.later(state.set_selection, text)()
            st.rerun()
        for page, label, icon in (
            ("map", "Show on the map", ":material/map:"),
            ("gallery", "Show in the gallery", ":material/grid_view:"),
        ):
            if st.button(label, key=f"{page}_{kind.name}", icon=icon):
                address.leave_for(pages.FOLDER / f"{page}.py", opened.slug, text)


def _files(kind: Kind, asked: Asked, found: Chart) -> None:
    name = file_name(kind, asked)
    with st.container(horizontal=True, key=f"files_{kind.name}"):
        st.download_button(
            "CSV",
            lambda: csv(asked, found),
            f"{name}.csv",
            "text/csv",
            icon=":material/download:",
            key=f"csv_{kind.name}",
            on_click="ignore",
            help="The table, with what was asked in its first lines",
        )
        if found.figure is not None:
            picture_buttons(f"figure_{kind.name}", name)


def csv(asked: Asked, found: Chart) -> bytes:
    """Return the table of a chart as CSV in UTF-8, with what was asked in lines that begin with #.

    Args:
        asked: what the chart was asked.
        found: the chart.
    """
    opened = asked.opened
    said = {
        "chart": found.title,
        "dataset": f"{opened.dataset.title} ({opened.fingerprint})",
        **{part.name.lower(): part.selection.canonical() or "all" for part in asked.parts},
        **dict(asked.options),
        **{f"split {n}": split.made for n, split in enumerate(asked.splits, 1)},
    }
    head = "".join(
        f"# {key}: {json.dumps(text, ensure_ascii=False)}\n" for key, text in said.items()
    )
    body = found.table.to_csv(index=False, lineterminator="\n")
    # The mark tells spreadsheets that it is UTF-8.
    return f"\ufeff{head}{body}".encode()


def file_name(kind: Kind, asked: Asked) -> str:
    """Return what a file of a chart is called, without an ending."""
    return f"{asked.opened.slug}-{chart.kind(kind.page, kind.name).name}".replace("_", "-")
