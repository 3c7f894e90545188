"""Selections too long for a URL: kept by their content, and named in the URL instead."""

import hashlib
import re
from pathlib import Path

from eoexplore.core import selection as grammar
from eoexplore.core import settings
from eoexplore.core.selection import EVERYTHING, Selection
from eoexplore.store.folder import atomic

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
