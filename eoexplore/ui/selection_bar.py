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
_CHOSEN = "filter_chosen"
"""Session key: the selection as the panel last set it or last saw it."""
_TURN = "filter_turn"
_MODES = {"any": "Has any of", "all": "Has all of", "none": "Has none of"}


def selection_bar(opened: Opened) -> View:
    """Show the filter panel, a button per condition that drops it, and the live count."""
    _carrier()
    view = state.view_of(opened)
    with st.popover("Filter", icon=":material/filter_alt:", help="Choose which patches are shown"):
        _choices(view)
    for key, _ in view.selection.conditions:
        st.button(
            f"{_chip(key, view.selection)} ✕",
            key=f"drop_{key}",
            help=f"Drop the condition on {_TITLES.get(key, key).lower()}",
            on_click=_drop,
            args=(key,),
        )
    st.markdown(_count(view), width="content")
    if view.mask.any() and not view.mask.all():
        st.button(
            "Zoom to them",
            icon=":material/center_focus_strong:",
            key="show_selected",
            type="tertiary",
            help="Show the selected patches on the map",
            on_click=state.ask_to_go,
            args=(opened.slug,),
        )
    st.space("stretch")
    return view


def notices(view: View) -> None:
    """Say which parts of the selection were ignored, and why."""
    for notice in view.notices:
        st.warning(as_text(notice), icon=":material/info:")


def _drop(key: str) -> None:
    state.set_condition(key, None)


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


def _carrier() -> None:
    """Bind the selection to the address.

    The widget is never seen (`frame` hides it), but it stands on the page all the time: one inside
    the closed panel does not hear of a dropped condition, and would bring it back.
    """
    st.text_input("Selection", key=state.SELECT, bind="query-params", max_chars=1500)


def _as_text(turn: int) -> None:
    key = f"filter_text_{turn}"
    st.session_state[key] = st.session_state.get(state.SELECT) or ""
    st.text_input(
        "Selection as text",
        key=key,
        max_chars=1500,
        on_change=_text_changed,
        args=(key,),
        help="All conditions in one line, as in the page's address: "
        "class, split, country, season, month, tile, flag, date, share, nlabels, box, poly, ids.",
    )


def _text_changed(key: str) -> None:
    state.set_selection(st.session_state[key])


def _choices(view: View) -> None:
    turn = _turn(view.selection)
    for key in ("split", "season", "country", "flag"):
        _list_filter(key, view.opened, view.selection, turn)
    _class_filter(view.opened, view.selection, turn)
    _as_text(turn)


def _turn(selection: Selection) -> int:
    """Return a number that is another one when the selection was changed outside the panel.

    It is part of the widgets' keys: a panel that is closed does not hear of such a change, and
    would bring the dropped condition back with the next click.
    """
    text = selection.canonical()
    if st.session_state.get(_CHOSEN) != text:
        st.session_state[_CHOSEN] = text
        st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
    return int(st.session_state[_TURN])


def _choose(key: str, value: object | None) -> None:
    st.session_state[_CHOSEN] = state.set_condition(key, value)


def _class_filter(opened: Opened, selection: Selection, turn: int) -> None:
    rules = {r.mode: r.names for r in cast(tuple[ClassRule, ...], selection.get("class") or ())}
    for mode, title in _MODES.items():
        known = [name for name in rules.get(mode, ()) if name in opened.dataset.classes.names]
        st.session_state[f"filter_class_{mode}_{turn}"] = known
        st.multiselect(
            title,
            opened.dataset.classes.names,
            key=f"filter_class_{mode}_{turn}",
            placeholder="Any class",
            on_change=_classes_changed,
            args=(turn,),
        )


def _classes_changed(turn: int) -> None:
    chosen = {mode: st.session_state[f"filter_class_{mode}_{turn}"] for mode in _MODES}
    rules = tuple(
        ClassRule(mode, tuple(sorted(names))) for mode, names in sorted(chosen.items()) if names
    )
    _choose("class", rules or None)


def _list_filter(key: str, opened: Opened, selection: Selection, turn: int) -> None:
    options = _options(key, opened)
    if len(options) < 2 and key != "flag":
        return
    chosen = cast(tuple[str, ...], selection.get(key) or ())
    st.session_state[f"filter_{key}_{turn}"] = [name for name in chosen if name in options]
    st.pills(
        _TITLES[key],
        options,
        selection_mode="multi",
        key=f"filter_{key}_{turn}",
        format_func=lambda name: as_text(name.replace("_", " ")),
        on_change=_list_changed,
        args=(key, turn),
    )


def _options(key: str, opened: Opened) -> list[str]:
    if key == "flag":
        return list(_ORDERED["flag"])
    known = [str(name) for name in opened.samples.frame[key].cat.categories if name]
    order = _ORDERED.get(key, ())
    return sorted(known, key=lambda name: (order.index(name) if name in order else 99, name))


def _list_changed(key: str, turn: int) -> None:
    chosen = tuple(sorted(st.session_state[f"filter_{key}_{turn}"]))
    _choose(key, chosen or None)
