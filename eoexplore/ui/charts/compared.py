"""The selection that the one in the address is compared with, kept in the address too."""

import numpy as np
import streamlit as st

from eoexplore.analysis.selection import Table
from eoexplore.charts.chart import Part
from eoexplore.core.errors import SelectionError
from eoexplore.core.selection import EVERYTHING
from eoexplore.core.words import phrases
from eoexplore.store import selections
from eoexplore.ui import address, state
from eoexplore.ui.state import View
from eoexplore.ui.text import as_text

VERSUS = "versus"
"""Query parameter and widget key: what is compared with; empty for nothing."""
ALL, OTHERS = "all", "others"
"""Values that stand for all samples, and for those that are not selected."""
_NAMES = {ALL: "All patches", OTHERS: "All others"}
_SHORT = 60


def parts(view: View) -> tuple[Part, ...]:
    """Show what is compared with, and return the selection and the other one.

    Args:
        view: what is looked at.
    """
    # Never seen: written by the buttons, and carried by the address.
    text = str(st.text_input("Compared with", key=VERSUS, bind=address.bind(), max_chars=1500))
    own = Part("Selection", view.selection, view.mask)
    other = _other(view, text)
    _menu(view, text)
    if other is not None:
        st.markdown(f"with **{as_text(_words(other))}**: {len(other):,} patches", width="content")
        st.button("Compare no more", type="tertiary", on_click=state.later(_set, ""))
    return (own,) if other is None else (own, other)


def _menu(view: View, text: str) -> None:
    with st.popover(
        "Compare" if not text else "Compared",
        icon=":material/compare_arrows:",
        help="Show a second selection beside this one in every chart",
    ):
        st.markdown("Show beside the selection:")
        for value, label in _NAMES.items():
            st.button(label, key=f"compare_{value}", on_click=state.later(_set, value))
        st.button(
            "Hold this selection, then choose another",
            key="compare_hold",
            help="It stays as the one that is compared with; the filter changes the other one.",
            on_click=state.later(_set, f"={selections.text_of(view.selection)}"),
        )


def _set(value: str) -> None:
    st.session_state[VERSUS] = value


def _other(view: View, text: str) -> Part | None:
    if not text:
        return None
    if text == ALL:
        return Part(_NAMES[ALL], EVERYTHING, np.ones(len(view.mask), bool))
    if text == OTHERS:
        if view.mask.all():
            st.warning("All patches are selected, so there are no others to compare with.")
            return None
        return Part(_NAMES[OTHERS], EVERYTHING, ~view.mask)
    return _held(view, text.removeprefix("="))


def _held(view: View, text: str) -> Part | None:
    selection, notices = selections.parse(text)
    for notice in notices:
        st.warning(as_text(f"Of the selection that is compared with: {notice}"))
    table: Table = view.opened.samples.table(view.opened.dataset.classes)
    try:
        return Part("Compared", selection, table.select(selection).mask())
    except SelectionError as error:
        st.warning(as_text(f"The other selection cannot be compared with: {error}"))
        return None


def _words(other: Part) -> str:
    if other.name in _NAMES.values():
        return other.name.lower()
    said = "; ".join(phrase.text for phrase in phrases(other.selection)) or "all patches"
    return said if len(said) <= _SHORT else f"{said[: _SHORT - 1]}…"
