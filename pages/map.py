"""The map: imagery, labels and footprints of the selection, and a card for each patch."""

import streamlit as st

from eoexplore.tiles import own
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
    goto = state.goto(view)
    upload_id = str(st.query_params.get(own.ID, ""))
    predicted = own.layer_of(view.opened.slug, upload_id)
    if predicted is not None:
        layer, bounds = predicted
        description = {**description, "layers": [*description["layers"], layer]}
        # A number of its own, so that the map goes there once.
        goto = goto or {"seq": upload_id, "bounds": bounds}
    mount_map(
        {**description, "start": start, "goto": goto},
        key="map",
        on_ask=state.hear,
    )
else:
    frame.no_map()
