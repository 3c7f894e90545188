"""Label quality: which labels are doubtful, why, and how sure that is."""

import functools

import streamlit as st

from eoexplore.charts.chart import Asked, Part
from eoexplore.tiles.issues import describe
from eoexplore.ui import frame
from eoexplore.ui.charts import section
from eoexplore.ui.quality import looking, mount_quality
from eoexplore.ui.quality.limits import stated

PAGE = {
    "title": "Label quality",
    "icon": ":material/fact_check:",
    "order": 20,
    "help": "What speaks against labels, strongest first: each doubt with its pictures.",
}
FINDINGS = "Findings"

view = frame.current_view(on_map=False)
with st.container(horizontal=True, vertical_alignment="center", key="quality_head"):
    chosen = section.choose("quality", first=(FINDINGS,))
    predictions = looking.chosen(view.opened)
    limits = stated(view.opened, predictions) if chosen == FINDINGS else ""
    looking.offer(view.opened, predictions)
looking.warn(view.opened, predictions)
if chosen == FINDINGS:
    name = looking.name_of(predictions)
    mount_quality(
        {
            **describe(view.opened, view.selection, view.palette, name, limits),
            **looking.state_of(view.opened, predictions),
        },
        key="quality",
        on_ask=functools.partial(looking.hear, slug=view.opened.slug, name=name),
    )
else:
    part = Part("Selection", view.selection, view.mask)
    sets = (predictions,) if predictions else ()
    asked = Asked(view.opened, (part,), palette=view.palette, predictions=sets)
    section.show("quality", chosen, asked)
