"""The parts of a chart on a page: figure, sentences, files, table."""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from eoexplore.charts.chart import Chart
from eoexplore.ui.charts.pictures import picture_buttons
from eoexplore.ui.text import as_text

_TABLE_PX = 420
_THEMES = {"light": ("#ffffff", "#1b2524", "#d8dfdd"), "dark": ("#0e1416", "#e6ecea", "#3a484c")}
"""Background, text and lines, as in the app's themes: a picture that is taken away needs them."""


def whole(found: Chart, key: str, name: str, said: Mapping[str, str]) -> None:
    """Show a chart that has no options and no clicks.

    Args:
        found: the chart.
        key: the same at every run of the page, and of no other chart.
        name: what its files are called, without an ending.
        said: what was asked, for the first lines of the CSV.
    """
    st.subheader(as_text(found.title), anchor=False)
    if found.figure is not None:
        figure(found, key, name)
    sentences(found)
    files(found, key, name, said)
    below(found, key)


def sentences(found: Chart) -> None:
    """Show what a chart says, and its notes."""
    st.markdown(as_text(found.sentence))
    for sentence in found.notes:
        st.caption(as_text(sentence))


def below(found: Chart, key: str) -> None:
    """Show what can be copied, and the table."""
    if text := found.facts.get("copy"):
        st.code(str(text), language="python", wrap_lines=True)
    is_open = found.figure is None or found.tabular
    with st.expander("The same as a table", icon=":material/table:", expanded=is_open):
        table(found.table, key=f"table_{key}")


def figure(found: Chart, key: str, name: str) -> Any:  # noqa: ANN401 (an event of Streamlit)
    """Show the figure of a chart, and return what was clicked; none where nothing can be.

    Args:
        found: the chart.
        key: of the chart.
        name: what its picture is called, without an ending.
    """
    # A copy: the chart is kept for others, who may have the other theme.
    drawn = go.Figure(found.figure)
    paper, ink, lines = _THEMES["dark" if st.context.theme.type == "dark" else "light"]
    axis = {"gridcolor": lines, "linecolor": lines, "zerolinecolor": lines}
    drawn.update_layout(
        paper_bgcolor=paper,
        plot_bgcolor=paper,
        font={"color": ink, "family": "Source Sans, sans-serif"},
        hoverlabel={"bgcolor": paper, "font": {"color": ink}},
    )
    for trace in drawn.select_traces(lambda trace: "error_x" in trace.to_plotly_json()):
        trace.error_x.color = ink
    drawn.update_xaxes(**axis)
    drawn.update_yaxes(**axis)
    clickable = any(trace.customdata is not None for trace in drawn.data)
    event = st.plotly_chart(
        drawn,
        key=f"figure_{key}",
        on_select="rerun" if clickable else "ignore",
        selection_mode="points",
        theme=None,
        alt=f"{found.title}. {found.sentence}",
        config={
            "displaylogo": False,
            "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
            "toImageButtonOptions": {"filename": name, "scale": 2},
        },
    )
    return event if clickable else None


def files(found: Chart, key: str, name: str, said: Mapping[str, str]) -> None:
    """Show the buttons that take a chart away.

    Args:
        found: the chart.
        key: of the chart.
        name: what the files are called, without an ending.
        said: what was asked, for the first lines of the CSV.
    """
    with st.container(horizontal=True, key=f"files_{key}"):
        st.download_button(
            "CSV",
            lambda: csv(found, said),
            f"{name}.csv",
            "text/csv",
            icon=":material/download:",
            key=f"csv_{key}",
            on_click="ignore",
            help="The table, with what was asked in its first lines",
        )
        if found.figure is not None:
            picture_buttons(f"figure_{key}", name)


def csv(found: Chart, said: Mapping[str, str]) -> bytes:
    """Return the table of a chart as CSV in UTF-8, with what was asked in lines that begin with #.

    Args:
        found: the chart.
        said: what was asked, by names.
    """
    lines = {"chart": found.title, **said}
    head = "".join(
        f"# {key}: {json.dumps(text, ensure_ascii=False)}\n" for key, text in lines.items()
    )
    body = found.table.to_csv(index=False, lineterminator="\n")
    # The mark tells spreadsheets that it is UTF-8.
    return f"\ufeff{head}{body}".encode()


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
