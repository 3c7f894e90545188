"""What the values of masks mean: codes of the dataset, or numbers of classes in some order.

Nothing is guessed: where values can be read in more than one way, somebody has to say which.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoexplore.core.errors import PredictionError
from eoexplore.core.types import Classes
from eoexplore.jobs.mask_files import Mask
from eoexplore.store.prediction_import import ALPHABET, DATASET, ORDERS
from eoexplore.store.prediction_mosaics import NOTHING

CODES, NUMBERS, FROM_1 = "codes", "numbers", "numbers-from-1"
VALUES = (CODES, NUMBERS, FROM_1)
"""What values of masks can be: codes of the label maps, or numbers of classes from 0 or 1 on."""
NONE = -1
"""The class of codes that are of none: nothing is predicted there."""
_NAMED = 5


@dataclass(frozen=True)
class Meaning:
    """What values mean."""

    kind: str
    """Of VALUES."""
    order: str
    """Of ORDERS, for numbers; empty for codes, and where nobody has said it."""
    certain: bool
    """Whether nobody has to say anything more."""
    classes: Mapping[int, int]
    """Number of the class by value, NONE for codes of no class; other values mean nothing."""
    sentence: str
    """What a user reads."""


def mean(classes: Classes, counts: Mapping[int, int], kind: str, order: str) -> Meaning:
    """Return what values mean.

    Args:
        classes: of the dataset.
        counts: pixels by value, without those where a file says that there is nothing.
        kind: what they are, of VALUES; empty where nobody has said it.
        order: of classes, of ORDERS; empty where nobody has said it.

    Raises:
        PredictionError: some mean nothing, or they cannot be what was said.
    """
    for word, known in ((kind, VALUES), (order, ORDERS)):
        if word and word not in known:
            raise PredictionError(f"Masks have no {word[:40]!r}. There are: {', '.join(known)}.")
    tables = {name: _table(classes, name, order) for name in ((kind,) if kind else VALUES)}
    fitting = [name for name, table in tables.items() if not counts.keys() - table.keys()]
    if not fitting:
        raise PredictionError(unknown(classes, counts, kind))
    own = tables.get(CODES, {})
    if fitting == [CODES] or all(own.get(value) == NONE for value in counts):
        return Meaning(CODES, "", True, own, _listed(classes, counts, own, "codes of the dataset"))
    plain = [name for name in fitting if name != CODES]
    first = kind or plain[0]
    own = tables[first]
    in_order = bool(order) or _orders_agree(classes)
    if kind and in_order:
        start = "1" if kind == FROM_1 else "0"
        word = f"numbers of the classes from {start} on, in the order of the {order or DATASET}"
        return Meaning(kind, order or DATASET, True, own, _listed(classes, counts, own, word))
    span = f"The values are from {min(counts):,} to {max(counts):,}"
    return Meaning(first, order, False, own, f"{span}. {_question(fitting, kind, in_order)}")


def _question(fitting: Sequence[str], kind: str, in_order: bool) -> str:
    """Return what somebody has to say."""
    asked = []
    if not kind:
        asked.append(f"whether they are {' or '.join(fitting)}")
    if not in_order:
        asked.append(f"the order of the classes, {ALPHABET} or {DATASET}")
    return f"They can be numbers of classes: say {', and '.join(asked)}."


def _orders_agree(classes: Classes) -> bool:
    return list(classes.names) == sorted(classes.names)


def _table(classes: Classes, kind: str, order: str) -> dict[int, int]:
    """Return the number of the class by value."""
    # A code that the nomenclature knows, and that belongs to no class, is like no prediction.
    none = {*classes.codes, *classes.unlabelled.codes}
    own = {code: place for place, item in enumerate(classes.classes) for code in item.codes}
    if kind == CODES:
        return {**dict.fromkeys(none, NONE), **own}
    ordered = sorted(classes.names) if order == ALPHABET else classes.names
    start = 1 if kind == FROM_1 else 0
    places = {name: place for place, name in enumerate(classes.names)}
    numbers = {number: places[name] for number, name in enumerate(ordered, start)}
    unlabelled = dict.fromkeys(classes.unlabelled.codes, NONE)
    return {**unlabelled, **numbers}


def _listed(
    classes: Classes, counts: Mapping[int, int], table: Mapping[int, int], what: str
) -> str:
    """Return what the most frequent values mean, as words."""
    total = max(1, sum(counts.values()))
    most = sorted(counts, key=lambda value: -counts[value])
    names = {value: _name(classes, table[value]) for value in most[:_NAMED]}
    said = [f"{value} is {name} ({counts[value] / total:.1%})" for value, name in names.items()]
    rest = len(most) - len(said)
    more = f", and {rest} more" if rest else ""
    return f"The values are {what}: {', '.join(said)}{more}."


def _name(classes: Classes, number: int) -> str:
    return classes.classes[number].name if number != NONE else "no class: nothing is predicted"


def unknown(classes: Classes, counts: Mapping[int, int], kind: str) -> str:
    """Return a sentence that says which values mean nothing, and their share.

    Args:
        classes: of the dataset.
        counts: pixels by value.
        kind: what they are said to be, of VALUES; empty where nobody has said it.
    """
    tables = {name: _table(classes, name, "") for name in VALUES}
    # Most of them are understood as what they most probably are.
    best = kind or max(
        VALUES, key=lambda name: sum(counts[value] for value in counts if value in tables[name])
    )
    strange = {value: counts[value] for value in counts if value not in tables[best]}
    total = max(1, sum(counts.values()))
    most = sorted(strange, key=lambda value: -strange[value])
    named = ", ".join(f"{value} ({_share(strange[value] / total)})" for value in most[:_NAMED])
    more = f" and {len(most) - _NAMED:,} more" if len(most) > _NAMED else ""
    last = len(classes.names)
    words = {
        CODES: f"codes of {classes.name}",
        NUMBERS: f"numbers of its classes, 0 to {last - 1}",
        FROM_1: f"numbers of its classes, 1 to {last}",
    }
    where = f"no {words[best]}" if kind else f"neither {' nor '.join(words.values())}"
    return (
        f"{len(most):,} values of the masks are {where}: {named}{more} of the pixels, "
        f"{_share(sum(strange.values()) / total)} together. Where a value means that nothing is "
        "predicted, the files have to declare it as their nodata."
    )


def _share(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "less than 0.1%"


def chosen(mask: Mask, meaning: Meaning) -> tuple[npt.NDArray[np.uint8], dict[int, int]]:
    """Return the number of the class of each pixel, and how many pixels have which value.

    Args:
        mask: what is in a file.
        meaning: what its values mean.

    Returns:
        Shape (row, column), NOTHING where nothing is predicted; pixels by value.
    """
    values, place, pixels = np.unique(
        mask.values[mask.there], return_inverse=True, return_counts=True
    )
    numbers = [meaning.classes.get(value, NONE) for value in values.tolist()]
    found = np.full(mask.values.shape, NOTHING, np.uint8)
    known = np.array([NOTHING if number == NONE else number for number in numbers], np.uint8)
    found[mask.there] = known[place]
    return found, dict(zip(values.tolist(), pixels.tolist(), strict=True))
