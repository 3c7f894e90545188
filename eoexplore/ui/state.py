"""What is looked at, kept in the page's address by bound widgets of these names."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import streamlit as st

from eoexplore.analysis import facets
from eoexplore.analysis.facets import Columns, Facets
from eoexplore.analysis.selection import Table
from eoexplore.core.bits import Bits
from eoexplore.core.errors import SelectionError
from eoexplore.core.memory import ByteCache
from eoexplore.core.selection import Selection
from eoexplore.store import selections
from eoexplore.store.catalog import Opened
from eoexplore.store.samples import Samples
from eoexplore.tiles.layers import good_bounds
from eoexplore.ui import asked

DATASET = "dataset"
"""Query parameter and widget key: slug of the dataset."""
SELECT = "select"
"""Query parameter and widget key: the selection's text."""
PALETTE = "palette"
"""Query parameter and widget key: which colours the classes have."""
PALETTES = ("official", "safe")
"""The first one is the default, and left out of the address."""
_LAST = "select_last"
"""Session key: the selection's text as it was last shown or set."""
_BEFORE = "select_before"
"""Session key: texts that were replaced lately, and when (seconds)."""
_INBOX = "inbox"
"""Session key: changes that the next run does."""
_SAID = "said"
"""Session key: sentences that the next run shows once."""
_GOTO = "goto"
_NOWHERE = ("", 0, None)
"""Dataset, number of the request, and bounds once they are known."""
_FACETS_BYTES, _STARTS_BYTES = 2_000_000, 100_000
"""Of one table: 60 selections, and 80."""
_OPTION_BYTES = 100
"""A name and a number."""
_ON_ITS_WAY_S = 3.0
"""How long a browser may send a selection of before, because it has not heard of the new one."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class View:
    """One dataset and what is selected of it, for the page that runs now."""

    opened: Opened
    """Dataset and index."""
    selection: Selection
    """Conditions that could be read and answered."""
    mask: Mask
    """Which samples are selected."""
    notices: tuple[str, ...]
    """What was ignored, one sentence each."""
    parts: dict[str, Bits] = field(default_factory=dict)
    """Which samples each condition selects on its own, by its key."""
    palette: str = PALETTES[0]
    """Colours of the classes: "official" or "safe"."""


class _Kept:
    """What was worked out for one sample table; it goes when the table goes."""

    def __init__(self) -> None:
        self.columns: Columns | None = None
        self.facets: ByteCache[Facets] = ByteCache(_FACETS_BYTES)
        self.starts: ByteCache[list[float]] = ByteCache(_STARTS_BYTES)


_kept: WeakKeyDictionary[Samples, _Kept] = WeakKeyDictionary()


def current_selection() -> tuple[Selection, tuple[str, ...]]:
    """Return the selection in the address, with a sentence for each part that is no condition."""
    text = str(st.session_state.get(SELECT) or "")
    st.session_state[_LAST] = text
    return selections.parse(text)


def later(change: Callable[..., None], *args: object) -> Callable[[], None]:
    """Return a callback for a widget: the run that it starts does the change (`catch_up`).

    Streamlit may break off a callback as soon as that looks at the session, and never calls it
    again: of quick clicks some would be lost. This one looks at nothing.
    """
    inbox = st.session_state.setdefault(_INBOX, [])
    return lambda: inbox.append((change, args))


def catch_up() -> None:
    """Do the changes that callbacks have asked for; call before the carriers are shown."""
    _put_back()
    inbox = st.session_state.setdefault(_INBOX, [])
    while inbox:
        change, args = inbox[0]
        try:
            change(*args)
        except Exception:
            inbox.pop(0)
            raise
        # A run that is broken off before this line leaves the change to the run after it.
        inbox.pop(0)


def _put_back() -> None:
    """Overrule a browser that sends a selection of before a change that is on its way to it."""
    text, latest = st.session_state.get(SELECT) or "", st.session_state.get(_LAST, "")
    if text != latest and text in _lately():
        st.session_state[SELECT] = latest


def _lately() -> dict[str, float]:
    """Return the texts that were replaced a moment ago, and when."""
    before: dict[str, float] = st.session_state.setdefault(_BEFORE, {})
    now = time.monotonic()
    for text in [text for text, since in before.items() if now - since > _ON_ITS_WAY_S]:
        del before[text]
    return before


def latest_selection() -> Selection:
    """Return the selection as it was last shown or set.

    Of two quick clicks, the second brings along the text of before the first.
    """
    return selections.parse(st.session_state.get(_LAST, ""))[0]


def set_selection(text: str) -> None:
    """Set the selection's text; call by `later` only."""
    _lately()[st.session_state.get(_LAST, "")] = time.monotonic()
    st.session_state[SELECT] = st.session_state[_LAST] = text


def show(slug: str, palette: str, text: str) -> None:
    """Show a selection of a dataset in the colours of a palette; call by `later` only."""
    st.session_state[DATASET], st.session_state[PALETTE] = slug, palette
    set_selection(text)


def set_condition(key: str, value: object | None) -> str:
    """Set or drop one condition, and return the new text; call by `later` only."""
    text = selections.text_of(latest_selection().replace(key, value))
    set_selection(text)
    return text


def hear(payload: object) -> None:
    """Do what the map asks for; call from the component's callback only."""
    answer = asked.answer(payload, latest_selection())
    if answer.text is not None:
        set_selection(answer.text)
    for sentence in answer.sentences:
        say(sentence)


def say(sentence: str) -> None:
    """Have the next run of the page show a sentence once."""
    st.session_state.setdefault(_SAID, []).append(sentence)


def said() -> list[str]:
    """Return the sentences that are to be shown now."""
    return list(st.session_state.pop(_SAID, []))


def ask_to_go(slug: str) -> None:
    """Ask the map of a dataset to go to the selected patches; call by `later` only."""
    _, number, _ = st.session_state.get(_GOTO, _NOWHERE)
    st.session_state[_GOTO] = (slug, number + 1, None)


def goto(view: View) -> dict[str, object] | None:
    """Return where the map should go, with a number by which it knows that it has been there."""
    slug, number, bounds = st.session_state.get(_GOTO, _NOWHERE)
    if slug != view.opened.slug or not view.mask.any():
        return None
    if bounds is None:
        bounds = good_bounds(view.opened.samples, view.mask)
        st.session_state[_GOTO] = (slug, number, bounds)
    return {"seq": number, "bounds": bounds}


def start(view: View) -> list[float] | None:
    """Return the bounds of the selected patches, for a map that opens without a place.

    None where all or none are selected: the map has its own first view.
    """
    kept = _kept_of(view.opened)
    if view.mask.all() or not view.mask.any():
        return None
    text = view.selection.canonical()
    found = kept.starts.get(text)
    if found is None:
        found = good_bounds(view.opened.samples, view.mask)
        kept.starts.put(text, found, 4 * _OPTION_BYTES)
    return found


def view_of(opened: Opened) -> View:
    """Return the view of a dataset under the current selection.

    A condition that cannot be answered (a class that does not exist, a column that is not there
    yet) is left out and said.
    """
    selection, complaints = current_selection()
    notices = list(complaints)
    table = _table(opened)
    selected = table.every
    parts = {}
    for key, value in selection.conditions:
        try:
            parts[key] = table.part(key, value)
        except SelectionError as error:
            notices.append(f"The condition {key!r} was ignored: {error}")
            selection = selection.replace(key, None)
        else:
            selected = selected & parts[key]
    notices += selections.remarks(selection, table)
    return View(opened, selection, selected.mask(), tuple(notices), parts, current_palette())


def current_palette() -> str:
    """Return the palette in the address; the official one where it names none that there is."""
    palette = str(st.session_state.get(PALETTE) or "")
    return palette if palette in PALETTES else PALETTES[0]


def facets_of(view: View) -> Facets:
    """Return what each option of the filters would leave; kept for each selection."""
    kept = _kept_of(view.opened)
    text = view.selection.canonical()
    found = kept.facets.get(text)
    if found is None:
        if kept.columns is None:
            kept.columns = facets.columns(view.opened.samples.frame, view.opened.dataset.classes)
        share_of = _table(view.opened).share
        found = facets.count(kept.columns, view.selection, view.parts, share_of)
        options = (*found.options.values(), *found.classes.values(), found.shares)
        kept.facets.put(text, found, sum(map(len, options)) * _OPTION_BYTES)
    return found


def _table(opened: Opened) -> Table:
    return opened.samples.table(opened.dataset.classes)


def _kept_of(opened: Opened) -> _Kept:
    return _kept.setdefault(opened.samples, _Kept())
