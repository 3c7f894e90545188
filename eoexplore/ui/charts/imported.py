"""Predictions that were made elsewhere: a file is looked at, and kept once its user agrees."""

import re

import streamlit as st

from eoexplore.core.errors import EOExploreError
from eoexplore.store import prediction_import
from eoexplore.store.catalog import Opened
from eoexplore.store.prediction_import import ALPHABET, DATASET, VALUES, Understood
from eoexplore.ui.text import as_text

_ORDERS = {"": "By the names of the classes", ALPHABET: "Alphabet", DATASET: "As in the dataset"}
_KINDS = {"": "As it looks", **{kind: kind.capitalize() for kind in VALUES}}


def show(opened: Opened) -> None:
    """Show the way from a file to a prediction set.

    Args:
        opened: the dataset that it is for.
    """
    file = st.file_uploader(
        "CSV, TSV or Parquet: a column of ids, and one for each class", key="import_file"
    )
    if file is None:
        return
    left, right = st.columns(2)
    order = left.selectbox("Columns", list(_ORDERS), format_func=_ordered, key="import_order")
    kind = right.selectbox("Values", list(_KINDS), format_func=_valued, key="import_values")
    try:
        found = prediction_import.look(opened, file.name, file.getvalue(), kind, order)
    except EOExploreError as error:
        st.error(as_text(str(error)), icon=":material/block:")
        return
    for sentence in found.sentences:
        st.markdown(f"- {as_text(sentence)}")
    _keep(opened, found)


def _keep(opened: Opened, found: Understood) -> None:
    stem = re.sub(r"[^a-z0-9]+", "-", found.name.lower().rpartition(".")[0]).strip("-")[:40]
    name = st.text_input("Name", stem or "imported", key="import_name", max_chars=40)
    parts = ["", "train", "validation", "test"]
    split = st.selectbox("Trained on", parts, format_func=_trained, key="import_split")
    if st.button("Keep", type="primary", key="import_keep", disabled=not found.certain):
        try:
            prediction_import.keep(opened, found, name, split)
        except EOExploreError as error:
            st.error(as_text(str(error)))
            return
        st.rerun()
    if not found.certain:
        st.info("Say what the values are.")


def _ordered(order: str) -> str:
    return _ORDERS[order]


def _valued(kind: str) -> str:
    return _KINDS[kind]


def _trained(part: str) -> str:
    return part or "not known"
