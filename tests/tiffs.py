"""GeoTIFFs, and files that claim to be some: written by rasterio, or byte by byte."""

import struct
import zlib

import numpy as np
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

UTM = "EPSG:32633"
MB = 1_000_000


def tif(pixels, crs=UTM, transform=None, names=(), **more):
    """Return a GeoTIFF of shape (band, row, column) as bytes."""
    count, height, width = pixels.shape
    profile = {
        "driver": "GTiff", "count": count, "height": height, "width": width,
        "dtype": pixels.dtype.name, "crs": crs,
        "transform": transform or from_origin(500_000, 5_300_000, 10, 10), **more,
    }  # fmt: skip
    with MemoryFile() as memory:
        with memory.open(**profile) as file:
            file.write(pixels)
            if names:
                file.descriptions = names
        return memory.read()


def by_hand(width, height, strips, rows_per_strip, *, bands=1, packing=8, big=False, tags=()):
    """Return a TIFF of uint8 with the strips that are given, packed already.

    Args:
        width: columns that it claims.
        height: rows that it claims.
        strips: bytes of each strip; none for strips that are not there.
        rows_per_strip: rows of each.
        bands: samples that it claims.
        packing: code of the compression.
        big: whether it is a BigTIFF.
        tags: more tags: number, type, count, value.
    """
    head = 16 if big else 8
    places, at = [], head
    for strip in strips:
        places.append(at if strip else 0)
        at += len(strip)
    letter, kind = ("Q", 16) if big else ("I", 4)
    count = len(strips)
    lists = struct.pack(f"<{count}{letter}", *places)
    lists += struct.pack(f"<{count}{letter}", *map(len, strips))
    size = struct.calcsize(letter) * count
    first, second = at, at + size
    entries = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, packing),
        (262, 3, 1, 1), (273, kind, count, first if count > 1 else places[0]),
        (277, 3, 1, bands), (278, 4, 1, rows_per_strip),
        (279, kind, count, second if count > 1 else len(strips[0])), *tags,
    ]  # fmt: skip
    table = b"".join(struct.pack(f"<HH{letter}{letter}", *entry) for entry in sorted(entries))
    start = (
        struct.pack("<2sHHHQ", b"II", 43, 8, 0, at + 2 * size)
        if big
        else struct.pack("<2sHI", b"II", 42, at + 2 * size)
    )
    directory = struct.pack("<Q" if big else "<H", len(entries)) + table
    return start + b"".join(strips) + lists + directory + struct.pack(f"<{letter}", 0)


def bomb(unpacked=512, pieces=8):
    """Return a small file that unpacks to so many MiB: zeros, deflated."""
    rows = unpacked * 128 // pieces
    strip = zlib.compress(bytes(rows * 8192), 9)
    return by_hand(8192, rows * pieces, [strip] * pieces, rows)


def huge():
    """Return a small file that declares 200 GB, none of it there."""
    return by_hand(100_000, 100_000, [b""] * 10_000, 10, bands=20, big=True)


def vrt(path):
    """Return a VRT that shows the bytes of another file as pixels."""
    return f"""<VRTDataset rasterXSize="16" rasterYSize="1"><SRS>EPSG:32633</SRS>
<GeoTransform>500000, 10, 0, 5300000, 0, -10</GeoTransform>
<VRTRasterBand dataType="Byte" band="1" subClass="VRTRawRasterBand">
<SourceFilename relativeToVRT="0">{path}</SourceFilename><ImageOffset>0</ImageOffset>
<PixelOffset>1</PixelOffset><LineOffset>16</LineOffset></VRTRasterBand></VRTDataset>""".encode()


def picture(count=12, height=40, width=50, kind=np.uint16):
    """Return pixels of which every one is different from its neighbours."""
    values = np.arange(count * height * width) % 3000 + 1
    return values.reshape(count, height, width).astype(kind)
