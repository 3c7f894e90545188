"""Splits: whether training, validation and test can be trusted, beside other ways to split."""

from eoexplore.charts.chart import Asked, Part
from eoexplore.ui import frame
from eoexplore.ui.charts import audited, section

PAGE = {
    "title": "Splits",
    "icon": ":material/call_split:",
    "order": 17,
    "help": "Sizes, balance and leakage of the split, beside other ways to split.",
}

view = frame.current_view(on_map=False)
splits = audited.chosen(view.opened)
kinds = section.choose("splits")
part = Part("Selection", view.selection, view.mask)
section.show(kinds, Asked(view.opened, (part,), palette=view.palette, splits=splits))
