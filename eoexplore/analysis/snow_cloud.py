"""Snow and cloud in the mean spectrum of a patch, for patches that nobody has marked."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

NDSI = 0.4
"""Snow index from which snow covers half of a pixel and more (Hall, Riggs and Salomonson 1995,
doi:10.1016/0034-4257(95)00137-P; so Sen2Cor too, Sentinel-2 Level-2A ATBD)."""
INFRARED = 0.11
"""Near infrared that snow has and water with a high snow index has not (Hall and others 1995)."""
GREEN = 0.1
"""Green that snow has and dark targets with a high snow index have not (Hall and others 2001,
MODIS snow ATBD)."""
HAZE = 0.08
"""Blue that a patch has above half of its red where a cloud or thick haze lies over it (haze
optimised transformation, Zhang and others 2002, as in Fmask: Zhu and Woodcock 2012,
doi:10.1016/j.rse.2011.10.028)."""
WHITE = 0.7
"""Whiteness below which a bright spectrum is flat enough for a cloud (Zhu and Woodcock 2012)."""
BLUE = 0.15
"""Blue from which a patch is looked at for clouds: land without them has 0.02 to 0.12."""
SNOW_STEP, CLOUD_STEP = 0.1, 0.05
BANDS = ("B02", "B03", "B04", "B08", "B11")
"""Bands that are needed."""


@dataclass(frozen=True)
class Judged:
    """How far patches are beyond the limits, in steps; at 0 or less they are not; shape (n,)."""

    snow: Floats
    """Steps of snow, NaN without a value."""
    cloud: Floats
    """Steps of cloud, NaN without a value."""
    ndsi: Floats
    """Snow index, -1 to 1."""


def judge(bands: Mapping[str, Floats]) -> Judged:
    """Compare mean spectra with the limits for snow and cloud.

    A patch of which a part lies under snow or cloud has a mean between both, and is seen from
    about a half of it on.

    Args:
        bands: reflectance of each of `BANDS`, NaN without a value, shape (n,).
    """
    blue, green, red, infrared, far = (bands[name] for name in BANDS)
    with np.errstate(divide="ignore", invalid="ignore"):
        ndsi = (green - far) / (green + far)
        mean = (blue + green + red) / 3
        white = sum(np.abs(band - mean) for band in (blue, green, red)) / mean
    lit = np.minimum((infrared - INFRARED) / 0.05, (green - GREEN) / 0.05)
    snow = np.minimum((ndsi - NDSI) / SNOW_STEP, lit)
    haze = (blue - 0.5 * red - HAZE) / CLOUD_STEP
    cloud = np.minimum(np.minimum(haze, (blue - BLUE) / CLOUD_STEP), (WHITE - white) / 0.1)
    # What is white and dark in the short-wave infrared is snow, whatever its haze.
    cloud = np.where(ndsi >= NDSI, np.minimum(cloud, 0.0), cloud)
    return Judged(snow, cloud, ndsi)
