"""Registers the map viewer and the button that copies a link with Streamlit, and mounts them.

The component's files lie beside this one and are served as they are under ``/ui/``; Leaflet is
served under ``/vendor/leaflet/``. There is no build step: the script that Streamlit gets only
imports ``map.js``, so that the browser caches the files and the message to the browser stays small.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

FOLDER = Path(__file__).parent
_GALLERY = FOLDER.parent / "gallery"

# The line break matters: Streamlit takes a script of one line for the path of a file. The script
# runs from a blob: address, hence the full origin; only the data can tell it the base path.
_BOOTSTRAP = """export default async function (component) {
  const { base, version } = component.data;
  const address = `${location.origin}${base}/ui/FILE.js?v=${version}`;
  return (await import(address)).mount(component);
}
"""


def bootstrap(file: str) -> str:
    """Return the script of a component that is mounted by a file below /ui/, without its .js."""
    return _BOOTSTRAP.replace("FILE", file)


# Keeps the map's place until its own style has arrived, so that nothing below it jumps.
_FRAME = '<div class="eo-placeholder" role="status" aria-label="The map is loading"></div>'
_FRAME_STYLE = """
.eo-placeholder {
  height: max(420px, calc(100dvh - 200px));
  border-radius: 8px;
  background: var(--st-secondary-background-color);
}
@media (max-width: 640px) { .eo-placeholder { height: 60dvh; } }
"""

_component = st.components.v2.component(
    "eoexplore_map",
    html=_FRAME,
    css=_FRAME_STYLE,
    js=bootstrap("map"),
    isolate_styles=True,
)

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


@cache
def files_version() -> str:
    """Return a short hash of the components' files; a changed file changes every address."""
    digest = hashlib.sha256()
    for path in sorted([*FOLDER.iterdir(), *_GALLERY.iterdir()]):
        if path.suffix in {".js", ".css"}:
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def mount_map(
    data: dict[str, Any], *, key: str, on_ask: Callable[[object], None] | None = None
) -> None:
    """Show the map, or give the map that is already there new data.

    Args:
        data: the JSON description of the map. Addresses in it are paths of this server without
            the base path, which the browser puts in front; `base` overrules the server's own.
        key: the same at every run of the page, so that the map stays where it is.
        on_ask: gets what the map asks for (an area was drawn, a view was chosen), as it came from
            the browser; called before the page runs again.
    """

    def heard() -> None:
        if on_ask is not None:
            on_ask((st.session_state.get(key) or {}).get("ask"))

    _component(
        key=key,
        data={**data, "base": _base(data.get("base", base_path())), "version": files_version()},
        on_ask_change=heard,
        width="stretch",
        height="content",
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


def base_path() -> str:
    """Return the path that stands before every address of this server; empty, or /like/this."""
    return _base(st.get_option("server.baseUrlPath"))


def _base(path: object) -> str:
    # Streamlit takes its base path with and without slashes around it.
    text = str(path or "").strip("/")
    return f"/{text}" if text else ""
