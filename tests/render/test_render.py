"""Stretch, colours and encoders."""

import io

import numpy as np
import pytest
from PIL import Image

from eoexplore.core.types import Classes, LabelClass
from eoexplore.render import colours
from eoexplore.render.encode import encode_palette, encode_rgba
from eoexplore.render.stretch import linear

CLASSES = Classes(
    name="two",
    classes=(LabelClass("water", "#0000ff", (512, 523)), LabelClass("town", "#ff0000", (111,))),
    codes={512: ("lake", "#0000ff"), 523: ("sea", "#0000ee"), 111: ("town", "#ff0000")},
    unlabelled=LabelClass("unlabelled", "#0a0a0a", (999,)),
)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.int16])
def test_linear_maps_the_ends_and_clips(dtype):
    values = np.array([0, 1, 1000, 2000, 9000]).astype(dtype)
    assert linear(values, 0, 2000).tolist() == [0, 0, 128, 255, 255]


def test_linear_rounds_to_the_nearest_level():
    values = np.arange(2001, dtype=np.uint16)
    expected = np.floor(values.astype(float) * 255 / 2000 + 0.5)
    assert (linear(values, 0, 2000) == expected).all()
    assert (linear(values.astype(np.float32), 0, 2000) == expected).mean() > 0.99


def test_linear_of_decibels():
    values = np.array([-40, -25, -12.5, 0, 3, np.nan], np.float32)
    assert linear(values, -25, 0).tolist() == [0, 0, 128, 255, 255, 0]


def test_label_palette_has_one_colour_per_class_and_its_own_for_unlabelled():
    palette = colours.label_palette(CLASSES, 0)
    codes = np.array([0, 512, 523, 111, 999, 142, 65535])
    assert palette.index[codes].tolist() == [0, 1, 1, 2, 3, 3, 3]
    assert palette.rgba.tolist() == [
        [0, 0, 0, 0], [0, 0, 255, 255], [255, 0, 0, 255], [10, 10, 10, 255],
    ]  # fmt: skip


def test_density_ramp_is_transparent_only_where_nothing_is():
    ramp = colours.density_ramp()
    assert ramp.shape == (256, 4)
    assert ramp[0, 3] == 0
    assert (ramp[1:, 3] == colours.DENSITY_ALPHA).all()
    assert tuple(ramp[1, :3]) == colours.rgb(colours.DENSITY[0])
    assert tuple(ramp[255, :3]) == colours.rgb(colours.DENSITY[-1])
    assert (np.diff(lightness(ramp[1:, :3] / 255)) <= 0.5).all()


# Machado, Oliveira and Fernandes 2009, severity 1, for linear RGB.
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
         [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
         [0.004733, 0.691367, 0.303900]]
    ),
}  # fmt: skip


def linear_light(srgb):
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def lab(light):
    matrix = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = np.clip(light, 0, 1) @ matrix.T / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack(
        [116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1
    )


def lightness(srgb):
    return lab(linear_light(srgb))[..., 0]


@pytest.mark.parametrize("vision", VISION)
def test_split_colours_stay_apart(vision):
    srgb = np.array([colours.rgb(colour) for colour in colours.SPLITS.values()]) / 255
    seen = lab(linear_light(srgb) @ VISION[vision].T)
    apart = np.linalg.norm(seen[:, None] - seen[None], axis=2)
    assert apart[~np.eye(len(seen), dtype=bool)].min() >= 20


def test_split_colours_stand_out_on_vegetation():
    ground = lightness(np.array([[60, 70, 40], [40, 60, 45], [90, 80, 60]]) / 255).max()
    srgb = np.array([colours.rgb(colour) for colour in colours.SPLITS.values()]) / 255
    assert (lightness(srgb) - ground).min() > 15


def decoded(body):
    return Image.open(io.BytesIO(body))


def test_png_keeps_every_pixel_and_its_transparency():
    rgba = np.random.default_rng(1).integers(0, 256, (8, 9, 4), np.uint8)
    assert (np.asarray(decoded(encode_rgba(rgba, "png"))) == rgba).all()


def test_an_opaque_png_has_no_alpha_channel():
    rgba = np.full((4, 4, 4), 255, np.uint8)
    assert decoded(encode_rgba(rgba, "png")).mode == "RGB"


def test_webp_keeps_transparency():
    rgba = np.zeros((16, 16, 4), np.uint8)
    rgba[:8] = (200, 100, 50, 255)
    image = np.asarray(decoded(encode_rgba(rgba, "webp")))
    assert (image[..., 3] == rgba[..., 3]).all()


def test_jpeg_has_a_white_ground():
    image = np.asarray(decoded(encode_rgba(np.zeros((16, 16, 4), np.uint8), "jpg")))
    assert (image == 255).all()
    half = np.zeros((16, 16, 4), np.uint8)
    half[..., 3] = 128
    assert np.abs(np.asarray(decoded(encode_rgba(half, "jpg"))).astype(int) - 127).max() <= 1


@pytest.mark.parametrize("extension", ["png", "webp"])
def test_palettes_are_lossless(extension):
    palette = colours.label_palette(CLASSES, 0)
    indices = np.random.default_rng(2).integers(0, 4, (32, 32)).astype(np.uint8)
    image = decoded(encode_palette(indices, palette.rgba, extension)).convert("RGBA")
    wanted = palette.rgba[indices]
    seen = wanted[..., 3] > 0
    assert (np.asarray(image)[..., 3] == wanted[..., 3]).all()
    assert (np.asarray(image)[seen] == wanted[seen]).all()


def test_label_png_is_small_and_has_a_palette():
    body = encode_palette(np.zeros((256, 256), np.uint8), np.zeros((1, 4), np.uint8), "png")
    assert decoded(body).mode == "P"
    assert len(body) < 1000
