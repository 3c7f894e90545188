"""Registers the gallery with Streamlit and mounts it; its scripts lie under ``/ui/gallery/``.

Like the map it owns its state: paging, sorting and styles are kept in the page's address by its
script and need no run of the page. What only the page can do is asked for by one trigger.
"""

from collections.abc import Callable, Mapping

import streamlit as st

from eoexplore.ui.map.component import base_path, bootstrap, files_version

# Keeps the gallery's place until its own style has arrived, so that nothing below it jumps.
_FRAME = '<div class="eo-placeholder" role="status" aria-label="The gallery is loading"></div>'
_FRAME_STYLE = """
.eo-placeholder {
  height: max(420px, calc(100dvh - 200px));
  border-radius: 8px;
  background: var(--st-secondary-background-color);
}
@media (max-width: 640px) { .eo-placeholder { height: 60dvh; } }
"""

_component = st.components.v2.component(
    "eoexplore_gallery",
    html=_FRAME,
    css=_FRAME_STYLE,
    js=bootstrap("gallery/gallery"),
    isolate_styles=True,
)


def mount_gallery(
    data: Mapping[str, object], *, key: str, on_ask: Callable[[object], None] | None = None
) -> None:
    """Show the gallery, or give the gallery that is already there new data.

    Args:
        data: the JSON description of the gallery, with addresses without the server's base path.
        key: the same at every run of the page, so that the gallery stays as it is.
        on_ask: gets what the gallery asks for (another selection), as it came from the browser;
            called before the page runs again.
    """

    def heard() -> None:
        if on_ask is not None:
            on_ask((st.session_state.get(key) or {}).get("ask"))

    _component(
        key=key,
        data={**data, "base": base_path(), "version": files_version()},
        on_ask_change=heard,
        width="stretch",
        height="content",
    )
