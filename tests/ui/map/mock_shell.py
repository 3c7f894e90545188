"""The script of the mock app: a page with the map and widgets around it, and a page without."""

from urllib.parse import quote

import streamlit as st

from eoexplore.ui.map import mount_map

PALETTE = [("Urban fabric", "#c94a3c"), ("Arable land", "#f2d65c"), ("Pastures", "#c9dd7a")]
PALETTE += [("Broad-leaved forest", "#63a355"), ("Coniferous forest", "#2f6b3a")]
PALETTE += [("Inland waters", "#5aa3d0"), ("Marine waters", "#2c5d9b")]


def style(layer: str, name: str, title: str, select: str, **more: object) -> dict[str, object]:
    url = f"/tiles/mock/{layer}/{{z}}/{{x}}/{{y}}.png?style={name}&select={quote(select, safe='')}"
    return {"id": name, "title": title, "url": url, "legend": None, "disabled": None} | more


def layer(
    name: str, title: str, styles: list[dict[str, object]], **more: object
) -> dict[str, object]:
    about = {"id": name, "title": title, "visible": True, "opacity": 1.0, "styles": styles}
    about |= {"style": styles[0]["id"], "min_zoom": 8, "max_zoom": 18, "disabled": None}
    return about | more


def layers(select: str, wish: str, opacity: float, hostile: bool) -> list[dict[str, object]]:
    bad = '{{7*7}} <img src=x onerror="window.hacked=1"> </script>' if hostile else ""
    entries = [{"label": label + bad, "colour": colour} for label, colour in PALETTE]
    legend = {"title": f"19 classes{bad}", "note": f"CORINE 2018{bad}", "entries": entries}
    ramp = {"title": "Patches per cell", "note": "Far out: how many patches lie here"}
    ramp["entries"] = [
        {"label": "1 – 10", "colour": "#cfe8e1"},
        {"label": "> 10", "colour": "#0f6b5c"},
    ]
    s2 = [
        style("s2", "true_colour", f"True colour{bad}", select),
        style("s2", "colour_infrared", "Colour infrared", select),
        style(
            "s2", "swir", "Short-wave infrared", select, disabled="B11 is missing in all patches"
        ),
        style("s2", "broken", "Broken", select),
    ]
    map_styles = [
        style("reference_map", "clc19", "19 classes", select, legend=legend),
        style("reference_map", "clc44", "44 classes", select, legend=legend),
    ]
    density = [style("density", "count", "Density", select, legend=ramp)]
    return [
        layer("density", "Density", density, min_zoom=0, max_zoom=7),
        layer("s1", "Sentinel-1", [style("s1", "vv", "VV", select)], visible=False,
              disabled="No patch has Sentinel-1 images"),
        layer("s2", f"Sentinel-2{bad}", s2, style=wish),
        layer("reference_map", "Reference map", map_styles, visible=False, opacity=opacity),
        layer("footprints", "Footprints", [style("footprints", "line", "Outline", select)],
              visible=False),
    ]  # fmt: skip


def map_page() -> None:
    st.session_state.runs = st.session_state.get("runs", 0) + 1
    first, second, third, fourth = st.columns(4)
    select = first.text_input("Filter", key="select")
    wish = second.radio("Style", ["true_colour", "colour_infrared"], key="wish", horizontal=True)
    number = third.number_input("Number", 0, 100, 0, key="number")
    hostile = fourth.toggle("Hostile", key="hostile")
    if fourth.button("Go to"):
        st.session_state.seq = st.session_state.get("seq", 0) + 1
    if fourth.button("Write address"):
        st.query_params["other"] = "1"
    seq = st.session_state.get("seq")
    chosen = select or (f"n={number}" if number else "")
    mount_map(
        {
            "dataset": "mock",
            "base": st.get_option("server.baseUrlPath"),
            "synthetic": True,
            "start": [11.9, 47.45, 12.1, 47.55],
            "goto": {"seq": seq, "bounds": [13.0, 48.0, 13.1, 48.05]} if seq else None,
            "query": f"select={quote(chosen, safe='')}&v=1",
            "outlines": "/assets/countries-110m.json",
            "online": {
                "title": "OpenStreetMap (online)",
                "url": "https://tile.example.org/{z}/{x}/{y}.png",
                "attribution": "© OpenStreetMap contributors",
            },
            "imagery_zoom": 8,
            "layers": layers(chosen, wish, 0.6, hostile),
        },
        key="map",
    )
    st.text(f"runs {st.session_state.runs}")


def other_page() -> None:
    st.text("Another page")
    st.text_input("Words", key="words")


st.set_page_config(layout="wide")
st.html("<style>[data-testid=stMainBlockContainer]{padding:3.5rem 1.5rem 0.5rem}</style>")
pages = [
    st.Page(map_page, title="Map", url_path="map"),
    st.Page(other_page, title="Other", url_path="other"),
]
st.navigation(pages, position="top").run()
