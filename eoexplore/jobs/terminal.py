"""One line on a terminal that says how far long work is, how fast it goes and how long it takes."""

import shutil
import time
from collections.abc import Callable
from typing import TextIO

_REDRAW_S = 0.1
_LINE_S = 5.0
_TRUST_S = 0.5


class Pace:
    """Rate and time left, from the moment the current piece of work began."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start without knowledge; the clock is a parameter so that a test can turn it."""
        self._clock = clock
        self._total = -1
        self._first = self._last = 0
        self._began = clock()
        self.rate: float | None = None

    def update(self, done: int, total: int) -> float | None:
        """Take the count and return the seconds left; none until there is something to go by."""
        now = self._clock()
        if total != self._total or done < self._last:
            # Another piece of work, or one resumed: what was done before says nothing of its pace.
            self._total, self._first, self._began, self.rate = total, done, now, None
        self._last = done
        elapsed = now - self._began
        if done > self._first and elapsed >= _TRUST_S:
            self.rate = (done - self._first) / elapsed
        return max(0, total - done) / self.rate if self.rate and total > 0 else None


class Terminal:
    """Redraws one line on a terminal; elsewhere writes a line every few seconds."""

    def __init__(self, stream: TextIO) -> None:
        """Write to a stream, usually standard error."""
        self._stream = stream
        self._tty = stream.isatty()
        self._pace = Pace()
        # Elsewhere than on a terminal, what ends within seconds says nothing.
        self._drawn = -1e9 if self._tty else time.monotonic()
        self._width = 0
        self._latest = ""
        self._shown = ""

    def update(self, done: int, total: int, what: str) -> None:
        """Take the count; draws at most ten times a second."""
        left = self._pace.update(done, total)
        self._latest = line(done, total, what, self._pace.rate, left)
        now = time.monotonic()
        if now - self._drawn >= (_REDRAW_S if self._tty else _LINE_S):
            self._drawn = now
            self._draw()

    def end_line(self) -> None:
        """Show the last count and end the line, so that other text can follow."""
        if self._latest != self._shown and (self._tty or self._shown):
            self._draw()
        if self._tty and self._shown:
            self._write("\n")
        self._latest = self._shown = ""
        self._width = 0

    def _draw(self) -> None:
        self._shown = self._latest
        if not self._tty:
            self._write(self._latest + "\n")
            return
        text = self._latest[: shutil.get_terminal_size().columns - 1]
        self._write("\r" + text.ljust(self._width))
        self._width = len(text)

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            # Nobody is listening any more; the work goes on.
            return


def line(done: int, total: int, what: str, rate: float | None, left: float | None) -> str:
    """Return the line: what, count, rate, time left."""
    count = f"{done:,} of {total:,}" if total > 0 else f"{done:,}"
    parts = [what, count]
    if rate:
        parts.append(f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.1f}/s")
    if left is not None and done < total:
        parts.append(f"{duration(left)} left")
    return " | ".join(parts)


def duration(seconds: float) -> str:
    """Return a time span as people say it: "8 s", "3 min 20 s", "2 h 05 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
