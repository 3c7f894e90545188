"""Patches under snow or cloud that have no flag."""

import numpy as np
from scipy.special import expit

from eoexplore.analysis import snow_cloud
from eoexplore.analysis.snow_cloud import BANDS, Judged
from eoexplore.core.findings import Findings
from eoexplore.evidence import _class_means
from eoexplore.evidence.kind import Asked, CannotTell, Finding, Kind

SNOW, CLOUD = 1, 2
"""What the fact "rule" says."""


def judged(asked: Asked) -> Judged:
    """Look for snow and cloud in the mean spectra of all patches.

    Raises:
        CannotTell: there are no optical images with the bands of Sentinel-2, or no spectra of them.
    """
    layer = _class_means.optical(asked)
    if layer is None or not set(BANDS) <= {band.name for band in layer.bands}:
        raise CannotTell(
            "Snow and cloud are told by blue, green, red, near and short-wave infrared "
            f"({', '.join(BANDS)}), and this copy has no images with all of them."
        )
    means = _class_means.of_patches(asked, [f"{layer.name}/{name}" for name in BANDS])
    return snow_cloud.judge(dict(zip(BANDS, means.T, strict=True)))


def find(asked: Asked) -> Findings:
    """Look for patches without a flag whose mean spectrum is that of snow or cloud."""
    found = judged(asked)
    bare = _class_means.without_flag(asked)
    parts = []
    for rule, steps in ((SNOW, found.snow), (CLOUD, found.cloud)):
        rows = np.flatnonzero(bare & (steps > 0))
        scores = expit(steps[rows])
        parts.append(Findings.of(rows, -1, -1, scores, rule=rule, value=found.ndsi[rows]))
    return Findings.together(parts)


def sentence(found: Finding) -> str:
    """Say one patch in a sentence."""
    value = found.facts["value"]
    if found.facts["rule"] == SNOW:
        return (
            f"The patch looks snow-covered and has no flag: snow index {value:.2f}, from "
            f"{snow_cloud.NDSI} on it is snow, and bright in green and infrared."
        )
    return (
        "The patch looks cloudy or hazy and has no flag: blue is brighter than land is, and the "
        f"visible spectrum is flat; snow index {value:.2f}."
    )


KIND = Kind(
    name="snow_cloud",
    title="Snow or cloud without a flag",
    help="Mean spectra of patches without a flag against the limits for snow (NDSI, Hall and "
    "others 1995) and for clouds (haze and whiteness of Fmask, Zhu and Woodcock 2012).",
    needs="index",
    about="dataset",
    version=1,
    order=110,
    find=find,
    sentence=sentence,
)
