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

DATASET = "dataset"
"""Query parameter and widget key: slug of the dataset."""
SELECT = "select"
"""Query parameter and widget key: the selection's text."""


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
    return selections.parse(str(st.session_state.get(SELECT) or ""))


def set_condition(key: str, value: object | None) -> None:
    """Set or drop one condition; call from a widget's callback only."""
    selection, _ = current_selection()
    st.session_state[SELECT] = selections.text_of(selection.replace(key, value))


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
