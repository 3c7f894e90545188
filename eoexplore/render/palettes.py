"""The palettes of a nomenclature: where map, legend, charts, cards and exports take colours from.

Every schema has two. "official" has the colours that its publisher gave it; "safe" has our own,
which stay apart under protanopia, deuteranopia and tritanopia as well (eoexplore.render.vision).
"""

from dataclasses import replace

from eoexplore.core import nomenclature
from eoexplore.core.types import Classes, LabelClass

OFFICIAL, SAFE = "official", "safe"
PALETTES = (OFFICIAL, SAFE)


def known(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the palette that an address names; the official one where it names none.

    Args:
        text: value of `palette=`; may be empty.

    Returns:
        One of PALETTES, and a sentence if the text is none of them.
    """
    if text in ("", *PALETTES):
        return text or OFFICIAL, ()
    return OFFICIAL, (f"There is no palette {text[:40]!r}: {' or '.join(PALETTES)}.",)


def coloured(schema: Classes, palette: str) -> Classes:
    """Return a schema with the colours of a palette in its classes and its codes.

    Take a class's colour from what this returns, wherever it is shown.

    Args:
        schema: a dataset's classes, or one of `nomenclature.levels`.
        palette: one of PALETTES.
    """
    if palette != SAFE:
        return schema
    table = _table_of(schema)
    order = nomenclature.safe_colours()["any"]
    classes = []
    for number, item in enumerate(schema.classes):
        # More classes than colours: they come again from the first.
        plain = order[str(number % len(order) + 1)]
        classes.append(replace(item, colour=table.get(_text(item), plain)))
    dark = table.get(str(nomenclature.UNLABELLED), schema.unlabelled.colour)
    safe = replace(
        schema, classes=tuple(classes), unlabelled=replace(schema.unlabelled, colour=dark)
    )
    return replace(safe, codes=_coloured_codes(safe))


def _text(item: LabelClass) -> str:
    return " ".join(str(code) for code in sorted(item.codes))


def _table_of(schema: Classes) -> dict[str, str]:
    """Return the table made for a schema: the one that has exactly its classes."""
    wanted = {_text(item) for item in schema.classes}
    for table in nomenclature.safe_colours().values():
        if wanted == set(table) - {str(nomenclature.UNLABELLED)}:
            return dict(table)
    return {}


def _coloured_codes(schema: Classes) -> dict[int, tuple[str, str]]:
    """Return the codes of a schema with their own safe colours, or their class's."""
    single = (
        nomenclature.safe_colours()["clc3"]
        if set(schema.codes) <= set(nomenclature.corine())
        else {}
    )
    return {
        code: (name, single.get(str(code), schema.class_of(code).colour))
        for code, (name, _) in schema.codes.items()
    }
