"""What goes along from one page to the next: dataset, selection and palette.

Streamlit forgets the widgets of a page that one leaves, and empties the address.
"""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from eoexplore.ui import state

_KEYS = (state.DATASET, state.SELECT, state.PALETTE)
_GO, _TO_SELECTION = "go", "selection"
"""Query parameter of a link to the selected patches on the map; the map takes it out."""
_GOES = "carried_goes"
"""Session key: whether such a link has led here, and nobody has gone to them yet."""
_PAGE = "carried_page"
_VALUES = "carried_values"


def arrive(page: str) -> None:
    """Bring along what the page before showed; call before a page runs.

    An address that says what is shown counts more: a link, or a way back.

    Args:
        page: title of the page that runs now.
    """
    before = st.session_state.get(_PAGE)
    st.session_state[_PAGE] = page
    if before != page:
        st.session_state[_GOES] = st.query_params.get(_GO) == _TO_SELECTION
    if before in (None, page) or any(key in st.query_params for key in _KEYS):
        return
    if _is_way_back():
        # Of the address Streamlit has dropped what widgets of the page before were bound to, and
        # would show defaults; a second run reads all of it.
        for key in _KEYS:
            st.session_state.pop(key, None)
        st.rerun()
    for key, value in st.session_state.get(_VALUES, {}).items():
        if value:
            # The address is left to the page's own script: written here, it would be an entry of
            # the history, and Back would lead to it instead of to the page before.
            st.session_state[key] = value


def _is_way_back() -> bool:
    context = get_script_run_ctx()
    return bool(getattr(context, "is_history_navigation", False))


def remember() -> None:
    """Keep what is shown now for the next page; call once the widgets are there."""
    st.session_state[_VALUES] = {key: st.session_state.get(key) for key in _KEYS}


def to_selection() -> dict[str, str]:
    """Return the parameters of a link that shows the selected patches on the map."""
    shown = {key: str(st.session_state.get(key) or "") for key in _KEYS}
    return {key: value for key, value in shown.items() if value} | {_GO: _TO_SELECTION}


def take_wish() -> bool:
    """Tell whether such a link has led here; once for each way through it."""
    return bool(st.session_state.pop(_GOES, False))
