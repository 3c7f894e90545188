"""The part of the filter panel that is about predictions: columns of sets and their bounds."""

from typing import cast

import streamlit as st

from eoexplore.analysis.selection import PREDICTED
from eoexplore.core import words
from eoexplore.core.selection import Comparison
from eoexplore.store import prediction_columns, prediction_sets
from eoexplore.ui.choices import choose, get, key_of, later
from eoexplore.ui.state import View


def is_there(view: View) -> bool:
    """Tell whether there are predictions, or somebody asks for some."""
    asked = any(key.startswith(PREDICTED) for key, _ in view.selection.conditions)
    return asked or bool(prediction_sets.available(view.opened.fingerprint))


def show(view: View) -> None:
    """Offer a condition on predictions; those that hold stand beside the panel, to be dropped."""
    sets = {item.name: item for item in prediction_sets.available(view.opened.fingerprint)}
    if not sets:
        st.caption("There are no predictions yet; the page Evaluation makes some.")
        return
    name = st.selectbox("Predictions", list(sets), key=key_of("pred_set"))
    columns = prediction_columns.names_of(sets[str(name)])
    st.selectbox(
        "Column", list(columns), key=key_of("pred_column"), format_func=lambda item: columns[item]
    )
    line = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    line.selectbox(
        "Comparison",
        tuple(words.SIGNS),
        key=key_of("pred_sign"),
        format_func=words.SIGNS.__getitem__,
        width=90,
    )
    line.number_input("Number", value=0.5, step=0.05, format="%.6g", key=key_of("pred_number"))
    line.button("Add", key=key_of("pred_add"), on_click=later(_add))


def _add() -> None:
    name, column, sign, number = (
        get(f"pred_{part}") for part in ("set", "column", "sign", "number")
    )
    bound = float(cast("float | None", number) or 0.0)
    choose(f"{PREDICTED}{name}.{column}", Comparison("", str(sign), bound))
