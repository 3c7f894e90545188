"""The sections of a page of charts: one is shown at a time, so that only its charts are made."""

import streamlit as st

from eoexplore.charts import chart
from eoexplore.charts.chart import Asked, Kind
from eoexplore.ui import address
from eoexplore.ui.charts.card import card


def choose(page: chart.Page) -> tuple[Kind, ...]:
    """Show the choice of a section, and return the charts of the chosen one.

    Args:
        page: whose charts.
    """
    names = list(dict.fromkeys(kind.section for kind in chart.kinds(page)))
    chosen = st.segmented_control(
        "Section",
        names,
        key="section",
        required=True,
        default=names[0],
        bind=address.bind(),
        label_visibility="collapsed",
    )
    return tuple(kind for kind in chart.kinds(page) if kind.section == (chosen or names[0]))


def show(kinds: tuple[Kind, ...], asked: Asked) -> None:
    """Show some charts, one below the other.

    Args:
        kinds: which charts.
        asked: what they are asked; the options are chosen in each chart.
    """
    for kind in kinds:
        card(kind, asked)
