"""Forest that scatters radar waves as little as a bare field."""

from eoexplore.analysis.rules.rule import FOREST, GROWING, Bands, Floats, Rule

LEAST_DB = -19.0
STEP_DB = 1.0


def excess(bands: Bands) -> Floats:
    """Return by how many steps the backscatter is too low."""
    return (LEAST_DB - bands["VH"]) / STEP_DB


RULE = Rule(
    name="flat_forest",
    title="Forest with the backscatter of a bare field",
    source="Crowns scatter C-band waves in all directions: VH of forest is about -12 to -16 dB, "
    "lower in frost (Dostalova and others 2018, doi:10.1080/01431161.2018.1479788).",
    codes=FOREST,
    bands=("VH",),
    excess=excess,
    seasons=GROWING,
)
