"""What of a page cannot be read: too little contrast, and buttons without a name."""

from pathlib import Path
from typing import Any

_CONTRAST = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")
_NAMELESS = Path(__file__).with_name("names.js").read_text(encoding="utf-8")
_LEAST = 10
"""Texts that every page has, or the look has found none."""


def faint(page: Any) -> list[tuple[str, float, str]]:
    """Return what cannot be read well: text, contrast, element."""
    found = page.evaluate(_CONTRAST)
    assert len(found) > _LEAST
    return _faint(found)


def faint_of_few(page: Any) -> set[str]:
    """Return the texts that cannot be read well, of however few."""
    return {text for text, _, _ in _faint(page.evaluate(_CONTRAST))}


def _faint(found: list[dict[str, Any]]) -> list[tuple[str, float, str]]:
    return [
        (item["text"], round(item["ratio"], 2), item["where"])
        for item in found
        if item["ratio"] < item["least"]
    ]


def nameless(page: Any) -> list[str]:
    """Return what can be pressed and has no name."""
    return page.evaluate(_NAMELESS)
