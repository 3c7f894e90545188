"""Dataset, selection and palette in the address of every page, by bound widgets.

They stand in the frame around the pages: what a page itself binds, Streamlit forgets when one
leaves it, and drops from the address, also on the way back to that page. To a link, the browser
adds them by itself.
"""

from pathlib import Path
from typing import Literal

import streamlit as st

from eoexplore.ui import state

Bind = Literal["query-params"] | None
_GO, _TO_SELECTION = "go", "selection"
TO_SELECTION = {_GO: _TO_SELECTION}
"""Parameters of a link to the selected patches on the map; the map takes them out."""
_GOES = "address_goes"
"""Session key: whether such a link has led here, and nobody has gone to them yet."""
_PAGE = "address_page"
_LEAVE = "address_leave"
"""Session key: script of the page that the next run goes to, and what is shown there."""


def arrive(page: str) -> None:
    """Hear what a link to this page asks for; call before anything is shown.

    Args:
        page: title of the page that runs now.
    """
    if st.session_state.get(_PAGE) != page:
        st.session_state[_PAGE] = page
        st.session_state[_GOES] = st.query_params.get(_GO) == _TO_SELECTION


def carriers() -> None:
    """Show the widgets of selection and palette.

    They are never seen (`frame` hides them), but stand on the page all the time: one inside a
    closed panel does not hear of a dropped condition, and would bring it back.
    """
    st.text_input("Selection", key=state.SELECT, bind=bind(), max_chars=1500)
    asked = st.query_params.get(state.PALETTE)
    if asked and asked not in state.PALETTES:
        state.say(f"The palette {asked[:40]!r} is not known; the official colours are shown.")
    st.selectbox("Palette", state.PALETTES, key=state.PALETTE, bind=bind())


def leave_for(page: Path, slug: str, text: str = "") -> None:
    """Go to a page, and show a selection of a dataset there; does not return.

    Streamlit lets no script leave a page while its address is bound to widgets: another run of this
    page takes them out of the address first (`bind`).

    Args:
        page: its script.
        slug: of the dataset.
        text: of the selection; empty for all of it.
    """
    st.session_state[_LEAVE] = page, slug, state.current_palette(), text
    st.rerun()


def bind() -> Bind:
    """Return what every widget whose value is in the address is bound by."""
    return None if _LEAVE in st.session_state else "query-params"


def leave() -> None:
    """Go where `leave_for` said; call after the page has run, with nothing bound."""
    if _LEAVE in st.session_state:
        page, slug, palette, text = st.session_state.pop(_LEAVE)
        state.later(state.show, slug, palette, text)()
        st.switch_page(page)


def take_wish() -> bool:
    """Tell whether such a link has led here; once for each way through it."""
    return bool(st.session_state.pop(_GOES, False))
