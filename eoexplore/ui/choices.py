"""The widgets of the filter panel, so made that quick clicks are kept and no old one comes back.

* Their keys end with the panel's turn, which is another number when the selection was changed
  elsewhere: a panel that is closed does not hear of that, and would bring a dropped condition back.
  After some turns keys come again, when neither side knows what they held.
* Within a turn a widget is only set where it differs from the selection. Set at every run, it would
  take back a click that is on its way, and the next message would tell that as a click of its own.
* A change is done by the run that it starts (`state.later`), on the selection as it was last set.
* Streamlit sends the chosen options of a list by their labels, and ours hold counts that change:
  what comes back is read by the name in front of the count.
"""

import re
from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from eoexplore.ui import state
from eoexplore.ui.state import View
from eoexplore.ui.text import as_text

_CHOSEN = "filter_chosen"
"""Session key: dataset and selection as the panel last set them or last saw them."""
_TURN = "filter_turn"
"""Session key: the panel's turn."""
_LABELS = "filter_labels"
"""Session key: labels of the chosen options of each list, as they were last sent."""
_TURNS = 4
"""Turns after which keys come again: Streamlit keeps what it knows of every key for the session."""
_UNSET = object()
_BEFORE_COUNT = " · "


def begin(view: View) -> None:
    """Start a new turn if the selection was changed outside the panel; call before any widget."""
    seen = (view.opened.slug, str(st.session_state.get(state.SELECT) or ""))
    if st.session_state.get(_CHOSEN) != seen:
        st.session_state[_CHOSEN] = seen
        st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
        st.session_state[_LABELS] = {}


def choose(key: str, value: object | None) -> None:
    """Set or drop one condition by a widget of the panel; called by `later` only."""
    text = state.set_condition(key, value)
    slug, _ = st.session_state.get(_CHOSEN, ("", ""))
    st.session_state[_CHOSEN] = (slug, text)


def key_of(name: str) -> str:
    """Return the key of a widget in this turn."""
    return f"filter_{name}_{st.session_state[_TURN] % _TURNS}"


def later(change: Callable[..., None], *args: object) -> Callable[[], None]:
    """Return a callback that does a change later, unless the widget has gone by then."""
    return state.later(_if_current, int(st.session_state[_TURN]), change, args)


def _if_current(turn: int, change: Callable[..., None], args: tuple[object, ...]) -> None:
    # Messages on their way tell of widgets of the turn before, as if each had just been changed.
    if turn == st.session_state.get(_TURN):
        change(*args)


def put(widget: str, value: object, labels: Sequence[str] = ()) -> None:
    """Set a widget where it differs, or where a label by which it knows its value has changed."""
    known = st.session_state.setdefault(_LABELS, {})
    if st.session_state.get(widget, _UNSET) != value or known.get(widget, ()) != tuple(labels):
        st.session_state[widget] = value
        known[widget] = tuple(labels)


def get(name: str) -> object:
    """Return what a widget of this turn holds; called by `later` only."""
    return st.session_state[key_of(name)]


def option(
    name: str, title: str, chosen: bool, count: int, change: Callable[..., None], *args: object
) -> None:
    """Show one option as a box to tick, with the patches that it would leave.

    Args:
        name: what the widget's key is made of.
        title: what the user reads; data.
        chosen: whether it is ticked.
        count: patches that it would leave.
        change: called later with whether it is ticked, then the further arguments.
        args: further arguments.
    """
    put(key_of(name), chosen)
    # One that would leave nothing is faint, but not disabled: Streamlit would drop a click on it
    # that was made a moment before, and still show it as chosen.
    shown = as_text(title)
    st.checkbox(
        f"{shown} :gray[{count:,}]" if count else f":gray[{shown} 0]",
        key=key_of(name),
        width="content",
        on_change=later(_ticked, name, change, args),
    )


def _ticked(name: str, change: Callable[..., None], args: tuple[object, ...]) -> None:
    change(bool(get(name)), *args)


def several(
    name: str,
    title: str,
    counts: Mapping[str, int],
    chosen: Sequence[str],
    change: Callable[..., None],
    *args: object,
) -> None:
    """Show options as a list to search in, each with the patches that it would leave.

    Args:
        name: what the widget's key is made of.
        title: what the user reads.
        counts: patches that each option would leave.
        chosen: options that are chosen.
        change: called later with the chosen names, then the further arguments.
        args: further arguments.
    """
    chosen = [item for item in counts if item in chosen]
    put(key_of(name), chosen, [counted(item, counts) for item in chosen])
    st.multiselect(
        title,
        list(counts),
        key=key_of(name),
        format_func=lambda item: counted(item, counts),
        placeholder="Choose",
        select_all=False,
        on_change=later(_listed, name, change, args),
    )


def _listed(name: str, change: Callable[..., None], args: tuple[object, ...]) -> None:
    labels = get(name)
    names = {name_of(str(label)) for label in labels} if isinstance(labels, list) else set()
    change(tuple(sorted(names)), *args)


def counted(name: str, counts: Mapping[str, int]) -> str:
    """Return an option's label: its name, and the patches that it would leave."""
    return f"{name}{_BEFORE_COUNT}{counts[name]:,}" if name in counts else name


def name_of(label: str) -> str:
    """Return the name in a label, whatever count stood behind it when it was clicked."""
    name, separator, count = label.rpartition(_BEFORE_COUNT)
    return name if separator and re.fullmatch(r"[\d,]+", count) else label
