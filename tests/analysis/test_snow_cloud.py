"""Snow and cloud in mean spectra."""

import numpy as np

from eoexplore.analysis import snow_cloud

# B02, B03, B04, B08, B11
SNOW = (0.60, 0.60, 0.58, 0.55, 0.06)
CLOUD = (0.45, 0.46, 0.46, 0.50, 0.35)
FOREST = (0.03, 0.05, 0.03, 0.33, 0.15)
SAND = (0.12, 0.18, 0.24, 0.30, 0.38)
SEA = (0.05, 0.04, 0.02, 0.02, 0.005)
TOWN = (0.10, 0.11, 0.12, 0.22, 0.20)
HALF_SNOW = tuple((a + b) / 2 for a, b in zip(SNOW, FOREST, strict=True))


def judge(*spectra):
    return snow_cloud.judge(dict(zip(snow_cloud.BANDS, np.array(spectra).T, strict=True)))


def test_snow_is_snow_and_no_cloud():
    found = judge(SNOW, HALF_SNOW)
    assert (found.snow > 0).all()
    assert (found.cloud <= 0).all()
    assert found.ndsi[0] == (0.60 - 0.06) / (0.60 + 0.06)


def test_a_cloud_is_a_cloud_and_no_snow():
    found = judge(CLOUD)
    assert found.cloud > 0
    assert found.snow <= 0


def test_land_and_water_are_neither():
    # The sea has a snow index of 0.78, and dry sand is bright.
    found = judge(FOREST, SAND, SEA, TOWN)
    assert found.ndsi[2] > snow_cloud.NDSI
    assert (found.snow <= 0).all()
    assert (found.cloud <= 0).all()


def test_without_a_value_nothing_is_said():
    found = judge((np.nan,) * 5, (0.0,) * 5)
    assert not (found.snow > 0).any()
    assert not (found.cloud > 0).any()
