"""Other thresholds of confident learning than the measured ones, without looking at pixels again.

A threshold says how sure a model usually is of a class where it is the label. Whoever knows that
these labels are too often wrong, or the model too sure, may state another one: the margin of a
finding changes by the logarithm of new over old, up for the class of the label and down for the
suspected one. What was below the margin of a cell that disagrees stays unknown, as no spot was
made of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from eoexplore.analysis import disagreement
from eoexplore.core.errors import UnknownName
from eoexplore.core.findings import Findings
from eoexplore.evidence import labels, spots
from eoexplore.store.issues import Issues, Looked

_SEPARATOR = "|"


def parse(text: str, names: Sequence[str]) -> dict[int, float]:
    """Return thresholds that somebody states, by the number of the class.

    Args:
        text: such as "Pastures=0.4|Arable land=0.5"; empty for none.
        names: of the classes.

    Raises:
        UnknownName: it cannot be read, there is no such class, or a threshold is not within 0 to 1.
    """
    found = {}
    for part in filter(None, text.split(_SEPARATOR)):
        name, _, number = part.rpartition("=")
        if name not in names:
            raise UnknownName(
                f"There is no class {name[:80]!r} to state a threshold of. Write CLASS=NUMBER, "
                f"such as {names[0]}=0.5. The classes are: {'; '.join(names)}."
            )
        try:
            value = float(number)
        except ValueError:
            value = np.nan
        if not 0 < value <= 1:
            raise UnknownName(
                f"The threshold {number[:20]!r} of {name} is no number above 0 and up to 1."
            )
        found[list(names).index(name)] = value
    return found


def write(stated: Mapping[int, float], names: Sequence[str]) -> str:
    """Return the text that `parse` reads."""
    return _SEPARATOR.join(f"{names[number]}={value:g}" for number, value in sorted(stated.items()))


def apply(found: Issues, looked: Looked | None, stated: Mapping[int, float]) -> Issues:
    """Return findings of masks with other thresholds, in their new order.

    Args:
        found: all that was found.
        looked: the measured thresholds; without them nothing changes.
        stated: other ones, by the number of the class; classes without a measured one are left.
    """
    if looked is None or not stated:
        return found
    shift = np.zeros(len(looked.thresholds) + 1)
    for number, value in stated.items():
        measured = looked.thresholds[number]
        if np.isfinite(measured):
            shift[number] = np.log(value / measured)
    own = found.findings
    # No class has the number -1, which is the last entry.
    change = shift[own.labels] - shift[own.suspects]
    scores, margins = own.scores.copy(), np.full(len(own), np.nan, np.float32)
    if "margin" in own.facts:
        margins = own.facts["margin"].copy()
    for kind, curve in ((spots.KIND.name, spots.CURVE), (labels.KIND.name, labels.MASKS)):
        mine = _of_masks(found, kind) & (change != 0)
        margins[mine] += change[mine].astype(np.float32)
        strength = disagreement.strength(margins[mine], own.facts["area_ha"][mine])
        scores[mine] = disagreement.chance(strength, *curve)
    order = np.argsort(-scores, kind="stable")
    facts = {**own.facts, "margin": margins}
    changed = Findings(own.rows, own.labels, own.suspects, scores, facts).take(order)
    stamp = (found.stamp, tuple(sorted(stated.items())))
    return replace(found, numbers=found.numbers[order], findings=changed, stamp=stamp)


def _of_masks(found: Issues, kind: str) -> npt.NDArray[np.bool_]:
    """Tell which findings are of a kind, and of masks: those have both classes."""
    if kind not in found.kinds:
        return np.zeros(len(found), bool)
    both = (found.findings.labels >= 0) & (found.findings.suspects >= 0)
    return np.asarray(both & (found.numbers == found.kinds.index(kind)))
