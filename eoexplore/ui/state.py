"""What is looked at, kept in the page's address by bound widgets of these names."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import streamlit as st

from eoexplore.analysis.selection import mask
from eoexplore.core.errors import SelectionError
from eoexplore.core.selection import Selection
from eoexplore.store import selections
from eoexplore.store.catalog import Opened
from eoexplore.tiles.layers import good_bounds

DATASET = "dataset"
"""Query parameter and widget key: slug of the dataset."""
SELECT = "select"
"""Query parameter and widget key: the selection's text."""
_LAST = "select_last"
"""Session key: the selection's text as it was last shown or set."""


_GOTO = "goto"
_NOWHERE = ("", 0, None)
"""Dataset, number of the request, and bounds once they are known."""


@dataclass(frozen=True)
class View:
    """One dataset and what is selected of it, for the page that runs now."""

    opened: Opened
    """Dataset and index."""
    selection: Selection
    """Conditions that could be read and answered."""
    mask: npt.NDArray[np.bool_]
    """Which samples are selected."""
    notices: tuple[str, ...]
    """What was ignored, one sentence each."""


def current_selection() -> tuple[Selection, tuple[str, ...]]:
    """Return the selection in the address, with a sentence for each part that is no condition."""
    text = str(st.session_state.get(SELECT) or "")
    st.session_state[_LAST] = text
    return selections.parse(text)


def set_selection(text: str) -> None:
    """Set the selection's text; call from a widget's callback only."""
    st.session_state[SELECT] = st.session_state[_LAST] = text


def set_condition(key: str, value: object | None) -> str:
    """Set or drop one condition, and return the new text; call from a widget's callback only.

    It starts from what was last shown: of two quick clicks, the second brings along the text of
    before the first.
    """
    selection, _ = selections.parse(st.session_state.get(_LAST, ""))
    text = selections.text_of(selection.replace(key, value))
    set_selection(text)
    return text


def ask_to_go(slug: str) -> None:
    """Ask the map of a dataset to go to the selected patches; call from a callback only."""
    _, number, _ = st.session_state.get(_GOTO, _NOWHERE)
    st.session_state[_GOTO] = (slug, number + 1, None)


def goto(view: View) -> dict[str, object] | None:
    """Return where the map should go, with a number by which it knows that it has been there."""
    slug, number, bounds = st.session_state.get(_GOTO, _NOWHERE)
    if slug != view.opened.slug or not view.mask.any():
        return None
    if bounds is None:
        bounds = good_bounds(view.opened.samples, view.mask)
        st.session_state[_GOTO] = (slug, number, bounds)
    return {"seq": number, "bounds": bounds}


def view_of(opened: Opened) -> View:
    """Return the view of a dataset under the current selection.

    A condition that cannot be answered (a class that does not exist, a column that is not there
    yet) is left out and said.
    """
    selection, complaints = current_selection()
    notices = list(complaints)
    selected = np.ones(len(opened.samples), bool)
    for key, value in selection.conditions:
        try:
            alone = Selection(((key, value),))
            selected &= mask(alone, opened.samples.frame, opened.dataset.classes)
        except SelectionError as error:
            notices.append(f"The condition {key!r} was ignored: {error}")
            selection = selection.replace(key, None)
    return View(opened, selection, selected, tuple(notices))
