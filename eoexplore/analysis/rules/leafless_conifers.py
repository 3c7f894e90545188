"""Conifers that are not green in winter, though no snow lies on them."""

import numpy as np

from eoexplore.analysis.rules.rule import Bands, Floats, Rule, mndwi, ndvi

LEAST = 0.35
STEP = 0.15
MOST_SNOW = 0.0


def excess(bands: Bands) -> Floats:
    """Return by how many steps the vegetation index is too low, where no snow explains it."""
    return np.where(mndwi(bands) > MOST_SNOW, -1.0, (LEAST - ndvi(bands)) / STEP)


RULE = Rule(
    name="leafless_conifers",
    title="Coniferous forest that is not green in winter, without snow",
    source="Conifers other than larch keep their needles: their NDVI without snow stays above 0.5 "
    "in winter, that of bare crowns is 0.2 to 0.4 (Jönsson and others 2010, "
    "vegetation indices of Swedish coniferous forests). An NDSI above 0 may be snow below crowns.",
    codes=(312,),
    bands=("B03", "B04", "B08", "B11"),
    excess=excess,
    seasons=("winter",),
)
