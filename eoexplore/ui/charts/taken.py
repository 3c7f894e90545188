"""What is taken away of a page: its report and, of the splits page, the split as a file."""

import functools
import json
from collections.abc import Mapping
from typing import Literal

import streamlit as st

from eoexplore.charts import chart, document, report
from eoexplore.charts.chart import Asked, Page
from eoexplore.core.errors import EOExploreError
from eoexplore.store import split_export
from eoexplore.ui.charts import card
from eoexplore.ui.text import as_text

_PANEL_PX = 420
Width = Literal["content", "stretch"]


def take_away(asked: Asked) -> None:
    """Show the button behind which the files are.

    Args:
        asked: dataset, selection, and the audited split with those beside it.
    """
    panel = st.popover("Take away", icon=":material/download:")
    with panel, st.container(width=_PANEL_PX, gap="small"):
        opened, split = asked.opened, asked.split
        refused = split_export.kinds_of(opened)
        st.markdown(f"**{as_text(split.title)}** for the selected patches:")
        for kind, item in split_export.KINDS.items():
            st.download_button(
                item.title,
                functools.partial(_data, asked, kind),
                split_export.name_of(opened, split, kind),
                item.media_type,
                key=f"split_as_{kind}",
                on_click="ignore",
                disabled=bool(refused[kind]),
                help=as_text(refused[kind]) or "With a header that says how it was made",
                icon=":material/table:",
                width="stretch",
            )
        st.markdown("**The audit** with all charts and tables of this page, to print or to send:")
        label = "Report as one HTML page, about 5 MB"
        report_button("splits", asked, label, "audit", width="stretch")


def report_button(
    page: Page, asked: Asked, label: str, name: str, *, width: Width = "content"
) -> None:
    """Show the button that makes a report of a page when it is pressed.

    Args:
        page: whose charts; they have the options that were chosen last.
        asked: what they are asked.
        label: of the button.
        name: what the file is called, after the dataset.
        width: of the button.
    """
    chosen = card.chosen()
    st.download_button(
        label,
        lambda: report.html(page, asked, _options(chosen)),
        f"{asked.opened.slug}-{name}.html",
        "text/html",
        key=f"report_{page}",
        on_click="ignore",
        help="All charts of this page, to print or to send: one HTML file, about 5 MB",
        icon=":material/article:",
        width=width,
    )


def numbers_button(asked: Asked) -> None:
    """Show the button that gives every number of the evaluation as JSON when it is pressed.

    Args:
        asked: dataset, selection and prediction sets.
    """
    chosen = card.chosen()

    def data() -> bytes:
        charts = document.of(chart.kinds("evaluation"), asked, _options(chosen))
        return json.dumps(document.evaluation(asked, charts), indent=2).encode()

    st.download_button(
        "JSON",
        data,
        f"{asked.opened.slug}-evaluation.json",
        "application/json",
        key="numbers_evaluation",
        on_click="ignore",
        help="All figures with their intervals, and all tables: what `evaluate --json` prints",
        icon=":material/data_object:",
    )


def _options(chosen: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return options by CHART.NAME; a card may add its own meanwhile."""
    every = list(chosen.items())
    return {f"{name}.{key}": value for name, own in every for key, value in own.items()}


def _data(asked: Asked, kind: str) -> bytes:
    part = asked.part
    try:
        return split_export.data(
            asked.opened, asked.split, part.mask, part.selection.canonical(), kind
        )
    except EOExploreError as error:
        return f"{error}\n".encode()
