"""What goes along from one page to the next: dataset, selection and palette.

Streamlit forgets the widgets of a page that one leaves, and empties the address.
"""

import streamlit as st

from eoexplore.ui import state

_KEYS = (state.DATASET, state.SELECT, state.PALETTE)
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
    if before in (None, page) or any(key in st.query_params for key in _KEYS):
        return
    for key, value in st.session_state.get(_VALUES, {}).items():
        if value:
            # The address is left to the page's own script: written here, it would be an entry of
            # the history, and Back would lead to it instead of to the page before.
            st.session_state[key] = value


def remember() -> None:
    """Keep what is shown now for the next page; call once the widgets are there."""
    st.session_state[_VALUES] = {key: st.session_state.get(key) for key in _KEYS}
