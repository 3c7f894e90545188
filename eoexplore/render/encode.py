"""Pictures to bytes: PNG, WebP and JPEG."""

import io
from types import MappingProxyType

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
        return _save(_flatten(rgba), "JPEG", quality=JPEG_QUALITY)
    if (rgba[..., 3] == 255).all():
        rgba = rgba[..., :3]
    image = Image.fromarray(np.ascontiguousarray(rgba))
    if extension == "webp":
        return _save(image, "WEBP", quality=WEBP_QUALITY, method=0)
    return _save(image, "PNG", compress_level=1)


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
    return _save(_flatten(rgba), "JPEG", quality=95, subsampling=0)


def _flatten(rgba: npt.NDArray[np.uint8]) -> Image.Image:
    if (rgba[..., 3] == 255).all():
        return Image.fromarray(np.ascontiguousarray(rgba[..., :3]))
    alpha = rgba[..., 3:].astype(np.uint16)
    mixed = (rgba[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255
    return Image.fromarray(mixed.astype(np.uint8))


def _save(image: Image.Image, file_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()
