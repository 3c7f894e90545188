"""Forest that is not green in summer."""

from eoexplore.analysis.rules.rule import FOREST, Bands, Floats, Rule, ndvi

LEAST = 0.45
STEP = 0.15


def excess(bands: Bands) -> Floats:
    """Return by how many steps the vegetation index is too low."""
    return (LEAST - ndvi(bands)) / STEP


RULE = Rule(
    name="bare_forest",
    title="Forest without green leaves in summer",
    source="NDVI below 0.5 is sparse vegetation, dense vegetation has 0.6 to 0.9 (U.S. Geological "
    "Survey, NDVI, the Foundation for Remote Sensing Phenology); 0.45 leaves room for open woods.",
    codes=FOREST,
    bands=("B04", "B08"),
    excess=excess,
    seasons=("summer",),
)
