"""Forest that is as bright in the short-wave infrared as dry soil."""

from eoexplore.analysis.rules.rule import FOREST, Bands, Floats, Rule

MOST = 0.25
STEP = 0.05


def excess(bands: Bands) -> Floats:
    """Return by how many steps it is too bright."""
    return (bands["B11"] - MOST) / STEP


RULE = Rule(
    name="bright_forest",
    title="Forest as bright in the short-wave infrared as dry soil",
    source="Leaf water and shadows keep closed forest below about 0.2 at 1.6 µm, dry soil has 0.3 "
    "and more (Jensen 2007, Remote Sensing of the Environment, chapter 11; the dark "
    "object concept of Huang and others 2008).",
    codes=FOREST,
    bands=("B11",),
    excess=excess,
)
