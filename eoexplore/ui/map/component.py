"""The map viewer and the button that copies a link; their scripts are served under ``/ui/``.

Leaflet is served under ``/vendor/leaflet/``.
"""

from typing import Any

import streamlit as st

from eoexplore.ui.component import base_path, bootstrap, files_version, register

mount_map = register("eoexplore_map", "map", "The map is loading")

# Looks like the buttons of Streamlit beside it.
_LINK_STYLE = """
:host, div { font-family: var(--st-font); }
button {
  display: inline-flex; align-items: center; gap: 0.4rem; min-height: 2.5rem;
  padding: 0.25rem 0.75rem; white-space: nowrap; cursor: pointer; font: inherit;
  font-size: 0.875rem;
  color: var(--st-text-color); background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius, 0.25rem);
}
button:hover, button.done { border-color: var(--st-link-color); color: var(--st-link-color); }
button:focus-visible { outline: 2px solid var(--st-link-color); outline-offset: 1px; }
svg { width: 1rem; height: 1rem; fill: none; stroke: currentColor; stroke-width: 1.4; }
[role="status"], textarea { position: absolute; left: -9999px; }
@media (max-width: 640px) {
  button { padding: 0.25rem 0.6rem; }
  button:not(.done) .label { font-size: 0; }
}
"""

_link = st.components.v2.component(
    "eoexplore_link",
    css=_LINK_STYLE,
    js=bootstrap("link"),
    isolate_styles=True,
)


def mount_link(data: dict[str, Any], *, key: str) -> None:
    """Show the button that copies the page's address.

    Args:
        data: {"dataset": slug}.
        key: the same at every run of the page.
    """
    _link(
        key=key,
        data={**data, "base": base_path(), "version": files_version()},
        width="content",
        height="content",
    )
