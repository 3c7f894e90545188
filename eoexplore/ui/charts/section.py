"""The sections of a page of charts: one is shown at a time, so that only its charts are made."""

from collections.abc import Sequence

import streamlit as st

from eoexplore.charts import chart
from eoexplore.charts.chart import Asked
from eoexplore.ui import address
from eoexplore.ui.charts.card import card


def choose(page: chart.Page, *others: str, first: Sequence[str] = ()) -> str:
    """Show the choice of a section, and return the chosen one.

    Args:
        page: whose charts.
        others: sections without charts, which stand last.
        first: sections without charts, which stand before the others.
    """
    names = [*first, *dict.fromkeys(kind.section for kind in chart.kinds(page)), *others]
    chosen = st.segmented_control(
        "Section",
        names,
        key="section",
        required=True,
        default=names[0],
        bind=address.bind(),
        label_visibility="collapsed",
    )
    return str(chosen or names[0])


def show(page: chart.Page, section: str, asked: Asked) -> None:
    """Show the charts of a section, one below the other.

    Args:
        page: whose charts.
        section: what `choose` gave.
        asked: what they are asked; the options are chosen in each chart.
    """
    for kind in chart.kinds(page):
        if kind.section == section:
            card(kind, asked)
