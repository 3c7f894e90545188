"""Which split is audited, and which ones it is compared with: both are kept in the address."""

from collections.abc import Sequence

import streamlit as st

from eoexplore.core import split_rule
from eoexplore.core.errors import SplitError
from eoexplore.core.split import Split
from eoexplore.core.split_rule import FILE, KINDS, RELEASED, Parameter, Rule
from eoexplore.store import split_files, splits
from eoexplore.store.catalog import Opened
from eoexplore.ui import address, state
from eoexplore.ui.text import as_text

RULE, AGAINST = "rule", "against"
"""Query parameters and widget keys: the audited split, and the others with ; between."""
_FIRST = ("rings", "random", "place", "tile")
"""What a split is compared with where nobody has chosen anything."""
_MOST = 8
"""Splits that are compared at a time: each takes a second or two at half a million patches."""
_NOTHING = "none"
"""Value of AGAINST where all were dropped; an empty one stands for _FIRST."""
_PANEL_PX = 520


def chosen(opened: Opened) -> tuple[Split, ...]:
    """Show the choice of splits, and return the audited one, then those it is compared with.

    Args:
        opened: the dataset.
    """
    # Never seen: written by the buttons, and carried by the address.
    rule = str(st.text_input("Split", key=RULE, bind=address.bind(), max_chars=200))
    against = str(st.text_input("Against", key=AGAINST, bind=address.bind(), max_chars=1500))
    audited = _made(opened, rule or RELEASED)
    if audited is None and rule not in ("", RELEASED):
        audited = _made(opened, RELEASED)
    with st.container(horizontal=True, vertical_alignment="center", key="audited"):
        if audited is not None:
            st.markdown(f"Audited split: **{as_text(audited.title)}**", width="content")
        # Another choice makes another panel, which is closed.
        turn = abs(hash((rule, against))) % 1_000_000
        panel = st.popover("Choose splits", icon=":material/call_split:", key=f"splits_{turn}")
        with panel, st.container(width=_PANEL_PX, gap="small"):
            _form(opened, against)
    if audited is None:
        st.stop()
    found = (audited, *_others(opened, audited, against))
    _compared(found, against)
    return found


def _compared(found: Sequence[Split], against: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="against_list"):
        st.markdown("Compared with:", width="content")
        for split in found[1:]:
            st.button(
                f"{as_text(split.title)} ✕",
                key=f"drop_split_{split.rule}",
                help=as_text(split.made),
                on_click=state.later(_drop, against, split.rule),
            )


def _made(opened: Opened, text: str) -> Split | None:
    try:
        with st.spinner("Making the split …"):
            return splits.split_of(opened, text)
    except SplitError as error:
        st.warning(as_text(str(error)), icon=":material/call_split:")
        return None


def _rules(against: str) -> list[str]:
    if against == _NOTHING:
        return []
    return [text for text in against.split(";") if text] or list(_FIRST)


def _others(opened: Opened, audited: Split, against: str) -> list[Split]:
    found: dict[str, Split] = {}
    for text in _rules(against)[:_MOST]:
        if against:
            made = _made(opened, text)
        else:
            # Nobody asked for these: one that the dataset has not what it takes for stays out.
            try:
                made = splits.split_of(opened, text)
            except SplitError:
                made = None
        if made is not None and made.rule != audited.rule:
            found.setdefault(made.rule, made)
    return list(found.values())


def _drop(against: str, rule: str) -> None:
    left = [text for text in _rules(against) if _canonical(text) != rule]
    st.session_state[AGAINST] = ";".join(left) or _NOTHING


def _canonical(text: str) -> str:
    try:
        return split_rule.parse(text).canonical()
    except SplitError:
        return text


@st.fragment
def _form(opened: Opened, against: str) -> None:
    name = st.selectbox(
        "How it is made",
        list(KINDS),
        format_func=lambda key: KINDS[key].title,
        key="split_kind",
    )
    if name == FILE:
        _upload(opened, against)
        return
    kind = KINDS[name]
    values = {}
    for number, item in enumerate(kind.parameters):
        if number % 2 == 0:
            columns = st.columns(2)
        with columns[number % 2]:
            values[item.name] = _number(name, item)
    try:
        found = split_rule.make(name, _without_shares(values))
    except SplitError as error:
        st.warning(as_text(str(error)))
        return
    _buttons(found, against)
    st.caption(f"On the command line: `--split {found.canonical()}`")


def _without_shares(values: dict[str, float]) -> dict[str, float]:
    """Return the values that count: of folds the shares follow, and without folds there is none."""
    if not values.get("folds"):
        return {key: value for key, value in values.items() if key not in ("fold", "folds")}
    return {key: value for key, value in values.items() if key not in ("train", "validation")}


def _number(name: str, item: Parameter) -> float:
    kind = int if item.whole else float
    return st.number_input(
        item.title,
        kind(item.least),
        kind(item.most),
        kind(item.default),
        key=f"split_{name}_{item.name}",
        step=1 if item.whole else (0.05 if item.most <= 1 else 5.0),
    )


def _buttons(rule: Rule, against: str) -> None:
    text = rule.canonical()
    with st.container(horizontal=True):
        if st.button("Audit this one", type="primary", key="split_audit"):
            state.later(_set, RULE, "" if text == RELEASED else text)()
            st.rerun()
        if st.button("Compare with it", key="split_compare"):
            several = list(dict.fromkeys([*_rules(against), text]))[-_MOST:]
            state.later(_set, AGAINST, ";".join(several))()
            st.rerun()


def _set(key: str, value: str) -> None:
    st.session_state[key] = value


def _upload(opened: Opened, against: str) -> None:
    files = st.file_uploader(
        "CSV, TSV or Parquet with an id and a split; or one list per part, such as train.csv",
        accept_multiple_files=True,
        key="split_upload",
    )
    if not files:
        return
    try:
        content = [(file.name, file.getvalue()) for file in files]
        split, report = _read(opened, content)
    except SplitError as error:
        st.error(as_text(str(error)))
        return
    for sentence in report.sentences():
        st.markdown(f"- {as_text(sentence)}")
    _buttons(split_rule.parse(split.rule), against)


@st.cache_resource(
    max_entries=2,
    show_spinner="Reading …",
    hash_funcs={Opened: lambda opened: (opened.slug, opened.fingerprint)},
)
def _read(opened: Opened, files: list[tuple[str, bytes]]) -> tuple[Split, split_files.Report]:
    return split_files.read(opened, files)
