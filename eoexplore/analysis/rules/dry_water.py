"""Water that is bright in the infrared."""

import numpy as np

from eoexplore.analysis.rules.rule import WATER, Bands, Floats, Rule, mndwi, ndwi

MOST_INFRARED = 0.15
STEP = 0.2
STEP_INFRARED = 0.05


def excess(bands: Bands) -> Floats:
    """Return by how many steps all three signs of land are there."""
    infrared = (bands["B08"] - MOST_INFRARED) / STEP_INFRARED
    return np.minimum(np.minimum(-ndwi(bands), -mndwi(bands)) / STEP, infrared)


RULE = Rule(
    name="dry_water",
    title="Water as bright in the infrared as land",
    source="NDWI and MNDWI of water are above 0 (McFeeters 1996, doi:10.1080/01431169608948714; Xu "
    "2006, doi:10.1080/01431160600589179); water that is not full of sediment has less than 0.15 "
    "in the near infrared (Hall's limit for snow is 0.11).",
    codes=WATER,
    bands=("B03", "B08", "B11"),
    excess=excess,
)
