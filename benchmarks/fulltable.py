"""A table with the cardinalities of the released reBEN, for machines that lack the real one.

549,488 patches of 115 products on 64 tiles of the grid, 10 countries, 3 splits, 79 days, about
5,400 sets of labels; the patches of a product are blocks, as in the release. Names have the
released form, so whatever follows from a name follows from these as well.
"""

import functools
import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from eoexplore.core import mgrs
from eoexplore.core.errors import UnknownName
from eoexplore.datasets._reben_facts import classes
from eoexplore.demo.writer import METADATA, RECOMMENDED, SPOILED

ROWS = 549_488
"""Patches of the release."""
_SPOILED_SHARE = 0.1264
_GRID = 91
_PRODUCTS = 115
_TILES = 64
_SETS = 5_450
_SPLITS = ("train", "validation", "test")
_COUNTRIES = {
    "Finland": 20, "Portugal": 12, "Serbia": 9, "Lithuania": 6, "Ireland": 6, "Austria": 5,
    "Belgium": 2, "Switzerland": 2, "Luxembourg": 1, "Kosovo": 1,
}  # fmt: skip
"""Tiles of each country."""


@dataclass(frozen=True)
class _Product:
    tile: str
    day: str
    country: str


def write(folder: Path, rows: int = ROWS, block: int = 30, seed: int = 4) -> None:
    """Write both metadata tables of an invented copy.

    Args:
        folder: where to; it must exist.
        rows: patches in both tables together.
        block: the first product has a whole square of so many patches along a side.
        seed: another one gives other labels and gaps.
    """
    random = np.random.default_rng(seed)
    table = _table(_sizes(rows, block**2, random), random)
    spoiled = random.random(rows) < _SPOILED_SHARE
    snow = spoiled & (random.random(rows) < 0.7)
    columns = {"contains_seasonal_snow": snow, "contains_cloud_or_shadow": spoiled & ~snow}
    for name, values in columns.items():
        table = table.append_column(name, pa.array(values))
    table = table.cast(METADATA)
    for name, part in ((RECOMMENDED, ~spoiled), (SPOILED, spoiled)):
        chosen = table.filter(pa.array(part))
        pq.write_table(chosen, folder / name, compression="zstd", row_group_size=122_880)


def _table(sizes: npt.NDArray[np.int64], random: np.random.Generator) -> pa.Table:
    products = _products()
    names: dict[str, list[str]] = {"patch_id": [], "s1_name": [], "s2v1_name": []}
    countries: list[str] = []
    splits: list[npt.NDArray[np.intp]] = []
    for product, size in zip(products, sizes.tolist(), strict=True):
        x, y = _block(size, random)
        letter = "AB"[int(product.day) % 2]
        start = f"S2{letter}_MSIL2A_{product.day}T101031"
        radar = f"S1{letter}_IW_GRDH_1SDV_{product.day}T165809_{product.tile}"
        at = [f"{column:02d}_{row:02d}" for column, row in zip(x.tolist(), y.tolist(), strict=True)]
        names["patch_id"] += [f"{start}_N9999_R022_T{product.tile}_{place}" for place in at]
        names["s1_name"] += [f"{radar}_{place}" for place in at]
        names["s2v1_name"] += [f"{start}_{place}" for place in at]
        countries += [product.country] * size
        # A split is a block of 8 x 8 patches: neighbours mostly share it, as in the release.
        splits.append(np.array([0, 0, 1, 2])[(x // 8 * 7 + y // 8 * 3) % 4])
    labels = _label_sets(random).take(pa.array(_popular(products, sizes, random)))
    split = pa.array(_SPLITS).take(pa.array(np.concatenate(splits)))
    head = {"patch_id": names["patch_id"], "labels": labels, "split": split}
    tail = {"s1_name": names["s1_name"], "s2v1_name": names["s2v1_name"]}
    return pa.table({**head, "country": pa.array(countries), **tail})


def _sizes(rows: int, least: int, random: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return the patches of each product: some are full, as in the release, the first the most."""
    shares = np.sort(random.uniform(0.05, 1.25, _PRODUCTS))[::-1]
    sizes = np.minimum(shares / shares.sum() * (rows - least), _GRID**2).astype(np.int64)
    sizes[0] = min(int(sizes[0]) + least, _GRID**2)
    for place in range(_PRODUCTS):
        missing = rows - int(sizes.sum())
        sizes[place] += min(missing, _GRID**2 - int(sizes[place]))
    return sizes


def _block(
    size: int, random: np.random.Generator
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return columns and rows of a block of patches that fills rows of a near square."""
    width = min(_GRID, max(1, int(np.ceil(np.sqrt(size)))))
    height = -(-size // width)
    left, top = (int(random.integers(0, _GRID - side + 1)) for side in (width, height))
    place = np.arange(size)
    return left + place % width, top + place // width


def _label_sets(random: np.random.Generator) -> pa.Array:
    """Return different sets of labels: 1 to 7 classes, some of them more frequent than others."""
    names = np.array(classes().names)
    # The k largest of weights with Gumbel noise are k classes drawn by these weights.
    noise = random.gumbel(size=(8 * _SETS, len(names)))
    order = np.argsort(-(noise + np.log(_weights(len(names)))), axis=1)
    counts = 1 + random.binomial(6, 0.33, len(order))
    found: dict[tuple[str, ...], None] = {}
    for row, count in zip(order, counts.tolist(), strict=True):
        found[tuple(sorted(names[row[:count]].tolist()))] = None
        if len(found) == _SETS:
            break
    return pa.array([list(item) for item in found], pa.list_(pa.string()))


def _weights(count: int) -> npt.NDArray[np.float64]:
    weights = 1 / np.arange(1, count + 1) ** 0.6
    return np.asarray(weights / weights.sum())


def _popular(
    products: tuple[_Product, ...], sizes: npt.NDArray[np.int64], random: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Return a set of labels for each row: each country has its own frequent ones; all occur."""
    shift = _SETS // len(_COUNTRIES)
    names = list(_COUNTRIES)
    starts = [
        names.index(product.country) * shift + place for place, product in enumerate(products)
    ]
    rows = int(sizes.sum())
    drawn = (np.repeat(starts, sizes) + random.exponential(shift / 8, rows)).astype(np.int64)
    every = np.arange(min(rows, _SETS))
    drawn[random.choice(rows, len(every), replace=False)] = every
    return np.asarray(drawn % _SETS)


@functools.cache
def _products() -> tuple[_Product, ...]:
    tiles = _tiles()
    days = [_day(int(place * 4.45)) for place in range(79)]
    countries = [name for name, count in _COUNTRIES.items() for _ in range(count)]
    return tuple(
        # Spread, as products are sorted by size: each country has large and small ones.
        _Product(tiles[place % _TILES], days[place % 79], countries[place * 29 % _TILES])
        for place in range(_PRODUCTS)
    )


def _day(after: int) -> str:
    return str(np.datetime64("2017-06-13") + np.timedelta64(after, "D")).replace("-", "")


def _tiles() -> list[str]:
    """Return tiles of the grid that lie within their zone, some at 48 degrees north first."""
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    found = []
    for zone, band, column, row in itertools.product((29, 34, 35), "STUV", letters, letters):
        name = f"{zone}{band}{column}{row}"
        try:
            epsg, left, top = mgrs.tile_origin(name)
        except UnknownName:
            continue
        lon, lat = mgrs.to_lonlat(epsg).transform(left + 54_600, top - 54_600)
        south = {"S": 32, "T": 40, "U": 48, "V": 56}[band]
        if max(south, 37) <= lat < south + 8 and abs(lon - (zone * 6 - 183)) < 2.9:
            found.append(name)
    first = ["33UVP", "33UWP", "33UXP", "33UVQ", "33UWQ", "33UXQ"]
    even = np.linspace(0, len(found) - 1, _TILES - len(first)).astype(int)
    return [*first, *(found[place] for place in even)]
