"""Who is told while something takes long that is asked for like any quick answer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[int, int, str], None]
_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def told(listener: Listener) -> Iterator[None]:
    """Let a listener be told for the length of a block, in this thread only.

    Args:
        listener: called with (done, total, what); an error that it raises ends the work.
    """
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def tell(done: int, total: int, what: str) -> None:
    """Say how far the work is; nobody may be listening."""
    listener = _listener.get()
    if listener is not None:
        listener(done, total, what)
