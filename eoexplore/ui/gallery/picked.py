"""What the gallery asks the page for: the picked samples as a selection, or as a name for a file.

The browser is trusted in nothing: ids become a selection that the grammar knows, or a sentence.
"""

import streamlit as st

from eoexplore.core.selection import MAX_KEPT_IDS, Selection
from eoexplore.store import selections
from eoexplore.ui import state

_KEPT = "gallery_kept"
"""Session key: the last named selection, for the links to its files."""
_LONGEST_ID = 300


def hear(payload: object) -> None:
    """Do what the gallery asks for; call from the component's callback only.

    Args:
        payload: {"kind": "ids", "ids": […]} makes the ids the selection; {"kind": "keep", "ids":
            […], "seq": n} only names them, for `kept`; anything else is as on the map.
    """
    kind = payload.get("kind") if isinstance(payload, dict) else None
    if not isinstance(payload, dict) or kind not in ("ids", "keep"):
        state.hear(payload)
        return
    ids = ids_of(payload.get("ids"))
    if ids is None:
        state.say(f"Of 1 to {MAX_KEPT_IDS:,} patches a selection can be made. Nothing was changed.")
        return
    text = selections.text_of(Selection((("ids", ids),)))
    if kind == "ids":
        state.set_selection(text)
    else:
        st.session_state[_KEPT] = {"seq": payload.get("seq"), "select": text}


def kept() -> dict[str, object] | None:
    """Return the number of the last request to keep ids, and the selection's text; or none."""
    found: dict[str, object] | None = st.session_state.get(_KEPT)
    return found


def ids_of(value: object) -> tuple[str, ...] | None:
    """Return ids as a selection holds them; none for what is no list of 1 to MAX_KEPT_IDS ids."""
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_KEPT_IDS:
        return None
    if not all(isinstance(item, str) and 0 < len(item.strip()) <= _LONGEST_ID for item in value):
        return None
    return tuple(sorted({item.strip() for item in value}))
