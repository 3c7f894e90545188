"""What leaves the page: the link to what is looked at, and the selection as files."""

import shlex
from urllib.parse import quote, urlencode

import streamlit as st

from eoexplore.jobs.export import Divisible
from eoexplore.store import selections
from eoexplore.store.catalog import Opened
from eoexplore.store.export import kinds_of
from eoexplore.ui.component import base_path
from eoexplore.ui.map.component import mount_link
from eoexplore.ui.state import View

_PANEL_PX = 480
_HEAD_BYTES = 16_000
_ROW_BYTES = {"parquet": (90, 90), "geojson": (680, 1430), "csv": (430, 510)}
"""Size of a row, without and with the areas of the classes; measured on reBEN and the demo."""
_FORMATS = {
    "parquet": ("GeoParquet", "Outlines and all columns; for geopandas, QGIS, DuckDB"),
    "geojson": ("GeoJSON", "Outlines and all columns; for web maps, QGIS"),
    "csv": ("CSV", "All columns, places as longitude and latitude; for spreadsheets"),
}
_PLAIN = {
    "parquet": ("Parquet", "All columns; for pandas, DuckDB"),
    "csv": ("CSV", "All columns; for spreadsheets"),
}
"""Of samples without a place, which have no outlines."""


def link(opened: Opened) -> None:
    """Show the button that copies the address of the page as it is now."""
    mount_link({"dataset": opened.slug}, key="copy_link")


def export(view: View) -> None:
    """Show what can be taken away of the selection, and how large it is."""
    with st.popover("Export", icon=":material/download:", help="Take the selected patches away"):
        _offers(view)


def _offers(view: View) -> None:
    with st.container(width=_PANEL_PX, gap="small"):
        count = int(view.mask.sum())
        if not count:
            st.markdown("No patch is selected, so there is nothing to take away.")
            return
        noun = "patch" if count == 1 else "patches"
        st.markdown(f"**{count:,} {noun}** as a table, one row each:")
        text = selections.text_of(view.selection)
        opened = view.opened
        placed = bool(opened.samples.located.any())
        for ending in kinds_of(opened):
            title, use = (_FORMATS if placed else _PLAIN)[ending]
            size = _size(_HEAD_BYTES + count * _ROW_BYTES[ending][opened.samples.areas])
            st.link_button(
                f"{title}, about {size}",
                address(opened.slug, ending, text),
                icon=":material/table:",
                help=use,
                width="stretch",
            )
        if not isinstance(opened.dataset, Divisible):
            return
        st.markdown("With all pixels, as a dataset of its own (run it in a terminal):")
        chosen = f" --select {shlex.quote(text)}" if text else ""
        command = f"python -m eoexplore export {shlex.quote(opened.slug)}{chosen}"
        st.code(f"{command} --as tree --to my-subset", language=None, wrap_lines=True)
        st.caption(
            "`--as lmdb` writes a rico-hdl LMDB instead. The command says how much room it needs "
            "before it writes. A picture of the view and a map as one file are in the map's menu."
        )


def address(slug: str, ending: str, text: str) -> str:
    """Return the address of a selection as a file, with the server's base path."""
    query = f"?{urlencode({'select': text}, quote_via=quote)}" if text else ""
    return f"{base_path()}/export/{quote(slug, safe='')}/selection.{ending}{query}"


def _size(length: float) -> str:
    for unit in ("kB", "MB"):
        length /= 1000
        if length < 1000:
            return f"{length:.2g} {unit}" if length < 100 else f"{length:.0f} {unit}"
    return f"{length / 1000:.1f} GB"
