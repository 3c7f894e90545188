"""Selections as addresses have them, and what to say of their values.

One that is too long for an address is kept by its content, and named there instead.
"""

import hashlib
import re
from pathlib import Path
from typing import cast

from eoexplore.analysis.selection import Table
from eoexplore.core import selection as grammar
from eoexplore.core import settings
from eoexplore.core.selection import EVERYTHING, Selection
from eoexplore.store.folder import atomic

_NOUNS = {"country": "country", "season": "season", "split": "split", "tile": "tile"}
_SAID = 3
"""Values that are named one by one, before a message becomes too long."""
_LISTED = 12
MAX_CHARACTERS = 1500
"""Longest selection that is written out in a URL."""
_NAME = re.compile(r"sel:([0-9a-f]{16})")


def text_of(selection: Selection) -> str:
    """Return the canonical text of a selection, or the name under which a long one is kept."""
    text = selection.canonical()
    ids = selection.get("ids")
    has_many = isinstance(ids, tuple) and len(ids) > grammar.MAX_IDS
    if len(text) <= MAX_CHARACTERS and not has_many:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    path = _path(digest)
    if not path.is_file():
        with atomic(path) as partial:
            partial.write_text(text, encoding="utf-8")
    return f"sel:{digest}"


def parse(text: str) -> tuple[Selection, tuple[str, ...]]:
    """Read a selection written out or named; what cannot be read is left out and said."""
    named = _NAME.fullmatch(text)
    if named is None:
        return grammar.parse(text)
    try:
        kept = _path(named[1]).read_text(encoding="utf-8")
        return grammar.parse(kept, grammar.MAX_KEPT_IDS)
    except (OSError, ValueError):
        return EVERYTHING, (
            f"The selection {text} is not kept on this machine, so all patches are shown. "
            "Ask for the file of the selection where the link was made.",
        )


def _path(digest: str) -> Path:
    return settings.cache_folder() / "selections" / f"{digest}.txt"


def remarks(selection: Selection, table: Table) -> tuple[str, ...]:
    """Say which values of a selection no sample has: they are valid, and select nothing."""
    found = []
    for key, value in selection.conditions:
        if key in _NOUNS:
            known = {str(name) for name in table.samples[key].cat.categories if name}
            absent = [name for name in cast(tuple[str, ...], value) if name not in known]
            found += [_absent(_NOUNS[key], name, sorted(known)) for name in absent[:_SAID]]
        elif key == "ids":
            ids = cast(tuple[str, ...], value)
            there = set(table.samples["id"].to_numpy(object)[table.part(key, value).rows()])
            missing = [name for name in ids if name not in there]
            if missing:
                names = ", ".join(name[:80] for name in missing[:_SAID])
                found.append(f"{len(missing)} of {len(ids)} patch ids are not here: {names}.")
    return tuple(found)


def _absent(noun: str, name: str, known: list[str]) -> str:
    there = ", ".join(known[:_LISTED]) + (" and more" if len(known) > _LISTED else "")
    return f"No patch has the {noun} {name[:80]!r}. There are: {there or 'none'}."
