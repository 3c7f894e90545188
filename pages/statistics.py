"""Statistics: what the labels of the selection are worth, alone or beside another selection."""

import streamlit as st

from eoexplore.charts.chart import Asked
from eoexplore.ui import frame
from eoexplore.ui.charts import compared, section

PAGE = {
    "title": "Statistics",
    "icon": ":material/bar_chart:",
    "order": 16,
    "help": "Counts of classes, areas, spectra, and how labels fit the label maps.",
}

view = frame.current_view(on_map=False)
with st.container(horizontal=True, vertical_alignment="center", key="charts_head"):
    chosen = section.choose("statistics")
    parts = compared.parts(view)
section.show("statistics", chosen, Asked(view.opened, parts, palette=view.palette))
