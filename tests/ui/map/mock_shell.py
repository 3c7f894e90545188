"""The script of the mock app: a page with the map and widgets around it, and a page without."""

from urllib.parse import quote

import streamlit as st

from eoexplore.ui.map import mount_map

INDICES = ("NDVI", "EVI", "SAVI", "NDMI", "NDWI", "MNDWI", "NBR", "BSI", "NDBI", "NDSI")


def style(name: str, title: str, group: str = "", **more: object) -> dict[str, object]:
    about = {"id": name, "title": title, "group": group, "help": None, "disabled": None}
    return about | more


def layer(
    name: str, title: str, styles: list[dict[str, object]], select: str, **more: object
) -> dict[str, object]:
    query = f"style={{style}}&date={{date}}&select={quote(select, safe='')}"
    about = {"id": name, "title": title, "kind": "optical", "visible": True, "opacity": 1.0}
    about |= {"url": f"/tiles/mock/{name}/{{z}}/{{x}}/{{y}}{{r}}.png?{query}", "styles": styles}
    about |= {"style": styles[0]["id"], "min_zoom": 8, "max_zoom": 18, "disabled": None}
    return about | {"controls": []} | more


def layers(select: str, wish: str, opacity: float, hostile: bool) -> list[dict[str, object]]:
    bad = '{{7*7}} <img src=x onerror="window.hacked=1"> </script>' if hostile else ""
    missing = "B11 is missing in all patches"
    s2 = [
        style("true_colour", f"True colour{bad}", "Composites", help="B04, B03, B02"),
        style("colour_infrared", "Colour infrared", "Composites", help="B08, B04, B03"),
        style("swir", "Short-wave infrared", "Composites", disabled=missing),
        style("broken", "Broken", "Composites"),
        *(style(f"band.B{i:02}", f"B{i:02}", "Bands") for i in range(1, 9)),
        *(
            style(f"index.{name}", name, "Indices: vegetation", help=f"Formula of {name}")
            for name in (*INDICES, *(f"X{i}" for i in range(100)))
        ),
        style("held", "Held", "Others"),
    ]
    map_styles = [style("clc19", "19 classes"), style("clc44", "44 classes")]
    radar = {"visible": False, "disabled": "No patch has Sentinel-1 images", "kind": "sar"}
    labels = {"visible": False, "kind": "categorical", "controls": ["classes", "line"]}
    frames = [style("split", "by split"), style("season", "by season")]
    return [
        layer("density", "Density", [style("count", "patches")], select, min_zoom=0, max_zoom=7,
              kind="density"),
        layer("s1", "Sentinel-1", [style("vv", "VV")], select, **radar),
        layer("s2", f"Sentinel-2{bad}", s2, select, style=wish, controls=["stretch"]),
        layer("reference_map", "Reference map", map_styles, select, opacity=opacity, **labels),
        layer("footprints", "Footprints", frames, select, visible=False, kind="footprints"),
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
    if "map" in st.session_state and (asked := st.session_state["map"].get("ask")):
        st.session_state.asked = asked
    mount_map(
        {
            "dataset": "mock",
            "base": st.get_option("server.baseUrlPath"),
            "synthetic": True,
            "start": [11.9, 47.45, 12.1, 47.55],
            "goto": {"seq": seq, "bounds": [13.0, 48.0, 13.1, 48.05]} if seq else None,
            "query": f"select={quote('hostile' if hostile else chosen, safe='')}&v=1",
            "outlines": "/assets/countries-110m.json",
            "online": {
                "title": "OpenStreetMap (online)",
                "url": "https://tile.example.org/{z}/{x}/{y}.png",
                "attribution": "© OpenStreetMap contributors",
            },
            "imagery_zoom": 8,
            "seasons": ["winter", "spring", "summer", "autumn"],
            "most_dates": 3,
            "dates": ["2017-06-13", "2017-08-01", "2017-11-05", "2018-02-14"],
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
