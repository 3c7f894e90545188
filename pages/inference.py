"""Inference: what a model says of a patch, of the selection, or of an own GeoTIFF."""

import streamlit as st

from eoexplore.ui import address, frame
from eoexplore.ui.inference import area, choosing, more, patch, upload

PAGE = {
    "title": "Inference",
    "icon": ":material/neurology:",
    "order": 18,
    "help": "Ask a model about a patch, an area, or your own GeoTIFF.",
}
SECTIONS = ("A patch", "The selection", "An own GeoTIFF", "Model card")

view = frame.current_view(on_map=False)
offers = choosing.chosen()
if offers:
    section = st.segmented_control(
        "Section",
        SECTIONS,
        key="of",
        default=SECTIONS[0],
        required=True,
        bind=address.bind(),
        label_visibility="collapsed",
    )
    if section == "Model card":
        for offer in offers:
            choosing.card(offer)
        more.show(view.opened)
    elif section == "An own GeoTIFF":
        upload.show(offers[0])
    elif offers := choosing.fitting(view.opened, offers):
        if section == "The selection":
            area.show(view, offers[0])
        else:
            patch.show(view, offers)
else:
    more.show(view.opened)
