"""Evaluation: how good predictions are, where, and how sure that is."""

import streamlit as st

from eoexplore.charts.chart import Asked, Part
from eoexplore.ui import frame
from eoexplore.ui.charts import judged, section, taken

PAGE = {
    "title": "Evaluation",
    "icon": ":material/grading:",
    "order": 19,
    "help": "How good predictions are: scores with intervals, by class, place and season.",
}

view = frame.current_view(on_map=False)
predictions = judged.chosen(view)
if predictions:
    part = Part("Selection", view.selection, view.mask)
    asked = Asked(view.opened, (part,), palette=view.palette, predictions=predictions)
    with st.container(horizontal=True, vertical_alignment="center", key="charts_head"):
        chosen = section.choose("evaluation")
        taken.report_button("evaluation", asked, "Report", "evaluation")
        taken.numbers_button(asked)
    judged.warn(asked)
    section.show("evaluation", chosen, asked)
