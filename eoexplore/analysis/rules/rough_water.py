"""Water that scatters radar waves as land does."""

from eoexplore.analysis.rules.rule import WATER, Bands, Floats, Rule

MOST_DB = -18.0
STEP_DB = 1.5


def excess(bands: Bands) -> Floats:
    """Return by how many steps the backscatter is too high."""
    return (bands["VH"] - MOST_DB) / STEP_DB


RULE = Rule(
    name="rough_water",
    title="Water with the backscatter of land",
    source="VH of open water is below about -20 dB in most wind, near the noise of the sensor "
    "(-22 dB and less, Sentinel-1 product specification); thresholds between water and land lie at "
    "-17 to -24 dB (Bioresita and others 2018, doi:10.3390/rs10020217). Ships, ice and rain cells "
    "break the rule as well.",
    codes=WATER,
    bands=("VH",),
    excess=excess,
)
