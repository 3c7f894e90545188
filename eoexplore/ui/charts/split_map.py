"""The audited split on a map, at every scale: its parts, or how far training patches are."""

from typing import Any

import streamlit as st

from eoexplore.charts.chart import Split
from eoexplore.tiles import ruled
from eoexplore.tiles.layers import describe
from eoexplore.ui import address, frame
from eoexplore.ui.map import mount_map
from eoexplore.ui.state import View

SECTION = "On the map"
_LOOKS = {"Distance to training": ruled.NEAR, "Parts": ruled.SPLIT}


def show(view: View, split: Split) -> None:
    """Show the selected patches on a map, coloured by a split.

    Args:
        view: what is looked at.
        split: the audited split.
    """
    if not view.opened.samples.located.any():
        frame.no_map()
        return
    look = st.segmented_control(
        "Coloured by",
        list(_LOOKS),
        key="by",
        default=next(iter(_LOOKS)),
        required=True,
        bind=address.bind(),
    )
    style = ruled.style_of(_LOOKS.get(str(look), ruled.NEAR), split.rule)
    if why := ruled.refused(view.opened, style):
        st.info(why, icon=":material/info:")
        return
    with st.container(key="split_map"):
        mount_map(_description(view, style, str(look)), key=f"map_{style}")


def _description(view: View, style: str, title: str) -> dict[str, Any]:
    """Return the map with footprints on top, from the world down to a patch."""
    found = describe(view.opened, view.selection, view.palette)
    own = {"id": style, "title": title, "group": "Colour by", "help": "", "disabled": None}
    layers = []
    for layer in found["layers"]:
        if layer["id"] == "footprints":
            styles = [own, *(item for item in layer["styles"] if item["id"] != "near.train")]
            layers.append(
                {**layer, "visible": True, "min_zoom": 0, "style": style, "styles": styles}
            )
        elif layer["id"] != "density":
            layers.append({**layer, "visible": False})
    pictured = any(not layer["disabled"] for layer in layers if layer["id"] != "footprints")
    # Footprints are there at every zoom: there is nothing to zoom in for but imagery.
    from_zoom = found["imagery_zoom"] if pictured else 0
    return {**found, "layers": layers, "imagery_zoom": from_zoom}
