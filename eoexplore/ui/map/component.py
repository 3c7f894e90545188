"""Registers the map viewer with Streamlit and mounts it.

The component's files lie beside this one and are served as they are under ``/ui/``; Leaflet is
served under ``/vendor/leaflet/``. There is no build step: the script that Streamlit gets only
imports ``map.js``, so that the browser caches the files and the message to the browser stays small.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

FOLDER = Path(__file__).parent

# The line break matters: Streamlit takes a script of one line for the path of a file. The script
# runs from a blob: address, hence the full origin; only the data can tell it the base path.
_BOOTSTRAP = """export default async function (component) {
  const { base, version } = component.data;
  const address = `${location.origin}${base}/ui/map.js?v=${version}`;
  return (await import(address)).mount(component);
}
"""

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
    js=_BOOTSTRAP,
    isolate_styles=True,
)


@cache
def files_version() -> str:
    """Return a short hash of the component's files; a changed file changes every address."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.iterdir()):
        if path.suffix in {".js", ".css"}:
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def mount_map(data: dict[str, Any], *, key: str) -> None:
    """Show the map, or give the map that is already there new data.

    Args:
        data: the JSON description of the map. Addresses in it are paths of this server without
            the base path, which the browser puts in front.
        key: the same at every run of the page, so that the map stays where it is.
    """
    # Streamlit takes its base path with and without slashes around it.
    path = str(data.get("base") or "").strip("/")
    base = f"/{path}" if path else ""
    _component(
        key=key,
        data={**data, "base": base, "version": files_version()},
        width="stretch",
        height="content",
    )
