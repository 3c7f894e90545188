"""Pictures to bytes: PNG, WebP and JPEG."""

import io
from types import MappingProxyType

import imagecodecs
import numpy as np
import numpy.typing as npt
from PIL import Image

MEDIA_TYPES = MappingProxyType({"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"})
JPEG_QUALITY = 75
WEBP_QUALITY = 80


def encode_rgba(rgba: npt.NDArray[np.uint8], extension: str) -> bytes:
    """Encode a picture.

    Args:
        rgba: shape (row, column, 4).
        extension: key of MEDIA_TYPES; JPEG knows no transparency and gets a white ground.
    """
    if extension == "jpg":
        return bytes(imagecodecs.jpeg8_encode(_flatten(rgba), level=JPEG_QUALITY))
    if opaque(rgba):
        rgba = rgba[..., :3]
    rgba = np.ascontiguousarray(rgba)
    if extension == "webp":
        return _save(Image.fromarray(rgba), "WEBP", quality=WEBP_QUALITY, method=0)
    # Each pixel less what its neighbours foretell, and runs of equal bytes: on imagery two and a
    # half times as fast as a search for repetitions, and a tenth smaller.
    strategy, fore = imagecodecs.PNG.STRATEGY.RLE, imagecodecs.PNG.FILTER.PAETH
    return bytes(imagecodecs.png_encode(rgba, level=1, strategy=strategy, filter=fore))


def opaque(rgba: npt.NDArray[np.uint8]) -> bool:
    """Tell whether no pixel of a picture is transparent; shape (row, column, 4)."""
    return bool((rgba[..., 3] == 255).all())


def encode_palette(
    indices: npt.NDArray[np.uint8], colours: npt.NDArray[np.uint8], extension: str
) -> bytes:
    """Encode a picture of few colours without loss (JPEG: with the least loss it can do).

    Args:
        indices: rows of the colours, shape (row, column).
        colours: shape (n, 4), n at most 256.
        extension: key of MEDIA_TYPES.
    """
    if extension == "png":
        image = Image.fromarray(indices)
        image.putpalette(colours[:, :3].tobytes())
        return _save(image, "PNG", compress_level=1, transparency=colours[:, 3].tobytes())
    rgba = colours[indices]
    if extension == "webp":
        return _save(Image.fromarray(rgba), "WEBP", lossless=True, quality=0, method=0)
    return bytes(imagecodecs.jpeg8_encode(_flatten(rgba), level=95, subsampling="444"))


def _flatten(rgba: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return a picture on a white ground, shape (row, column, 3)."""
    if opaque(rgba):
        return np.ascontiguousarray(rgba[..., :3])
    alpha = rgba[..., 3:].astype(np.uint16)
    mixed = (rgba[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255
    return mixed.astype(np.uint8)


def _save(image: Image.Image, file_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()
