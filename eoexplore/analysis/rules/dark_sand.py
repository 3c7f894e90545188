"""Beaches and dunes that are dark."""

from eoexplore.analysis.rules.rule import Bands, Floats, Rule

LEAST = 0.08
STEP = 0.03


def excess(bands: Bands) -> Floats:
    """Return by how many steps it is too dark."""
    return (LEAST - bands["B04"]) / STEP


RULE = Rule(
    name="dark_sand",
    title="Sand that is dark",
    source="Dry sand reflects 0.2 to 0.5 of red light, wet sand half of that (ECOSTRESS spectral "
    "library, Meerdink and others 2019, doi:10.1016/j.rse.2019.05.015; Lobell and Asner 2002, "
    "doi:10.2136/sssaj2002.7220). Black sand of volcanoes breaks the rule rightly.",
    codes=(331,),
    bands=("B04",),
    excess=excess,
)
