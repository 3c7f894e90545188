"""The selection bar: what is filtered, how many samples remain, how to change it or pass it on."""

import contextlib
from collections.abc import Iterator

import streamlit as st

from eoexplore.core import words
from eoexplore.core.words import Phrase
from eoexplore.store import selections
from eoexplore.store.catalog import Opened
from eoexplore.ui import address, filters, pages, state, take_away
from eoexplore.ui.state import View
from eoexplore.ui.text import as_text

_LONGEST = 48
_PANEL_PX = 560
_TURN = "palette_turn"
_TO_FILL = "filter_panel_to_fill"
"""Session key: the panel of this run, until it is filled."""


def selection_bar(opened: Opened, *, on_map: bool = True) -> View:
    """Show a button for the filter panel, one per condition that drops it, and the live count.

    What the panel shows is worked out by `panel_last`: nobody waits for the counts behind a closed
    button.

    Args:
        opened: dataset and index.
        on_map: whether the page has the map; from another one it is gone to.
    """
    view = state.view_of(opened)
    if on_map and address.take_wish():
        state.ask_to_go(opened.slug)
    box = st.popover("Filter", icon=":material/filter_alt:", help="Choose which patches are shown")
    st.session_state[_TO_FILL] = box, view
    _chips(view)
    st.markdown(_count(view), width="content")
    if opened.samples.located[view.mask].any() and not view.mask.all():
        _way_to_them(view, on_map=on_map)
    st.space("stretch")
    # Together, so that they go to the next line together.
    with st.container(horizontal=True, width="content", gap="small", key="head_right"):
        _display(view)
        take_away.link(opened)
        take_away.export(view)
    return view


@contextlib.contextmanager
def panel_last() -> Iterator[None]:
    """Show the widgets of the filter panel after everything else of the page."""
    # A page that was left in its middle may have left its own.
    st.session_state.pop(_TO_FILL, None)
    yield
    if waiting := st.session_state.pop(_TO_FILL, None):
        box, view = waiting
        with box, st.container(width=_PANEL_PX, gap="small", key="filter_panel"):
            st.markdown(_count(view))
            filters.panel(view)


def _way_to_them(view: View, *, on_map: bool) -> None:
    label, icon = "Zoom to them", ":material/center_focus_strong:"
    about = "Show the selected patches on the map"
    if on_map:
        go = state.later(state.ask_to_go, view.opened.slug)
        st.button(label, icon=icon, key="show_selected", type="tertiary", help=about, on_click=go)
        return
    # A link, since Streamlit lets no script leave a page whose address is bound to widgets.
    st.page_link(
        str(pages.FOLDER / "map.py"),
        label=label,
        icon=icon,
        help=about,
        query_params=address.TO_SELECTION,
    )


def _chips(view: View) -> None:
    phrases = words.phrases(view.selection)
    if not phrases:
        return
    with st.container(horizontal=True, gap="small", key="chips"):
        for phrase in phrases:
            st.button(
                f"{_chip(phrase)} ✕",
                key=f"drop_{phrase.key}_{phrase.mode}",
                help=f"Drop this condition: {as_text(phrase.text)}",
                on_click=state.later(_drop, phrase),
            )
        if len(phrases) > 1:
            st.button("Drop all", type="tertiary", on_click=state.later(state.set_selection, ""))


def notices(view: View) -> None:
    """Say which parts of the selection were ignored, why nothing is left, and the way out."""
    for sentence in state.said():
        st.toast(as_text(sentence), icon=":material/info:")
    for notice in view.notices:
        st.warning(as_text(notice), icon=":material/info:")
    if len(view.mask) and not view.mask.any():
        st.info(_way_out(view), icon=":material/filter_alt_off:")


def _way_out(view: View) -> str:
    left = state.facets_of(view).without
    helpful = [phrase for phrase in words.phrases(view.selection) if left[phrase.key]]
    if not helpful:
        return "Each of several conditions excludes all patches that the others leave. Drop some."
    parts = [
        f"without *{as_text(phrase.text)}*: {left[phrase.key]:,}"
        for phrase in sorted(helpful, key=lambda phrase: -left[phrase.key])
    ]
    return f"Patches that would be left {'; '.join(parts)}."


def _drop(phrase: Phrase) -> None:
    state.set_selection(selections.text_of(words.without(state.latest_selection(), phrase)))


def _count(view: View) -> str:
    total, kept = len(view.mask), int(view.mask.sum())
    if kept == 0 and total:
        return "**No patch** fits these conditions. Drop one of them."
    return f"**{kept:,}** of {total:,} patches" if kept < total else f"**{total:,}** patches"


def _chip(phrase: Phrase) -> str:
    text = phrase.text if len(phrase.text) <= _LONGEST else f"{phrase.text[: _LONGEST - 1]}…"
    return as_text(text)


def _display(view: View) -> None:
    with st.popover("Display", icon=":material/palette:", help="Colours of the classes"):
        widget = f"display_palette_{_turn(view.palette)}"
        st.session_state[widget] = view.palette
        st.radio(
            "Colours of the classes",
            state.PALETTES,
            key=widget,
            format_func={"official": "Official", "safe": "Safe for colour blindness"}.__getitem__,
            captions=(
                "As published with the nomenclature",
                "Stays apart for deuteranopia, protanopia and tritanopia",
            ),
            on_change=state.later(_palette_changed, widget),
        )


def _palette_changed(widget: str) -> None:
    st.session_state[state.PALETTE] = st.session_state[_TURN + "_of"] = st.session_state[widget]


def _turn(palette: str) -> int:
    """Return a number that is another one when the palette was changed outside the panel."""
    if st.session_state.get(_TURN + "_of") != palette:
        st.session_state[_TURN + "_of"] = palette
        st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
    return int(st.session_state[_TURN])
