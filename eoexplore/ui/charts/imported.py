"""Predictions that were made elsewhere: looked at first, and kept once their user agrees."""

import re
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from eoexplore.core.errors import EOExploreError
from eoexplore.core.paths import allowed_roots, check_allowed
from eoexplore.core.split import SPLITS
from eoexplore.jobs import background, mask_import, mask_values
from eoexplore.jobs.mask_import import Seen, UnderstoodMasks
from eoexplore.store import prediction_import, prediction_sets
from eoexplore.store.catalog import Opened
from eoexplore.store.honesty import NONE
from eoexplore.store.prediction_import import ALPHABET, DATASET, VALUES, Understood
from eoexplore.ui.text import as_text

KIND = "import-predictions"
"""Kind of the job that keeps masks: there may be a hundred thousand of them."""
_TABLE, _MASKS = "A table of scores", "A folder of masks"
_ORDERS = {"": "By the names of the classes", ALPHABET: "Alphabet", DATASET: "As in the dataset"}
_KINDS = {"": "As it looks", **{kind: kind.capitalize() for kind in VALUES}}
_MASK_ORDERS = {**_ORDERS, "": "Not said"}
_MASK_KINDS = {
    "": "As it looks",
    mask_values.CODES: "Codes of the dataset",
    mask_values.NUMBERS: "Numbers from 0",
    mask_values.FROM_1: "Numbers from 1",
}
_PARTS = {
    "": "not known",
    **{part: part for part in SPLITS},
    NONE: "none of these patches",
}
_LOOKED_S = 600


def show(opened: Opened, keeping: Callable[[], None]) -> None:
    """Show the ways from files to a prediction set.

    Args:
        opened: the dataset that it is for.
        keeping: called before a set is made.
    """
    ways = {_TABLE: _table, _MASKS: _masks}
    way = st.radio("What there is", list(ways), horizontal=True, key="import_what")
    try:
        ways[way](opened, keeping)
    except EOExploreError as error:
        st.error(as_text(str(error)), icon=":material/block:")


def _table(opened: Opened, keeping: Callable[[], None]) -> None:
    file = st.file_uploader(
        "CSV, TSV or Parquet: a column of ids, and one for each class", key="import_file"
    )
    if file is None:
        return
    left, right = st.columns(2)
    order = left.selectbox(
        "Columns", list(_ORDERS), format_func=_ORDERS.__getitem__, key="import_order"
    )
    kind = right.selectbox(
        "Values", list(_KINDS), format_func=_KINDS.__getitem__, key="import_values"
    )
    found = prediction_import.look(opened, file.name, file.getvalue(), kind, order)
    _say(found)
    name = st.text_input("Name", _stem(file.name), key="import_name", max_chars=40)
    split = st.selectbox(
        "Trained on", list(_PARTS), format_func=_PARTS.__getitem__, key="import_split"
    )
    if st.button("Keep", type="primary", key="import_keep", disabled=not found.certain):
        keeping()
        prediction_import.keep(opened, found, name, split)
        st.rerun()
    if not found.certain:
        st.info("Say what the values are.")


def _masks(opened: Opened, keeping: Callable[[], None]) -> None:
    with st.form("import_folder", border=False):
        text = st.text_input(
            "Path of the folder",
            max_chars=4096,
            placeholder=str(allowed_roots()[-2]),
            help="On the computer that runs this app. It holds one GeoTIFF for each patch, with "
            "a class for each pixel, named after the patch: ID.tif, or ID_mask.tif.",
            key="import_path",
        )
        if st.form_submit_button("Look", icon=":material/search:"):
            _seen.clear()
    if not text.strip():
        return
    folder = check_allowed(text)
    left, right = st.columns(2)
    kind = left.selectbox(
        "Values", list(_MASK_KINDS), format_func=_MASK_KINDS.__getitem__, key="import_codes"
    )
    order = right.selectbox(
        "Classes in the order of",
        list(_MASK_ORDERS),
        format_func=_MASK_ORDERS.__getitem__,
        key="import_class_order",
        disabled=kind == mask_values.CODES,
    )
    found = mask_import.understand(opened, _seen(opened, folder), kind, order)
    _say(found)
    name = st.text_input("Name", _stem(folder.name), key="import_mask_name", max_chars=40)
    if any(item.name == name for item in prediction_sets.available(opened.fingerprint)):
        st.caption("There is a set of this name: choose it above, or take another name.")
    split = st.selectbox(
        "Trained on", list(_PARTS), format_func=_PARTS.__getitem__, key="import_mask_split"
    )
    if st.button("Keep", type="primary", key="import_mask_keep", disabled=not found.certain):
        keeping()
        _start(opened, found, name, split)
        st.rerun()


@st.cache_resource(
    show_spinner="Looking at the masks …",
    max_entries=8,
    ttl=_LOOKED_S,
    hash_funcs={Opened: lambda opened: opened.fingerprint},
)
def _seen(opened: Opened, folder: Path) -> Seen:
    return mask_import.scan(opened, folder)


def _start(opened: Opened, found: UnderstoodMasks, name: str, split: str) -> None:
    """Have a job keep masks."""
    # What cannot be a name is said here and now.
    prediction_sets.folder_of(opened.fingerprint, name)
    folder = found.seen.files.folder
    args = [KIND, opened.slug, str(folder), f"--name={name}", f"--values={found.kind}"]
    args += [f"--order={found.meaning.order}"] if found.meaning.order else []
    args += [f"--trained-on={split}"] if split else []
    background.start(KIND, f"Importing {folder.name} as {name}", args, opened.slug)


def _say(found: Understood | UnderstoodMasks) -> None:
    for sentence in found.sentences:
        st.markdown(f"- {as_text(sentence)}")


def _stem(name: str) -> str:
    stem = name.lower().rpartition(".")[0] or name.lower()
    return re.sub(r"[^a-z0-9]+", "-", stem).strip("-")[:40].strip("-") or "imported"
