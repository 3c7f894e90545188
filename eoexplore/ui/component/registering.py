"""Registers a component with Streamlit: a script of the browser, and a frame until that is there.

The scripts lie in the folders beside this one and are served as they are under ``/ui/``. There is
no build step: the script that Streamlit gets only imports the component's file, so that the
browser caches the files and the message to the browser stays small.
"""

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Protocol

import streamlit as st

FOLDERS = tuple(
    Path(__file__).parents[1] / name
    for name in ("map", "gallery", "quality", "charts", "component")
)
"""Where scripts and styles lie."""

# The line break matters: Streamlit takes a script of one line for the path of a file. The script
# runs from a blob: address, hence the full origin; only the data can tell it the base path.
_BOOTSTRAP = """export default async function (component) {
  const { base, version } = component.data;
  const address = `${location.origin}${base}/ui/FILE.js?v=${version}`;
  return (await import(address)).mount(component);
}
"""

# Keeps the place until the component's own style has arrived, so that nothing below it jumps.
_FRAME = '<div class="eo-placeholder" role="status" aria-label="LABEL"></div>'
_FRAME_STYLE = """
.eo-placeholder {
  height: max(420px, calc(100dvh - 200px));
  border-radius: 8px;
  background: var(--st-secondary-background-color);
}
@media (max-width: 640px) { .eo-placeholder { height: 60dvh; } }
"""


class Mount(Protocol):
    """Shows a registered component."""

    def __call__(
        self,
        data: Mapping[str, object],
        *,
        key: str,
        on_ask: Callable[[object], None] | None = None,
    ) -> None:
        """Show the component, or give the one that is already there new data.

        Args:
            data: its JSON description. Addresses in it are paths of this server without the base
                path, which the browser puts in front; `base` overrules the server's own.
            key: the same at every run of the page, so that the component stays as it is.
            on_ask: gets what the component asks for (an area was drawn, patches were picked), as
                it came from the browser; called before the page runs again.
        """


def register(name: str, file: str, loading: str) -> Mount:
    """Register a component that fills the page, and return what shows it.

    Args:
        name: its name among Streamlit's components.
        file: its script below /ui/, without .js.
        loading: what is read out until it is there.
    """
    component = st.components.v2.component(
        name,
        html=_FRAME.replace("LABEL", loading),
        css=_FRAME_STYLE,
        js=bootstrap(file),
        isolate_styles=True,
    )

    def mount(
        data: Mapping[str, object],
        *,
        key: str,
        on_ask: Callable[[object], None] | None = None,
    ) -> None:
        def heard() -> None:
            if on_ask is not None:
                on_ask((st.session_state.get(key) or {}).get("ask"))

        base = _base(data["base"]) if "base" in data else base_path()
        component(
            key=key,
            data={**data, "base": base, "version": files_version()},
            on_ask_change=heard,
            width="stretch",
            height="content",
        )

    return mount


def bootstrap(file: str) -> str:
    """Return the script of a component that is mounted by a file below /ui/, without its .js."""
    return _BOOTSTRAP.replace("FILE", file)


@cache
def files_version() -> str:
    """Return a short hash of the components' files; a changed file changes every address."""
    digest = hashlib.sha256()
    for path in sorted(path for folder in FOLDERS for path in folder.iterdir()):
        if path.suffix in {".js", ".css"}:
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def base_path() -> str:
    """Return the path that stands before every address of this server; empty, or /like/this."""
    return _base(st.get_option("server.baseUrlPath"))


def _base(path: object) -> str:
    # Streamlit takes its base path with and without slashes around it.
    text = str(path or "").strip("/")
    return f"/{text}" if text else ""
