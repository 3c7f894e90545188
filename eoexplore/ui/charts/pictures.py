"""Buttons that take a chart away as a picture."""

import streamlit as st

from eoexplore.ui.component import base_path, bootstrap, files_version

_STYLE = """
:host, div { font-family: var(--st-font); }
div.pictures { display: flex; gap: 0.5rem; }
button {
  display: inline-flex; align-items: center; min-height: 2.5rem; padding: 0.25rem 0.75rem;
  cursor: pointer; font: inherit; font-size: 0.875rem;
  color: var(--st-text-color); background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius, 0.25rem);
}
button:hover { border-color: var(--st-link-color); color: var(--st-link-color); }
button:focus-visible { outline: 2px solid var(--st-link-color); outline-offset: 1px; }
"""

_pictures = st.components.v2.component(
    "eoexplore_pictures", css=_STYLE, js=bootstrap("charts/pictures"), isolate_styles=True
)


def picture_buttons(figure: str, name: str) -> None:
    """Show the buttons for PNG and SVG of a chart on the page.

    Args:
        figure: key of the chart.
        name: what the files are called, without an ending.
    """
    _pictures(
        key=f"pictures_{figure}",
        data={"figure": figure, "name": name, "base": base_path(), "version": files_version()},
        width="content",
        height="content",
    )
