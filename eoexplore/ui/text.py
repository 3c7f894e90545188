"""Data as text: names and messages never become Markdown, icons or HTML."""

_SPECIAL = frozenset(r"\`*_{}[]()<>#+-.!|~$:&")


def as_text(text: str) -> str:
    """Return text that Streamlit's Markdown shows letter by letter."""
    return "".join(f"\\{letter}" if letter in _SPECIAL else letter for letter in text)
