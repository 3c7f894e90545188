"""Footprint styles of any split: `split.RULE` by its parts, `near.RULE` by distance to training.

RULE is a split rule as `core.split_rule` writes it, in letters that mean nothing else in addresses.
"""

import numpy as np
import numpy.typing as npt

from eoexplore.core import split_rule
from eoexplore.core.errors import SplitError
from eoexplore.core.split import SPLITS
from eoexplore.render import colours
from eoexplore.store import splits
from eoexplore.store.catalog import Opened
from eoexplore.tiles import nearness

SPLIT, NEAR = "split", "near"
_WRITTEN = str.maketrans(":=,", "!-_")
_READ = str.maketrans("!-_", ":=,")


def style_of(kind: str, rule: str) -> str:
    """Return the style that colours by a split.

    Args:
        kind: SPLIT or NEAR.
        rule: canonical text of the split's rule.
    """
    return f"{kind}.{rule.translate(_WRITTEN)}"


def rule_of(style: str) -> tuple[str, str] | None:
    """Return the kind of a style and the canonical text of its rule; none for other styles."""
    kind, _, text = style.partition(".")
    if kind not in (SPLIT, NEAR):
        return None
    try:
        return kind, split_rule.parse(text.translate(_READ)).canonical()
    except SplitError:
        return None


def refused(opened: Opened, style: str) -> str:
    """Return why a style of `rule_of` cannot colour a dataset; empty where it can."""
    found = rule_of(style)
    if found is None:
        return "This is no split."
    try:
        splits.split_of(opened, found[1])
    except SplitError as error:
        return str(error)
    if found[0] == NEAR and not nearness.parted(opened, found[1]):
        return nearness.NOT_PARTED
    return ""


def parts(
    opened: Opened, rule: str
) -> tuple[tuple[tuple[str, str, str], ...], npt.NDArray[np.uint8]]:
    """Return the entries of a legend of a split, and the number of the entry of each patch."""
    entries = [(name, name.capitalize(), colours.SPLITS[name]) for name in SPLITS]
    entries.append(("", "In no part", colours.UNKNOWN))
    numbers = splits.split_of(opened, rule).parts
    found = np.where(numbers < 0, len(SPLITS), numbers).astype(np.uint8)
    return tuple(entries), found
