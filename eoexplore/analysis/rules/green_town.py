"""Built-up land that is all green and sends nothing back."""

import numpy as np

from eoexplore.analysis.rules.rule import Bands, Floats, Rule, ndvi

MOST = 0.7
STEP = 0.1
LEAST_DB = -10.0
STEP_DB = 2.0


def excess(bands: Bands) -> Floats:
    """Return by how many steps it is too green and its backscatter too low."""
    return np.minimum((ndvi(bands) - MOST) / STEP, (LEAST_DB - bands["VV"]) / STEP_DB)


RULE = Rule(
    name="green_town",
    title="Built-up land that is green throughout and without echoes of walls",
    source="CORINE calls land urban with 30 % sealed ground and more (nomenclature guidelines "
    "2019), which keeps NDVI below that of dense vegetation (0.6 to 0.9, U.S. Geological Survey); "
    "walls and ground send VV straight back: built-up land has -10 dB and more (Koppel and others "
    "2017, Sensitivity of Sentinel-1 backscatter to characteristics of buildings).",
    codes=(111, 112, 121),
    bands=("B04", "B08", "VV"),
    excess=excess,
)
