"""Pictures of predictions, by hand."""

import numpy as np

from eoexplore.render import predictions

TWO = np.array([[[0.9, 0.5]], [[0.1, 0.5]]], np.float32)
"""Two classes, one row of two pixels: sure of the first, and knowing nothing."""


def test_each_pixel_has_the_colour_of_its_class():
    found = predictions.classes(TWO[::-1], ["#ff0000", "#00ff00"])
    assert found.tolist() == [[[0, 255, 0, 255], [255, 0, 0, 255]]]


def test_where_two_models_differ():
    other = np.array([[[0.2, 0.6]], [[0.8, 0.4]]], np.float32)
    found = predictions.differing(TWO, other)
    assert (found[..., 3] > 0).tolist() == [[True, False]]


def test_shades_and_blending():
    found = predictions.shades(np.array([[0.0, 1.0, np.nan, 7.0]]), "grey")
    assert found[0, :, 0].tolist() == [0, 255, 0, 255]
    assert found[0, :, 3].tolist() == [255, 255, 0, 255]
    ground = np.full((1, 4, 4), 100, np.uint8)
    mixed = predictions.blended(ground, found, 0.5)
    # Where nothing lies over it, the ground stays.
    assert mixed[0, :, 0].tolist() == [50, 178, 100, 178]
