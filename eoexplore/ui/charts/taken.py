"""What is taken away of the splits page: the audited split as a file, and its audit as a page."""

import functools

import streamlit as st

from eoexplore.charts import report
from eoexplore.charts.chart import Asked
from eoexplore.core.errors import EOExploreError
from eoexplore.store import split_export
from eoexplore.ui.text import as_text

_PANEL_PX = 420


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
        st.download_button(
            "Report as one HTML page, about 5 MB",
            lambda: report.html(asked, {}),
            f"{opened.slug}-audit.html",
            "text/html",
            key="split_report",
            on_click="ignore",
            icon=":material/article:",
            width="stretch",
        )


def _data(asked: Asked, kind: str) -> bytes:
    part = asked.part
    try:
        return split_export.data(
            asked.opened, asked.split, part.mask, part.selection.canonical(), kind
        )
    except EOExploreError as error:
        return f"{error}\n".encode()
