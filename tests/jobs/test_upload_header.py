"""The first look at a file from somebody else, byte by byte."""

import contextlib
import io
import struct

import numpy as np
import pytest

from eoexplore.core.errors import UploadError
from eoexplore.jobs import _upload_header
from tests import tiffs

GOOD = tiffs.tif(tiffs.picture(2))
PLAIN = tiffs.by_hand(8, 8, [bytes(64)], 8, packing=1)
BAD_HEADER = {
    "200 GB": (tiffs.huge(), "says that its pixels take 200 GB, and 2 GB are taken"),
    "bomb": (tiffs.bomb(), "would unpack from 5.. kB to 537 MB"),
    "cut short": (GOOD[: len(GOOD) // 2], "damaged or cut short"),
    "cut in its header": (GOOD[:60], "damaged or cut short"),
    "no strip": (tiffs.by_hand(1000, 1000, [b"x"], 10), "damaged or cut short"),
    "one strip of all": (
        tiffs.by_hand(20_000, 20_000, [bytes(9_000_000)], 20_000),
        "blocks that are too large",
    ),
    "too wide": (tiffs.by_hand(4_000_000_000, 1, [b"x"], 1), "4,000,000,000 x 1 pixels"),
    "no pixels": (tiffs.by_hand(0, 10, [b"x"], 10), "damaged or cut short"),
    "too many bands": (tiffs.by_hand(8, 8, [b"x"], 8, bands=4000), "and 4,000 bands"),
    "packed by LERC": (tiffs.by_hand(8, 8, [b"x"], 8, packing=34887), "packed in a way"),
    "a tag past the end": (
        tiffs.by_hand(8, 8, [b"x"], 8, tags=[(42112, 2, 4000, 1 << 30)]),
        "damaged or cut short",
    ),
    "a tag of 4 GB": (
        tiffs.by_hand(8, 8, [b"x"], 8, tags=[(34735, 3, (1 << 31) - 1, 8)]),
        "damaged or cut short",
    ),
}


def look(data):
    return _upload_header.look(io.BytesIO(data))


def page(entries, big=False):
    """Return a directory of tags: number, type, count, value as bytes."""
    wide, head, link = (8, "Q", "Q") if big else (4, "H", "I")
    rows = (
        struct.pack(f"<HH{link}", tag, kind, count) + value.ljust(wide, b"\0")
        for tag, kind, count, value in entries
    )
    return struct.pack(f"<{head}", len(entries)) + b"".join(rows) + bytes(wide)


def with_page(data, entries):
    """Return a TIFF with another page after its last one."""
    return data[:-4] + struct.pack("<I", len(data)) + page(entries)


def number(kind, value):
    """Return a value of a tag, in the type that is said."""
    letter = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 13: "I"}[kind]
    return struct.pack(f"<{letter}", value)


STRIP = (
    (257, 4, 1, number(4, 100_000)), (258, 3, 1, number(3, 8)), (259, 3, 1, number(3, 1)),
    (273, 4, 1, number(4, 8)), (278, 4, 1, number(4, 100_000)), (279, 4, 1, number(4, 1)),
)  # fmt: skip


def test_a_page_of_negative_size_takes_nothing_off_the_others():
    wide = (256, 9, 1, number(9, -100_000))
    with pytest.raises(UploadError):
        look(with_page(tiffs.bomb(), [wide, *STRIP]))


@pytest.mark.parametrize("kind", [6, 8, 9, 11])
def test_sizes_and_places_of_signed_or_broken_numbers_are_refused(kind):
    """Other readers take them, so they may not count as absent here."""
    fields = {256: 8, 257: 8, 258: 8, 259: 1, 273: 8, 277: 1, 278: 8, 279: 4}
    entries = [(n, 4, 1, number(4, value)) for n, value in fields.items()]
    assert look(with_page(PLAIN, entries)).pages == 2
    for place, (tag, value) in enumerate(fields.items()):
        signed = [*entries[:place], (tag, kind, 1, number(kind, value)), *entries[place + 1 :]]
        with pytest.raises(UploadError, match="damaged"):
            look(with_page(PLAIN, signed))


def test_a_number_that_is_said_twice_is_refused():
    """Of two widths some readers take the first, others the last, or none."""
    twice = [(256, 4, 1, number(4, 8)), (256, 4, 1, number(4, 100_000)), *STRIP]
    with pytest.raises(UploadError, match="damaged"):
        look(with_page(PLAIN, twice))
    both = [(256, 3, 2, number(3, 8) * 2), *STRIP]
    with pytest.raises(UploadError, match="damaged"):
        look(with_page(PLAIN, both))


def any_page(generator):
    """Return tags of a page, each of which may say anything."""
    entries = []
    for tag in (256, 257, 258, 259, 273, 277, 278, 279, 284, 322, 323, 324, 325):
        if generator.random() < 0.9:
            kind = generator.choice([1, 2, 3, 4, 4, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 17, 18])
            value = generator.choice([0, 1, 8, 1 << 15, (1 << 31) + 1, (1 << 32) - 1])
            entries.append((tag, int(kind), 1, struct.pack("<I", int(value))))
    return entries


def test_no_page_makes_a_file_smaller():
    generator = np.random.default_rng(0)
    bomb = tiffs.bomb()
    for _ in range(500):
        with pytest.raises(UploadError):
            look(with_page(bomb, any_page(generator)))
    sensible = [(256, 4, 1, number(4, 1)), (257, 4, 1, number(4, 1)), *STRIP[1:]]
    with pytest.raises(UploadError, match="would unpack"):
        look(with_page(bomb, sensible))
    # Past the types as well, as if those had been fooled.
    rest = {258: [8], 273: [8], 278: [1 << 20], 279: [1]}
    taken = 0
    for size in generator.integers(-4, 9, (500, 3)):
        tags = {tag: [number] for tag, number in zip((256, 257, 277), size, strict=True)} | rest
        with contextlib.suppress(UploadError):
            found = _upload_header._page({tag: np.array(tags[tag]) for tag in tags}, 10_000)
            assert found.bytes > 0
            taken += 1
    assert taken > 20


def test_limits_hold_for_each_page_and_for_all(monkeypatch):
    # As much as may be packed as tightly as one likes; with one pixel more it is a bomb.
    harmless = tiffs.by_hand(8000, 8000, [bytes(100)] * 8, 1000)
    one_more = [(256, 4, 1, number(4, 1)), (257, 4, 1, number(4, 1)), *STRIP[1:]]
    assert look(harmless).pages == 1
    with pytest.raises(UploadError, match="would unpack"):
        look(with_page(harmless, one_more))
    assert look(with_page(PLAIN, one_more)).pages == 2
    monkeypatch.setattr(_upload_header, "LARGEST_BYTES", 64)
    assert look(PLAIN).pages == 1
    with pytest.raises(UploadError, match="its pixels take 0 kB, and 0 kB are taken"):
        look(with_page(PLAIN, one_more))


def test_pages_that_go_round_in_a_circle_end():
    data = bytearray(tiffs.by_hand(8, 8, [b"x"], 8))
    directory = int.from_bytes(data[4:8], "little")
    data[-4:] = directory.to_bytes(4, "little")
    with pytest.raises(UploadError, match="go round in a circle"):
        _upload_header.look(io.BytesIO(data))


def test_headers_of_both_kinds_and_orders_are_read():
    pixels = tiffs.picture(3, 70, 90)
    for more in (
        {"BIGTIFF": "YES"}, {"ENDIANNESS": "BIG"}, {"interleave": "pixel", "compress": "lzw"},
        {"tiled": True, "blockxsize": 32, "blockysize": 16, "compress": "zstd"},
    ):  # fmt: skip
        found = _upload_header.look(io.BytesIO(tiffs.tif(pixels, **more)))
        assert (found.width, found.height, found.bands, found.bits) == (90, 70, 3, 16)


def test_any_byte_may_be_wrong():
    generator = np.random.default_rng(0)
    small = bytearray(tiffs.tif(tiffs.picture(1, 8, 8)))
    for _ in range(3000):
        data = bytearray(small)
        for place in generator.integers(0, len(data), 3):
            data[place] = generator.integers(0, 256)
        # Nothing else may come out: struct, numpy and the memory have errors of their own.
        with contextlib.suppress(UploadError):
            _upload_header.look(io.BytesIO(data))
