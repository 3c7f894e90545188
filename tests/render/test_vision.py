"""Colour differences and the simulation of colour blindness."""

import io

import numpy as np
import pytest

from eoexplore.render import vision

# Sharma, Wu and Dalal 2005, table 1: L, a, b of two colours and their CIEDE2000 difference.
SHARMA = np.loadtxt(
    io.StringIO(
        """
    50.0000   2.6772 -79.7751 50.0000   0.0000 -82.7485  2.0425
    50.0000   3.1571 -77.2803 50.0000   0.0000 -82.7485  2.8615
    50.0000   2.8361 -74.0200 50.0000   0.0000 -82.7485  3.4412
    50.0000  -1.3802 -84.2814 50.0000   0.0000 -82.7485  1.0000
    50.0000  -1.1848 -84.8006 50.0000   0.0000 -82.7485  1.0000
    50.0000  -0.9009 -85.5211 50.0000   0.0000 -82.7485  1.0000
    50.0000   0.0000   0.0000 50.0000  -1.0000   2.0000  2.3669
    50.0000  -1.0000   2.0000 50.0000   0.0000   0.0000  2.3669
    50.0000   2.4900  -0.0010 50.0000  -2.4900   0.0009  7.1792
    50.0000   2.4900  -0.0010 50.0000  -2.4900   0.0010  7.1792
    50.0000   2.4900  -0.0010 50.0000  -2.4900   0.0011  7.2195
    50.0000   2.4900  -0.0010 50.0000  -2.4900   0.0012  7.2195
    50.0000  -0.0010   2.4900 50.0000   0.0009  -2.4900  4.8045
    50.0000  -0.0010   2.4900 50.0000   0.0010  -2.4900  4.8045
    50.0000  -0.0010   2.4900 50.0000   0.0011  -2.4900  4.7461
    50.0000   2.5000   0.0000 50.0000   0.0000  -2.5000  4.3065
    50.0000   2.5000   0.0000 73.0000  25.0000 -18.0000 27.1492
    50.0000   2.5000   0.0000 61.0000  -5.0000  29.0000 22.8977
    50.0000   2.5000   0.0000 56.0000 -27.0000  -3.0000 31.9030
    50.0000   2.5000   0.0000 58.0000  24.0000  15.0000 19.4535
    50.0000   2.5000   0.0000 50.0000   3.1736   0.5854  1.0000
    50.0000   2.5000   0.0000 50.0000   3.2972   0.0000  1.0000
    50.0000   2.5000   0.0000 50.0000   1.8634   0.5757  1.0000
    50.0000   2.5000   0.0000 50.0000   3.2592   0.3350  1.0000
    60.2574 -34.0099  36.2677 60.4626 -34.1751  39.4387  1.2644
    63.0109 -31.0961  -5.8663 62.8187 -29.7946  -4.0864  1.2630
    61.2901   3.7196  -5.3901 61.4292   2.2480  -4.9620  1.8731
    35.0831 -44.1164   3.7933 35.0232 -40.0716   1.5901  1.8645
    22.7233  20.0904 -46.6940 23.0331  14.9730 -42.5619  2.0373
    36.4612  47.8580  18.3852 36.2715  50.5065  21.2231  1.4146
    90.8027  -2.0831   1.4410 91.1528  -1.6435   0.0447  1.4441
    90.9257  -0.5406  -0.9208 88.6381  -0.8985  -0.7239  1.5381
     6.7747  -0.2908  -2.4247  5.8714  -0.0985  -2.2286  0.6377
     2.0776   0.0795  -1.1350  0.9033  -0.0636  -0.5514  0.9082
    """
    )
)


def test_differences_are_those_of_the_paper():
    one, other, expected = SHARMA[:, :3], SHARMA[:, 3:6], SHARMA[:, 6]
    assert len(SHARMA) == 34
    assert np.abs(vision.difference(one, other) - expected).max() < 5.1e-5
    assert np.abs(vision.difference(other, one) - expected).max() < 5.1e-5


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [
        ((255, 255, 255), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((128, 128, 128), (53.585, 0, 0)),
    ],
)
def test_lab_of_known_colours(rgb, expected):
    assert np.abs(vision.lab(rgb) - expected).max() < 0.02


@pytest.mark.parametrize("sight", vision.SIGHTS)
def test_greys_look_the_same_to_everybody(sight):
    greys = np.repeat(np.arange(0, 256, 15)[:, None], 3, axis=1)
    assert np.abs(vision.as_seen(greys, sight) - greys).max() < 0.5


def test_normal_sight_changes_nothing():
    colours = np.random.default_rng(1).integers(0, 256, (200, 3))
    assert np.abs(vision.as_seen(colours, "normal") - colours).max() < 1e-6


@pytest.mark.parametrize("sight", [name for name in vision.SIGHTS if "anopia (" not in name][1:])
def test_what_is_seen_once_does_not_change_when_seen_again(sight):
    """The simulated colours are those that both kinds of eye see alike, as far as sRGB has them."""
    dull = np.random.default_rng(1).integers(90, 166, (200, 3))
    once = vision.as_seen(dull, sight)
    assert np.abs(vision.as_seen(once, sight) - once).max() < 1


@pytest.mark.parametrize(
    ("sight", "alike"),
    [
        ("protanopia", ("#d33f00", "#8a6d00")),
        ("deuteranopia", ("#c05000", "#778000")),
        ("tritanopia", ("#5a8a30", "#5a84a0")),
    ],
)
def test_colour_blind_readers_confuse_what_others_tell_apart(sight, alike):
    colours = [[int(text[i : i + 2], 16) for i in (1, 3, 5)] for text in alike]
    assert vision.nearest(colours) > 20
    assert vision.nearest(colours, sight) < vision.nearest(colours) / 2
