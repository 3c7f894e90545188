"""Streamlit's settings keep requests on the machine and text readable."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_nothing_is_sent_or_asked_at_the_start():
    assert SETTINGS["server"]["headless"] is True
    assert SETTINGS["server"]["showEmailPrompt"] is False
    assert SETTINGS["browser"]["gatherUsageStats"] is False
    # Where it is not set, a headless start asks the Internet for the machine's public address.
    assert SETTINGS["browser"]["serverAddress"] == "localhost"


def test_errors_show_no_paths():
    assert SETTINGS["client"]["showErrorDetails"] == "none"


def test_quick_clicks_cannot_lose_a_message():
    # A page sends up to 1 MB (its budget). Kept in the browser and named instead of sent, a message
    # can be gone there when clicks follow each other quickly, and the page loses its connection.
    assert SETTINGS["global"]["minCachedMessageSize"] > 1e9


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_readable(theme):
    colours = SETTINGS["theme"][theme]
    pairs = [
        ("textColor", "backgroundColor"),
        ("textColor", "secondaryBackgroundColor"),
        ("linkColor", "backgroundColor"),
        ("linkColor", "secondaryBackgroundColor"),
    ]
    assert all(contrast(colours[text], colours[ground]) >= 4.5 for text, ground in pairs)
    assert contrast("#ffffff", colours["primaryColor"]) >= 4.5
    assert contrast(colours["primaryColor"], colours["backgroundColor"]) >= 3
