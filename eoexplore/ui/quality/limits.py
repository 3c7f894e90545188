"""Thresholds of confident learning that a visitor states instead of the measured ones."""

import numpy as np
import streamlit as st

from eoexplore.core.errors import UnknownName
from eoexplore.evidence import thresholds
from eoexplore.store import issues
from eoexplore.store.catalog import Opened
from eoexplore.store.prediction_sets import PredictionSet
from eoexplore.ui import address
from eoexplore.ui.state import later
from eoexplore.ui.text import as_text

_LIMITS, _CLASS, _NUMBER = "limits", "limit_class", "limit_number"
"""Query parameter and widget key of the text; keys of the class and the number to add."""


def stated(opened: Opened, predictions: PredictionSet | None) -> str:
    """Offer other thresholds, and return those that are stated; empty for none.

    Args:
        opened: the dataset.
        predictions: the chosen ones; without masks there are no thresholds.
    """
    name = predictions.about.name if predictions else ""
    looked = issues.read_looked(issues.folder_of(opened, name)) if name else None
    if looked is None:
        return ""
    names = opened.dataset.classes.names
    known = [names[number] for number in np.flatnonzero(np.isfinite(looked.thresholds))]
    measured = dict(zip(names, looked.thresholds.tolist(), strict=True))
    with st.popover("Thresholds", icon=":material/tune:"):
        st.caption(
            "How sure the model usually is of a class where it is the label: a spot counts by how "
            "its probabilities compare with these. A higher one speaks more against the class."
        )
        one = str(st.selectbox("Class", known, key=_CLASS))
        st.slider(
            f"Threshold; measured is {measured[one]:.2f}",
            0.01,
            1.0,
            value=round(measured[one], 2),
            key=f"{_NUMBER} {one}",
        )
        st.button("Use it", key="limit_use", on_click=later(_use, names))
        text = st.text_input(
            "Stated thresholds",
            key=_LIMITS,
            bind=address.bind(),
            placeholder="none: the measured ones count",
            help="CLASS=NUMBER, several with | between them; empty it for the measured ones",
        )
    try:
        thresholds.parse(text, names)
    except UnknownName as error:
        st.warning(as_text(str(error)), icon=":material/warning:")
        return ""
    return text


def _use(names: tuple[str, ...]) -> None:
    """Add the chosen threshold to those that are stated."""
    one = str(st.session_state[_CLASS])
    try:
        found = thresholds.parse(st.session_state.get(_LIMITS) or "", names)
    except UnknownName:
        found = {}
    found[names.index(one)] = float(st.session_state[f"{_NUMBER} {one}"])
    st.session_state[_LIMITS] = thresholds.write(found, names)
