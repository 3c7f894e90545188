"""Splits: whether training, validation and test can be trusted, beside other ways to split."""

import streamlit as st

from eoexplore.charts import leakage_keep
from eoexplore.charts.chart import Asked, Part
from eoexplore.store import prediction_sets
from eoexplore.ui import frame
from eoexplore.ui.charts import audited, section, split_map, taken

PAGE = {
    "title": "Splits",
    "icon": ":material/call_split:",
    "order": 17,
    "help": "Sizes, balance and leakage of the split, beside other ways to split.",
}

view = frame.current_view(on_map=False)
splits = audited.chosen(view.opened)
part = Part("Selection", view.selection, view.mask)
asked = Asked(
    view.opened,
    (part,),
    palette=view.palette,
    splits=splits,
    predictions=prediction_sets.newest(view.opened, leakage_keep.MOST_SETS),
)
with st.container(horizontal=True, vertical_alignment="center", key="charts_head"):
    chosen = section.choose("splits", split_map.SECTION)
    taken.take_away(asked)
if chosen == split_map.SECTION:
    split_map.show(view, splits[0])
section.show("splits", chosen, asked)
