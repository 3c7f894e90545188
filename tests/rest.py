"""Waiting until a page of the app is at rest: no longer than it takes, and as long as it takes."""

import itertools
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("at_rest.js").read_text(encoding="utf-8")
"""For `add_init_script`; gives the page `scope()`, which finds the component's shadow root."""
# Between the parts of one change nothing may be going on for a moment.
CALM_MS = {"script": 0, "map": 120, "all": 180}
_KEYS = itertools.count()


def wait(page: Any, level: str) -> None:
    """Wait until a page's script has ended, or also its map, or all of it.

    Args:
        page: with `SCRIPT` put in.
        level: "script"; "map": also tiles, movements and what is put off for a moment, such as
            writing the address; "all": also what the card waits for, and every other answer.

    Raises:
        TimeoutError: it did not come to rest within the page's timeout.
    """
    from playwright.sync_api import TimeoutError as TooLong

    asked = [level, CALM_MS[level], next(_KEYS)]
    try:
        page.wait_for_function("(asked) => isAtRest(...asked)", arg=asked, polling=30)
    except TooLong:
        waiting = page.evaluate("(level) => restless(level)", level)
        raise TimeoutError(f"the page did not come to rest; it waits for {waiting}") from None
