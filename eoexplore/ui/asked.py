"""What the map may ask the page to do: use a drawn area, set a selection, drop a condition.

The browser is trusted in nothing: whatever it sends becomes a selection that the grammar knows, or
a sentence.
"""

from dataclasses import dataclass
from typing import Any

from eoexplore.core import outline, words
from eoexplore.core.errors import SelectionError
from eoexplore.core.selection import Selection
from eoexplore.store import selections

_AREAS = ("box", "poly")


@dataclass(frozen=True)
class Answer:
    """What becomes of a request of the map."""

    text: str | None
    """The selection's new text; none where it stays as it is."""
    sentences: tuple[str, ...] = ()
    """What the user is told."""


def answer(payload: object, selection: Selection) -> Answer:
    """Turn a request of the map into a selection.

    Args:
        payload: {"kind": "area", "ring": [[lon, lat], …], "box": bool}, {"kind": "select",
            "text": …} or {"kind": "drop", "key": …}.
        selection: what is selected now.
    """
    if not isinstance(payload, dict):
        return Answer(None)
    kinds = {"area": _area, "select": _select, "drop": _drop}
    handle = kinds.get(str(payload.get("kind")))
    if handle is None:
        return Answer(None, ("The map asked for something that this page does not know.",))
    try:
        return handle(payload, selection)
    except SelectionError as error:
        return Answer(None, (str(error),))


def _area(payload: dict[str, Any], selection: Selection) -> Answer:
    drawn = outline.drawn(payload.get("ring"), payload.get("box") is True)
    others = selection.replace("box", None).replace("poly", None)
    value, said = drawn.value, list(drawn.remarks)
    chosen = others.replace(drawn.key, value)
    free = selections.MAX_CHARACTERS - len(others.canonical()) - len("&poly=")
    if len(chosen.canonical()) > selections.MAX_CHARACTERS and drawn.key == "poly":
        fewer = outline.simplified(value, free)
        if fewer is not None:
            before, after = (outline.corners_of("poly", ring) for ring in (value, fewer))
            said.append(f"{after} of {before} corners are kept, so that the link stays short.")
            chosen = others.replace("poly", fewer)
    return Answer(selections.text_of(chosen), (*said, *_kept_here(chosen)))


def _select(payload: dict[str, Any], _: Selection) -> Answer:
    text = payload.get("text")
    if not isinstance(text, str) or len(text) > selections.MAX_CHARACTERS:
        raise SelectionError("A selection is a text of at most 1,500 characters.")
    selection, notices = selections.parse(text)
    return Answer(selections.text_of(selection), notices)


def _drop(payload: dict[str, Any], selection: Selection) -> Answer:
    key = payload.get("key")
    if key == "area":
        fewer = selection
        for name in _AREAS:
            fewer = fewer.replace(name, None)
        return Answer(selections.text_of(fewer))
    for phrase in words.phrases(selection):
        if phrase.key == key:
            return Answer(selections.text_of(selection.replace(phrase.key, None)))
    raise SelectionError("The selection has no such condition.")


def _kept_here(selection: Selection) -> tuple[str, ...]:
    if len(selection.canonical()) <= selections.MAX_CHARACTERS:
        return ()
    return (
        "The selection is too long for a link. It is kept on this machine, and a link to it works "
        "here only.",
    )
