"""Evaluation: how good predictions are, where, and how sure that is."""

from eoexplore.charts.chart import Asked, Part
from eoexplore.ui import frame
from eoexplore.ui.charts import judged, section

PAGE = {
    "title": "Evaluation",
    "icon": ":material/grading:",
    "order": 19,
    "help": "How good predictions are: scores with intervals, by class, place and season.",
}

view = frame.current_view(on_map=False)
predictions = judged.chosen(view)
if predictions:
    chosen = section.choose("evaluation")
    part = Part("Selection", view.selection, view.mask)
    asked = Asked(view.opened, (part,), palette=view.palette, predictions=predictions)
    judged.warn(asked)
    section.show("evaluation", chosen, asked)
