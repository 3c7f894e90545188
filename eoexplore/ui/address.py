"""Dataset, selection and palette in the address of every page, by bound widgets.

They stand in the frame around the pages: what a page itself binds, Streamlit forgets when one
leaves it, and drops from the address, also on the way back to that page.
"""

from pathlib import Path
from typing import Literal

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from eoexplore.ui import state

Bind = Literal["query-params"] | None
_KEYS = (state.DATASET, state.SELECT, state.PALETTE)
_GO, _TO_SELECTION = "go", "selection"
"""Query parameter of a link to the selected patches on the map; the map takes it out."""
_GOES = "address_goes"
"""Session key: whether such a link has led here, and nobody has gone to them yet."""
_PAGE = "address_page"
_LEAVE = "address_leave"
"""Session key: script of the page that the next run goes to, and the dataset to show there."""


def arrive(page: str) -> None:
    """Take over what a link to this page says; call before anything is shown.

    Args:
        page: title of the page that runs now.
    """
    before = st.session_state.get(_PAGE)
    st.session_state[_PAGE] = page
    if before == page:
        return
    st.session_state[_GOES] = st.query_params.get(_GO) == _TO_SELECTION
    if before is None or _is_way_back() or state.DATASET not in st.query_params:
        return
    # The widgets bring along their values of the page before, and would overrule the link.
    for key in (state.DATASET, state.SELECT):
        st.session_state[key] = st.query_params.get(key, "")
    palette = st.query_params.get(state.PALETTE)
    st.session_state[state.PALETTE] = palette if palette in state.PALETTES else state.PALETTES[0]


def _is_way_back() -> bool:
    return bool(getattr(get_script_run_ctx(), "is_history_navigation", False))


def carriers(bind: Bind) -> None:
    """Show the widgets of selection and palette.

    They are never seen (`frame` hides them), but stand on the page all the time: one inside a
    closed panel does not hear of a dropped condition, and would bring it back.

    Args:
        bind: whether the address has what they say.
    """
    st.text_input("Selection", key=state.SELECT, bind=bind, max_chars=1500)
    asked = st.query_params.get(state.PALETTE)
    if asked and asked not in state.PALETTES:
        state.say(f"The palette {asked[:40]!r} is not known; the official colours are shown.")
    st.selectbox("Palette", state.PALETTES, key=state.PALETTE, bind=bind)


def leave_for(page: Path, slug: str) -> None:
    """Go to a page, and show all of a dataset there; does not return.

    Streamlit lets no script leave a page while its address is bound to widgets: another run of this
    page takes them out of the address first (`frame.head`).

    Args:
        page: its script.
        slug: of the dataset.
    """
    st.session_state[_LEAVE] = page, slug
    st.rerun()


def is_leaving() -> bool:
    """Tell whether `leave_for` was called in the run before."""
    return _LEAVE in st.session_state


def leave() -> None:
    """Go where `leave_for` said; does not return."""
    page, slug = st.session_state.pop(_LEAVE)
    state.later(state.show_whole, slug)()
    st.switch_page(page)


def to_selection() -> dict[str, str]:
    """Return the parameters of a link that shows the selected patches on the map."""
    shown = {key: str(st.session_state.get(key) or "") for key in _KEYS}
    return {key: value for key, value in shown.items() if value} | {_GO: _TO_SELECTION}


def take_wish() -> bool:
    """Tell whether such a link has led here; once for each way through it."""
    return bool(st.session_state.pop(_GOES, False))
