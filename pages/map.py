"""The map: imagery, labels and footprints of the selection, and a card for each patch."""

from eoexplore.tiles.layers import describe
from eoexplore.ui import frame, state
from eoexplore.ui.map import mount_map

PAGE = {
    "title": "Map",
    "icon": ":material/map:",
    "order": 10,
    "help": "Imagery, labels and footprints on a map; a click shows everything about a patch.",
}

view = frame.current_view()
if view.opened.samples.located.any():
    frame.some_off_map(view)
    description = describe(view.opened, view.selection, view.palette)
    start = state.start(view) or description["start"]
    mount_map(
        {**description, "start": start, "goto": state.goto(view)},
        key="map",
        on_ask=state.hear,
    )
else:
    frame.no_map()
