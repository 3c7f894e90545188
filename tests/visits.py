"""Pages of the app as somebody visits them, without a browser."""

from collections.abc import Callable
from operator import attrgetter

from streamlit.testing.v1 import AppTest

from eoexplore.ui import pages

SHELL = pages.FOLDER.parent / "eoexplore" / "ui" / "shell.py"
_FIND = pages.find
_SAY = ("markdown", "caption", "warning", "error", "info", "subheader", "toast", "text")


def first(title: str) -> Callable[[], list[pages.Page]]:
    """Return what finds the pages, one of them first: that is the page which runs."""
    found = sorted(_FIND(), key=lambda item: item.title != title)
    assert found[0].title == title
    return lambda: found


def visit(**query: str) -> AppTest:
    """Run the app with a query."""
    test = AppTest.from_file(str(SHELL), default_timeout=60)
    test.query_params.update(query)
    return sound(test.run())


def sound(test: AppTest) -> AppTest:
    """Return a run that has raised nothing."""
    assert not test.exception
    return test


def said(test: AppTest) -> str:
    """Return all that a page says, without the marks that keep texts of data texts."""
    blocks = attrgetter(*_SAY)(test)
    text = "\n".join(element.value for block in blocks for element in block)
    return text.replace("\\", "").replace("\u2060", "")
