"""Data as text: names and messages never become Markdown, icons or HTML."""

_SPECIAL = frozenset(r"\`*_{}[]()<>#+-.!|~$:&")
# Streamlit looks for :material/icons: and :emoji: once more in the finished text, where no
# backslash is left to stop it; a character of no width does.
_NO_WIDTH = "\u2060"


def as_text(text: str) -> str:
    """Return text that Streamlit's Markdown shows letter by letter."""
    return "".join(f"\\{letter}" if letter in _SPECIAL else letter for letter in text).replace(
        ":", f":{_NO_WIDTH}"
    )
