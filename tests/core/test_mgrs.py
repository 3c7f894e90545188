import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from eoexplore.core import mgrs
from eoexplore.core.errors import UnknownName

# Corners as in the product metadata of Sentinel-2 (ULX, ULY of the tile's geocoding).
KNOWN = {
    "31TCJ": (32631, 300000, 4900020),
    "31UDQ": (32631, 399960, 5500020),
    "32UPU": (32632, 600000, 5400000),
    "32TMT": (32632, 399960, 5300040),
    "33UUP": (32633, 300000, 5400000),
    "56HLH": (32756, 300000, 6300000),
}


@pytest.mark.parametrize(("tile", "origin"), KNOWN.items())
def test_tiles_begin_where_sentinel_2_products_say(tile, origin):
    assert mgrs.tile_origin(tile) == origin


# The tables of DMA TM 8358.1, written by set (zone modulo 6) and not as the module does it.
_COLUMNS = {
    1: "ABCDEFGH",
    2: "JKLMNPQR",
    3: "STUVWXYZ",
    4: "ABCDEFGH",
    5: "JKLMNPQR",
    0: "STUVWXYZ",
}
_ODD_ROWS, _EVEN_ROWS = "ABCDEFGHJKLMNPQRSTUV", "FGHJKLMNPQRSTUVABCDE"


def square_of(lon, lat):
    """Name the 100 km square of a place, and give its south-west corner."""
    zone = int((lon + 180) // 6) + 1
    epsg = (32600 if lat >= 0 else 32700) + zone
    east, north = Transformer.from_crs(4326, epsg, always_xy=True).transform(lon, lat)
    column, row = int(east // 100_000), int(north // 100_000)
    rows = _ODD_ROWS if zone % 2 else _EVEN_ROWS
    band = "CDEFGHJKLMNPQRSTUVWX"[int((lat + 80) // 8)]
    name = f"{zone:02d}{band}{_COLUMNS[zone % 6][column - 1]}{rows[row % 20]}"
    return name, epsg, column * 100_000, row * 100_000


@settings(max_examples=200, deadline=None)
@given(st.floats(-179.9, 179.9), st.floats(-79.9, 71.9))
def test_every_place_lies_in_the_tile_that_its_letters_name(lon, lat):
    # On the equator itself, rounding decides the hemisphere.
    assume(abs(lat) > 1e-6)
    # South-western Norway and Svalbard have zones of other widths.
    assume(not (0 <= lon < 12 and lat >= 56))
    name, epsg, east, north = square_of(lon, lat)
    found, ulx, uly = mgrs.tile_origin(name)
    assert found == epsg
    assert ulx % 60 == uly % 60 == 0
    assert east - 60 < ulx <= east
    assert north + 100_000 <= uly < north + 100_060


@pytest.mark.parametrize(
    "name",
    ["", "33", "33UU", "33UUPP", "61UUP", "00UUP", "33IUP", "33UIP", "33UUO", "33UUW", "33UAP",
     "33uup", " 33UUP", "33UUP\n", "../33UUP", "\0", "{{7*7}}", "<img onerror=1>",
     "\uff13\uff13UUP"],
)  # fmt: skip
def test_what_is_no_tile_is_refused_in_a_sentence(name):
    with pytest.raises(UnknownName, match="no MGRS tile"):
        mgrs.tile_origin(name)


def test_columns_go_east_and_rows_go_south():
    assert mgrs.patch_corner("33UUP", 0, 0) == (32633, 300000, 5400000)
    assert mgrs.patch_corner("33UUP", 26, 57) == (32633, 300000 + 31200, 5400000 - 68400)


def test_many_patches_are_placed_like_each_alone():
    tiles = np.array(["33UUP", "32TMT", "56HLH", "33UUP"], object)
    x, y = np.array([0, 90, 7, 3]), np.array([90, 0, 8, 4])
    together = np.stack(mgrs.patch_corners(tiles, x, y), axis=1)
    alone = [mgrs.patch_corner(*patch) for patch in zip(tiles, x, y, strict=True)]
    assert together.tolist() == [list(corner) for corner in alone]


def test_no_patches_have_no_corners():
    none = np.array([], object)
    assert [len(part) for part in mgrs.patch_corners(none, none.astype(int), none.astype(int))] == [
        0
    ] * 3


def test_outlines_go_round_from_the_upper_left_corner():
    epsg, left, top = (np.array([value]) for value in (32633, 500_000 - 600, 5_300_000))
    (ul, ur, lr, ll) = mgrs.outlines(epsg, left, top)[0]
    # The patch lies astride the central meridian of zone 33, so its sides mirror each other.
    assert ul[0] == pytest.approx(30 - ur[0], abs=1e-9)
    assert ul[1] == pytest.approx(ur[1], abs=1e-9)
    assert ll[0] < 15 < lr[0]
    assert ll[1] < ul[1]
    # 1200 m on the ground, less the scale of the central meridian.
    metres = (ul[1] - ll[1]) * 111_200
    assert metres == pytest.approx(1200, rel=0.01)


@pytest.fixture(scope="module")
def names(real_data):
    """Patch names of reBEN by their names in the first version."""
    folder = real_data / "reben" / "metadata"
    files = ("metadata.parquet", "metadata_for_patches_with_snow_cloud_or_shadow.parquet")
    columns = ["patch_id", "s2v1_name"]
    return pd.concat(pd.read_parquet(folder / name, columns=columns) for name in files)


@pytest.mark.real_data
@pytest.mark.parametrize(("zone", "partners"), [(32632, 4888), (32636, 1260)])
def test_true_footprints_are_the_ones_that_names_give(real_data, names, zone, partners):
    path = real_data / "reben" / "metadata" / f"bigearthnet_v1_spatial_{zone}.parquet"
    joined = names.merge(pd.read_parquet(path), left_on="s2v1_name", right_on="patch_name")
    assert len(joined) == partners
    parts = joined["patch_id"].str.extract(r"_T(\w{5})_(\d+)_(\d+)$")
    epsg, left, top = mgrs.patch_corners(
        parts[0].to_numpy(object), parts[1].to_numpy(int), parts[2].to_numpy(int)
    )
    assert (epsg == zone).all()
    ours = np.stack([left, top - 1200, left + 1200, top], axis=1)
    true = shapely.bounds(shapely.from_wkb(joined["geom"].to_numpy(object)))
    assert (ours != true).sum() == 0
