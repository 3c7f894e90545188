"""Land that looks like open water."""

import numpy as np

from eoexplore.analysis.rules.rule import Bands, Floats, Rule, mndwi, ndwi

LEAST = 0.1
STEP = 0.1
MOST_INFRARED = 0.1
STEP_INFRARED = 0.02
_DRY = (
    111, 112, 121, 211, 212, 221, 222, 223, 231, 241, 242, 243, 244, 311, 312, 313, 321, 322, 323,
    324, 333,
)  # fmt: skip


def excess(bands: Bands) -> Floats:
    """Return by how many steps all three signs of open water are there."""
    index = (np.minimum(ndwi(bands), mndwi(bands)) - LEAST) / STEP
    return np.minimum(index, (MOST_INFRARED - bands["B08"]) / STEP_INFRARED)


RULE = Rule(
    name="wet_land",
    title="Land that looks like open water",
    source="NDWI and MNDWI of land are below 0 (McFeeters 1996, doi:10.1080/01431169608948714; Xu "
    "2006, doi:10.1080/01431160600589179); snow has both high too, but 0.11 and more in the near "
    "infrared (Hall, Riggs and Salomonson 1995, doi:10.1016/0034-4257(95)00137-P). Wetlands and "
    "classes with rice, which stands in water, are left out.",
    codes=_DRY,
    bands=("B03", "B08", "B11"),
    excess=excess,
)
