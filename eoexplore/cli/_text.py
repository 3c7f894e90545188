"""How the commands write: aligned tables, grouped numbers, sizes, one JSON document."""

import argparse
import json
from collections.abc import Mapping, Sequence

Cell = str | int | float | None


def show_json(document: Mapping[str, object]) -> None:
    """Print one JSON document; letters beyond ASCII are escaped, so every console can take it."""
    print(json.dumps(document, indent=2))


def clean(text: str) -> str:
    r"""Return text without control characters: a file name must not command the terminal."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in text)


def table(rows: Sequence[Sequence[Cell]], heads: Sequence[str] = (), indent: int = 2) -> str:
    """Return rows as aligned text: numbers grouped and to the right, words to the left."""
    body = [[_cell(cell) for cell in row] for row in rows]
    lines = [list(heads), *body] if heads else body
    if not lines:
        return ""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    right = [all(not isinstance(row[column], str) for row in rows) for column in range(len(widths))]
    return "\n".join(
        (" " * indent + "  ".join(_aligned(line, widths, right))).rstrip() for line in lines
    )


def _aligned(line: list[str], widths: list[int], right: list[bool]) -> list[str]:
    padded = zip(line, widths, right, strict=True)
    return [text.rjust(width) if side else text.ljust(width) for text, width, side in padded]


def _cell(cell: Cell) -> str:
    if cell is None:
        return "-"
    return f"{cell:,}" if isinstance(cell, int) else clean(str(cell))


def natural(text: str) -> int:
    """Read a number from 0 on; argparse turns the refusal into a usage error."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no number from 0 on")
    return int(text)


def count(text: str) -> int:
    """Read a number of processes, from 1 on."""
    if natural(text) < 1:
        raise argparse.ArgumentTypeError("at least 1 is needed")
    return natural(text)


def size(length: int) -> str:
    """Return a number of bytes as people say it: "4.3 MB"."""
    amount = float(length)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"
