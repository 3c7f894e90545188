"""The selection bar: what is filtered, how many samples remain, how to change it."""

from typing import cast

import streamlit as st

from eoexplore.core.selection import ClassRule, Selection
from eoexplore.store.catalog import Opened
from eoexplore.ui import state
from eoexplore.ui.state import View
from eoexplore.ui.text import as_text

_ORDERED = {
    "split": ("train", "validation", "test"),
    "season": ("spring", "summer", "autumn", "winter"),
    "flag": ("snow", "cloud_or_shadow", "unreadable"),
}
_TITLES = {
    "box": "Box",
    "class": "Classes",
    "country": "Country",
    "date": "Date",
    "flag": "Flag",
    "ids": "Patches",
    "month": "Month",
    "nlabels": "Number of labels",
    "poly": "Polygon",
    "season": "Season",
    "share": "Share",
    "split": "Split",
    "tile": "Tile",
}
_MODES = {"any": "Has any of", "all": "Has all of", "none": "Has none of"}


def selection_bar(opened: Opened) -> View:
    """Show the filter panel, a button per condition that drops it, and the live count."""
    with st.popover("Filter", icon=":material/filter_alt:", help="Choose which patches are shown"):
        # The text is what the address holds: it comes first, and the other choices follow it.
        choices, text = st.container(), st.container()
        with text:
            _as_text()
        view = state.view_of(opened)
        with choices:
            _choices(view)
    for key, _ in view.selection.conditions:
        st.button(
            f"{_chip(key, view.selection)} ✕",
            key=f"drop_{key}",
            help=f"Drop the condition on {_TITLES.get(key, key).lower()}",
            on_click=state.set_condition,
            args=(key, None),
        )
    st.markdown(_count(view), width="stretch")
    return view


def notices(view: View) -> None:
    """Say which parts of the selection were ignored, and why."""
    for notice in view.notices:
        st.warning(as_text(notice), icon=":material/info:")


def _count(view: View) -> str:
    total, kept = len(view.mask), int(view.mask.sum())
    if kept == 0 and total:
        return "**No patch** fits these conditions. Drop one of them."
    return f"**{kept:,}** of {total:,} patches" if kept < total else f"**{total:,}** patches"


def _chip(key: str, selection: Selection) -> str:
    raw = Selection(((key, selection.get(key)),)).canonical().partition("=")[2]
    text = raw.replace("|", ", ").replace(";", "; ").replace(":", " ").replace("..", " to ")
    text = text if len(text) <= 48 else f"{text[:47]}…"
    return as_text(text if key in ("class", "split", "country", "season") else f"{key} {text}")


def _as_text() -> None:
    st.text_input(
        "Selection as text",
        key=state.SELECT,
        bind="query-params",
        max_chars=1500,
        help="All conditions in one line, as in the page's address: "
        "class, split, country, season, month, tile, flag, date, share, nlabels, box, poly, ids.",
    )


def _choices(view: View) -> None:
    for key in ("split", "season", "country", "flag"):
        _list_filter(key, view.opened, view.selection)
    _class_filter(view.opened, view.selection)


def _class_filter(opened: Opened, selection: Selection) -> None:
    rules = {r.mode: r.names for r in cast(tuple[ClassRule, ...], selection.get("class") or ())}
    for mode, title in _MODES.items():
        known = [name for name in rules.get(mode, ()) if name in opened.dataset.classes.names]
        st.session_state[f"filter_class_{mode}"] = known
        st.multiselect(
            title,
            opened.dataset.classes.names,
            key=f"filter_class_{mode}",
            placeholder="Any class",
            on_change=_classes_changed,
        )


def _classes_changed() -> None:
    chosen = {mode: st.session_state[f"filter_class_{mode}"] for mode in _MODES}
    rules = tuple(
        ClassRule(mode, tuple(sorted(names))) for mode, names in sorted(chosen.items()) if names
    )
    state.set_condition("class", rules or None)


def _list_filter(key: str, opened: Opened, selection: Selection) -> None:
    options = _options(key, opened)
    if len(options) < 2 and key != "flag":
        return
    chosen = cast(tuple[str, ...], selection.get(key) or ())
    st.session_state[f"filter_{key}"] = [name for name in chosen if name in options]
    st.pills(
        _TITLES[key],
        options,
        selection_mode="multi",
        key=f"filter_{key}",
        format_func=lambda name: as_text(name.replace("_", " ")),
        on_change=_list_changed,
        args=(key,),
    )


def _options(key: str, opened: Opened) -> list[str]:
    if key == "flag":
        return list(_ORDERED["flag"])
    known = [str(name) for name in opened.samples.frame[key].cat.categories if name]
    order = _ORDERED.get(key, ())
    return sorted(known, key=lambda name: (order.index(name) if name in order else 99, name))


def _list_changed(key: str) -> None:
    chosen = tuple(sorted(st.session_state[f"filter_{key}"]))
    state.set_condition(key, chosen or None)
