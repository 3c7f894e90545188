"""The set of predictions that a visitor asked for: chosen once it is there."""

from collections.abc import Sequence

import streamlit as st

from eoexplore.store.prediction_sets import About

SET = "set"
"""Query parameter and widget key: name of the chosen set."""
_BEFORE = "sets_before"
"""Session key: names of the sets that there were when this visitor asked for another one."""


def ask(sets: Sequence[About]) -> None:
    """Remember which sets there are, before one is made that this visitor asks for."""
    st.session_state[_BEFORE] = tuple(item.name for item in sets)


def choose(sets: Sequence[About]) -> None:
    """Choose the set that this visitor asked for, once it is there; call before its widget."""
    before = st.session_state.get(_BEFORE)
    new = [item for item in sets if before is not None and item.name not in before]
    if new:
        del st.session_state[_BEFORE]
        st.session_state[SET] = max(new, key=lambda item: item.created).name
