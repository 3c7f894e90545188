"""Conditions on findings, as they stand in an address."""

import re
from typing import Any

from eoexplore.core.errors import UnknownName
from eoexplore.core.types import Classes
from eoexplore.evidence import kind as evidence
from eoexplore.evidence import thresholds
from eoexplore.store.issues import STATUS, Wanted
from eoexplore.tiles.queries import Asked

Notices = tuple[str, ...]


def stated(asked: Asked) -> tuple[str, Notices]:
    """Return thresholds that are asked for, and why they cannot be used."""
    text = asked.query.get("limits", "")
    try:
        thresholds.parse(text, asked.opened.dataset.classes.names)
    except UnknownName as error:
        return "", (str(error),)
    return text, ()


def wanted_of(query: Any, classes: Classes) -> tuple[Wanted, Notices]:  # noqa: ANN401 (a mapping)
    """Read the conditions of an address.

    Args:
        query: its parameters: `reason`, several with | between them, `class`, `least`, `status`.
        classes: of the dataset.

    Returns:
        The conditions, and a sentence for each that cannot be used.
    """
    known = [item.name for item in evidence.kinds()]
    asked = [name for name in query.get("reason", "").split("|") if name]
    said = [f"There is no reason {name[:40]!r}." for name in asked if name not in known]
    label = query.get("class", "")
    if label and label not in classes.names:
        said.append(f"There is no class {label[:60]!r}.")
    least, odd = _least(query.get("least", ""))
    status = query.get("status", "")
    if status and status not in STATUS:
        said.append(f"There is no status {status[:40]!r}; there are {', '.join(STATUS)}.")
    return Wanted(
        tuple(name for name in dict.fromkeys(asked) if name in known),
        classes.names.index(label) if label in classes.names else -1,
        least,
        status if status in STATUS else "",
    ), (*said, *odd)


def _least(text: str) -> tuple[float, Notices]:
    if not text:
        return 0.0, ()
    if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,9})?", text) and float(text) <= 1:
        return float(text), ()
    return 0.0, (f"A least score is a number from 0 to 1, not {text[:20]!r}; all are shown.",)
