"""Spots of the label map in which a model that has not seen them is sure of another class."""

import numpy as np
import numpy.typing as npt

from eoexplore.analysis import disagreement
from eoexplore.analysis.label_noise import Calibration
from eoexplore.core.findings import Findings
from eoexplore.evidence import _spots
from eoexplore.evidence.kind import Asked, Finding, Kind
from eoexplore.store import issues
from eoexplore.store.issues import Looked

CURVE = -6.2, 1.27
"""Intercept and slope of the logistic regression of "the label is wrong" on a spot's strength.

Fitted to the 21,239 spots of the synthetic demos of the seeds 1 to 6, 43, 44 and 301 to 310, with
the model demo-landcover: on other land, or with another model, the chance is a guide, no measure.
"""
KNOWN = Calibration(
    share=0.94,
    named=0.70,
    unseen=0.0015,
    unseen_ha=10.0,
    spread=0.2,
    source="the chances were found on synthetic demos with the model demo-landcover "
    "(seeds 1 to 6, 43, 44, 301 to 310); on other land, or with another model, they are a guide",
)
"""What is known of spots where their truth is known: the same demos."""
DRAWN = 2.0
"""Strength from which spots are drawn, a chance of some 2 %: weaker ones are everywhere, and hide
the picture."""
_FACTS = (
    "spot", "inside_ha", "edge_ha", "dates", "lon", "lat", "area_ha", "width_m", "border_m",
    "compactness", "margin", "decidable",
)  # fmt: skip


def chance(strength: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Return the chance that the label is wrong, 0 to 1, of spots of some strength."""
    return disagreement.chance(strength, *CURVE)


def find(asked: Asked) -> Findings:
    """Look for spots in all tiles; one that reaches several patches is a finding in each."""
    limits = _spots.limits(asked)
    parts, before = [], 0
    ground = np.zeros((len(limits), 2))
    for part in _spots.each(asked, limits):
        facts = {name: part[f"spot_{name}"] for name in _FACTS}
        facts["spot"] = facts["spot"] + before
        before += len(part["strengths"])
        ground += part["ground_ha"]
        parts.append(
            Findings.of(
                part["spot_row"],
                part["spot_label"],
                part["spot_suspect"],
                chance(part["spot_strength"]),
                **facts,
            )
        )
    if asked.folder is not None:
        issues.write_looked(asked.folder, Looked(limits, ground))
    return Findings.together(parts)


def sentence(found: Finding) -> str:
    """Say one spot in a sentence."""
    area = found.facts["area_ha"]
    times = np.exp(found.facts["margin"])
    dates = f", over {found.facts['dates']:.0f} dates" if found.facts["dates"] > 1 else ""
    small = found.facts.get("decidable")
    unit = " It is smaller than the map's unit: not decidable at its resolution."
    return (
        f"On {area:.0f} ha that the map calls {found.label}, the model sees {found.suspect}: "
        f"{times:,.0f} times as likely, by the measure of each class{dates}."
        f"{unit if small == 0 else ''}"
    )


KIND = Kind(
    name="spots",
    title="Model and map disagree",
    help="Connected cells of 60 m of which a model that has not seen them is sure that they are "
    "of another class; thresholds by confident learning (Northcutt, Jiang and Chuang 2021).",
    needs="masks",
    about="label",
    version=1,
    order=10,
    find=find,
    sentence=sentence,
)
